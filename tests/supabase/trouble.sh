#!/bin/sh
# A run of paid orders while everything happens to the store that can: the database is restarted and killed, so is
# what stands in front of it, no connection is free, the gateway answers with a page, replies break off. Nothing is
# lost, nothing is there twice, and what the store hasn't got yet waits in the ledger.
#     ROWS=20000 trouble.sh db|pooler|rest
store=$1
. "$(dirname "$0")/rest.sh"
rows=${ROWS:-2000}
flight=$((rows / 400))
begin_store

# --- the way to it, which can be cut ---
start_cutter() { # PORT
    mkfifo "$home/cutter.in" "$home/cutter.out"
    python3 "$stack_source/cutter.py" "$1" "$home/cut" <"$home/cutter.in" >"$home/cutter.out" &
    exec 5>"$home/cutter.in"
    IFS= read -r cutter <"$home/cutter.out"
}
port_of() { # URL
    printf '%s' "$1" | sed 's,.*:\([0-9]*\)/.*,\1,'
}
case $store in
db)
    # Not as postgres, for whom a connection is always left.
    sql "CREATE ROLE clerk LOGIN BYPASSRLS PASSWORD '$STACK_PASSWORD'; GRANT SELECT, INSERT, UPDATE ON orders, import_history TO clerk;
        GRANT USAGE ON SEQUENCE orders_id_seq, import_history_id_seq TO clerk" >/dev/null
    start_cutter "$(port_of "$STACK_DB_URL")"
    SUPABASE_DB_URL="postgresql://clerk:$STACK_PASSWORD@127.0.0.1:$cutter/postgres"
    ;;
pooler)
    start_cutter "$(port_of "$STACK_POOLER_URL")"
    SUPABASE_DB_URL=$(printf '%s' "$STACK_POOLER_URL" | sed "s,:[0-9][0-9]*/,:$cutter/,")
    ;;
rest)
    sql "CREATE FUNCTION doze() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM pg_sleep(3)'; GRANT EXECUTE ON FUNCTION doze() TO service_role;
        NOTIFY pgrst, 'reload schema'" >/dev/null
    start_weather
    SUPABASE_URL=$WEATHER
    ;;
esac

# --- what goes wrong, and what ends it ---
front() { [ "$store" = pooler ] && echo pgbouncer || echo postgrest; }
exhausted_begins() {
    case $store in
    db) sql "ALTER ROLE clerk CONNECTION LIMIT 0; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'clerk'" >/dev/null ;;
    pooler)
        for i in 1 2 3 4 5 6 7 8; do
            mkfifo "held.$i"
            psql -Xq "$STACK_POOLER_URL" <"held.$i" >"held.out.$i" 2>&1 &
            { echo 'BEGIN; SELECT 1;' && while [ -e "held.$i" ]; do sleep 0.05; done; } >"held.$i" &
        done
        for i in 1 2 3 4 5 6 7 8; do until grep -q 1 "held.out.$i" 2>/dev/null; do sleep 0.02; done; done
        ;;
    rest)
        for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
            curl -s -o /dev/null -H "apikey: $SUPABASE_KEY" -X POST "$STACK_URL/rest/v1/rpc/doze" &
        done
        ;;
    esac
}
exhausted_ends() {
    case $store in
    db) sql "ALTER ROLE clerk CONNECTION LIMIT -1" >/dev/null ;;
    pooler) rm -f held.[1-8] ;;
    esac
}
begins() { # TROUBLE
    case $1 in
    restarted) stack stop postgres ;;
    killed) stack kill postgres ;;
    front) stack kill "$(front)" ;;
    exhausted) exhausted_begins ;;
    cut) if [ "$store" = rest ]; then weather cut 2; else touch cut; fi ;;
    lost) weather lost 2 ;;
    page) weather html-520 2 ;;
    esac
}
ends() { # TROUBLE
    case $1 in
    restarted | killed) stack start postgres ;;
    front) stack start "$(front)" ;;
    exhausted) exhausted_ends ;;
    cut) if [ "$store" = rest ]; then weather fine; else until [ ! -e cut ] || ! is_running; do sleep 0.02; done; fi ;;
    *) weather fine ;;
    esac
}

# --- the run ---
is_running() { kill -0 "$pid" 2>/dev/null; }
more_charged() { # N: so many more than now
    want=$(($(books charged) + $1))
    until [ "$(books charged)" -ge "$want" ] || ! is_running; do sleep 0.02; done
}
start_sandbox --fault charge-always --latency 20ms
csv "$rows" >imeis.csv
settle=none pipeline "limits: {concurrency: $flight}"
"$SLUICE" --state-dir state run place.yaml --yes --json >out.json 2>err.txt &
pid=$!
more_charged $((rows / 20))
hit=0
troubles='restarted killed cut exhausted'
[ "$store" = db ] || troubles="$troubles front"
[ "$store" = rest ] && troubles="$troubles lost page"
for trouble in $troubles; do
    # The provider stands still while servers stop and start, so that the run doesn't end meanwhile.
    kill -STOP "$sandbox_pid"
    begins "$trouble"
    kill -CONT "$sandbox_pid"
    more_charged $((rows / 40))
    is_running && hit=$((hit + 1))
    kill -STOP "$sandbox_pid"
    ends "$trouble"
    kill -CONT "$sandbox_pid"
    more_charged $((rows / 20))
done
check "it all happened while the run went on" "$hit" "$(echo "$troubles" | wc -w | tr -d ' ')"
wait "$pid"
code=$?
summary=$(grep '"type":"summary"' out.json | tail -1)
check "each was paid once" "$(sum placed) $(books charged) $(books most_charges)" "$rows $rows 1"
check "the sums hold" "$(sums_hold)" yes
waiting() { sqlite3 state/ledger.db 'SELECT count(*) FROM outbox'; }
check "what isn't stored waits in the ledger" "$(($(stored) + $(waiting)))" "$rows"
echo "# exit code $code, $(waiting) waiting"
[ "$code" -eq 0 ] || run
check "in the end" "$(waiting)" 0
check "each is stored once" "$(store_sql 'SELECT count(*), count(DISTINCT order_id), count(DISTINCT imei) FROM orders')" "$rows|$rows|$rows"
check "no password, no key" "$(grep -cF -e "$STACK_PASSWORD" -e "$STACK_SECRET_KEY" err.txt out.json)" "err.txt:0
out.json:0"
plan
