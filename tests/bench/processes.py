# SPDX-License-Identifier: Apache-2.0
"""What a program costs: CPU, memory and disk writes of a process and of all it started, as /proc tells."""

import contextlib
import os
import signal
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def _stat(pid):
    """(parent, CPU seconds with the children that were waited for, resident octets), or None when it has gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), sum(map(int, fields[11:15])) / TICK, int(fields[21]) * PAGE


def _all():
    stats = {int(name): _stat(name) for name in os.listdir("/proc") if name.isdigit()}
    return {pid: stat for pid, stat in stats.items() if stat}


def tree(root):
    """The process and its descendants: {pid: stat}."""
    stats = _all()
    children = {}
    for pid, stat in stats.items():
        children.setdefault(stat[0], []).append(pid)
    found, left = {}, [root]
    while left:
        pid = left.pop()
        if pid in stats:
            found[pid] = stats[pid]
            left += children.get(pid, [])
    return found


def session(leader):
    """Who runs in the session that this process leads or led: also a child of it whose parent ended first."""
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if runs(pid) and _session_of(pid) == leader]


def _session_of(pid):
    with contextlib.suppress(OSError):
        return os.getsid(pid)
    return None


def cpu_of(root):
    return sum(stat[1] for stat in tree(root).values())


def written_by(root):
    """Octets that it caused to be written to disk, less those that were taken back before."""
    written = 0
    for pid in tree(root):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/io", encoding="ascii") as file:
            counts = dict(line.split(": ") for line in file.read().splitlines())
            written += int(counts["write_bytes"]) - int(counts["cancelled_write_bytes"])
    return written


def _kib(path, key):
    with contextlib.suppress(OSError), open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith(key):
                return int(line.split()[1]) * 1024
    return 0


def end(root):
    """Kills it and all it started; it is dead when this returns."""
    pids = [root, *tree(root), *session(root)]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + 20
    while time.monotonic() < until and any(map(runs, pids)):
        time.sleep(0.01)


def runs(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _busy():
    """CPU seconds that programs used since the machine's start: (all of them, those of our own namespace)."""
    with open("/proc/stat", encoding="ascii") as file:
        return sum(map(int, file.readline().split()[1:4])) / TICK, sum(stat[1] for stat in _all().values())


class Meter:
    """Measures one program from __enter__ to finish(); then cpu, written, rss, pss, and what others used of the machine."""

    def __init__(self, root, share=False):
        self.root, self.share = root, share      # share: pss as well, which costs more to look at than is always good
        self.rss = self.pss = 0
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self):
        self._began = time.monotonic(), cpu_of(self.root), written_by(self.root), _busy()
        self._watch.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._watch.join()

    def _look(self):
        pids = tree(self.root)
        self.rss = max(self.rss, sum(stat[2] for stat in pids.values()))
        if self.share:
            self.pss = max(self.pss, sum(_kib(f"/proc/{pid}/smaps_rollup", "Pss:") for pid in pids))

    def _sample(self):
        while not self._over.wait(1.0):
            self._look()

    def finish(self, within=30):
        """Waits until the program is quiet, for what it does after the last message is part of the price."""
        until = time.monotonic() + within
        before = cpu_of(self.root)
        while time.monotonic() < until:
            time.sleep(0.4)
            after = cpu_of(self.root)
            if after - before <= 0.02:
                break
            before = after
        self._look()
        # One process: the kernel has kept its peak.
        self.rss = max([self.rss, *(_kib(f"/proc/{pid}/status", "VmHWM:") for pid in tree(self.root))])
        began, cpu, written, (all_busy, ours_busy) = self._began
        self.cpu = cpu_of(self.root) - cpu
        self.written = written_by(self.root) - written
        all_now, ours_now = _busy()
        self.others = ((all_now - all_busy) - (ours_now - ours_busy)) / (time.monotonic() - began)
