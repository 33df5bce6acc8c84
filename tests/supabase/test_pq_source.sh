#!/bin/sh
# The orders of a Postgres, read: which rows each option lets through, in which order, and in which form; and the
# whole of a table in pages.
. "$(dirname "$0")/lib.sh"
start_stack db pooler
make_orders
sql "INSERT INTO orders(order_id, provider, account, service_name, service_id, imei, imei2, credits, status, carrier, order_date, notes, created_at) VALUES
    ('9001', 'gsm_fusion', 'a', 'Apple Carrier Check', '1739', '001001001234563', NULL, 0.0800, 'Completed', 'T-Mobile USA', '2026-11-20 10:00:00+00', NULL, '2026-11-20 10:00:05+00'),
    ('9002', 'gsm_fusion', 'a', 'Apple Carrier Check', '1739', '004400000000016', '', 0.08, 'Pending', NULL, '2026-11-21 12:00:00+02', NULL, '2026-11-21 10:00:05+00'),
    ('9003', 'gsm_fusion', 'a', 'Unlock Générique', '1800', '004900000000015', NULL, 12.5, 'Rejected', NULL, NULL, NULL, '2026-11-22 10:00:00+00'),
    ('9004', 'gsm_fusion', 'a', 'Unlock Générique', '1800', '001001001234563', NULL, 100, 'PENDING', NULL, '2026-11-22 11:00:00+00', 'a \"note\", 100%', '2026-11-22 11:00:05+00')" >/dev/null

read_with() { # OPTIONS [URL]
    cat >read.yaml <<YAML
name: read
source:
  supabase: {$1}
sinks:
  - csv: {path: out.csv}
YAML
    rm -f out.csv
    SUPABASE_DB_URL=${2:-$STACK_DB_URL} "$SLUICE" --state-dir state run read.yaml -q 2>err.txt
    code=$?
}
ids() { # OPTIONS: order ids, in the order in which they came
    read_with "fields: [order_id], $1"
    sed 1d out.csv 2>/dev/null | tr '\n' ' '
    cat err.txt
}

for url in "$STACK_DB_URL" "$STACK_POOLER_URL"; do
    read_with 'limit: 2' "$url"
    check "every column is a field" "$code $(sed -n 1p out.csv)" \
        "0 $(sql "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0")"
    read_with 'fields: [order_id, credits, order_date, imei2, created_at]' "$url"
    check "money, times in UTC, null and empty" "$(sed 1d out.csv)" '9001,0.08,2026-11-20 10:00:00,,2026-11-20 10:00:05
9002,0.08,2026-11-21 10:00:00,,2026-11-21 10:00:05
9003,12.5,,,2026-11-22 10:00:00
9004,100,2026-11-22 11:00:00,,2026-11-22 11:00:05'
done
check "status, in any letter case" "$(ids 'status: pEnDiNg')" '9002 9004 '
check "two of them" "$(ids 'status: [rejected, Completed]')" '9001 9003 '
check "one IMEI" "$(ids 'imei: "001001001234563"')" '9001 9004 '
check "several" "$(ids 'imei: ["004900000000015", "004400000000016"]')" '9002 9003 '
check "order ids" "$(ids 'order_id: ["9003", "none", "9001"]')" '9001 9003 '
check "since a date; where there is none, since it was stored" "$(ids 'since: "2026-11-22"')" '9003 9004 '
check "since a time" "$(ids 'since: "2026-11-22 10:30:00"')" '9004 '
check "since a time in the other form" "$(ids 'since: "2026-11-21T10:00:00Z"')" '9002 9003 9004 '
check "service by its id" "$(ids 'service: "1800"')" '9003 9004 '
check "service by its name, in any letter case" "$(ids 'service: [apple carrier check]')" '9001 9002 '
check "and with letters that aren't ASCII" "$(ids 'service: [unlock générique]')" '9003 9004 '
check "text" "$(ids 'text: t-mobile')" '9001 '
check "a text is no pattern" "$(ids 'text: "100%"')$(ids 'text: "1_0"')" '9004 '
check "a text with a quote and a backslash" "$(ids "text: 'a \"note\"'")$(ids "text: 'x\\'''")" '9004 '
check "the newest first" "$(ids 'order: newest')" '9004 9003 9002 9001 '
check "at most so many" "$(ids 'limit: 3')" '9001 9002 9003 '
check "until a time, which isn't part of it" "$(ids 'until: "2026-11-22"')$(ids 'until: "2026-11-21 10:00:00"')" '9001 9002 9001 '
read_with 'fields: [order_id], keyed: true, order: newest, limit: 2'
key=$(sed -n 3p out.csv | cut -d, -f2)
check "the page behind a key" "$(sed -n '1p;3p' out.csv | tr '\n' ' ')$(ids "order: newest, limit: 1, after: \"$key\"")$(ids "after: \"$key\"")" "order_id,_key 9003,$key 9002 9004 "
check "at most so many of the newest" "$(ids 'order: newest, limit: 1')" '9004 '
check "all at once" "$(ids 'status: pending, imei: "001001001234563", service: "1800", since: "2026-11-22", text: note, order: newest, limit: 5')" '9004 '
check "a value with a quote is a value" "$(ids "status: \"x'); DROP TABLE orders; --\"")$(sql 'SELECT count(*) FROM orders')" 4
read_with 'since: yesterday'
check "no date" "$code $(grep -c "'yesterday' is not a date" err.txt)" '78 1'
read_with 'fields: [order_id, colour]'
check "no such column" "$code $(grep -c "option 'fields': table .* has no column 'colour'" err.txt)" '78 1'
read_with 'fields: [order_id, order_id]'
check "a column twice" "$code $(grep -c "'order_id' is there twice" err.txt)" '78 1'

# --- other tables ---
sql "CREATE TABLE old (order_id text UNIQUE, imei text, status text, order_date timestamptz);
    INSERT INTO old SELECT i::text, '00' || i, 'Pending' FROM generate_series(8, 12) AS i;
    CREATE TABLE named (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), imei text); INSERT INTO named(imei) SELECT i::text FROM generate_series(1, 20000) AS i" >/dev/null
read_with 'table: old, fields: [order_id, provider, imei]'
check "a column that an older table lacks is null" "$code $(sed 1d out.csv | tr '\n' ' ')" '0 10,,0010 11,,0011 12,,0012 8,,008 9,,009 '
read_with 'table: old, service: "1"'
check "a condition on what it lacks" "$code $(grep -c "has no column 'service_id'" err.txt)" '78 1'
read_with 'table: public.named, fields: [imei]'
check "read by a uuid, in pages, each row once" "$code $(sed 1d out.csv | sort -u | wc -l | tr -d ' ')" '0 20000'

# --- many ---
many=${SLUICE_TEST_IMEIS:-30000}
sql "TRUNCATE orders; INSERT INTO orders(order_id, imei, status) SELECT 'm' || i, lpad(i::text, 15, '0'), 'Completed' FROM generate_series(1, $many) AS i" >/dev/null
read_with 'fields: [order_id, imei]'
check "every row once, in order" "$code $(sed 1d out.csv | cut -d, -f2 | sort -c 2>&1)$(sed 1d out.csv | sort -u | wc -l | tr -d ' ')" "0 $many"
read_with 'fields: [order_id, imei], order: newest'
check "every row once, the other way" "$code $(sed 1d out.csv | cut -d, -f2 | sort -cr 2>&1)$(sed 1d out.csv | sort -u | wc -l | tr -d ' ')" "0 $many"
{ printf 'name: read\nsource:\n  supabase:\n    fields: [imei]\n    imei:\n'
  awk -v n="$many" 'BEGIN { for (i = n; i > 0; i -= 2) printf "      - \"%015d\"\n", i }'
  printf 'sinks:\n  - csv: {path: out.csv}\n'; } >read.yaml
SUPABASE_DB_URL=$STACK_DB_URL "$SLUICE" --state-dir state run read.yaml -q 2>err.txt
check "half of them asked for by IMEI" "$?$(cat err.txt) $(sed 1d out.csv | wc -l | tr -d ' ')" "0 $((many / 2))"
sql "ALTER ROLE postgres SET statement_timeout = '20ms'" >/dev/null
read_with 'fields: [order_id], text: m'
check "what takes too long is asked for in smaller pages" "$code$(cat err.txt) $(sed 1d out.csv | sort -u | wc -l | tr -d ' ')" "0 $many"
plan
