# lib.sh - what the whole-program tests share: a temporary home, a sandbox, and checks printed as TAP.
# Sourced by the test scripts. SLUICE is the program under test. Nothing is left behind.
set -u
: "${SLUICE:?names the program under test}"
here=$(cd "$(dirname "$0")" && pwd)
home=$(mktemp -d "${TMPDIR:-/tmp}/sluice-test.XXXXXX")
checks=0
sandbox_pid=
unset SUPABASE_URL SUPABASE_KEY SUPABASE_DB_URL
export XDG_STATE_HOME="$home/xdg" NO_COLOR=1
: "${provider:=gsm_fusion}" # whose sandbox it is, and what `pipeline` orders with
: "${placing:=$provider.place}" "${described:=}" # the action that orders, and what it needs besides a service
export GSM_FUSION_USERNAME=tester GSM_FUSION_API_KEY=sandbox-key GSM_FUSION_ACCOUNT=tester@sandbox
export DHRU_USERNAME=tester DHRU_API_KEY=sandbox-key DHRU_ACCOUNT=tester@sandbox
cd "$home" || exit 1

# What the programs said, told after a failure: who reads a report of another machine has nothing else.
tell_logs() {
    for log in "$home"/*.log "$home"/err.txt; do
        [ -s "$log" ] && sed -e "s|^|# ${log##*/}: |" "$log" | tail -40
    done
}
failed=
finish() {
    [ -z "$failed" ] || tell_logs
    [ -n "${KEEP:-}" ] && cp -r "$home" "$KEEP"
    stop_sandbox
    cd / && rm -rf "$home"
}
trap finish EXIT
trap 'exit 129' HUP INT TERM

# --- TAP ---
hear() { :; } # what a test looks at; before_plan is its last check. Suites may have their own.
before_plan() { :; }
check() { # NAME ACTUAL EXPECTED
    hear "$2"
    checks=$((checks + 1))
    if [ "$2" = "$3" ]; then
        echo "ok $checks - $1"
    else
        failed=1
        echo "not ok $checks - $1"
        printf '# got:  %s\n# want: %s\n' "$2" "$3" | head -20
    fi
}
check_match() { # NAME TEXT PATTERN
    hear "$2"
    checks=$((checks + 1))
    if printf '%s\n' "$2" | grep -Eq -- "$3"; then
        echo "ok $checks - $1"
    else
        failed=1
        echo "not ok $checks - $1"
        printf '%s\n' "$2" | sed 's/^/# /' | head -20
        printf '# want a match of: %s\n' "$3"
    fi
}
check_most() { # NAME NUMBER MOST
    checks=$((checks + 1))
    if [ "$2" -le "$3" ] 2>/dev/null; then
        echo "ok $checks - $1 ($2 <= $3)"
    else
        failed=1
        echo "not ok $checks - $1"
        printf '# got %s, at most %s\n' "$2" "$3"
    fi
}
plan() {
    before_plan
    echo "1..$checks"
}

# --- the sandbox ---
start_sandbox() { # flags of `sluice sandbox`
    mkfifo "$home/ready.$$" 2>/dev/null
    "$SLUICE" sandbox "$provider" --listen 127.0.0.1:0 "$@" >"$home/ready.$$" 2>"$home/sandbox.log" &
    sandbox_pid=$!
    IFS= read -r GSM_FUSION_BASE_URL <"$home/ready.$$"
    export GSM_FUSION_BASE_URL DHRU_BASE_URL="$GSM_FUSION_BASE_URL"
    rm -f "$home/ready.$$"
    [ -n "$GSM_FUSION_BASE_URL" ] || { echo "Bail out! the sandbox didn't start: $(cat "$home/sandbox.log")"; exit 1; }
}
stop_sandbox() {
    [ -n "$sandbox_pid" ] || return 0
    kill "$sandbox_pid" 2>/dev/null
    wait "$sandbox_pid" 2>/dev/null
    sandbox_pid=
}
books() { # KEY: a number of the sandbox's own books
    curl -sS "$GSM_FUSION_BASE_URL/_sandbox" | tr -d ' \n' | sed -n "s/.*\"$1\":\"\{0,1\}\([0-9.]*\).*/\1/p"
}

# --- pipelines and what they leave ---
# Where orders go. tests/supabase/same.sh sets another one, with functions of its own, and sources a script of these.
: "${store:=sqlite}"
store_file=orders.db
sink="sqlite: {path: orders.db}"
begin_store() { :; }
store_sql() { # STATEMENTS: their values, with | between
    sqlite3 -cmd '.timeout 20000' -separator '|' "$store_file" "$1"
}
drop_store() { rm -rf "$store_file"*; }
store_as_file() { :; } # as $store_file, for what reads nothing else
csv() { # N [BAD [FIRST]]: a CSV of IMEIs
    awk -v n="$1" -v bad="${2:-0}" -v first="${3:-1}" -f "$here/imeis.awk"
}
no_limit='spend: {max_run: 100000.00}'
settle= # a test that begins anew at the same provider sets it to none: else what is listed there counts as ordered
pipeline() { # [EXTRA-OF-PLACE [TOP-LEVEL]]: place.yaml, imeis.csv -> orders.db
    cat >place.yaml <<EOF
name: place
source:
  csv: {path: imeis.csv}
actions:
  - imei: {}
  - $placing: {service_id: "1739"${described:+, $described}${settle:+, settle: $settle}${1:+, $1}}
sinks:
  - $sink
on_reject:
  - csv: {path: rejected.csv}
${2:-$no_limit}
EOF
}
run() { # flags: one run of place.yaml; its JSON in out.json, messages in err.txt, the exit code in $code
    # shellcheck disable=SC2086
    ${preload:-} "$SLUICE" --state-dir "$home/state" run place.yaml --yes --json "$@" >out.json 2>err.txt
    code=$?
    summary=$(grep '"type":"summary"' out.json | tail -1)
}
sum() { # KEY: a number of the last summary
    printf '%s' "$summary" | sed -n "s/.*\"$1\":\"\{0,1\}\([0-9.]*\).*/\1/p"
}
sums_hold() {
    [ "$(sum read)" -eq $(($(sum placed) + $(sum duplicate) + $(sum rejected) + $(sum in_doubt) + $(sum failed) + $(sum skipped) + $(sum passed))) ] &&
        echo yes || echo "no: $summary"
}
stored() { store_sql "select count(*) from orders"; }
ledger_count() { # STATE
    "$SLUICE" --state-dir "$home/state" ledger list --state "$1" --json | grep -c '"state"'
}
