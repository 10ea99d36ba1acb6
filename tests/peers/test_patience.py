# SPDX-License-Identifier: Apache-2.0
"""Receivers that say "not now" and mean it: Tenax finds out how long that is by one message, and spares them the rest.

What the greylisters know by, and whom they let in afterwards:

postgrey    keys on the client's /24, the sender and the recipient. A key passes for good once it is asked for 30 s (--delay)
            after it was first seen; a new recipient waits anew. It would whitelist a client after five keys that passed (at
            most one counts in an hour), which is switched off here. It refuses at RCPT, with 450 4.2.0 and "Greylisted".
rspamd      knows two keys: one of the sender, all recipients of the message and the client's /19; and one of the text (its
            first 10 KiB). Both are noted when neither is known. A message passes if either was noted 30 s (timeout) ago, and
            for a day after the last one that passed: a noted text to everybody, so each message here has a text of its own.
            It whitelists no client. It refuses at the end of the message, with 451 4.7.1 and "Try again later".

Neither says how long to wait. All three tests wait most of their time, so they do it together.
"""

import concurrent.futures
import contextlib
import dataclasses
import os
import re
import statistics
import time
import unittest

from rspamd_home import MISSING, Redis, Rspamd
from world import Mxsim, Postfix, Postgrey, Tenax, wait_until

DELAY = 30
# A receiver that nothing is known of is asked again after 5 seconds, 10, 20, 40 ..
LEARNING = {"learn": True, "first_delay": "5s"}
# Postfix sleeps a second for each error of a session beyond the tenth and hangs up at the twentieth (smtpd_soft_error_limit,
# smtpd_hard_error_limit), and it pauses a second before a message when more come than its qmgr hears of (in_flow_delay). A
# hundred refusals would take it many seconds, and the delay that is found would be of all these kinds.
NO_TARPIT = "smtpd_soft_error_limit = 1001\nsmtpd_hard_error_limit = 1000\nin_flow_delay = 0s\n"
RATE = 20
RATE_UNIT = 60  # seconds
# A hundred, four minutes, when it is asked for.
RATE_MAILS = int(os.environ.get("TENAX_RATE_MAILS", "60"))


def message_id(number):
    return f"<m{number}@sender.test>"


def send(tenax, number, recipient):
    """Hands in message `number`, which is like no other; answers when that was."""
    now = time.time()
    tenax.send([recipient],
               f"Subject: mail {number}\nMessage-ID: {message_id(number)}\nFrom: ann@sender.test\n\nNumber {number}.\n")
    return now


def arrivals(sink):
    """When each message came out of the receiver, the first copy of it; and how many copies came of all."""
    events = sink.events()
    first = {}
    for event in events:
        first.setdefault(event["message_id"], event["time"])
    return first, len(events)


@dataclasses.dataclass
class Wave:
    """Messages that were handed in together."""

    name: str
    sent: dict           # message id: when
    recipients: dict     # message id: to whom
    waits: dict = None   # message id: seconds from there to its arrival
    refused: int = 0     # by the receiver's account

    def age_of_the_earliest(self, times):
        """Of all to one recipient the first one counts for the greylister, whichever comes through."""
        earliest = min(self.sent, key=times.get)
        known = min(when for mid, when in self.sent.items() if self.recipients[mid] == self.recipients[earliest])
        return times[earliest] - known

    def attempts(self):
        return 1 + self.refused / len(self.sent)

    def told(self):
        waits = sorted(self.waits.values())
        return f"{self.name}: {len(waits)} messages after {waits[0]:.1f} to {waits[-1]:.1f} s, median " \
               f"{statistics.median(waits):.1f} s, {self.attempts():.2f} attempts each"


def wave(name, tenax, numbers, recipients):
    to = {number: recipients[number % len(recipients)] for number in numbers}
    sent = {message_id(number): send(tenax, number, recipient) for number, recipient in to.items()}
    return Wave(name, sent, {message_id(number): recipient for number, recipient in to.items()})


def await_arrivals(sink, wanted, what, timeout):
    def all_there():
        first, _ = arrivals(sink)
        return wanted <= first.keys()

    try:
        wait_until(what, all_there, timeout, 0.5)
    except AssertionError as problem:
        raise AssertionError(f"{problem}; {len(wanted - arrivals(sink)[0].keys())} are missing") from None


# Postfix's own account of a refusal, whoever made it refuse: "... to=<r1@receiver.test> ..."
REFUSAL = re.compile(r"(?:NOQUEUE: reject: RCPT|milter-reject: END-OF-MESSAGE) from .*: 4\.?\d.* to=<([^>]*)>")


@dataclasses.dataclass
class Greylisted:
    """What came of two waves of 100 messages to 20 recipients each: the second knows what the first found out."""

    found: float         # how old the recipient was to the greylister that it let in first
    waves: list
    copies: int
    by_postfix: int      # refusals, as Postfix and as the greylister itself counted them
    by_greylister: int
    attempts: dict       # as Tenax counted: attempts: messages

    def told(self, who):
        counts = ", ".join(f"{n} with {k}" for k, n in sorted(self.attempts.items()))
        return f"    {who}: found {self.found:.1f} s; " + "; ".join(w.told() for w in self.waves) + \
               f"; {self.by_greylister} refusals; attempts by our count: {counts}"


def greylisted(said, policy=None, extra=""):
    """`said`: how often the greylister said no, by its own log; the rest is for its Postfix."""
    with Mxsim() as sink, Postfix(sink.port, policy, NO_TARPIT + extra) as postfix, \
            Tenax(postfix.port, retry=LEARNING) as tenax:
        first = wave("first wave", tenax, range(100), [f"r{n}@receiver.test" for n in range(20)])
        await_arrivals(sink, first.sent.keys(), "the first wave arrives", 100)
        second = wave("strangers", tenax, range(100, 200), [f"r{n}@receiver.test" for n in range(20, 40)])
        await_arrivals(sink, second.sent.keys(), "the second wave arrives", 80)
        tenax.await_empty(10)

        times, copies = arrivals(sink)
        refusals = REFUSAL.findall(postfix.maillog())
        for one in (first, second):
            one.waits = {mid: times[mid] - sent for mid, sent in one.sent.items()}
            one.refused = sum(to in one.recipients.values() for to in refusals)
        attempts = [row["attempts"] for row in tenax.json("list", "--state", "delivered", "--limit", "300")["recipients"]]
        return Greylisted(first.age_of_the_earliest(times), [first, second], copies, len(refusals), said(),
                          {n: attempts.count(n) for n in attempts})


def by_postgrey():
    with Postgrey(DELAY) as grey:
        return greylisted(lambda: grey.output().count("action=greylist"), policy=grey.port)


def by_rspamd():
    with Redis() as redis, Rspamd(redis.port, DELAY) as grey:
        milter = f"smtpd_milters = inet:127.0.0.1:{grey.port}\nmilter_default_action = tempfail\n"
        return greylisted(lambda: grey.output().count(": greylisted until "), extra=milter)


@dataclasses.dataclass
class Counted:
    """What came of RATE_MAILS messages to a receiver that takes no more than RATE in RATE_UNIT seconds."""

    took: float          # from the first arrival to the last
    refusals: int
    copies: int
    by_window: list      # how many arrived in each unit from the first on

    def told(self):
        return f"    Postfix with {RATE} in {RATE_UNIT} s: {RATE_MAILS} messages in {self.took:.1f} s (by unit: " \
               f"{', '.join(map(str, self.by_window))}), {self.refusals} refusals"


def most_under_way(taken):
    """How many sessions a site has at once, at most, when it has taken so many messages (docs/scheduling.md): one, one more
    with each success up to 4, then with each window-full. When it says no, each may be at a message of its own."""
    sessions = 1
    while sessions < 4 and taken > 0:
        sessions, taken = sessions + 1, taken - 1
    while taken >= sessions:
        sessions, taken = sessions + 1, taken - sessions
    return sessions


def by_rate():
    limits = f"smtpd_client_message_rate_limit = {RATE}\nanvil_rate_time_unit = {RATE_UNIT}s\n" \
             "smtpd_client_event_limit_exceptions =\n"
    with Mxsim() as sink, Postfix(sink.port, extra=limits) as postfix, Tenax(postfix.port, retry=LEARNING) as tenax:
        wanted = wave("", tenax, range(RATE_MAILS), [f"r{n}@receiver.test" for n in range(100)]).sent.keys()
        await_arrivals(sink, wanted, "what is counted arrives", 3 * RATE_UNIT * RATE_MAILS / RATE)
        tenax.await_empty(10)

        times, copies = arrivals(sink)
        began, ended = min(times.values()), max(times.values())
        windows = [int((when - began) / RATE_UNIT) for when in times.values()]
        refusals = postfix.maillog().count("Message delivery request rate limit exceeded")
        return Counted(ended - began, refusals, copies, [windows.count(n) for n in range(max(windows) + 1)])


class Patience(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(3))
        measures = [by_postgrey, by_rate] + ([] if MISSING else [by_rspamd])
        cls.measured = {name: pool.submit(name) for name in measures}

    def _greylisting(self, measure, who):
        seen = self.measured[measure].result()
        print(seen.told(who), flush=True)
        self.assertEqual(200, seen.copies, "each message once")
        self.assertEqual(seen.by_greylister, seen.by_postfix, "the two logs tell one story")
        self.assertGreaterEqual(seen.found, DELAY - 1, "they count whole seconds; earlier nothing was greylisted")
        for one in seen.waves:
            # Who comes earlier than the first one did has lost nothing.
            self.assertLessEqual(max(one.waits.values()), 1.1 * seen.found, one.name)
            # One asks, the others come twice: else any storm of retries would be in time.
            self.assertLessEqual(one.attempts(), 2.1, one.name)

    def test_the_first_message_finds_the_delay_of_postgrey_and_the_others_keep_to_it(self):
        self._greylisting(by_postgrey, "postgrey")

    @unittest.skipIf(MISSING, f"not offered here: {', '.join(MISSING)}")
    def test_the_first_message_finds_the_delay_of_rspamd_and_the_others_keep_to_it(self):
        self._greylisting(by_rspamd, "rspamd")

    def test_a_postfix_that_counts_messages_gets_them_at_its_rate(self):
        seen = self.measured[by_rate].result()
        print(seen.told(), flush=True)
        self.assertEqual(RATE_MAILS, seen.copies, "each message once")
        self.assertGreaterEqual(seen.refusals, 1, "nothing was refused: this test shows nothing")
        # Whoever is under way when the limit is met for the first time, and one in each later unit. A fast machine sees two:
        # there few are under way at once.
        self.assertLessEqual(seen.refusals, most_under_way(RATE) + RATE_MAILS / RATE - 1)
        # A unit for each twenty, spread evenly; one less, if each unit's share comes at its start.
        self.assertLessEqual(seen.took, RATE_UNIT * RATE_MAILS / RATE)
