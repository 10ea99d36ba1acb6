# SPDX-License-Identifier: Apache-2.0
"""What one run of tenax-sendmail costs: its own CPU time, and the time until it has an answer from the disk.

sendmail_cost.py BIN_DIRECTORY [RUNS]
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BIN = os.path.abspath(sys.argv[1])
RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 500
TEXT = b"From: ann@home.test\nTo: bob@there.test\nSubject: cost\n\n" + b"x" * 70 + b"\n" * 2


def measure(env):
    cpu, wall = [], []
    for _ in range(RUNS):
        began = time.perf_counter()
        process = subprocess.Popen([f"{BIN}/tenax-sendmail", "-i", "bob@there.test"], stdin=subprocess.PIPE, env=env)
        process.stdin.write(TEXT)
        process.stdin.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"sendmail_cost: tenax-sendmail ended with {process.returncode}")
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((usage.ru_utime + usage.ru_stime) * 1000)
    return cpu, wall


def show(name, values):
    values.sort()
    print(f"{name}: mean {statistics.fmean(values):.2f} ms, median {statistics.median(values):.2f} ms, "
          f"p95 {values[int(len(values) * 0.95)]:.2f} ms")


directory = tempfile.mkdtemp(prefix="tenax-cost-")
try:
    config = f"{directory}/tenax.toml"
    with open(config, "w", encoding="utf-8") as file:
        file.write(f'state = "{directory}/state"\nhostname = "home.test"\n[[route]]\ndomains = ["*"]\nto = "[127.0.0.1]:9"\n')
    env = {**os.environ, "TENAX_CONFIG": config}
    with open(f"{directory}/log", "wb") as log:
        daemon = subprocess.Popen([f"{BIN}/tenaxd", "--config", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 10
        while not os.path.exists(f"{directory}/state/run/submit.sock"):
            if time.monotonic() > end:
                raise SystemExit("sendmail_cost: tenaxd does not answer")
            time.sleep(0.05)
        print(f"tenax-sendmail, {RUNS} runs of a small message, daemon running (tenaxd logs and fails to deliver meanwhile)")
        cpu, wall = measure(env)
        show("own CPU time", cpu)
        show("start to exit", wall)
    finally:
        daemon.terminate()
        daemon.wait(60)
    print(f"tenax-sendmail, {RUNS} runs into the drop folder, daemon down")
    cpu, wall = measure(env)
    show("own CPU time", cpu)
    show("start to exit", wall)
finally:
    shutil.rmtree(directory, ignore_errors=True)
