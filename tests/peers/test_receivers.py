# SPDX-License-Identifier: Apache-2.0
"""Tenax delivers to the servers that the world runs."""

import collections
import os
import subprocess
import unittest

from world import Aiosmtpd, Exim, Mxsim, Nsd, OpenSmtpd, Postfix, Postgrey, Tenax, wait_until


def message(number, body="hello\n"):
    return f"Subject: mail {number}\nMessage-ID: <m{number}@sender.test>\nFrom: ann@sender.test\n\n{body}"


def copies(sink):
    """How often each (Message-ID, recipient) arrived."""
    count = collections.Counter()
    for event in sink.events():
        for recipient in event["to"]:
            count[event["message_id"], recipient] += 1
    return count


class Receivers(unittest.TestCase):
    def test_greylisting_by_postgrey_takes_two_attempts_at_most(self):
        delay = 10
        with Mxsim() as sink, Postgrey(delay) as grey, Postfix(sink.port, policy=grey.port) as postfix, \
                Tenax(postfix.port, retry={"first_delay": f"{delay + 1}s", "longest_delay": "20s", "jitter": 0.1}) as tenax:
            for number in range(50):
                tenax.send([f"r{number % 10}@receiver.test"], message(number))
            self.assertGreater(tenax.open_recipients(), 0, "nothing was greylisted: this test shows nothing")
            tenax.await_empty(90)
            wait_until("Postfix passed on 50 messages", lambda: len(sink.events()) >= 50)

            rows = tenax.json("list", "--state", "delivered", "--limit", "100")["recipients"]
            self.assertEqual(50, len(rows))
            self.assertLessEqual(max(row["attempts"] for row in rows), 2)
            self.assertIn(2, {row["attempts"] for row in rows})
            self.assertEqual({1}, set(copies(sink).values()))

    def test_aiosmtpd(self):
        with Aiosmtpd() as receiver, Tenax(receiver.port) as tenax:
            for number in range(20):
                tenax.send([f"r{number}@receiver.test"], message(number))
            tenax.await_empty()
            self.assertEqual(20, receiver.count())

    def _through(self, server):
        with Mxsim() as sink, server(sink.port) as receiver, Tenax(receiver.port) as tenax:
            long_line = "x" * 990 + "\n.\n..dots\n"
            for number in range(20):
                tenax.send([f"r{number}@receiver.test", "everybody@receiver.test"], message(number, long_line))
            tenax.await_empty()
            wait_until("all were passed on", lambda: len(copies(sink)) == 40)
            self.assertEqual({1}, set(copies(sink).values()))
            self.assertIn("x" * 990 + "\n.\n..dots\n", sink.mails()[0].get_payload())

    def test_opensmtpd(self):
        self._through(OpenSmtpd)

    def test_exim(self):
        self._through(Exim)

    def test_postfix(self):
        self._through(Postfix)

    def test_postfix_that_counts_messages_and_connections_gets_everything_in_the_end(self):
        limits = "smtpd_client_message_rate_limit = 20\nanvil_rate_time_unit = 5s\nsmtpd_client_event_limit_exceptions =\n" \
                 "smtpd_client_connection_count_limit = 2\n"
        with Mxsim() as sink, Postfix(sink.port, extra=limits) as postfix, Tenax(postfix.port) as tenax:
            for number in range(60):
                tenax.send([f"r{number}@receiver.test"], message(number))
            tenax.await_empty(120)
            wait_until("all were passed on", lambda: len(copies(sink)) == 60)
            self.assertEqual({1}, set(copies(sink).values()))


class Names(unittest.TestCase):
    """Destinations found through a real name server."""

    ZONE = """@ IN MX 10 dead
@ IN MX 20 mx
dead IN A 127.0.3.2
mx IN A 127.0.3.1
implicit IN A 127.0.3.1
null IN MX 0 .
alias IN CNAME implicit
"""

    def test_mx_order_implicit_mx_null_mx_and_unknown_names(self):
        with Nsd(receiver_test=self.ZONE), Mxsim(listen=("127.0.3.1:25",)) as sink, \
                Mxsim() as home, Tenax(routes=[("sender.test", f"[127.0.0.1]:{home.port}")],
                                       dns={"servers": ["127.0.0.1:53"]}) as tenax:
            tenax.send(["a@receiver.test"], message(1))
            tenax.send(["b@implicit.receiver.test"], message(2))
            tenax.send(["c@alias.receiver.test"], message(3))
            tenax.send(["d@null.receiver.test"], message(4))
            tenax.send(["e@nowhere.receiver.test"], message(5))
            tenax.await_empty()
            self.assertEqual({"a@receiver.test", "b@implicit.receiver.test", "c@alias.receiver.test"},
                             {to for event in sink.events() for to in event["to"]})

            told = "\n".join(m.as_string() for m in home.mails())
            self.assertEqual(2, len(home.events()))
            self.assertIn("Final-Recipient: rfc822; d@null.receiver.test", told)
            self.assertIn("Status: 5.1.10", told)
            self.assertIn("Final-Recipient: rfc822; e@nowhere.receiver.test", told)
            self.assertIn("Status: 5.1.2", told)


class Unreachable(unittest.TestCase):
    """A network that a router on the way does not know."""

    ZONE = """@ IN MX 10 far
@ IN MX 20 near
far IN A 203.0.113.7
near IN A 127.0.3.1
"""

    def setUp(self):
        router = subprocess.Popen(["unshare", "--net", "sleep", "600"])
        self.addCleanup(router.wait)
        self.addCleanup(router.kill)
        inside = ["nsenter", "--target", str(router.pid), "--net"]
        ours = os.readlink("/proc/self/ns/net")
        wait_until("the router has its own network", lambda: os.readlink(f"/proc/{router.pid}/ns/net") != ours)
        for command in (["ip", "link", "add", "way0", "type", "veth", "peer", "name", "way1"],
                        ["ip", "link", "set", "way1", "netns", str(router.pid)],
                        ["ip", "addr", "add", "192.0.2.2/24", "dev", "way0"],
                        ["ip", "link", "set", "way0", "up"],
                        [*inside, "ip", "link", "set", "lo", "up"],
                        [*inside, "ip", "addr", "add", "192.0.2.1/24", "dev", "way1"],
                        [*inside, "ip", "link", "set", "way1", "up"],
                        [*inside, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"],
                        ["ip", "route", "add", "203.0.113.0/24", "via", "192.0.2.1"]):
            subprocess.run(command, check=True)
        self.addCleanup(subprocess.run, ["ip", "link", "del", "way0"], check=True)

    def test_a_network_that_a_router_cannot_reach_is_not_our_own_trouble(self):
        with Nsd(receiver_test=self.ZONE), Mxsim(listen=("127.0.3.1:25",)) as sink, \
                Tenax(dns={"servers": ["127.0.0.1:53"]}) as tenax:
            tenax.send(["a@receiver.test"], message(1))
            tenax.await_empty()
            self.assertEqual(1, len(sink.events()))
            rows = tenax.json("list", "--state", "delivered")["recipients"]
            self.assertEqual([1], [row["attempts"] for row in rows])
