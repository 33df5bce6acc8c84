#!/bin/sh
# Files whose columns come from the records: no paid order loses a field, and nothing is paid that the file
# then refuses.
. "$(dirname "$0")/lib.sh"

to_csv() { # place.yaml, but the orders go to out.csv
    pipeline
    sed -i 's/  - sqlite: {path: orders.db}/  - csv: {path: out.csv}/' place.yaml
}
column() { # NAME: of out.csv, each cell on a line
    mlr --icsv --onidx cut -o -f "$1" out.csv
}

start_sandbox
pipeline

# --- a ledger that was lost: what the provider lists is the first that reaches a new file ---
csv 2 >imeis.csv
run
check "two orders, of a ledger that will be lost" "$code $(sum placed)" "0 2"
rm -rf state orders.db
to_csv
csv 5 | awk -F, 'NR == 1 { print "imei,colour" } NR > 1 { print $1 ",red" }' >imeis.csv
run
check "the others are placed" "$code $(sum placed) $(sum settled)" "0 3 2"
check "each order is in the file" "$(column imei | sort -u | wc -l)" 5
check "and has all of its fields" "$(column colour | grep -c red)" 3
check "the id of each, too" "$(column order_id | sort -u | wc -l)" 5

# --- other columns than those of the file: that is said before anything is paid ---
charged=$(books charged)
csv 6 | awk -F, 'NR == 1 { print "imei,size" } NR > 1 { print $1 ",large" }' >imeis.csv
run
check "a file with other columns is refused" "$code" 78
check_match "by its name and columns" "$(cat err.txt)" 'out.csv: its columns are imei,colour,.* those to append are imei,size,.*write to another file'
check "before anything is paid" "$(books charged)" "$charged"
mv out.csv old.csv
run
check "another file takes them" "$code $(sum placed) $(column size)" "0 1 large"
plan
