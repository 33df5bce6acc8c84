#!/bin/sh
# The fault table at a provider that lists no orders: nothing but a person tells what became of one in doubt.
provider=dhru
. "$(dirname "$0")/test_faults.sh"
