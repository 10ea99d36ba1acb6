#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tenax, as a build has it, for a harness that measures mail queue managers side by side. Called with one verb; wants
# PERF_ROOT (an empty directory), PERF_SMTP (127.0.0.1:PORT to listen at), PERF_PORT (of all destinations), PERF_HOLD (not
# empty: accept only, until `release`) and TENAX_BIN (default: build/release/bin beside this file's tree).
set -eu
: "${PERF_ROOT:?}" "${PERF_PORT:?}" "${PERF_SMTP:?}"
TENAX_BIN=${TENAX_BIN:-$(cd "$(dirname "$0")/../.." && pwd)/build/release/bin}
CONFIG=$PERF_ROOT/tenax.toml
STATE=$PERF_ROOT/state
# Where a deferred message may wait: long, so that a backlog is never due.
BACKOFF=${PERF_BACKOFF:-4h}

# The default configuration, but for where things are and how long a deferred message waits.
write_config() {
    {
        echo "state = \"$STATE\""
        echo 'hostname = "perf.test"'
        echo '[smtp]'
        echo "listen = [\"$PERF_SMTP\"]"
        echo '[retry]'
        echo "first_delay = \"$BACKOFF\""
        echo "longest_delay = \"$BACKOFF\""
        echo '[delivery]'
        if [ -n "${PERF_HOLD:-}" ]; then echo 'paused = true'; else echo 'paused = false'; fi
        echo '[log]'
        echo "to = \"$PERF_ROOT/log\""
        i=0
        while [ $i -lt 100 ]; do
            printf '[[route]]\ndomains = ["d%d.test"]\nto = "[127.0.1.%d]:%s"\n' $i $((i + 1)) "$PERF_PORT"
            i=$((i + 1))
        done
        printf '[[route]]\ndomains = ["slow.test"]\nto = "[127.0.2.1]:%s"\n' "$PERF_PORT"
        printf '[[route]]\ndomains = ["dead.test"]\nto = "[127.0.2.2]:%s"\n' "$PERF_PORT"
    } >"$CONFIG"
}

# The program for submitters has no option that names a configuration: it finds ours where an installed one lies, by a
# link while the daemon runs. Where there is one already, by the environment, at the price of one more exec.
INSTALLED=/etc/tenax/tenax.toml
is_installed() { [ -e "$INSTALLED" ] && [ ! -L "$INSTALLED" ]; }
link() { is_installed || { mkdir -p "${INSTALLED%/*}" && ln -sfn "$CONFIG" "$INSTALLED"; }; }
unlink() { if [ "$(readlink "$INSTALLED")" = "$CONFIG" ]; then rm "$INSTALLED"; fi; }

ctl() { "$TENAX_BIN/tenax" --config "$CONFIG" "$@"; }

case ${1:-} in
info)
    echo "caps=smtp hold slow routes flush"
    if is_installed; then
        echo "sendmail=/usr/bin/env TENAX_CONFIG=$CONFIG $TENAX_BIN/tenax-sendmail -i -f perf@sender.test"
    else
        echo "sendmail=$TENAX_BIN/tenax-sendmail -i -f perf@sender.test"
    fi
    echo "version=$("$TENAX_BIN/tenaxd" --version)"
    ;;
setup) write_config ;;
start)
    write_config
    link
    "$TENAX_BIN/tenaxd" --config "$CONFIG" >>"$PERF_ROOT/start.log" 2>&1 &
    echo $! >"$PERF_ROOT/pid"
    i=0
    until ctl --json >/dev/null 2>&1 && [ -S "$STATE/run/control.sock" ]; do
        i=$((i + 1))
        [ $i -lt 300 ] || exit 1
        sleep 0.1
    done
    ;;
stop)
    pid=$(cat "$PERF_ROOT/pid")
    unlink
    kill "$pid"
    i=0
    while kill -0 "$pid" 2>/dev/null && [ $i -lt 600 ]; do i=$((i + 1)); sleep 0.1; done
    ;;
hold) PERF_HOLD=1 write_config ;;
release)
    PERF_HOLD='' write_config
    kill -HUP "$(cat "$PERF_ROOT/pid")"
    ;;
flush) ctl flush >/dev/null ;;
count) ctl --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["messages"])' ;;
wipe) rm -rf "$STATE" ;;
*) echo "unknown verb" >&2; exit 64 ;;
esac
