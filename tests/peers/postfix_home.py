# SPDX-License-Identifier: Apache-2.0
"""A Postfix in a directory of its own: its queue, its configuration and its log, beside a machine's own."""

import os
import shutil

PROGRAMS = "/usr/lib/postfix/sbin"

# The trigger of qmgr is a FIFO: it takes notice of mail also while qmgr stands still.
MASTER = """127.0.0.1:{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr fifo n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""

MAIN = """compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = {programs}
mail_owner = postfix
setgid_group = postdrop
shlib_directory = /usr/lib/postfix
meta_directory = {home}/etc
maillog_file = {home}/maillog
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
alias_database =
smtp_tls_security_level = none
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
"""


def lay_out(home, port, settings):
    """Makes all of it, with `settings` behind what is common; answers the command that runs it in the foreground."""
    etc, spool = f"{home}/etc", f"{home}/spool"
    for name in (etc, spool, f"{home}/data"):
        os.makedirs(name)
    for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved",
                 "trace"):
        os.makedirs(f"{spool}/{name}", mode=0o700)
        shutil.chown(f"{spool}/{name}", "postfix")
    for name, mode in (("maildrop", 0o730), ("public", 0o710)):
        os.makedirs(f"{spool}/{name}")
        shutil.chown(f"{spool}/{name}", "postfix", "postdrop")
        os.chmod(f"{spool}/{name}", mode)
    os.makedirs(f"{spool}/pid")
    shutil.chown(f"{home}/data", "postfix")
    with open(f"{etc}/main.cf", "w", encoding="ascii") as main:
        main.write(MAIN.format(home=home, programs=PROGRAMS) + settings)
    with open(f"{etc}/master.cf", "w", encoding="ascii") as master:
        master.write(MASTER.format(port=port))
    # The start script would look for the files of an installation; the master itself needs none of them.
    return [f"{PROGRAMS}/master", "-c", etc, "-d"]
