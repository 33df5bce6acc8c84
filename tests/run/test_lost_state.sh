#!/bin/sh
# The state directory is deleted after a run, and the same command runs again: what the store has and what the
# provider lists counts as ordered before anything is paid, even where one of the two is gone as well.
#     ROWS=20000 tests/run/test_lost_state.sh
# TABLE=FILE takes the rows of a table, in Markdown.
. "$(dirname "$0")/lib.sh"
rows=${ROWS:-200}
table=${TABLE:-/dev/null}
begin_store
start_sandbox --fault charge-always
csv "$rows" >imeis.csv

again() { # WHAT: the same command; its time and the most memory that it had
    begun=$(date +%s%3N)
    preload="$here/peak.py peak.txt"
    run
    preload=
    milliseconds=$(($(date +%s%3N) - begun))
    check "$1: every order is found, nothing is paid" \
        "$code $(sum read) $(sum duplicate) $(sum placed) $(sum spent) $(books charged) $(sums_hold)" \
        "0 $rows $rows 0 0.00 $rows yes"
    echo "| $1 | $rows | $(sum duplicate) | $(sum placed) | $(books charged) | $code | $(printf '%d.%02d' $((milliseconds / 1000)) $((milliseconds % 1000 / 10))) | $(($(cat peak.txt) / 1024)) |" >>"$table"
}

pipeline "limits: {concurrency: 30}"
run
check "the first time all of them are placed" "$code $(sum placed) $(books charged)" "0 $rows $rows"
again "nothing is deleted"
rm -rf state
again "the state directory is deleted"
check "the ledger has them again" "$(ledger_count exists)" "$rows"
rm -rf state && drop_store
again "the state directory and the store are deleted"
check "the ledger has them again" "$(ledger_count exists)" "$rows"
rm -rf state && drop_store
# A provider whose list goes back not far, with the store as it was.
stop_sandbox
start_sandbox --fault charge-always --fault list-depth:10
run --limit 100
check "another provider: placed" "$code $(sum placed)" "0 100"
rm -rf state
run --limit 100
check "the list shows the last few, the store has all: nothing is paid" "$code $(sum duplicate) $(books charged)" "0 100 100"

# Killed in the middle, and then the ledger with what was in doubt is deleted: the provider lists what it took.
stop_sandbox
start_sandbox --fault charge-always --latency 2ms
rm -rf state && drop_store
"$SLUICE" --state-dir "$home/state" -q --no-progress run place.yaml --yes >/dev/null 2>err.txt &
pid=$!
while [ "$(books charged)" -lt $((rows / 4)) ]; do kill -0 "$pid" 2>/dev/null || break; done
kill -9 "$pid" 2>/dev/null
wait "$pid" 2>/dev/null
rm -rf state
run
check "killed, then the state is deleted: the rest is ordered, nobody is charged twice" \
    "$code $(books charged) $(books most_charges) $(sums_hold)" "0 $rows 1 yes"
plan
