#!/bin/sh
# The same at one whose orders are GET requests, and which lists none.
provider=http
api=sickw
. "$(dirname "$0")/described.sh"
describe_sickw
. "$(dirname "$0")/test_faults.sh"
