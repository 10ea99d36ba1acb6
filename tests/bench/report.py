# SPDX-License-Identifier: Apache-2.0
"""The table, and the section of docs/benchmarks.md made of it."""

import datetime
import os
import statistics
import subprocess
import textwrap

# Each line of the table: what it says, and the bare limit it is held against.
LINES = {
    "e2e_keep": ("in by SMTP and out, connections kept", "bare_keep"),
    "e2e": ("in by SMTP and out, a connection for each", "bare"),
    "accept_smtp_keep": ("taking mail by SMTP, connections kept", "bare_keep"),
    "accept_smtp": ("taking mail by SMTP, a connection for each", "bare"),
    "drain_1": ("sending what was held, to 1 destination", "bare_keep"),
    "drain_100": ("sending what was held, to 100 destinations", "bare_keep"),
    "accept_cli_1": ("the sendmail program, 1 at a time", "starts_1"),
    "accept_cli_8": ("the sendmail program, 8 at a time", "starts_8"),
    "backlog": ("fresh mail in and out beside {backlog:,} deferred recipients", "bare_keep"),
    "backlog_empty": ("the same beside none", "bare_keep"),
    "backlog_kept": ("how much of the rate is kept", None),
    "backlog_rss": ("most memory with {backlog:,} deferred", None),
    "backlog_restart": ("from a restart with them to the first delivery", None),
    "hol": ("{good:,} messages behind {stuck:,} for a tarpit: median / p95 from taken to there", None),
    "hol_alone": ("the same without the tarpit", None),
    "memory": ("most memory while in and out, all processes", None),
    "writes": ("octets written to disk for each one taken, in and out", None),
}

LIMITS = {
    "bare_keep": "from the source into the sink by SMTP, connections kept",
    "bare": "the same, a connection for each",
    "starts_1": "starts of /bin/true, 1 at a time",
    "starts_8": "starts of /bin/true, 8 at a time",
    "fsync": "fsyncs of 4 KiB, one after the other",
    "commit": "SQLite commits of one row of 4 KiB",
    "group": "rows of 4 KiB in SQLite, 20 to a commit",
}

NOISE = 0.25          # CPUs that others may use before a number is marked


def middle(values):
    """The value in the middle, the lower one of two; the worst of what others used meanwhile."""
    chosen = sorted(values, key=lambda value: value.number)[(len(values) - 1) // 2]
    chosen.others = max(value.others for value in values)
    return chosen


class Report:
    def __init__(self, programs, counts, runs):
        self.programs, self.counts, self.runs = programs, counts, runs
        self.limits = {}        # name: [rate]
        self.values = {}        # (line, program): [Value]
        self.failed = {}        # (line, program): why

    def limit(self, name, rate):
        self.limits.setdefault(name, []).append(rate)

    def add(self, program, found):
        for line, value in found.items():
            self.values.setdefault((line, program), []).append(value)

    def fail(self, program, line, why):
        self.failed[line, program] = why

    def number(self, line, program):
        values = self.values.get((line, program))
        return middle(values).number if values else None

    def _cell(self, line, program):
        if (line, program) in self.failed:
            return "failed"
        if (line, program) not in self.values:
            return "-"
        value = middle(self.values[line, program])
        return value.text + (" (!)" if value.others > NOISE else "")

    def _ratio(self, line, of, to):
        return f"{of / to:.2f}" if of is not None and to else "-"

    def table(self):
        rows = [["row", "what", *self.programs, *(["ratio"] if len(self.programs) > 1 else []), "to the limit"]]
        rows.append(["---"] * len(rows[0]))
        for line, (title, limit) in LINES.items():
            cells = [self._cell(line, program) for program in self.programs]
            if set(cells) == {"-"}:
                continue
            numbers = [self.number(line, program) for program in self.programs]
            row = [line, title.format(**vars(self.counts)), *cells]
            if len(numbers) > 1:
                row.append(self._ratio(line, numbers[0], numbers[1]))
            bare = statistics.median(self.limits[limit]) if limit else None
            row.append(self._ratio(line, numbers[0], bare))
            rows.append(row)
        return "".join(f"| {' | '.join(row)} |\n" for row in rows)

    def limits_text(self):
        return "".join(f"- {LIMITS[name]}: {statistics.median(rates):,.0f}/s\n" for name, rates in self.limits.items())

    def noisy(self):
        return any(value.others > NOISE for values in self.values.values() for value in values)

    def section(self, machine, versions, command):
        """What docs/benchmarks.md gets."""
        counts = self.counts
        runs = "one run each" if self.runs == 1 else f"of {self.runs} runs the one in the middle, backlog once"
        about = (f"{machine}; clients, programs and receivers share the cores. {versions}. `{command}`: "
                 f"{counts.messages:,} messages, {counts.runs:,} runs of the sendmail program; {runs}.")
        notes = [textwrap.fill(about, 140, break_long_words=False, break_on_hyphens=False)]
        if self.noisy():
            notes.append("(!): others used the machine meanwhile.")
        for (line, program), why in self.failed.items():
            notes.append(f"{line}, {program}: failed, {why.splitlines()[0]}.")
        return "\n\n".join([*notes, "The bare limits:\n\n" + self.limits_text() + "\n" + self.table()])


def heading(version):
    return f"## {datetime.date.today().isoformat()}, {version}"


def commit():
    """Of the source, when that can be told."""
    here = os.path.dirname(os.path.abspath(__file__))
    done = subprocess.run(["git", "-c", "safe.directory=*", "-C", here, "describe", "--always", "--dirty"],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip()


def append(path, title, text):
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"\n{title}\n\n{text}")
