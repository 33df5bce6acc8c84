# push.sh - what the tests of push sources share: a service with a letterbox. Sourced by the test scripts.
. "$(dirname "$0")/lib.sh"
: "${SLUICE_TEST_FIXTURES:?names the folder of plugins for tests}"
serve_pid=
trap 'kill -9 $serve_pid 2>/dev/null; finish' EXIT

start_serve() { # sluice serve; ready when it says so
    "${program:-$SLUICE}" --plugin-dir "$SLUICE_TEST_FIXTURES" --state-dir "$home/state" serve --listen 127.0.0.1:0 letterbox.yaml >serve.out 2>>serve.log &
    serve_pid=$!
}
stop_serve() {
    kill "$serve_pid"; wait "$serve_pid"; code=$?
    serve_pid=
}
until_true() { # a command: wait until it succeeds, for five minutes at most
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 6000 ] || return 1
        sleep 0.05
    done
}
answered() { grep -q -- "$1" answers.txt; }
send() { echo "$*" >box; }
outcomes() { # JOB STATE: how many rows have become that
    grep -c "^outcome $1 [0-9]* $2 " answers.txt
}
have() { [ "$(outcomes "$1" "$2")" -ge "$3" ]; }
imeis() { # FIRST N: on one line
    csv "$2" 0 "$1" | sed 1d | cut -d, -f1 | tr '\n' ' '
}
