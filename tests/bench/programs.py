# SPDX-License-Identifier: Apache-2.0
"""The programs that are measured, each with everything it owns in a directory of its own."""

import contextlib
import copy
import grp
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import processes

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))

import postfix_home  # noqa: E402

DOOR = 2526           # where the programs take mail
SINK = 2525           # where all mail goes
ROUTES = [(f"d{k}.test", f"127.0.1.{k + 1}") for k in range(100)]
BUSY = ("busy.test", "127.0.2.1")     # puts everybody off
SLOW = ("slow.test", "127.0.2.2")     # the tarpit
PATIENT = "4h"        # a deferred message must not be due again while it is measured


class Trouble(Exception):
    """Something that must work did not; says what."""


def wait_until(what, condition, timeout=60.0):
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise Trouble(f"not within {timeout:.0f} s: {what}")
        time.sleep(0.02)


class Program:
    name = ""

    def __init__(self, root):
        self.home = os.path.join(root, self.name.lower())
        self.process = None

    @property
    def env(self):
        """What tells its programs where their configuration is."""
        raise NotImplementedError

    def command(self, paused):
        """Writes the configuration; answers what is to be started."""
        raise NotImplementedError

    def twin(self):
        """The same program in another place. It takes mail at the same door: one may run at a time."""
        other = copy.copy(self)
        other.home += "-twin"
        other.process = None
        return other

    def start_fresh(self, paused=False):
        self.remove()
        os.makedirs(self.home)
        self.args = self.command(paused)
        self.start()

    def start(self):
        # A session of its own: Ctrl-C reaches the bench, which ends what it started in order.
        with open(f"{self.home}/output", "ab") as output:
            self.process = subprocess.Popen(self.args, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            env={**os.environ, **self.env}, start_new_session=True)

    def await_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise Trouble(f"{self.name} ended with {self.process.returncode}:\n{self.output()}")
            return self.answers()

        wait_until(f"{self.name} takes mail", ready)

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", DOOR)) == 0

    def output(self):
        return self._lines_of("output")

    def _lines_of(self, name, pattern=""):
        """The last of those that match, or nothing where there is no such file."""
        with contextlib.suppress(OSError), open(f"{self.home}/{name}", encoding="utf-8", errors="replace") as file:
            return "".join(line for line in file if re.search(pattern, line))[-3000:]
        return ""

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        """As an operator stops it, and until the last of its processes has let go of the door and of its locks."""
        self.process.send_signal(signal.SIGTERM)
        wait_until(f"{self.name} ends", lambda: self.process.poll() is not None and not processes.session(self.pid), 90)

    def end(self):
        if self.process and self.process.poll() is None:
            processes.end(self.process.pid)
            self.process.wait()
        self.process = None

    def remove(self):
        self.end()
        shutil.rmtree(self.home, ignore_errors=True)


class Tenax(Program):
    name = "Tenax"

    def __init__(self, root, binaries):
        super().__init__(root)
        self.bin = binaries
        self.sendmail = [f"{binaries}/tenax-sendmail"]

    @property
    def env(self):
        return {"TENAX_CONFIG": f"{self.home}/tenax.toml"}

    def version(self):
        done = subprocess.run([f"{self.bin}/tenaxd", "--version"], capture_output=True, text=True, check=True)
        return done.stdout.split()[-1]

    def settings(self):
        return "the default configuration"

    def end(self):
        """Asked first: what records its own run (./dev build tuned) writes it down at its end."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        super().end()

    def command(self, paused):
        self._configure(paused)
        return [f"{self.bin}/tenaxd", "--config", f"{self.home}/tenax.toml"]

    def _configure(self, paused):
        lines = [f'state = "{self.home}/state"', 'hostname = "bench.test"', "[smtp]", f'listen = ["127.0.0.1:{DOOR}"]',
                 "[retry]", f'first_delay = "{PATIENT}"', f'longest_delay = "{PATIENT}"',
                 "[delivery]", f"paused = {str(paused).lower()}", "[log]", f'to = "{self.home}/log"']
        for domain, address in [*ROUTES, BUSY, SLOW]:
            lines += ["[[route]]", f'domains = ["{domain}"]', f'to = "[{address}]:{SINK}"']
        with open(f"{self.home}/tenax.toml", "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")

    def answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return super().answers() and probe.connect_ex(f"{self.home}/state/run/submit.sock") == 0

    def release(self):
        self._configure(paused=False)
        self.process.send_signal(signal.SIGHUP)


class Postfix(Program):
    """The machine's programs with a configuration, a queue and a log of their own."""

    name = "Postfix"

    # What everybody sets who wants speed of it, and what this place asks for.
    TUNED = f"""myhostname = bench.test
default_process_limit = 200
in_flow_delay = 0
initial_destination_concurrency = 20
max_use = 1000
smtpd_client_connection_count_limit = 0
smtp_dns_support_level = disabled
minimal_backoff_time = {PATIENT}
maximal_backoff_time = {PATIENT}
smtpd_recipient_restrictions = permit_mynetworks, reject
"""

    def __init__(self, root):
        super().__init__(root)
        self.sendmail = ["/usr/sbin/sendmail"] if self._is_postfix("/usr/sbin/sendmail") else None

    @property
    def env(self):
        return {"MAIL_CONFIG": f"{self.home}/etc"}

    @staticmethod
    def missing():
        """Why it cannot be measured, or nothing."""
        if not os.path.exists(f"{postfix_home.PROGRAMS}/master"):
            return "it is not installed"
        try:
            pwd.getpwnam("postfix")
            grp.getgrnam("postdrop")
        except KeyError:
            return "its user or group is missing"
        return None

    @staticmethod
    def _is_postfix(path):
        with contextlib.suppress(OSError), open(path, "rb") as file:
            return b"postdrop" in file.read()
        return False

    def version(self):
        return subprocess.run(["/usr/sbin/postconf", "-d", "-h", "mail_version"], capture_output=True, text=True,
                              check=True).stdout.strip()

    def settings(self):
        return "200 processes, no in_flow_delay, 20 connections to a new destination, max_use 1000"

    def output(self):
        return super().output() + self._lines_of("maillog", "warning|error|fatal|panic")

    def command(self, paused):
        self.paused = paused
        args = postfix_home.lay_out(self.home, DOOR, self.TUNED + f"transport_maps = texthash:{self.home}/etc/transport\n")
        with open(f"{self.home}/etc/transport", "w", encoding="ascii") as file:
            file.writelines(f"{domain} smtp:[{address}]:{SINK}\n" for domain, address in [*ROUTES, BUSY, SLOW])
        return args

    def await_ready(self):
        super().await_ready()
        if self.paused:
            # It holds no mail by its configuration without deferring it, which would cost more than to deliver.
            wait_until("Postfix has its qmgr", self._qmgr)
            os.kill(self._qmgr(), signal.SIGSTOP)

    def _qmgr(self):
        for pid in processes.tree(self.pid):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="ascii") as file:
                if file.read().strip() == "qmgr":
                    return pid
        return None

    def release(self):
        os.kill(self._qmgr(), signal.SIGCONT)
        self.paused = False
