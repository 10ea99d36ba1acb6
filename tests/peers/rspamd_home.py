# SPDX-License-Identifier: Apache-2.0
"""An rspamd that only greylists, with a Redis for its memory; Postfix asks it as a milter."""

import os
import shutil

from world import Program, free_port

USER = "_rspamd"
# Redis, or what took its place.
STORES = [path for path in ("/usr/bin/redis-server", "/usr/bin/valkey-server") if os.path.exists(path)]
MISSING = [] if os.path.exists("/usr/bin/rspamd") else ["rspamd"]
MISSING += [] if STORES else ["redis-server"]

# All mail is suspicious enough to be greylisted, and not more: what has no action passes at once.
RULE = """rspamd_config:register_symbol({
  name = 'SUSPICIOUS', type = 'normal', score = 4.0, callback = function(task) return true, 1.0 end})
"""

CONFIG = """options {{
  pidfile = "{home}/pid";
  tempdir = "{home}";
  cache_file = "{home}/symbols.cache";
  hs_cache_dir = "{home}";
  history_file = "{home}/history";
  stats_file = "{home}/stats.ucl";
  control_socket = "{home}/control.sock mode=0600";
  filters = "";
  url_tld = "{home}/suffixes";
  local_addrs = [];
  dns {{ nameserver = ["127.0.0.1:1"]; }}
}}
logging {{ type = "console"; level = "info"; log_usec = true; }}
worker "rspamd_proxy" {{
  bind_socket = "127.0.0.1:{port}";
  count = 1;
  milter = yes;
  timeout = 20s;
  upstream "local" {{ default = yes; self_scan = yes; }}
}}
actions {{ greylist = 1; add_header = 100; reject = 200; }}
redis {{ servers = "127.0.0.1:{redis}"; }}
greylist {{ timeout = {delay}; check_local = true; }}
modules {{ path = "/usr/share/rspamd/plugins/greylist.lua"; }}
lua = "{home}/rule.lua";
"""


class Redis(Program):
    def __init__(self):
        super().__init__("redis")
        self.port = free_port()
        self.launch([STORES[0], "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", self.dir])
        self.await_port(self.port)


class Rspamd(Program):
    def __init__(self, redis, delay):
        super().__init__("rspamd")
        self.port = free_port()
        with open(f"{self.dir}/rule.lua", "w", encoding="ascii") as rule:
            rule.write(RULE)
        # It would compile ten thousand suffixes of domains for some seconds.
        with open(f"{self.dir}/suffixes", "w", encoding="ascii") as suffixes:
            suffixes.write("test\n")
        with open(f"{self.dir}/rspamd.conf", "w", encoding="ascii") as conf:
            conf.write(CONFIG.format(home=self.dir, port=self.port, redis=redis, delay=delay))
        shutil.chown(self.dir, USER, USER)
        self.launch(["/usr/bin/rspamd", "-f", "-u", USER, "-g", USER, "-c", f"{self.dir}/rspamd.conf"])
        self.await_port(self.port)
