#!/bin/sh
# Runs on one ledger in Postgres, as if on many machines: each has a state directory of its own. Whatever becomes
# of them, each identifier is charged once, nothing is lost, and the caps hold over all of them.
. "$(dirname "$0")/lib.sh"
rows=${ROWS:-1200}
start_stack db pooler
export LEDGER_URL

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
}
finish_of() { # NAME
    eval "wait \$$1_pid" 2>/dev/null
    code=$?
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
place_pipeline() { # [EXTRA-OF-SPEND [LATENCY-LIMITS]]
    settle=${settle_with:-} pipeline "limits: {concurrency: 10, timeout: 1s}" "spend: {max_run: 100000.00${1:+, $1}}
state: {ledger: \"\${LEDGER_URL}\", lease: 2s}"
    sed -i '/^on_reject:/,/rejected.csv/d' place.yaml
}
cut() { csv "$rows" 0 1 | awk -v from="$2" -v to="$3" 'NR == 1 || (NR > from && NR <= to + 1)' >"$1.csv"; } # NAME FROM TO

# --- two with the same input ---
together() { # WHERE URL
    LEDGER_URL=$2
    begin --latency 3ms
    place_pipeline
    cut r1 1 "$rows"; cp r1.csv r2.csv
    start r1; start r2
    finish_of r1; one=$(sum placed)
    check "$1: the first: 0, its sums hold" "$code $(sums_hold)" "0 yes"
    finish_of r2; two=$(sum placed)
    check "$1: the second: 0, its sums hold" "$code $(sums_hold)" "0 yes"
    check "$1: each was charged once, by one of them" "$(books charged) $(books most_charges) $((one + two))" "$rows 1 $rows"
    check "$1: both had their part" "$((one > 0)) $((two > 0))" "1 1"
    check "$1: what each has placed is in its store" "$(sqlite3 r1.db 'SELECT count(*) FROM orders') $(sqlite3 r2.db 'SELECT count(*) FROM orders')" "$one $two"
    check "$1: nothing waits, no record is kept" "$(sql 'SELECT (SELECT count(*) FROM sluice.outbox) + (SELECT count(*) FROM sluice.records)')" 0
    start r1; finish_of r1
    check "$1: again, all are duplicates" "$code $(sum duplicate) $(books charged)" "0 $rows $rows"
}
together direct "$STACK_DB_URL"
together pooler "$STACK_POOLER_URL"

# --- a cap holds over all of them, to the cent ---
LEDGER_URL=$STACK_POOLER_URL
begin --latency 3ms
place_pipeline 'max_day: 40.00'
cut r1 1 600; cut r2 401 1000; cut r3 801 1200
start r1; start r2; start r3
codes=
for name in r1 r2 r3; do finish_of $name; codes="$codes $code $(sums_hold)"; done
check "the cap: all stop at it" "$codes" " 12 yes 12 yes 12 yes"
check "the cap: what was charged is what it allows" "$(books charged) $(books most_charges) $(of_state 3)" "500 1 500"

# --- four, two of which are killed, one stopped across its lease and woken, one cut off ---
disaster() { # WHERE URL
    LEDGER_URL=$2
    begin --latency 15ms
    place_pipeline 'max_in_doubt: 1000'
    cut r1 1 $((rows / 2)); cut r2 $((rows / 4)) $((rows * 3 / 4)); cut r3 $((rows / 2)) "$rows"
    cut r4 $((rows * 3 / 4)) "$rows"; cut r5 1 $((rows / 4)); sed 1d r5.csv >>r4.csv; cut r5 1 "$rows"
    start_relay "$2"
    start r1; start r2; start r3; start r4 "$RELAY_URL"
    until_charged $((rows / 8)) r1; kill -9 "$r1_pid"
    until_charged $((rows / 4)) r2; kill -STOP "$r2_pid"
    until_charged $((rows * 3 / 8)) r4; relay cut
    until_charged $((rows / 2)) r3; kill -9 "$r3_pid"
    finish_of r1; finish_of r3; finish_of r4
    check "$1: cut off: it ends by itself, its sums hold" "$((code == 69 || code == 74 || code == 75)) $(sums_hold)" "1 yes"
    check_match "$1: cut off: it says so" "$(cat r4.txt)" "the ledger on Postgres at .* (can't be reached|doesn't answer)"
    cp r4.txt r4-cut.txt; relay join
    until_dead
    start r5; finish_of r5
    check "$1: whoever comes then takes over: its sums hold" "$(sums_hold) $((code == 0 || code == 11))" "yes 1"
    check "$1: nothing is left that nobody looks after" "$(sql 'SELECT count(*) FROM sluice.orders WHERE state IN (1, 2)')" 0
    charged=$(books charged) doubt=$(of_state 4)
    kill -CONT "$r2_pid"; finish_of r2
    check "$1: woken, it pays for nothing more" "$(books charged)" "$charged"
    check "$1: woken, it says why, its sums hold" "$((code == 75 || code == 11)) $(sums_hold) $(grep -c 'take this one for dead' r2.txt)" "1 yes 1"
    check_most "$1: what it was told while it was stopped is news: fewer are in doubt" "$(of_state 4)" "$doubt"
    stop_relay
    for name in r1 r2 r3 r4 r5; do start $name; finish_of $name; done
    check "$1: nobody was charged twice" "$(books most_charges)" 1
    check "$1: every row is placed or in doubt" "$(($(of_state 3) + $(of_state 4)))" "$rows"
    check "$1: what is placed is in a store" "$(in_stores)" "$(of_state 3)"
    check_most "$1: charged, and neither placed nor in doubt" $(($(books charged) - $(of_state 3) - $(of_state 4))) 0
    check "$1: the last one names what is in doubt" "$code $(sum in_doubt)" "$([ "$(of_state 4)" = 0 ] && echo 0 || echo 11) $(of_state 4)"
}
disaster direct "$STACK_DB_URL"
disaster pooler "$STACK_POOLER_URL"
check "nothing was said of the password" "$(grep -rlF "$STACK_PASSWORD" . --include='*.txt' --include='*.json' | wc -l | tr -d ' ')" 0
plan
