#!/bin/sh
# Ordering again what was ordered before: only when it is asked for, once a run, never what is open.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C
generations() { # GEN: orders of that generation in the ledger
    "$SLUICE" --state-dir "$home/state" ledger list --json | grep -c "\"generation\":$1,"
}
start_sandbox --fault charge-always
csv 10 >imeis.csv
sed -n '2p' imeis.csv >>imeis.csv # the first one stands twice
pipeline
run
check "the first time" "$code $(sum placed) $(sum duplicate) $(sum repeats)" "0 10 1 0"
run
check "without a word nothing is ordered again" "$code $(sum placed) $(sum duplicate)" "0 0 11"

run --repeat
check "--repeat: each once, also what stands twice" "$code $(sum placed) $(sum duplicate) $(sum repeats)" "0 10 1 10"
check "the sums hold" "$(sums_hold)" yes
check_match "the question names them" "$(cat err.txt)" 'placing 10 orders \(of which 10 repeats\)'
check_match "the summary, too" "$(cat err.txt)" '10 placed for 0\.80.* \(of which 10 repeats\)'
check "the list says so" "$("$SLUICE" --state-dir state ledger list | grep -c ' generation 2')" 10
check "a generation more" "$(generations 1) $(generations 2) $(generations 3)" "10 10 0"
check_match "each is told of" "$(grep -c '"generation":2' out.json)" '^10$'
identifier=$(sed -n '2s/,.*//p' imeis.csv)
check_match "ledger show has both" "$("$SLUICE" --state-dir state ledger show "$identifier")" 'generation +2'
check_match "and why" "$("$SLUICE" --state-dir state ledger show "$identifier")" 'claimed .*ordered again'
check "the sandbox has as many charges" "$(books charged) $(books most_charges)" "20 2"
check "the store has a row an order" "$(stored)" 20
run
check "afterwards all is known again" "$code $(sum duplicate)" "0 11"

# By age.
pipeline "" "spend: {max_run: 100, repeat_after: 30d}"
run
check "repeat_after: nothing is so old yet" "$code $(sum duplicate)" "0 11"
sqlite3 state/ledger.db "UPDATE orders SET sent_ms = sent_ms - 31 * 86400000, claimed_ms = claimed_ms - 31 * 86400000 WHERE row IN (2, 3)"
run
check "what is older is ordered again" "$code $(sum placed) $(sum repeats) $(sum duplicate)" "0 2 2 9"
run
check "and is young again" "$code $(sum duplicate)" "0 11"
stop_sandbox

# What the provider rejected: only on --retry rejected, and it is a generation more each time.
rm -rf state orders.db* rejected.csv
start_sandbox
csv 10 | awk -F, 'BEGIN { OFS = "," } NR == 4 || NR == 8 { $1 = substr($1, 1, 14) (substr($1, 15) + 1) % 10 } { print }' >imeis.csv
pipeline
sed -i 's/imei: {}/imei: {check: digits}/' place.yaml
run
check "two have a wrong check digit" "$code $(sum placed) $(sum rejected)" "10 8 2"
run --repeat --limit 4
check "--repeat isn't for them" "$code $(sum rejected) $(sum repeats) $(generations 2)" "11 1 0 3"
again=$("$SLUICE" --state-dir state ledger list --state in_doubt --json | sed -n 's/^{"key":"\([0-9a-f]*\)".*/\1/p' | head -1)
check_match "a repeat that wasn't bought: the first order stands" \
    "$("$SLUICE" --state-dir state ledger resolve "$again" --not-placed --reason "no second one there")" \
    "isn't bought once more; the order before it stands"
run
check "and counts" "$(sum placed) $(sum duplicate) $(sum in_doubt)" "0 6 2"
run --retry rejected
check "--retry rejected: refused again" "$code $(sum rejected) $(ledger_count rejected)" "11 2 4"
run --retry rejected
check "and again" "$(sum rejected) $(generations 3)" "2 2"
run
check "without it the last reason holds, and is kept once" "$(sum rejected) $(grep -c 'rejected_before.*Invalid IMEI' rejected.csv)" "2 2"
run --retry everything
check "--retry takes nothing else" "$code" 64
stop_sandbox

# In doubt: whatever is forced, it isn't sent again.
settle=none
rm -rf state orders.db* rejected.csv
start_sandbox --fault charge-always --fault http-500=every:5
csv 10 >imeis.csv
pipeline
run
check "two in doubt" "$code $(sum in_doubt)" "11 2"
run --repeat --retry rejected
check "the others are ordered again" "$(sum repeats)" "$((8 - $(sum in_doubt) + 2))"
check "no open row has a generation behind it" "$(sqlite3 state/ledger.db "SELECT count(*) FROM orders AS o JOIN orders AS n \
    ON n.key = o.key AND n.gen > o.gen WHERE o.state IN (1, 2, 4)")" 0

# A ledger that is new: what the store has was ordered when the store says, as far as that is known.
stop_sandbox
rm -rf state orders.db* rejected.csv
start_sandbox --fault charge-always
csv 2 >imeis.csv
pipeline
run
sqlite3 orders.db "update orders set order_date = '2024-01-02 03:04:05' where id = 1; update orders set order_date = null where id = 2"
rm -rf state
run
check "found in the store" "$code $(sum placed) $(ledger_count exists)" "0 0 2"
check "with its date there, or that of today" "$(sqlite3 state/ledger.db "select datetime(min(claimed_ms) / 1000, 'unixepoch'), max(claimed_ms) / 1000 > strftime('%s', 'now', '-1 day') + 0 from orders")" \
    "2024-01-02 15:04:05|1"
pipeline "" "spend: {max_run: 100.00, repeat_after: 30d}"
run
check "repeat_after counts from there" "$code $(sum repeats) $(sum duplicate)" "0 1 1"
plan
