#!/usr/bin/env bash
# What `make demo` shows: a CSV of IMEIs becomes paid orders in a database, at a provider that runs on this
# machine and charges nobody. Again, it orders nothing. Everything it makes is in .demo/; nothing stays running.
set -euo pipefail
cd "$(dirname "$0")/../.."

demo=${DEMO_DIR:-.demo}
sluice=${SLUICE:-$PWD/build/sluice}
pipeline=$PWD/pipelines/place-from-csv.yaml
export IMEI_CSV=$PWD/pipelines/examples/imeis.csv
mkdir -p "$demo"
demo=$(cd "$demo" && pwd)
shown=${demo#"$PWD"/}

# The demo pays with play money only, whatever accounts this shell knows.
unset SUPABASE_URL SUPABASE_KEY SUPABASE_DB_URL SERVICE_ID SLUICE_PLUGIN_DIR SLUICE_PLUGIN_PATH SLUICE_ENV_FILE
export GSM_FUSION_USERNAME=tester GSM_FUSION_API_KEY=sandbox-key
# The sandbox gets another port each time; the account stays the same one, and so do its orders.
export GSM_FUSION_ACCOUNT=tester@demo

sandbox=
finish() {
    if [ -n "$sandbox" ]; then
        kill "$sandbox" 2>/dev/null || true
        wait "$sandbox" 2>/dev/null || true
    fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '\n%s\n' "$*"; }
count() { sqlite3 "$demo/imei_orders.db" 'select count(*) from orders' 2>/dev/null || echo 0; }

say "1. A provider on this machine: it speaks the real protocol and charges play money."
echo "   \$ sluice sandbox gsm_fusion --latency 50ms --state $shown/sandbox.state"
exec {ready}< <(exec "$sluice" sandbox gsm_fusion --listen 127.0.0.1:0 --latency 50ms \
    --state "$demo/sandbox.state" 2>"$demo/sandbox.log")
sandbox=$!
if ! read -r -t 30 GSM_FUSION_BASE_URL <&"$ready"; then
    echo "demo: the sandbox didn't start:" >&2
    cat "$demo/sandbox.log" >&2
    exit 69
fi
export GSM_FUSION_BASE_URL
echo "   $GSM_FUSION_BASE_URL"

say "2. The pipeline: $(($(wc -l <"$IMEI_CSV") - 1)) rows of pipelines/examples/imeis.csv, one order each."
echo "   \$ sluice run pipelines/place-from-csv.yaml --yes"
before=$(count)
code=0
# Run in the demo's own directory: orders, rejects and ledger land there, and no other .env is read.
"$sluice" -C "$demo" --state-dir "$demo/state" run "$pipeline" --yes || code=$?
case $code in 0 | 10) ;; *) echo "demo: sluice ended with $code" >&2 && exit "$code" ;; esac
placed=$(($(count) - before))

say "3. The first orders in $shown/imei_orders.db:"
sqlite3 -column -header "$demo/imei_orders.db" \
    'select order_id, imei, service_name, credits, status from orders order by id limit 5'
if [ "$placed" -gt 0 ]; then
    say "$placed orders were placed and paid once each. Rows that can't be ordered are in $shown/rejected.csv, with the reason:"
    tail -n +2 "$demo/rejected.csv" | head -3
    say "Try next:"
    echo "   make demo                                     orders nothing: every order is known"
else
    say "Nothing was ordered: all $before orders of this file were placed before, and none is paid twice."
    say "Try next:"
    echo "   rm -r $shown && make demo                     from the beginning"
fi
cat <<EOF
   build/sluice --state-dir $shown/state ledger list --limit 5
                                                 what was sent and what became of it
   build/sluice lint pipelines/place-from-csv.yaml
                                                 check a pipeline without running it
   build/sluice plugins list                     what pipelines are made of
   build/sluice help run                         how to run one with an account of your own
EOF
