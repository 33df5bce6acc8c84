#!/bin/sh
# The tests of the ledger's rules, on Postgres: the same binaries that test them on SQLite.
. "$(dirname "$0")/lib.sh"
start_stack db
sql 'ALTER DATABASE postgres SET search_path = sluice, public' >/dev/null
# What the tests' own questions use of SQLite's words.
sql 'CREATE DOMAIN public.blob AS bytea' >/dev/null
sql "CREATE FUNCTION public.ifnull(anycompatible, anycompatible) RETURNS anycompatible LANGUAGE sql AS 'SELECT coalesce(\$1, \$2)'" >/dev/null
export TEST_LEDGER_URI="$STACK_DB_URL"
run_tests() { # HOW
    for test in "$LEDGER_TESTS"/test_ledger_*; do
        name=${test##*/test_}
        # Two are about SQLite's file, two need no server.
        case $name in *.p | ledger_db | ledger_schema | ledger_remote | ledger_ahead_list) continue ;; esac
        CMOCKA_MESSAGE_OUTPUT=STDOUT "$test" >"$name.txt" 2>&1
        check "$name, $1" "$? $(grep -o 'PASSED.*' "$name.txt" | sed 's/.*] //')$(grep FAILED "$name.txt" | head -3)" "0 $(grep -o 'PASSED.*' "$name.txt" | sed 's/.*] //')"
    done
}
run_tests "each question by itself"
sql "ALTER DATABASE postgres SET bytea_output = 'escape'" >/dev/null # keys and records must not care
TEST_LEDGER_AHEAD=1 run_tests "all of them beforehand"
check "nobody else may look into it" "$(psql -XqAt "$(printf %s "$STACK_DB_URL" | sed 's/postgres:/authenticator:/')" -c 'SET ROLE service_role' -c 'SELECT 1 FROM sluice.orders' 2>&1 | grep -c 'permission denied for schema sluice')" 1
plan
