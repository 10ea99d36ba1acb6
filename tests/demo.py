# SPDX-License-Identifier: Apache-2.0
"""The main job in under a minute: real messages, a receiver that says "not now", and what Tenax makes of it.

Called by `./dev demo`. Needs no privileges, talks to loopback only, leaves nothing running and nothing behind.
"""

import email
import email.policy
import mailbox
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time

BIN = os.path.abspath(sys.argv[1])
DIR = tempfile.mkdtemp(prefix="tenax-demo-")
CONFIG = f"{DIR}/tenax.toml"
ENV = {**os.environ, "TENAX_CONFIG": CONFIG}

RULES = [
    "rcpt *@grey.test greylist 4s 450 4.7.1 Greylisted, please come back in a few seconds",
    "rcpt *@full.test reply 452 4.2.2 The mailbox of this user is full",
    "rcpt nobody@* reply 550 5.1.1 There is no nobody here",
]
TOML = """state = "{dir}/state"
hostname = "home.test"

# Days made seconds, so that the story fits into a minute.
[retry]
first_delay = "5s"
longest_delay = "6s"
lifetime = "24s"

[notice]
delay = ["8s"]

[[route]]
domains = ["*"]
to = "[127.0.0.1]:{port}"
"""
MAIL = """From: Ann Example <ann@home.test>
To: friend@grey.test, bob@quick.test
Cc: busy@full.test
Bcc: nobody@quick.test
Subject: The roof is done

Dear all,

the roof is done. Come and see it.

Ann
"""


def say(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def show(text):
    print(textwrap.indent(text.rstrip(), "   "), flush=True)


def run(*args, text=None):
    print("   $ " + " ".join(os.path.basename(a) if i == 0 else a for i, a in enumerate(args)))
    done = subprocess.run(args, input=text, text=True, capture_output=True, env=ENV, timeout=30, check=False)
    show(done.stdout + done.stderr)
    if done.returncode != 0:
        raise SystemExit(f"demo: {args[0]} ended with {done.returncode}")
    return done.stdout


def wait_for(what, condition, seconds=40):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"demo: not within {seconds} s: {what}")
        time.sleep(0.1)


def delivered():
    path = f"{DIR}/mbox"
    if not os.path.exists(path):
        return []
    return [email.message_from_bytes(m.as_bytes(), policy=email.policy.default) for m in mailbox.mbox(path)]


def notices(word):
    return [m for m in delivered() if m.get_content_type() == "multipart/report" and word in (m["Subject"] or "")]


def tell():
    say("A receiver that greylists grey.test, has a full mailbox at full.test, and knows no nobody")
    show("\n".join(RULES))
    wait_for("the receiver listens", lambda: os.path.exists(f"{DIR}/port"))
    with open(f"{DIR}/port", encoding="ascii") as port:
        number = port.read().strip()
    with open(CONFIG, "w", encoding="utf-8") as file:
        file.write(TOML.format(dir=DIR, port=number))
    with open(f"{DIR}/tenaxd.log", "wb") as log:
        programs.append(subprocess.Popen([f"{BIN}/tenaxd", "--config", CONFIG], stdin=subprocess.DEVNULL, stdout=log, stderr=log))
    wait_for("tenaxd answers", lambda: os.path.exists(f"{DIR}/state/run/submit.sock"))

    say("Ann writes to four people; sendmail returns as soon as the queue has it on disk")
    run(f"{BIN}/tenax-sendmail", "-v", "-t", "-i", "-f", "ann@home.test", text=MAIL)
    wait_for("bob has it", lambda: any("bob" in str(m["To"]) for m in delivered()))

    say("Bob has it already; one address does not exist, two servers said \"not now\"")
    run(f"{BIN}/tenax")
    rows = run(f"{BIN}/tenax", "list")
    queue_id = next(word for word in rows.split() if len(word) == 13 and word.isalnum() and word.isupper() and any(c.isdigit() for c in word))

    say("What comes next is no guess: the forecast is what the scheduler follows")
    run(f"{BIN}/tenax", "forecast", queue_id)

    say("The address that does not exist: Ann is told at once")
    wait_for("the failure notice", lambda: notices("failed"))
    show(notices("failed")[0].get_body(("plain",)).get_content())

    say("The greylisting receiver is asked again when its time has come, and takes the message")
    wait_for("the greylisted copy", lambda: sum("Ann" in str(m["From"]) for m in delivered()) >= 2)
    show("".join(line for line in open(f"{DIR}/tenaxd.log", encoding="utf-8") if "friend@grey.test" in line))

    say("The full mailbox: after a while Ann is told of the delay, and until when Tenax will try")
    wait_for("the delay notice", lambda: notices("delayed"))
    show(notices("delayed")[0].get_body(("plain",)).get_content())

    say("It stays full, and the time runs out: a last notice, and the queue is empty")
    wait_for("the last notice", lambda: len(notices("failed")) >= 2)
    show(notices("failed")[1].get_body(("plain",)).get_content())
    run(f"{BIN}/tenax", "show", queue_id)
    run(f"{BIN}/tenax", "check")
    run(f"{BIN}/tenax")


began = time.monotonic()
programs = []
try:
    rules = [word for rule in RULES for word in ("--rule", rule)]
    programs.append(subprocess.Popen([f"{BIN}/tenax-mxsim", "--listen", "127.0.0.1:0", "--port-file", f"{DIR}/port", "--mbox",
                                      f"{DIR}/mbox", *rules], stdin=subprocess.DEVNULL))
    tell()
except BaseException:
    if os.path.exists(f"{DIR}/tenaxd.log"):
        with open(f"{DIR}/tenaxd.log", encoding="utf-8") as log:
            show(log.read()[-4000:])
    raise
finally:
    for program in reversed(programs):
        program.terminate()
    for program in programs:
        try:
            program.wait(20)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
    shutil.rmtree(DIR, ignore_errors=True)
say(f"The demo took {time.monotonic() - began:.0f} s; nothing of it is left")
