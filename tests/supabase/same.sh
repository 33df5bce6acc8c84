#!/bin/sh
# A script of tests/run on a Supabase project: the same checks, on another store.
#     same.sh db|pooler|rest|old_db|old_rest SCRIPT
store=$1
case $2 in # what is large enough to show whether it is right is enough here; run's own scripts go further
place) : "${ROWS:=2000}" ;;
check) : "${ROWS:=500}" ;;
life) : "${ROWS:=150}" ;;
export) : "${SLUICE_TEST_ORDERS:=20000}" ;;
esac
. "$(dirname "$0")/../run/test_$2.sh"
