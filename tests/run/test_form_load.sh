#!/bin/sh
# Many clients of the form at once, some of whom send the same again: each order is charged once, all of them are
# stored, and memory doesn't grow with the requests.
. "$(dirname "$0")/lib.sh"
. "$here/form.sh"
: "${HTTP_LOAD:?names the program that plays the clients}"
orders=${ORDERS:-1000} pages=${PAGES:-1500}

memory() { awk '/^VmRSS/ { print $2 }' "/proc/$serve_pid/status"; } # KiB
cookie() { awk -F'\t' '/sluice_/ { print $6 "=" $7 }' jar; }

start_sandbox --fault charge-always
form_yaml "password: $password, token: $token"
begin_serve web.yaml sync.yaml
log_in
address=${form#http://}

"$HTTP_LOAD" page "$address" 4 "$pages" / "$(cookie)" >pages.txt &
pages_pid=$!
set -- $("$HTTP_LOAD" orders "$address" 50 "$orders" 5 "$token")
wait "$pages_pid"
check "every order is acknowledged" "$4 $5" "$orders 0"
echo "# $1 orders/s, p99 $3 us; pages meanwhile: $(cut -d' ' -f1,3 pages.txt) (a second, p99 us)"
check "every page is served" "$(cut -d' ' -f4,5 pages.txt)" "$pages 0"
all_done() { api /api/status | grep -q '"waiting":"0"'; }
until_true all_done
check "each has come to its end" "$(api /api/status | grep -o '"waiting":"[0-9]*"')" '"waiting":"0"'
check_most "none is charged twice" "$(books most_charges)" 1
end_serve
check "all that was charged is stored" "$(stored)" "$(books charged)"
# of 100 in a row 5 come again, but for the first ones
distinct=$(awk -v n="$orders" 'BEGIN { for (i = 0; i < n; i++) seen[i > 10 && i * 37 % 100 < 5 ? i - 10 : i]; print length(seen) }')
check "and that is each of them" "$(stored)" "$distinct"

# --- memory ---
begin_serve web.yaml sync.yaml
address=${form#http://}
: >jar
log_in
"$HTTP_LOAD" page "$address" 30 "$pages" /orders "$(cookie)" >/dev/null
before=$(memory)
"$HTTP_LOAD" page "$address" 30 $((4 * pages)) /orders "$(cookie)" >more.txt
check "pages are served on and on" "$(cut -d' ' -f4,5 more.txt)" "$((4 * pages)) 0"
echo "# $(cut -d' ' -f1 more.txt) pages/s; memory $before KiB, then $(memory) KiB"
if [ -z "${ASAN_OPTIONS:-}${TSAN_OPTIONS:-}" ]; then
    check_most "memory doesn't grow with them, in KiB" $(($(memory) - before)) 4096
fi
end_serve
check "it ends when it is told to" "$code" 0
plan
