#!/bin/sh
# `sluice store copy` into an empty table fills it in one go, without its indexes; or not at all. Whatever comes in
# between, the table is what it was but for the orders; and where that can't be done, the usual way does it.
. "$(dirname "$0")/lib.sh"
rows=2000
start_stack db
export SUPABASE_URL=https://example.supabase.co SUPABASE_KEY=none SUPABASE_DB_URL=$STACK_DB_URL
copy() { # FROM: $code, out.txt, err.txt, and $way: at once, or why not
    "$SLUICE" --log-level debug --state-dir "$home/state" store copy "$1" supabase >out.txt 2>err.txt
    code=$?
    set_way
}
set_way() {
    way=$(sed -n "s/.*isn't filled in one go: //p" err.txt)
    way=${way:-at once}
}
fill() { # FILE ROWS
    "$SLUICE" -q store init "$1" >/dev/null
    sqlite3 "$1" "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < $2)
        INSERT INTO orders(order_id, provider, account, service_name, service_id, imei, credits, status, notes, order_date, raw_response,
            created_at)
        SELECT 1000 + k, 'gsm_fusion', 'tester@sandbox', 'Überprüfung ⚡', '01739', printf('00%013d', k * 7919), iif(k % 2, '0.08', '1200.5'),
            iif(k % 5, 'Completed', 'Pending'), CASE k % 6 WHEN 0 THEN 'tab' || char(9) || 'and \\N \\. \"quotes\"' || char(10) END,
            datetime(1700000000 + k, 'unixepoch'), '{\"place\":{\"id\":\"' || (1000 + k) || '\"}}', datetime(1700000100 + k, 'unixepoch') FROM n"
}
fresh() { sql 'DROP TABLE IF EXISTS parts, orders; TRUNCATE import_history' >/dev/null; "$SLUICE" -q store init supabase >/dev/null; }
in_postgres() { sql 'SELECT count(*) FROM orders'; }
# All that the catalogue says of the table's indexes and keys.
shape() {
    sql "SELECT indexdef FROM pg_indexes WHERE tablename = 'orders' ORDER BY 1;
        SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'orders'::regclass ORDER BY 1;
        SELECT x.relname, i.indisunique, i.indisprimary, i.indisvalid, i.indisreplident, i.indisclustered, obj_description(x.oid, 'pg_class')
        FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid WHERE i.indrelid = 'orders'::regclass ORDER BY 1"
}
hold() { # STATEMENT: a transaction of somebody else's, open until release
    mkfifo held
    psql -Xq "$STACK_DB_URL" <held >held.out 2>&1 &
    holder=$!
    exec 9>held
    rm held
    printf 'BEGIN;\n%s;\n\\echo held\n' "$1" >&9
    until grep -q held held.out; do sleep 0.01; done
}
release() {
    printf 'ROLLBACK;\n\\q\n' >&9
    exec 9>&-
    wait "$holder"
}
# Where a copy waits for what is held.
until_it_waits() {
    tries=0
    until [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sluice' AND wait_event_type = 'Lock'")" = 1 ]; do
        tries=$((tries + 1))
        [ $tries -lt 3000 ] || { echo "Bail out! the copy doesn't wait: $(cat err.txt)"; exit 1; }
    done
}
"$SLUICE" -q store init supabase >/dev/null || { echo "Bail out! no tables"; exit 1; }
fill from.db $rows

# --- an empty table ---
before=$(shape)
copy from.db
check "an empty table is filled at once" "$code $way $(in_postgres)" "0 at once $rows"
check_match "and compared" "$(cat out.txt)" '^verified: all 2,000 orders are in supabase, checksum [0-9a-f]{16} on both sides'
check "its keys and indexes are what they were" "$(shape)" "$before"
check "import_history" "$(sql 'SELECT filename, rows_imported, rows_skipped FROM import_history')" "from.db|$rows|0"
check "values are what they were" "$(sql "SELECT credits, order_date AT TIME ZONE 'UTC', notes FROM orders WHERE order_id = '1006'")" \
    '1200.5000|2023-11-14 22:13:26|tab	and \N \. "quotes"'
check "the numbers go on behind it" "$(sql "INSERT INTO orders(order_id, imei) VALUES ('x', '1') RETURNING id > $rows; DELETE FROM orders WHERE order_id = 'x'")" t
copy from.db
check "then there are rows" "$code $way $(sql 'SELECT rows_imported FROM import_history ORDER BY id DESC LIMIT 1')" '0 there are rows in it 0'

# --- what breaks off leaves nothing ---
fresh
before=$(shape)
hold 'LOCK TABLE import_history IN EXCLUSIVE MODE'
"$SLUICE" --state-dir "$home/state" -q store copy from.db supabase >out.txt 2>err.txt &
copier=$!
until_it_waits
kill -9 "$copier"
wait "$copier" 2>/dev/null
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice'" >/dev/null
release
check "killed before the end: nothing is there" "$(in_postgres)" 0
check "but the keys and indexes" "$(shape)" "$before"
copy from.db
check "the next one does it at once" "$code $way $(in_postgres)" "0 at once $rows"

fresh
hold 'LOCK TABLE import_history IN EXCLUSIVE MODE'
"$SLUICE" --log-level debug --state-dir "$home/state" store copy from.db supabase >out.txt 2>err.txt &
copier=$!
until_it_waits
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice'" >/dev/null
release
wait "$copier"
check "cut off before the end: the copy goes on" "$? $(in_postgres)" "0 $rows"
check_match "and says how" "$(cat err.txt)" 'warning: the copy begins again, a batch at a time'
check "the keys and indexes are there" "$(shape)" "$before"
check "each order is counted once" "$(sql 'SELECT sum(rows_imported) FROM import_history')" "$rows"

# --- rows that can't be taken ---
fresh
cp from.db bad.db
sqlite3 bad.db "UPDATE orders SET credits = '99999999' WHERE order_id = '1500'"
copy bad.db
check "a row that is refused costs that row alone" "$(in_postgres) $(grep -c 'the copy begins again' err.txt)" "$((rows - 1)) 1"
check_match "it is told of" "$(cat err.txt)" '1 orders of bad.db aren.t in supabase, which refused them: order 1500 is missing'
check "the keys and indexes are there, too" "$(shape)" "$before"
fresh
sqlite3 old.db "CREATE TABLE orders(id INTEGER PRIMARY KEY, order_id TEXT, imei TEXT, status TEXT, provider TEXT, account TEXT);
    INSERT INTO orders(order_id, imei, status, provider, account) VALUES (71, '001001001234563', 'Pending', 'p', 'a'), (72, '004400000000016', 'Pending', 'p', 'a'),
        (71, '001001001234563', 'Completed', 'p', 'a')"
copy old.db
check "the same order twice in FROM" "$code $(sql 'SELECT order_id, status FROM orders ORDER BY order_id')" '0 71|Completed
72|Pending'
fresh
sqlite3 old.db 'DELETE FROM orders WHERE id = 3'
copy old.db
check "orders that don't say when they were made" "$code $way $(sql "SELECT count(*) FROM orders WHERE created_at > now() - interval '1 hour'")" '0 at once 2'

sql 'TRUNCATE orders' >/dev/null
sqlite3 old.db "UPDATE orders SET order_id = NULL WHERE id = 2"
copy old.db
check "an order without an id may be there under one: not at once" "$code $way $(in_postgres)" \
    '0 some orders have no id of the provider, and may be there under theirs 2'
fresh
cp from.db late.db
sqlite3 late.db "UPDATE orders SET order_id = 'import-1' WHERE id = $rows"
"$SLUICE" --state-dir "$home/state" store copy late.db supabase >out.txt 2>err.txt
check "nor when one comes late" "$? $(in_postgres)" "0 $rows"

# --- an older system's table, with keys and indexes of its own ---
fresh
sql "CREATE UNIQUE INDEX \"Odd name\" ON orders (order_id) WHERE provider = 'gsm_fusion'; CREATE INDEX lowered ON orders (lower(carrier));
    CREATE INDEX told ON orders (model); COMMENT ON INDEX told IS 'kept'; CREATE INDEX hashed ON orders USING hash (imei);
    CREATE INDEX wide ON orders (imei) INCLUDE (status) WITH (fillfactor = 70);
    ALTER TABLE orders ADD CONSTRAINT later UNIQUE (imei, order_id) DEFERRABLE, ADD CONSTRAINT named UNIQUE (imei, order_id, status);
    CREATE UNIQUE INDEX same ON orders (id); ALTER TABLE orders REPLICA IDENTITY USING INDEX same" >/dev/null
before=$(shape)
copy from.db
check "indexes of every kind" "$code $way $(in_postgres)" "0 at once $rows"
check "are what they were" "$(shape)" "$before"

# --- where it can't be done ---
not_at_once() { # WHY
    copy from.db
    check "not at once: $1" "$code $way $(in_postgres)" "0 $1 $rows"
    fresh
}
fresh
sql 'CREATE TABLE parts(id bigint REFERENCES orders)' >/dev/null
not_at_once 'another table refers to it'
sql "CREATE FUNCTION mark() RETURNS trigger LANGUAGE plpgsql AS \$\$BEGIN NEW.notes = 'seen'; RETURN NEW; END\$\$;
    CREATE TRIGGER mark BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION mark()" >/dev/null
copy from.db
check "not at once: a trigger, which sees each order" "$way $(sql "SELECT count(*) FROM orders WHERE notes = 'seen'")" \
    "it has a trigger on INSERT or TRUNCATE $rows"
fresh
sql 'CREATE PUBLICATION news FOR TABLE orders' >/dev/null
not_at_once 'it is published to subscribers'
sql 'DROP PUBLICATION news' >/dev/null
sql "CREATE ROLE clerk LOGIN BYPASSRLS PASSWORD '$STACK_PASSWORD'; GRANT SELECT, INSERT, UPDATE ON orders, import_history TO clerk;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO clerk" >/dev/null
SUPABASE_DB_URL=$(printf '%s' "$STACK_DB_URL" | sed 's,//postgres:,//clerk:,')
copy from.db
check "not at once: somebody else's" "$code $way $(in_postgres)" "0 it belongs to another role $rows"
SUPABASE_DB_URL=$STACK_DB_URL
fresh
hold 'SELECT count(*) FROM orders'
copy from.db
check "not at once: somebody is reading it" "$code $way $(in_postgres)" "0 others are at work in it $rows"
release
fresh
sql "INSERT INTO orders(order_id, imei) VALUES ('1', '1'); DELETE FROM orders" >/dev/null
not_at_once 'there are rows in it' # that nobody sees any more; only an empty file proves that there are none

# --- the option, in a pipeline ---
printf 'order_id,imei,status\n71,001001001234563,Pending\n72,004400000000016,Pending\n' >a.csv
printf 'source:\n  csv: {path: a.csv}\nsinks:\n  - supabase: {load: true, history: true}\n' >load.yaml
before=$(shape)
"$SLUICE" --state-dir "$home/state" -q run load.yaml >out.txt 2>err.txt
check "load: true" "$? $(in_postgres) $(cat err.txt)" '0 2 '
check "leaves the indexes as they were" "$(shape)" "$before"
"$SLUICE" --state-dir "$home/state" -q run load.yaml >out.txt 2>err.txt
check "and again" "$? $(in_postgres) $(sql 'SELECT rows_imported, rows_skipped FROM import_history ORDER BY id')" '0 2 2|0
0|2'
plan
