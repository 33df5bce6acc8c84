#!/bin/sh
# What `sluice orders` finds in a file, it finds in Postgres: the same checks, the same output.
store=db
. "$(dirname "$0")/../run/test_orders.sh"
