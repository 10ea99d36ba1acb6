# SPDX-License-Identifier: Apache-2.0
"""Receivers that would have the daemon's memory or time, all at once; everybody else is served meanwhile."""

import collections
import re
import socketserver
import threading
import time
import unittest

from world import Mxsim, Tenax, wait_until

PATIENCE = 0.01   # of the RFC's: five minutes become three seconds
SECONDS = 8       # how long they are at it
GROWTH = 16       # MiB of the daemon's memory, at most


class Gone(Exception):
    """The client hung up."""


class Talk:
    """One connection: what a kind of receiver says and does on it."""

    def __init__(self, connection, server):
        self.connection = connection
        self.server = server
        self.lines = connection.makefile("rb")

    def say(self, data):
        if isinstance(data, str):
            data = data.encode() + b"\r\n"
        self.connection.sendall(data)
        with self.server.lock:
            self.server.octets += len(data)

    def flood(self, piece):
        piece *= 65536 // len(piece)
        while True:
            self.say(piece)

    def hear(self):
        line = self.lines.readline(100_000)
        if not line:
            raise Gone
        return line.rstrip(b"\r\n").upper()

    def until(self, verb, ehlo="250 hostile"):
        """Behaves up to this command, which is not answered."""
        self.say("220 hostile")
        while True:
            line = self.hear()
            if line.startswith(verb):
                return
            if line.startswith(b"DATA"):
                self.say("354 go")
                while self.hear() != b".":
                    pass
                if verb == b".":
                    return
                self.say("250 taken")
            else:
                self.say(ehlo if line.startswith(b"EHLO") else "250 ok")


def drip(talk):
    for octet in b"220 a slow one\r\n":
        talk.say(bytes([octet]))
        time.sleep(29 * PATIENCE)


def leave_at_each_step(talk):
    with talk.server.lock:
        talk.server.turn += 1
        step = [b"", b"EHLO", b"MAIL", b"RCPT", b"DATA", b"."][talk.server.turn % 6]
    if step:
        talk.until(step)
    talk.say("421 4.3.2 leaving")


def close_behind_the_dot(talk):
    talk.until(b".")


def inject(talk):
    talk.until(b"STARTTLS", "250-hostile\r\n250 STARTTLS")
    talk.say("220 go\r\n250-forged\r\n250 AUTH PLAIN")
    talk.hear()


def long_ehlo(talk):
    talk.until(b"QUIT", "\r\n".join(f"250-X{n}" for n in range(10_000)) + "\r\n250 end")


def unread(talk):
    talk.until(b"DATA")
    talk.say("354 go")
    time.sleep(SECONDS)


def floods_at(verb, piece):
    def flooding(talk):
        if verb:
            talk.until(verb)
        talk.flood(piece)
    return flooding


def answers(verb, reply):
    def answering(talk):
        talk.until(verb)
        talk.say(reply)
        talk.hear()
    return answering


# What each does, and the one cause its attempts have in the log.
KINDS = {
    "banner": (floods_at(b"", b"220-welcome to a long story\r\n"), "sent more than we read while waiting for the greeting"),
    "line": (floods_at(b"", b"x"), "sent more than we read while waiting for the greeting"),
    "nuls": (floods_at(b"", b"\0"), "sent more than we read while waiting for the greeting"),
    "ehlo": (floods_at(b"EHLO", b"250-X\r\n"), "sent more than we read while introducing ourselves"),
    "rcpt": (floods_at(b"RCPT", b"550-no and\r\n"), "sent more than we read while naming a recipient"),
    "dot": (floods_at(b".", b"250-taken and\r\n"), "sent more than we read while waiting for the verdict"),
    "drip": (drip, "kept us waiting too long while waiting for the greeting"),
    "silent": (lambda talk: time.sleep(SECONDS), "kept us waiting too long while waiting for the greeting"),
    "code": (answers(b"MAIL", "354 go"), 'reply="354 go"'),
    "garbage": (answers(b"RCPT", b"\x16\x03\x01\0\0\r\n"), "sent something else than SMTP replies"),
    "leaving": (leave_at_each_step, 'reply="421 4.3.2 leaving"'),
    "closing": (close_behind_the_dot, "lost connection"),
    "inject": (inject, "bytes in clear came behind the answer to STARTTLS"),
    "unread": (unread, "kept us waiting too long while sending the message"),
    "longehlo": (long_ehlo, 'reply="250 taken"'),
}


class Hostile(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, act):
        super().__init__(("127.0.0.1", 0), None)
        self.act = act
        self.lock = threading.Lock()
        self.octets = 0
        self.turn = -1
        self.sessions = 0
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def finish_request(self, request, client_address):
        with self.lock:
            self.sessions += 1
        request.settimeout(30)
        try:
            self.act(Talk(request, self))
        except (Gone, OSError):
            pass


def memory(tenax, what):
    with open(f"/proc/{tenax.process.pid}/status", encoding="ascii") as status:
        return int(re.search(rf"{what}:\s+(\d+)", status.read()).group(1)) / 1024


class Receivers(unittest.TestCase):
    def test_hostile_ones_cost_little_and_hold_up_nobody(self):
        servers = {kind: Hostile(act) for kind, (act, _) in KINDS.items()}
        for server in servers.values():
            self.addCleanup(server.server_close)
            self.addCleanup(server.shutdown)
        with Mxsim() as sink:
            routes = [(f"{kind}.test", f"[127.0.0.1]:{server.port}") for kind, server in servers.items()]
            with Tenax(routes=[*routes, ("*", f"[127.0.0.1]:{sink.port}")], delivery={"patience": PATIENCE}) as tenax:
                tenax.send(["first@good.test"], sender="<>")
                tenax.await_empty()
                before = memory(tenax, "VmRSS")
                large = "Subject: large\n\n" + ("x" * 70 + "\n") * 60_000   # more than socket buffers hold
                for kind in KINDS:
                    for number in range(4):
                        tenax.send([f"r{number}@{kind}.test"], large if kind == "unread" else "Subject: hi\n\nhello\n", sender="<>")
                slowest = self.send_to_the_good(tenax, sink)
                after, peak = memory(tenax, "VmRSS"), memory(tenax, "VmHWM")
                lines = [line for line in tenax.output().splitlines() if " attempt " in line]

        octets = sum(server.octets for server in servers.values())
        sessions = sum(server.sessions for server in servers.values())
        flooders = servers["banner"]
        print(f"    {len(KINDS)} hostile kinds, {sessions} sessions, {octets / 1e6:.0f} MB pushed at us; {len(lines)} lines of attempts; "
              f"the slowest of the good mail took {slowest:.2f} s; memory went from {before:.1f} to {after:.1f} MiB, {peak:.1f} at most")
        self.assertLess(after - before, GROWTH)
        self.assertLess(peak - before, GROWTH)
        self.assertLess(slowest, 2)
        # 1 MiB is read of a reply; the rest lies in the buffers of two sockets.
        self.assertLess(flooders.octets / flooders.sessions, 16e6)
        self.check_lines(lines)

    def send_to_the_good(self, tenax, sink):
        """Mail to a receiver that behaves, one after another; how long the slowest took."""
        slowest = 0
        end = time.monotonic() + SECONDS
        count = 0
        while time.monotonic() < end:
            count += 1
            began = time.monotonic()
            tenax.send([f"g{count}@good.test"], sender="<>")
            wait_until("the good mail arrived", lambda: len(sink.events()) > count, timeout=10, step=0.01)
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.1)
        return slowest

    def check_lines(self, lines):
        """Each attempt is one line that names the cause."""
        causes = collections.defaultdict(list)
        for line in lines:
            self.assertLess(len(line), 2000)
            self.assertTrue(line.isprintable(), line)
            causes[re.search(r" to=\S+@(\w+)\.test ", line).group(1)].append(line)
        for kind, (_, cause) in KINDS.items():
            self.assertTrue(causes[kind], f"no line about {kind}")
            for line in causes[kind]:
                self.assertIn(cause, line)
