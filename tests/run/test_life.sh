#!/bin/sh
# The whole life of orders in one service: they are placed, asked about and exported side by side, while the
# provider is away, slow, wrong, and completes them over time, and while the service is killed. In the end each is as
# the provider means it, in whatever form it wrote its results.
#     ROWS=2000 KILLS=50 LIFE=30s tests/run/test_life.sh
. "$(dirname "$0")/lib.sh"
rows=${ROWS:-300}
kills=${KILLS:-3}
life=${LIFE:-4s}
flight=5
serve_pid=
trap 'kill -9 $serve_pid 2>/dev/null; finish' EXIT

start_serve() {
    mkfifo "$home/address.$$"
    "$SLUICE" --state-dir "$home/state" serve --listen 127.0.0.1:0 place.yaml sync.yaml export.yaml >"$home/address.$$" 2>>serve.log &
    serve_pid=$!
    IFS= read -r url <"$home/address.$$"
    rm -f "$home/address.$$"
}
until_true() { # a command: wait until it succeeds, for five minutes at most
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 3000 ] || return 1
        sleep 0.1
    done
}
store_file=imei_orders.db
db() { store_sql "$1"; }
sandbox() { # flags: the same site with the same books, at the same address
    stop_sandbox
    start_sandbox --state books --latency 2ms --option "complete_after=$life" "$@"
}
again() { sandbox --listen "${GSM_FUSION_BASE_URL#http://}" "$@"; }
differ() { # orders that aren't as the provider means them
    db "select imei from orders order by id" | awk -f "$here/results.awk" >meant.txt
    db "select imei, status, coalesce(carrier, ''), coalesce(simlock, ''), coalesce(model, ''), coalesce(fmi, ''),
        coalesce(imei2, ''), replace(coalesce(result_code_display, ''), '
', '~'),
        case when result_code like '%NCK-%' or result_code = 'Invalid_IMEI' then result_code else '' end,
        coalesce(json_extract(raw_response, '\$.pairs.\"Next Tether Policy\"'), '')
        from orders order by id" >said.txt
    diff meant.txt said.txt | grep -c '^[<>]'
}
counters() { curl -sS "$url/metrics" | grep -E '^sluice_[a-z_]+_total' | sort; }
fell() { # do the counters of after.txt go below those of before.txt?
    awk 'NR == FNR { was[$1] = $2; next } $1 in was && $2 + 0 < was[$1] + 0 { print $1 }' before.txt after.txt
}
whole_export() { # 0: the export is whole, or isn't there yet
    [ ! -e done.csv ] || tail -c 2 done.csv | od -An -c | tr -d ' ' | grep -q '\\r\\n'
}

begin_store
csv "$rows" >imeis.csv
cat >place.yaml <<EOF
name: place
trigger: {every: 1s}
source:
  csv: {path: imeis.csv}
actions:
  - imei: {}
  - gsm_fusion.place: {service_id: "1739", limits: {concurrency: $flight}}
sinks:
  - orders: {}
spend: {max_run: 100000.00, max_in_doubt: 1000000, confirm: false}
EOF
cat >sync.yaml <<EOF
name: sync
trigger: {every: 1s}
source:
  orders: {status: [Pending, In Process]}
actions:
  - gsm_fusion.check: {limits: {timeout: 5s}}
sinks:
  - orders: {}
EOF
cat >export.yaml <<EOF
name: export
trigger: {every: 1s}
source:
  orders: {status: Completed}
sinks:
  - csv: {path: done.csv, format: gsm_fusion}
EOF

# --- kill -9, again and again, while all three are at work ---
sandbox --fault charge-always --listen 127.0.0.1:0
seed=${SEED:-$$}
echo "# seed $seed"
pause() { awk -v s="$seed" -v i="$1" 'BEGIN { srand(s * 1000 + i); printf "%.3f", 0.05 + rand() * 0.5 }'; }
halves=0 i=0
while [ "$i" -lt "$kills" ]; do
    i=$((i + 1))
    start_serve
    sleep "$(pause "$i")"
    kill -9 "$serve_pid"; wait "$serve_pid" 2>/dev/null
    serve_pid=
    whole_export || halves=$((halves + 1))
done
check "killed $kills times: the export was always whole" "$halves" 0

# --- the provider has its troubles ---
start_serve
counters >before.txt
moved=
for trouble in "html@free" "http-500:500@free" "status-half" "status-slow:2ms" "html" "close" "none" "away"; do
    case $trouble in
    away) stop_sandbox; sleep 1.5; again ;;
    none) again --fault charge-always ;;
    *) again --fault charge-always --fault "$trouble=every:3"; sleep 1.5 ;;
    esac
    counters >after.txt
    moved="$moved$(fell)"
    cp after.txt before.txt
    db "select count(*) from orders where status = 'In Process'" >>moving.txt
done
check "no counter ever fell" "$moved" ""
again --fault charge-always
wait_for_all() { # each row has an order or is in doubt, and each order has its end
    [ "$("$SLUICE" --state-dir state ledger list --state placed --state in_doubt --state refunded --json | grep -c '"state"')" -ge "$rows" ] &&
        [ "$(db "select count(*) from orders where status not in ('Completed', 'Rejected')")" = 0 ] &&
        [ "$(db "select count(*) from orders")" -ge $((rows - $(ledger_count in_doubt))) ]
}
until_true wait_for_all
check "the provider had its troubles: the service recovered by itself" $? 0
exports() { curl -sS "$url/metrics" | sed -n 's/^sluice_pipeline_runs_total{pipeline="export",exit="0"} //p'; }
exports_reach() { [ "$(exports)" -ge "$1" ]; }
until_true exports_reach $(($(exports) + 2)) # one that has begun after the last news
kill -TERM "$serve_pid"; wait "$serve_pid"; code=$?
serve_pid=
check "stopped: drained" "$code" 0

doubt=$(ledger_count in_doubt)
check "each row is an order, or in doubt" "$(($(db 'select count(*) from orders') + doubt))" "$rows"
check "no identifier has two charges" "$(books most_charges)" 1
charged=$(books charged)
check_most "charged, and neither stored nor in doubt" $((charged - $(db 'select count(*) from orders') - doubt)) 0
check "all are completed or rejected" "$(db "select count(*) from orders where status not in ('Completed', 'Rejected')")" 0
check "every field of each is as the provider means it" "$(differ)" 0
check_most "in process: was seen" 1 "$(awk '{ sum += $1 } END { print sum + 0 }' moving.txt)"
check "each rejected one is refunded in the ledger" "$(ledger_count refunded)" "$(db "select count(*) from orders where status = 'Rejected'")"
check "by status" "$("$SLUICE" orders count --status completed) $("$SLUICE" orders count --status rejected) $("$SLUICE" orders count --status 'in process')" \
    "$(db "select sum(status = 'Completed') || ' ' || sum(status = 'Rejected') || ' 0' from orders")"
check "the export has each completed order" "$(sed 1d done.csv | wc -l)" "$(db "select count(*) from orders where status = 'Completed'")"
echo "# $kills kills; $rows rows: $charged charged, $(db "select sum(status = 'Completed') || ' completed, ' || sum(status = 'Rejected') || ' rejected' from orders"), $doubt in doubt"

# --- found by a file of IMEIs, exported for a spreadsheet, and read back ---
sed 1d imeis.csv | cut -d, -f1 >wanted.txt
echo 008600000000017 >>wanted.txt
check "orders of a file of IMEIs" "$("$SLUICE" orders --imeis wanted.txt --json 2>err.txt | grep -o '"imei":"[0-9]*"' | sort | uniq -c | awk '{ n++; most = $1 > most ? $1 : most } END { print n, most }')" \
    "$(db 'select count(*) from orders') 1"
check_match "and those that have none are told of" "$(cat err.txt)" "of $((rows + 1)) IMEIs have no order here"
printf 'name: sheet\nsource:\n  orders: {}\nsinks:\n  - csv: {path: sheet.csv, format: gsm_fusion, excel: true}\n' >sheet.yaml
read_back() { # FILE: what differs from the store
    printf 'name: back\nsource:\n  csv: {path: %s}\nsinks:\n  - csv: {path: back.csv}\n' "$1" >back.yaml
    "$SLUICE" --state-dir state -q run back.yaml
    store_as_file
    python3 "$here/same_values.py" imei_orders.db back.csv
}
"$SLUICE" --state-dir state -q run sheet.yaml
check "excel: true, read back: the same values" "$(read_back sheet.csv)" "$(db 'select count(*) from orders') 0"
if command -v soffice >/dev/null 2>&1; then
    office() { soffice --headless "-env:UserInstallation=file://$home/office" "$@" >office.log 2>&1; }
    office --infilter='CSV:44,34,76' --convert-to xlsx --outdir office-out sheet.csv
    office --convert-to 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false' --outdir office-out office-out/sheet.xlsx
    check "the same through LibreOffice: every value, every digit" "$(read_back office-out/sheet.csv)" "$(db 'select count(*) from orders') 0"
else
    echo "# soffice isn't installed (.ci/deps office): what a spreadsheet makes of the export wasn't looked at"
fi
plan
