#!/bin/sh
# Orders are found again: by IMEI, status, date, service and text, in every format, with their history.
. "$(dirname "$0")/lib.sh"
unset GSM_FUSION_ACCOUNT

orders() { # flags: stdout in $out, stderr in $err, exit code in $code
    "$SLUICE" --state-dir "$home/state" orders "$@" >out.txt 2>err.txt
    code=$?
    out=$(cat out.txt)
    err=$(cat err.txt)
}
golden() { # NAME: out.txt is what it was, but for the store's own number of a row and the time of the last change
    sed -i -E -e 's/"updated_at":"[^"]*"/"updated_at":"…"/' -e 's/,20[0-9: -]+$/,…/' \
        -e 's/"id":"[0-9]+"/"id":"…"/' -e 's/^[0-9]+,/…,/' out.txt
    [ -n "${UPDATE:-}" ] && cp out.txt "$here/golden/$1"
    check "$1" "$(diff "$here/golden/$1" out.txt && echo same)" same
}

begin_store

cat >orders.csv <<'CSV'
order_id,provider,account,service_name,service_id,imei,imei2,credits,status,carrier,simlock,model,fmi,order_date,result_code,result_code_display,notes,raw_response,created_at
9001,gsm_fusion,tester@sandbox,Apple Carrier Check,1739,001001001234563,,0.08,Completed,T-Mobile USA,Locked,iPhone 13,ON,2026-11-20 10:00:00,"Carrier: T-Mobile USA<br>SimLock: Locked","Carrier: T-Mobile USA
SimLock: Locked",,"{""pairs"":{}}",2026-11-20 10:00:05
9002,gsm_fusion,tester@sandbox,Apple Carrier Check,1739,004400000000016,,0.08,Pending,,,,,2026-11-21 10:00:00,,,,,2026-11-21 10:00:05
9003,gsm_fusion,tester@sandbox,Unlock Générique,1800,004900000000015,,12.5,Rejected,,,,,2026-11-22 10:00:00,Invalid_IMEI,Invalid_IMEI,,,2026-11-22 10:00:05
9004,gsm_fusion,tester@sandbox,Unlock Générique,1800,001001001234563,,12.5,PENDING,,,,,2026-11-22 11:00:00,,,"a ""note"", 100%",,2026-11-22 11:00:05
CSV
cat >load.yaml <<'YAML'
name: load
source:
  csv: {path: orders.csv}
sinks:
  - orders: {}
YAML
"$SLUICE" --state-dir "$home/state" run load.yaml -q 2>err.txt
check "four orders are stored" "$?$(cat err.txt)" 0

# --- list ---
orders
check "list: exit code" "$code$err" 0
golden orders-table
orders list --format csv --limit 2
golden orders-csv
orders list --format gsm_fusion
golden orders-gsm_fusion
orders list --json --status pending
golden orders-json
ids() { # flags: the order ids that match
    "$SLUICE" --state-dir "$home/state" orders list --format csv "$@" 2>err.txt | sed 1d | cut -d, -f2 | grep '^90' | tr '\n' ' '
}
check "by status, in any letter case" "$(ids --status pEnDiNg)" "9004 9002 "
check "by two of them" "$(ids --status rejected --status completed)" "9003 9001 "
check "by IMEI, with separators in it" "$(ids --imei '00-100100-123456-3')" "9004 9001 "
check "several IMEIs behind the flag" "$(ids --imei 004900000000015 004400000000016)" "9003 9002 "
check "IMEIs without the verb" "$("$SLUICE" orders 004900000000015 --format csv | sed 1d | cut -d, -f2)" "9003"
check "by service id" "$(ids --service 1800)" "9004 9003 "
check "by service name" "$(ids --service 'apple carrier check')" "9002 9001 "
check "since a date" "$(ids --since 2026-11-22)" "9004 9003 "
check "since a time" "$(ids --since '2026-11-22 10:30:00')" "9004 "
check "by text" "$(ids --text 't-mobile')" "9001 "
check "a text is no pattern" "$(ids --text '100%') $(ids --text '1_0')" "9004  "
check "at most so many" "$(ids --limit 1)" "9004 "
check "all conditions at once" "$(ids --status pending --imei 001001001234563 --service 1800)" "9004 "
orders list --status nothing
check "nothing found" "$code$out$err" "0no orders"
orders count --status pending
check "count" "$code $out" "0 2"
orders count --json
check "count as JSON" "$out" '{"count":4}'

# --- IMEIs from a file ---
printf '001001001234563\n0044 0000 0000 016\n' >list.txt
check "a plain list" "$(ids --imeis list.txt)" "9004 9002 9001 "
printf 'Model;IMEI No.\nx;="004900000000015"\ny;008600000000017\n' >list.csv
check "a CSV as it comes" "$(ids --imeis list.csv)" "9003 "
check_match "those without an order are named" "$(cat err.txt)" '1 of 2 IMEIs have no order here: 008600000000017$'
check "standard input" "$(ids --imeis - <list.txt)" "9004 9002 9001 "
orders list --imeis missing.csv
check "no such file" "$code" 66
printf 'model,price\nx,y\n' >list.csv
orders list --imeis list.csv
check "no such column" "$code" 65
check_match "and which one is missing" "$err" "list.csv has no column 'imei'"
: >list.csv
orders list --imeis list.csv
check "an empty file asks for nothing, not for everything" "$code$out" 65

# --- usage ---
orders lst
check "unknown verb" "$code $err" "64 sluice: error: there is no 'orders lst'; there are list, show and count"
orders --format cvs
check "unknown format" "$code $err" "64 sluice: error: --format: there is no format 'cvs'; did you mean 'csv'?"
orders --since yesterday
check "no time" "$code" 64
orders --limit none
check "no number" "$code" 64
orders --imei ''
check "no IMEI" "$code" 64
orders show
check "show without WHAT" "$code" 64
orders list | head -1 >/dev/null
check "a reader that stops early is no error" "$(cat err.txt)" ""

# --- the store ---
orders -f load.yaml --limit 1 --format csv
check "the store of a pipeline" "$code $(sed -n 2p out.txt | cut -d, -f2)" "0 9004"
sed 's/- orders: {}/- orders: {store: {sqlite: {path: other.db}}}/' load.yaml >other.yaml
orders -f other.yaml
check "another one, which isn't there" "$code" 66
check_match "and its name" "$err" 'other\.db'
"$SLUICE" --state-dir "$home/state" run other.yaml -q
orders count -f other.yaml --status rejected
check "another one" "$code $out" "0 1"
printf 'name: x\nsource:\n  csv: {path: orders.csv}\nsinks:\n  - csv: {path: o.csv}\n' >none.yaml
orders -f none.yaml
check "a pipeline without a store" "$code" 64
if [ "$store" = sqlite ]; then
    mkdir empty && cd empty || exit 1
    orders
    check "no store yet" "$code" 66
    check_match "and where else it may be" "$err" '; -f FILE takes the store that a pipeline writes to'
    check_match "and which one" "$err" 'imei_orders\.db'
    cd "$home" || exit 1
fi

# --- one order, and its history ---
start_sandbox
pipeline
sed -i 's/sqlite: {path: orders.db}/orders: {}/' place.yaml
csv 3 >imeis.csv
run
check "three orders are placed" "$code $(sum placed)" "0 3"
imei=$(sed -n 2p imeis.csv | cut -d, -f1)
orders show "$imei"
check_match "show: fields" "$out" '^  service_id +1739$'
check_match "show: history" "$out" '^  history +20[0-9-]+ [0-9:]+  T1 +claimed +run 1$'
check_match "show: the order was placed" "$out" '^ {23}20[0-9-]+ [0-9:]+  T3 +placed +run 1'
id=$(printf '%s\n' "$out" | sed -n 's/^  order_id *//p')
orders show "$id" --json
check_match "show: JSON" "$out" "^\{\"orders\":\[\{.*\"order_id\":\"$id\".*\"history\":\[\{\"at\":\"20[^]]*\"transition\":\"T3\""
orders show 9001
check_match "an order that the ledger doesn't know" "$out" '^order 9001  Completed$'
check_match "a text of several lines" "$out" '^  result_code_display  Carrier: T-Mobile USA$'
orders show nothing
check "show what isn't there" "$code" 66
stop_sandbox

# --- many ---
many=${SLUICE_TEST_IMEIS:-30000}
awk -v n="$many" 'BEGIN { print "order_id,imei,status"; for (i = 0; i < n; i++) printf "m%d,00%012d0,Completed\n", i, i }' >orders.csv
"$SLUICE" --state-dir "$home/state" run load.yaml -q
awk -v n="$many" 'BEGIN { for (i = n - 1; i >= 0; i--) printf "00%012d0\n", i }' >list.txt
orders list --imeis list.txt --format csv
check "every one of $many IMEIs is found" "$code $(sed 1d out.txt | cut -d, -f7 | sort | cmp - "$(sort list.txt >sorted; echo sorted)" && wc -l <out.txt)" "0 $((many + 1))"
plan
