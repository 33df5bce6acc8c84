#!/bin/sh
# What a project says when it can't or won't, said by the real servers: what the user reads names the remedy and
# never the key, what is good in a batch is written, and what passes is waited for.
. "$(dirname "$0")/rest.sh"
start_stack rest

load() { # one run of load.yaml; its code in $code, its last error in $err
    "$SLUICE" --state-dir "$home/state" run load.yaml --json >out.json 2>err.txt
    code=$?
    err=$(grep 'error:' err.txt | tail -1)
    cat err.txt out.json rejected.csv >>everything 2>/dev/null
}
rows() { # N [FIRST]: orders.csv
    awk -v n="$1" -v f="${2:-1}" 'BEGIN { print "order_id,imei,credits,status,notes"
        for (i = f; i < f + n; i++) printf "e%d,00%012d0,0.08,Pending,\n", i, i }' >orders.csv
}
in_store() { sql "select count(*) from orders"; }
load_yaml

# --- settings ---
rows 3
SUPABASE_URL=$STACK_URL
export SUPABASE_URL
load
check "no key: exit code" "$code" 78
check_match "no key: what is missing" "$err" "'key' is missing \(SUPABASE_KEY\)"
printf 'name: x\nsource:\n  csv: {path: orders.csv}\nsinks:\n  - supabase: {}\n' >bare.yaml
unset SUPABASE_URL
sluice lint bare.yaml
check_match "neither way in: both are named" "$(cat err.txt)" "SUPABASE_URL.*SUPABASE_KEY.*SUPABASE_DB_URL"

# --- the key ---
old_table
over_rest sb_secret_this_is_not_the_right_key
load
check "a wrong key: exit code" "$code" 77
check_match "a wrong key: the variable is named" "$err" 'HTTP 401: Invalid API key; SUPABASE_KEY'
check "a wrong key: not its value" "$(grep -c this_is_not everything)" 0
over_rest "$(printf '%s\rx' "$STACK_SECRET_KEY")"
load
check_match "a key with a line end in it" "$code $err" "^78 .*SUPABASE_KEY .option 'key'. has a blank, a line end"
over_rest "$STACK_ANON_KEY"
load
check "the anon key: exit code" "$code" 77
check_match "the anon key: which one to take" "$err" "anon or publishable key, which row level security .*service_role key"
over_rest "$STACK_PUBLISHABLE_KEY"
load
check_match "a publishable key" "$code $err" '^77 .*anon or publishable key'
sluice orders list >out.txt
check_match "it sees nothing, and that is said" "$(cat err.txt)" 'row level security hides them'
over_rest "$STACK_SERVICE_KEY"
load
check "a key of the older kind: exit code" "$code" 0
start_weather "http://127.0.0.1:$(sed -n 's,.*proxy_pass http://127.0.0.1:\([0-9]*\)/;.*,\1,p' "$STACK_DIR/nginx.conf" | head -1)#bare"
url=$WEATHER over_rest "$STACK_SERVICE_KEY.x"
load
check_match "a token that can't be read (PGRST301)" "$code $err" '^77 .*PGRST301\); SUPABASE_KEY'
stop_weather
over_rest
check "so far nothing else was written" "$(in_store)" 3

# --- rights ---
sql "REVOKE INSERT ON orders FROM service_role" >sql.txt
load
check_match "no right to insert" "$code $err" '^77 .*permission denied for table orders \(42501\); GRANT SELECT, INSERT, UPDATE ON public.orders TO service_role'
sql "GRANT INSERT ON orders TO service_role; REVOKE UPDATE ON orders FROM service_role" >sql.txt
load
check_match "no right to update" "$code $err" '^77 .*GRANT SELECT, INSERT, UPDATE'
sql "GRANT UPDATE ON orders TO service_role; REVOKE SELECT ON orders FROM service_role" >sql.txt
load
check_match "no right to read" "$code $err" '^77 .*GRANT SELECT, INSERT, UPDATE'
sql "GRANT SELECT ON orders TO service_role; REVOKE USAGE ON SEQUENCE orders_id_seq FROM service_role" >sql.txt
rows 3 11
load
check_match "no right to the sequence" "$code $err" '^77 .*GRANT USAGE ON SEQUENCE orders_id_seq TO service_role'
sluice store check --json >out.json
check "store check finds that" "$? $(grep -o '"code":"grant_missing"' out.json)" '1 "code":"grant_missing"'
check_match "and what to do" "$(cat out.json)" '"remedy":"GRANT USAGE ON SEQUENCE orders_id_seq TO service_role"'
sql "GRANT USAGE ON SEQUENCE orders_id_seq TO service_role; ALTER TABLE orders ADD customer int; UPDATE orders SET customer = 1;
     ALTER TABLE orders ALTER customer SET NOT NULL" >sql.txt
load
check_match "a column that would refuse every order" "$code $err" '^78 .*the column customer is NOT NULL without a default.*ALTER COLUMN "customer" DROP NOT NULL'
sluice store check --json >out.json
check "store check finds that, too" "$? $(grep -o '"code":"column_required","what":"[a-z.]*"' out.json)" '1 "code":"column_required","what":"public.orders.customer"'
sql "ALTER TABLE orders DROP customer" >sql.txt
check "asking left nothing behind" "$(in_store)" 3
load
check "all rights: exit code" "$code $(in_store)" "0 6"

# --- the table ---
load_yaml 'table: nowhere'
load
check_match "no such table" "$code $err" "^78 .*no table public.nowhere.*sluice store init"
load_yaml 'table: auth.users'
load
check_match "a schema that the API doesn't show" "$code $err" "^78 .*schema of auth.users"
load_yaml
sql "ALTER TABLE orders RENAME status TO state" >sql.txt
load
check_match "no column status" "$code $err" "^78 .*table public.orders has no column 'status'; run what 'sluice store init --print' shows in the SQL editor"
sql "ALTER TABLE orders RENAME state TO status; ALTER TABLE orders ADD COLUMN note2 text" >sql.txt
printf 'order_id,imei,status,note2\ne21,001001001234563,Pending,x\n' >orders.csv
load
check_match "a column that the API hasn't noticed yet (PGRST204)" "$code $err" "^78 .*note2.*PGRST204.*reload schema"
until_written orders note2 400
sql "ALTER TABLE orders DROP CONSTRAINT orders_order_id_key" >sql.txt
load
check_match "order_id isn't unique" "$code $err" "^78 .*order_id isn't unique in it.*sluice store init"
sql "ALTER TABLE orders ADD UNIQUE (order_id)" >sql.txt
load
tries=0
while [ "$code" -eq 78 ] && [ $((tries += 1)) -lt 100 ]; do load; done # the API reads the schema when it gets to it
check "all of it is right: exit code" "$code $(in_store)" "0 7"

# --- bad rows ---
sql "ALTER TABLE orders ADD CHECK (status <> 'Nonsense'); CREATE TABLE carriers(name text PRIMARY KEY);
     ALTER TABLE orders ADD FOREIGN KEY (carrier) REFERENCES carriers; CREATE UNIQUE INDEX one_note ON orders(notes);
     CREATE FUNCTION no_model() RETURNS trigger LANGUAGE plpgsql AS \$f\$ BEGIN IF new.model = 'none' THEN
     RAISE EXCEPTION 'no such model'; END IF; RETURN new; END \$f\$;
     CREATE TRIGGER no_model BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION no_model()" >sql.txt
awk 'BEGIN { print "order_id,imei,credits,status,carrier,notes,model"
    for (i = 1; i <= 600; i++) {
        imei = i == 100 ? "" : sprintf("00%012d0", i)
        printf "b%d,%s,%s,%s,%s,%s,%s\n", i, imei, i == 200 ? "much" : "0.08", i == 300 ? "Nonsense" : "Pending",
            i == 400 ? "Nobody" : "", i == 500 || i == 501 ? "the same" : "", i == 550 ? "none" : "" } }' >orders.csv
load
check "bad rows among good ones: exit code" "$code" 10
check "bad rows: the others are written" "$(sql "select count(*) from orders where order_id like 'b%'")" 594
check "bad rows: those are rejected" "$(cut -d, -f1 rejected.csv | sed 1d | tr '\n' ' ')" "b100 b200 b300 b400 b501 b550 "
for said in 'violates not-null constraint \(23502\)' 'invalid input syntax for type numeric: .*much.* \(22P02\)' \
    'violates check constraint .*\(23514\)' 'violates foreign key constraint .*\(23503\)' \
    'duplicate key value violates unique constraint .*one_note.* \(23505\)' 'no such model \(P0001\)'; do
    check_match "bad rows: what the server says of it" "$(cat rejected.csv)" "refused_by_table,.*$said"
done
before=$(sql "select string_agg(md5(orders::text), '' order by id) from orders" | cksum)
load
check "again: the same" "$code $(sql "select string_agg(md5(orders::text), '' order by id) from orders" | cksum)" "10 $before"
sql "DROP TRIGGER no_model ON orders; DROP INDEX one_note; TRUNCATE orders" >sql.txt

# --- what a table drops without a word ---
sql "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF new.order_id = ''e5'' THEN RETURN NULL; END IF; RETURN new; END';
     CREATE TRIGGER lose BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION lose()" >sql.txt
rows 10
load
check_match "rows that vanish are missed" "$code $err" '^77 .*dropped 1 rows without a word'
sql "DROP TRIGGER lose ON orders; TRUNCATE orders" >sql.txt

# --- too slow ---
sql "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.001); RETURN new; END';
     CREATE TRIGGER slow BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION slow();
     ALTER ROLE service_role SET statement_timeout = '400ms'; ALTER ROLE authenticator SET statement_timeout = '400ms'" >sql.txt
stack stop postgrest
stack start postgrest
until_written orders order_id 200
rows 2000
load
check "more than the role's time allows is halved (57014)" "$code $(in_store)" "0 2000"
sql "DROP TRIGGER slow ON orders; TRUNCATE orders; ALTER ROLE service_role RESET statement_timeout;
     ALTER ROLE authenticator RESET statement_timeout" >sql.txt

# --- what passes ---
for state in 40001 40P01; do
    sql "CREATE SEQUENCE tries; GRANT USAGE ON SEQUENCE tries TO service_role;
         CREATE OR REPLACE FUNCTION busy() RETURNS trigger LANGUAGE plpgsql AS \$f\$ BEGIN IF nextval('tries') < 3 THEN
         RAISE EXCEPTION 'not now' USING ERRCODE = '$state'; END IF; RETURN new; END \$f\$;
         CREATE TRIGGER busy BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION busy()" >sql.txt
    rows 5 50
    load
    check "$state is tried again" "$code $(in_store)" "0 5"
    sql "DROP TRIGGER busy ON orders; DROP SEQUENCE tries; TRUNCATE orders" >sql.txt
done
start_weather
url=$WEATHER over_rest
first=100
for kind in 'html-520 2' 'empty-503 2' 'later-503 3' 'html-502 2 POST' 'json-544 2' 'empty-504 2' 'json-429 3' 'cut 2' 'lost 2'; do
    # shellcheck disable=SC2086
    weather $kind
    rows 5 $first
    first=$((first + 5))
    load
    check "$kind passes" "$code $(in_store)" "0 $((first - 100))"
done
sed -i 's/Pending/Completed/' orders.csv
weather html-200 1 POST
load
check_match "news that a page takes isn't stored, and isn't said to be" "$code $err $(sql "select count(*) from orders where status = 'Completed'")" '^69 .*no count of rows.* 0$'
weather json-402
load
check_match "402: the quota" "$code $err" '^69 .*HTTP 402.*quota is used up'
weather json-540
load
check_match "540: paused" "$code $err" '^69 .*HTTP 540.*the project is paused; restore it in the dashboard'
weather html-200
sluice orders list
check_match "a page that isn't the API's" "$? $(cat err.txt)" "^69 .*SUPABASE_URL \(option 'url'\)"
weather json-418
load
check_match "what nobody expects is shown" "$code $err" '^69 .*HTTP 418: no'

# --- a list of IMEIs that is too long for a gateway ---
awk 'BEGIN { print "order_id,imei,credits,status,notes"; for (i = 1; i <= 1500; i++) printf "long-%d,00%012d0,0.08,Pending,\n", i, i }' >orders.csv
cut -d, -f2 orders.csv | sed 1d >list.txt
weather long-3000
load
check "written, in the end" "$code $(sql "select count(*) from orders where order_id like 'long-%'")" "0 1500"
sed -i 's/Pending/Completed/' orders.csv
load
check "520 for a long address: the orders are looked for in shorter ones" \
    "$code $(sql "select count(*) from orders where order_id like 'long-%' and status = 'Completed'")" "0 1500"
sluice orders list --imeis list.txt --format csv >out.txt
check "and found by IMEI" "$? $(grep -c long- out.txt)" "0 1500"

# --- a clock that is wrong ---
weather clock
sluice store check --json >out.json
check "the clock is an hour off: exit code" "$?" 1
check_match "and said" "$(cat out.json)" '"code":"clock_skew","what":"the clock","text":"this machine.s clock is off by 3[56][0-9][0-9] s'
weather fine
stop_weather
sql "delete from orders where order_id like 'long-%'" >sql.txt

# --- PostgREST has no connection to the database left ---
over_rest
sql "CREATE FUNCTION doze() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM pg_sleep(4)'; GRANT EXECUTE ON FUNCTION doze() TO service_role;
     NOTIFY pgrst, 'reload schema'" >sql.txt
doze() { curl -s -m "${1:-20}" -o "${2:-/dev/null}" -H "apikey: $STACK_SECRET_KEY" -X POST "$STACK_URL/rest/v1/rpc/doze"; }
until doze 20 doze.txt && [ "$(cat doze.txt)" = 1 ]; do :; done # the function is known
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do doze & done
until curl -s -H "apikey: $STACK_SECRET_KEY" "$STACK_URL/rest/v1/orders?limit=1" | grep -q PGRST003; do :; done
rows 5 $first
first=$((first + 5))
load
check "504 PGRST003 is waited for" "$code $(sql "select count(*) from orders where order_id = 'e$((first - 1))'")" "0 1"
sql "DROP FUNCTION doze" >sql.txt

# --- an imported order that may not be changed gets no second row ---
sql "TRUNCATE orders; INSERT INTO orders(order_id, imei) VALUES ('import-1', '001001001234563');
     GRANT SELECT, INSERT, UPDATE ON orders TO anon; GRANT USAGE ON SEQUENCE orders_id_seq TO anon;
     CREATE POLICY reads ON orders FOR SELECT TO anon USING (true);
     CREATE POLICY adds ON orders FOR INSERT TO anon WITH CHECK (true)" >sql.txt
printf 'order_id,imei\n77,001001001234563\n' >orders.csv
over_rest "$STACK_ANON_KEY"
load
check_match "no policy for UPDATE: 77, and what to do" "$code $err" "^77 .*keeps order import-1 as it is.*secret or service_role key, or add a policy"
check "the order is there once" "$(sql 'SELECT string_agg(order_id, $$ $$) FROM orders')" import-1
sql 'CREATE POLICY changes ON orders FOR UPDATE TO anon USING (true)' >sql.txt
load
check "with one it gets its id" "$code $(sql 'SELECT string_agg(order_id, $$ $$) FROM orders')" "0 77"
sql 'DROP POLICY reads ON orders; DROP POLICY adds ON orders; DROP POLICY changes ON orders; TRUNCATE orders' >sql.txt
over_rest

# --- import_history ---
load_yaml 'history: true'
load
check_match "an import without import_history: before anything is written" "$code $err" "^78 .*there is no table import_history.*sluice store init"
load_yaml
sluice store check --json >out.json
check "store check: the history is missing" "$(grep -c '"code":"table_missing","what":"import_history"' out.json)" 1
sql "CREATE TABLE import_history(id bigserial PRIMARY KEY, filename text, rows_imported int, rows_skipped int, import_date timestamptz DEFAULT now());
     GRANT SELECT, INSERT, UPDATE ON import_history TO service_role, anon; GRANT USAGE ON SEQUENCE import_history_id_seq TO service_role" >sql.txt
until_rest_has import_history

# --- all of it at once ---
found() { # which findings `store check` names
    sluice store check --json >out.json
    echo "$? $(grep -o '"code":"[a-z_]*","what":"[^"]*"' out.json | cut -d'"' -f4,8 | tr '"\n' ': ')"
}
over_rest
check "store check, an older table: what it lacks" "$(found)" \
    "1 column_missing:public.orders.provider column_missing:public.orders.account "
over_rest "$STACK_ANON_KEY"
sql "REVOKE UPDATE ON orders FROM anon" >sql.txt
check_match "store check: the key, and a right" "$(found)" "^1 key_kind:SUPABASE_KEY .*grant_missing:public.orders "
over_rest
sql "ALTER TABLE orders DROP CONSTRAINT orders_order_id_key" >sql.txt
check_match "store check: no unique key" "$(found)" "^1 .*unique_key_missing:public.orders "
sql "DROP TABLE orders; CREATE TABLE orders(order_no text PRIMARY KEY, phone text); GRANT ALL ON orders TO service_role" >sql.txt
until_written orders order_no 200
check "store check: a table of something else lacks every column" "$(found | grep -o 'column_missing:public[.]orders[.][a-z_]*' | wc -l)" 21
sql "DROP TABLE orders" >sql.txt
check "store check: no table" "$(found)" "1 table_missing:public.orders "
check_match "and what to do" "$(sluice store check)" "run what 'sluice store init --print' shows in the SQL editor"
sluice store init --print >init.sql
psql -Xq -v ON_ERROR_STOP=1 "$STACK_DB_URL" -f init.sql >sql.txt 2>&1
until_written orders provider,account,order_id 200
check "what init prints, pasted: everything is there" "$(found)" "0 "
rows 3
load
check "and orders are taken" "$code $(in_store)" "0 3"
over_rest sb_secret_wrong
sluice store check >out.txt
check_match "store check: a wrong key" "$? $(cat err.txt)" "^77 .*SUPABASE_KEY"
over_rest
cat everything err.txt >all.txt
check "the key is in no message" "$(no_key_in all.txt)" 0
plan
