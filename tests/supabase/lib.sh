# lib.sh - for tests against a Supabase project of their own: what run/lib.sh has, and the project (stack.py).
#
#     . "$(dirname "$0")/lib.sh"
#     start_stack                 all of it; or only the parts named: db pooler rest storage
#     export SUPABASE_URL=$STACK_URL SUPABASE_KEY=$STACK_SERVICE_KEY      or SUPABASE_DB_URL=$STACK_POOLER_URL
#
# STACK_URL, STACK_SERVICE_KEY, STACK_ANON_KEY (both JWTs), STACK_SECRET_KEY, STACK_PUBLISHABLE_KEY (sb_…),
# STACK_DB_URL, STACK_POOLER_URL (transaction mode), STACK_TLS_URL (verify-full), STACK_CA, STACK_PASSWORD, STACK_DIR.
stack_source=$(cd "$(dirname "$0")" && pwd)
. "$stack_source/../run/lib.sh"
here=$stack_source/../run
. "$stack_source/secrets.sh"
stack_pid=
STACK_DIR=

finish_all() {
    stop_stack
    finish
}
trap finish_all EXIT

start_stack() { # [PART…]
    # Not in $home, which belongs to root alone when root runs the tests; the servers don't run as root.
    STACK_DIR=$(mktemp -d "${TMPDIR:-/tmp}/sluice-stack.XXXXXX")
    mkfifo "$home/stack.in" "$home/stack.out"
    python3 "$stack_source/stack.py" "$STACK_DIR" "$@" <"$home/stack.in" >"$home/stack.out" 2>"$home/stack.err" &
    stack_pid=$!
    exec 7>"$home/stack.in" 8<"$home/stack.out"
    stack_says=
    while [ "$stack_says" != ready ] && IFS= read -r stack_says <&8; do
        case $stack_says in STACK_*=*) eval "${stack_says%%=*}=\${stack_says#*=}" ;; esac
    done
    [ "$stack_says" = ready ] || { echo "Bail out! $(cat "$home/stack.err")"; exit 1; }
}
stack() { # stop|kill|start postgres|pgbouncer|postgrest|nginx; back when that is done
    echo "$1 $2" >&7
    IFS= read -r stack_says <&8
    [ "$stack_says" = done ] || { echo "Bail out! $1 $2: $(cat "$home/stack.err")"; exit 1; }
}
stop_stack() {
    [ -n "$stack_pid" ] || return 0
    exec 7>&- 8<&-
    kill "$stack_pid" 2>/dev/null
    wait "$stack_pid" 2>/dev/null
    rm -rf "$STACK_DIR"
    stack_pid=
}

make_old_orders() { # as an older system made them, which nobody has completed
    sql "CREATE TABLE orders(id bigserial PRIMARY KEY, order_id text UNIQUE, service_name text, service_id text, imei text NOT NULL,
        imei2 text, credits decimal(10,4), status text, carrier text, simlock text, model text, fmi text, order_date timestamptz,
        result_code text, result_code_display text, notes text, raw_response text, created_at timestamptz DEFAULT now(),
        updated_at timestamptz DEFAULT now());
        CREATE TABLE import_history(id bigserial PRIMARY KEY, filename text, rows_imported int, rows_skipped int,
        import_date timestamptz DEFAULT now()); ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
        GRANT ALL ON orders, import_history, orders_id_seq, import_history_id_seq TO service_role"
}
begin_store() { # the store that $store names, empty: db, pooler or rest; old_db and old_rest are an older system's
    start_stack
    stack stop postgrest # so that the first thing it reads is the table
    export SUPABASE_URL="$STACK_URL" SUPABASE_KEY="$STACK_SECRET_KEY"
    case $store in
    old_*) make_old_orders >"$home/old.out"; [ ! -s "$home/old.out" ] || { echo "Bail out! $(cat "$home/old.out")"; exit 1; } ;;
    *) SUPABASE_DB_URL=$STACK_DB_URL "$SLUICE" -q store init supabase >/dev/null || { echo "Bail out! no tables"; exit 1; } ;;
    esac
    psql -Xq -v ON_ERROR_STOP=1 "$STACK_DB_URL" -f "$stack_source/sqlite.sql" || { echo "Bail out! no functions"; exit 1; }
    stack start postgrest
    sink="orders: {}"
    store_sql() { PGOPTIONS='-c search_path=public,sqlite' sql "$1"; }
    drop_store() { sql 'TRUNCATE orders' >/dev/null; }
    store_as_file() {
        rm -f "$store_file"
        sql "COPY (SELECT *, to_char(order_date AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS at FROM orders) TO STDOUT CSV HEADER" >"$home/store.csv"
        sqlite3 "$store_file" '.import --csv store.csv orders' 'UPDATE orders SET order_date = at'
    }
    case $store in
    *db) export SUPABASE_DB_URL="$STACK_DB_URL" ;;
    pooler) export SUPABASE_DB_URL="$STACK_POOLER_URL" ;;
    *rest) until_rest_has orders ;;
    esac
}

# --- the database, seen past sluice ---
sql() { # STATEMENTS: their values, columns with | between, rows one below the other
    psql -XqAt -v ON_ERROR_STOP=1 "$STACK_DB_URL" -c "$1" 2>&1
}
make_orders() { # the table, as a new project gets it
    "$SLUICE" store init "$STACK_DB_URL" >"$home/init.out" 2>&1 || { echo "Bail out! $(cat "$home/init.out")"; exit 1; }
}

# --- PostgREST ---
until_rest_has() { # TABLE: PostgREST has seen that the table is there
    tries=0
    sql "NOTIFY pgrst, 'reload schema'" >/dev/null
    while case $(curl -s -o "$home/rest.out" -w '%{http_code}' -H "apikey: $STACK_SECRET_KEY" \
        "$STACK_URL/rest/v1/$1?limit=0") in 404 | 5??) ;; *) false ;; esac do
        tries=$((tries + 1))
        [ $tries -lt 1000 ] || { echo "Bail out! PostgREST doesn't see $1: $(cat "$home/rest.out")"; exit 1; }
    done
}
