#!/bin/sh
# So many orders in doubt after a kill that nothing more is ordered: the plan and the run say so beforehand, what
# to type, and when; and what they say is what happens.
. "$(dirname "$0")/lib.sh"
: "${SLUICE_CRASHING:?names the program with crash points}"
forecast() { "$SLUICE" --state-dir state plan place.yaml --json >plan.json 2>plan.txt; }
part() { sed 's/"services":.*//' plan.json | sed -n "s/.*\"$1\":\"\{0,1\}\([-0-9.a-z_]*\).*/\1/p"; }
in_doubt() { sqlite3 state/ledger.db 'select count(*) from orders where state = 4'; }
# As long ago: nothing here waits for what the time-out and settle_after ask for.
age() { sqlite3 state/ledger.db "update orders set sent_ms = sent_ms - $1 * 60000 where state = 4; update missed set at_ms = at_ms - $1 * 60000"; }
clock='20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} UTC'

# It dies with calls under way of which no byte was sent. The provider's list is whole.
csv 60 >imeis.csv
settle=complete
pipeline "limits: {concurrency: 8, timeout: 1s}" "spend: {max_run: 100, max_in_doubt: 8}"
start_sandbox --fault charge-always --fault foreign-order
SLUICE_TEST_CRASH=sending:2 "$SLUICE_CRASHING" --state-dir state run place.yaml --yes >/dev/null 2>err.txt
lost=$(sqlite3 state/ledger.db 'select count(*) from orders where state = 2')
check "more are under way than may be in doubt" "$((lost >= 8))" 1
forecast
check "the plan knows that nothing will be ordered" "$(part rule) $(part placed) $(part cost) $(part account_in_doubt)" "max_in_doubt 0 0.00 $lost"
check_match "it says so" "$("$SLUICE" --state-dir state plan place.yaml)" \
    "^$lost orders of the account are in doubt, spend\.max_in_doubt allows fewer than 8: nothing is ordered .*; ask again with 'sluice ledger settle -f place\.yaml' after $clock\$"
check_match "when, as JSON" "$(cat plan.json)" '"ask_again_after":"20'
check "what a run would order, were it not for that" "$(part cost_of_all | sed 's/\.//; s/^0*//')" "$(($(part new) * 8))"
charged=$(books charged)
"$SLUICE" --state-dir state run place.yaml --json </dev/null >out.json 2>err.txt
code=$? summary=$(grep '"type":"summary"' out.json | tail -1)
check "nobody is asked whether to order what can't be ordered" "$code $(sum placed) $(sum spent) $(sums_hold)" "11 0 0.00 yes"
check_match "the run says it beforehand" "$(sed -n '/allows fewer than 8/p' err.txt)" "$lost orders .*ask again with 'sluice ledger settle -f place\.yaml' after $clock"
check "once" "$(grep -c 'allows fewer than 8' err.txt)" 1
check_match "and at its end" "$(cat err.txt)" "too many orders are in doubt \($lost\); placing stops: ask again .* after $clock"
check "it announces no orders" "$(grep -c 'placing [0-9]' err.txt)" 0
check "what is known is answered" "$((($(sum duplicate) + $(sum in_doubt)) > lost))" 1
check "and nothing is charged" "$(books charged)" "$charged"

# At the time that it says.
due=$(sed -n 's/.*placing stops: .* after \(.*\) UTC.*/\1/p' err.txt)
sent=$(sqlite3 state/ledger.db 'select max(sent_ms) / 1000 from orders where state = 4')
check_most "the time is that of settle_after behind the time-out" "$(($(date -u -d "$due" +%s) - sent))" 662
check_most "not before" 600 "$(($(date -u -d "$due" +%s) - sent))"
sqlite3 state/ledger.db 'delete from missed'
age 12
"$SLUICE" --state-dir state ledger settle -f place.yaml >out.txt 2>err.txt
check "the first list" "$? $(in_doubt)" "11 $lost"
check_match "says when the second one may decide" "$(cat err.txt)" "$lost of these may be decided when this is run again after $clock"
forecast
check "nothing is ordered until then" "$(part rule) $(part cost)" "max_in_doubt 0.00"
age 2
forecast
check "then the plan has what the run will settle" "$(part rule)$(part cost)" "$(part cost_of_all)"
planned=$(part cost)
run
check "and the run settles them first, and orders" "$code $(sum settled) $(sum spent)" "0 $lost $planned"
check "each once" "$(books charged) $(books most_charges) $(stored)" "60 1 60"
stop_sandbox

# A few in doubt are in nobody's way, and only those that stay count.
rm -rf state orders.db*
settle=
pipeline "limits: {concurrency: 8, timeout: 1s}" "spend: {max_run: 100, max_in_doubt: 8}"
start_sandbox --fault charge-always --fault http-500=every:6
run --limit 30
check "settled within the run" "$code $(sum placed) $(in_doubt)" "0 30 0"
stop_sandbox
plan
