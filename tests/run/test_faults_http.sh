#!/bin/sh
# The fault table at a provider that no C was written for: a JSON API that the pipeline describes.
provider=http
. "$(dirname "$0")/described.sh"
describe_imeicheck
. "$(dirname "$0")/test_faults.sh"
