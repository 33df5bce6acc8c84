# rest.sh - for the tests of the store over REST: the tables that there may be, and the store as the environment
# names it.
. "$(dirname "$0")/lib.sh"

columns="service_name text, service_id text, imei text NOT NULL, imei2 text, credits decimal(10,4), status text,
    carrier text, simlock text, model text, fmi text, order_date timestamptz, result_code text,
    result_code_display text, notes text, raw_response text, created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()"
rights="ALTER TABLE orders ENABLE ROW LEVEL SECURITY; GRANT SELECT, INSERT, UPDATE ON orders TO service_role, anon;
    GRANT USAGE ON SEQUENCE orders_id_seq TO service_role, anon"
until_written() { # TABLE COLUMN STATUS: PostgREST has seen what the table is now
    tries=0
    sql "NOTIFY pgrst, 'reload schema'" >/dev/null
    while [ "$(curl -s -o rest.out -w '%{http_code}' -H "apikey: $STACK_SECRET_KEY" -H 'Prefer: resolution=merge-duplicates' \
        -H 'Content-Type: application/json' \
        -d '[]' "$STACK_URL/rest/v1/$1?columns=$2&on_conflict=$2")" != "$3" ]; do
        tries=$((tries + 1))
        [ $tries -lt 1000 ] || { echo "Bail out! PostgREST doesn't see $1: $(cat rest.out)"; exit 1; }
    done
}
old_table() { # as an older system made it
    sql "DROP TABLE IF EXISTS orders; CREATE TABLE orders(id bigserial PRIMARY KEY, order_id text UNIQUE, $columns);
         $rights" >sql.txt
    until_written orders order_id 200
    until_written orders provider 400
}
new_table() { # as this one makes it
    sql "DROP TABLE IF EXISTS orders; CREATE TABLE orders(id bigserial PRIMARY KEY, order_id text NOT NULL,
         provider text NOT NULL DEFAULT '', account text NOT NULL DEFAULT '', $columns,
         UNIQUE (provider, account, order_id)); $rights" >sql.txt
    until_written orders provider,account,order_id 200
}
over_rest() { # [KEY]
    SUPABASE_URL=${url:-$STACK_URL} SUPABASE_KEY=${1:-$STACK_SECRET_KEY}
    export SUPABASE_URL SUPABASE_KEY
}
over_sqlite() {
    unset SUPABASE_URL SUPABASE_KEY
}
sluice() {
    "$SLUICE" --state-dir "$home/state" "$@" 2>err.txt
}
# Its keys are in none of what a run said.
no_key_in() { # FILE…
    cat "$@" | grep -cF -e "$STACK_SERVICE_KEY" -e "$STACK_ANON_KEY" -e "$STACK_SECRET_KEY" \
        -e "$STACK_PUBLISHABLE_KEY" -e "$(printf '%s' "$STACK_SERVICE_KEY" | cut -d. -f3)"
}
load_yaml() { # [OPTIONS]: load.yaml, orders.csv into the store
    printf 'name: load\nsource:\n  csv: {path: orders.csv}\nsinks:\n  - orders: {%s}\non_reject:\n  - csv: {path: rejected.csv, mode: replace}\n' \
        "${1:-}" >load.yaml
}
# The way to it on a bad day (weather.py): $WEATHER is its address.
start_weather() { # [URL]
    echo fine >"$home/weather"
    mkfifo "$home/weather.in" "$home/weather.out"
    python3 "$stack_source/weather.py" "${1:-$STACK_URL}" "$home/weather" <"$home/weather.in" >"$home/weather.out" &
    exec 6>"$home/weather.in"
    IFS= read -r WEATHER <"$home/weather.out"
    rm "$home/weather.in" "$home/weather.out"
}
stop_weather() {
    exec 6>&-
}
weather() { # KIND [N [METHOD]]
    echo "$*" >"$home/weather.new" && mv "$home/weather.new" "$home/weather"
}
