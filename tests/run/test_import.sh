#!/bin/sh
# What an older system, or the provider's export, knows of orders comes into the store, once.
. "$(dirname "$0")/lib.sh"
unset GSM_FUSION_ACCOUNT
root=$(cd "$here/../.." && pwd)

sluice() {
    "$SLUICE" --state-dir "$home/state" "$@" 2>err.txt
}
import() { # FILE
    sluice -q run "$root/pipelines/import-orders.yaml" --set "ORDERS_CSV=$1"
    code=$?
}
query() { sqlite3 -separator ' ' "${2:-imei_orders.db}" "$1"; }
everything="select count(*), sum(length(order_id || coalesce(status, '') || coalesce(result_code_display, ''))) from orders"

# --- the provider's export ---
{
    printf '\357\273\277'
    sed 's/$/\r/' <<'CSV'
SERVICE,IMEI NO.,CREDITS,STATUS,CODE,IMEI 2,CARRIER,SIMLOCK,MODEL,FMI,ORDER DATE,NOTES
Carrier Check,="001001001234563",$0.08,Completed,Model: iPhone 13 - Carrier: T-Mobile USA - SimLock: Locked - Purchase Date: 2021-11-02,,,,iPhone 13 128GB,ON,2026-11-20 10:00:00,"'=note"
Carrier Check,0044 0000-0000 016,"$1,200.50",completed,NCK-aBc3,,,,,,2026-11-21 10:00:00,
Unlock,004900000000015,$12.00,Rejected,Invalid_IMEI,,,,,,2026-11-22 10:00:00,
Carrier Check,001001001234563,$0.08,In Process,,,,,,,2026-11-23 10:00:00,
,,,,,,,,,,,
Unlock,,$1.00,Pending,,,,,,,2026-11-24 10:00:00,
CSV
} >old.csv
import old.csv
check "an export is imported; a row without an IMEI is rejected" "$code$(cat err.txt | grep -vc 'rejected')" "100"
check "orders, amounts, states" "$(query 'select imei, service_name, credits, status, order_date, coalesce(notes, 0) from orders order by order_date')" \
    "001001001234563 Carrier Check 0.08 Completed 2026-11-20 10:00:00 =note
004400000000016 Carrier Check 1200.50 Completed 2026-11-21 10:00:00 0
004900000000015 Unlock 12.00 Rejected 2026-11-22 10:00:00 0
001001001234563 Carrier Check 0.08 In Process 2026-11-23 10:00:00 0"
check "the result, taken apart" "$(query "select carrier, simlock, model, fmi, json_extract(raw_response, '\$.pairs.\"Purchase Date\"') from orders where fmi = 'ON'")" \
    "T-Mobile USA Locked iPhone 13 128GB ON 2021-11-02"
check "a pair a line, and the text as it was" "$(query "select result_code_display, result_code from orders where fmi = 'ON'")" \
    "Model: iPhone 13
Carrier: T-Mobile USA
SimLock: Locked
Purchase Date: 2021-11-02 Model: iPhone 13 - Carrier: T-Mobile USA - SimLock: Locked - Purchase Date: 2021-11-02"
check "an unlock code keeps its letters" "$(query "select result_code_display from orders where imei = '004400000000016'")" NCK-aBc3
check "ids of their own" "$(query "select count(distinct order_id), min(order_id) glob 'import-*', min(provider) from orders")" "4 1 gsm_fusion"
check "import_history" "$(query 'select filename, rows_imported, rows_skipped from import_history')" "old.csv 4 0"
before=$(query "$everything")
sluice run "$root/pipelines/import-orders.yaml" --set ORDERS_CSV=old.csv
check_match "again: all are known, says the end" "$(tail -4 err.txt)" 'old\.csv: 0 orders new or with news, 4 known'
query 'delete from import_history where id = 2'
import old.csv
check "again: nothing changes" "$(query "$everything")" "$before"
check "and import_history says so" "$(query 'select rows_imported, rows_skipped from import_history where id = 2')" "0 4"
sed 's/In Process,,/Completed,Model: X,/' old.csv >new.csv
import new.csv
check "a later export brings news" "$(query "select status, model from orders where order_date like '2026-11-23%'; select rows_imported, rows_skipped from import_history where id = 3")" \
    "Completed X
1 3"

# --- there and back ---
sluice orders --format gsm_fusion >export.csv
import export.csv
check "one's own export changes nothing" "$(query 'select count(*) from orders')" 4
mkdir other && cd other || exit 1
sluice run "$root/pipelines/import-orders.yaml" --set ORDERS_CSV=../export.csv
check "nothing is said to be left out" "$? $(grep -c 'column' err.txt)" "0 0"
sluice orders --format gsm_fusion >again.csv
check "a store made of an export exports the same" "$(sort again.csv >a; sort ../export.csv | cmp - a && echo same)" same
cd ..
printf 'imei,price\n001001001234563,1\n' >none.csv
import none.csv
check "what is no export" "$code" 65
check_match "and why" "$(cat err.txt)" 'none\.csv: has no column SERVICE'

# --- orders that were placed, and an export that lists them ---
mkdir placed && cd placed || exit 1
start_sandbox
pipeline
sed -i 's/sqlite: {path: orders.db}/orders: {}/' place.yaml
csv 5 >imeis.csv
run
check "five orders are placed" "$(sum placed)" 5
sluice orders --format gsm_fusion >export.csv
import export.csv
check "their export makes no others of them" "$code $(query 'select count(*) from orders; select rows_imported, rows_skipped from import_history' | tr '\n' ' ')" "0 5 0 5 "
# What comes into the store later counts as ordered as well: by its service's title, or by its number.
title=$(query 'select service_name from orders limit 1')
{
    echo 'SERVICE,IMEI NO.,CREDITS,STATUS,CODE,ORDER DATE'
    for imei in $(csv 8 | tail -3 | cut -d, -f1); do
        echo "\"$title\",$imei,\$0.08,Completed,Model: X,2026-01-01 10:00:00"
    done
} >old.csv
import old.csv
check "three more orders are imported" "$code $(query 'select count(*) from orders')" "0 8"
csv 8 >imeis.csv
run
check "they aren't paid again" "$code $(sum placed) $(sum duplicate) $(books charged)" "0 0 8 5"
check_match "which is said" "$(cat err.txt)" '3 orders of the store are news to this ledger; they count as ordered'
csv 9 >imeis.csv
query "insert into orders(order_id, imei, service_id) values('77', '$(sed -n 10p imeis.csv | cut -d, -f1)', '1739')"
run
check "nor is what somebody else put there" "$code $(sum placed) $(sum duplicate) $(books charged)" "0 0 9 5"
run
check "and it is news but once" "$code $(grep -c 'news to this ledger' err.txt)" "0 0"
csv 10 >imeis.csv
run
check "what is new is placed" "$code $(sum placed) $(sum duplicate) $(books charged)" "0 1 9 6"
query 'delete from orders'
query "insert into orders(order_id, imei, service_id) values('88', '004900000000015', '1739')"
printf 'imei\n004900000000015\n' >imeis.csv
run
check "a store that was made anew is read from its start" "$code $(sum placed) $(sum duplicate) $(books charged)" "0 0 1 6"
stop_sandbox
cd ..

# --- an older system's store ---
many=${SLUICE_TEST_ORDERS:-20000}
query "CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT UNIQUE, service_name TEXT, service_id TEXT,
    imei TEXT NOT NULL, imei2 TEXT, credits REAL, status TEXT, carrier TEXT, simlock TEXT, model TEXT, fmi TEXT,
    order_date TIMESTAMP, result_code TEXT, result_code_display TEXT, notes TEXT, raw_response TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $many)
  INSERT INTO orders(order_id, service_name, service_id, imei, credits, status, order_date, result_code, created_at)
    SELECT 15000000 + i, 'Carrier Check', '1739', printf('00%012d0', i), 0.08,
      CASE WHEN i % 10 THEN 'Completed' ELSE 'Pending' END, '2025-11-16 10:25:00', 'Carrier: X ' || i,
      '2025-11-16 10:25:03' FROM n;
  INSERT INTO orders(order_id, imei) VALUES(NULL, '004900000000015')" old.db
cp old.db kept.db
for i in 1 2 3; do
    "$SLUICE" --state-dir "$home/state" -q store copy old.db new.db >out.txt 2>&1 &
    pid=$!
    sleep "0.0$((i * 3))"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
done
sluice store copy old.db new.db >out.txt
check "a copy that was killed goes on: exit code" "$?" 0
check_match "and is verified" "$(cat out.txt)" '^verified: all [0-9,]+ orders are in new.db, checksum [0-9a-f]{16} on both sides$'
check_match "an order without an id is told of" "$(cat err.txt)" '1 orders of old.db have no order id, the first is for 004900000000015: new.db keeps them .* they count as ordered'
check "and kept" "$(query "select count(*), min(order_id) glob 'import-*' from orders where imei = '004900000000015'" new.db)" "1 1"
check "every order is there once, every value the same" \
    "$(query "attach 'old.db' as old; select count(*) - 1 from orders; select count(*) from (select order_id, imei, service_id, cast(credits as text), status, order_date, result_code, created_at from old.orders where order_id is not null except select order_id, imei, service_id, credits, status, order_date, result_code, created_at from orders)" new.db | tr '\n' ' ')" "$many 0 "
check "import_history adds up, whatever was killed" "$(query 'select sum(rows_imported) from import_history' new.db)" "$((many + 1))"
check "the old file is as it was" "$(cmp old.db kept.db && echo same)" same
sluice -q store copy old.db new.db >out.txt
check "again: nothing changes" "$? $(query 'select rows_imported, rows_skipped from import_history order by id desc limit 1' new.db)" "0 0 $((many + 1))"
query "update orders set status = 'Completed', carrier = 'mine' where order_id = '15000010'; update orders set status = '' where order_id = '15000011'" new.db
sluice store copy old.db new.db >out.txt
check "what TO knows better stays" "$? $(query "select status, carrier from orders where order_id = '15000010'" new.db)" "0 Completed mine"
check_match "and is told of" "$(cat err.txt)" '1 orders new\.db knew more or other values'
check "what TO has lost comes back" "$(query "select status from orders where order_id = '15000011'" new.db)" Completed
query "update orders set status = 'Rejected', carrier = 'mine', result_code = 'mine' where order_id = '15000012'; update orders set status = 'Pending', result_code = null where order_id = '15000013'" new.db
sluice -q store copy old.db new.db >out.txt
check "an end that TO knows stays, with its result" "$? $(query "select status, carrier, result_code from orders where order_id = '15000012'" new.db)" "0 Rejected mine mine"
check "an end that TO doesn't know comes, with its result" "$(query "select status, result_code from orders where order_id = '15000013'" new.db)" "Completed Carrier: X 13"
query "create table orders(order_id text, imei text, status text, raw_response text);
    insert into orders values('5', '001001001234563', 'Completed', '{\"check\":{\"a\":\"old\",\"b\":\"old\"}}')" said.db
cp said.db knows.db
query "update orders set raw_response = '{\"check\":{\"a\":\"new\"}}'" knows.db
sluice -q store copy said.db knows.db >out.txt
check "what TO was told stays" "$? $(query 'select raw_response from orders' knows.db | grep -c '"a":"new"')" "0 1"
query "update orders set order_id = order_id || 'x', imei = imei || 'x' where order_id = '15000020'; create trigger stop before insert on orders when new.order_id = '15000020' begin select raise(ignore); end" new.db
sluice store copy old.db new.db >out.txt
check "an order that isn't in TO in the end: an error" "$?$(cat out.txt)" 74
check_match "that names it" "$(cat err.txt)" 'new\.db lacks 1 of [0-9]+ orders of old\.db.*order 15000020 is missing'
sluice store copy nowhere.db none.db
check "no FROM" "$?$(ls none.db 2>/dev/null)" 66
sluice store copy old.db old.db
check "FROM is TO" "$?" 64
sluice store copy old.db ./old.db
check "FROM is TO by another name" "$? $(grep -c 'are the same store' err.txt)" "64 1"
ln -s old.db link.db
sluice store copy link.db old.db
check "FROM is a link to TO" "$?" 64
sluice store copy old.db
check "no TO" "$?" 64
sluice store cpoy
check "no such verb" "$?" 64

# --- what a copy can't do, or not at once ---
query "create table orders(order_id text, imei text, status text);
    insert into orders values('1', '001001001234563', 'Completed'), ('1', '001001001234563', 'Pending'),
        ('2', '004400000000016', 'Pending'), ('2', '004900000000015', 'Pending'), ('3', '008600000000017', 'Pending')" twice.db
for time in first second; do
    sluice store copy twice.db once.db >out.txt
    check "one id for two IMEIs: the first is kept, $time time" "$? $(query 'select group_concat(imei, char(32)) from orders order by order_id' once.db)" \
        "10 001001001234563 004400000000016 008600000000017"
    check_match "what isn't there and why, $time time" "$(cat err.txt)" "1 orders of twice.db aren't in once.db, which refused them: order 2 is missing; why, is in the rejects file"
    check_match "all others are, $time time" "$(cat out.txt)" '^verified: the other 4 orders are in once.db'
done
query "create table orders(order_id real, imei real, imei2, service_id double, credits real);
    insert into orders values(15000001, '356938035643809', 1.5, '1739', 0.08), (1e15 + 1, 490154203237518, null, 1739, 12.5)" real.db
sluice -q store copy real.db whole.db >out.txt
check "ids that were kept as floating-point numbers" "$? $(query 'select order_id, imei, imei2, service_id, credits from orders order by 1' whole.db | tr '\n' ' ')" \
    "0 1000000000000001 490154203237518  1739 12.5 15000001 356938035643809 1.5 1739 0.08 "
# Orders come and change while they are copied: what is copied is compared with what is there then.
query "create table orders(id integer primary key, order_id text unique, imei text, status text, carrier text);
    with recursive n(k) as (select 1 union all select k + 1 from n where k < 20000)
    insert into orders(order_id, imei, status) select k, printf('00%013d', k), 'Pending' from n" busy.db
sluice store copy busy.db still.db >out.txt &
copier=$!
until [ "$(query 'select count(*) from orders' still.db 2>/dev/null || echo 0)" -gt 0 ] || ! kill -0 $copier; do :; done
query "pragma busy_timeout = 20000; update orders set status = 'Completed', carrier = 'new' where id % 7 = 0;
    insert into orders(order_id, imei, status) values('new', '001001001234563', 'Pending')" busy.db >/dev/null
wait $copier
check "FROM was written to once: copied until both are the same" "$? $(query "attach 'busy.db' as busy; select count(*) from busy.orders as b join orders as s using (order_id, imei, status) where b.carrier is s.carrier" still.db)" "0 20001"

# --- both ways at once ---
cat >same.yaml <<'YAML'
name: same
source:
  orders: {store: {sqlite: {path: old.db}}}
sinks:
  - orders: {store: {sqlite: {path: old.db}}}
YAML
sluice -q run same.yaml
check "a table that is read and written in one run: nothing is lost, nothing written" \
    "$? $(query "attach 'kept.db' as kept; select count(*) from orders; select count(*) from (select order_id, imei, status, updated_at from orders except select order_id, imei, status, updated_at from kept.orders)" old.db | tr '\n' ' ')" "0 $((many + 1)) 0 "

# --- an export first, and then a run that finds the same orders in the provider's list ---------------
rm -rf "$home/state"; mkdir exported && cd exported || exit 1
export GSM_FUSION_ACCOUNT=tester@sandbox
start_sandbox --fault charge-always
csv 20 >imeis.csv
pipeline
run
SUPABASE_URL='' sluice orders -f place.yaml --format gsm_fusion >export.csv
rm -rf "$home/state" orders.db
sed 's|orders: {history|sqlite: {path: orders.db, history|' "$root/pipelines/import-orders.yaml" >import.yaml
sluice -q run import.yaml --set ORDERS_CSV=export.csv
check "imported under ids of their own" "$? $(query "select count(*) from orders where order_id glob 'import-*'" orders.db)" "0 20"
run
check "none is paid again, and each stands once, with the provider's id" \
    "$code $(sum placed) $(books charged) $(query "select count(*), sum(order_id glob 'import-*') from orders" orders.db)" "0 0 20 20 0"
sluice -q run import.yaml --set ORDERS_CSV=export.csv
check "the export again adds nothing" "$? $(query 'select count(*) from orders' orders.db)" "0 20"
stop_sandbox
cd ..

# --- orders that were paid and that the table refused: the rejects file is the way back ---------------
rm -rf "$home/state"; mkdir refused && cd refused || exit 1
start_sandbox
columns='id integer primary key, order_id text unique, imei text not null, service_id text, credits text, status text, raw_response text, provider text, account text'
query "create table orders($columns, check (service_id <> '1739'))" orders.db
csv 12 >imeis.csv
printf '123,not an IMEI\n' >>imeis.csv
pipeline
run
check "paid, refused and told of" "$code $(sum placed) $(sum not_stored) $(sum rejected) $(books charged)" "10 12 12 1 12"
check "the first rows by themselves" "$(grep -c "row [0-9]* isn't stored: CHECK" err.txt)" 5
check_match "the others in a sum" "$(cat err.txt)" "sqlite: 7 more rows aren't stored"
check_match "with the way back" "$(cat err.txt)" "sqlite: 12 PAID orders are not stored: .*'sluice run pipelines/import-orders.yaml --set ORDERS_CSV=rejected-2.csv'"
run
check "the next run orders nothing and stores nothing" "$(sum duplicate) $(sum not_stored) $(books charged) $(query 'select count(*) from orders' orders.db)" "12 0 12 0"
sed 's|orders: {history|sqlite: {path: orders.db, history|' "$root/pipelines/import-orders.yaml" >import.yaml
sluice -q run import.yaml --set ORDERS_CSV=rejected-2.csv
check "the table isn't mended yet: no paid order is lost" "$? $(grep -c refused_by_table not-imported.csv)" "10 12"
query "create table mended($columns); drop table orders; alter table mended rename to orders" orders.db
sluice -q run import.yaml --set ORDERS_CSV=rejected-2.csv
check "the mended table takes them" "$? $(cat err.txt)" "0 "
check "every paid order is stored" "$(query "select count(*), count(distinct order_id), min(provider), min(account), min(status), sum(json_extract(raw_response, '\$.place.id') = order_id) from orders" orders.db)" \
    "12 12 gsm_fusion tester@sandbox Pending 12"
check "as the ledger has them" "$(query "attach '$home/state/ledger.db' as ledger; select count(*) from orders join ledger.orders as bought using (order_id)" orders.db)" 12
run
check "nothing is paid again" "$(sum placed) $(sum duplicate) $(books charged)" "0 12 12"
check "nothing is news" "$(grep -c 'news to this ledger' err.txt)" 0
rm -rf "$home/state" orders.db rejected*.csv
query "create table orders($columns, check (service_id <> '1739'))" orders.db
run
check_match "orders without a row are named by their ids" "$(cat err.txt)" "order [0-9]+ isn't stored: CHECK"
stop_sandbox
cd ..

# --- orders that nobody knows the order ids of: not paid again, and not asked about ------------------
rm -rf "$home/state"; mkdir nameless && cd nameless || exit 1
export GSM_FUSION_ACCOUNT=tester@sandbox
start_sandbox --fault charge-always
csv 6 >imeis.csv
pipeline
imei() { sed -n "$(($1 + 1))p" imeis.csv | cut -d, -f1; }
query "create table orders (id integer primary key, order_id text, imei text, service_id text, service_name text, status text, order_date text);
    insert into orders(order_id, imei, service_id, status, order_date) values(null, '$(imei 1)', '1739', 'Pending', '2025-01-01'),
        ('', '$(imei 2)', '1739', 'Pending', '2025-01-01'), ('77', '$(imei 3)', '1739', 'Completed', '2025-01-01'), ('', '', '1739', '', '')" old.db
sluice store copy old.db orders.db >out.txt
check "copied" "$?" 0
check_match "and told of" "$(cat err.txt)" '2 orders of old.db have no order id, the first is for 0'
check_match "what is for nothing isn't kept" "$(cat err.txt)" '1 orders of old.db have no IMEI'
run
check "nothing of it is paid again" "$code $(sum placed) $(sum duplicate) $(books charged)" "0 3 3 3"
check_match "said" "$(cat err.txt)" 'of 2 orders the store has no order id of the provider, and whether they were bought .*ledger resolve KEY --placed'
check "in the ledger without an id" "$(sqlite3 "$home/state/ledger.db" "select count(*) from orders where state = 5 and order_id is null")" 2
run
check "once" "$(sum duplicate) $(grep -c 'no order id of the provider' err.txt)" "6 0"
sed 's|orders: {}|sqlite: {path: orders.db}|; s|orders: {status|sqlite: {path: orders.db, status|' "$root/pipelines/sync-pending.yaml" >sync.yaml
sluice run sync.yaml --now --json >out.json
check "what is asked about is what the provider can know" "$? $(grep -c 'import-' "$home/sandbox.log") $(tail -1 out.json | sed -n 's/.*"read":\([0-9]*\).*/\1/p')" "0 0 5"
check "said once" "$(grep -c '2 orders were not asked about: their ids were made up by an import' err.txt)" 1
sluice ledger resolve "$(imei 1)" --placed import-1 >out.txt
check "an id that is made up is none" "$?" 64
sluice ledger resolve "$(imei 1)" --placed 4711 >out.txt
check_match "nor one that the provider doesn't have" "$? $(cat err.txt)" '^65 .*the provider knows no order 4711'
sluice ledger resolve "$(imei 1)" --placed 4711 --unchecked >out.txt
check_match "a person has found the order id" "$? $(cat out.txt)" "^0 $(imei 1) is placed as order 4711; the next run of 'place' delivers it"
run
check "it is in the store, once" "$code $(sum duplicate) $(query "select count(*) from orders where order_id = '4711' and imei = '$(imei 1)' and service_id = '1739'" orders.db)" "0 6 1"
rm -rf "$home/state" orders.db
query "create table ORDERS (ORDER_ID real, Imei real, STATUS text, Service_ID real);
    insert into orders values (null, '$(imei 1)', 'Pending', 1739), (null, '$(imei 2)', 'Pending', 1739), (77, '$(imei 3)', 'Completed', 1739)" upper.db
sluice store copy upper.db orders.db >out.txt
check "columns in other letters, IMEIs as numbers: copied" "$? $(sed 's/,.*//' out.txt)" "0 verified: all 1 orders are in orders.db"
before=$(books charged)
run
check "and not paid again" "$code $(sum placed) $(sum duplicate) $(($(books charged) - before))" "0 0 6 0"
cp old.db straight.db
sed -i 's/orders.db/straight.db/; s/name: place/name: straight/' place.yaml
rm -rf "$home/state"
run
check "a store that has such orders itself" "$code $(sum placed) $(books charged)" "0 0 3"
check "the choice to order again is a person's" "$(run --repeat --limit 1; echo "$code $(sum placed)")" "0 1"
stop_sandbox
cd ..

plan
