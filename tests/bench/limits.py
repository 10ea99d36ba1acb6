# SPDX-License-Identifier: Apache-2.0
"""What the machine could do at best, and what it is."""

import os
import platform
import sqlite3
import statistics
import time

from programs import SINK

BLOCK = b"x" * 4096


def bare_smtp(loads, messages, keep):
    """Messages per second from the source into the sink, with nothing between them."""
    loads.count()
    sent = loads.send(messages, *(["--keep"] if keep else []), to=f"127.0.1.1:{SINK}")
    loads.await_taken(messages, 10)
    return messages / (sent["ended"] - sent["began"])


def starts(loads, runs, at_once):
    done = loads.start(runs, at_once, "/dev/null", ["/bin/true"])
    return runs / (done["ended"] - done["began"])


def fsyncs(directory, count):
    """Seconds that each of `count` appended and synced blocks took."""
    path = f"{directory}/fsync"
    took = []
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for _ in range(count):
            began = time.perf_counter()
            os.write(fd, BLOCK)
            os.fsync(fd)
            took.append(time.perf_counter() - began)
    finally:
        os.close(fd)
        os.unlink(path)
    return took


def commits(directory, count, together):
    """Rows of 4 KiB per second that SQLite makes durable, `together` of them in a commit, set as the queue's database is."""
    path = f"{directory}/commits.db"
    base = sqlite3.connect(path, isolation_level=None)
    try:
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = FULL")
        base.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, contents BLOB)")
        began = time.perf_counter()
        for _ in range(count):
            base.execute("BEGIN IMMEDIATE")
            base.executemany("INSERT INTO message (contents) VALUES (?)", [(BLOCK,)] * together)
            base.execute("COMMIT")
        return count * together / (time.perf_counter() - began)
    finally:
        base.close()
        for name in (path, path + "-wal", path + "-shm"):
            if os.path.exists(name):
                os.unlink(name)


def _first(path, key):
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            name, _, value = line.replace("=", ":", 1).partition(":")
            if name.strip() == key:
                return value.strip().strip('"')
    return "unknown"


def file_system(directory):
    """The kind of the mount that the directory lies on."""
    best, kind = "", "unknown"
    real = os.path.realpath(directory)
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            here, _, there = line.partition(" - ")
            point = here.split()[4].encode().decode("unicode_escape")
            if len(point) >= len(best) and (real + "/").startswith(point.rstrip("/") + "/"):
                best, kind = point, there.split()[0]
    return kind


def machine(directory):
    """One sentence."""
    memory = int(_first("/proc/meminfo", "MemTotal").split()[0]) / 1024 / 1024
    latency = statistics.median(fsyncs(directory, 200)) * 1000
    return (f"{_first('/proc/cpuinfo', 'model name')}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, "
            f"{file_system(directory)} (an fsync takes {latency:.2f} ms), Linux {platform.release()}, "
            f"{_first('/etc/os-release', 'PRETTY_NAME')}")
