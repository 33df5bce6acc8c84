#!/bin/sh
# `make demo`: the shipped pipeline and its data. The second time nothing is ordered.
. "$(dirname "$0")/lib.sh"
demo="$here/../../pipelines/examples/demo.sh"
export DEMO_DIR="$home/demo"

"$SLUICE" lint "$here"/../../pipelines/*.yaml >out.txt 2>err.txt
check "the shipped pipelines pass lint" $? 0
check "without an error or a warning" "$(grep -cE ' (error|warning): ' err.txt)" 0

"$demo" >out.txt 2>err.txt
check "exit code" $? 0
check_match "193 of 200 rows are ordered" "$(cat err.txt)" '200 read, 193 placed for 15\.44 USD, 2 duplicate, 5 rejected'
check_match "it says so" "$(cat out.txt)" '^193 orders were placed'
check_match "it shows orders of the database" "$(cat out.txt)" '^5000[0-9]{3} +00[0-9]{13} +Apple Carrier'
check "the database has them" "$(sqlite3 demo/imei_orders.db 'select count(distinct imei) from orders')" 193
check "rejected rows are kept" "$(wc -l <demo/rejected.csv | tr -d ' ')" 6

"$demo" >out.txt 2>err.txt
check "again: exit code" $? 0
check_match "again: nothing is ordered" "$(cat err.txt)" '200 read, 0 placed for 0\.00 USD, 195 duplicate, 5 rejected'
check_match "again: it says so" "$(cat out.txt)" '^Nothing was ordered: all 193 orders'
check "again: no new order" "$(sqlite3 demo/imei_orders.db 'select count(*) from orders')" 193
plan
