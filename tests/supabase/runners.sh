# runners.sh - for tests of several runs on one ledger in Postgres, as if on many machines: each has a state directory
# and a store of its own, rNAME.
. "$(dirname "$0")/lib.sh"
rows=${ROWS:-1200}
start_stack db pooler
export LEDGER_URL
started= # processes of runs; none may outlive the test, least of all one that is stopped
finish_runners() {
    for pid in $started; do kill -9 "$pid" 2>/dev/null; done
    finish_all
}
trap finish_runners EXIT

start_relay() { # URL: what is behind it is at $RELAY_URL
    mkfifo "$home/relay.in" "$home/relay.out"
    address=${1##*@} address=${address%%/*}
    python3 "$stack_source/relay.py" "${address%:*}" "${address#*:}" ${2:-} <"$home/relay.in" >"$home/relay.out" 2>"$home/relay.err" &
    relay_pid=$!
    exec 5>"$home/relay.in" 6<"$home/relay.out"
    IFS= read -r relay_port <&6
    RELAY_URL="${1%@*}@127.0.0.1:$relay_port/${1##*/}"
}
relay() { echo "$1" >&5; IFS= read -r relay_says <&6; }
stop_relay() {
    exec 5>&- 6<&-
    wait "$relay_pid"
    rm -f "$home/relay.in" "$home/relay.out"
}

start() { # NAME [URL]: it runs in the background; its input is NAME.csv
    sed "s/^name: place/name: $1/; s/orders.db/$1.db/; s/imeis.csv/$1.csv/" place.yaml >"$1.yaml"
    LEDGER_URL=${2:-$LEDGER_URL} "$SLUICE" --state-dir "state-$1" run "$1.yaml" --yes --json >"$1.json" 2>"$1.txt" &
    eval "$1_pid=$!"
    started="$started $!"
}
finish_of() { # NAME
    eval "pid=\$$1_pid"
    wait "$pid" 2>/dev/null
    code=$?
    started=$(for one in $started; do [ "$one" = "$pid" ] || printf ' %s' "$one"; done)
    summary=$(grep '"type":"summary"' "$1.json" | tail -1)
}
begin() { # a new ledger, new stores, new books
    sql 'DROP SCHEMA IF EXISTS sluice CASCADE' >/dev/null
    rm -rf state-* r?.db* r?.csv
    stop_sandbox
    start_sandbox --fault charge-always "$@"
}
until_dead() { # every run that didn't end is dead to the others
    while [ "$(sql "SELECT count(*) FROM sluice.runs WHERE ended_ms IS NULL AND expires + grace_ms * interval '1 ms' >= clock_timestamp()")" != 0 ]; do
        sleep 0.05
    done
}
until_charged() { # NUMBER, or NAME has ended
    while [ "$(books charged)" -lt "$1" ]; do eval "kill -0 \$$2_pid" 2>/dev/null || break; done
}
of_state() { sql "SELECT count(*) FROM sluice.orders WHERE state = $1"; } # 3 placed, 4 in doubt
in_stores() { # orders that some store has
    for store in r?.db; do sqlite3 "$store" 'SELECT imei FROM orders'; done | sort -u | wc -l | tr -d ' '
}
place_pipeline() { # LEASE [EXTRA-OF-SPEND]
    pipeline "limits: {concurrency: 10, timeout: 1s}" "spend: {max_run: 100000.00${2:+, $2}}
state: {ledger: \"\${LEDGER_URL}\", lease: $1}"
    sed -i '/^on_reject:/,/rejected.csv/d' place.yaml
}
rows_to() { csv "$rows" 0 1 | awk -v from="$2" -v to="$3" 'NR == 1 || (NR > from && NR <= to + 1)' >"$1.csv"; } # NAME FROM TO: its input
