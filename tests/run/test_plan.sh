#!/bin/sh
# `sluice plan`: what a run would do and cost, to the cent, and not a cent spent.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C
forecast() { # flags: the plan of place.yaml as JSON in plan.json, messages in plan.txt, the exit code in $code
    "$SLUICE" --state-dir "$home/state" plan place.yaml --json "$@" >plan.json 2>plan.txt
    code=$?
}
part() { # KEY: a number or text of the plan, of its first service when it stands only there
    sed 's/"services":.*//' plan.json | sed -n "s/.*\"$1\":\"\{0,1\}\([-0-9.a-z_]*\).*/\1/p"
}
of_service() { # KEY
    sed 's/.*"services"://' plan.json | sed -n "s/.*\"$1\":\"\{0,1\}\([-0-9.]*\).*/\1/p"
}
snapshot() { find state orders.db rejected.csv -type f -size +0 ! -name '*-shm' -exec cksum {} + 2>/dev/null | sort; }

start_sandbox --fault charge-always --option credit=100.00
csv 100 10 >imeis.csv
sed -n '2p' imeis.csv >>imeis.csv
pipeline
forecast
check "nothing was ordered yet: all is new" "$code $(part read) $(part new) $(part invalid) $(part twice)" "0 101 90 10 1"
check "what it costs" "$(part cost) $(part balance) $(part balance_after)" "7.20 100.00 92.80"
check "by service" "$(of_service new) $(of_service ordered) $(of_service cost)" "90 0 7.20"
check "no paid request was made" "$(books charged)" 0
check "and nothing was made in the state directory" "$(ls -A state 2>/dev/null)" ""
check "no store, no rejects" "$(ls orders.db rejected.csv 2>/dev/null)" ""
planned=$(part cost)
run
check "the run spends what was planned" "$(sum spent) $(sum placed)" "$planned 90"
check "and leaves what was planned" "$("$SLUICE" balance gsm_fusion --json | sed 's/.*"balance":"\([0-9.]*\)".*/\1/')" 92.80

before=$(snapshot)
csv 110 10 >imeis.csv
forecast
check "what is ordered is known" "$code $(part new) $(part duplicate) $(part cost)" "0 9 90 0.72"
check_match "with the newest order" "$(cat plan.json)" '"newest":\{"order_id":"50000[0-9]+","date":"20'
check "the ledger and the store are as they were" "$(snapshot)" "$before"
text=$("$SLUICE" --state-dir state plan place.yaml)
check_match "as text: the new ones" "$text" 'new +9 +for 0\.72'
check_match "the known ones" "$text" 'ordered +90 +the newest on 20.* UTC, order 50000'
check_match "rows without an order" "$text" 'invalid +11'
check_match "the cost, and what it leaves" "$text" '^cost 0\.72.*balance 92\.80.*afterwards 92\.08'

# Caps.
pipeline "" "spend: {max_run: 0.40}"
forecast
check "max_run: which rule, at which row" "$(part rule) $(part row) $(part placed) $(part cost) $(part cost_of_all)" \
    "max_run 107 5 0.40 0.72"
check_match "as text" "$("$SLUICE" --state-dir state plan place.yaml)" 'spend\.max_run stops the run at row 107: 5 of 9'
pipeline "" "spend: {max_day: 7.50}"
forecast
check "max_day: what earlier runs have spent counts" "$(part rule) $(part placed)" "max_day 3"
planned=$(part cost)
run
check "the run ends there" "$code $(sum spent) $(sum placed)" "12 $planned 3"
check_match "and names the row" "$(cat err.txt)" 'not attempted: rows 105'
pipeline "" "spend: {max_run: 100, reserve: 92.40}"
forecast
check "reserve" "$(part rule) $(part placed)" "reserve 2"
planned=$(part cost)
run
check "the run keeps it" "$code $(sum spent)" "12 $planned"
pipeline "" "spend: {max_price: 0.05}"
forecast
check "max_price: too dear is invalid" "$(part new) $(part invalid) $(part cost)" "0 15 0.00"

# Repeats.
pipeline
forecast --repeat
check "--repeat" "$(part new) $(part repeats) $(part cost)" "99 95 7.92"
planned=$(part cost)
forecast --limit 10
check "--limit" "$(part read) $(part new)" "10 0"
run --repeat
check "costs what was planned" "$(sum spent) $(sum repeats)" "$planned 95"
check "nobody was charged for a plan" "$(books most_charges)" 2

# Another store than before.
pipeline
run
check "a run says which store it writes to" "$(grep -c "place: writes to SQLite .*/orders.db, table orders" err.txt) $(echo "$summary" | grep -c '"stores":\["SQLite [^"]*/orders.db, table orders"\]')" "1 1"
sed -i 's/orders.db/other.db/' place.yaml
forecast
check "another store: what the run ends with" "$code $(part new) $(ls other.db 2>/dev/null)" "78 0 "
check_match "and why" "$(cat plan.txt)" "orders of 'place' have been kept in SQLite .*/orders.db.*--store-changed"
run
check "so it does" "$code" 78
forecast --store-changed
check "it is meant" "$code $(ls other.db 2>/dev/null)" "0 "

forecast --retry nothing
check "--retry: a mistake" "$code" 64
stop_sandbox

# An account that runs dry.
rm -rf state orders.db* rejected.csv
start_sandbox --option credit=0.50
csv 10 >imeis.csv
forecast
check "the balance isn't enough" "$(part rule) $(part row) $(part placed) $(part balance_after)" "balance 8 6 0.02"
planned=$(part cost)
run
check "and the run finds it so" "$code $(sum spent)" "12 $planned"

# A state directory that was lost: the store and the provider know what was ordered.
rm -rf state orders.db* rejected.csv
stop_sandbox
start_sandbox
csv 10 >imeis.csv
pipeline
run --limit 6
rm -rf state
forecast
check "what the provider lists is ordered" "$code $(part new) $(part duplicate) $(part cost)" "0 4 6 0.32"
check "and nothing was made" "$(ls -A state 2>/dev/null)" ""
planned=$(part cost)
cp -r orders.db kept.db
run
check "the run finds it so" "$code $(sum placed) $(sum duplicate) $(sum spent)" "0 4 6 $planned"
rm -rf state
settle=none pipeline
cp kept.db orders.db
forecast
check "without a list the store knows" "$code $(part new) $(part duplicate)" "0 4 6"
pipeline
stop_sandbox

# In doubt, and settled by the list before the next run pays.
rm -rf state orders.db* rejected.csv
start_sandbox --fault http-500=every:5
csv 10 >imeis.csv
settle=none pipeline
run
doubts=$(sum in_doubt)
pipeline
forecast
check "what would be settled is ordered" "$code $(part in_doubt) $(part duplicate) $(part new)" "0 0 10 0"
check "and still in doubt: a plan writes nothing" "$(ledger_count in_doubt)" "$doubts"
run
check "the run settles it" "$code $(sum duplicate) $(sum placed) $(sum settled)" "0 10 0 $doubts"

# A ledger that was lost: the store has the orders, and when they were ordered.
mv state state.lost
forecast
check "what the store has is ordered" "$code $(part duplicate) $(of_service ordered) $(part new)" "0 10 10 0"
check_match "with the date that the store or the provider has" "$(cat plan.json)" \
    '"newest":\{"order_id":"?[a-z0-9]+"?,"date":"20[0-9-]{8} [0-9:]{8}"\}'
text=$("$SLUICE" --state-dir state plan place.yaml)
check_match "as text" "$text" 'ordered +10'
check "no day of 1970" "$(echo "$text" | grep -c 1970)" 0
check "and no ledger is made" "$(ls -A state 2>/dev/null)" ""
rm -rf state
mv state.lost state
stop_sandbox
start_sandbox --option credit=0.50

# What a plan can't do.
cat >free.yaml <<EOF2
source: {csv: {path: imeis.csv}}
sinks: [csv: {path: out.csv}]
EOF2
"$SLUICE" plan free.yaml >out.txt 2>err.txt
check "a pipeline that doesn't spend" "$? $(cat out.txt)" "64 "
check_match "is told so" "$(cat err.txt)" 'nothing to plan'
sed -i 's/path: imeis.csv/path: "-"/' place.yaml
csv 3 0 501 >three.csv
"$SLUICE" --state-dir other plan place.yaml <three.csv >out.txt 2>err.txt
check "standard input" "$? $(grep -c 'new  *3 ' out.txt)" "0 1"
check "and still no state directory" "$(ls -d other 2>/dev/null)" ""
plan
