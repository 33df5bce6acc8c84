#!/bin/sh
# run.sh TEST.mjs: with Node.js, which has to be there.
command -v node >/dev/null || { echo "Bail out! there is no Node.js; .ci/deps test installs it"; exit 1; }
exec node "$1"
