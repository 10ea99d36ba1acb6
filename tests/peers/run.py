# SPDX-License-Identifier: Apache-2.0
"""Real programs hand mail to Tenax, and Tenax hands mail to real servers.

Called by `./dev peers` inside network, mount and process namespaces of its own: nothing here reaches another
machine, changes this one, or lives on. `run.py PATTERN` runs the tests whose name contains PATTERN.
"""

import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import house  # noqa: E402


class Lines(unittest.TextTestResult):
    """One line per test, with its time."""

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def _line(self, test, word):
        name = test.id().split(".", 1)[-1]
        self.stream.writeln(f"  {word:6} {name} ({time.monotonic() - self.began:.1f} s)")
        self.stream.flush()

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line(test, "ok")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line(test, f"skipped ({reason})")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._line(test, "FAILED")

    def addError(self, test, err):
        super().addError(test, err)
        self._line(test, "ERROR")


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    house.furnish()
    suite = unittest.TestSuite()
    found = unittest.defaultTestLoader.discover(os.path.dirname(os.path.abspath(__file__)), "test_*.py")

    def pick(tests):
        for test in tests:
            if isinstance(test, unittest.TestSuite):
                pick(test)
            elif pattern.lower() in test.id().lower():
                suite.addTest(test)

    pick(found)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0, resultclass=Lines).run(suite)
    bad = len(result.failures) + len(result.errors)
    print(f"peers: {result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad or result.testsRun == 0 else 0)


if __name__ == "__main__":
    main()
