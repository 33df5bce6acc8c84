#!/bin/sh
# Each part that is written during a run dies in turn, in each way: the ledger, the store, a file; no space, an
# I/O error, a disk that became read-only, the file or its directory gone. The exit code and the message say
# it, and when all is well again nothing is lost and nobody was charged twice.
. "$(dirname "$0")/lib.sh"
. "$here/sick.sh"
rows=${ROWS:-200}
flight=8
start_sandbox --fault charge-always --latency 2ms
in_background() { "$SLUICE" --state-dir state run place.yaml --yes --json >out.json 2>err.txt & pid=$!; }
wait_for_charges() { while [ "$(books charged)" -lt "$1" ]; do kill -0 "$pid" 2>/dev/null || return; done; }
set_up() {
    rm -rf state work; mkdir work
    csv "$rows" >imeis.csv
    pipeline "limits: {concurrency: $flight}"
    sed -i 's|orders.db|work/orders.db|; s/^sinks:/sinks:\n  - csv: {path: work\/out.csv}/' place.yaml
}
stored() { sqlite3 work/orders.db "select count(*) from orders"; }
written() { sed 1d work/out.csv | wc -l; }
healed() { # WHAT CHARGED-BEFORE: run it again, all is well
    run
    if [ "$(ledger_count in_doubt)" -eq 0 ]; then wanted=0; else wanted=11; fi
    placed=$(ledger_count placed)
    check "$1: again: $wanted, every paid order in both sinks, nobody charged twice" \
        "$code $(stored) $(written) $(cut -d, -f3 work/out.csv | sort | uniq -d | wc -l) $(books most_charges)" \
        "$wanted $placed $placed 0 1"
    check "$1: every row is placed or in doubt" $((placed + $(ledger_count in_doubt))) "$rows"
    check "$1: what was charged is placed or in doubt" \
        "$(($(books charged) - $2 - placed <= $(ledger_count in_doubt)))" 1
}
fresh_sandbox() { stop_sandbox; start_sandbox --fault charge-always --latency "${1:-2ms}"; }

# --- the disk under one of them fails, early and late, when it writes and when it syncs ---
die_by_disk() { # FILE ERRNO OPERATIONS AFTER
    what="$1, errno $2 at $3 $4"
    fresh_sandbox
    set_up
    sqlite3 work/orders.db 'create table other (a)'
    SICK_OPS=$3 sick_run "$1" "$2" "$4"
    check "$what: 74" "$code" 74
    check_match "$what: names the file, and why" "$(cat err.txt)" \
        "$1.*(full|No space left|[Ii]nput/output|I/O|read-only|Read-only)"
    if [ "$(sum read)" = 0 ]; then
        check "$what: before the run began, nothing was sent" "$(books charged)" 0
    else
        check "$what: the sums hold" "$(sums_hold)" yes
        [ "$1" = ledger.db ] || check "$what: the rest is ordered all the same" "$(sum placed)" "$rows"
    fi
    healed "$what" 0
}
for errno in 28 5 30; do
    for when in "write 9" "write 40" "write 70" "sync 6"; do
        die_by_disk ledger.db $errno ${when% *} ${when#* }
    done
    for when in "write 9" "write 60" "sync 5"; do
        die_by_disk orders.db $errno ${when% *} ${when#* }
    done
    for when in "write 0" "write 2" "write 3" "sync 1"; do
        die_by_disk out.csv $errno ${when% *} ${when#* }
    done
done

# --- dead from the start, what is rejected as well: nothing is sent ---
set_up_rejects() { # with two rows that are wrong
    set_up
    csv "$rows" $((rows / 2)) >imeis.csv
    sed -i 's|path: rejected.csv|path: work/rejected.csv|' place.yaml
}
turned_away() { sed 1d work/rejected.csv | wc -l; }
all_is_well() { # WHAT REJECTED
    run
    check "$1: again: every order paid once and in both sinks, what is wrong is said" \
        "$code $(stored) $(written) $(books charged) $(books most_charges) $(turned_away)" \
        "10 $((rows - 2)) $((rows - 2)) $((rows - 2)) 1 $2"
}
for at_start in "orders.db 28 0" "orders.db 5 0" "orders.db 30 2" "out.csv 28 0" "out.csv 5 0" "out.csv 30 0" \
    "rejected.csv 28 0" "rejected.csv 5 0" "rejected.csv 30 0"; do
    fresh_sandbox
    set_up_rejects
    # shellcheck disable=SC2086
    sick_run $at_start
    check "$at_start: 74 before anything is sent" "$code $(books charged)" "74 0"
    check_match "$at_start: names it, and why" "$(cat err.txt)" \
        "work/${at_start%% *}.*(full|No space left|[Ii]nput/output|[Rr]ead-only)"
    all_is_well "$at_start" 2
done
# --- what keeps the rejected ones dies later: they go to the state directory, and the run says where ---
for errno in 28 5 30; do
    fresh_sandbox
    set_up_rejects
    sick_run rejected.csv $errno $((errno == 30 ? 4 : 2))
    check "rejected.csv, errno $errno: 74, the rest is ordered, the sums hold" "$code $(sum placed) $(sums_hold)" "74 $((rows - 2)) yes"
    check_match "rejected.csv, errno $errno: says where they are" "$(cat err.txt)" "rejected.csv.* are in .*state/rejects/"
    check "rejected.csv, errno $errno: there they are" "$(cat state/rejects/* | sed 1d | wc -l)" 2
    all_is_well "rejected.csv, errno $errno" 2
done

# A run that takes a second or two: it is still under way when the file goes, however busy the machine is.
# --- the file, or its directory, is removed ---
for gone in work/orders.db work/out.csv work; do
    fresh_sandbox 60ms
    set_up
    in_background
    wait_for_charges 30
    rm -rf "$gone"
    wait "$pid"; code=$?; summary=$(grep '"type":"summary"' out.json | tail -1)
    check "$gone removed: 74, everything is ordered, the sums hold" "$code $(sum placed) $(sums_hold)" "74 $rows yes"
    check_match "$gone removed: names it" "$(cat err.txt)" "$gone.* was moved, replaced or deleted"
    mkdir -p work
    # What had been confirmed to the ledger before is gone with the file; what came later isn't.
    before=$(sqlite3 state/ledger.db 'select count(*) from outbox')
    run
    check "$gone removed: again: 0, what came since is delivered, nothing is bought" "$code $(sum placed) $(books charged) $(books most_charges)" "0 0 $rows 1"
    case $gone in *out.csv) got=$(written) ;; *) got=$(stored) ;; esac
    check_most "$gone removed: what wasn't delivered" $((before - got)) 0
done
for gone in ledger.db ""; do
    fresh_sandbox 60ms
    set_up
    in_background
    wait_for_charges 30
    mv state/$gone moved
    wait "$pid"; code=$?; summary=$(grep '"type":"summary"' out.json | tail -1)
    check "state/$gone removed: 74, the sums hold" "$code $(sums_hold)" "74 yes"
    check_match "state/$gone removed: names it" "$(cat err.txt)" "state/ledger.db.* (moved, replaced or deleted|can't be)"
    check "state/$gone removed: what was charged is stored" "$(books charged) $(stored)" "$(sum placed) $(sum placed)"
    rm -rf state/$gone; mv moved state/$gone
    healed "state/$gone back" 0
done
stop_sandbox

# --- no place for temporary files: a write to the store needs none ---
start_sandbox --fault charge-always
set_up
csv 3000 0 20001 >imeis.csv
SQLITE_TMPDIR=/proc
export SQLITE_TMPDIR
run
unset SQLITE_TMPDIR
check "no temporary files: every order is stored" "$code $(sum placed) $(stored)" "0 3000 3000"
stop_sandbox

plan
