# SPDX-License-Identifier: Apache-2.0
"""Programs of the test world: Tenax itself, the simulated receiver, and real servers; each started, awaited, ended."""

import contextlib
import email
import grp
import json
import mailbox
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import postfix_home
from house import BIN, SCRATCH


def wait_until(what, condition, timeout=30.0, step=0.05):
    """Waits for condition() to be true, and returns it; fails naming `what`."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout:.0f} s: {what}")
        time.sleep(step)


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def listening(port, address="127.0.0.1"):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


class Program:
    """A process of ours, in a directory of its own, ended by its pid."""

    def __init__(self, name):
        self.dir = tempfile.mkdtemp(prefix=name + "-", dir=f"{SCRATCH}/work")
        os.chmod(self.dir, 0o755)
        self.process = None
        self.name = name

    def launch(self, args, **more):
        self.log_path = f"{self.dir}/{self.name}.out"
        with open(self.log_path, "ab") as out:
            self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **more)
        return self.process

    def output(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as out:
            return out.read()

    def await_port(self, port, address="127.0.0.1"):
        def up():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.output()}")
            return listening(port, address)

        wait_until(f"{self.name} listens on {port}\n", up)

    def stop(self, sign=signal.SIGTERM, timeout=30):
        if self.process and self.process.poll() is None:
            self.process.send_signal(sign)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        return self.process.returncode if self.process else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


class Mxsim(Program):
    """tools/mxsim: takes mail by a script and writes down what it took."""

    def __init__(self, *rules, listen=("127.0.0.1:0",), mbox=True):
        super().__init__("mxsim")
        self.events_path = f"{self.dir}/events"
        self.listen = listen
        self.mbox = ["--mbox", f"{self.dir}/mbox"] if mbox else []
        self.begin(*rules)

    def begin(self, *rules):
        ports_path = f"{self.dir}/ports"
        args = [f"{BIN}/tenax-mxsim", "--log", self.events_path, "--port-file", ports_path, *self.mbox]
        for where in self.listen:
            args += ["--listen", where]
        for rule in rules:
            args += ["--rule", rule]
        self.launch(args)
        wait_until("mxsim listens", lambda: os.path.exists(ports_path) or self.process.poll() is not None)
        with open(ports_path, encoding="ascii") as ports:
            self.port = int(ports.readline())

    def become(self, *rules):
        """The same receiver in another mood; what it took before stays written down."""
        self.stop()
        os.unlink(f"{self.dir}/ports")
        self.listen = (f"{self.listen[0].rsplit(':', 1)[0]}:{self.port}", *self.listen[1:])
        self.begin(*rules)

    def events(self, kind="taken"):
        try:
            with open(self.events_path, encoding="utf-8") as lines:
                return [e for e in map(json.loads, lines) if e["event"] == kind]
        except FileNotFoundError:
            return []

    def mails(self):
        box = mailbox.mbox(f"{self.dir}/mbox", factory=None, create=False) if os.path.exists(f"{self.dir}/mbox") else []
        return [email.message_from_bytes(m.as_bytes()) for m in box]


class Tenax(Program):
    """The daemon with a queue of its own, and the two programs people use."""

    # A test that counts notices does not wait an hour for the digest of the rest.
    QUICK = {"retry": {"first_delay": "1s", "longest_delay": "2s", "jitter": 0.0}, "notice": {"per_hour": 0}}

    def __init__(self, to_port=None, routes=None, user=None, start=True, domain="sender.test", daemon=f"{BIN}/tenaxd",
                 **sections):
        super().__init__("tenax")
        self.daemon = daemon
        self.config = f"{self.dir}/tenax.toml"
        self.state = f"{self.dir}/state"
        self.user = user
        lines = [f'state = "{self.state}"', f'hostname = "{domain}"', f'domain = "{domain}"']
        for section, keys in {**self.QUICK, **sections}.items():
            if not isinstance(keys, dict):
                lines.insert(0, f"{section} = {json.dumps(keys)}")
                continue
            lines.append(f"[{section}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
        if to_port:
            routes = [("*", f"[127.0.0.1]:{to_port}")]
        for domain_pattern, to in routes or []:
            lines += ["[[route]]", f'domains = ["{domain_pattern}"]', f'to = "{to}"']
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        self.env = {**os.environ, "TENAX_CONFIG": self.config}
        if start:
            self.start()

    def start(self, wait=True, **more):
        self.launch([self.daemon, "--config", self.config], **more)
        if wait:
            self.await_socket()

    def await_socket(self):
        def up():
            if self.process.poll() is not None:
                raise AssertionError(f"tenaxd ended with {self.process.returncode}:\n{self.output()}")
            with socket.socket(socket.AF_UNIX) as probe:
                return probe.connect_ex(f"{self.state}/run/submit.sock") == 0

        wait_until("tenaxd answers", up)

    def sendmail(self, args, text, **more):
        if isinstance(text, str):
            text = text.encode()
        return subprocess.run([f"{BIN}/tenax-sendmail", *args], input=text, env=self.env, capture_output=True,
                              timeout=120, check=False, **more)

    def send(self, recipients, text="Subject: hi\n\nhello\n", sender="ann@sender.test"):
        done = self.sendmail(["-i", "-f", sender, *recipients], text)
        if done.returncode != 0:
            raise AssertionError(f"sendmail: {done.returncode} {done.stderr.decode()}")

    def ctl(self, *args, check=True):
        done = subprocess.run([f"{BIN}/tenax", "--config", self.config, *args], capture_output=True, text=True, timeout=60,
                              check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"tenax {args}: {done.returncode} {done.stdout} {done.stderr}")
        return done.stdout

    def json(self, *args):
        return json.loads(self.ctl("--json", *args))

    def open_recipients(self):
        return self.json()["recipients"]

    def await_empty(self, timeout=60):
        try:
            wait_until("the queue is empty", lambda: self.open_recipients() == 0, timeout, 0.2)
        except AssertionError as problem:
            raise AssertionError(f"{problem}\n{self.ctl('list')}\n{self.output()[-6000:]}") from None


class Aiosmtpd(Program):
    def __init__(self):
        super().__init__("aiosmtpd")
        self.port = free_port()
        self.box = f"{self.dir}/box"
        self.launch(["/usr/bin/python3", "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{self.port}", "-c",
                     "aiosmtpd.handlers.Mailbox", self.box])
        self.await_port(self.port)

    def count(self):
        return len(os.listdir(f"{self.box}/new")) if os.path.isdir(f"{self.box}/new") else 0


class Postfix(Program):
    """A receiving Postfix that relays all it takes to `to_port`; `policy` is a policy server's port (postgrey)."""

    def __init__(self, to_port, policy=None, extra=""):
        super().__init__("postfix")
        self.port = free_port()
        checks = "permit_mynetworks, reject_unauth_destination" if policy is None else \
            f"check_policy_service inet:127.0.0.1:{policy}, permit"
        command = postfix_home.lay_out(self.dir, self.port, f"""myhostname = receiver.test
relayhost = [127.0.0.1]:{to_port}
smtpd_recipient_restrictions = {checks}
{extra}
""")
        self.launch(command, env={**os.environ, "MAIL_CONFIG": f"{self.dir}/etc"})
        self.await_port(self.port)

    def maillog(self):
        with open(f"{self.dir}/maillog", encoding="utf-8", errors="replace") as log:
            return log.read()


class Postgrey(Program):
    def __init__(self, delay):
        super().__init__("postgrey")
        self.port = free_port()
        db = f"{self.dir}/db"
        os.makedirs(db)
        shutil.chown(db, "postgrey", "postgrey")
        whitelist = f"{self.dir}/none"
        open(whitelist, "w", encoding="ascii").close()
        self.launch(["/usr/bin/perl", "-T", "/usr/sbin/postgrey", f"--inet=127.0.0.1:{self.port}", f"--delay={delay}",
                     f"--dbdir={db}", "--user=postgrey", "--group=postgrey", "--auto-whitelist-clients=0",
                     f"--whitelist-clients={whitelist}", f"--whitelist-recipients={whitelist}",
                     f"--pidfile={self.dir}/pid"])
        self.await_port(self.port)


class Exim(Program):
    def __init__(self, to_port):
        super().__init__("exim")
        self.port = free_port()
        os.makedirs("/etc/exim4", exist_ok=True)
        config = "/etc/exim4/exim4.conf"
        for name in ("spool", "log"):
            os.makedirs(f"{self.dir}/{name}")
            shutil.chown(f"{self.dir}/{name}", "Debian-exim", "Debian-exim")
        with open(config, "w", encoding="ascii") as conf:
            conf.write(f"""primary_hostname = receiver.test
spool_directory = {self.dir}/spool
log_file_path = {self.dir}/log/%slog
local_interfaces = 127.0.0.1
daemon_smtp_ports = {self.port}
tls_advertise_hosts =
disable_ipv6 = true
keep_environment =
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
begin acl
acl_rcpt:
  accept
acl_data:
  accept
begin routers
all:
  driver = manualroute
  transport = out
  route_list = * 127.0.0.1
  self = send
begin transports
out:
  driver = smtp
  port = {to_port}
  allow_localhost = true
  hosts_avoid_tls = *
begin retry
* * F,1h,1m
""")
        self.launch(["/usr/sbin/exim4", "-bdf", "-q1m"])
        self.await_port(self.port)


class OpenSmtpd(Program):
    def __init__(self, to_port):
        super().__init__("opensmtpd")
        self.port = free_port()
        spool = f"{self.dir}/spool"
        os.makedirs(spool)
        os.chmod(spool, 0o711)
        os.makedirs("/var/spool/smtpd", exist_ok=True)
        subprocess.run(["mount", "--bind", spool, "/var/spool/smtpd"], check=True)
        config = f"{self.dir}/smtpd.conf"
        with open(config, "w", encoding="ascii") as conf:
            conf.write(f"""listen on 127.0.0.1 port {self.port} hostname receiver.test
action "on" relay host smtp://127.0.0.1:{to_port} helo receiver.test
match from any for any action "on"
""")
        self.launch(["/usr/sbin/smtpd", "-F", "-f", config])
        self.await_port(self.port)

    def __exit__(self, *rest):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.stop()
        subprocess.run(["umount", "/var/spool/smtpd"], check=False)
        super().__exit__(*rest)


class Nsd(Program):
    """A real name server on 127.0.0.1:53 for whole zones given as text."""

    def __init__(self, **zones):
        super().__init__("nsd")
        config = f"{self.dir}/nsd.conf"
        text = f"""server:
  ip-address: 127.0.0.1@53
  username: ""
  database: ""
  zonesdir: "{self.dir}"
  pidfile: "{self.dir}/pid"
  xfrdfile: "{self.dir}/xfrd"
  zonelistfile: "{self.dir}/zones"
  xfrdir: "{self.dir}"
  server-count: 1
remote-control:
  control-enable: no
"""
        for zone, records in zones.items():
            name = zone.replace("_", ".")
            text += f'zone:\n  name: "{name}"\n  zonefile: "{name}.zone"\n'
            with open(f"{self.dir}/{name}.zone", "w", encoding="ascii") as file:
                file.write(f"$ORIGIN {name}.\n$TTL 60\n@ IN SOA ns hostmaster 1 3600 900 86400 60\n@ IN NS ns\nns IN A 127.0.0.1\n"
                           + records)
        with open(config, "w", encoding="ascii") as file:
            file.write(text)
        self.launch(["/usr/sbin/nsd", "-d", "-c", config])
        self.await_port(53)


def as_user(name):
    """Keyword arguments for subprocess that run it as that user."""
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [],
            "cwd": entry.pw_dir, }


def group_named(name):
    return grp.getgrnam(name).gr_gid
