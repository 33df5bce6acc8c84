#!/bin/sh
# `sluice store init` and `check`: from an empty project to one that takes orders, and whatever may be wrong with
# the table of an older system, each with what to do about it.
. "$(dirname "$0")/lib.sh"
start_stack db pooler
export SUPABASE_URL=https://example.supabase.co SUPABASE_KEY=none SUPABASE_DB_URL=$STACK_DB_URL
store() { # VERB [ARGUMENT…]: out.txt, err.txt, $code
    "$SLUICE" --log-level debug store "$@" >out.txt 2>err.txt
    code=$?
}
codes() { # which findings the last --json names, sorted
    grep -o '"code":"[a-z_]*"' out.txt | cut -d'"' -f4 | sort | uniq -c | awk '{printf "%s%s=%d", s, $2, $1; s = " "}'
}
schema() { # columns, indexes, triggers, rights of both tables, as text
    sql "SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
        WHERE attrelid IN ('orders'::regclass, 'import_history'::regclass) AND attnum > 0 ORDER BY 1, attnum;
        SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'orders'::regclass ORDER BY 1::text;
        SELECT tgname FROM pg_trigger WHERE tgrelid = 'orders'::regclass ORDER BY 1;
        SELECT relname, relrowsecurity, relacl FROM pg_class WHERE relname IN ('orders', 'import_history') ORDER BY 1"
}

# --- an empty project ---
store check
check "an empty project lacks something" "$code" 1
check_match "it says what, and what to do" "$(cat out.txt)" "orders: the table is missing"
check_match "once" "$(tail -1 out.txt)" "2 to look at; 'sluice store init' adds what is missing"
store init --print
check "the statements are shown" "$code" 0
check_match "and where they go" "$(cat err.txt)" "nothing was changed: .* paste them into the SQL editor"
check "nothing is made by it" "$(sql "SELECT to_regclass('orders')")" ''
cp out.txt init.sql
check "they can be pasted" "$(psql -Xq -v ON_ERROR_STOP=1 "$STACK_DB_URL" -f init.sql 2>&1 | grep -v NOTICE)" ''
store check
check "then everything is there" "$code $(tail -1 out.txt | grep -c 'everything is there')" '0 1'
pasted=$(schema)
sql 'DROP TABLE orders, import_history; DROP FUNCTION sluice_updated_at' >/dev/null
store init
check "init makes them itself" "$code" 0
check_match "and says so" "$(cat out.txt)" "^fixed: orders: the table is missing"
check "the same tables" "$(schema)" "$pasted"
store check --json
check "nothing is left to find" "$code $(codes)" '0 '
store init
check_match "init again changes nothing" "$code $(cat out.txt)" '^0 .*was ready, nothing was changed'
check "by paste, too" "$(psql -Xq -v ON_ERROR_STOP=1 "$STACK_DB_URL" -f init.sql 2>&1 | grep -v NOTICE; schema)" "$pasted"
store check "$STACK_POOLER_URL"
check "through the pooler" "$code" 0

# --- who may do what ---
rights() { sql "SET ROLE $1; $2" | sed 's/^ERROR: *//' | head -1; }
insert="INSERT INTO orders(order_id, imei) VALUES ('1', '004400000000016')"
check "the service role writes" "$(rights service_role "$insert")" ''
check_match "the public role doesn't" "$(rights anon "$insert")" 'permission denied'
sql 'GRANT SELECT, INSERT ON orders TO anon' >/dev/null
check "where it was granted once, it sees nothing" "$(rights anon 'SELECT count(*) FROM orders')" 0
check_match "and writes nothing" "$(rights anon "INSERT INTO orders(id, order_id, imei) VALUES (99, '2', '1')")" 'row-level security'
check "which is nothing to complain about" "$(store check; echo $code)" 0
check "updated_at follows a change" "$(sql "UPDATE orders SET updated_at = '2020-01-01'; UPDATE orders SET notes = 'x'
    RETURNING updated_at > now() - interval '1 minute'" | tail -1)" t
check "the trigger isn't in the way of who sets it" "$(sql "UPDATE orders SET updated_at = '2020-01-01' RETURNING updated_at::date")" 2020-01-01

# --- each thing that may be missing ---
lacks() { # NAME STATEMENT EXPECTED: found, mended by init, and then gone
    sql "$2" >/dev/null
    store check --json
    check "$1 is found" "$code $(codes)" "1 $3"
    store init
    check "init mends it: $1" "$code $(store check --json; codes)" '0 '
}
lacks "a column" 'ALTER TABLE orders DROP COLUMN carrier' column_missing=1
lacks "an index" 'DROP INDEX orders_imei_idx' index_missing=1
lacks "the unique key" 'ALTER TABLE orders DROP CONSTRAINT orders_order_id_provider_account_key' unique_key_missing=1
lacks "the trigger" 'DROP TRIGGER sluice_updated_at ON orders' trigger_missing=1
lacks "row-level security" 'ALTER TABLE orders DISABLE ROW LEVEL SECURITY' rls_off=1
lacks "that of the history" 'ALTER TABLE import_history DISABLE ROW LEVEL SECURITY' rls_off=1
lacks "a grant" 'REVOKE INSERT, UPDATE ON orders FROM service_role' grant_missing=1
lacks "the sequence's grant" 'REVOKE ALL ON SEQUENCE orders_id_seq FROM service_role' grant_missing=1
lacks "the schema's grant" 'REVOKE USAGE ON SCHEMA public FROM service_role; REVOKE USAGE ON SCHEMA public FROM PUBLIC' grant_missing=1
lacks "the history" 'DROP TABLE import_history' table_missing=1
sql 'GRANT USAGE ON SCHEMA public TO PUBLIC' >/dev/null

# --- what init doesn't decide ---
sql "CREATE POLICY web ON orders FOR SELECT TO anon USING (true)" >/dev/null
store check
check_match "a policy is named, with how to be rid of it" "$(cat out.txt)" \
    "DROP POLICY web ON orders"
store init
check_match "init leaves it, and says that something is left" "$(cat err.txt)" "1 more to look at.*'sluice store check'"
sql "DROP POLICY web ON orders; ALTER TABLE orders DISABLE TRIGGER sluice_updated_at" >/dev/null
store check --json
check "a trigger that is off" "$code $(codes)" '1 trigger_off=1'
sql "ALTER TABLE orders ENABLE TRIGGER sluice_updated_at; ALTER TABLE orders ALTER COLUMN imei TYPE bigint USING imei::bigint,
    ALTER COLUMN credits TYPE float8" >/dev/null
store check --json
check "columns that spoil their values" "$code $(codes)" '1 column_type=2'
check_match "with the statement that mends them" "$(cat out.txt)" 'ALTER TABLE orders ALTER COLUMN imei TYPE text'
sql "ALTER TABLE orders ALTER COLUMN imei TYPE text, ALTER COLUMN credits TYPE numeric(10,4)
    ; ALTER TABLE orders ADD customer int NOT NULL DEFAULT 1; ALTER TABLE orders ALTER customer DROP DEFAULT" >/dev/null
store check --json
check "a column that would refuse every order" "$code $(codes)" '1 column_required=1'
check_match "with the statement that mends it" "$(cat out.txt)" 'ALTER TABLE .*orders.* ALTER COLUMN .*customer.* DROP NOT NULL'
printf 'order_id,imei,status\n7,004400000000016,Pending\n' >orders.csv
printf 'name: load\nsource: {csv: {path: orders.csv}}\nsinks: [orders: {}]\n' >load.yaml
load() { "$SLUICE" --state-dir state run load.yaml >out.txt 2>err.txt; code=$?; }
load
check_match "it is found before anything is written" "$code $(grep -v ": info: " err.txt)" '^78 .*the column customer is NOT NULL without a default'
sql "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.customer = 1; RETURN NEW; END';
    CREATE TRIGGER fill BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fill()" >/dev/null
store check --json
check "unless a trigger fills it in" "$code $(codes)" '0 '
load
check "then orders are taken" "$code $(sql "DELETE FROM orders WHERE order_id = '7' RETURNING customer")" '0 1'
sql "CREATE ROLE writer LOGIN BYPASSRLS PASSWORD '$STACK_PASSWORD'; GRANT SELECT, INSERT, UPDATE ON orders TO writer" >/dev/null
SUPABASE_DB_URL=$(printf '%s' "$STACK_DB_URL" | sed 's,//postgres:,//writer:,') load
check_match "a role without the sequence, too" "$code $(grep -v ": info: " err.txt)" '^77 .*GRANT USAGE ON SEQUENCE orders_id_seq TO "writer"'
sql "ALTER TABLE orders DROP customer; DROP TRIGGER fill ON orders; DROP FUNCTION fill; DROP OWNED BY writer; DROP ROLE writer
    ; CREATE ROLE clerk LOGIN PASSWORD '$STACK_PASSWORD'; GRANT SELECT ON orders TO clerk" >/dev/null
store check "$(printf '%s' "$STACK_DB_URL" | sed 's,//postgres:,//clerk:,')"
check "another role" "$code" 1
check_match "row-level security holds for it" "$(cat out.txt)" 'holds for the role clerk.*'
check_match "with the statement" "$(cat out.txt)" 'GRANT INSERT, UPDATE ON orders TO clerk'
store check "$(printf '%s' "$STACK_DB_URL" | sed "s,$STACK_PASSWORD,wrong,")"
check_match "a wrong password is no finding" "$code $(tail -1 err.txt)" '^77 .*check user and password'
store check postgresql://postgres@127.0.0.1:1/postgres
check "neither is a server that isn't there" "$code" 69
sql "ALTER DATABASE postgres SET default_transaction_read_only = on" >/dev/null
store check --json
check "a database that has become read-only" "$code $(codes)" '1 read_only=1'
psql -Xq "$STACK_DB_URL" -c 'BEGIN READ WRITE; ALTER DATABASE postgres RESET default_transaction_read_only; COMMIT' >/dev/null

sql "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS \$\$SELECT pg_catalog.clock_timestamp() - interval '1 hour'\$\$;
    ALTER ROLE postgres SET search_path = public, pg_catalog" >/dev/null
store check --json
check "a clock that isn't the database's" "$code $(codes)" '1 clock_skew=1'
check_match "and by how much" "$(cat out.txt)" 'it is (59|60) minutes ahead of the database.s'
sql "ALTER ROLE postgres RESET search_path; DROP FUNCTION public.clock_timestamp" >/dev/null

# --- the table of an older system ---
sql "DROP TABLE orders, import_history;
    CREATE TABLE orders(id bigserial PRIMARY KEY, order_id text UNIQUE, imei text NOT NULL, status text, extra text,
        created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated_at = now(); RETURN NEW; END';
    CREATE TRIGGER mine BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE INDEX my_imei ON orders(imei); INSERT INTO orders(order_id, imei, extra) VALUES ('7', '008600000000017', 'kept'),
        (NULL, '008600000000017', NULL)" >/dev/null
store init
check "it is completed" "$code $(store check --json; codes)" '0 '
check "its rows are as they were" "$(sql 'SELECT order_id, imei, extra, provider FROM orders ORDER BY id')" '7|008600000000017|kept|
|008600000000017||'
check "its own key, index and trigger do" "$(sql "SELECT count(*) FROM pg_index WHERE indrelid = 'orders'::regclass;
    SELECT count(*) FROM pg_trigger WHERE tgrelid = 'orders'::regclass")" '7
1'
sql "DROP TABLE orders; CREATE TABLE orders(id bigserial PRIMARY KEY, order_id text, imei text, notes text);
    INSERT INTO orders(order_id, imei) VALUES ('5', '1'), ('5', '2'), ('6', '3'), ('6', '4'), (NULL, '5'), (NULL, '6')" >/dev/null
before=$(schema)
store init
check_match "ids that are there twice are named" "$code $(cat err.txt)" '^65 .*the order id 5 is there 2 times, and 2 ids are'
check "and nothing was changed" "$(schema)" "$before"
sql "DELETE FROM orders WHERE imei IN ('1', '3')" >/dev/null
check "then it goes through" "$(store init; echo $code)" 0

# --- another schema, another name ---
printf '%s\n' 'name: shop' 'source: {csv: {path: x.csv}}' 'sinks: [{supabase: {table: "shop.Orders 2"}}]' >shop.yaml
store check -f shop.yaml
check_match "the table of a pipeline" "$code $(cat out.txt)" 'shop.Orders 2: the table is missing'
store init -f shop.yaml
check "is made with its schema" "$code $(store check -f shop.yaml; echo $code)" '0 0'
check "there" "$(sql "SELECT count(*) FROM shop.\"Orders 2\"; SELECT count(*) FROM shop.import_history")" '0
0'

# --- SQLite answers the same questions ---
unset SUPABASE_URL SUPABASE_KEY
store check --json
check_match "where only the database's address is set, it is one still, and that is said" "$code $(codes) $(cat err.txt)" \
    "^1 file_missing=1 .*warning: SUPABASE_DB_URL is set, but 'orders' looks at SUPABASE_URL"
"$SLUICE" lint load.yaml >out.txt 2>err.txt
check_match "of a pipeline, too" "$? $(cat err.txt)" "^0 load.yaml:3:9: warning: SUPABASE_DB_URL is set"
printf 'name: lite\nsource: {csv: {path: orders.csv}}\nsinks: [orders: {store: {sqlite: {}}}]\n' >lite.yaml
"$SLUICE" lint lite.yaml >out.txt 2>err.txt
check "unless it says so itself" "$? $(cat err.txt)" '0 '
unset SUPABASE_DB_URL
store check --json
check "a file that isn't there" "$code $(codes)" '1 file_missing=1'
check "checking doesn't make it" "$(ls imei_orders.db 2>/dev/null)" ''
store init --print
cp out.txt lite.sql
store init
check "init makes it" "$code $(store check; echo $code)" '0 0'
sqlite3 printed.db <lite.sql
check "as the statements do" "$(store check printed.db; echo $code)" 0
sqlite3 old.db 'CREATE TABLE orders(id INTEGER PRIMARY KEY, order_id TEXT UNIQUE, imei TEXT, status TEXT)'
store check old.db --json
check "an older file" "$code $(codes)" '1 column_missing=17 index_missing=2 table_missing=1 trigger_missing=1'
store init old.db
check "is completed" "$code $(store check old.db; echo $code)" '0 0'

rm -f imei_orders.db
sqlite3 imei_orders.db "CREATE TABLE orders(id INTEGER NOT NULL PRIMARY KEY, order_id TEXT UNIQUE, imei TEXT NOT NULL, status TEXT,
    created_at TEXT NOT NULL, notes TEXT NOT NULL DEFAULT '', carrier TEXT NOT NULL DEFAULT '-', customer INT NOT NULL)"
store init
store check --json
check "a column that would refuse every order" "$code $(codes)" '1 column_required=1'
load
check_match "is found before anything is written" "$code $(grep -v ": info: " err.txt)" '^78 .*the column customer is NOT NULL without a default'
sqlite3 imei_orders.db "ALTER TABLE orders DROP COLUMN customer"
printf 'order_id,imei,status,notes,carrier\n7,004400000000016,Pending,,\n' >orders.csv
load
check "what a record doesn't say is the default" "$code $(sqlite3 imei_orders.db "SELECT status, notes, carrier FROM orders")" '0 Pending||-'
sqlite3 imei_orders.db "UPDATE orders SET notes = 'mine', carrier = 'Tele'"
printf 'order_id,imei,status,notes,carrier\n7,004400000000016,In Process,,\n' >orders.csv
load
check "and erases nothing later" "$code $(sqlite3 imei_orders.db "SELECT status, notes, carrier FROM orders")" '0 In Process|mine|Tele'

# --- a name that stands for no store ---
store check one two
check "one store at a time" "$code" 64
store mend
check_match "another verb" "$code $(cat err.txt)" '^64 .*there are init, check and copy'
plan
