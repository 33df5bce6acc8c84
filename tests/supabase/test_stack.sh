#!/bin/sh
# The project that the other tests stand on: every part answers, each role is what it should be, and nothing of
# it is left when it was stopped.
. "$(dirname "$0")/lib.sh"
began=$(date +%s)
start_stack
echo "# the stack was up after $(($(date +%s) - began)) s"
rest() { # KEY PATH [curl's options]
    key=$1 path=$2
    shift 2
    curl -sS -o body -w '%{http_code}' -H "apikey: $key" -H 'Content-Type: application/json' "$@" "$STACK_URL/rest/v1/$path"
}

sql 'CREATE TABLE seen(id bigserial PRIMARY KEY, role text DEFAULT current_user);
     GRANT SELECT, INSERT ON seen TO service_role, anon; GRANT USAGE ON SEQUENCE seen_id_seq TO service_role, anon;
     NOTIFY pgrst' >/dev/null
until_rest_has seen
check "the gateway wants a key" "$(curl -sS -o body -w '%{http_code}' "$STACK_URL/rest/v1/seen")" 401
check "a key that it doesn't know" "$(rest wrong seen)" 401
check "an sb_secret key is enough" "$(rest "$STACK_SECRET_KEY" seen -X POST -d '{}')" 201
check "an sb_publishable key is enough" "$(rest "$STACK_PUBLISHABLE_KEY" seen -X POST -d '{}')" 201
check "but it is no token" "$(rest "$STACK_SECRET_KEY" seen -H "Authorization: Bearer $STACK_SECRET_KEY")" 401
check "a token of the service role" \
    "$(rest "$STACK_SERVICE_KEY" seen -H "Authorization: Bearer $STACK_SERVICE_KEY" -X POST -d '{}')" 201
check "who that was" "$(sql 'SELECT string_agg(role, $$ $$ ORDER BY id) FROM seen')" 'service_role anon service_role'
check "the pooler" "$(psql -XAt "$STACK_POOLER_URL" -c 'SELECT 1')" 1
check "TLS, the certificate checked" "$(psql -XAt "$STACK_TLS_URL" -c \
    'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')" t
check "the storage" "$(curl -sS -o body -w '%{http_code}' -H "apikey: $STACK_SERVICE_KEY" \
    -H "Authorization: Bearer $STACK_SERVICE_KEY" -d x "$STACK_URL/storage/v1/object/public-files/a.txt")" 200

stack kill postgres
check_match "the database is away" "$(sql 'SELECT 1')" 'refused'
stack start postgres
check "and back" "$(sql 'SELECT 1')" 1

directory=$STACK_DIR
stop_stack
check "nothing is left on the disk" "$(ls -d "$directory" 2>/dev/null)" ''
tries=0
while pgrep -f "$directory" >/dev/null && [ $tries -lt 600 ]; do tries=$((tries + 1)); sleep 0.1; done # children of theirs go last
check "nor a process" "$(pgrep -fa "$directory")" ""
plan
