# SPDX-License-Identifier: Apache-2.0
"""How fast Tenax is, beside Postfix and beside what the machine can do at best.

Called by `./dev bench` inside network and process namespaces of its own: no mail gets out, no process is left behind.
"""

import argparse
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import limits
from loads import Loads
from programs import Postfix, Tenax, Trouble
from report import LIMITS, Report, append, commit, heading
from rows import ROWS, SEEN_IN, Bench, Counts

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
# Not part of the table: only when asked for.
APART = ["queue", "scheduler", "causes", "returned", "sendmail_cost"]
# It takes Postfix a quarter of an hour to defer a million, and another to look through them at each start.
MOST_OF_ANOTHERS_BACKLOG = 100_000


def options():
    parser = argparse.ArgumentParser(prog="./dev bench", description="How fast Tenax is, beside Postfix and the machine.")
    parser.add_argument("--quick", action="store_true",
                        help="an eighth of everything, a small backlog, once: about two minutes")
    parser.add_argument("--rows", default=",".join(ROWS), metavar="A,B",
                        help=f"of {', '.join([*ROWS, *SEEN_IN, *APART])}; the last five are numbers of their own")
    parser.add_argument("--runs", type=int, metavar="N", help="of each row but backlog (3, with --quick 1)")
    parser.add_argument("--backlog", type=int, metavar="N", help="deferred recipients (1,000,000, with --quick 20,000); above 100,000 for Tenax alone")
    parser.add_argument("--scale", type=float, default=1.0, metavar="X", help="of every count of messages")
    parser.add_argument("--no-postfix", action="store_true", help="measure Tenax alone")
    parser.add_argument("--no-append", action="store_true", help="print only")
    parser.add_argument("--append-to", default=f"{TOP}/docs/benchmarks.md", metavar="FILE")
    parser.add_argument("--bin", default=f"{TOP}/build/release/bin", metavar="DIR", help="Tenax")
    parser.add_argument("--dir", default=f"{TOP}/build/bench", metavar="DIR", help="on the disk to be measured")
    given = parser.parse_args()
    given.rows = [name for name in given.rows.split(",") if name]
    for name in given.rows:
        if name not in {*ROWS, *SEEN_IN, *APART}:
            parser.error(f"no row is named {name}")
    given.bin = os.path.abspath(given.bin)
    # A name of our own in it, for it is removed with all that is below.
    given.work = os.path.join(os.path.abspath(given.dir), "tenax-bench")
    given.runs = given.runs or (1 if given.quick else 3)
    return given


def counts(given):
    scale = given.scale * (0.125 if given.quick else 1)

    def some(number, least=10):
        return max(least, round(number * scale))

    backlog = given.backlog or max(100, round((20_000 if given.quick else 1_000_000) * given.scale))
    return Counts(messages=some(20_000), runs=some(1000), backlog=backlog, fresh=some(5000), stuck=some(20_000),
                  good=some(500, 20))


def command(given):
    """What gives these numbers again, without the places of this machine."""
    words = ["./dev bench", *(["--quick"] if given.quick else []), "--runs", str(given.runs)]
    if given.rows != list(ROWS):
        words += ["--rows", ",".join(given.rows)]
    if given.backlog:
        words += ["--backlog", str(given.backlog)]
    if given.scale != 1:
        words += ["--scale", str(given.scale)]
    return " ".join(words)


def say(text):
    print(text, file=sys.stderr, flush=True)


def measure_limits(report, loads, much, directory):
    few = max(20, much.messages // 40)
    report.limit("bare_keep", limits.bare_smtp(loads, much.messages, keep=True))
    report.limit("bare", limits.bare_smtp(loads, much.messages, keep=False))
    report.limit("starts_1", limits.starts(loads, much.runs, 1))
    report.limit("starts_8", limits.starts(loads, much.runs, 8))
    report.limit("fsync", few / sum(limits.fsyncs(directory, few)))
    report.limit("commit", limits.commits(directory, few, 1))
    report.limit("group", limits.commits(directory, few, 20))
    say("  limits: " + ", ".join(f"{name} {report.limits[name][-1]:,.0f}/s" for name in LIMITS))


def measure(report, programs, loads, much, given):
    rows = list(dict.fromkeys(SEEN_IN.get(name, name) for name in given.rows if name not in APART))
    for run in range(given.runs if rows else 0):
        say(f"run {run + 1} of {given.runs}")
        measure_limits(report, loads, much, given.work)
        for row in rows:
            if row == "backlog" and run > 0:
                continue
            # The programs take turns, so that the machine's slow drifts meet both.
            for program in programs:
                if row == "backlog" and program.name != "Tenax" and much.backlog > MOST_OF_ANOTHERS_BACKLOG:
                    say(f"  {program.name}: backlog - (from {MOST_OF_ANOTHERS_BACKLOG:,} on it is Tenax's alone)")
                    continue
                began = time.monotonic()
                try:
                    found = ROWS[row](Bench(program, loads, much))
                    report.add(program.name, found)
                    told = "; ".join(f"{line} {value.text}" for line, value in found.items()) or f"{row} -"
                except Trouble as trouble:
                    report.fail(program.name, row, str(trouble))
                    told = f"{row} failed: {trouble}\n{program.output()}"
                finally:
                    program.remove()
                say(f"  {program.name}: {told} ({time.monotonic() - began:.0f} s)")


def run_apart(name, given):
    """The programs that print numbers of their own, as they are."""
    tools = f"{given.bin}/../tests"
    args = {"queue": [f"{tools}/queue_bench", given.work],
            "scheduler": [f"{tools}/scheduler_bench"],
            "causes": [f"{tools}/causes_bench"],
            "returned": [f"{tools}/returned_bench", f"{given.bin}/tenax"],
            "sendmail_cost": [sys.executable, "-B", f"{HERE}/sendmail_cost.py", given.bin]}[name]
    subprocess.run(args, check=True, env={**os.environ, "TMPDIR": given.work})


def alone_in(directory, stack):
    """Two at once would measure each other, and remove each other's files."""
    os.makedirs(directory, exist_ok=True)
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    stack.callback(os.close, fd)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit(f"bench: another one is at work in {directory}") from None


def asked_to_end(*_):
    raise SystemExit(143)


def main():
    given = options()
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        raise SystemExit("bench: wants a network of its own, with nothing but loopback: use ./dev bench")
    signal.signal(signal.SIGTERM, asked_to_end)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # A connection for each message: more of them than the usual ports, and none that somebody listens at.
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w", encoding="ascii") as ports:
        ports.write("10000 65000")
    much = counts(given)
    with contextlib.ExitStack() as stack:
        alone_in(os.path.abspath(given.dir), stack)
        shutil.rmtree(given.work, ignore_errors=True)
        os.makedirs(given.work)
        stack.callback(shutil.rmtree, given.work, ignore_errors=True)
        # Of this tree, whoever's programs are measured.
        loads = stack.enter_context(Loads(f"{TOP}/build/release/tests"))
        programs = [Tenax(given.work, given.bin)]
        without = "it is not wanted" if given.no_postfix else Postfix.missing()
        if without:
            say(f"Postfix is not measured: {without}")
        else:
            programs.append(Postfix(given.work))
        for program in programs:
            stack.callback(program.end)
        report = Report([program.name for program in programs], much, given.runs)
        measure(report, programs, loads, much, given)
        for name in given.rows:
            if name in APART:
                run_apart(name, given)
        if not report.limits:
            return 0
        build = commit()
        version = programs[0].version() + (f" ({build})" if build else "")
        versions = "; ".join(f"{program.name} {program.version()}, {program.settings()}" for program in programs)
        text = report.section(limits.machine(given.work), versions, command(given))
        print(f"{heading(version)}\n\n{text}", end="")
        if not given.no_append:
            append(given.append_to, heading(version), text)
        return 1 if report.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("bench: interrupted; all that was started has ended")
        sys.exit(130)
