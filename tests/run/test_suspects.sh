#!/bin/sh
# What an order of a store or a list is for can't always be told: its service has another title by now, its IMEI
# was kept as a number and has lost its zeros. What may be the same isn't paid again without a word.
. "$(dirname "$0")/lib.sh"
fresh() {
    stop_sandbox
    rm -rf state orders.db* rejected.csv
    pipeline "" "${1:-}"
}
store() { # COLUMN-TYPE-OF-IMEI: an older system's store; its orders come on standard input, ID,IMEI,SERVICE-ID,TITLE
    sqlite3 orders.db "create table orders (id integer primary key, order_id text unique, imei $1, service_id text, service_name text, status text)"
    awk -F, '{ printf "insert into orders (order_id, imei, service_id, service_name) values(\047%s\047, %s, nullif(\047%s\047, \047\047), \047%s\047);\n", $1, $2, $3, $4 }' |
        sqlite3 orders.db
}
imei() { sed -n "$(($1 + 1))s/,.*//p" imeis.csv; }
csv 6 >imeis.csv

# --- a title that is no service's any more ---
fresh
start_sandbox --fault charge-always
printf '900,"%s",,Carrier Check (old)\n901,"%s",,Carrier Check (old)\n' "$(imei 1)" "$(imei 2)" | store TEXT
run
check "held: neither paid nor taken for ordered" "$code $(sum placed) $(sum rejected) $(books charged)" "10 4 2 4"
check "the sums hold" "$(sums_hold)" yes
check_match "a line in each run names the first, and the ways on" "$(cat err.txt)" \
    'what service 2 orders of the store are for can.t be told: .* order 90[01], .*service_id, or order with --repeat'
check "the rows are kept aside" "$(grep -c ',held,' rejected.csv)" 2
run
check "in the next run as well" "$code $(sum duplicate) $(sum rejected) $(books charged)" "10 4 2 4"
sqlite3 orders.db "update orders set service_id = '1739' where order_id = '900'"
run
check "one is put right, and counts as ordered" "$code $(sum duplicate) $(sum rejected)" "10 5 1"
imei 2 >two.csv
sed -i 's/imeis.csv/two.csv/' place.yaml
run --repeat
check "the other is ordered all the same" "$code $(sum placed) $(books charged) $(books most_charges)" "0 1 5 1"
pipeline
run
check "then all is known" "$code $(sum duplicate) $(books charged)" "0 6 5"

# --- the plan, which notes nothing ---
fresh
start_sandbox --fault charge-always
printf '900,"%s",,Carrier Check (old)\n' "$(imei 1)" | store TEXT
"$SLUICE" --state-dir state plan place.yaml --json 2>/dev/null >plan.json
check_match "the plan holds it, too" "$(cat plan.json)" '"new":5,.*"invalid":1,.*"cost":"0\.40"'
check "and pays nothing" "$(books charged)" 0
run
check "the run does as planned" "$code $(sum placed) $(sum spent)" "10 5 0.40"

# --- the same at the provider: an order that the ledger doesn't know, of a service that is sold no more ---
fresh
start_sandbox --fault charge-always --state books
run --limit 1
stop_sandbox
rm -rf state orders.db*
sed -i 's/ 1739 / 9739 /' books
start_sandbox --fault charge-always --state books
run
check "held as well" "$code $(sum placed) $(sum rejected) $(books charged)" "10 5 1 6"
check_match "said" "$(cat err.txt)" 'lists order 5000001 .*nothing new is ordered for its identifier, unless with --repeat'

# --- IMEIs that were kept as numbers ---
for title in 'Known' 'Unknown'; do
    fresh
    start_sandbox --fault charge-always
    service=1739
    [ "$title" = Known ] || service=
    for n in 1 2 3; do printf '%s,%s,%s,Gone\n' $((950 + n)) "$(imei $n)" "$service"; done | store INTEGER
    check "$title service: the zeros are lost" "$(sqlite3 orders.db "select max(length(imei)) < 15 from orders")" 1
    run
    check "$title service: nothing is paid again" "$(sum placed) $(sum duplicate) $(sum rejected) $(books charged)" \
        "3 $([ "$title" = Known ] && echo '3 0' || echo '0 3') 3"
    run
    check "$title service: nor in the next run" "$(sum placed) $(books charged) $(books most_charges)" "0 3 1"
done
plan
