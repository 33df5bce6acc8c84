#!/bin/sh
# What `sluice orders` finds in a file, it finds over REST: the same checks, the same output.
store=rest
. "$(dirname "$0")/../run/test_orders.sh"
