#!/bin/sh
# Orders leave the store as files: whole or not at all, in the provider's own form, and back again.
. "$(dirname "$0")/lib.sh"
unset GSM_FUSION_ACCOUNT
root=$(cd "$here/../.." && pwd)

sluice() {
    "$SLUICE" --state-dir "$home/state" -q "$@" 2>>err.txt
}
pipe() { # NAME SOURCE SINK: NAME.yaml
    printf 'name: %s\nsource:\n  %s\nsinks:\n  - %s\n' "$1" "$2" "$3" >"$1.yaml"
}

begin_store

# --- the provider's form ---
cat >orders.csv <<'CSV'
order_id,service_name,imei,imei2,credits,status,carrier,order_date,result_code,result_code_display,notes
1,Carrier Check,001001001234563,004400000000016,0.08,Completed,T-Mobile,2026-11-20 10:00:00,x,"Carrier: T-Mobile
Price: -1","first, ""quoted"""
2,=cmd|calc,004900000000015,,12,Completed,@home,2026-11-21T23:30:00+02:00,+1<br>b,,-5
3,Carrier Check,008600000000017,,0.08,Pending,,2026-11-22 10:00:00,,,
4,Überprüfung ⚡,00440000000002,,,COMPLETED,,,12345678901234567890,,'it
CSV
pipe load 'csv: {path: orders.csv}' 'orders: {}'
sluice run load.yaml
check "orders are stored" "$?$(cat err.txt)" 0
sluice run "$root/pipelines/export-completed.yaml" --set EXPORT_CSV=export.csv
check "the pipeline that exports what is completed" "$?$(cat err.txt)" 0
cat >expected <<'CSV'
SERVICE,IMEI NO.,CREDITS,STATUS,CODE,IMEI 2,CARRIER,SIMLOCK,MODEL,FMI,ORDER DATE,NOTES
Carrier Check,="001001001234563",$0.08,Completed,Carrier: T-Mobile - Price: -1,="004400000000016",T-Mobile,,,,2026-11-20 10:00:00,"first, ""quoted"""
"'=cmd|calc",="004900000000015",$12.00,Completed,"'+1 - b",,"'@home",,,,2026-11-21 21:30:00,"'-5"
Überprüfung ⚡,="00440000000002",,COMPLETED,="12345678901234567890",,,,,,,'it
CSV
{ printf '\357\273\277'; sed 's/$/\r/' expected; } >expected.csv
check "the columns, forms, CRLF and mark of the provider's export" "$(cmp export.csv expected.csv && echo same)" same

# --- read back ---
pipe back 'csv: {path: export.csv}' 'csv: {path: back.csv}'
sluice run back.yaml
check "read back, the values are the same" "$(sed 1d back.csv | cut -d, -f2,6 | head -3)" "001001001234563,004400000000016
004900000000015,
00440000000002,"
pipe plain 'orders: {status: completed, fields: [imei, imei2, result_code, notes]}' 'csv: {path: plain.csv, excel: true, bom: true}'
sluice run plain.yaml
pipe back 'csv: {path: plain.csv}' 'csv: {path: back.csv}'
sluice run back.yaml
pipe plain 'orders: {status: completed, fields: [imei, imei2, result_code, notes]}' 'csv: {path: bare.csv}'
sluice run plain.yaml
check "plain, for a spreadsheet and back: the same file" "$(cmp back.csv bare.csv && echo same)" same

# --- a spreadsheet ---
if command -v soffice >/dev/null 2>&1; then
    convert() { # TO FILE
        soffice --headless "-env:UserInstallation=file://$home/office" --infilter='CSV:44,34,76' \
            --convert-to "$1" --outdir office-out "$2" >office.log 2>&1
    }
    convert xlsx export.csv
    python3 - office-out/export.xlsx >cells.txt <<'PY'
import re, sys, zipfile
from xml.etree import ElementTree
book = zipfile.ZipFile(sys.argv[1])
space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
shared = ["".join(t.itertext()) for t in ElementTree.fromstring(book.read("xl/sharedStrings.xml")).findall("m:si", space)]
for row in ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml")).iter("{%s}row" % space["m"]):
    for cell in row:
        value = cell.find("m:v", space)
        if value is None:
            continue
        kind = cell.get("t", "n")
        print(cell.get("r"), "number" if kind == "n" else "text", shared[int(value.text)] if kind == "s" else value.text)
PY
    check "LibreOffice: the provider's columns" "$(sed -n 's/^[A-Z]*1 text //p' cells.txt | tr '\n' ,)" \
        "SERVICE,IMEI NO.,CREDITS,STATUS,CODE,IMEI 2,CARRIER,SIMLOCK,MODEL,FMI,ORDER DATE,NOTES,"
    check "LibreOffice: identifiers are text, with every digit" "$(grep -E '^(B|F)[2-4] |^E4 ' cells.txt)" \
        "B2 text 001001001234563
F2 text 004400000000016
B3 text 004900000000015
B4 text 00440000000002
E4 text 12345678901234567890"
    check "LibreOffice: no cell is run as a formula" "$(grep -E '^(A3|E3|G3|L3) ' cells.txt | cut -d' ' -f2 | sort -u)" text
    soffice --headless "-env:UserInstallation=file://$home/office" \
        --convert-to 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false' --outdir office-out/csv \
        office-out/export.xlsx >office.log 2>&1
    pipe back 'csv: {path: office-out/csv/export.csv}' 'csv: {path: back.csv}'
    sluice run back.yaml
    check "LibreOffice: saved as CSV and read, the values are the same" "$(sed 1d back.csv | cut -d, -f2,6 | head -3)" \
        "001001001234563,004400000000016
004900000000015,
00440000000002,"
else
    echo "# soffice isn't installed (.ci/deps office): what a spreadsheet makes of the export wasn't looked at"
fi

# --- whole or not at all ---
rounds=${SLUICE_TEST_EXPORTS:-4} many=${SLUICE_TEST_ORDERS:-60000}
awk -v n="$many" 'BEGIN { print "order_id,imei,status,notes"; for (i = 0; i < n; i++) printf "m%d,00%012d0,Completed,a note that makes the row somewhat longer than it would be, %d\n", i, i, i }' >orders.csv
sed -i 's/longer than it would be,/longer than it would be;/' orders.csv
sluice run load.yaml
pipe all 'orders: {fields: [order_id, imei, notes]}' 'csv: {path: all.csv}'
sluice run all.yaml
wc -l <all.csv >whole.txt
cp all.csv whole.csv
torn=0 doubled=0
kill_at() { # SECONDS FILE.yaml
    "$SLUICE" --state-dir "$home/state" -q run "$2" 2>/dev/null &
    pid=$!
    sleep "$1"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}
for i in $(seq "$rounds"); do
    kill_at "0.0$((i * 13 % 90 + 10))" all.yaml
    cmp -s all.csv whole.csv || torn=$((torn + 1))
done
check "replace, killed $rounds times: the file is always whole" "$torn" 0
sluice run all.yaml
check "and the next run leaves nothing beside it" "$(cmp all.csv whole.csv && ls -A | grep -c '^\.all')" 0

# Each round: killed twice, then run to the end. A run whose mark is gone from beside the file had finished before
# it was killed; another one would append everything once more, as it is told to.
pipe add 'orders: {fields: [order_id, imei, notes]}' 'csv: {path: added.csv, mode: append}'
sort whole.csv >sorted
unfinished() { [ ! -s added.csv ] || [ -e .added.csv.tail ]; }
for i in $(seq "$rounds"); do
    rm -f added.csv
    kill_at "0.0$((i * 17 % 60 + 10))" add.yaml
    unfinished && kill_at "0.0$((i * 29 % 60 + 10))" add.yaml
    unfinished && sluice run add.yaml
    sort added.csv | cmp -s - sorted || doubled=$((doubled + 1))
done
check "append, killed twice and run, $rounds times: no row lost, none twice, none torn" "$doubled" 0
check "and nothing beside it" "$(ls -A | grep -c '^\.added')" 0
plan
