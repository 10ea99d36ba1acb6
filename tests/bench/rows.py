# SPDX-License-Identifier: Apache-2.0
"""The rows of the table: each measures one program and answers {line of the table: Value}."""

import os
import statistics
import string
import time
from dataclasses import dataclass

from processes import Meter
from programs import BUSY, SLOW, Trouble

SIZE = 4096
MIB = 1024 * 1024
PATIENCE = 300        # seconds for what takes seconds


@dataclass
class Value:
    number: float         # to compare by
    text: str
    others: float = 0.0   # CPUs that others used meanwhile


@dataclass
class Counts:
    """How much of everything."""

    messages: int
    runs: int             # of the sendmail program
    backlog: int          # recipients
    fresh: int            # messages beside a backlog, in each of five rounds
    stuck: int            # messages for the tarpit
    good: int             # and behind them


class Bench:
    """One program under the loads."""

    def __init__(self, program, loads, counts):
        self.program, self.loads, self.counts = program, loads, counts

    def fresh(self, paused=False, share=False):
        os.sync()      # what was written before is nobody's burden
        self.program.start_fresh(paused)
        self.program.await_ready()
        self.loads.count()
        return Meter(self.program.pid, share)

    def _all_is_held(self):
        """Mail that got out before its time would make what is measured cheaper, or dearer."""
        out = self.loads.await_some(0, 0)["taken"]
        if out:
            raise Trouble(f"{out} messages got out that were to be held")

    def e2e(self, keep, line):
        n = self.counts.messages
        with self.fresh(share=keep) as meter:
            sent = self.loads.send(n, *(["--keep"] if keep else []))
            got = self.loads.await_taken(n, PATIENCE)
            meter.finish()
        found = {line: _rate(n, got["last"] - sent["began"], meter)}
        if keep:
            factor = meter.written / (n * SIZE)
            found["memory"] = Value(meter.rss, f"{meter.rss / MIB:.0f} MiB ({meter.pss / MIB:.0f} MiB its share)")
            found["writes"] = Value(factor, f"{factor:.1f}")
        return found

    def accept_smtp(self, keep, line):
        n = self.counts.messages
        with self.fresh(paused=True) as meter:
            sent = self.loads.send(n, *(["--keep"] if keep else []))
            meter.finish()
        self._all_is_held()
        return {line: _rate(n, sent["ended"] - sent["began"], meter)}

    def drain(self, domains, line):
        n = self.counts.messages
        self.fresh(paused=True)
        self.loads.send(n, "--keep", "--domains", str(domains))
        with Meter(self.program.pid) as meter:
            meter.finish()     # until what was taken is put away
        self._all_is_held()
        with Meter(self.program.pid) as meter:
            released = time.monotonic()
            self.program.release()
            got = self.loads.await_taken(n, PATIENCE)
            meter.finish()
        return {line: _rate(n, got["last"] - released, meter)}

    def accept_cli(self, at_once, line):
        if not self.program.sendmail:
            return {}
        n = self.counts.runs
        with self.fresh(paused=True) as meter:
            text = f"{self.program.home}/message"
            with open(text, "w", encoding="ascii") as file:
                file.write(_message())
            command = [*self.program.sendmail, "-i", "-f", "bench@source.test", "u0@d0.test"]
            done = self.loads.start(n, at_once, text, command, {**os.environ, **self.program.env})
            meter.finish()
        self._all_is_held()
        meter.cpu += done["cpu"]
        return {line: _rate(n, done["ended"] - done["began"], meter)}

    def backlog(self):
        each = 100
        with self.fresh() as filling:
            self.loads.send(self.counts.backlog // each, "--keep", "--recipients", str(each), "--domain", BUSY[0],
                            timeout=3000)
            self.loads.await_refused(self.counts.backlog // each * each, 3000)
            filling.finish(120)
        self.program.stop()
        empty = self.program.twin()
        try:
            empty.start_fresh()
            empty.await_ready()
            empty.stop()
            os.sync()
            # In turns: a machine is not the same minutes later, and the difference is what is asked for.
            letters = iter(string.ascii_lowercase)
            turns = {empty: [], self.program: []}
            for _ in range(5):
                for program, taken in turns.items():
                    taken.append(self._turn(program, next(letters), next(letters)))
        finally:
            empty.remove()
        alone, beside = (self._middle(taken) for taken in turns.values())
        kept = statistics.median(without[1] / with_it[1] for without, with_it in zip(*turns.values()))
        restart = statistics.median(turn[0] for turn in turns[self.program])
        peak = max(filling.rss, *(turn[2].rss for turn in turns[self.program]))
        return {
            "backlog": beside,
            "backlog_empty": alone,
            "backlog_kept": Value(kept, f"{kept:.2f}"),
            "backlog_rss": Value(peak, f"{peak / MIB:.0f} MiB"),
            "backlog_restart": Value(restart, f"{restart:.2f} s"),
        }

    def _turn(self, program, first, fresh):
        """Starts it and stops it: (seconds to the first delivery, seconds that fresh mail took in and out, its meter)."""
        n = self.counts.fresh
        self.loads.count(first)
        began = time.monotonic()
        program.start()
        self.loads.send(1, "--letter", first, "--wait", "300")
        restart = self.loads.await_taken(1, PATIENCE)["last"] - began
        self.loads.count(fresh)
        with Meter(program.pid) as meter:
            sent = self.loads.send(n, "--keep", "--letter", fresh)
            took = self.loads.await_taken(n, PATIENCE)["last"] - sent["began"]
            meter.finish()
        program.stop()
        return restart, took, meter

    def _middle(self, turns):
        meters = [turn[2] for turn in turns]
        meter = max(meters, key=lambda one: one.rss)
        meter.cpu = statistics.median(one.cpu for one in meters)
        meter.others = max(one.others for one in meters)
        return _rate(self.counts.fresh, statistics.median(turn[1] for turn in turns), meter)

    def hol(self):
        found = {}
        for line, stuck in (("hol_alone", 0), ("hol", self.counts.stuck)):
            with self.fresh() as meter:
                if stuck:
                    self.loads.send(stuck, "--keep", "--domain", SLOW[0], "--letter", "s")
                median, p95, late = self._latency()
                meter.finish(0)
            text = f"{_span(median)} / {_span(p95)}" + (f", {late} later than {self.LATE} s" if late else "")
            found[line] = Value(p95, text, meter.others)
        return found

    LATE = 200            # seconds; what has not come by then counts as if it came then

    def _latency(self):
        n = self.counts.good
        self.loads.count("g")
        sent = self.loads.send(n, "--keep", "--letter", "g", "--domains", "1", "--rate", "100", "--times")
        self.loads.await_some(n, self.LATE)
        taken = self.loads.times()
        end = time.monotonic()
        # A server may pass a message on before its client has read the 250.
        waits = sorted(max(taken.get(number, end) - accepted, 0) for number, accepted in enumerate(sent["times"]))
        return statistics.median(waits), waits[int(len(waits) * 0.95)], n - len(taken)


def _span(seconds):
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _message():
    head = "From: Bench <bench@source.test>\nTo: Reader <reader@sink.test>\nSubject: message\n\n"
    lines = ("x" * 70 + "\n") * (SIZE // 71 + 1)
    return (head + lines)[:SIZE - 1] + "\n"


def _rate(n, seconds, meter):
    rate = n / seconds
    return Value(rate, f"{rate:,.0f}/s, {meter.cpu * 1000 / n:.2f} ms, {meter.rss / MIB:.0f} MiB", meter.others)


# A row is measured by one of these; memory and writes are seen while e2e_keep is.
ROWS = {
    "e2e_keep": lambda bench: bench.e2e(keep=True, line="e2e_keep"),
    "e2e": lambda bench: bench.e2e(keep=False, line="e2e"),
    "accept_smtp_keep": lambda bench: bench.accept_smtp(keep=True, line="accept_smtp_keep"),
    "accept_smtp": lambda bench: bench.accept_smtp(keep=False, line="accept_smtp"),
    "drain_1": lambda bench: bench.drain(1, "drain_1"),
    "drain_100": lambda bench: bench.drain(100, "drain_100"),
    "accept_cli_1": lambda bench: bench.accept_cli(1, "accept_cli_1"),
    "accept_cli_8": lambda bench: bench.accept_cli(8, "accept_cli_8"),
    "backlog": Bench.backlog,
    "hol": Bench.hol,
}
SEEN_IN = {"memory": "e2e_keep", "writes": "e2e_keep"}
