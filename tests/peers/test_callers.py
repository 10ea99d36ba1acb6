# SPDX-License-Identifier: Apache-2.0
"""Programs that send mail by calling sendmail, as they come from Debian, call tenax-sendmail."""

import os
import shutil
import subprocess
import unittest

from world import Mxsim, Program, Tenax, as_user, wait_until

PATCH = """From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001
From: Ann Example <ann@sender.test>
Date: Mon, 5 Jan 2026 10:00:00 +0000
Subject: [PATCH] room: what now is true

Why.
---
 a | 1 +
 1 file changed, 1 insertion(+)

diff --git a/a b/a
new file mode 100644
index 0000000..7898192
--- /dev/null
+++ b/a
@@ -0,0 +1 @@
+.
--
2.39.5
"""


class Installed(unittest.TestCase):
    """Tenax as an installation has it: /etc/tenax/tenax.toml, /usr/sbin/sendmail, callers that are ordinary users."""

    def setUp(self):
        self.sink = self.enterContext(Mxsim())
        self.tenax = self.enterContext(Tenax(self.sink.port, start=False))
        shutil.copy(self.tenax.config, "/etc/tenax/tenax.toml")
        self.tenax.start()
        self.addCleanup(os.unlink, "/etc/tenax/tenax.toml")

    def run_as_ann(self, args, text="", **more):
        home = as_user("ann")["cwd"]
        done = subprocess.run(args, input=text, text=True, capture_output=True, timeout=60, check=False, **as_user("ann"),
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": home, "LOGNAME": "ann", "USER": "ann", "LANG": "C.UTF-8",
                                   "HOSTNAME": "sender.test"},
                              **more)
        self.assertEqual(0, done.returncode, f"{args}: {done.stdout} {done.stderr}")
        return done

    def one_mail(self, timeout=30):
        wait_until("the mail arrived", lambda: self.sink.events(), timeout)
        self.tenax.await_empty()
        self.assertEqual(1, len(self.sink.events()))
        return self.sink.events()[0], self.sink.mails()[0]

    def test_cron(self):
        tab = "/var/spool/cron/crontabs/ann"
        with open(tab, "w", encoding="ascii") as file:
            file.write('* * * * * echo "the backup said: ok"\n')
        os.chmod(tab, 0o600)
        user = as_user("ann")
        os.chown(tab, user["user"], user["group"])
        self.addCleanup(os.unlink, tab)
        with Program("cron") as cron:
            cron.launch(["/usr/sbin/cron", "-f"])
            event, mail = self.one_mail(timeout=75)
        self.assertEqual(["ann@sender.test"], event["to"])
        self.assertIn("the backup said: ok", mail.get_payload())
        self.assertIn("Cron", mail["Subject"])
        self.assertEqual("auto-generated", (mail["Auto-Submitted"] or "auto-generated"))

    def test_mailutils(self):
        self.run_as_ann(["mail.mailutils", "-s", "from mailutils", "bob@receiver.test"], "hello\n.\nafter the dot\n")
        event, mail = self.one_mail()
        self.assertEqual(["bob@receiver.test"], event["to"])
        self.assertEqual("from mailutils", mail["Subject"])

    def test_s_nail(self):
        self.run_as_ann(["s-nail", "-:/", "-s", "from s-nail", "-r", "ann@sender.test", "-b", "hidden@receiver.test", "bob@receiver.test"],
                        "hello\n")
        event, mail = self.one_mail()
        self.assertEqual(["bob@receiver.test", "hidden@receiver.test"], sorted(event["to"]))
        self.assertEqual("from s-nail", mail["Subject"])
        self.assertNotIn("hidden", mail.as_string())

    def test_mutt(self):
        self.run_as_ann(["mutt", "-n", "-F", "/dev/null", "-s", "from mutt: ümläut", "-b", "hidden@receiver.test", "--", "bob@receiver.test"], "hellö\n")
        event, mail = self.one_mail()
        self.assertEqual(["bob@receiver.test", "hidden@receiver.test"], sorted(event["to"]))
        self.assertNotIn("hidden", mail.as_string())

    def test_git_send_email(self):
        home = as_user("ann")["cwd"]
        with open(f"{home}/0001-a.patch", "w", encoding="ascii") as file:
            file.write(PATCH)
        self.run_as_ann(["git", "-c", "user.name=Ann Example", "-c", "user.email=ann@sender.test", "send-email",
                         "--confirm=never", "--to=list@receiver.test", "--cc=Bob <bob@receiver.test>", f"{home}/0001-a.patch"])
        event, mail = self.one_mail()
        self.assertIn("list@receiver.test", event["to"])
        self.assertIn("bob@receiver.test", event["to"])
        self.assertIn("+.\n", mail.get_payload())

    def test_php_mail_with_its_fifth_argument(self):
        self.run_as_ann(["php", "-d", "sendmail_path=/usr/sbin/sendmail -t -i", "-r",
                         'exit(mail("bob@receiver.test", "from php", "hello\\n.\\nmore\\n", '
                         '"From: shop@sender.test\\r\\nBcc: hidden@receiver.test", "-fbounce@sender.test") ? 0 : 1);'])
        event, mail = self.one_mail()
        self.assertEqual("bounce@sender.test", event["from"])
        self.assertEqual(["bob@receiver.test", "hidden@receiver.test"], sorted(event["to"]))
        self.assertNotIn("hidden", mail.as_string())
        self.assertIn("\n.\nmore", mail.get_payload())

    def test_a_user_without_the_daemon_drops_mail_that_it_delivers_later(self):
        self.tenax.stop()
        self.run_as_ann(["/usr/sbin/sendmail", "bob@receiver.test"], "Subject: dropped\n\nhi\n")
        self.assertEqual([], self.sink.events())
        self.tenax.start()
        event, mail = self.one_mail()
        self.assertEqual("dropped", mail["Subject"])
        self.assertEqual("ann@sender.test", event["from"])

    def test_mailq_and_newaliases_are_there(self):
        self.assertIn("empty", subprocess.run(["/usr/sbin/mailq"], capture_output=True, text=True, check=True).stdout)
        self.run_as_ann(["/usr/bin/newaliases"])


class Options(unittest.TestCase):
    """Every option of sendmail, by what arrives or by the exit code."""

    HEADER = "To: t@receiver.test\nCc: c@receiver.test\nBcc: b@receiver.test\nSubject: s\n\nbody\n"

    def test_what_each_form_of_the_command_line_means(self):
        to_header = {"t@receiver.test", "c@receiver.test", "b@receiver.test"}
        x = {"x@receiver.test"}
        xy = {"x@receiver.test", "y@receiver.test"}
        cases = [
            (["-t"], to_header, None),
            (["-ti"], to_header, None),
            (["-i", "-t"], to_header, None),
            (["-oi", "-t"], to_header, None),
            (["-t", "x@receiver.test"], to_header | x, None),
            (["x@receiver.test", "-t"], to_header | x, None),
            (["x@receiver.test,y@receiver.test"], xy, None),
            (["x@receiver.test", "y@receiver.test"], xy, None),
            (["--", "x@receiver.test"], x, None),
            (["-f", "s@sender.test", "x@receiver.test"], x, "s@sender.test"),
            (["-fs@sender.test", "x@receiver.test"], x, "s@sender.test"),
            (["-r", "s@sender.test", "x@receiver.test"], x, "s@sender.test"),
            (["-rs@sender.test", "x@receiver.test"], x, "s@sender.test"),
            (["x@receiver.test", "-f", "s@sender.test"], x, "s@sender.test"),
            (["-f", "", "x@receiver.test"], x, ""),
            (["-f", "<>", "x@receiver.test"], x, ""),
            (["-f", "local", "x@receiver.test"], x, "local@sender.test"),
            (["-F", "Full Name", "x@receiver.test"], x, None),
            (["-FFull", "x@receiver.test"], x, None),
            (["-N", "never", "x@receiver.test"], x, None),
            (["-Nsuccess,delay", "x@receiver.test"], x, None),
            (["-R", "hdrs", "-V", "id42", "x@receiver.test"], x, None),
            (["-B", "8BITMIME", "x@receiver.test"], x, None),
            (["-B7BIT", "x@receiver.test"], x, None),
            (["-bm", "x@receiver.test"], x, None),
            (["-v", "x@receiver.test"], x, None),
            (["-G", "-n", "-U", "x@receiver.test"], x, None),
            (["-h", "10", "x@receiver.test"], x, None),
            (["-L", "tag", "x@receiver.test"], x, None),
            (["-odb", "-oem", "-oQ/tmp", "x@receiver.test"], x, None),
            (["-O", "DeliveryMode=b", "-ODeliveryMode=q", "x@receiver.test"], x, None),
            (["-em", "x@receiver.test"], x, None),
            (["-e", "x@receiver.test"], x, None),
            (["-d", "x@receiver.test"], x, None),
            (["-m", "-p", "smtp:host", "x@receiver.test"], x, None),
            (["-x", "x@receiver.test"], x, None),
            (["-C", "/etc/shadow", "x@receiver.test"], x, None),
            (["-X", "/tmp/should-not-appear", "x@receiver.test"], x, None),
            (["-Z", "x@receiver.test"], x, None),
            (["x"], {"x@sender.test"}, None),
        ]
        with Mxsim() as sink, Tenax(sink.port) as tenax:
            for number, (args, _, _) in enumerate(cases):
                done = tenax.sendmail(args, f"Message-ID: <{number}@case>\n" + self.HEADER)
                self.assertEqual(0, done.returncode, f"{args}: {done.stderr}")
                self.assertLessEqual(done.stderr.count(b"\n"), 1, f"{args}: {done.stderr}")
            tenax.await_empty()
            got, senders = {}, {}
            for event in sink.events():
                got.setdefault(event["message_id"], set()).update(event["to"])
                senders[event["message_id"]] = event["from"]
            for number, (args, recipients, sender) in enumerate(cases):
                self.assertEqual(recipients, got.get(f"<{number}@case>"), args)
                self.assertEqual("root@sender.test" if sender is None else sender, senders[f"<{number}@case>"], args)
            self.assertFalse(os.path.exists("/tmp/should-not-appear"))
            self.assertNotIn("b@receiver.test", "".join(mail.as_string() for mail in sink.mails()))

    def test_what_cannot_be_taken_is_refused_with_one_line_and_its_code(self):
        cases = [
            ([], "", 64),
            (["-f"], "", 64),
            (["-f", "a@b\nc", "x@receiver.test"], "", 65),
            (["-t"], "Subject: nobody\n\nhi\n", 64),
            (["x@receiver.test\r\nRCPT TO:<y@receiver.test>"], "hi\n", 65),
            (["not an address@@"], "hi\n", 65),
        ]
        with Mxsim() as sink, Tenax(sink.port) as tenax:
            for args, text, code in cases:
                done = tenax.sendmail(args, text)
                self.assertEqual(code, done.returncode, f"{args}: {done.stderr}")
                self.assertEqual(1, done.stderr.count(b"\n"), f"{args}: {done.stderr}")
                self.assertTrue(done.stderr.startswith(b"tenax-sendmail: "), f"{args}: {done.stderr}")
            self.assertEqual(0, tenax.open_recipients())
