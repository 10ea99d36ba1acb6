# SPDX-License-Identifier: Apache-2.0
"""Users of this machine who mean ill, or whose program has run wild.

Whatever they do at a door: the daemon's memory stays bounded, everybody else is served in time, the log says it in a few lines,
whoever is refused hears it, and when they are gone nothing of them is left.
"""

import contextlib
import json
import os
import resource
import secrets
import smtplib
import socket
import subprocess
import threading
import time
import unittest

from house import BIN
from vitals import descriptors, status
from world import Mxsim, Tenax, as_user, free_port, wait_until

MIB = 1024  # in KiB


def frame(kind, payload):
    return kind + len(payload).to_bytes(4, "big") + payload


HELLO = frame(b"H", b"tenax-submission 1")


def envelope(recipients, name=None):
    return frame(b"E", json.dumps({"id": name or secrets.token_hex(16), "sender": "ann@sender.test", "written": 0,
                                   "recipients": [{"to": f"r{n}@many.test"} for n in range(recipients)]}).encode())


@contextlib.contextmanager
def as_ann():
    """The kernel tells the other end of a socket, and a file, that this is Ann."""
    ann = as_user("ann")
    os.setegid(ann["group"])
    os.seteuid(ann["user"])
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


class Siege:
    """An attack that stands while others are served, and what it costs."""

    def __init__(self, test, tenax):
        self.test, self.tenax = test, tenax
        self.sockets = []
        self.descriptors = descriptors(tenax.process.pid)
        self.memory = status(tenax.process.pid, "VmRSS")
        self.log_lines = len(tenax.output().splitlines())

    def connect(self, where):
        """As Ann; `where` is the name of a socket of the daemon's or a port."""
        with as_ann():
            if isinstance(where, int):
                door = socket.create_connection(("127.0.0.1", where), timeout=30)
            else:
                door = socket.socket(socket.AF_UNIX)
                door.settimeout(30)
                door.connect(f"{self.tenax.state}/run/{where}")
        self.sockets.append(door)
        return door

    def say(self, door, *pieces):
        """As much of it as they listen to."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                door.sendall(piece)

    def answer(self, door):
        with contextlib.suppress(ConnectionResetError):
            return door.recv(4096)
        return b""

    def leave(self):
        for door in self.sockets:
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)  # also of one that a thread of ours is reading
            door.close()
        self.sockets.clear()

    def new_log(self, *words):
        return [line for line in self.tenax.output().splitlines()[self.log_lines:] if all(word in line for word in words)]


class HostileUsers(unittest.TestCase):
    CONFIG = {}

    def setUp(self):
        self.sink = self.enterContext(Mxsim(mbox=False))
        crowd = self.enterContext(Mxsim(mbox=False))
        self.port = free_port()
        self.tenax = self.enterContext(Tenax(routes=[("*", f"[127.0.0.1]:{self.sink.port}"), ("many.test", f"[127.0.0.1]:{crowd.port}")],
                                             smtp={"listen": [f"127.0.0.1:{self.port}"]},
                                             submission={"answer_timeout": "3s", "max_message_size": 20 << 20}, **self.CONFIG))
        self.good = 0
        self.serve_somebody(30)

    def serve_somebody(self, seconds, smtp=True):
        """The time from the call of sendmail to the receiver, and the same by SMTP; the longer one."""
        longest = 0.0
        for door in ("sendmail", "smtp") if smtp else ("sendmail",):
            self.good += 1
            name = f"<good{self.good}@hostile>"
            text = f"Message-ID: {name}\r\nSubject: good\r\n\r\nhello\r\n"
            began = time.monotonic()
            if door == "sendmail":
                self.tenax.send(["good@receiver.test"], text)
            else:
                with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
                    client.sendmail("carol@sender.test", ["good@receiver.test"], text)
            wait_until(f"{door}'s mail arrived", lambda name=name: any(e["message_id"] == name for e in self.sink.events()),
                       seconds, 0.01)
            longest = max(longest, time.monotonic() - began)
        self.assertLess(longest, seconds)
        return longest

    @contextlib.contextmanager
    def siege(self, lines, mib=16, seconds=5, smtp=True):
        """While the attack of the body stands, somebody is served within `seconds`; the daemon's memory grows by at most `mib`,
        and the log by at most `lines` that are not about the mail of others."""
        pid = self.tenax.process.pid
        siege = Siege(self, self.tenax)
        self.addCleanup(siege.leave)
        yield siege
        took = self.serve_somebody(seconds, smtp)
        grown = max(0, status(pid, "VmRSS") - siege.memory)
        siege.leave()
        wait_until("the descriptors are back", lambda: descriptors(pid) <= siege.descriptors + 4, 30)
        said = [line for line in siege.new_log() if " accepted " not in line and " attempt " not in line]
        print(f"    {self.id().split('.')[-1]}: memory {grown / MIB:+.1f} MiB (at most {mib}), others served in {took:.2f} s "
              f"(at most {seconds}), {len(said)} lines in the log (at most {lines})")
        self.assertLess(grown, mib * MIB)
        self.assertLessEqual(len(said), lines, said[:40])


class AtTheSubmissionSocket(HostileUsers):
    def test_garbage(self):
        with self.siege(lines=20) as siege:
            for _ in range(2000):
                door = siege.connect("submit.sock")
                siege.say(door, secrets.token_bytes(4096))
                self.assertRegex(siege.answer(door), b"^X....76 5.5.2 |^$")
                siege.sockets.pop().close()
            self.assertIn("uid=", siege.new_log("refused", "door=socket", "code=76")[0])

    def test_more_half_open_than_there_are_places(self):
        with self.siege(lines=20, mib=24) as siege:
            doors = [siege.connect("submit.sock") for _ in range(400)]
            wait_until("the places are taken", lambda: siege.new_log("too many submissions at once"))
            self.assertRegex(siege.answer(doors[-1]), b"^X....75 4.3.2 too many")

    def test_envelopes_that_do_not_end(self):
        with self.siege(lines=20, mib=128) as siege:
            for _ in range(200):
                siege.say(siege.connect("submit.sock"), HELLO, b"E" + (16 << 20).to_bytes(4, "big"), b" " * (15 << 20))

    def test_long_envelopes_whose_contents_do_not_come(self):
        many = envelope(50_000)
        with self.siege(lines=20, mib=192) as siege:
            for _ in range(60):
                siege.say(siege.connect("submit.sock"), HELLO, many)

    def test_a_hundred_thousand_recipients(self):
        with self.siege(lines=20, mib=192, seconds=10) as siege:
            door = siege.connect("submit.sock")
            contents = b"Subject: many\r\n\r\nhello\r\n"
            end = frame(b"D", contents) + frame(b".", str(len(contents)).encode())
            siege.say(door, HELLO, envelope(100_000), end)
            self.assertRegex(siege.answer(door), b"^K")
            self.assertIn("recipients=100000", siege.new_log(" accepted ", "recipients=1000", "door=socket")[0])
            more = siege.connect("submit.sock")
            siege.say(more, HELLO, envelope(100_001), end)
            self.assertRegex(siege.answer(more), b"^X....65 5.5.4 |^X....65 5.5.3 ")

    def test_a_runaway_pipe(self):
        with self.siege(lines=20) as siege:
            programs = []
            for _ in range(4):
                endless = subprocess.Popen(["yes", "To: nobody, and so on"], stdout=subprocess.PIPE)
                programs.append((endless, subprocess.Popen([f"{BIN}/tenax-sendmail", "-i", "bob@receiver.test"], stdin=endless.stdout,
                                                           stderr=subprocess.PIPE, env=self.tenax.env)))
                endless.stdout.close()
            for endless, program in programs:
                _, complaint = program.communicate(timeout=60)
                self.assertEqual((65, 1), (program.returncode, complaint.count(b"\n")), complaint)
                endless.wait(10)
            door = siege.connect("submit.sock")
            siege.say(door, HELLO, envelope(1), frame(b"D", b"Subject: x\r\n\r\n"), *[frame(b"D", b"y" * 62 + b"\r\n")] * 400_000)
            self.assertRegex(siege.answer(door), b"^X....65 5.3.4 ")


class AtTheControlSocket(HostileUsers):
    def test_who_may_not_operate_is_told_so_and_holds_no_place(self):
        with self.siege(lines=20) as siege:
            for _ in range(2000):
                door = siege.connect("control.sock")
                siege.say(door, secrets.token_bytes(1000) + b"\n")
                self.assertIn(b'"code":77', siege.answer(door).replace(b" ", b""))
            self.tenax.ctl("list")
            self.tenax.ctl("flush")
            self.assertIn("uid=", siege.new_log("refused", "door=control", "code=77")[0])

    def test_operators_who_fall_silent_or_never_end_a_line(self):
        with self.siege(lines=20) as siege:
            for number in range(40):
                door = socket.socket(socket.AF_UNIX)
                door.settimeout(5)
                door.connect(f"{self.tenax.state}/run/control.sock")
                siege.sockets.append(door)
                if number % 2:
                    threading.Thread(target=siege.say, args=(door, *[b"{" * 65536] * 100), daemon=True).start()
            wait_until("the operator gets a word in",
                       lambda: "busy" not in self.tenax.ctl("flush", check=False) and self.operated(siege), 20, 0.2)

    def operated(self, siege):
        return siege.new_log("operated", "verb=retry")


class AtTheSmtpPort(HostileUsers):
    def test_garbage(self):
        noise = [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 20, b"\x16\x03\x01" + secrets.token_bytes(5000), b"x" * 1_000_000,
                 b"RCPT TO:<a@b>\r\n" * 1000, b"\r\n" * 50_000, b"EHLO x\r\n" * 10_000]
        with self.siege(lines=20, mib=64) as siege:  # nobody reads the replies: each session has some under way
            for number in range(600):
                siege.say(siege.connect(self.port), noise[number % len(noise)])

    def test_a_thousand_idle_sessions(self):
        with self.siege(lines=20, mib=64, smtp=False) as siege:
            doors = [siege.connect(self.port) for _ in range(1000)]
            self.assertTrue(siege.answer(doors[-1]).startswith(b"220"))
            for _ in range(200):
                self.assertTrue(siege.answer(siege.connect(self.port)).startswith(b"421 4.3.2 "))

    def test_slow_writers(self):
        with self.siege(lines=20, mib=64, seconds=10) as siege:
            for _ in range(250):
                door = siege.connect(self.port)
                siege.say(door, b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", b"Subject: slow\r\n\r\n" + b"slowly\r\n" * 100_000)

    def test_recipients_without_end(self):
        with self.siege(lines=20, mib=192) as siege:
            for number in range(60):
                rcpt = b"".join(b"RCPT TO:<r%d@many.test>\r\n" % n for n in range(20_000))
                door = siege.connect(self.port)
                door.setblocking(True)
                threading.Thread(target=self.read_all, args=(door,), daemon=True).start()
                siege.say(door, b"EHLO x\r\nMAIL FROM:<a@b>\r\n", rcpt)

    @staticmethod
    def read_all(door):
        with contextlib.suppress(OSError):
            while door.recv(65536):
                pass


class InTheDropFolder(HostileUsers):
    directory = secrets.token_hex(16) + ".msg"

    def put(self, name, contents):
        with as_ann():
            with open(f"{self.tenax.state}/drop/{name}", "wb") as file:
                file.write(contents)

    def put_what_is_no_file(self, drop):
        with as_ann():
            home = as_user("ann")["cwd"]
            with open(f"{home}/mine", "wb") as file:
                file.write(b"mine")
            os.link(f"{home}/mine", f"{drop}/{secrets.token_hex(16)}.msg")
            os.symlink("/etc/tenax-secret", f"{drop}/{secrets.token_hex(16)}.msg")
            os.symlink("/dev/zero", f"{drop}/{secrets.token_hex(16)}.msg")
            os.mkfifo(f"{drop}/{secrets.token_hex(16)}.msg")
            os.mkdir(f"{drop}/{self.directory}")
            with socket.socket(socket.AF_UNIX) as door:
                door.bind(f"{drop}/{secrets.token_hex(16)}.msg")
            with open(f"{drop}/{secrets.token_hex(16)}.msg", "wb") as file:
                file.truncate(1 << 40)
        self.put("no id.msg", b"")
        self.put("\x1b[31m\n.msg", b"")

    def test_what_is_no_mail(self):
        drop = f"{self.tenax.state}/drop"
        with open("/etc/tenax-secret", "w", encoding="ascii") as file:
            file.write("secret")
        with self.siege(lines=20) as siege:
            self.put_what_is_no_file(drop)
            wait_until("a link is told of", lambda: siege.new_log("refused", "door=drop", ": a link"))
            for number in range(1000):
                self.put(secrets.token_hex(16) + ".msg", secrets.token_bytes(500) if number % 2 else b"")
            wait_until("all that was put in as mail is put aside",
                       lambda: set(os.listdir(drop)) <= {"bad", "no id.msg", "\x1b[31m\n.msg", self.directory}, 20)
            self.assertTrue(siege.new_log("refused", "door=drop", "3 entries of the drop folder"))
            self.assertEqual("secret", open("/etc/tenax-secret", encoding="ascii").read())


class WithoutDescriptors(HostileUsers):
    def test_everybody_hears_of_it_and_it_passes_without_a_restart(self):
        pid = self.tenax.process.pid
        early = smtplib.SMTP("127.0.0.1", self.port, timeout=30)
        self.addCleanup(early.close)
        early.ehlo()
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        most = descriptors(pid) + 10
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, before[1]))
        siege = Siege(self, self.tenax)
        self.addCleanup(siege.leave)
        for number in range(60):
            siege.connect(self.port if number % 2 else "submit.sock")
        wait_until("they are used up", lambda: descriptors(pid) >= most)

        began = time.monotonic()
        self.assertTrue(siege.answer(siege.connect(self.port)).startswith(b"421 4.3.2 "))
        self.assertRegex(siege.answer(siege.connect("submit.sock")), b"^X....75 4.3.2 ")
        codes = [self.tenax.sendmail(["-i", "dropped@receiver.test"], f"Message-ID: <dropped{n}@hostile>\n\nhi\n").returncode
                 for n in range(3)]
        for _ in range(3):
            self.tenax.ctl("flush")   # operators are served, one at a time
        took = time.monotonic() - began
        self.assertEqual([0, 0, 0], codes)   # by way of the drop folder
        # Who is in already is served, or told that it cannot be now.
        with self.assertRaises(smtplib.SMTPDataError) as refused:
            early.sendmail("carol@sender.test", ["big@receiver.test"], "Subject: big\r\n\r\n" + ("x" * 70 + "\r\n") * 10_000)
        self.assertEqual(451, refused.exception.smtp_code)
        self.assertLess(took, 10)
        said = siege.new_log()
        self.assertLessEqual(len([line for line in said if " refused " in line or " trouble " in line]), 40, said[:60])

        siege.leave()
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        began = time.monotonic()
        wait_until("what was dropped arrives", lambda: 3 == len([e for e in self.sink.events() if "<dropped" in e["message_id"]]), 30)
        print(f"    told within {took:.1f} s; all was well again after {time.monotonic() - began:.1f} s")
        early.sendmail("carol@sender.test", ["big@receiver.test"], "Subject: big\r\n\r\n" + ("x" * 70 + "\r\n") * 10_000)
        self.serve_somebody(5)

    def test_it_takes_as_many_as_it_may_have(self):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.tenax.stop()
        self.tenax.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most // 2, most)))
        self.assertEqual((most, most), resource.prlimit(self.tenax.process.pid, resource.RLIMIT_NOFILE))
