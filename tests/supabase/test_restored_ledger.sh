#!/bin/sh
# A ledger in Postgres that was restored from an older dump, with the store beside it: what was ordered since isn't paid
# again by who knows that it was.
. "$(dirname "$0")/lib.sh"
start_stack db pooler
export LEDGER_URL="$STACK_POOLER_URL"
settle=none pipeline "" 'spend: {max_run: 100000.00}
state: {ledger: "${LEDGER_URL}", lease: 2s}'
start_sandbox --fault charge-always
restored() { # by whom everything is forgotten that came after dump.sql
    sql 'DROP SCHEMA sluice CASCADE' >/dev/null
    psql -Xq "$STACK_DB_URL" -f dump.sql >/dev/null
    rm -f orders.db*
}
csv 10 >imeis.csv
run
check "ten orders: exit code" "$code $(books charged)" "0 10"
pg_dump -n sluice "$STACK_DB_URL" >dump.sql
run
restored
run
check "a dump that only lacks runs which sent nothing" "$code $(books charged)" "0 10"
csv 20 >imeis.csv
run
check "ten more" "$code $(books charged)" "0 20"
restored
run
check "an older dump: 78, nothing is sent" "$code $(books charged)" "78 20"
check_match "it says what to do" "$(cat err.txt)" "is an older copy: run [0-9]+ .*could be paid again; bring the newer one back; if it is lost .*remove the file .*state/marks/[^ ]+ on each machine"
"$SLUICE" --state-dir state plan place.yaml >plan.txt 2>err.txt
check_match "a plan says so, too" "$? $(cat err.txt)" "^78 .*is an older copy"
head -1 imeis.csv >none.csv
sed 's/imeis.csv/none.csv/' place.yaml >others.yaml
for number in 1 2 3; do "$SLUICE" --state-dir elsewhere run others.yaml --yes >out.txt 2>&1; done
run
check "though others have begun as many runs since" "$code $(books charged)" "78 20"
rm -r state/marks
sed -i 's/, settle: none//' place.yaml
run
check "without the mark the provider's list says what was ordered" "$code $(sum placed) $(books charged)" "0 0 20"
plan
