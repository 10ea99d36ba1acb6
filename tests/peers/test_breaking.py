# SPDX-License-Identifier: Apache-2.0
"""Real processes, killed at random instants under load; real disks that fill up. Nothing acknowledged is lost."""

import collections
import os
import random
import re
import signal
import subprocess
import threading
import time
import unittest

from house import BIN, SCRATCH
from world import Mxsim, Tenax, wait_until

ROUNDS = int(os.environ.get("TENAX_KILLS", "300"))
RULES = ["rcpt gone* reply 550 5.1.1 no such user", "rcpt chance 0.05 reply 450 4.7.1 come back later",
         "dot chance 0.02 hangup", "mail chance 0.02 hangup"]


class Load:
    """Submitters that hand over message after message, and remember which were taken."""

    def __init__(self, tenax, submitters=4):
        self.tenax = tenax
        self.acknowledged = set()
        self.running = {}
        self.lock = threading.Lock()
        self.over = False
        self.number = 0
        self.refused = collections.Counter()
        self.threads = [threading.Thread(target=self._submit, args=(i,), daemon=True) for i in range(submitters)]
        for thread in self.threads:
            thread.start()

    def _submit(self, lane):
        while not self.over:
            with self.lock:
                self.number += 1
                number = self.number
            name = "gone" if number % 20 == 0 else "user"
            recipient = f"{name}{number}@d{number % 7}.test"
            text = f"Message-ID: <{number}@load>\nSubject: {number}\n\n" + "x" * random.choice([10, 3000, 100_000]) + "\n"
            process = subprocess.Popen([f"{BIN}/tenax-sendmail", "-i", "-f", "ann@sender.test", recipient], stdin=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, env=self.tenax.env)
            with self.lock:
                self.running[lane] = process
            try:
                process.communicate(text.encode())
            except (BrokenPipeError, ValueError):
                process.wait()
            with self.lock:
                if process.returncode == 0:
                    self.acknowledged.add((f"<{number}@load>", recipient))
                else:
                    self.refused[process.returncode] += 1
            time.sleep(0.005)

    def kill_one(self):
        with self.lock:
            process = self.running.get(random.randrange(len(self.threads)))
        if process:
            process.kill()

    def stop(self):
        self.over = True
        for thread in self.threads:
            thread.join()


class Kills(unittest.TestCase):
    def test_nothing_acknowledged_is_lost_by_a_kill_at_any_instant(self):
        more = [arg for rule in RULES for arg in ("--rule", rule)]
        with Mxsim(more=more) as sink, Tenax(sink.port, start=False) as tenax:
            tenax.start()
            load = Load(tenax)
            kills = collections.Counter()
            for _ in range(ROUNDS):
                time.sleep(random.uniform(0.0, 0.2))
                if random.random() < 0.6:
                    tenax.process.kill()
                    tenax.process.wait()
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

            copies = collections.Counter()
            for event in sink.events():
                for recipient in event["to"]:
                    copies[event["message_id"], recipient] += 1
            noticed = set()
            for mail in sink.mails():
                if mail.get_content_type() == "multipart/report":
                    text = mail.as_string()
                    for number in re.findall(r"^Message-ID: (<\d+@load>)", text, re.M | re.I):
                        for recipient in re.findall(r"^Final-Recipient: rfc822; *(\S+)", text, re.M):
                            noticed.add((number, recipient))
            lost = {one for one in load.acknowledged if copies[one] == 0 and one not in noticed}
            twice = sum(count - 1 for one, count in copies.items() if one[0].endswith("@load>") and count > 1)
            log = tenax.output()
            leases = sum(int(n) for n in re.findall(r"lapsed_leases=(\d+)", log))
            doubts = log.count("in_doubt=1")
            print(f"    kills: {kills['daemon']} of the daemon, {kills['submitter']} of a submitter; "
                  f"{len(load.acknowledged)} messages acknowledged, {dict(load.refused)} not; {len(lost)} lost; "
                  f"{twice} extra copies, for {leases} leases open at a kill and {doubts} answers in doubt")
            self.assertEqual(set(), lost)
            self.assertEqual(ROUNDS, sum(kills.values()))
            self.assertGreater(len(load.acknowledged), ROUNDS)
            self.assertLessEqual(twice, leases + doubts)
            self.assertEqual("", tenax.ctl("check").replace("all promises hold", "").strip())


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
        with open(self.big, "rb") as text:
            process = subprocess.Popen([f"{BIN}/tenax-sendmail", "-i", "bob@receiver.test"], stdin=text, env=tenax.env)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, usage.ru_maxrss

    def small_peak(self, tenax):
        process = subprocess.Popen([f"{BIN}/tenax-sendmail", "-i", "small@receiver.test"], stdin=subprocess.PIPE, env=tenax.env)
        process.stdin.write(b"Subject: small\n\nhi\n")
        process.stdin.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_maxrss

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
            small = self.small_peak(tenax)
            tenax.await_empty()
            before = self.peak(tenax.process.pid)
            code, peak = self.hand_over(tenax)
            self.assertEqual(0, code)
            print(f"    tenax-sendmail: {small} KiB for a small message, {peak} KiB for 100 MiB")
            self.assertLess(peak - small, self.LIMIT)
            self.check(tenax, sink, before)

    def test_through_the_drop_folder(self):
        with Mxsim() as sink, Tenax(sink.port) as tenax:
            small = self.small_peak(tenax)
            tenax.await_empty()
            tenax.stop()
            code, peak = self.hand_over(tenax)
            self.assertEqual(0, code)
            self.assertLess(peak - small, self.LIMIT)
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
