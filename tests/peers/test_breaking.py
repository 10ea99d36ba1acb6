# SPDX-License-Identifier: Apache-2.0
"""Real processes, killed at random instants under load; real disks that fill up. Nothing acknowledged is lost."""

import collections
import contextlib
import os
import random
import re
import signal
import subprocess
import time
import unittest

from house import BIN, SCRATCH
from load import Load, ask, copies, doors, noticed
from world import Mxsim, Tenax, free_port, wait_until

ROUNDS = int(os.environ.get("TENAX_KILLS", "300"))
RULES = ["rcpt gone* reply 550 5.1.1 no such user", "rcpt chance 0.05 reply 450 4.7.1 come back later",
         "dot chance 0.02 hangup", "mail chance 0.02 hangup"]


class Kills(unittest.TestCase):
    @staticmethod
    def leased(tenax):
        """Whom a daemon that has just died had in hand: every recipient of this load is addressed once."""
        return {row[0] for row in ask(
            tenax, "SELECT forward_path FROM recipient WHERE state = 'leased' UNION ALL "
                   "SELECT forward_path FROM passing p WHERE NOT EXISTS (SELECT 1 FROM passed d WHERE d.id = p.id)")}

    @staticmethod
    def doubtful(tenax):
        """Who may have a copy we never heard of, as the history knows: a kill can come between a commit and its log line."""
        return {row[0] for row in ask(
            tenax, "SELECT r.forward_path FROM answer a JOIN recipient r ON r.id = a.recipient_id WHERE a.in_doubt")}

    def test_nothing_acknowledged_is_lost_by_a_kill_at_any_instant(self):
        smtp_port = free_port()
        with Mxsim(*RULES, mbox=False) as sink, Mxsim() as home, \
                Tenax(routes=[("*", f"[127.0.0.1]:{sink.port}"), ("sender.test", f"[127.0.0.1]:{home.port}")], start=False,
                      smtp={"listen": [f"127.0.0.1:{smtp_port}"]}) as tenax:
            tenax.start()
            load = Load(tenax, smtp_port)
            kills = collections.Counter()
            leased = set()
            for _ in range(ROUNDS):
                time.sleep(random.uniform(0.0, 0.2))
                if random.random() < 0.6:
                    tenax.process.kill()
                    tenax.process.wait()
                    leased |= self.leased(tenax)
                    kills["daemon"] += 1
                    # Sometimes nobody is there for a while, and the drop folder takes over.
                    time.sleep(random.choice([0, 0, 0.1]))
                    tenax.start(wait=False)
                else:
                    load.kill_one()
                    kills["submitter"] += 1
            load.stop()
            tenax.await_socket()
            tenax.await_empty(180)

            arrived = copies(sink)
            told = noticed(home)
            lost = {one for one in load.acknowledged if arrived[one] == 0 and one not in told}
            extra = {one: count - 1 for one, count in arrived.items() if count > 1}
            self.assertEqual("every promise holds", tenax.ctl("check").strip())   # and nothing is kept in short
            doubtful = self.doubtful(tenax)
            unexplained = {one for one in extra if one[1] not in leased and one[1] not in doubtful}
            by_door = doors(tenax)
            print(f"    {ROUNDS} rounds: {kills['daemon']} killed the daemon, {kills['submitter']} a submitter")
            print(f"    {len(load.acknowledged)} messages acknowledged, taken in by {by_door}; not acknowledged: {dict(load.refused)}")
            print(f"    {len(lost)} lost; {sum(extra.values())} copies too many ({sum(extra.values()) / ROUNDS:.3f} for each round), "
                  f"{len(unexplained)} of them neither in doubt nor leased at a kill")
            for _, recipient in sorted(lost | unexplained)[:5]:
                print("".join(f"      {line}\n" for line in tenax.output().splitlines() if recipient in line), end="")
            self.assertEqual(set(), lost)
            self.assertEqual(ROUNDS, sum(kills.values()))
            self.assertGreater(len(load.acknowledged), ROUNDS)
            self.assertEqual({"socket", "drop", "smtp"}, set(by_door))
            self.assertEqual(set(), unexplained)


class Disk(unittest.TestCase):
    def test_a_full_disk_refuses_clearly_and_loses_nothing(self):
        with Mxsim() as sink, Tenax(sink.port, start=False) as tenax:
            os.makedirs(tenax.state)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "none", tenax.state], check=True)
            try:
                tenax.start()
                tenax.ctl("hold", "--all", check=False)
                sink.process.send_signal(signal.SIGSTOP)   # nobody takes anything: the queue can only grow
                taken = []
                codes = collections.Counter()
                for number in range(60):
                    done = tenax.sendmail(["-i", f"r{number}@receiver.test"],
                                          f"Message-ID: <{number}@full>\n\n" + ("y" * 900 + "\n") * 300)
                    codes[done.returncode] += 1
                    if done.returncode == 0:
                        taken.append(f"<{number}@full>")
                    else:
                        self.assertEqual(1, done.stderr.count(b"\n"), done.stderr)
                self.assertEqual({0, 75}, set(codes))
                subprocess.run(["mount", "-o", "remount,size=200m", tenax.state], check=True)
                sink.process.send_signal(signal.SIGCONT)
                done = tenax.sendmail(["-i", "after@receiver.test"], "Message-ID: <after@full>\n\nroom again\n")
                self.assertEqual(0, done.returncode, done.stderr)
                tenax.await_empty(90)
                arrived = {event["message_id"] for event in sink.events()}
                self.assertEqual(set(), set(taken) - arrived)
                self.assertIn("<after@full>", arrived)
            finally:
                sink.process.send_signal(signal.SIGCONT)
                tenax.stop()
                subprocess.run(["umount", "-l", tenax.state], check=False)


    @staticmethod
    def use_up_inodes(directory):
        made = []
        with contextlib.suppress(OSError):
            while True:
                path = f"{directory}/filler{len(made)}"
                with open(path, "x", encoding="ascii"):
                    made.append(path)
        return made

    def test_a_disk_without_inodes_refuses_clearly_and_recovers_without_a_restart(self):
        with Mxsim() as sink, Tenax(sink.port, start=False) as tenax:
            os.makedirs(tenax.state)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m,nr_inodes=200,mode=755", "none", tenax.state], check=True)
            self.addCleanup(subprocess.run, ["umount", "-l", tenax.state], check=False)
            tenax.start()
            tenax.send(["warm@receiver.test"])
            tenax.await_empty()
            fillers = self.use_up_inodes(tenax.state)
            small, large = "Message-ID: <{}@inodes>\n\nhi\n", "Message-ID: <{}@inodes>\n\n" + ("y" * 900 + "\n") * 400
            done = tenax.sendmail(["-i", "small@receiver.test"], small.format("small"))
            self.assertEqual(0, done.returncode, done.stderr)   # it lies in the database
            for _ in range(3):
                done = tenax.sendmail(["-i", "large@receiver.test"], large.format("refused"))
                self.assertEqual((75, 1), (done.returncode, done.stderr.count(b"\n")), done.stderr)
                self.assertIn(b"full", done.stderr)
            for name in fillers:
                os.unlink(name)
            done = tenax.sendmail(["-i", "large@receiver.test"], large.format("large"))
            self.assertEqual(0, done.returncode, done.stderr)
            tenax.await_empty()
            self.assertEqual({"<small@inodes>", "<large@inodes>"},
                             {e["message_id"] for e in sink.events() if "@inodes" in e["message_id"]})

            tenax.stop()   # and without the daemon
            self.use_up_inodes(tenax.state)
            done = tenax.sendmail(["-i", "dropped@receiver.test"], small.format("dropped"))
            self.assertEqual((75, 1), (done.returncode, done.stderr.count(b"\n")), done.stderr)


class Size(unittest.TestCase):
    """A message of 100 MiB costs no process more than 16 MiB of memory."""

    LIMIT = 16 * 1024  # KiB

    def setUp(self):
        self.big = f"{SCRATCH}/work/big"
        with open(self.big, "wb") as file:
            file.write(b"Message-ID: <big@size>\nMIME-Version: 1.0\nContent-Type: text/plain\n\n")
            for _ in range(1024):
                file.write((b"0123456789abcde" * 5 + b"\n") * 1347 + b"\n")
        self.addCleanup(os.unlink, self.big)

    def hand_over(self, tenax):
        """Exit code, and the peak of resident memory in KiB."""
        peak = 0
        with open(self.big, "rb") as text:
            process = subprocess.Popen([f"{BIN}/tenax-sendmail", "-i", "bob@receiver.test"], stdin=text, env=tenax.env)
            # wait4() would tell the peak of whoever forked it; the peak of its own memory only grows, so the last look counts.
            while process.poll() is None:
                try:
                    peak = max(peak, self.peak(process.pid))
                except (AttributeError, OSError):
                    pass
                time.sleep(0.002)
        print(f"    tenax-sendmail: {peak} KiB for 100 MiB")
        self.assertGreater(peak, 0)
        self.assertLess(peak, self.LIMIT)
        return process.returncode

    @staticmethod
    def peak(pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1))

    def check(self, tenax, sink, before):
        wait_until("it arrived", lambda: any(e["octets"] > 100e6 for e in sink.events()), 120)
        tenax.await_empty()
        after = self.peak(tenax.process.pid)
        print(f"    100 MiB: the daemon's memory went from {before} to {after} KiB")
        self.assertLess(after - before, self.LIMIT)

    def test_through_the_socket(self):
        with Mxsim() as sink, Tenax(sink.port) as tenax:
            tenax.send(["small@receiver.test"])
            tenax.await_empty()
            before = self.peak(tenax.process.pid)
            self.assertEqual(0, self.hand_over(tenax))
            self.check(tenax, sink, before)

    def test_through_the_drop_folder(self):
        with Mxsim() as sink, Tenax(sink.port) as tenax:
            tenax.stop()
            self.assertEqual(0, self.hand_over(tenax))
            tenax.start()
            self.check(tenax, sink, self.peak(tenax.process.pid))


class Lock(unittest.TestCase):
    def test_one_daemon_per_queue(self):
        with Mxsim() as sink, Tenax(sink.port) as tenax:
            second = subprocess.run([f"{BIN}/tenaxd", "--config", tenax.config], capture_output=True, text=True, timeout=30, check=False)
            self.assertEqual(75, second.returncode, second.stderr)
            self.assertIn(str(tenax.process.pid), second.stderr)

    def test_sigterm_lets_a_session_end_and_nothing_is_delivered_twice(self):
        with Mxsim("dot delay 1s") as sink, Tenax(sink.port) as tenax:
            tenax.send(["bob@receiver.test"], "Message-ID: <slow@lock>\n\nhi\n")
            wait_until("the session is under way", lambda: tenax.json()["leased"] == 1)
            time.sleep(0.3)
            self.assertEqual(0, tenax.stop())
            tenax.start()
            tenax.await_empty()
            self.assertEqual(1, len(sink.events()))

    def test_once_runs_the_queue_once_and_leaves(self):
        with Mxsim("rcpt later* reply 450 4.2.0 later") as sink, Tenax(sink.port, start=False) as tenax:
            os.makedirs(f"{tenax.state}/drop", mode=0o733)
            self.assertEqual(0, tenax.sendmail(["-i", "now@receiver.test"], "hi\n").returncode)
            self.assertEqual(0, tenax.sendmail(["-i", "later@receiver.test"], "hi\n").returncode)
            done = subprocess.run([f"{BIN}/tenaxd", "--config", tenax.config, "--once"], timeout=60, check=False, capture_output=True)
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertEqual(["now@receiver.test"], [to for e in sink.events() for to in e["to"]])
            self.assertEqual(1, tenax.open_recipients())


class Reload(unittest.TestCase):
    def test_sighup_takes_a_new_route_and_keeps_the_old_config_when_the_new_one_is_wrong(self):
        with Mxsim() as first, Mxsim() as second, Tenax(first.port) as tenax:
            with open(tenax.config, encoding="utf-8") as file:
                text = file.read()
            with open(tenax.config, "w", encoding="utf-8") as file:
                file.write(text.replace(str(first.port), str(second.port)))
            tenax.process.send_signal(signal.SIGHUP)
            wait_until("reloaded", lambda: "reload" in tenax.output())
            tenax.send(["a@receiver.test"])
            tenax.await_empty()
            self.assertEqual(1, len(second.events()))

            with open(tenax.config, "w", encoding="utf-8") as file:
                file.write(text.replace("[retry]", "[retry]\nfirst_delai = 3"))
            tenax.process.send_signal(signal.SIGHUP)
            wait_until("the mistake is told", lambda: "first_delai" in tenax.output())
            with open(tenax.config, "w", encoding="utf-8") as file:
                file.write(text.replace(str(first.port), str(second.port)))
            tenax.send(["b@receiver.test"])
            tenax.await_empty()
            self.assertEqual(2, len(second.events()))
