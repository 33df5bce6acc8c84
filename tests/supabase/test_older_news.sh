#!/bin/sh
# What is older never replaces what is newer: not a result, not an end, not from a copy or an import; and an order
# that was imported under an id of its own becomes the provider's. In a file, in Postgres, and over REST alike.
. "$(dirname "$0")/rest.sh"
root=$(cd "$stack_source/../.." && pwd)
start_stack
unset GSM_FUSION_ACCOUNT

begin_way() { # sqlite|db|pooler|rest: the store, empty
    way=$1
    unset SUPABASE_URL SUPABASE_KEY SUPABASE_DB_URL
    rm -rf state imei_orders.db
    [ "$way" = sqlite ] && return
    sql 'DROP TABLE IF EXISTS orders, import_history' >sql.txt
    make_orders
    export SUPABASE_URL=$STACK_URL SUPABASE_KEY=$STACK_SECRET_KEY
    case $way in
    db) export SUPABASE_DB_URL=$STACK_DB_URL ;;
    pooler) export SUPABASE_DB_URL=$STACK_POOLER_URL ;;
    rest) until_written orders order_id,provider,account 200 ;;
    esac
}
query() {
    if [ "$way" = sqlite ]; then sqlite3 imei_orders.db "$1"; else sql "$1"; fi
}
load() { # [OPTIONS]: the CSV on standard input
    cat >orders.csv
    load_yaml "${1:-}"
    sluice -q run load.yaml
    code=$?
}
fields() { # of order 1
    query "SELECT status, coalesce(carrier, '-'), coalesce(result_code, '-'), coalesce(fmi, '-') FROM orders WHERE order_id = '1'"
}
raw() { query "SELECT raw_response FROM orders WHERE order_id = '1'" | tr -d ' '; }

older_news() {
    load <<'CSV'
order_id,provider,account,imei,status,carrier,result_code,raw_response
1,gsm_fusion,a,001001001234563,Completed,T-Mobile,done,"{""check"":{""a"":""new""}}"
2,gsm_fusion,a,004400000000016,Pending,,,
CSV
    check "$way: two orders" "$code$(grep -c error err.txt)" 00
    load <<'CSV'
order_id,provider,account,imei,status,carrier,result_code,fmi
1,gsm_fusion,a,001001001234563,In Process,none yet,waiting,ON
CSV
    check "$way: what comes behind the end keeps its result, and fills" "$code $(fields)" '0 Completed|T-Mobile|done|ON'
    load <<'CSV'
order_id,provider,account,imei,status,carrier,result_code
1,gsm_fusion,a,001001001234563,Rejected,,no
CSV
    check "$way: one end may replace another" "$code $(fields)" '0 Rejected|T-Mobile|no|ON'
    load 'history: true' <<'CSV'
order_id,provider,account,imei,status,carrier,result_code,model,raw_response
1,gsm_fusion,a,001001001234563,Completed,Orange,done,X,"{""check"":{""a"":""old"",""b"":""old""}}"
2,gsm_fusion,a,004400000000016,Completed,Orange,done,X,"{""x"":1}"
CSV
    check "$way: an import replaces no end and no result, but fills" \
        "$code $(fields) $(query "SELECT model FROM orders WHERE order_id = '1'")" '0 Rejected|T-Mobile|no|ON X'
    check "$way: nor a member of the reply" "$(raw)" '{"check":{"a":"new"}}'
    check "$way: it brings the end of an order that has none" \
        "$(query "SELECT status, carrier, result_code FROM orders WHERE order_id = '2'" | cat)" 'Completed|Orange|done'
    query "UPDATE orders SET raw_response = '<said/>' WHERE order_id = '1'" >sql.txt
    load 'history: true' <<'CSV'
order_id,provider,account,imei,status,raw_response
1,gsm_fusion,a,001001001234563,Completed,"{""x"":1}"
CSV
    check_match "$way: an older system's text stays" "$code $(raw)" '^0 .*"previous":"<said/>"'
    query "UPDATE orders SET status = 'In Process', carrier = '' WHERE order_id = '1'" >sql.txt
    load 'history: true' <<'CSV'
order_id,provider,account,imei,status,carrier,result_code
1,gsm_fusion,a,001001001234563,Pending,Vodafone,older
CSV
    check "$way: of two without an end, the store's is the news" "$code $(fields)" '0 In Process|Vodafone|no|ON'
    before=$(query "SELECT updated_at FROM orders ORDER BY order_id")
    sluice -q run load.yaml
    check "$way: again: nothing is written" "$? $(query "SELECT updated_at FROM orders ORDER BY order_id")" "0 $before"
    cat >from.sql <<'SQL'
CREATE TABLE orders(order_id text, provider text, account text, imei text, status text, carrier text, result_code text);
INSERT INTO orders VALUES ('1', 'gsm_fusion', 'a', '001001001234563', 'Completed', 'copied', 'copied'),
    ('2', 'gsm_fusion', 'a', '004400000000016', 'Rejected', 'copied', 'copied');
SQL
    rm -f from.db && sqlite3 from.db <from.sql
    to=supabase
    [ "$way" = sqlite ] && to=imei_orders.db
    sluice -q store copy from.db "$to" >out.txt
    check "$way: a copy ends what has no end, and nothing else" \
        "$? $(fields) $(query "SELECT status, carrier FROM orders WHERE order_id = '2'")" '0 Completed|copied|copied|ON Completed|Orange'
    echo "INSERT INTO orders VALUES ('5', 'gsm_fusion', 'a', '008600000000017', 'Pending', '', ''),
        ('5', 'gsm_fusion', 'a', '008600000000017', 'Pending', 'twice', ''), ('5', 'gsm_fusion', 'a', '004900000000015', 'Pending', '', '')" |
        sqlite3 from.db
    for time in first second; do
        sluice store copy from.db "$to" >out.txt
        check "$way: one id for two IMEIs, $time time" "$? $(query "SELECT imei, carrier FROM orders WHERE order_id = '5'")" \
            '10 008600000000017|twice'
        check_match "$way: and why, $time time" "$(cat err.txt out.txt)" "1 orders of from.db aren't in $to, which refused them: order 5"
    done
}

stored() { query "SELECT count(*), count(CASE WHEN order_id LIKE 'import-%' THEN 1 END) FROM orders"; }
imported() {
    export GSM_FUSION_ACCOUNT=tester@sandbox
    start_sandbox --fault charge-always
    csv "$rows" >imeis.csv
    rm -rf state
    settle='' pipeline
    sed -i 's/sqlite: {path: orders.db}/orders: {}/' place.yaml
    run
    check "$way: placed" "$code $(sum placed) $(stored)" "0 $rows $rows|0"
    sluice orders --format gsm_fusion >export.csv
    sluice -q run "$root/pipelines/import-orders.yaml" --set ORDERS_CSV=export.csv
    check "$way: the export of what was placed is nothing new" "$? $(stored)" "0 $rows|0"
    query 'DELETE FROM orders' >sql.txt
    rm -rf state
    sluice -q run "$root/pipelines/import-orders.yaml" --set ORDERS_CSV=export.csv
    check "$way: imported under ids of their own" "$? $(stored)" "0 $rows|$rows"
    sluice -q run "$root/pipelines/import-orders.yaml" --set ORDERS_CSV=export.csv
    check "$way: once" "$? $(stored)" "0 $rows|$rows"
    query "UPDATE orders SET notes = 'kept'" >sql.txt
    run
    check "$way: none is paid again, and each has the provider's id" \
        "$code $(sum placed) $(books charged) $(stored)" "0 0 $rows $rows|0"
    check "$way: with all that was known" "$(query "SELECT count(*) FROM orders WHERE notes = 'kept'")" "$rows"
    sluice -q run "$root/pipelines/import-orders.yaml" --set ORDERS_CSV=export.csv
    check "$way: the export again adds nothing" "$? $(stored)" "0 $rows|0"
    stop_sandbox
    # Two purchases of one IMEI, a week apart: each is its own.
    query 'DELETE FROM orders' >sql.txt
    load 'history: true' <<'CSV'
order_id,provider,account,imei,service_name,status,order_date
import-00000000000000000001,gsm_fusion,a,001001001234563,Check,Completed,2026-11-01 10:00:00
import-00000000000000000002,gsm_fusion,a,001001001234563,Check,Completed,2026-11-08 10:00:00
import-00000000000000000003,gsm_fusion,b,004400000000016,Check,Completed,2026-11-08 10:00:00
CSV
    load <<'CSV'
order_id,provider,account,imei,service_name,status,order_date
72,gsm_fusion,a,001001001234563,Check,Completed,2026-11-08 12:00:00
71,gsm_fusion,a,001001001234563,Check,Completed,2026-11-01T12:00:00+02:00
73,gsm_fusion,a,001001001234563,Other,Completed,2026-11-01 10:00:00
74,gsm_fusion,a,004400000000016,Check,Completed,2026-11-08 10:00:00
CSV
    check "$way: by service, time and account" "$code $(query 'SELECT order_id, substr(CAST(order_date AS text), 9, 2) FROM orders ORDER BY order_id' | tr '\n' ' ')" \
        '0 71|01 72|08 73|01 74|08 import-00000000000000000003|08 '
    unset GSM_FUSION_ACCOUNT
}

for way in ${WAYS:-sqlite db pooler rest}; do
    begin_way "$way"
    older_news
    begin_way "$way"
    rows=40 imported
done
check "no message has the key" "$(no_key_in err.txt out.txt)" 0
plan
