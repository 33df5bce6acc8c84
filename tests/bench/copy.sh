# copy.sh - `store copy` of a SQLite file into Postgres, beside pgloader with the same file and the same table, and
# beside what the server alone needs: psql, COPY of a file that is ready, into a table without indexes, then those.
# Sourced by supabase.sh, whose server it uses. Wall time, as there.

copied=${COPIED:-1000000}
"$sluice" -q store init from.db >/dev/null
sqlite3 from.db "PRAGMA synchronous = OFF; WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < $copied)
    INSERT INTO orders(order_id, provider, account, service_name, service_id, imei, credits, status, carrier, simlock, model, order_date,
        result_code_display, raw_response, created_at)
    SELECT 9000000 + k, 'gsm_fusion', 'bench', 'Apple Carrier Check', '1739', printf('00%013d', k * 7919 % 10000000), '0.08',
        iif(k % 5, 'Completed', 'Pending'), iif(k % 4, 'T-Mobile', NULL), 'Unlocked', 'iPhone 15 Pro', datetime(1700000000 + k, 'unixepoch'),
        'Carrier: T-Mobile' || char(10) || 'SimLock: Unlocked', '{\"place\":{\"id\":\"' || (9000000 + k) || '\",\"status\":\"Pending\"}}',
        datetime(1700000100 + k, 'unixepoch') FROM n" >messages
eval "$empty"
"$sluice" --state-dir state -q store copy from.db "$STACK_DB_URL" >messages 2>&1 || { cat messages >&2; exit 1; }
ready=order_id,provider,account,service_name,service_id,imei,credits,status,carrier,simlock,model,order_date,result_code_display,raw_response,created_at
psql -Xq "$STACK_DB_URL" -c "\\copy orders($ready) to ready.tsv" -c 'CREATE TABLE bare (LIKE orders INCLUDING DEFAULTS)'
cat >bare.sql <<SQL
BEGIN;
SET LOCAL maintenance_work_mem = '128MB';
TRUNCATE bare;
\\copy bare($ready) from ready.tsv (freeze)
ALTER TABLE bare ADD PRIMARY KEY (id);
ALTER TABLE bare ADD UNIQUE (order_id, provider, account);
CREATE INDEX ON bare (imei);
CREATE INDEX ON bare (status);
CREATE INDEX ON bare (order_date DESC);
CREATE INDEX ON bare (created_at DESC);
COMMIT;
SQL
# Fewer rows at a time than it would take by itself: with those its memory runs out when the server is slow.
cat >load.pgl <<LOAD
load database from sqlite://$PWD/from.db into $STACK_DB_URL
with data only, include no drop, reset sequences, prefetch rows = 10000 including only table names like 'orders';
LOAD

copies=$((runs < 3 ? runs : 3))
compared=("$sluice" --state-dir state -q store copy from.db "$STACK_DB_URL" --- psql -Xq "$STACK_DB_URL" -f bare.sql)
if command -v pgloader >/dev/null; then compared+=(--- pgloader load.pgl); fi
measure -n "$copies" -p "$empty -c 'DROP TABLE IF EXISTS bare' -c 'CREATE TABLE bare (LIKE orders INCLUDING DEFAULTS)'" -- "${compared[@]}" >m
seconds() { compute %.1f "$(field m "$1" 2) / 1e6"; }
if [ "$(wc -l <m)" -eq 3 ]; then
    ratio=$(compute %.2f "$(field m 1 2) / $(field m 3 2)")
    row "store copy of $copied orders -> Postgres" "$ratio x pgloader ($(seconds 1) / $(seconds 3) s)" '<= 0.15 x' "$ratio <= 0.15"
else
    row "store copy of $copied orders -> Postgres" "$(seconds 1) s; pgloader isn't installed" '<= 0.15 x pgloader' 1
fi
row '  psql: a ready file, and its indexes' "$(seconds 2) s, $(compute %.2f "$(field m 1 2) / $(field m 2 2)") x that" 'reported' 1
eval "$empty"
"$sluice" --state-dir state -q store copy from.db "$STACK_DB_URL" >messages 2>&1
measure -n "$copies" -- "$sluice" --state-dir state -q store copy from.db "$STACK_DB_URL" >m
row '  the same copy again, nothing to write' "$(seconds 1) s" 'reported' 1
rm -f from.db ready.tsv
