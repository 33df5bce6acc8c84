# sick.sh - a disk that falls ill under one file (sick_disk.c). Sourced behind lib.sh.
: "${SICK_DISK:?names the library that makes a disk fail}"
sick_run() { # FILE ERRNO AFTER: a run of place.yaml whose operations on FILE fail after so many
    SICK_FILE=$1 SICK_ERRNO=$2 SICK_AFTER=$3 LD_PRELOAD="$SICK_DISK" \
        ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" \
        "$SLUICE" --state-dir "$home/state" run place.yaml --yes --json >out.json 2>err.txt
    code=$?
    summary=$(grep '"type":"summary"' out.json | tail -1)
}
