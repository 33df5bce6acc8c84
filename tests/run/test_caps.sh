#!/bin/sh
# What `spend:` allows: exact to one order, and never in the way of orders that are known already.
. "$(dirname "$0")/lib.sh"
csv 20 >imeis.csv
start_sandbox --fault charge-always --option credit=3.00

pipeline "limits: {concurrency: 4}" "spend: {max_run: 0.80}"
run
check "max_run: ten of twenty, then 12" "$code $(sum placed) $(sum skipped) $(sum spent)" "12 10 10 0.80"
check_match "max_run: what isn't attempted is named" "$(cat err.txt)" 'not attempted: rows 12-21'
check "max_run: the sums hold" "$(sums_hold)" yes
run
check "the next run may spend as much again" "$code $(sum duplicate) $(sum placed)" "0 10 10"
run
check "and then all is known" "$code $(sum duplicate)" "0 20"

pipeline "" "spend: {max_day: 1.60}"
run
check "max_day: used up, but all is known" "$code $(sum duplicate) $(sum skipped)" "0 20 0"
csv 21 >imeis.csv
run
check "max_day: one new order is one too many" "$code $(sum duplicate) $(sum skipped)" "12 20 1"

pipeline "" "spend: {reserve: 1.30}"
csv 22 >imeis.csv
run
check "reserve: 1.40 left is enough for one" "$code $(sum placed) $(sum skipped)" "12 1 1"
csv 21 >imeis.csv
run
check "reserve: reached, but all is known" "$code $(sum duplicate)" "0 21"
check "nobody was charged twice" "$(books charged) $(books most_charges)" "21 1"


pipeline "" "spend: {max_price: 0.07}"
csv 22 >imeis.csv
run
check "max_price: a new order that is dearer is rejected, what is known is known" \
    "$code $(sum duplicate) $(sum placed) $(sum rejected)" "10 21 0 1"
check_match "max_price: with row and reason" "$(cat rejected.csv)" ',23,.*,max_price,.*spend\.max_price'
stop_sandbox
plan
