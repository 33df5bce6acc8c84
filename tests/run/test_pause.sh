#!/bin/sh
# `sluice ledger pause`: runs under way stop ordering, new ones don't begin to.
. "$(dirname "$0")/lib.sh"
ledger() { "$SLUICE" --state-dir "$home/state" ledger "$@"; }
start_sandbox --fault charge-always --latency 50ms
csv 3 >imeis.csv
pipeline
run
check "before" "$code $(sum placed)" "0 3"

check_match "pause says so" "$(ledger pause --reason 'prices are being checked')" \
    '^paused since 20.* UTC by .*: prices are being checked; runs under way end with 12'
check_match "as JSON" "$(ledger pause --json --reason 'prices are being checked')" \
    '^\{"paused":true,"since":"20[^"]*","who":"[^"]*","reason":"prices are being checked"\}$'
check_match "again, without a word: what was said stands" "$(ledger pause)" 'prices are being checked'
check_match "with another one: that is said" "$(ledger pause --reason 'it is late')" 'by .*: it is late'
ledger pause --reason 'prices are being checked' >out.txt
run
check "what is known is answered all the same" "$code $(sum duplicate)" "0 3"
csv 5 >imeis.csv
run
check "nothing new is ordered" "$code $(sum placed) $(sum duplicate) $(sum skipped)" "12 0 3 2"
check_match "and why" "$(cat err.txt)" 'the ledger is paused since .*: prices are being checked; nothing more is ordered before .sluice ledger resume.'
check_match "what isn't attempted is named" "$(cat err.txt)" 'not attempted: rows 5-6'
check "the sums hold" "$(sums_hold)" yes
"$SLUICE" --state-dir "$home/state" run place.yaml </dev/null >out.txt 2>err.txt
check "nobody is asked" "$?" 12
check_match "the plan knows" "$("$SLUICE" --state-dir "$home/state" plan place.yaml)" 'the ledger is paused since'
check_match "the plan as JSON, too" "$("$SLUICE" --state-dir "$home/state" plan place.yaml --json)" '"paused":"paused since'

check "resume" "$(ledger resume)" "resumed: runs order again"
check "twice" "$(ledger resume)" "the ledger wasn't paused"
check "as JSON" "$(ledger resume --json)" '{"paused":false,"since":null,"who":null,"reason":null}'
run
check "and it goes on" "$code $(sum placed) $(sum duplicate)" "0 2 3"

# A run under way: 6,000 orders would take 30 s; it is paused once it has begun.
csv 6000 >imeis.csv
pipeline "limits: {concurrency: 10}"
"$SLUICE" --state-dir "$home/state" run place.yaml --yes --json >out.json 2>err.txt &
process=$!
until grep -q '"state":"placed"' out.json; do kill -0 "$process" || break; sleep 0.02; done
ledger pause >/dev/null
wait "$process"
code=$? summary=$(grep '"type":"summary"' out.json | tail -1)
check "ends with 12" "$code" 12
check_most "soon" "$(sum placed)" 3000
check "no call is cut off" "$(sum in_doubt) $(sum failed) $(sums_hold)" "0 0 yes"
check "what was placed is stored" "$(stored)" "$(($(sum placed) + 5))"
check "and what was charged was placed" "$(books charged) $(books most_charges)" "$(($(sum placed) + 5)) 1"
ledger pause more >out.txt 2>&1
check "an operand too many" "$?" 64

for verb in pause resume list export "show 1"; do
    # shellcheck disable=SC2086
    "$SLUICE" --state-dir "$home/mistyped/state" ledger $verb >out.txt 2>err.txt
    check "$verb where no ledger is: nothing is made" "$? $(ls -d mistyped 2>/dev/null)" "66 "
    check_match "$verb: that is said" "$(cat err.txt)" 'there is no ledger at .*/mistyped/state/ledger\.db'
done
plan
