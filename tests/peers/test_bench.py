# SPDX-License-Identifier: Apache-2.0
"""The bench measures what it says, also where it is small; its numbers are nobody's concern here."""

import fcntl
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from house import BIN, SCRATCH
from world import wait_until

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench")
sys.path.insert(0, BENCH)

import processes  # noqa: E402
from loads import Loads  # noqa: E402
from programs import BUSY, ROUTES, SINK, SLOW, Trouble  # noqa: E402

COLUMNS = ["row", "what", "tenax", "postfix", "ratio", "limit"]


class Bench(unittest.TestCase):
    def setUp(self):
        self.dir = self.enterContext(tempfile.TemporaryDirectory(prefix="bench-", dir=f"{SCRATCH}/work"))
        os.chmod(self.dir, 0o755)
        self.book = f"{self.dir}/benchmarks.md"

    def command(self, *args):
        return ["python3", "-B", f"{BENCH}/bench.py", "--quick", "--scale", "0.05", "--bin", BIN, "--dir", self.dir,
                "--append-to", self.book, *args]

    def run_it(self, *args):
        done = subprocess.run(self.command(*args), capture_output=True, text=True, timeout=200, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done

    def table(self, text):
        """The lines of the table by their names."""
        lines = [line.strip("|\n") for line in text.splitlines() if line.startswith("|")]
        rows = [[cell.strip() for cell in line.split("|")] for line in lines]
        self.assertTrue(rows, text)
        return {row[0]: dict(zip(COLUMNS, row)) for row in rows[2:]}

    def test_a_row_says_rate_cpu_memory_and_ratios_of_both_programs(self):
        done = self.run_it("--no-append", "--rows", "e2e_keep")
        row = self.table(done.stdout)["e2e_keep"]
        for program in ("tenax", "postfix"):
            rate, cpu, memory = re.fullmatch(r"([\d,]+)/s, ([\d.]+) ms, (\d+) MiB( \(!\))?", row[program]).groups()[:3]
            self.assertGreater(int(rate.replace(",", "")), 0)
            self.assertGreater(float(cpu), 0)
            self.assertGreater(int(memory), 0)
        self.assertGreater(float(row["ratio"]), 0)
        self.assertGreater(float(row["limit"]), 0)

    def test_a_backlog_and_a_tarpit_are_measured_with_and_without(self):
        table = self.table(self.run_it("--no-append", "--rows", "backlog,hol").stdout)
        self.assertEqual(["backlog", "backlog_empty", "backlog_kept", "backlog_rss", "backlog_restart", "hol", "hol_alone"],
                         list(table))
        self.assertIn("1,000 deferred", table["backlog"]["what"])
        for program in ("tenax", "postfix"):
            for line in ("backlog", "backlog_empty"):
                self.assertRegex(table[line][program], r"^[1-9][\d,]*/s, ")
            self.assertRegex(table["backlog_kept"][program], r"^\d+\.\d\d$")
            self.assertRegex(table["backlog_restart"][program], r"^\d+\.\d\d s$")
            for line in ("hol", "hol_alone"):
                self.assertRegex(table[line][program], r"^[\d.]+ m?s / [\d.]+ m?s( \(!\))?$")

    def test_what_was_measured_is_appended_with_the_machine(self):
        with open(self.book, "w", encoding="utf-8") as book:
            book.write("# Benchmarks\n")
        done = self.run_it("--rows", "memory")
        with open(self.book, encoding="utf-8") as book:
            written = book.read()
        self.assertEqual("# Benchmarks\n\n" + done.stdout, written)
        self.assertIn("Linux " + os.uname().release, written.replace("\n", " "))
        self.assertIn("e2e_keep", self.table(written))

    def test_no_append_appends_nothing_and_nothing_is_left_behind(self):
        self.run_it("--no-append", "--rows", "accept_cli_8,drain_1")
        self.assertEqual([], os.listdir(self.dir))

    def test_two_do_not_measure_each_other(self):
        place = os.open(self.dir, os.O_RDONLY)
        self.addCleanup(os.close, place)
        fcntl.flock(place, fcntl.LOCK_EX)
        done = subprocess.run(self.command("--rows", "writes"), capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((1, f"bench: another one is at work in {self.dir}\n"), (done.returncode, done.stderr))

    def test_interrupted_it_ends_what_it_started(self):
        with open(f"{self.dir}/said", "wb") as said:
            # Whoever runs us in the background may have it ignored.
            bench = subprocess.Popen(self.command("--scale", "1", "--rows", "drain_1"), stdout=said, stderr=said,
                                     preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        wait_until("it measures Tenax", lambda: os.path.exists(f"{self.dir}/tenax-bench/tenax/state/queue.db"))
        started = set(processes.tree(bench.pid)) - {bench.pid}
        bench.send_signal(signal.SIGINT)
        self.assertEqual(130, bench.wait(30))
        self.assertGreaterEqual(len(started), 2)      # the sink and tenaxd
        self.assertEqual(set(), {pid for pid in started if os.path.exists(f"/proc/{pid}/exe")})
        self.assertEqual(["said"], os.listdir(self.dir))


class Tools(unittest.TestCase):
    """A rate is as true as who counts."""

    def setUp(self):
        self.loads = self.enterContext(Loads(f"{BIN}/../tests"))
        self.loads.count()

    def send(self, count, where, *options):
        return self.loads.send(count, "--sessions", "3", *options, to=f"{where[1]}:{SINK}")

    def test_each_message_arrives_and_counts_once(self):
        for options in (["--keep"], []):
            self.loads.count()
            self.assertEqual(50, self.send(50, ROUTES[0], *options)["accepted"])
            self.assertEqual(50, self.loads.await_taken(50, 10)["taken"])
            self.send(50, ROUTES[7], *options)
            again = self.loads.await_some(51, 0.1)
            self.assertEqual((50, 50), (again["taken"], again["repeats"]))
        # Of the second round one for each, and few that the last messages were gone for when they stood.
        self.assertIn(again["connections"], range(100, 105))

    def test_only_the_batch_that_counts_counts(self):
        self.send(5, ROUTES[0], "--letter", "x")
        self.assertEqual(0, self.loads.await_some(1, 0.1)["taken"])

    def test_what_is_missing_is_no_result(self):
        self.send(5, ROUTES[0])
        with self.assertRaisesRegex(Trouble, "only 5 of 6 messages"):
            self.loads.await_taken(6, 0.1)

    def test_what_is_refused_is_no_result(self):
        with self.assertRaisesRegex(Trouble, "4 of 4 messages were not taken"):
            self.send(4, BUSY, "--recipients", "3")
        self.assertEqual(12, self.loads.await_refused(12, 1)["refused"])

    def test_where_nobody_listens_nothing_is_taken(self):
        with self.assertRaisesRegex(Trouble, "4 of 4 messages were not taken"):
            self.send(4, (None, "127.0.3.1"))

    def test_every_recipient_has_the_time_it_was_taken(self):
        sent = self.send(4, ROUTES[0], "--recipients", "2", "--rate", "20", "--times")
        taken = self.loads.times()
        self.assertEqual(list(range(8)), sorted(taken))
        self.assertGreaterEqual(taken[6] - sent["began"], 0.15)      # the fourth message, at 20 in a second
        self.assertLess(abs(sent["times"][3] - taken[7]), 0.5)

    def test_the_tarpit_says_nothing_for_its_while(self):
        with self.assertRaisesRegex(Trouble, "1 of 1 messages were not taken"):
            self.send(1, SLOW, "--timeout", "1")
        self.assertEqual(1, self.loads.await_some(1, 0)["connections"])

    def test_a_run_that_fails_is_no_result(self):
        self.assertEqual(20, self.loads.start(20, 3, "/dev/null", ["/bin/true"])["good"])
        with self.assertRaisesRegex(Trouble, "20 of 20 runs of /bin/false failed"):
            self.loads.start(20, 3, "/dev/null", ["/bin/false"])

    def test_who_is_left_of_a_session_is_waited_for_and_ended(self):
        parent = subprocess.Popen(["/bin/sh", "-c", "sleep 600 & sleep 600 & exit 0"], start_new_session=True)
        self.assertEqual(0, parent.wait(10))
        self.assertEqual(2, len(processes.session(parent.pid)))
        processes.end(parent.pid)
        self.assertEqual([], processes.session(parent.pid))

    def test_the_price_has_the_children_that_ended(self):
        burn = "import time\nwhile time.process_time() < 0.3: pass"
        parent = subprocess.Popen(["/bin/sh", "-c", 'read go; python3 -c "$0"; python3 -c "$0"; read end', burn],
                                  stdin=subprocess.PIPE)
        with processes.Meter(parent.pid) as meter:
            parent.stdin.write(b"\n")
            parent.stdin.flush()
            time.sleep(0.2)
            meter.finish()
        self.assertGreaterEqual(meter.cpu, 0.5)
        self.assertGreater(meter.rss, 1024 * 1024)
        parent.stdin.close()
        self.assertEqual(1, parent.wait(10))
