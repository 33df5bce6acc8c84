#!/bin/sh
# What Postgres knows isn't paid again: not when the state directory is lost, not when the orders came in by an
# import; and the pipelines that come with sluice run on it as they are, both ways in.
. "$(dirname "$0")/lib.sh"
root=$(cd "$stack_source/../.." && pwd)
store=db
begin_store
unset GSM_FUSION_ACCOUNT

job() { # WAY
    start_sandbox --fault charge-always --state "books.$1" --option complete_after=0s
    csv 40 0 "$2" >imeis.csv
    printf '%s\n' 'name: place' 'source: {csv: {path: imeis.csv}}' 'actions:' '  - imei: {}' \
        '  - gsm_fusion.place: {service_id: "1739", settle: none}' 'sinks: [{orders: {}}]' "$no_limit" >place.yaml
    run
    check "$1: placed" "$code $(sum placed)" '0 40'
    rm -rf state
    run
    check "$1: state lost, nothing is paid" "$code $(sum placed) $(sum duplicate) $(books charged)" '0 0 40 40'
    check_match "$1: and why" "$(cat err.txt)" 'orders of the store count as ordered'
    "$SLUICE" --state-dir "$home/state" -q run "$root/pipelines/sync-pending.yaml" >out.txt 2>err.txt
    check "$1: the pipeline that asks" "$?$(cat err.txt)" 0
    "$SLUICE" --state-dir "$home/state" -q run "$root/pipelines/export-completed.yaml" --set EXPORT_CSV="$1.csv" 2>err.txt
    check "$1: the pipeline that exports" "$?$(cat err.txt)" 0
    check "$1: the store's completed orders, each once" "$(sed 1d "$1.csv" | cut -d, -f2 | sort -u | wc -l | tr -d ' ')" \
        "$(sql "SELECT count(*) FROM orders WHERE status = 'Completed'")"
    imei=$(sed -n 2p imeis.csv | cut -d, -f1)
    "$SLUICE" --state-dir "$home/state" orders show "$imei" >out.txt 2>err.txt
    check_match "$1: one order, with its history" "$(cat out.txt)" '^  history +20'
    # An export of the provider's site that has ten more.
    {
        echo 'SERVICE,IMEI NO.,CREDITS,STATUS,CODE,IMEI 2,CARRIER,SIMLOCK,MODEL,FMI,ORDER DATE,NOTES'
        csv 10 0 "$3" | sed 1d | cut -d, -f1 | sed 's/.*/Apple Carrier Check,="&",$0.08,Completed,Model: X,,,,,,2026-11-20 10:00:00,/'
    } >old.csv
    before=$(sql 'SELECT count(*) FROM orders')
    "$SLUICE" --state-dir "$home/state" run "$root/pipelines/import-orders.yaml" --set ORDERS_CSV=old.csv >out.txt 2>err.txt
    check "$1: the pipeline that imports" "$? $(($(sql 'SELECT count(*) FROM orders') - before))" '0 10'
    "$SLUICE" --state-dir "$home/state" -q run "$root/pipelines/import-orders.yaml" --set ORDERS_CSV=old.csv >out.txt 2>err2.txt
    check "$1: once" "$? $(($(sql 'SELECT count(*) FROM orders') - before))" '0 10'
    stop_sandbox
}
job direct 1 1001
check "import_history" "$(sql 'SELECT filename, rows_imported, rows_skipped FROM import_history ORDER BY id')" 'old.csv|10|0
old.csv|0|10'
SUPABASE_DB_URL=$STACK_POOLER_URL
rm -rf state
sql 'TRUNCATE orders' >/dev/null
job pooler 2001 3001
unset SUPABASE_DB_URL
rm -rf state
sql 'TRUNCATE orders' >/dev/null
job REST 4001 5001
check "REST: import_history" "$(sql 'SELECT filename, rows_imported, rows_skipped FROM import_history ORDER BY id OFFSET 4')" 'old.csv|10|0
old.csv|0|10'
"$SLUICE" --log-level debug store copy supabase copy.db >out.txt 2>err.txt
check "REST: a copy to a file" "$? $(sqlite3 copy.db 'SELECT count(*) FROM orders')" '0 50'
sql 'TRUNCATE orders' >/dev/null
"$SLUICE" --log-level debug store copy copy.db supabase >out.txt 2>err.txt
check "REST: and back" "$? $(sql 'SELECT count(*) FROM orders') $(grep -c 'on both sides' out.txt)" '0 50 1'
"$SLUICE" --log-level debug store check --json >out.txt 2>err.txt
check "REST: everything is there" "$? $(grep -o '"findings":.*' out.txt)" '0 "findings":[]}'
plan
