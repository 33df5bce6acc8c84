#!/bin/sh
# Replies that are lost, or that somebody else gives: what was written isn't written twice, and what wasn't isn't taken
# for written.
. "$(dirname "$0")/rest.sh"
start_stack db rest
new_table
sql "CREATE TABLE import_history(id bigserial PRIMARY KEY, filename text, rows_imported int, rows_skipped int, import_date timestamptz DEFAULT now());
     GRANT SELECT, INSERT, UPDATE ON import_history TO service_role; GRANT USAGE ON SEQUENCE import_history_id_seq TO service_role;
     CREATE TABLE parts(id bigserial PRIMARY KEY, sku text UNIQUE, price numeric);
     GRANT SELECT, INSERT, UPDATE ON parts TO service_role; GRANT USAGE ON SEQUENCE parts_id_seq TO service_role" >sql.txt
until_rest_has import_history
until_rest_has parts
load() { # one run of load.yaml, on a new ledger; its code in $code, its last error in $err
    rm -rf "$home/state"
    timeout 60 "$SLUICE" --state-dir "$home/state" run load.yaml --json >out.json 2>err.txt
    code=$?
    err=$(grep 'error:' err.txt | tail -1)
}
rows() { # N STATUS
    awk -v n="$1" -v s="$2" 'BEGIN { print "order_id,imei,status"; for (i = 1; i <= n; i++) printf "r%d,00%012d0,%s\n", i, i, s }' >orders.csv
}
history() { sql "SELECT filename, rows_imported, rows_skipped FROM import_history ORDER BY id" | tr '\n' ' '; }

# --- a page instead of a reply, with 200 ---
start_weather
url=$WEATHER over_rest
load_yaml
weather html-200 1 POST status
rows 3 Pending
load
check "a page for an INSERT: not stored, and that is said" "$((code != 0)) $(sql 'SELECT count(*) FROM orders')" "1 0"
weather fine
load
rows 3 Completed
weather html-200 1 POST updated_at
load
check_match "a page for an update: 69" "$code $err" "^69 .*isn't what the API answers .*SUPABASE_URL"
check "and nothing has changed" "$(sql "SELECT DISTINCT status FROM orders")" Pending
weather fine
load
check "then it does" "$code $(sql "SELECT DISTINCT status FROM orders")" "0 Completed"
printf 'sku,price\na,1\nb,2\n' >orders.csv
load_yaml 'table: parts, conflict: sku'
weather html-200 1 POST price
load
check_match "a page for an upsert into a table of another kind: 69" "$code $err" "^69 .*no count of rows"
weather empty-200 1 POST price
load
check "nothing with 200, likewise" "$code $(sql 'SELECT count(*) FROM parts')" "69 0"
weather fine
load
check "then it is stored" "$code $(sql 'SELECT count(*) FROM parts')" "0 2"

# --- what the API of this version doesn't say itself ---
load_yaml
rows 3 Pending
weather code-401-PGRST303
load
check_match "PGRST303: the token has expired" "$code $err" '^77 .*\(PGRST303\); SUPABASE_KEY .*expired'
weather code-404-PGRST205
load
check_match "PGRST205: no such table" "$code $err" "^78 .*\(PGRST205\); there is no table public.orders.*run what 'sluice store init --print' shows in the SQL editor"

# --- a key whose role is gone ---
weather fine
sql 'ALTER ROLE anon RENAME TO anonymous' >sql.txt
url=$WEATHER over_rest "$STACK_ANON_KEY"
load
check_match "it refuses no row: nothing begins" "$code $(grep -v ": info: " err.txt)" '^77 .*role "anon" does not exist \(22023\); SUPABASE_KEY'
sql 'ALTER ROLE anonymous RENAME TO anon' >sql.txt
url=$WEATHER over_rest

# --- the row of import_history, over REST ---
load_yaml 'history: true'
sql 'TRUNCATE orders' >sql.txt
for way in first second; do
    weather lost 1 POST import_history
    load
    check "REST, the reply of the history is lost, $way time" "$code" 0
done
check "one row a run" "$(history)" 'orders.csv|3|0 orders.csv|0|3 '
weather html-503 1 POST import_history
rows 5 Pending
load
check "refused: it isn't there, and the rows are" "$code $(history)" '69 orders.csv|3|0 orders.csv|0|3 '
weather html-503 2 POST import_history
load
check "refused once: it is there once" "$code $(history)" '0 orders.csv|3|0 orders.csv|0|3 orders.csv|0|5 '
stop_weather
over_sqlite

# --- over a connection that breaks off ---
mkfifo cutter.in cutter.out
port=${STACK_DB_URL##*:}
python3 "$stack_source/cutter.py" "${port%%/*}" cut <cutter.in >cutter.out &
exec 5>cutter.in
IFS= read -r cutter <cutter.out
SUPABASE_DB_URL=postgresql://postgres:$STACK_PASSWORD@127.0.0.1:$cutter/postgres?sslmode=disable
export SUPABASE_DB_URL
printf 'name: load\nsource:\n  csv: {path: orders.csv}\nsinks:\n  - supabase: {history: true}\n' >load.yaml
sql 'TRUNCATE orders, import_history' >sql.txt
for lost in INSERT COMMIT; do
    echo 'INSERT INTO import_history' >cut.new
    [ "$lost" = INSERT ] || echo COMMIT >>cut.new
    mv cut.new cut
    load
    check "the reply to the history's $lost is lost" "$code $([ -e cut ] && echo 'never cut')" "0 "
done
check "one row a run, over libpq" "$(history)" 'orders.csv|5|0 orders.csv|0|5 '
exec 5>&-
plan
