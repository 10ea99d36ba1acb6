# SPDX-License-Identifier: Apache-2.0
"""Submitters that hand over mail by every door without end, and what became of it at the receivers."""

import collections
import contextlib
import os
import random
import re
import smtplib
import socket
import sqlite3
import subprocess
import threading
import time

from house import BIN


class Load:
    """Hands over message after message, each to a recipient of its own, and remembers which were taken.

    The socket and the drop folder are tenax-sendmail's to choose between; one lane in four speaks SMTP.
    """

    def __init__(self, tenax, smtp_port, lanes=4, pause=0.005, sizes=(10, 3000, 100_000), odd=(("gone", 20),)):
        self.tenax = tenax
        self.smtp_port = smtp_port
        self.pause = pause
        self.sizes = sizes
        self.odd = odd                # (name, n): every n-th recipient has that name, the others are "user"
        self.acknowledged = set()     # (Message-ID, recipient)
        self.refused = collections.Counter()
        self.over = False
        self.number = 0
        self.lock = threading.Lock()
        self.killers = {}
        self.threads = [threading.Thread(target=self._submit, args=(lane,), daemon=True) for lane in range(lanes)]
        for thread in self.threads:
            thread.start()

    def _submit(self, lane):
        hand_over = self._by_smtp if lane % 4 == 3 else self._by_sendmail
        while not self.over:
            with self.lock:
                self.number += 1
                number = self.number
            name = next((name for name, n in self.odd if number % n == 0), "user")
            recipient = f"{name}{number}@d{number % 7}.test"
            text = f"Message-ID: <{number}@load>\nSubject: {number}\n\n" + ("x" * 70 + "\n") * (random.choice(self.sizes) // 71 + 1)
            why_not = hand_over(lane, recipient, text)
            with self.lock:
                if why_not:
                    self.refused[why_not] += 1
                else:
                    self.acknowledged.add((f"<{number}@load>", recipient))
            time.sleep(self.pause)

    def _by_sendmail(self, lane, recipient, text):
        process = subprocess.Popen([f"{BIN}/tenax-sendmail", "-i", "-f", "ann@sender.test", recipient], stdin=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, env=self.tenax.env)
        self._can_be_killed(lane, process.kill)
        try:
            process.communicate(text.encode())
        except (BrokenPipeError, ValueError):
            process.wait()
        return f"exit {process.returncode}" if process.returncode else None

    def _by_smtp(self, lane, recipient, text):
        why_not = "no 250"
        with contextlib.suppress(OSError), smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=60) as client:
            wire = client.sock
            self._can_be_killed(lane, lambda: wire.shutdown(socket.SHUT_RDWR))
            client.sendmail("ann@sender.test", [recipient], text)
            why_not = None
        return why_not

    def _can_be_killed(self, lane, kill):
        with self.lock:
            self.killers[lane] = kill

    def kill_one(self):
        with self.lock:
            kill = self.killers.get(random.randrange(len(self.threads)))
        if kill:
            with contextlib.suppress(OSError):
                kill()

    def stop(self):
        self.over = True
        for thread in self.threads:
            thread.join()


def copies(*sinks):
    """How often each (Message-ID, recipient) of a load arrived."""
    count = collections.Counter()
    for sink in sinks:
        for event in sink.events():
            for recipient in event["to"]:
                if event["message_id"].endswith("@load>"):
                    count[event["message_id"], recipient] += 1
    return count


def noticed(sink):
    """Of which (Message-ID, recipient) the sender was told that it failed."""
    told = set()
    for mail in sink.mails():
        if mail.get_content_type() == "multipart/report":
            text = mail.as_string()
            for number in re.findall(r"^Message-ID: (<\d+@load>)", text, re.M | re.I):
                for recipient in re.findall(r"^Final-Recipient: rfc822; *(\S+)", text, re.M):
                    told.add((number, recipient))
    return told


def ask(tenax, sql):
    """Rows of the queue's database, none where a daemon died before it made its tables."""
    path = f"{tenax.state}/queue.db"
    if not os.path.exists(path):
        return []
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as queue:
        try:
            return queue.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []


def doors(tenax):
    """How many of the messages that the queue remembers came by which door."""
    rows = ask(tenax, "SELECT door, count(*) FROM message WHERE origin = 'submitted' GROUP BY door")
    return {door.split()[0]: count for door, count in rows}
