# SPDX-License-Identifier: Apache-2.0
"""What a process costs while it runs: memory, threads, descriptors."""

import os
import re


def status(pid, key):
    """A number of /proc/pid/status: VmRSS and VmHWM in KiB, Threads."""
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return int(re.search(rf"^{key}:\s+(\d+)", lines.read(), re.M).group(1))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
