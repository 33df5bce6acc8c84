# The rows of the table that are about Postgres; sourced by run.sh. Wall time: the database works in processes of
# its own. Both commands write to the same server, with fsync, and take turns.
STACK_DIR=$(mktemp -d "${TMPDIR:-/tmp}/sluice-stack.XXXXXX")
mkfifo stack.in stack.out
DURABLE=1 python3 "$here/../supabase/stack.py" "$STACK_DIR" db <stack.in >stack.out 2>messages &
server=$!
exec 7>stack.in 8<stack.out
while IFS= read -r line <&8 && [ "$line" != ready ]; do
    case $line in STACK_*=*) export "${line?}" ;; esac
done
[ "$line" = ready ] || { cat messages >&2; exit 1; }

orders_rows=${SUPABASE_ROWS:-100000}
columns=order_id,provider,account,service_name,service_id,imei,credits,status,order_date,result_code,raw_response
awk -v n="$orders_rows" -v columns="$columns" 'BEGIN { print columns; for (i = 0; i < n; i++)
    printf "%d,gsm_fusion,bench,Apple Carrier Check,1739,00%013d,0.0800,Pending,2026-11-22 10:00:%02d,,\"{\"\"ORDERID\"\":\"\"%d\"\"}\"\n", 9000000 + i, i * 7919 % 10000000, i % 60, 9000000 + i }' >pg.csv
update=$(printf '%s' "$columns" | tr , '\n' | sed 1,3d | sed 's/.*/& = excluded.&/' | paste -sd,)
cat >upsert.sql <<SQL
BEGIN;
CREATE TEMPORARY TABLE new ON COMMIT DROP AS SELECT $columns FROM orders LIMIT 0;
\\copy new from pg.csv csv header
INSERT INTO orders AS old ($columns) SELECT * FROM new ON CONFLICT (order_id, provider, account) DO UPDATE SET $update
    WHERE (old.imei, old.status, old.credits, old.order_date, old.result_code, old.raw_response)
        IS DISTINCT FROM (excluded.imei, excluded.status, excluded.credits, excluded.order_date, excluded.result_code, excluded.raw_response);
COMMIT;
SQL
printf 'source:\n  csv: {path: pg.csv}\nsinks:\n  - supabase: {}\n' >pg.yaml
export SUPABASE_DB_URL=$STACK_DB_URL
"$sluice" store init "$STACK_DB_URL" >messages 2>&1 || { cat messages >&2; exit 1; }
empty="psql -Xq $STACK_DB_URL -c 'TRUNCATE orders' -c CHECKPOINT"

measure -n "$runs" -p "$empty" -- "${run[@]}" pg.yaml --- psql -Xq "$STACK_DB_URL" -f upsert.sql >m
fresh=$(field m 2 2)
ratio=$(compute %.2f "$fresh / $(field m 1 2)")
row "$orders_rows fresh orders -> Postgres" \
    "$ratio x psql's COPY and upsert ($(compute %.0f "$orders_rows * 1e6 / $(field m 1 2)") / $(compute %.0f "$orders_rows * 1e6 / $fresh") rows/s)" \
    '>= 0.90 x' "$ratio >= 0.90"
measure -n "$runs" -- "${run[@]}" pg.yaml --- psql -Xq "$STACK_DB_URL" -f upsert.sql >m
ratio=$(compute %.2f "$fresh / $(field m 1 2)")
row "$orders_rows unchanged orders -> Postgres" \
    "$ratio x that rate ($(compute %.0f "$orders_rows * 1e6 / $(field m 1 2)"); psql's upsert $(compute %.0f "$orders_rows * 1e6 / $(field m 2 2)") rows/s)" \
    '>= 1.40 x' "$ratio >= 1.40"
. "$here/copy.sh"
exec 7>&- 8<&-
wait "$server" || true
server=
rm -rf "$STACK_DIR" pg.csv
unset SUPABASE_DB_URL
