#!/bin/sh
# Whatever can be wrong with a database or the way to it: what the user reads, which names the remedy and never the
# password, and the exit code; and what passes by itself is waited for.
. "$(dirname "$0")/lib.sh"
start_stack db pooler
make_orders
printf 'order_id,imei,status\n1,001001001234563,Pending\n2,004400000000016,Pending\n' >in.csv
cat >load.yaml <<'YAML'
name: load
source:
  csv: {path: in.csv}
sinks:
  - supabase: {}
on_reject:
  - csv: {path: rejected.csv}
YAML
cat >read.yaml <<'YAML'
name: read
source:
  supabase: {}
sinks:
  - csv: {path: out.csv}
YAML
at() { # URL [FILE]: one run there
    rm -rf state out.csv rejected.csv
    SUPABASE_DB_URL=$1 "$SLUICE" --state-dir state run "${2:-load.yaml}" --json >out.json 2>err.txt
    code=$?
    cat err.txt out.json >>all.txt
}
says() { # WHAT CODE PATTERN: of the last run
    check "$1: $2" "$code" "$2"
    check_match "$1: what to do" "$(cat err.txt)" "$3"
}
stored() { sql 'SELECT count(*) FROM orders'; }
with() { # USER [PASSWORD]: the direct address, as somebody else
    printf 'postgresql://%s:%s@%s' "$1" "${2:-$STACK_PASSWORD}" "${STACK_DB_URL#*@}"
}

# --- the way to it ---
at "$(with postgres wrong-password)"
says "a wrong password" 77 'password authentication failed.*check user and password in db_url .SUPABASE_DB_URL'
at "$(printf '%s' "$STACK_POOLER_URL" | sed 's/:[^:@]*@/:wrong-password@/')"
says "a wrong password, at the pooler" 77 'check user and password in db_url .SUPABASE_DB_URL'
at 'postgresql://postgres@'"${STACK_DB_URL#*@}"
says "no password" 77 'db_url has no password'
at "${STACK_DB_URL%/postgres}/other"
says "no such database" 78 "Supabase's database is called postgres"
at 'postgresql://postgres:secret-word@127.0.0.1:1/postgres'
says "nobody there" 69 'Connection refused'
at 'postgresql://postgres:secret-word@no-such-host.invalid/postgres'
says "no such host" 69 "check the host; the direct one of Supabase is IPv6 only, the pooler's isn't"
at 'https://postgres:secret-word@127.0.0.1/postgres'
says "no address" 78 "'db_url' isn't an address of a Postgres database; it looks like"
for part in 12/sec-ret sec/ret sec@ret/word; do # what libpq takes for the port, the host or the database
    at "postgresql://postgres:$part@127.0.0.1:1/postgres"
    says "a password that isn't percent-encoded" 78 "'db_url' isn't an address.*special characters of the password percent-encoded"
    check "nothing of it is repeated" "$(grep -cE 'postgres:(12|sec)|sec-ret|ret@|sec' err.txt out.json | grep -vc ':0$')" 0
    printf 'name: load\nsource: {csv: {path: in.csv}}\nsinks: [supabase: {}]\nstate: {ledger: "${SUPABASE_DB_URL}"}\n' >ledger.yaml
    SUPABASE_DB_URL="postgresql://postgres:$part@127.0.0.1:1/postgres" "$SLUICE" --state-dir state ledger list -f ledger.yaml >out.json 2>err.txt
    code=$?
    says "nor where the ledger is" 78 "state.ledger isn't an address"
    check "nothing is repeated there" "$(grep -cE 'postgres:(12|sec)|sec-ret|ret@|sec' err.txt out.json | grep -vc ':0$')" 0
done
at ''
says "an empty one" 78 'db_url'
at "$(printf '%s' "$STACK_TLS_URL" | sed 's/db.project/db.another/')"
says "TLS: another host's certificate" 78 'check the host in db_url'
at "${STACK_TLS_URL%sslrootcert=*}sslrootcert=$STACK_DIR/server.crt"
says "TLS: an authority that nobody knows" 78 "sslrootcert must name the file of Supabase's root certificate"
at "${STACK_TLS_URL%sslrootcert=*}sslrootcert=/nowhere/ca.crt"
says "TLS: no file of it" 78 "sslrootcert must name the file"
at "${STACK_POOLER_URL}?sslmode=require"
says "TLS: a server without" 78 'this server has no TLS'
check "nothing was written in all this" "$(stored)" 0

# --- the table, and who may write it ---
at "$STACK_DB_URL"
check "it can be written" "$code $(stored)" "0 2"
sql "CREATE ROLE clerk LOGIN PASSWORD '$STACK_PASSWORD'; GRANT USAGE ON SCHEMA public TO clerk" >/dev/null
at "$(with clerk)"
says "no GRANT to write" 77 'the role clerk may not write table "orders"; GRANT SELECT, INSERT, UPDATE ON "orders" TO "clerk"'
at "$(with clerk)" read.yaml
says "no GRANT to read" 77 'the role clerk may not read table "orders"; GRANT SELECT ON "orders" TO "clerk"'
sql 'GRANT SELECT, INSERT, UPDATE ON orders TO clerk; GRANT USAGE ON SEQUENCE orders_id_seq TO clerk' >/dev/null
at "$(with clerk)"
says "row-level security" 77 'violates row-level security.*no policy lets this role write here; connect as postgres'
sql "ALTER TABLE orders RENAME TO elsewhere" >/dev/null
at "$STACK_DB_URL"
says "no table" 78 "there is no table \"orders\"; run 'sluice store init' to make it"
at "$STACK_DB_URL" read.yaml
says "no table to read" 78 "there is no table \"orders\"; run 'sluice store init' to make it"
sql "ALTER TABLE elsewhere RENAME TO orders; CREATE TABLE bare (imei text)" >/dev/null
sed 's/supabase: {}/supabase: {table: bare}/' read.yaml >bare.yaml
at "$STACK_DB_URL" bare.yaml
says "no key to read by" 78 "no unique column id or order_id to be read by"
sed 's/supabase: {}/supabase: {table: bare}/' load.yaml >bare.yaml
at "$STACK_DB_URL" bare.yaml
says "no column for the id" 78 "order_id isn't unique in it.*sluice store init"
sql 'ALTER DATABASE postgres SET default_transaction_read_only = on' >/dev/null
at "$STACK_DB_URL"
says "read-only, as with a full disk" 74 'the database is read-only now; Supabase does that to a full disk: make room'
PGOPTIONS='-c default_transaction_read_only=off' sql 'ALTER DATABASE postgres RESET default_transaction_read_only' >/dev/null

# --- what takes too long is divided; what passes is waited for ---
sql "TRUNCATE orders; CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN PERFORM pg_sleep(0.004); RETURN NEW; END \$\$;
    CREATE TRIGGER slow BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION slow();
    ALTER ROLE clerk BYPASSRLS; ALTER ROLE clerk SET statement_timeout = '500ms'" >/dev/null
awk 'BEGIN { print "order_id,imei,status"; for (i = 1; i <= 300; i++) printf "%d,00%013d,Pending\n", i, i }' >in.csv
at "$(with clerk)"
check "57014: halved, and all written" "$code $(stored)" "0 300"
sql "CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN PERFORM pg_sleep(2); RETURN NEW; END \$\$; TRUNCATE orders" >/dev/null
printf 'order_id,imei,status\n1,001001001234563,Pending\n' >in.csv
at "$(with clerk)"
says "57014: not even one row" 69 "the statement took longer than the role's statement_timeout"
sql "DROP TRIGGER slow ON orders; CREATE SEQUENCE tries; GRANT USAGE ON SEQUENCE tries TO clerk; CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS \$\$
    DECLARE t bigint := nextval('tries'); BEGIN
    IF t <= 3 THEN RAISE SQLSTATE '40001' USING MESSAGE = 'could not serialize access'; END IF;
    IF t <= 4 THEN RAISE SQLSTATE '40P01' USING MESSAGE = 'deadlock detected'; END IF;
    RETURN NEW; END \$\$; CREATE TRIGGER fails BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fails()" >/dev/null
at "$STACK_DB_URL"
check "40001 and 40P01: again, until it is taken" "$code $(stored) $(sql 'SELECT last_value FROM tries')" "0 1 5"
check_match "said after the second" "$(cat err.txt)" 'could not serialize access; trying again'
sql 'DROP TRIGGER fails ON orders' >/dev/null

# --- a table that is too large to be looked through for orders that were imported ---
sql "TRUNCATE orders; CREATE ROLE sleeper LOGIN PASSWORD '$STACK_PASSWORD'; GRANT USAGE ON SCHEMA public TO sleeper;
    GRANT SELECT, INSERT, UPDATE ON orders TO sleeper; GRANT USAGE ON SEQUENCE orders_id_seq TO sleeper;
    CREATE FUNCTION doze() RETURNS boolean LANGUAGE plpgsql COST 100000 AS 'BEGIN PERFORM pg_sleep(0.005); RETURN true; END';
    CREATE POLICY slow ON orders TO sleeper USING (doze()) WITH CHECK (true); ALTER ROLE sleeper SET statement_timeout = '700ms';
    DO \$\$ BEGIN EXECUTE 'DROP INDEX ' || (SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'orders'::regclass AND indpred IS NOT NULL); END \$\$;
    INSERT INTO orders(order_id, provider, account, imei) SELECT 'x' || i, 'p', 'a', 'x' || i FROM generate_series(1, 20000) AS i;
    INSERT INTO orders(order_id, provider, account, imei) VALUES ('import-1', 'p', 'a', '001001001234563'); ANALYZE orders" >/dev/null
printf 'order_id,provider,account,imei\n77,p,a,001001001234563\n' >in.csv
at "$(with sleeper)"
check "they are found by their IMEI" "$code $(sql "SELECT count(*), max(order_id) FROM orders WHERE imei = '001001001234563'")" "0 1|77"
sql 'DROP POLICY slow ON orders; TRUNCATE orders' >/dev/null

# --- too many connections ---
sql "ALTER ROLE clerk RESET ALL; ALTER ROLE clerk CONNECTION LIMIT 1" >/dev/null
mkfifo held.in
psql -Xq "$(with clerk)" <held.in >held.out 2>&1 &
holder=$!
exec 5>held.in
printf 'SELECT 1;\n' >&5
while ! grep -q 1 held.out; do :; done
at "$(with clerk)"
says "no connection is free" 69 'too many connections for role'
exec 5>&-
wait "$holder"

# --- a pooler of Supabase's, which says FATAL XX000 (CODE) ---
pooler_says() { # TEXT
    python3 "$stack_source/refusing.py" "$1" >port &
    refusing=$!
    while [ ! -s port ]; do :; done
    at "postgresql://postgres.ref:secret-word@127.0.0.1:$(cat port)/postgres"
    kill "$refusing"
    wait "$refusing" 2>/dev/null
    rm -f port
}
pooler_says '(EMAXCONNSESSION) max clients reached in session mode'
says "EMAXCONNSESSION" 69 'use its port 6543'
pooler_says '(EMAXCONN) max client connections reached'
says "EMAXCONN" 69 'the pooler has no connection left; try again later'
pooler_says '(ENOTFOUND) tenant/user postgres.ref not found'
says "ENOTFOUND" 78 "the pooler doesn't know the project; its user is postgres.REF"
pooler_says '(ECHECKOUTTIMEOUT) unable to check out connection from the pool'
says "ECHECKOUTTIMEOUT" 69 "connections are all in use; try again later"
pooler_says '(ESSLREQUIRED) SSL connection is required'
says "ESSLREQUIRED" 78 'add sslmode=require'
check "no password in any message" "$(grep -cF -e "$STACK_PASSWORD" -e wrong-password -e secret-word all.txt)" 0
plan
