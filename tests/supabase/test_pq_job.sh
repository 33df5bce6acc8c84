#!/bin/sh
# The main job on Postgres, directly, through a pooler in transaction mode, and over TLS: orders are placed and
# stored once, asked about until they are done, and listed; and the same again changes nothing.
. "$(dirname "$0")/lib.sh"
rows=${ROWS:-2000}
start_stack db pooler
make_orders() { psql -Xq "$STACK_DB_URL" -f "$stack_source/orders.sql"; }
make_orders
start_sandbox --fault charge-always --state books
sandbox_again() { # options: the same books
    stop_sandbox
    start_sandbox --state books "$@"
}
total() { sql 'SELECT count(*) FROM orders'; }
sync() {
    "$SLUICE" --state-dir "$home/state" run sync.yaml --json >out.json 2>err.txt
    code=$?
    summary=$(tail -1 out.json)
}

job() { # WHERE URL
    export SUPABASE_DB_URL=$2
    sql 'TRUNCATE orders RESTART IDENTITY' >/dev/null
    rm -rf books state rejected.csv
    sandbox_again --fault charge-always --option complete_after=1h
    csv "$rows" 100 >imeis.csv
    bad=$((rows / 100))
    settle=none pipeline
    sed -i 's/sqlite: {path: orders.db}/supabase: {}/' place.yaml
    run
    check "$1: some were rejected, the sums hold" "$code $(sums_hold)" "10 yes"
    check "$1: placed, charged, stored" "$(sum placed) $(books charged) $(total)" "$((rows - bad)) $((rows - bad)) $((rows - bad))"
    check "$1: nobody paid twice" "$(books most_charges)" 1
    check "$1: money as it is" "$(sql "SELECT DISTINCT credits::text FROM orders")" 0.0800
    before=$(sql 'SELECT md5(string_agg(xmin::text || orders::text, chr(10) ORDER BY id)) FROM orders')
    run
    check "$1: again, all duplicates" "$code $(sum placed) $(sum duplicate) $(books charged)" "10 0 $((rows - bad)) $((rows - bad))"
    check "$1: again, no row was written" "$(sql 'SELECT md5(string_agg(xmin::text || orders::text, chr(10) ORDER BY id)) FROM orders')" "$before"

    printf 'name: sync\nsource:\n  supabase: {status: [Pending, In Process]}\nactions:\n  - gsm_fusion.check: {}\nsinks:\n  - supabase: {}\n' >sync.yaml
    sync
    check "$1: not ready, all are asked about and stay" "$code $(sum read) $(sql "SELECT count(*) FROM orders WHERE status = 'Pending'")" "0 $((rows - bad)) $((rows - bad))"
    check "$1: not ready, no order forgot what it had" "$(sql "SELECT count(*) FROM orders WHERE imei = '' OR service_id IS NULL OR credits IS NULL OR order_date IS NULL OR raw_response::jsonb -> 'place' IS NULL")" 0
    sandbox_again --option complete_after=0s
    sync
    check "$1: ready, the sums hold" "$code $(sums_hold)" "0 yes"
    check "$1: ready, none is left" "$(sql "SELECT count(*) FROM orders WHERE status IN ('Pending', 'In Process')")" 0
    check "$1: ready, raw_response has both replies" "$(sql "SELECT count(*) FROM orders WHERE raw_response::jsonb #>> '{place,id}' = order_id AND raw_response::jsonb #>> '{check,id}' = order_id")" $((rows - bad))
    check "$1: each change has its time" "$(sql 'SELECT count(*) FROM orders WHERE updated_at > created_at')" $((rows - bad))
    sql "SELECT imei, status, coalesce(carrier, ''), coalesce(simlock, ''), coalesce(model, ''), coalesce(fmi, ''), coalesce(imei2, ''), replace(coalesce(result_code_display, ''), chr(10), '~'), CASE WHEN result_code LIKE '%NCK-%' OR result_code = 'Invalid_IMEI' THEN result_code ELSE '' END, coalesce(raw_response::jsonb #>> '{pairs,Next Tether Policy}', '') FROM orders ORDER BY id" >said.txt
    check "$1: every field is as the provider means it" "$(sql 'SELECT imei FROM orders ORDER BY id' | awk -f "$here/results.awk" | diff - said.txt | grep -c '^[<>]')" 0
    sync
    check "$1: nothing is left to ask about" "$code $(sum read)" "0 0"
}
job direct "$STACK_DB_URL"
job pooler "$STACK_POOLER_URL"
job TLS "$STACK_TLS_URL"
check "nothing was said of the password" "$(grep -rlF "$STACK_PASSWORD" . --include='*.txt' --include='*.json' | wc -l | tr -d ' ')" 0
plan
