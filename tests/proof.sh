#!/usr/bin/env bash
# The proof of "pay once, lose nothing": the fault table, a kill at every crash point, kills at random, a lost
# state directory, at sizes that the test suites don't have the time for. Writes docs/proof.md from what it saw;
# the exit code is 1 when anything was charged twice or lost. Takes about an hour.
#
#     ORDERS="2000 20000"   sizes of the fault table        ROWS=20000    orders in each run that is killed (2000 or more)
#     RUNS=10               runs at most for one fault      KILLS=200     kills at random times
#     WORK=DIR              keeps each part there; those that it has aren't run again
set -euo pipefail
cd "$(dirname "$0")/.."
read -ra sizes <<<"${ORDERS:-2000 20000}"
export ROWS=${ROWS:-20000} KILLS=${KILLS:-200} RUNS=${RUNS:-10} WHENS=${WHENS:-first every:20 all}
flight=10 timeout=600ms # of the fault table; where thousands of answers never come:
big=10000 big_flight=100 big_timeout=1s
many=100000  # orders that a provider lists
latency=20ms # of the provider, for kills at random
build=$PWD/build
export SLUICE=$build/sluice SLUICE_CRASHING=$build/tests/fault/sluice-crashing SLUICE_UNSYNCED=$build/tests/fault/unsynced.so
export SLUICE_PLUGIN_PATH=$build/plugins
if [ -n "${WORK:-}" ]; then
    mkdir -p "$WORK"
    work=$(cd "$WORK" && pwd)
else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
failed=0

# One test at its size: its TAP goes to the terminal and is kept, what fails is remembered.
prove() { # NAME TEST
    local begun=$SECONDS
    echo "== $1"
    if [ ! -f "$work/$1.seconds" ]; then
        rm -f "$work/$1.md"
        TABLE="$work/$1.md" "tests/run/test_$2.sh" 2>"$work/$1.err" | tee "$work/$1.tap" | grep -vE '^(ok|1\.\.)' || true
        echo $((SECONDS - begun)) >"$work/$1.seconds"
    fi
    echo "   $(grep -c '^ok' "$work/$1.tap") passed, $(grep -c '^not ok' "$work/$1.tap" || true) failed in $(<"$work/$1.seconds") s"
    if grep -q '^not ok' "$work/$1.tap" || ! grep -q '^1\.\.' "$work/$1.tap"; then failed=1; fi
}
result() { # NAME
    echo "$(grep -c '^ok' "$work/$1.tap") checks passed, $(grep -c '^not ok' "$work/$1.tap" || true) failed, in $(<"$work/$1.seconds") s."
}

fault_table() { # SIZE
    cat <<TABLE

### $1 orders

$(result "faults-$1")

| fault | at | struck | runs | exit | stored | in doubt | rejected | left | charged | most for one | lost | seconds |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
$(<"$work/faults-$1.md")
TABLE
}

# The same at other providers, in the smallest size.
others=(dhru http sickw)
declare -A described=(
    [dhru]="Dhru Fusion, which lists no orders: what is in doubt stays there until a person settles it"
    [http]="a JSON API that the pipeline describes (\`http\`), which lists its orders"
    [sickw]="one whose orders are GET requests, and which lists none")
other_table() { # NAME
    cat <<TABLE

### ${described[$1]^}

$(result "faults-$1")

| fault | at | struck | runs | exit | stored | in doubt | rejected | left | charged | most for one | lost | seconds |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
$(<"$work/faults-$1.md")
TABLE
}

page() {
    cat <<PAGE
# The proof: pay once, lose nothing

What \`make proof\` saw on $(date -u +%F), with sluice $("$SLUICE" version | sed -n '1s/^sluice //p'), commit $(<"$work/commit"), on
$(nproc) cores ($(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1)), Linux $(uname -r). Seconds are elapsed ones, whatever else
the machine did. The page is written by \`tests/proof.sh\`; nothing in it is written by hand.

The provider is the sandbox of GSM Fusion with \`--fault charge-always\`: it doesn't know duplicates, so every request that
arrives a second time is charged a second time, and shows in its books. *Lost* is what the provider charged and what is
neither in the store under the provider's order id nor in the ledger as in doubt, compared one by one.

## Faults

Each fault of \`sluice help sandbox\`, at the first request that it concerns, at each twentieth, at all of them. Where a run
stops (too many orders in doubt, no credit, credentials refused) the same command runs again, $RUNS times at most. *struck*
says how often the fault did; *exit* names each exit code once, in the order they came; *left* is what wasn't attempted;
*seconds* are those of all its runs. \`resent\` runs without \`charge-always\`: there it is the proxy that orders twice. The
faults of lists stand together with one that puts orders in doubt, which are looked for in the provider's list; \`taken\`
likewise. $flight calls are in flight, and one may take $timeout; with $big orders and more $big_flight and $big_timeout.
$(for size in "${sizes[@]}"; do fault_table "$size"; done)

## Other providers

The same with ${sizes[0]} orders at the other providers' sandboxes, of the faults that they know.
$(for other in "${others[@]}"; do other_table "$other"; done)

## A kill at every crash point

The program is killed (\`kill -9\`) in the middle of a run of $ROWS orders, at each point around what makes an order paid once
and never lost (\`crash_point\` in \`core/\`), when the first byte of a request has left, when all of it has, and between a write
and its sync. Then either nothing else happens (*kept*), or the power goes: everything that wasn't synced is *lost*, or
*half* of the writes are, in no order. The same command runs again to the end.

$(result crash)

| point | unsynced writes | bytes dropped | charged | stored | in doubt | most for one | lost |
|---|---|---|---|---|---|---|---|
$(<"$work/crash.md")

## Kills at random times

$KILLS times \`kill -9\`, each at a random time of a run on up to $ROWS orders, from a provider that takes $latency for each;
a sync of the disk takes 3 ms. After one of three nothing else happens; after one the power goes, and with it all that wasn't
synced; after one it takes half of that. $(result kill)

\`\`\`
$(grep '^# ' "$work/kill.tap" | cut -c 3-)
$(grep -E '^(not )?ok' "$work/kill.tap")
\`\`\`

## A lost state directory

The same command again, after $ROWS orders, and after $many. Where the ledger is gone, what the store has and what the
provider lists counts as ordered before anything is paid. $(result "lost-$ROWS") $(result "lost-$many")

| before it | orders | duplicate | placed | charged in all | exit | seconds | peak memory, MiB |
|---|---|---|---|---|---|---|---|
$(cat "$work/lost-$ROWS.md" "$work/lost-$many.md")
PAGE
}

[ -f "$build/build.ninja" ] || meson setup "$build" >/dev/null
ninja -C "$build" --quiet
[ -f "$work/commit" ] || git rev-parse --short HEAD >"$work/commit" 2>/dev/null || echo unknown >"$work/commit"
for size in "${sizes[@]}"; do
    if [ "$size" -ge $big ]; then flight=$big_flight timeout=$big_timeout; fi
    ORDERS=$size FLIGHT=$flight TIMEOUT=$timeout prove "faults-$size" faults
done
flight=10 timeout=600ms
for other in "${others[@]}"; do
    ORDERS=${sizes[0]} FLIGHT=$flight TIMEOUT=$timeout prove "faults-$other" "faults_$other"
done
prove crash crash
LATENCY=$latency prove kill kill
for rows in "$ROWS" $many; do ROWS=$rows prove "lost-$rows" lost_state; done
page >docs/proof.md
echo "== docs/proof.md"
exit $failed
