#!/bin/sh
# What a row becomes when the same order comes again; what is refused, and that all else is written; and a table
# that an older system made, or that keeps no orders.
. "$(dirname "$0")/lib.sh"
start_stack db
export SUPABASE_DB_URL=$STACK_DB_URL
make_orders

pipe() { # SINK-OPTIONS: in.csv into the table
    cat >load.yaml <<YAML
name: load
source:
  csv: {path: in.csv}
sinks:
  - supabase: {$1}
on_reject:
  - csv: {path: rejected.csv}
YAML
}
load() { # [SINK-OPTIONS]: of standard input; exit code in $code
    cat >in.csv
    again "$@"
}
again() { # [SINK-OPTIONS]: in.csv as it is
    pipe "${1:-}"
    rm -rf rejected.csv st
    "$SLUICE" --state-dir st run load.yaml --json >out.json 2>err.txt
    code=$?
    summary=$(tail -1 out.json)
}
order() { sql "SELECT $2 FROM orders WHERE order_id = '$1'"; }

# --- an order comes again ---
load <<'CSV'
order_id,provider,account,imei,service_name,credits,status,carrier,order_date,raw_response,notes
1,gsm_fusion,a,001001001234563,Check,0.10,Pending,,2026-11-20 10:00:00,"{""place"": {""id"": ""1""}}",
2,gsm_fusion,a,004400000000016,Check,12.5,Pending,,2026-11-20T12:00:00+02:00,,
CSV
check "two orders" "$code $(sql 'SELECT count(*) FROM orders')" "0 2"
check "money, and a time with its zone" "$(order 2 "credits::text || ' ' || (order_date AT TIME ZONE 'UTC')")" '12.5000 2026-11-20 10:00:00'
check "a time without a zone is UTC" "$(order 1 "order_date AT TIME ZONE 'UTC'")" '2026-11-20 10:00:00'
load <<'CSV'
order_id,provider,account,imei,service_name,credits,status,carrier,raw_response,notes
1,gsm_fusion,a,001001001234563,Other,0.20,Completed,T-Mobile,"{""check"": {""id"": ""1""}, ""pairs"": {""A"": ""1"", ""B"": ""2""}}",ours
2,gsm_fusion,a,004400000000016,,,,,,
CSV
check "news win, facts stay, what was empty is filled" "$(order 1 "service_name || ' ' || credits || ' ' || status || ' ' || carrier || ' ' || notes")" 'Check 0.1000 Completed T-Mobile ours'
check "a known value is never erased" "$(order 2 "service_name || ' ' || credits || ' ' || status")" 'Check 12.5000 Pending'
load <<'CSV'
order_id,provider,account,imei,status,carrier,raw_response
1,gsm_fusion,a,001001001234563,Pending,,"{""pairs"": {""B"": ""3""}}"
2,gsm_fusion,a,004400000000016,Rejected,,<xml/>
CSV
check "final stays" "$(order 1 status)" Completed
check "raw_response: members, and those of pairs, are merged" "$(order 1 "raw_response::jsonb = '{\"place\": {\"id\": \"1\"}, \"check\": {\"id\": \"1\"}, \"pairs\": {\"A\": \"1\", \"B\": \"3\"}}'")" t
check "what is no JSON doesn't replace anything" "$(order 2 "status || coalesce(raw_response, ' none')")" 'Rejected none'
load <<'CSV'
order_id,provider,account,imei,status
1,gsm_fusion,a,001001001234563,Rejected
1,gsm_fusion,a,001001001234563,In Process
3,gsm_fusion,a,004900000000015,Pending
3,gsm_fusion,a,004900000000015,
3,gsm_fusion,a,004900000000015,Completed
CSV
check "one final status replaces the other" "$(order 1 status)" Rejected
check "the same order several times in a file: one after the other" "$code $(order 3 status) $(sql 'SELECT count(*) FROM orders')" "0 Completed 3"
sql "UPDATE orders SET raw_response = '<old/>' WHERE order_id = '1'; UPDATE orders SET raw_response = '{broken' WHERE order_id = '3'" >/dev/null
load <<'CSV'
order_id,provider,account,imei,raw_response
1,gsm_fusion,a,001001001234563,"{""a"": 1}"
2,gsm_fusion,a,004400000000016,"{""a"": 2}"
3,gsm_fusion,a,004900000000015,"{""a"": 3}"
CSV
check "an older system's XML stays as a member" "$(order 1 raw_response)" '{"a": 1, "previous": "<old/>"}'
check "what was empty is as it came" "$(order 2 raw_response)" '{"a": 2}'
check "what only looks like JSON stays, too" "$(order 3 raw_response)" '{"a": 3, "previous": "{broken"}'
before=$(sql 'SELECT md5(string_agg(xmin::text || orders::text, chr(10) ORDER BY id)) FROM orders')
again
check "the same again writes nothing" "$code $(sql 'SELECT md5(string_agg(xmin::text || orders::text, chr(10) ORDER BY id)) FROM orders')" "0 $before"

# --- strangers ---
load <<'CSV'
order_id,provider,account,imei,status
1,gsm_fusion,a,008600000000017,Completed
1,other,a,008600000000017,Pending
2,gsm_fusion,a,004400000000016,Rejected
CSV
check "another IMEI under the same id: refused; another provider's is another order" "$code $(sql 'SELECT count(*) FROM orders') $(order 1 "string_agg(provider || imei, ' ' ORDER BY id)")" \
    "10 4 gsm_fusion001001001234563 other008600000000017"
check_match "whose it is" "$(cat rejected.csv)" 'order_id_taken.*order id 1 is taken.*provider gsm_fusion, account a, IMEI 001001001234563.*not overwritten'
check "only that one" "$(sed 1d rejected.csv | wc -l | tr -d ' ')" 1
check "told apart by the key" "$(sql "DELETE FROM orders WHERE provider = 'other'; SELECT count(*) FROM orders")" 3

# --- a bad row among many ---
sql "TRUNCATE orders; ALTER TABLE orders ADD CONSTRAINT sense CHECK (status <> 'Nonsense'); CREATE UNIQUE INDEX one_note ON orders(notes);
    CREATE TABLE carriers(name text PRIMARY KEY); ALTER TABLE orders ADD CONSTRAINT known FOREIGN KEY (carrier) REFERENCES carriers" >/dev/null
awk 'BEGIN { print "order_id,provider,account,imei,credits,status,notes,carrier"; for (i = 1; i <= 3000; i++)
    printf "%d,gsm_fusion,a,%s,%s,%s,%s,%s\n", i, i == 1777 ? "" : sprintf("00%013d", i), i == 42 ? "12x" : i == 2999 ? "99999999.5" : "0.08",
        i == 500 ? "Nonsense" : "Pending", i == 700 || i == 701 ? "the same" : "", i == 900 ? "Nobody" : "" }' >many.csv
load <many.csv
check "all others are written" "$code $(sql 'SELECT count(*) FROM orders')" "10 2994"
check "the bad ones, and no other, are refused" "$(sed 1d rejected.csv | wc -l | tr -d ' ')" 6
check_match "with the server's words: a check" "$(cat rejected.csv)" 'violates check constraint .*sense'
check_match "with the server's words: a second unique key" "$(cat rejected.csv)" 'duplicate key value violates unique constraint .*one_note'
check_match "with the server's words: a foreign key" "$(cat rejected.csv)" 'violates foreign key constraint .*known'
sql 'ALTER TABLE orders DROP CONSTRAINT sense, DROP CONSTRAINT known; DROP INDEX one_note' >/dev/null
check_match "with the server's words: a number" "$(cat rejected.csv)" 'refused_by_table.*invalid input syntax for type numeric: .*12x'
check_match "with the server's words: too large" "$(cat rejected.csv)" 'numeric field overflow'
check_match "with the server's words: missing" "$(cat rejected.csv)" 'null value in column .*imei'
check "the sums hold" "$(sum read) $(sum rejected)" "3000 6"
printf 'order_id,imei,notes\n5001,001001001234563,"a\tb\\n\\\\N, %s\nc"\n5002,004400000000016,\\N\n5003,004900000000015,bad \000 text\n' "'" >nul.csv
load <nul.csv
check "tabs, backslashes, quotes and line ends" "$(order 5001 notes)$(order 5002 notes)" "$(printf 'a\tb\\n\\\\N, '"'"'\nc\\N')"

# --- records without an id, and fields without a column ---
load <<'CSV'
order_id,imei,colour
,001001001234563,red
7001,004400000000016,blue
CSV
check "an order without an id isn't stored" "$code $(order 7001 imei) $(sql "SELECT count(*) FROM orders WHERE order_id = ''")" "0 004400000000016 0"
check_match "it is said" "$(cat err.txt)" "without an order_id"
check_match "and which field isn't kept" "$(cat err.txt)" 'has no column for these fields, they are not kept: colour'
check "the trigger keeps updated_at" "$(sql "UPDATE orders SET notes = 'x' WHERE order_id = '7001'; SELECT updated_at > created_at FROM orders WHERE order_id = '7001'")" t

# --- the table of an older system is used as it is ---
sql "DROP TABLE orders; CREATE TABLE orders (id bigserial PRIMARY KEY, order_id text UNIQUE, service_name text, service_id text,
    imei text NOT NULL, imei2 text, credits decimal(10,4), status text, carrier text, simlock text, model text, fmi text,
    order_date timestamptz, result_code text, result_code_display text, notes text, raw_response text,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
    INSERT INTO orders(order_id, imei, status, service_name) VALUES ('1', '001001001234563', 'Pending', ''), ('2', '004400000000016', 'Completed', 'Check')" >/dev/null
shape=$(sql "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0")
load <<'CSV'
order_id,provider,account,imei,service_name,status,raw_response
1,gsm_fusion,a,001001001234563,Check,Completed,"{""a"": 1}"
2,gsm_fusion,a,008600000000017,Check,Completed,
3,gsm_fusion,a,004900000000015,Check,Pending,
CSV
check "old table: its orders are completed, new ones added" "$code $(order 1 "service_name || status") $(sql 'SELECT count(*) FROM orders')" "10 CheckCompleted 3"
check_match "old table: another IMEI's order isn't overwritten" "$(cat rejected.csv)" 'order_id_taken.*IMEI 004400000000016'
check "old table: it is as it was" "$(sql "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0")" "$shape"
check_match "old table: what isn't kept is said" "$(cat err.txt)" 'not kept: provider, account'
sql "ALTER TABLE orders ADD provider text, ADD account text; UPDATE orders SET provider = 'other', account = 'b' WHERE order_id = '3'" >/dev/null
load <<'CSV'
order_id,provider,account,imei,status
1,gsm_fusion,a,001001001234563,Rejected
3,gsm_fusion,a,004900000000015,Completed
CSV
check "old table, UNIQUE(order_id): one that nobody owns is taken over" "$(order 1 "provider || account || status")" gsm_fusionaRejected
check "old table, UNIQUE(order_id): another provider's isn't overwritten" "$code $(order 3 "provider || status")" "10 otherPending"
sql "ALTER TABLE orders DROP CONSTRAINT orders_order_id_key" >/dev/null
again
check "not unique: refused before anything is written" "$code" 78
check_match "not unique: the remedy" "$(cat err.txt)" "order_id isn't unique.*sluice store init"

# --- a table of something else ---
sql "CREATE SCHEMA stock; CREATE TABLE stock.\"Phones\" (imei text PRIMARY KEY, price int, seen timestamptz, twice int GENERATED ALWAYS AS (price * 2) STORED, tags json)" >/dev/null
load 'table: stock.Phones, conflict: imei' <<'CSV'
imei,price,seen,tags,other
001001001234563,5,2026-11-22 10:00:00,"{""a"": 1}",x
004400000000016,6,,,x
001001001234563,7,,"{""a"": 2}",
CSV
check "any table: the last one wins, null is a value" "$code $(sql 'SELECT imei, price, seen, twice, tags FROM stock."Phones" ORDER BY 1' | tr '\n' ' ')" '0 001001001234563|7||14|{"a": 2} 004400000000016|6||12| '
before=$(sql 'SELECT string_agg(xmin::text, chr(32) ORDER BY imei) FROM stock."Phones"')
sed -i 2d in.csv
again 'table: stock.Phones, conflict: imei'
check "any table: the same again writes nothing" "$code $(sql 'SELECT string_agg(xmin::text, chr(32) ORDER BY imei) FROM stock."Phones"')" "0 $before"
again 'table: stock.Phones, conflict: price'
check "no key over those columns" "$code" 78
check_match "no key over those columns: said" "$(cat err.txt)" 'no unique key over just these columns'
again 'table: stock.Phones, conflict: colour'
check_match "no such column" "$code $(grep -v ": info: " err.txt)" "^78 .*'conflict': the table has no 'colour'"
sql "CREATE TABLE parent (imei text PRIMARY KEY); CREATE TABLE child (imei text PRIMARY KEY REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
    INSERT INTO parent VALUES ('001001001234563')" >/dev/null
again 'table: child, conflict: imei'
check "a constraint that waits for the end of the transaction, too" "$code $(sql 'SELECT count(*) FROM child') $(grep -c 'violates foreign key' rejected.csv)" "10 1 1"

# --- a table that takes no nulls, but has defaults ---
sql "TRUNCATE orders; ALTER TABLE orders ADD UNIQUE (order_id), ALTER notes SET DEFAULT '', ALTER notes SET NOT NULL, ALTER carrier SET DEFAULT '-',
    ALTER carrier SET NOT NULL, ALTER credits SET DEFAULT 0, ALTER credits SET NOT NULL, ALTER raw_response SET DEFAULT '{}',
    ALTER raw_response SET NOT NULL" >/dev/null
for rows in 1 150; do # as VALUES, and by COPY
    awk -v n=$rows 'BEGIN { print "order_id,imei,status,notes,carrier,credits,raw_response"; for (i = 1; i <= n; i++) printf "%d,00%013d,Pending,,,,\n", i, i }' >few.csv
    load <few.csv
    check "$rows: what a record doesn't say is the default" "$code $(order $rows "concat_ws('|', notes, carrier, credits, raw_response)")" '0 |-|0.0000|{}'
    sql "UPDATE orders SET notes = 'mine', carrier = 'Tele', credits = 2, raw_response = '{\"place\": 1}'" >/dev/null
    sed 's/Pending/In Process/' few.csv | load
    check "$rows: and erases nothing later" "$code $(order $rows "concat_ws('|', status, notes, carrier, credits, raw_response)")" '0 In Process|mine|Tele|2.0000|{"place": 1}'
done
sql "ALTER TABLE orders ALTER notes DROP NOT NULL, ALTER carrier DROP NOT NULL, ALTER credits DROP NOT NULL, ALTER raw_response DROP NOT NULL" >/dev/null

sql "CREATE FUNCTION drop_odd() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN RETURN CASE WHEN NEW.order_id LIKE '%1' THEN NULL ELSE NEW END; END \$\$;
    TRUNCATE orders; CREATE TRIGGER drop_odd BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION drop_odd()" >/dev/null
awk 'BEGIN { print "order_id,imei"; for (i = 1; i <= 200; i++) printf "%d,00%013d\n", i, i }' >many.csv
load <many.csv
check "what a trigger drops without a word is refused with one" "$code $(sql 'SELECT count(*) FROM orders') $(grep -c 'trigger or a rule' rejected.csv)" "10 180 20"
plan
