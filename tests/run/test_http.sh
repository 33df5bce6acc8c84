#!/bin/sh
# Providers that no C was written for, as a user meets them: the shipped descriptions against the sandbox, doubts
# settled by a list and by a person, lookups, a source of pages, and a key that nobody sees.
provider=http
. "$(dirname "$0")/described.sh"
describe_imeicheck
. "$(dirname "$0")/lib.sh"
. "$here/proof.sh"
pipelines=$here/../../pipelines
rows=40
export IMEICHECK_API_KEY=sandbox-key SICKW_API_KEY=sandbox-key IMEI_CSV=imeis.csv

fresh() { rm -rf state imei_orders.db* orders.db* rejected.csv; }
shipped() { # NAME FLAGS…: one of the shipped pipelines, on the sandbox
    name=$1
    shift
    IMEICHECK_URL=$GSM_FUSION_BASE_URL SICKW_URL=$GSM_FUSION_BASE_URL "$SLUICE" --log-level debug --state-dir "$home/state" \
        run "$pipelines/$name.yaml" --yes --json "$@" >out.json 2>err.txt
    code=$?
    summary=$(grep '"type":"summary"' out.json | tail -1)
    cat out.json err.txt >>all.txt
}
kept() { sqlite3 imei_orders.db "select count(*) from orders where $1"; }
on_sandbox() { IMEICHECK_URL=$GSM_FUSION_BASE_URL SICKW_URL=$GSM_FUSION_BASE_URL "$SLUICE" "$@"; }

# --- the shipped descriptions -----------------------------------------------------------------------------
csv "$rows" >imeis.csv
start_sandbox --option complete_after=0s --fault charge-always
for name in place-imeicheck sync-imeicheck; do
    on_sandbox lint "$pipelines/$name.yaml" >lint.log 2>&1
    check "lint $name" "$? $(wc -l <lint.log)" "0 1"
done
shipped place-imeicheck
check "imeicheck: exit code, sums" "$code $(sums_hold)" "0 yes"
check "placed, charged, kept" "$(sum placed) $(books charged) $(kept 1)" "$rows $rows $rows"
check "for the price in the reply" "$(sum spent)" "3.20"
rejected=$(kept "substr(imei, 1, 14) % 16 = 7")
check "what the reply already says is kept" "$(kept "status = 'Completed' and model = 'iPhone 13 128GB Black'") $(kept "status = 'Pending'")" "$((rows - rejected)) $rejected"
shipped place-imeicheck
check "again, all are duplicates" "$code $(sum placed) $(sum duplicate) $(books charged)" "0 0 $rows $rows"
shipped sync-imeicheck --now
check "asked about: those that have no result are rejected" "$code $(kept "status = 'Rejected'") $(kept "status = 'Pending'")" "0 $rejected 0"
check "and paid back" "$(ledger_count refunded)" "$rejected"
check_match "services" "$(on_sandbox services http -f "$pipelines/place-imeicheck.yaml")" "^12 +0.08 +Apple Basic Info"
check_match "balance" "$(on_sandbox balance http -f "$pipelines/place-imeicheck.yaml")" "^9999[0-9.]* USD"

# --- a lookup, and a source of pages ----------------------------------------------------------------------
cat >pages.yaml <<EOF
name: pages
source:
  http:
    url: "$GSM_FUSION_BASE_URL/v1/checks?page={{page}}"
    api_key: "\${IMEICHECK_API_KEY}"
    headers: {Authorization: "Bearer {{api_key}}"}
    items: /data
    fields: {id: /id, imei: /deviceId, service: /service/title, carrier: /properties/carrier}
sinks:
  - csv: {path: pages.csv}
EOF
"$SLUICE" --state-dir "$home/state" run pages.yaml >pages.log 2>&1
check "a source of pages: all are read, until a page is empty" "$? $(($(wc -l <pages.csv) - 1)) $(sed 1d pages.csv | sort -u | wc -l)" "0 $rows $rows"
check_match "by pointers" "$(cat pages.csv)" "^5000002,[0-9]*,Apple Basic Info,"
cat >lookup.yaml <<EOF
name: lookup
source:
  csv: {path: pages.csv}
actions:
  - http:
      url: "$GSM_FUSION_BASE_URL/v1/checks/{{id}}"
      api_key: "\${IMEICHECK_API_KEY}"
      headers: {Authorization: "Bearer {{api_key}}"}
      fields: {device: /properties/deviceName, price: /amount}
sinks:
  - csv: {path: looked-up.csv}
EOF
"$SLUICE" --state-dir "$home/state" run lookup.yaml >lookup.log 2>&1
check "a lookup asks about every record" "$? $(($(wc -l <looked-up.csv) - 1)) $(grep -c ',0.08$' looked-up.csv)" "0 $rows $rows"
check "and buys nothing" "$(books charged)" "$rows"
sed 's/{{id}}/{{ident}}/' lookup.yaml >wrong.yaml
"$SLUICE" --state-dir "$home/state" run wrong.yaml >wrong.log 2>&1
check "a name that no column has" "$?" 78
check_match "is said" "$(cat wrong.log)" "from a column that the records don't have"
stop_sandbox

# --- the other one ----------------------------------------------------------------------------------------
fresh
start_sandbox --option api=sickw --fault charge-always
on_sandbox lint "$pipelines/place-sickw.yaml" >lint.log 2>&1
check "lint place-sickw" "$? $(wc -l <lint.log)" "0 1"
shipped place-sickw
check "sickw: exit code, sums" "$code $(sums_hold)" "0 yes"
check "placed, charged, kept with their results" "$(sum placed) $(books charged) $(kept "status = 'Completed' and carrier <> '' and fmi in ('ON', 'OFF') and simlock <> ''")" "$rows $rows $rows"
shipped place-sickw
check "again, all are duplicates" "$code $(sum duplicate) $(books charged)" "0 $rows $rows"
stop_sandbox

# --- lost replies: a list settles them, or a person -------------------------------------------------------
fresh
csv 12 >imeis.csv
start_sandbox --fault close=every:4 --fault charge-always
pipeline
run
check "with a list of orders, lost replies are found in it" "$code $(sum placed) $(sum in_doubt) $(stored) $(books charged) $(count_lost)" "0 12 0 12 12 0"
rm -rf state orders.db*
run
check "a ledger that is new to the account learns of them from the list" "$code $(sum duplicate) $(books most_charges)" "0 12 1"
stop_sandbox

fresh
describe_sickw
start_sandbox --option api=sickw --fault close=first --fault charge-always
pipeline
run
check "without a list they stay in doubt" "$code $(sum placed) $(sum in_doubt)" "11 11 1"
one=$("$SLUICE" --state-dir "$home/state" ledger list --state in_doubt --json | sed -n 's/.*"identifier":"\([0-9]*\)".*/\1/p')
own=$(on_provider | sed -n "s/^$one //p")
resolve() { # --placed ID: what a person says of $one
    "$SLUICE" --state-dir "$home/state" ledger resolve "$one" -f place.yaml "$@" >resolve.log 2>&1
    echo $?
}
check "an order id of another IMEI is refused" "$(resolve --placed $((own + 1)))" 65
check "the right one isn't: the provider was asked" "$(resolve --placed "$own")" 0
run
check "and it is delivered" "$code $(stored) $(books charged) $(count_lost)" "0 12 12 0"
stop_sandbox

# --- without a catalogue ----------------------------------------------------------------------------------
fresh
start_sandbox --option api=sickw
described=$(printf '%s' "$described" | sed 's/services: {[^}]*},//; s/balance: {[^}]*},//')
pipeline 'prices: {"1739": "0.08"}'
run
check "prices stand for a catalogue" "$code $(sum placed) $(sum spent)" "0 12 0.96"
fresh
pipeline
run
check "without either nothing is bought" "$code $(books charged)" "78 12"
check_match "and why" "$(cat err.txt)" "has no price in the catalogue"
csv 12 0 500 >imeis.csv
pipeline "" "spend: {price: 0.08, max_run: 5.00}"
run
check "spend.price says it" "$code $(sum placed) $(sum spent) $(books most_charges)" "0 12 0.96 1"
stop_sandbox

# --- a key that nobody sees -------------------------------------------------------------------------------
cat err.txt out.json lint.log pages.log lookup.log wrong.log resolve.log >>all.txt
check_most "there is output to look at" 1 "$(wc -l <all.txt)"
check "the key stands in none of it" "$(grep -c 'sandbox-key' all.txt)" 0
check "nor in what is kept" "$(grep -rlF 'sandbox-key' state imei_orders.db orders.db 2>/dev/null | wc -l)" 0
plan
