#!/bin/sh
# Files as the world has them, up to those that can't be read: nothing is paid before the last row is known.
. "$(dirname "$0")/lib.sh"
settle=none
start_sandbox --fault charge-always
pipeline
try() { # NAME EXIT PLACED: run on imeis.csv with fresh state
    rm -rf state orders.db* rejected.csv
    run
    check "$1: exit code and orders" "$code $(sum placed)" "$2 $3"
}
a=$(csv 2 | sed -n 's/,.*//;2p') b=$(csv 2 | sed -n 's/,.*//;3p')

printf 'IMEI\n%s\n%s\n' "$a" "$b" >imeis.csv;                          try "LF" 0 2
printf '\357\273\277imei no.;x\r\n%s;1\r\n%s;2\r\n' "$a" "$b" >imeis.csv; try "BOM, semicolons, CRLF" 0 2
printf 'x\tImei_Number\r1\t%s\r' "$a" >imeis.csv;                      try "tabs, CR" 0 1
printf '%s\n\n%s\n' "$a" "$b" >imeis.csv;                              try "a list without header, a blank line" 0 2
printf 'IMEI,note\n%s,caf\351\n' "$a" >imeis.csv;                      try "Windows-1252" 0 1
check "Windows-1252 in the store or dropped, never broken" "$(sqlite3 orders.db 'pragma integrity_check')" ok
printf 'IMEI,n\n%s,1\n' "$a" | iconv -t UTF-16LE | { printf '\377\376'; cat; } >imeis.csv; try "UTF-16 as Excel saves it" 0 1
printf "IMEI\n%s.0\n'%s\n" "$a" "$b" >imeis.csv;                       try "as spreadsheets leave them" 0 2
printf 'IMEI\n="%s"\n' "$a" >imeis.csv;                                try "Excel text formula" 0 1
printf 'IMEI\n%s\n%s\n' "$a" "$a" >imeis.csv;                          try "the same twice" 0 1
check "counted as a duplicate" "$(sum duplicate)" 1
printf 'IMEI\n3.53979E+14\n' >imeis.csv;                               try "lost digits" 10 0
check_match "refused with row and reason" "$(cat rejected.csv)" '3\.53979E\+14,2,.*digits'
: >imeis.csv;                                                          try "an empty file" 0 0
check "0 read" "$(sum read)" 0

before=$(books charged)
printf 'IMEI,note\n%s,"open\n%s,x\n' "$a" "$b" >imeis.csv
rm -rf state orders.db*
run
check "an unclosed quote: 65" "$code" 65
check_match "with the row where it opened" "$(cat err.txt)" 'imeis.csv.*row 2|imeis.csv:2'
check "before anything was paid" "$(books charged)" "$before"

rm imeis.csv; run
check "missing: 66" "$code" 66
check "one line" "$(wc -l <err.txt | tr -d ' ')" 1
mkdir imeis.csv; run
check "a directory: 66" "$code" 66
rmdir imeis.csv
if [ "$(id -u)" != 0 ]; then
    csv 1 >imeis.csv; chmod 0 imeis.csv; run
    check "no permission: 66" "$code" 66
    rm -f imeis.csv
fi

# stdin
sed 's/imeis.csv/"-"/' place.yaml >stdin.yaml
rm -rf state orders.db*
csv 50 | "$SLUICE" --state-dir state run stdin.yaml --yes --json >out.json 2>err.txt
check "standard input: exit code" "$?" 0
check "standard input: stored" "$(stored)" 50

# Nobody to ask, and no --yes.
csv 3 >imeis.csv
rm -rf state orders.db*
"$SLUICE" --state-dir state run place.yaml >out.json 2>err.txt </dev/null
check "without --yes and without a terminal: 64" "$?" 64
check_match "says the cost" "$(cat err.txt)" '3 orders at 0\.08 = 0\.24'
plan
