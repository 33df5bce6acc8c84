#!/bin/sh
# How often unfinished orders are asked about: the older, the more seldom; --now asks about all.
. "$(dirname "$0")/lib.sh"
csv 250 >imeis.csv
pipeline "list: 100"
cat >sync.yaml <<'END'
name: sync
source:
  sqlite: {path: orders.db, status: [Pending, In Process]}
actions:
  - gsm_fusion.check: {}
sinks:
  - sqlite: {path: orders.db}
END
sync() { # flags: one run of sync.yaml; the sums, and whether the provider was $asked at all
    before=$(books requests)
    "$SLUICE" --state-dir "$home/state" run sync.yaml --json "$@" >out.json 2>err.txt
    code=$?
    asked=$([ "$(books requests)" -gt "$before" ] && echo asked || echo silent)
    summary=$(grep '"type":"summary"' out.json | tail -1)
}
start_sandbox --option complete_after=1h
run
check "placed" "$(stored)" 250
sync
check "new orders: asked about" "$code $asked $(sum passed) $(sum skipped)" "0 asked 250 0"
sync
check "new orders: and again at once" "$code $asked $(sum passed) $(sum skipped)" "0 asked 250 0"
sqlite3 orders.db "update orders set order_date = '2020-01-01 00:00:00' where rowid % 5 > 0"
sync
check "old orders: left alone after they were asked about" "$code $asked $(sum passed) $(sum skipped) $(sums_hold)" "0 asked 50 200 yes"
check_match "old orders: it is said, with what asks about all" "$(cat err.txt)" '200 orders were asked about not long ago.*--now'
check "old orders: no row is called not attempted" "$(grep -c 'not attempted' err.txt)" 0
sqlite3 orders.db "update orders set order_date = '2020-01-01 00:00:00'"
sync
check "only old orders: no call" "$code $asked $(sum passed) $(sum skipped)" "0 silent 0 250"
sync --now
check "--now: asked about" "$code $asked $(sum passed) $(sum skipped)" "0 asked 250 0"
sqlite3 state/checks.db "update checks set last_ms = last_ms - 7*3600000"
sync
check "old orders: asked about after six hours" "$code $asked $(sum passed) $(sum skipped)" "0 asked 250 0"
check "the file is private" "$(stat -c %a state/checks.db)" 600
echo garbage >state/checks.db
rm -f state/checks.db-*
sync
check "a damaged file: every order is asked about" "$code $asked $(sum passed)" "0 asked 250"
check_match "a damaged file: said" "$(cat err.txt)" 'checks.db is damaged; it is begun anew'
stop_sandbox
plan
