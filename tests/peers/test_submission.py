# SPDX-License-Identifier: Apache-2.0
"""Programs that submit mail by SMTP instead of calling sendmail."""

import os
import smtplib
import socket
import subprocess
import unittest

from house import BIN
from world import Mxsim, Tenax, free_port, wait_until


class Smtp(unittest.TestCase):
    def setUp(self):
        self.sink = self.enterContext(Mxsim())
        self.port = free_port()
        self.tenax = self.enterContext(Tenax(self.sink.port, smtp={"listen": [f"127.0.0.1:{self.port}"]}))

    def arrived(self, count=1):
        wait_until("the mail arrived", lambda: len(self.sink.events()) >= count)
        self.tenax.await_empty()
        self.assertEqual(count, len(self.sink.events()))
        return self.sink.events()

    def run_it(self, args, text=""):
        done = subprocess.run(args, input=text, text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(0, done.returncode, f"{args}: {done.stdout} {done.stderr}")

    def test_python(self):
        with smtplib.SMTP("127.0.0.1", self.port) as client:
            refused = client.sendmail("ann@sender.test", ["bob@receiver.test", "carol@receiver.test"],
                                      "Subject: from python\r\n\r\n.\r\n..\r\nend\r\n")
            self.assertEqual({}, refused)
        self.assertEqual(["bob@receiver.test", "carol@receiver.test"], sorted(self.arrived()[0]["to"]))
        self.assertEqual(".\n..\nend\n", self.sink.mails()[0].get_payload())

    def test_swaks(self):
        self.run_it(["swaks", "--server", "127.0.0.1", "--port", str(self.port), "--from", "ann@sender.test",
                     "--to", "bob@receiver.test", "--pipeline", "--header", "Subject: from swaks"])
        self.arrived()
        self.assertEqual("from swaks", self.sink.mails()[0]["Subject"])

    def test_curl(self):
        self.run_it(["curl", "-sS", f"smtp://127.0.0.1:{self.port}", "--mail-from", "ann@sender.test",
                     "--mail-rcpt", "bob@receiver.test", "--upload-file", "-"], "Subject: from curl\n\nbody\n")
        self.arrived()
        self.assertEqual("from curl", self.sink.mails()[0]["Subject"])

    def test_msmtp(self):
        self.run_it(["msmtp", "--host=127.0.0.1", f"--port={self.port}", "--auth=off", "--tls=off", "--tls-starttls=off",
                     "--from=ann@sender.test", "bob@receiver.test"], "Subject: from msmtp\n\nbody\n")
        self.arrived()
        self.assertEqual("from msmtp", self.sink.mails()[0]["Subject"])

    def test_smtp_source_of_postfix(self):
        self.run_it(["/usr/sbin/smtp-source", "-s", "10", "-m", "200", "-d", "-f", "ann@sender.test", "-t", "bob@receiver.test",
                     f"127.0.0.1:{self.port}"])
        self.arrived(200)

    def test_a_client_from_elsewhere_is_turned_away(self):
        subprocess.run(["ip", "addr", "add", "198.51.100.7/32", "dev", "lo"], check=True)
        self.addCleanup(subprocess.run, ["ip", "addr", "del", "198.51.100.7/32", "dev", "lo"], check=True)
        with socket.create_connection(("127.0.0.1", self.port), source_address=("198.51.100.7", 0)) as door:
            self.assertTrue(door.recv(100).startswith(b"554 5.7.1"))

    def test_who_comes_from_the_machines_own_address_is_from_here(self):
        subprocess.run(["ip", "addr", "add", "198.51.100.7/32", "dev", "lo"], check=True)
        self.addCleanup(subprocess.run, ["ip", "addr", "del", "198.51.100.7/32", "dev", "lo"], check=True)
        port = free_port()
        with Tenax(self.sink.port, smtp={"listen": [f"0.0.0.0:{port}"]}):
            with socket.create_connection(("198.51.100.7", port)) as door:
                self.assertTrue(door.recv(100).startswith(b"220 "))
            with socket.create_connection(("127.0.0.1", port), source_address=("198.51.100.7", 0)) as door:
                self.assertTrue(door.recv(100).startswith(b"554 5.7.1"))

    def test_dsn_parameters_reach_the_next_server(self):
        with smtplib.SMTP("127.0.0.1", self.port) as client:
            client.ehlo()
            client.mail("ann@sender.test", ["RET=HDRS", "ENVID=q1"])
            code, _ = client.rcpt("bob@receiver.test", ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;b@old.test"])
            self.assertEqual(250, code)
            self.assertEqual(250, client.data("Subject: x\r\n\r\nx\r\n")[0])
        self.arrived()

    def test_sendmail_bs_speaks_also_while_the_daemon_is_down(self):
        said = "EHLO me\r\nMAIL FROM:<ann@sender.test>\r\nRCPT TO:<bob@receiver.test>\r\nDATA\r\n" \
               "Subject: from a pipe\r\n\r\nbody\r\n.\r\nQUIT\r\n"
        for ends in ("\r\n", "\n"):
            self.tenax.stop()
            done = subprocess.run([f"{BIN}/tenax-sendmail", "-bs"], input=said.replace("\r\n", ends).encode(),
                                  capture_output=True, timeout=30, check=True, env={**os.environ, **self.tenax.env})
            self.assertIn(b"250 2.0.0 kept until the daemon runs", done.stdout)
            self.tenax.start()
        self.arrived(2)
        done = subprocess.run([f"{BIN}/tenax-sendmail", "-bs"], input=said.encode(), capture_output=True, timeout=30,
                              check=True, env={**os.environ, **self.tenax.env})
        self.assertIn(b"250 2.0.0 queued as ", done.stdout)
        self.arrived(3)
