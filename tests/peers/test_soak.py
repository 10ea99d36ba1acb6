# SPDX-License-Identifier: Apache-2.0
"""The whole daemon under steady load by every door, with receivers whose moods change, and an operator who meddles.

Nothing acknowledged may be lost, and what the daemon costs must not grow. `./dev soak` runs it for long.
"""

import contextlib
import datetime
import itertools
import os
import signal
import statistics
import threading
import time
import unittest

from house import BIN
from load import Load, copies, noticed
from vitals import descriptors, status
from world import Mxsim, Nsd, Tenax, free_port, wait_until

SECONDS = float(os.environ.get("TENAX_SOAK", "20"))
DAEMON = os.environ.get("TENAX_SOAK_DAEMON", f"{BIN}/tenaxd")
SANITIZED = "/tsan/" in DAEMON or "/asan/" in DAEMON

ALWAYS = ["rcpt gone* reply 550 5.1.1 no such user", "rcpt away* reply 450 4.2.0 waits to be removed"]
FAIR = []
DEAD = None
MOODS = [
    FAIR,
    ["rcpt * greylist 3s"],
    ["connect chance 0.2 hangup", "mail chance 0.1 hangup", "dot chance 0.2 hangup"],
    DEAD,
    ["connect chance 0.3 reply 421 4.3.2 too busy", "rcpt chance 0.3 reply 451 4.3.0 later", "dot chance 0.1 reply 452 4.3.1 full"],
    ["mail delay 200ms", "dot delay 500ms", "rcpt chance 0.02 silence", "ehlo chance 0.1 garbage"],
]
# A quarter of the time sees every mood at every receiver.
PHASE = min(max(SECONDS / 4 / len(MOODS), 1.0), 10.0)

ZONE = "@ IN MX 10 dead\n@ IN MX 20 mx\ndead IN A 127.0.3.2\nmx IN A 127.0.3.1\n"


class Repeating(contextlib.AbstractContextManager):
    """Calls `act` again and again beside the test; what it raises, leaving raises."""

    def __init__(self, act, pause):
        self.act, self.pause = act, pause
        self.over = threading.Event()
        self.problem = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while not self.over.wait(self.pause):
                self.act()
        except Exception as problem:  # pylint: disable=broad-except
            self.problem = problem

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        if self.problem:
            raise self.problem


# A door that was learnt in such weather stays closed for longer than a short soak lasts, and what waits behind it is
# no cost of running: there a curve says when. Only a long one learns.
RETRY = {"first_delay": "1s"} if SECONDS >= 600 else {"first_delay": "1s", "longest_delay": "3s"}


class Weather:
    """Gives each receiver the next mood, one behind the other."""

    def __init__(self, receivers):
        self.receivers = receivers
        self.phase = 0

    def change(self):
        self.phase += 1
        for place, receiver in enumerate(self.receivers):
            mood = MOODS[(self.phase + place) % len(MOODS)]
            if mood is DEAD:
                receiver.stop()
            else:
                receiver.become(*ALWAYS, *mood)

    def clear(self):
        for receiver in self.receivers:
            receiver.become(*ALWAYS)


class Operator:
    """Does something every time he is asked, and does it right."""

    def __init__(self, tenax, ports):
        self.tenax = tenax
        self.deeds = itertools.cycle([
            ("list",), ("hold", "--domain", "d3.test"), (), ("list", "--state", "held"), ("remove", "--reply", "waits to be removed"),
            ("release", "--domain", "d3.test"), ("flush",), SIGHUP, ("hold", "--domain", "d2.test"), ("retry", "--domain", "d5.test"),
            ("release", "--domain", "d2.test"), ANEW])
        self.counts = {}
        self.ports = ports

    def act(self):
        deed = next(self.deeds)
        name = {SIGHUP: "reload", ANEW: "anew"}.get(deed) or (deed or ("overview",))[0]
        self.counts[name] = self.counts.get(name, 0) + 1
        if deed is SIGHUP:
            self.reload()
        elif deed is ANEW:
            self.begin_anew()
        else:
            self.tenax.ctl(*deed)

    def begin_anew(self):
        """What such weather taught would hold mail back for minutes."""
        for destination in ["d0.test", "d1.test", *(f"[127.0.0.1]:{port}" for port in self.ports)]:
            self.tenax.ctl("destination", destination, "--forget")
        self.tenax.ctl("retry", "--all")

    def reload(self):
        """d4 and d5 change their receivers: what is queued for them changes its way."""
        with open(self.tenax.config, encoding="utf-8") as file:
            text = file.read()
        one, other = (f'to = "[127.0.0.1]:{port}"' for port in self.ports[:2])
        text = text.replace(one, "?").replace(other, one).replace("?", other)
        with open(self.tenax.config + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.tenax.config + ".new", self.tenax.config)
        self.tenax.process.send_signal(signal.SIGHUP)


SIGHUP = "SIGHUP"
ANEW = "ANEW"


class Vitals:
    """Samples of what the daemon costs."""

    def __init__(self, tenax):
        self.tenax = tenax
        self.samples = []

    def look(self):
        def size(name):
            with contextlib.suppress(FileNotFoundError):
                return os.path.getsize(f"{self.tenax.state}/{name}") // 1024
            return 0

        pid = self.tenax.process.pid
        self.samples.append({
            "memory KiB": status(pid, "VmRSS"), "threads": status(pid, "Threads"), "descriptors": descriptors(pid),
            "database KiB": size("queue.db"), "log of it KiB": size("queue.db-wal")})

    def quarters(self, what):
        """The medians of the second quarter and of the last."""
        values = [sample[what] for sample in self.samples]
        quarter = len(values) // 4
        return statistics.median(values[quarter:2 * quarter]), statistics.median(values[-quarter:])


def longest_silence(log):
    """In seconds, between two lines of the daemon's log."""
    times = []
    for line in log.splitlines():
        with contextlib.suppress(ValueError):
            times.append(datetime.datetime.fromisoformat(line.split(" ", 1)[0]))
    return max(((later - earlier).total_seconds() for earlier, later in zip(times, times[1:])), default=0.0)


class Soak(unittest.TestCase):
    def test_it_costs_no_more_in_the_end_than_at_the_start_and_loses_nothing(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        stack.enter_context(Nsd(d0_test=ZONE, d1_test=ZONE))
        named = stack.enter_context(Mxsim(*ALWAYS, listen=("127.0.3.1:25",), mbox=False))
        others = [stack.enter_context(Mxsim(*ALWAYS, mbox=False)) for _ in range(3)]
        home = stack.enter_context(Mxsim())
        smtp_port = free_port()
        routes = [(f"d{2 + place}.test", f"[127.0.0.1]:{other.port}") for place, other in enumerate(others)]
        routes += [("d5.test", routes[0][1]), ("d6.test", routes[1][1]), ("sender.test", f"[127.0.0.1]:{home.port}")]
        tenax = stack.enter_context(Tenax(
            routes=routes, daemon=DAEMON, smtp={"listen": [f"127.0.0.1:{smtp_port}"]}, dns={"servers": ["127.0.0.1:53"]},
            retry=RETRY, queue={"history": f"{max(2, int(SECONDS / 60))}s"},
            delivery={"patience": 0.02, "first_parking": "1s", "longest_parking": "3s", "idle_session": "2s"}))

        at_first = descriptors(tenax.process.pid)
        weather = Weather([named, *others])
        operator = Operator(tenax, [other.port for other in others])
        vitals = Vitals(tenax)
        sizes = [10, 3000] * 8 + [100_000, 300_000]
        # A short soak presses harder.
        load = Load(tenax, smtp_port, pause=0.2 if SECONDS >= 600 else 0.02, sizes=sizes, odd=(("gone", 20), ("away", 33)))
        try:
            with Repeating(weather.change, PHASE) as one, Repeating(operator.act, 0.7) as two, \
                    Repeating(vitals.look, min(1.0, SECONDS / 60)) as three:
                end = time.monotonic() + SECONDS
                while time.monotonic() < end and not (one.problem or two.problem or three.problem):
                    time.sleep(0.2)
            load.stop()
            weather.clear()
            self.drain(tenax, operator)
        except Exception as problem:
            end = tenax.process.poll()
            log = tenax.output()
            raise AssertionError(f"{problem}\ntenaxd {'runs' if end is None else end}, its longest silence was "
                                 f"{longest_silence(log):.1f} s\n{log[-8000:]}") from problem

        wait_until("the descriptors are back", lambda: descriptors(tenax.process.pid) <= at_first + 8, 60)
        self.assertEqual("every promise holds", tenax.ctl("check").strip())
        self.assertEqual([], os.listdir(f"{tenax.state}/contents"))
        self.assertEqual(["bad"], os.listdir(f"{tenax.state}/drop"))
        self.tell_and_judge(load, copies(named, *others), noticed(home), operator.counts)
        self.judge_costs(vitals, len(load.acknowledged))
        self.assertEqual(0, tenax.stop(), tenax.output()[-3000:])
        self.judge_log(tenax.output())
        print(f"    its log was never silent for longer than {longest_silence(tenax.output()):.1f} s")

    @staticmethod
    def drain(tenax, operator):
        def empty():
            tenax.ctl("remove", "--reply", "waits to be removed")
            tenax.ctl("release", "--all")
            operator.begin_anew()
            return tenax.open_recipients() == 0

        wait_until("all mail has ended", empty, 120, 1.0)

    def tell_and_judge(self, load, arrived, told, deeds):
        kinds = {kind: {one for one in load.acknowledged if one[1].startswith(kind)} for kind in ("user", "gone", "away")}
        lost = {one for one in kinds["user"] if not arrived[one]} | {one for one in kinds["gone"] if one not in told}
        unasked = {one for one in kinds["gone"] | kinds["away"] if arrived[one]}
        print(f"    {SECONDS:.0f} s of {DAEMON.split('/')[-3]}, moods change every {PHASE:.1f} s; the operator's deeds: {deeds}")
        print(f"    {len(load.acknowledged)} messages acknowledged: {len(kinds['user'])} to deliver, {len(kinds['gone'])} to fail, "
              f"{len(kinds['away'])} to remove; {len(lost)} lost, {sum(n - 1 for n in arrived.values() if n > 1)} copies too many; "
              f"not acknowledged: {dict(load.refused)}")
        self.assertEqual(set(), lost)
        self.assertEqual(set(), unasked)
        self.assertEqual({}, dict(load.refused))
        for kind, messages in kinds.items():
            self.assertGreater(len(messages), 0, kind)

    def judge_costs(self, vitals, messages):
        # The ids of submissions are remembered a day longer than the history.
        ids = messages * 150 // 1024
        bounds = {  # what the last quarter may have above the second
            "memory KiB": lambda second: second * 0.5 + 65536 if SANITIZED else second * 0.1 + 4096,
            "threads": lambda second: 0,
            "descriptors": lambda second: second * 0.25 + 10 if SECONDS >= 600 else second + 20,
            "database KiB": lambda second: second * 0.25 + 4096 + ids,
            # Below 16 MiB it need not begin anew, so a short soak sees it grow up to there.
            "log of it KiB": lambda second: max(second * 0.25, 16384 - second) + 4096,
        }
        grown = []
        for what, bound in bounds.items():
            second, last = vitals.quarters(what)
            most = second + bound(second)
            print(f"    {what}: {second:.0f} in the second quarter, {last:.0f} in the last; at most {most:.0f}")
            if last > most:
                grown.append(what)
        self.assertEqual([], grown)

    def judge_log(self, text):
        found = text.find("WARNING: ThreadSanitizer")
        self.assertEqual(-1, found, text[max(found, 0):][:8000])
        trouble = [line for line in text.splitlines() if " trouble " in line]
        self.assertEqual([], trouble[:5])
