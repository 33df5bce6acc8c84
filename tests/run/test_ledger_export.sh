#!/bin/sh
# The ledger in the hands of others: all of it as CSV and JSON, and lists that stream, however long.
. "$(dirname "$0")/lib.sh"
ledger() { "$SLUICE" --state-dir state ledger "$@"; }
start_sandbox --fault charge-always
csv 30 >imeis.csv
pipeline
run
stop_sandbox

# --- CSV ---
ledger export >all.csv
check "CSV: 0" "$?" 0
check "CSV: as many fields in each record as names" "$(python3 - <<'END'
import csv
rows = list(csv.DictReader(open("all.csv", newline="")))
print(len(rows), all(None not in row and None not in row.values() for row in rows),
      {row["state"] for row in rows}, {row["price"] for row in rows}, {row["currency"] for row in rows},
      len({row["order_id"] for row in rows}), {len(row["key"]) for row in rows}, {len(row["day"]) for row in rows})
END
)" "30 True {'placed'} {'0.08'} {'USD'} 30 {32} {10}"
sqlite3 state/ledger.db "update orders set reason = 'a \"quoted\", one' || char(10) || 'of two lines', state = 6 where id = 3"
check "CSV: quotes, commas and lines stay in their cell" \
    "$(ledger export --state rejected | python3 -c 'import csv, sys; print([r["reason"] for r in csv.DictReader(sys.stdin)])')" \
    "['a \"quoted\", one\\nof two lines']"
imei=$(sqlite3 state/ledger.db 'select identifier from orders where id = 5')
check "CSV: filters as in list" "$(ledger export --imei "$imei" | sed 1d | wc -l) $(ledger export --limit 7 | sed 1d | wc -l) $(ledger export --state in_doubt | wc -l)" "1 7 1"

# --- JSON ---
check "JSON: all orders, each with its events" "$(ledger export --format json | python3 -c '
import json, sys
orders = json.load(sys.stdin)["orders"]
print(len(orders), {tuple(e["to"] for e in o["events"]) for o in orders if o["state"] == "placed"}, orders[0]["currency"])')" \
    "30 {('claimed', 'sending', 'placed')} USD"
check "JSON: none is a list of none" "$(ledger export --json --state in_doubt | tr -d '\n ')" '{"orders":[]}'
ledger export --format xml >/dev/null 2>err.txt
check_match "another format: 64" "$? $(cat err.txt)" '^64 .*there are csv and json'
ledger export here >/dev/null 2>err.txt
check "an operand: 64" $? 64
ledger export >/dev/full 2>err.txt
check "a full disk under the output: 74" $? 74

# --- the table ---
check_match "a price has its currency" "$(ledger list --limit 1)" ' 0\.08  USD   [0-9]+'
check_match "the newest order stands first, and so does its time" "$(ledger list | sed 1d | cut -c1-19 | sort -rc 2>&1 && echo sorted)" '^sorted$'
check_match "of a change on the same day the time is enough" "$(ledger list --limit 1 | tail -1)" '^20[0-9-]{8} [0-9:]{8}  [0-9:]{8}    placed'
check "a pipe gets rows only" "$(ledger list | wc -l)" 31
python3 - "$SLUICE" >terminal.txt <<'END'
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "--state-dir", "state", "ledger", "list"])
try:
    while chunk := os.read(terminal, 65536):
        sys.stdout.write(chunk.decode().replace("\r", ""))
except OSError:
    pass
os.waitpid(pid, 0)
END
check "a terminal gets the sum below them" "$(tail -1 terminal.txt)" "30 orders: 29 placed, 1 rejected; 2.32 USD"

# --- many orders: it streams ---
sqlite3 state/ledger.db "
  create temp table n (i integer primary key);
  with recursive c (i) as (values (1) union all select i + 1 from c where i < ${ROWS:-50000}) insert into n select i from c;
  insert into orders select 1000 + i, randomblob(16), 0, 3, 1, i, 1, 3, 1, 20000, 80000, 1700000000000 + i, 1700000000000 + i,
    1700000000000 + i, i, '1739', printf('%015d', i), null, 'USD', 'many-' || i, null, null from n"
peak() { /usr/bin/time -f %M -o peak.txt "$SLUICE" --state-dir state ledger "$@" >out.txt; cat peak.txt; }
ldd "$SLUICE" | grep -Eq 'lib(a|t)san' && sanitized=yes || sanitized=no
few=$(peak list --limit 10)
for how in "list" "list --json" "export" "export --format json" "list --since 2000-01-01" "list --state placed"; do
    # shellcheck disable=SC2086
    most=$(peak $how)
    check_most "$how: all are there" "$((${ROWS:-50000} - $(grep -c many- out.txt)))" 0
    [ "$sanitized" = yes ] || # which keeps what is freed
        check_most "$how: memory stays flat (KiB more than for ten orders)" $((most - few)) 4096
done

# Whoever reads may have seen enough: no complaint, as with any other tool.
for how in "list" "list --json" "export" "export --json"; do
    # shellcheck disable=SC2086
    { ledger $how 2>err.txt; echo "$?" >code.txt; } | head -1 >/dev/null
    check "$how, to a reader that leaves: killed by the pipe, nothing said" "$(cat code.txt)$(cat err.txt)" 141
done
plan
