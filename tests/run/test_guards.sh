#!/bin/sh
# What stands between a pipeline and the money: limits, prices, services, names of accounts, typing errors.
. "$(dirname "$0")/lib.sh"
settle=none
start_sandbox --fault charge-always
try() { # NAME EXIT PLACED [run flags]: a fresh ledger and store
    name=$1 want="$2 $3"
    shift 3
    rm -rf state orders.db* rejected.csv
    run "$@"
    check "$name: exit code and orders" "$code $(sum placed)" "$want"
}

csv 100 >imeis.csv
pipeline "limits: {concurrency: 8}" "spend: {max_run: 4.00}"
try "4.00 at 0.08: fifty orders, never one more" 12 50
check "the sums hold" "$(sums_hold)" yes
check_match "what was left is in the summary, too" "$summary" '"not_attempted":"52-101"'
check_match "told beforehand" "$(cat err.txt)" 'max_run stops the run at 4\.00'
check_match "and afterwards" "$(cat err.txt)" 'spend\.max_run is reached'

pipeline "limits: {concurrency: 8}" "spend: {max_day: 4.00}"
try "a day's limit" 12 50
run
check "counts over runs: nothing more today" "$code $(sum placed)" "12 0"

balance=$("$SLUICE" --state-dir state balance gsm_fusion --json | sed 's/.*"balance":"\([0-9.]*\)".*/\1/')
reserve=$(awk -v b="$balance" 'BEGIN { printf "%.2f", b - 1.60 }')
pipeline "limits: {concurrency: 8}" "spend: {max_run: 100, reserve: $reserve}"
try "a reserve of all but 1.60" 12 20

pipeline "" "spend: {max_price: 0.05}"
try "dearer than max_price: rejected, nothing is sent" 10 0

# A service that can't be bought is an error of the pipeline, before anything is sent.
before=$(books charged)
pipeline
sed -i 's/1739/9999/' place.yaml
try "an unknown service: nothing is sent" 78 0
check_match "with the remedy" "$(cat err.txt)" "no service '9999'; see 'sluice services gsm_fusion'"
check "nothing was charged" "$(books charged)" "$before"

# Who isn't asked is told, and so is who reads the JSON.
pipeline
rm -rf state orders.db*
"$SLUICE" --state-dir state run place.yaml --json </dev/null >out.json 2>err.txt
code=$? summary=$(grep '"type":"summary"' out.json)
check "without a terminal and --yes: the summary comes, with the exit code" "$code $(sum exit) $(sum placed) $(sums_hold)" "64 64 0 yes"
check_match "the reason is on standard error" "$(cat err.txt)" 'nothing was sent: add --yes'

# In a row it is that row's fault.
pipeline
printf 'imei,service_id\n%s,\n%s,9999\n' "$(sed -n '2s/,.*//p' imeis.csv)" "$(sed -n '3s/,.*//p' imeis.csv)" >two.csv
sed -i 's/imeis.csv/two.csv/' place.yaml
try "an unknown service in a row" 10 1

# Typing errors.
pipeline
sed -i 's/imeis.csv/"${IN:-imeis.csv}"/' place.yaml
try "a --set that nothing uses" 64 "" --set INN=x
check_match "is named" "$(cat err.txt)" 'doesn.t use \$\{INN\}'
pipeline 'where: {nope: "x"}'
try "where on a field that isn't there" 0 0
check_match "is warned of" "$(cat err.txt)" "no field 'nope'"

# The same account by another name would buy everything again.
csv 2 >imeis.csv
pipeline
try "on the first account" 0 2
GSM_FUSION_ACCOUNT=other run
check_match "another account is warned of" "$(cat err.txt)" "the account 'other' is new to this ledger.*tester@sandbox"

# A row that a sink refuses isn't passed on.
cat >plain.yaml <<EOF
name: plain
source: {csv: {path: rows.csv}}
sinks: [sqlite: {path: plain.db, table: phones, conflict: imei}]
on_reject: [csv: {path: refused.csv}]
EOF
printf 'imei,n\n1,a\n,b\n3,c\n' >rows.csv
"$SLUICE" --state-dir state run plain.yaml --json >out.json 2>err.txt
code=$? summary=$(tail -1 out.json)
check "a row that the store refuses" "$code $(sum passed) $(sum rejected) $(sums_hold)" "10 2 1 yes"
plan
