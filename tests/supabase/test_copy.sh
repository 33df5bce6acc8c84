#!/bin/sh
# `sluice store copy`: a file's orders into Postgres and back, all of them with all they know, once, whatever
# happens on the way; and import_history says what came of it.
. "$(dirname "$0")/lib.sh"
rows=${ROWS:-12000}
start_stack
export SUPABASE_URL=https://example.supabase.co SUPABASE_KEY=none SUPABASE_DB_URL=$STACK_DB_URL
sluice() { "$SLUICE" --log-level debug --state-dir "$home/state" "$@" 2>err.txt; }
copy() { # FROM TO: $code, out.txt
    sluice store copy "$1" "$2" >out.txt
    code=$?
}
fill() { # FILE ROWS: orders as sluice stores them, with texts of every kind
    "$SLUICE" -q store init "$1" >/dev/null
    sqlite3 "$1" "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < $2)
        INSERT INTO orders(order_id, provider, account, service_name, service_id, imei, imei2, credits, status, carrier, notes,
            order_date, result_code_display, raw_response, created_at)
        SELECT 1000 + k, 'gsm_fusion', 'tester@sandbox', 'Überprüfung ⚡', '01739', printf('00%013d', k * 7919), iif(k % 3, NULL, '0044'),
            iif(k % 2, '0.08', '1200.5'), iif(k % 5, 'Completed', 'Pending'), iif(k % 4, 'T-Mobile', NULL),
            CASE k % 6 WHEN 0 THEN 'tab' || char(9) || 'and \\N \\. \"quotes\"' WHEN 1 THEN '{a,b}' END,
            datetime(1700000000 + k, 'unixepoch'), 'Carrier: X' || char(10) || 'SimLock: Y',
            '{\"place\":{\"id\":\"' || (1000 + k) || '\"}}', datetime(1700000100 + k, 'unixepoch') FROM n"
}
everything() { # FILE: every value but the store's own, in one number
    sqlite3 "$1" "SELECT order_id, provider, account, service_name, service_id, imei, imei2, credits, status, carrier, notes, order_date,
        result_code_display, raw_response, created_at FROM orders ORDER BY order_id" | cksum
}
in_postgres() { sql 'SELECT count(*) FROM orders'; }
unwritten() { sql "SELECT md5(string_agg(xmin::text || id, ',' ORDER BY id)) FROM orders"; }

# --- there and back ---
fill from.db "$rows"
copy from.db supabase
check "a store without tables" "$code $(grep -c "run 'sluice store init'" err.txt)" '78 1'
sluice store init >/dev/null
copy from.db supabase
check "a file goes to Postgres" "$code$(grep -v -e info -e debug err.txt)" 0
check_match "and is compared" "$(cat out.txt)" "^verified: all $(printf "%'d" "$rows" 2>/dev/null | grep , || echo "$rows" | sed 's/\(...\)$/,\1/') orders are in supabase, checksum [0-9a-f]{16} on both sides"
check "all of it is there" "$(in_postgres)" "$rows"
check "import_history" "$(sql 'SELECT filename, rows_imported, rows_skipped FROM import_history')" "from.db|$rows|0"
check "money and times are what they were" "$(sql "SELECT credits, order_date AT TIME ZONE 'UTC', service_id FROM orders WHERE order_id = '1002'")" \
    '1200.5000|2023-11-14 22:13:22|01739'
before=$(unwritten)
copy from.db supabase
check "again: nothing is written" "$code $(unwritten)" "0 $before"
check "import_history says so" "$(sql 'SELECT rows_imported, rows_skipped FROM import_history ORDER BY id DESC LIMIT 1')" "0|$rows"
copy supabase back.db
check "and back" "$code $(everything back.db)" "0 $(everything from.db)"
check "what isn't a file has the name that it was given" "$(grep 'new or with news' err.txt)" "sluice: info: sink sqlite: supabase: $(sqlite3 back.db 'SELECT count(*) FROM orders') orders new or with news, 0 known"
check "import_history has it" "$(sqlite3 back.db 'SELECT filename FROM import_history')" supabase
copy supabase back.db
check "back again" "$code $(everything back.db)" "0 $(everything from.db)"

# --- through the pooler, by its address ---
sql 'TRUNCATE orders, import_history' >/dev/null
copy from.db "$STACK_POOLER_URL"
check "through the pooler" "$code $(in_postgres)" "0 $rows"
check_match "a password on the command line is warned of" "$(cat err.txt)" 'warning: a password on the command line'
check_match "and not said back" "$(cat out.txt)" 'are in postgresql://postgres@127.0.0.1:[0-9]*/postgres, checksum'
check "nowhere" "$(cat out.txt err.txt | grep -cF "$STACK_PASSWORD")" 0
copy from.db "$STACK_DB_URL"
check "the same database by another address: nothing is new" "$code $(sql 'SELECT rows_imported FROM import_history ORDER BY id DESC LIMIT 1')" '0 0'

# --- both have orders ---
sql "UPDATE orders SET status = 'Rejected', notes = 'mine' WHERE order_id = '1005'; UPDATE orders SET carrier = NULL WHERE order_id = '1002';
    INSERT INTO orders(order_id, provider, account, imei) VALUES ('1003', 'dhru', 'else', '001001001234563'), ('theirs', '', '', '001001001234563');
    DELETE FROM orders WHERE order_id = '1003' AND provider = 'gsm_fusion'" >/dev/null
copy from.db supabase
check "what Postgres knows stays, what it lacks comes" "$code $(sql "SELECT status, notes FROM orders WHERE order_id = '1005'; SELECT carrier FROM orders WHERE order_id = '1002'; SELECT count(*) FROM orders WHERE order_id = '1003'")" \
    '0 Rejected|mine
T-Mobile
2'
check_match "said" "$(cat err.txt)" 'of 1 orders supabase knew more or other values'

# --- the table of an older system: one key, other columns ---
sql 'DROP TABLE orders; CREATE TABLE orders(id serial PRIMARY KEY, order_id text UNIQUE, imei text NOT NULL, status text, credits numeric(10,4),
    order_date timestamptz, created_at timestamptz DEFAULT now())' >/dev/null
copy from.db supabase
check "columns that it lacks are named before it begins" "$(grep -n 'has no column for these fields' err.txt | cut -d: -f1 | head -1 | awk '{print $1 < 6}')" 1
check "all orders come" "$(in_postgres)" "$rows"

# --- a copy that is killed goes on ---
sql 'DROP TABLE orders' >/dev/null
sluice store init >/dev/null
"$SLUICE" --state-dir "$home/state" -q store copy from.db supabase >out.txt 2>&1 &
copier=$!
tries=0
while [ "$(in_postgres)" = 0 ] && [ $tries -lt 2000 ]; do tries=$((tries + 1)); done
kill -9 "$copier"
wait "$copier" 2>/dev/null
partial=$(in_postgres)
copy from.db supabase
check "killed, then to its end" "$code $(in_postgres)" "0 $rows"
check "and only what was missing is written" \
    "$(sql 'SELECT rows_imported FROM import_history ORDER BY id DESC LIMIT 1' | awk -v p="$partial" -v n="$rows" '{print ($1 <= n - p)}')" 1

# --- the database goes away meanwhile ---
sql 'TRUNCATE orders' >/dev/null
"$SLUICE" --state-dir "$home/state" -q store copy from.db supabase >out.txt 2>err.txt &
copier=$!
tries=0
while [ "$(in_postgres)" = 0 ] && [ $tries -lt 2000 ]; do tries=$((tries + 1)); done
stack kill postgres
stack start postgres
wait "$copier"
check "the database was restarted: it went on" "$? $(in_postgres)" "0 $rows"

# --- over REST ---
direct=$SUPABASE_DB_URL
unset SUPABASE_DB_URL
export SUPABASE_URL=$STACK_URL SUPABASE_KEY=$STACK_SECRET_KEY
sql 'TRUNCATE orders, import_history' >/dev/null
until_rest_has orders
copy from.db supabase
check_match "REST: a file goes over, and is compared" "$code $(cat out.txt)" '^0 verified: all [0-9,]+ orders are in supabase, checksum [0-9a-f]{16} on both sides'
check "REST: all of it is there" "$(in_postgres) $(sql 'SELECT filename, rows_imported, rows_skipped FROM import_history')" "$rows from.db|$rows|0"
check "REST: which is said" "$(grep 'new or with news' err.txt)" "sluice: info: sink supabase: from.db: $rows orders new or with news, 0 known"
before=$(unwritten)
copy from.db supabase
check "REST: again: nothing is written" "$code $(unwritten) $(sql 'SELECT rows_imported, rows_skipped FROM import_history ORDER BY id DESC LIMIT 1')" "0 $before 0|$rows"
rm -f back.db*
copy supabase back.db
check "REST: and back" "$code $(everything back.db)" "0 $(everything from.db)"
SUPABASE_DB_URL=$direct
export SUPABASE_DB_URL SUPABASE_URL=https://example.supabase.co SUPABASE_KEY=none

# --- what can't be ---
copy nowhere.db supabase
check "no FROM" "$code" 66
copy supabase supabase
check_match "onto itself" "$code $(cat err.txt)" '^64 .*FROM and TO are the same store'
SUPABASE_DB_URL=postgresql://postgres@127.0.0.1:1/postgres
copy from.db supabase
check "no database" "$code" 69
copy supabase none.db
check "no database to read from, and no empty file" "$code $(ls none.db 2>/dev/null)" '69 '
plan
