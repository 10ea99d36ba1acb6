# SPDX-License-Identifier: Apache-2.0
"""The small machine the peers live in: their files laid over /usr, users of their own, a loopback."""

import os
import shutil
import subprocess

PEERS = os.environ["TENAX_PEERS"]
BIN = os.environ["TENAX_BIN"]
SCRATCH = "/tmp/tenax-peers"

UNPACKED = ["postfix", "exim4-daemon-light", "exim4-base", "opensmtpd", "postgrey", "cron", "nsd"]
WHERE_OFFERED = ["rspamd", "redis-tools", "redis-server", "valkey-tools", "valkey-server"]
USERS = ["postfix", "postdrop", "Debian-exim", "opensmtpd", "opensmtpq", "postgrey", "nsd", "_rspamd", "tenax", "ann",
         "carol"]


def _mount(*args):
    subprocess.run(["mount", *args], check=True)


def furnish():
    """Only as the first process of namespaces of our own: the mounts below are never the machine's."""
    if os.getpid() != 1:
        raise SystemExit("tests/peers/run.py wants namespaces of its own: use ./dev peers")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    os.makedirs(SCRATCH, exist_ok=True)
    _mount("-t", "tmpfs", "none", SCRATCH)
    for name in ("layer/sbin", "layer/bin", "etc-up", "etc-work", "var-up", "var-work", "work"):
        os.makedirs(f"{SCRATCH}/{name}")
    os.chmod(f"{SCRATCH}/work", 0o755)
    # Copies, not links: a user of this machine may not be allowed into the directory of the build.
    for program in ("tenax-sendmail", "tenax", "tenaxd"):
        shutil.copy(f"{BIN}/{program}", f"{SCRATCH}/layer/sbin/{program}")
    for link in ("sendmail", "mailq", "newaliases"):
        os.symlink("tenax-sendmail", f"{SCRATCH}/layer/sbin/{link}")
        os.symlink("../sbin/tenax-sendmail", f"{SCRATCH}/layer/bin/{link}")
    unpacked = UNPACKED + [name for name in WHERE_OFFERED if os.path.isdir(f"{PEERS}/{name}")]
    layers = [f"{SCRATCH}/layer"] + [f"{PEERS}/{name}/usr" for name in unpacked] + ["/usr"]
    _mount("-t", "overlay", "overlay", "-o", "lowerdir=" + ":".join(layers), "/usr")
    for tree in ("etc", "var"):
        _mount("-t", "overlay", "overlay", "-o",
               f"lowerdir=/{tree},upperdir={SCRATCH}/{tree}-up,workdir={SCRATCH}/{tree}-work", f"/{tree}")
    with open("/etc/passwd", encoding="utf-8") as passwd:
        known = {line.split(":")[0] for line in passwd}
    with open("/etc/passwd", "a", encoding="utf-8") as passwd, open("/etc/group", "a", encoding="utf-8") as group, \
            open("/etc/shadow", "a", encoding="utf-8") as shadow:
        for number, user in enumerate(USERS, 8101):
            if user in known:
                continue
            gecos = {"ann": "Ann Example", "carol": "Carol Example"}.get(user, "")
            shell = "/bin/sh" if gecos else "/usr/sbin/nologin"
            passwd.write(f"{user}:x:{number}:{number}:{gecos}:{SCRATCH}/work/{user}:{shell}\n")
            group.write(f"{user}:x:{number}:\n")
            shadow.write(f"{user}:*:19000:0:99999:7:::\n")
            os.makedirs(f"{SCRATCH}/work/{user}", mode=0o755)
            os.chown(f"{SCRATCH}/work/{user}", number, number)
    with open("/etc/hosts", "a", encoding="utf-8") as hosts:
        hosts.write("127.0.0.1 sender.test\n")
    shutil.copytree(f"{PEERS}/cron/etc", "/etc", dirs_exist_ok=True)
    os.makedirs("/etc/tenax", exist_ok=True)
    os.makedirs("/var/spool/cron/crontabs", mode=0o1730, exist_ok=True)
    os.makedirs("/var/lib/opensmtpd/empty", exist_ok=True)
    os.makedirs("/var/spool/postgrey", exist_ok=True)
