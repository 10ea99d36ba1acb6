# SPDX-License-Identifier: Apache-2.0
"""Where the mail comes from and where it goes: the bench's own programs (smtp_source, smtp_sink, starts)."""

import json
import subprocess

from programs import BUSY, DOOR, ROUTES, SINK, SLOW, Trouble

LIFETIME = 7200       # of a sink that nobody ends


def _spoken(process, what):
    try:
        return json.loads(process.stdout)
    except json.JSONDecodeError:
        raise Trouble(f"{what} ended with {process.returncode}: {process.stderr.strip()}") from None


class Loads:
    def __init__(self, tools):
        self.tools = tools
        self.sink = None

    def __enter__(self):
        doors = [part for _, address in ROUTES for part in ("--good", f"{address}:{SINK}")]
        self.sink = subprocess.Popen(
            [f"{self.tools}/bench_smtp_sink", *doors, "--defer", f"{BUSY[1]}:{SINK}", "--tarpit", f"{SLOW[1]}:{SINK}",
             "--lifetime", str(LIFETIME)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, start_new_session=True)
        self._answer()
        return self

    def __exit__(self, *_):
        self.sink.stdin.close()
        try:
            self.sink.wait(5)
        except subprocess.TimeoutExpired:
            self.sink.kill()
            self.sink.wait()

    def _answer(self):
        line = self.sink.stdout.readline()
        if not line:
            raise Trouble(f"the sink ended with {self.sink.wait(5)}")
        return json.loads(line)

    def _order(self, text):
        self.sink.stdin.write(text + "\n")
        self.sink.stdin.flush()
        return self._answer()

    def count(self, letter="u"):
        """From now on this batch of mail counts, from zero."""
        self._order(f"count {letter}")

    def await_taken(self, count, seconds):
        """Every recipient once; fewer are no result."""
        got = self.await_some(count, seconds)
        if got["taken"] < count:
            raise Trouble(f"only {got['taken']} of {count} messages arrived within {seconds:.0f} s")
        return got

    def await_some(self, count, seconds):
        return self._order(f"await {count} {seconds}")

    def await_refused(self, count, seconds):
        got = self._order(f"refused {count} {seconds}")
        if got["refused"] < count:
            raise Trouble(f"only {got['refused']} of {count} recipients were put off within {seconds:.0f} s")
        return got

    def times(self):
        return {int(number): time for number, time in self._order("times").items()}

    def send(self, messages, *options, to=f"127.0.0.1:{DOOR}", timeout=600):
        """Hands the messages over by SMTP; all must be taken."""
        args = [f"{self.tools}/bench_smtp_source", "--to", to, "--messages", str(messages), "--timeout", str(timeout),
                *options]
        sent = _spoken(subprocess.run(args, capture_output=True, text=True, check=False, timeout=timeout + 30), "the source")
        if sent["failed"]:
            raise Trouble(f"{sent['failed']} of {messages} messages were not taken: {sent.get('why', 'the time was up')}")
        return sent

    def start(self, runs, at_once, text, command, env=None):
        """Starts a program `runs` times; all must end well."""
        done = _spoken(subprocess.run([f"{self.tools}/bench_starts", str(runs), str(at_once), text, *command], env=env,
                                      capture_output=True, text=True, check=False, timeout=1200), "starts")
        if done["failed"]:
            raise Trouble(f"{done['failed']} of {runs} runs of {command[0]} failed")
        return done
