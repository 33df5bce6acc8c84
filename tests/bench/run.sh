#!/usr/bin/env bash
# Measures sluice beside its bars and beside the programs that it is compared with, and prints a table. What is
# compared takes turns in one run, so that a busy machine is busy for all. Everything is on this machine; the
# order server is on loopback. Takes about eight minutes.
#
#     ROWS=1000000 ORDERS=20000 RUNS=5 KNOWN=5000000 tests/bench/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

rows=${ROWS:-1000000} orders=${ORDERS:-20000} runs=${RUNS:-5} known=${KNOWN:-5000000}
sluice=$PWD/build/sluice
export SLUICE=$sluice # the servers of tests/supabase want to know
tools=$PWD/build/tests/bench
here=$PWD/tests/bench
lint_me=$PWD/pipelines/place-from-csv.yaml
export GSM_FUSION_BASE_URL=http://127.0.0.1:1 GSM_FUSION_USERNAME=tester GSM_FUSION_API_KEY=bench
unset SUPABASE_URL SUPABASE_KEY SUPABASE_DB_URL SLUICE_PLUGIN_DIR SLUICE_PLUGIN_PATH

dir=$(mktemp -d "${TMPDIR:-/tmp}/sluice-bench.XXXXXX")
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
    rm -rf "$dir" "${STACK_DIR:-}" ${stack_dir:+"$stack_dir"}
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$dir"

measure() { # as the program measure; what the commands say is shown when one of them fails
    "$tools/measure" "$@" 2>messages || { cat messages >&2; exit 1; }
}
compute() { awk "BEGIN { printf \"$1\", $2 }"; }
field() { sed -n "$2p" "$1" | cut -d' ' -f"$3"; } # FILE LINE COLUMN of what measure printed

row() { # WORK  MEASURED  BAR  HOLDS(awk expression)
    local verdict
    verdict=$(awk "BEGIN { print ($4) ? \"ok\" : \"MISSED\" }")
    printf '%-48s  %-46s  %-26s  %s\n' "$1" "$2" "$3" "$verdict" | tee -a table
}

echo "sluice $("$sluice" version | head -1 | sed 's/^sluice //'), $(nproc) cores, $(uname -sr); medians of $runs runs, in turn" | tee table
printf '%-48s  %-46s  %-26s  %s\n' work measured bar '' | tee -a table

# ---- CSV ---------------------------------------------------------------------------------------

"$tools/bench_rows" wide "$rows" >rows.csv
"$tools/bench_rows" wide $((rows / 10 > 0 ? rows / 10 : 1)) >tenth.csv

csv_pipeline() { # NAME INPUT ACTIONS SINK
    printf 'name: %s\nsource:\n  csv: {path: %s}\n%ssinks:\n  - %s\n' "$1" "$2" "$3" "$4" >"$1.yaml"
}
imei=$'actions:\n  - imei: {}\n'
csv_pipeline to-sqlite rows.csv "$imei" 'sqlite: {path: sluice.db, table: rows, conflict: imei}'
csv_pipeline tenth-to-sqlite tenth.csv "$imei" 'sqlite: {path: sluice.db, table: rows, conflict: imei}'
renamed='{imei: IMEI, service_id: Service, customer: Client, email: email, reference: reference, country: country, price: price, note: note}'
csv_pipeline to-csv rows.csv '' "csv: {path: out.csv, columns: $renamed}"

run=("$sluice" --state-dir "$dir/state" -q run)
columns='imei TEXT UNIQUE, service_id TEXT, customer TEXT, email TEXT, reference TEXT, country TEXT, price TEXT, note TEXT'
measure -n "$runs" -p 'rm -f sluice.db* shell.db*' -- "${run[@]}" to-sqlite.yaml \
    --- sqlite3 shell.db "CREATE TABLE rows ($columns)" '.import --csv --skip 1 rows.csv rows' >m
measure -p 'rm -f sluice.db*' -- "${run[@]}" tenth-to-sqlite.yaml >tenth
ratio=$(compute %.3f "$(field m 1 1) / $(field m 2 1)")
peak=$(compute %.1f "$(field m 1 3) / 1024")
row "$rows rows, CSV -> SQLite, IMEIs checked" \
    "$ratio x .import ($(compute %.2f "$(field m 1 1) / 1e6") / $(compute %.2f "$(field m 2 1) / 1e6") s CPU)" '<= 0.40 x' "$ratio <= 0.40"
row '  peak memory' "$peak MiB; $(compute %.1f "$(field tenth 1 3) / 1024") MiB with a tenth of the rows" '<= 24 MiB' "$peak <= 24"

measure -n "$runs" -- "${run[@]}" to-csv.yaml \
    --- sh -c 'exec mlr --csv rename imei,IMEI,service_id,Service,customer,Client rows.csv >mlr.csv' \
    --- sh -c 'exec cat rows.csv >cat.csv' >m
cmp -s out.csv mlr.csv || { echo "bench: sluice and Miller wrote different files" >&2; exit 1; }
ratio=$(compute %.3f "$(field m 1 1) / $(field m 2 1)")
row "$rows rows, CSV -> CSV, three columns renamed" \
    "$ratio x Miller ($(compute %.2f "$(field m 1 1) / 1e6") / $(compute %.2f "$(field m 2 1) / 1e6") s CPU; cat $(compute %.2f "$(field m 3 1) / 1e6"))" \
    '<= 0.08 x' "$ratio <= 0.08"

# ---- a local action ----------------------------------------------------------------------------

noops=$'actions:\n'
for _ in 1 2 3 4 5 6 7 8 9 10; do noops+=$'  - noop: {}\n'; done
csv_pipeline ten-noops rows.csv "$noops" "csv: {path: out.csv, columns: $renamed}"
measure -n "$runs" -- "${run[@]}" to-csv.yaml --- "${run[@]}" --plugin-dir "$tools" ten-noops.yaml >m
cost=$(compute %.1f "($(field m 2 1) - $(field m 1 1)) * 1000 / 10 / $rows" | sed 's/^-.*/0.0/') # below the noise
row 'an action that does nothing' "$cost ns a row (ten of them, less none)" '<= 30 ns' "$cost <= 30"

# ---- orders ------------------------------------------------------------------------------------

"$tools/bench_rows" imei "$orders" >imeis.csv

one_run() { # LATENCY-MS LIST FLIGHT: a line "seconds cpu-us-an-order peak-kib seconds-to-the-end"
    rm -rf state orders.db* server.json port
    mkfifo port
    "$tools/bench_server" --latency-us $(($1 * 1000)) >port 2>server.json &
    server=$!
    read -r number <port
    cat >orders.yaml <<EOF
name: orders
source:
  csv: {path: imeis.csv}
actions:
  - gsm_fusion.place:
      base_url: "http://127.0.0.1:$number"
      service_id: "1739"
      list: $2
      limits: {concurrency: $3}
sinks:
  - sqlite: {path: orders.db}
spend: {max_price: 0.50, max_run: 100000}
EOF
    measure -- ${preload:+env LD_PRELOAD="$preload"} "${run[@]}" orders.yaml --yes >m
    kill "$server"
    wait "$server" || true
    server=
    json() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" server.json; }
    if [ "$(json charges)" != "$orders" ] || [ "$(json most_charges)" != 1 ] ||
        [ "$(sqlite3 orders.db 'select count(*) from orders')" != "$orders" ]; then
        echo "bench: not every order was paid once and stored: $(cat server.json)" >&2
        exit 1
    fi
    # From the moment the first order was released to the network until the last outcome went into the ledger; and
    # from the first paid request, as the server saw it, to the end of the program, when every sink has all orders.
    echo "$(sqlite3 state/ledger.db 'select (max(changed_ms) - min(sent_ms)) / 1000.0 from orders')" \
        "$(compute %.1f "$(field m 1 1) / $orders") $(field m 1 3)" \
        "$(compute %.3f "($(field m 1 4) - $(json first_paid_us)) / 1e6")"
}
middle() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
many_runs() { # LATENCY-MS LIST FLIGHT RUNS: medians, the largest peak
    local i
    : >runs
    for ((i = 0; i < $4; i++)); do one_run "$1" "$2" "$3" >>runs; done
    echo "$(cut -d' ' -f1 runs | middle) $(cut -d' ' -f2 runs | middle) $(cut -d' ' -f3 runs | sort -n | tail -1)" \
        "$(cut -d' ' -f4 runs | middle)"
}

order_row() { # NAME LATENCY-MS LIST FLIGHT RUNS FACTOR: beside the bound that the latency sets
    local seconds cpu peak end bound factor
    read -r seconds cpu peak end < <(many_runs "$2" "$3" "$4" "$5")
    bound=$(awk "BEGIN { calls = $orders / $3; rounds = (calls - 1) / $4; if (rounds > int(rounds)) rounds = int(rounds) + 1; print (1 + rounds) * $2 / 1000 }")
    factor=$(compute %.3f "$seconds / $bound")
    row "$1" "$factor x the bound ($seconds / $bound s)" "<= $6 x" "$factor <= $6"
    row '  CPU, peak memory, all of it in the database' "$cpu us an order, $(compute %.1f "$peak / 1024") MiB, $end s" 'reported' 1
}
order_row "$orders orders, 100 ms, 200 in flight" 100 1 200 $(((runs + 1) / 2)) 1.03
read -r seconds cpu peak end < <(many_runs 0 1 30 "$runs")
speed=$(compute %.0f "$orders / $seconds")
peak=$(compute %.1f "$peak / 1024")
row "$orders orders, no latency, 30 in flight" "$speed orders/s ($seconds s; $end s to the end)" '>= 20000 orders/s' "$speed >= 20000"
row '  CPU' "$cpu us an order" '<= 42 us' "$cpu <= 42"
row '  peak memory' "$peak MiB" '<= 24 MiB' "$peak <= 24"
order_row "$orders orders, 100 IMEIs a call, 30 in flight" 100 100 30 "$runs" 1.08

# What it costs that nothing is sent before it is on the disk: beside the same without a sync, in turn.
durable_row() { # LIST BAR
    local i cost sync_us sync_cpu
    : >synced
    : >unsynced
    for ((i = 0; i < runs; i++)); do
        one_run 0 "$1" 30 >>synced
        preload=$tools/nosync.so one_run 0 "$1" 30 >>unsynced
    done
    column() { cut -d' ' -f"$2" "$1" | middle; }
    read -r sync_us sync_cpu < <("$tools/sync" page)
    cost=$(compute %.1f "$(column synced 2) - $(column unsynced 2)" | sed 's/^-.*/0.0/') # below the noise
    row "  durability, $orders orders, list $1" "$cost us CPU an order ($(column synced 2) / $(column unsynced 2))" "<= $2 us" "$cost <= $2"
    row '    elapsed; one sync of the disk' \
        "$(column synced 1) / $(column unsynced 1) s; p50 $sync_us us, $sync_cpu us CPU" 'reported' 1
}
durable_row 1 15
durable_row 100 3.5

# ---- a store of orders -------------------------------------------------------------------------

make_store() { # FILE ORDERS
    sqlite3 "$1" <<EOF
PRAGMA journal_mode = WAL;
CREATE TABLE orders(id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, provider TEXT NOT NULL DEFAULT '',
  account TEXT NOT NULL DEFAULT '', service_name TEXT, service_id TEXT, imei TEXT NOT NULL, imei2 TEXT, credits TEXT,
  status TEXT, carrier TEXT, simlock TEXT, model TEXT, fmi TEXT, order_date TEXT, result_code TEXT,
  result_code_display TEXT, notes TEXT, raw_response TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  UNIQUE(provider, account, order_id));
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
INSERT INTO orders SELECT i, 10000000 + i, 'gsm_fusion', 'tester@127.0.0.1', 'Apple Carrier Check', '1739',
  printf('00%012d%d', i * 618033988749 % 999999999989, i % 10), NULL, '0.08',
  CASE WHEN i % 50 = 0 THEN 'Pending' WHEN i % 20 = 1 THEN 'Rejected' ELSE 'Completed' END, 'T-Mobile USA', 'Locked',
  'iPhone 13 128GB Midnight', 'ON', '2026-11-22 10:00:00',
  'Model: iPhone 13 128GB Midnight<br>IMEI Number: 001001001234563<br>Carrier: T-Mobile USA<br>SimLock: Locked',
  'Model: iPhone 13 128GB Midnight' || char(10) || 'IMEI Number: 001001001234563' || char(10) ||
    'Carrier: T-Mobile USA' || char(10) || 'SimLock: Locked', NULL,
  '{"place":{"id":"1"},"check":{"id":"1","status":"Completed"},"pairs":{"Purchase Date":"2021-11-02"}}',
  '2026-11-22 10:00:01', '2026-11-22 10:05:01' FROM n;
CREATE INDEX orders_imei ON orders(imei);
CREATE INDEX orders_status ON orders(status);
EOF
}
make_store imei_orders.db "$orders" >/dev/null
sqlite3 imei_orders.db 'select imei from orders order by imei' >wanted.txt
find=("$sluice" -q orders --imeis wanted.txt)
measure -n "$runs" -- "${find[@]}" --- "${find[@]}" --format csv --- "$sluice" -q orders --format gsm_fusion >m
for what in 1:table 2:CSV; do
    IFS=: read -r line name <<<"$what"
    ms=$(compute %.1f "$(field m "$line" 2) / 1000")
    row "look up $orders IMEIs, as a $name" "$ms ms ($(compute %.1f "$(field m "$line" 1) / 1000") ms CPU)" '<= 60 ms' "$ms <= 60"
done
ms=$(compute %.1f "$(field m 3 2) / 1000")
row "export $orders orders as gsm_fusion" "$ms ms ($(compute %.1f "$(field m 3 1) / 1000") ms CPU)" '<= 60 ms' "$ms <= 60"

make_store many.db "$rows" >/dev/null
make_store tenth.db $((rows / 10 > 0 ? rows / 10 : 1)) >/dev/null
export_pipeline() { # NAME FILE SINK-OPTIONS
    printf 'name: %s\nsource:\n  sqlite: {path: %s}\nsinks:\n  - csv: {path: out.csv%s}\n' "$1" "$2" "$3" >"$1.yaml"
}
export_pipeline export many.db ''
export_pipeline export-tenth tenth.db ''
export_pipeline export-gsm many.db ', format: gsm_fusion'
measure -n "$runs" -- "${run[@]}" export.yaml \
    --- sh -c "exec sqlite3 -csv many.db 'select * from orders' >shell.csv" --- "${run[@]}" export-gsm.yaml >m
"${run[@]}" export.yaml
[ "$(tail -n +2 out.csv | wc -l)" = "$(wc -l <shell.csv)" ] || { echo "bench: the exports differ" >&2; exit 1; }
measure -- "${run[@]}" export-tenth.yaml >tenth
ratio=$(compute %.3f "$(field m 1 1) / $(field m 2 1)")
row "export $rows orders, every field" \
    "$ratio x sqlite3 -csv ($(compute %.2f "$(field m 1 1) / 1e6") / $(compute %.2f "$(field m 2 1) / 1e6") s CPU)" \
    '<= 0.60 x' "$ratio <= 0.60"
row '  peak memory' \
    "$(compute %.1f "$(field m 1 3) / 1024") MiB; $(compute %.1f "$(field tenth 1 3) / 1024") MiB with a tenth of the orders" \
    'flat' "$(field m 1 3) - $(field tenth 1 3) <= 2048"
ratio=$(compute %.3f "$(field m 3 1) / $(field m 2 1)")
row "export $rows orders as gsm_fusion" "$ratio x sqlite3 -csv ($(compute %.2f "$(field m 3 1) / 1e6") s CPU)" '<= 0.60 x' \
    "$ratio <= 0.60"
rm -f ./*.db ./*.db-* out.csv shell.csv
# ---- results -----------------------------------------------------------------------------------

# The sandbox stands in for the provider, and has its share of the same cores.
rm -rf state orders.db* port
mkfifo port
"$sluice" sandbox gsm_fusion --listen 127.0.0.1:0 --option api_key=bench --option complete_after=0s >port 2>/dev/null &
server=$!
read -r GSM_FUSION_BASE_URL <port
printf 'source:\n  csv: {path: imeis.csv}\nactions:\n  - gsm_fusion.place: {service_id: "1739"}\nsinks:\n  - sqlite: {path: orders.db}\nspend: {max_run: 100000}\n' >place.yaml
printf 'source:\n  sqlite: {path: orders.db, status: Pending}\nactions:\n  - gsm_fusion.check: {}\nsinks:\n  - sqlite: {path: orders.db}\n' >sync.yaml
"${run[@]}" place.yaml --yes 2>messages || { cat messages >&2; exit 1; }
mkdir before && cp -r state orders.db before
measure -n "$runs" -p 'rm -rf state orders.db* && cp -r before/* .' -- "${run[@]}" sync.yaml >m
left=$(sqlite3 orders.db "select count(*) from orders where status = 'Pending' or coalesce(raw_response, '') not like '%\"check\"%'")
[ "$left" = 0 ] || { echo "bench: $left orders have no result" >&2; exit 1; }
kill "$server"
wait "$server" || true
server=
seconds=$(compute %.2f "$(field m 1 2) / 1e6")
peak=$(compute %.1f "$(field m 1 3) / 1024")
row "sync of $orders pending orders, 100 in a call" "$seconds s ($(compute %.2f "$(field m 1 1) / 1e6") s CPU)" '<= 0.6 s' "$seconds <= 0.6"
row '  peak memory' "$peak MiB" '<= 24 MiB' "$peak <= 24"

# ---- a reply ------------------------------------------------------------------------------------

"$tools/bench_reply" "$orders" >reply
read -r ratio own bare < <(sed -n 's/.*: \([0-9.]*\) ms CPU, libxml2 alone \([0-9.]*\) ms: \([0-9.]*\) x.*/\3 \1 \2/p' reply)
growth=$(sed -n 's/^peak memory.*: +*\(-*[0-9]*\) KiB$/\1/p' reply)
row "reply of $orders orders, parsed into rows" "$ratio x bare libxml2 ($own / $bare ms CPU)" '<= 1.25 x' "$ratio <= 1.25"
row '  peak memory, ten times as many orders' "$growth KiB more" 'independent of size' "$growth <= 256"

# ---- a large ledger ------------------------------------------------------------------------------

"$tools/bench_ledger_size" "$known" >ledger
start=$(sed -n 's/^start of a run: \([0-9.]*\) ms.*/\1/p' ledger)
read -r again anywhere unknown < <(sed -n 's/^look-up: \([0-9.]*\) us.*, \([0-9.]*\) us of orders anywhere, \([0-9.]*\) us.*/\1 \2 \3/p' ledger)
row "$known orders in the ledger: start of a run" "$start ms" '<= 200 ms' "$start <= 200"
row '  look-up, a file that runs again' "$again us" '<= 4 us' "$again <= 4"
row '  look-up, unknown orders' "$unknown us" '<= 4 us' "$unknown <= 4"
row '  look-up, known ones in any order' "$anywhere us" 'reported' 1

# ---- what people send ----------------------------------------------------------------------------

"$tools/bench_submit" "${JOBS:-100000}" 30 >submitted
read -r speed median most cpu <submitted
row 'jobs taken in by 30 at once, each on the disk' "$speed/s, p99 $most ms (median $median ms, $cpu us CPU)" \
    '>= 25000/s, p99 <= 4 ms' "$speed >= 25000 && $most <= 4"

. "$here/post.sh"
if [ -f "$(dirname "$sluice")/plugins/form.so" ]; then
    post_to_form "${JOBS:-100000}" >posted
    read -r speed median most <posted
    row "  sent to the form's API over 30 connections" "$speed/s, p99 $most ms (median $median ms)" \
        '>= 25000/s, p99 <= 4 ms' "$speed >= 25000 && $most <= 4"
fi

# ---- Postgres -----------------------------------------------------------------------------------

. "$here/supabase.sh"

# ---- Supabase ----------------------------------------------------------------------------------

. "$here/rest.sh"

# ---- the form ----------------------------------------------------------------------------------

. "$here/form.sh"

# ---- start-up ----------------------------------------------------------------------------------

measure -n $((runs * 60)) -w 20 -- true --- "$sluice" version --- "$sluice" lint "$lint_me" >m
for what in 2:version:2 3:lint:4; do
    IFS=: read -r line name bar <<<"$what"
    ratio=$(compute %.2f "$(field m "$line" 2) / $(field m 1 2)")
    row "sluice $name" "$ratio x true ($(field m "$line" 2) / $(field m 1 2) us)" "<= $bar x" "$ratio <= $bar"
done
