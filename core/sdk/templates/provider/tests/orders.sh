#!/bin/sh
# The plugin and its sandbox, as a user runs them: what is ordered is paid once, whatever goes wrong.
#
#     tests/orders.sh     SLUICE: the program (sluice); PLUGIN_DIR: where @name@.so is (the plugin's folder)
set -eu
plugin=$(cd "$(dirname "$0")/.." && pwd)
sluice=${SLUICE:-sluice}
SLUICE_PLUGIN_PATH=$(cd "${PLUGIN_DIR:-$plugin}" && pwd)
export SLUICE_PLUGIN_PATH @NAME@_USERNAME=tester @NAME@_API_KEY=sandbox-key @NAME@_ACCOUNT=tester
unset SUPABASE_URL
work=$(mktemp -d)
sandbox=
finish() {
    [ -z "$sandbox" ] || kill "$sandbox" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 129' HUP INT TERM
cd "$work"
cp "$plugin"/*.yaml "$plugin/input.csv" .

start() { # [FLAG]…: of `sluice sandbox`
    mkfifo address
    "$sluice" sandbox @name@ --listen 127.0.0.1:0 --state books --json "$@" >address 2>summary &
    sandbox=$!
    # What it says when it can't start is in the summary.
    read -r @NAME@_BASE_URL <address || fail "there is no sandbox: $(cat summary)"
    export @NAME@_BASE_URL
    rm address
}
stop() {
    kill "$sandbox"
    wait "$sandbox" || true
    sandbox=
}
run() { # FILE EXIT-CODE
    code=0
    "$sluice" --state-dir state run "$1" --yes -q >out 2>err || code=$?
    [ "$code" -eq "$2" ] || fail "$1: exit code $code, not $2: $(cat err)"
}
charged() { # COUNT: so many orders were paid for, each once; the sandbox has stopped
    grep -q "\"charged\": *\"\{0,1\}$1\"\{0,1\}[,}]" summary || fail "not $1 orders were charged: $(cat summary)"
}
fail() {
    echo "not ok: $1" >&2
    exit 1
}

"$sluice" lint place.yaml check.yaml || fail "lint finds something"

# Ordered once; the same file again orders nothing.
start
run place.yaml 0
run place.yaml 0
stop
charged 3

# The results come.
start --option complete_after=0s
run check.yaml 0
stop
[ "$("$sluice" --state-dir state orders count --status Completed)" = 3 ] || fail "not all orders are completed"

# The reply to the first order gets lost after it was charged. It is in doubt, until the provider's list has it.
rm -rf state books imei_orders.db*
start --fault http-500=first
run place.yaml 0
run place.yaml 0
stop
charged 3

# Words that mean "not charged": faults that sandbox.c names.
for fault in maintenance auth no-credit; do
    rm -rf state books imei_orders.db*
    start --fault "$fault"
    code=0
    timeout -s INT 20 "$sluice" --state-dir state run place.yaml --yes -q >out 2>err || code=$?
    [ "$code" -ne 0 ] || fail "$fault: the run has nothing to say"
    stop
    charged 0
    start
    run place.yaml 0
    stop
    charged 3
done
echo "ok"
