#!/bin/sh
# CSV to CSV through the whole program: names, rejects, a run that fails, a large file.
. "$(dirname "$0")/lib.sh"

cat >pass.yaml <<'EOF'
name: pass
source:
  csv: {path: in.csv, columns: {device: [Model]}}
actions:
  - imei: {dedupe: true}
sinks:
  - csv: {path: out.csv, columns: [device, imei]}
on_reject:
  - csv: {path: rejected.csv}
EOF
pass() { # flags
    "$SLUICE" --state-dir state run pass.yaml --json "$@" >out.json 2>err.txt
    code=$?
    summary=$(grep '"type":"summary"' out.json | tail -1)
}

printf 'IMEI;model\r\n001001001234563;"x; y"\r\n004400000000016;b;more\r\n1;c\r\n0010-0100-1234-563;d\r\n;\r\n' >in.csv
pass
check "exit code" "$code" 10
check "a list of columns: these, in this order" "$(cat out.csv)" "device,imei
x; y,001001001234563"
check "every record is somewhere" "$(sum read) $(sum passed) $(sum rejected) $(sum duplicate) $(sums_hold)" "4 1 2 1 yes"
check "rejected: row, step and code" "$(cut -d, -f3,5,6 rejected.csv)" "_row,_step,_code
3,source csv,extra_cells
4,actions[0] imei,too_short"
check_match "with the reason" "$(cat rejected.csv)" "^004400000000016,b,3,in\.csv,.*'more'"

# A corrected file of rejects is a source as it is.
sed 's/^1,c/004900000000015,c/' rejected.csv >in.csv
pass
check "rejects, corrected and read again" "$code $(sort out.csv | tr '\n' ' ')" "0 b,004400000000016 c,004900000000015 device,imei "

# What fails leaves the old file.
printf 'imei,model\n001001001234563,"x\n' >in.csv
pass
check "an unclosed quote: 65" "$code" 65
check_match "with its row" "$(cat err.txt)" 'in\.csv: row 2: the quote that opens cell 2'
check "the old output is there" "$(sort out.csv | tr '\n' ' ')" "b,004400000000016 c,004900000000015 device,imei "
check "and nothing beside it" "$(ls -A | grep -v ^state | tr '\n' ' ')" "err.txt in.csv out.csv out.json pass.yaml "

# A file for rejects that turns out to have other columns: a new one beside it takes them.
printf 'imei,n\n001001001234563,x\n123,y\n456,z\n' >in.csv
printf 'a,b\n1,2\n' >rejected.csv
cat >aside.yaml <<'EOF'
source: {csv: {path: in.csv}}
actions: [{imei: {}}]
sinks: [{csv: {path: out.csv}}]
on_reject: [{csv: {path: rejected.csv, mode: append}}]
EOF
aside() { "$SLUICE" --state-dir state2 run aside.yaml 2>err.txt; code=$?; }
aside
check "on_reject has other columns: the run goes on" "$code" 10
check_match "and says where they are" "$(cat err.txt)" 'rejected.csv: its columns are not those of the records that are rejected now; they go to .*/rejected-2\.csv'
check "there they are" "$(cut -d, -f1,2,3,6 rejected-2.csv | tail -n +2 | tr '\n' ' ')" "123,y,3,too_short 456,z,4,too_short "
check "the file is as it was" "$(cat rejected.csv)" "a,b
1,2"
cp rejected-2.csv once.csv
aside
check "the same records again are kept once" "$code $(cmp rejected-2.csv once.csv && echo same)" "10 same"
printf '789,u\n' >>in.csv
aside
check "what is new is added" "$(tail -n +4 rejected-2.csv | cut -d, -f1,3)" "789,5"
printf 'imei,n,more\n12,y,z\n' >in.csv
aside
check "columns change once more" "$code $(cut -d, -f1-3 rejected-3.csv | tr '\n' ' ')" "10 imei,n,more 12,y,z "
check "and nothing else is left" "$(ls -A | grep -c 'rejected.*tail')" 0
rm rejected-?.csv

# A sink of on_reject that fails: they are kept all the same, and it is said where.
printf 'imei,n\n001001001234563,x\n123,y\n456,z\n' >in.csv
sed 's/csv: {path: rejected.csv, mode: append}/sqlite: {path: rejected.db, table: rejects, conflict: reference}/' aside.yaml >other.yaml
"$SLUICE" --state-dir state2 run --json other.yaml >out.json 2>err.txt
check "on_reject fails: exit code" $? 78
kept=$(find state2/rejects -name 'other-*.csv')
check_match "it is said where the rejected records are" "$(tail -1 err.txt)" "rejected records are in $kept"
check_match "and in the summary" "$(tail -1 out.json)" "\"rejects\":\"$kept\""
check "they are there, and for nobody else" "$(cut -d, -f1,2,3,6 "$kept" | tail -n +2 | tr '\n' ' ')$(stat -c %a "$kept")" \
    "123,y,3,too_short 456,z,4,too_short 600"
check "the file is as it was" "$(cat rejected.csv)" "a,b
1,2"
"$SLUICE" --state-dir state2 run other.yaml --limit 1 2>err.txt
check "nothing rejected: no file is left" "$(find state2/rejects -type f | wc -l)" 1

# Both on standard output: the rows and the JSON lines.
sed 's/out.csv/"-"/' other.yaml >stdout.yaml
"$SLUICE" --state-dir state2 run stdout.yaml --json >out.json 2>err.txt
check "--json and a sink on standard output: exit code, nothing written" "$? $(wc -c <out.json)" "64 0"
check_match "--json and a sink on standard output: the remedy" "$(cat err.txt)" \
    'sinks\[0\] csv \(stdout\.yaml:3\); give the sink a file, or leave --json out'
"$SLUICE" --state-dir state2 run stdout.yaml --limit 1 >out.txt 2>err.txt
check "without --json it is written there" "$? $(tr '\n' ' ' <out.txt)" "0 imei,n 001001001234563,x "

# The fields of a sink's columns are named exactly.
cat >columns.yaml <<'EOF'
source: {csv: {path: in.csv}}
sinks:
  - csv: {path: out1.csv, columns: {IMEI: Device, n: note}}
  - csv: {path: out2.csv, columns: {Device: imei}}
  - csv: {path: out3.csv, columns: {colour: colour}}
EOF
"$SLUICE" --state-dir state2 run columns.yaml 2>err.txt
check "a named column that never comes: exit code" $? 0
check_match "in another letter case: did you mean" "$(cat err.txt)" \
    "out1.csv: the records have no field 'IMEI', so its column stays empty; did you mean 'imei'\?"
check_match "the wrong way round: how to write it" "$(cat err.txt)" \
    "out2.csv: .*'Device', .*; the field stands first: \{imei: Device\}"
check_match "unlike any: only said" "$(cat err.txt)" "out3.csv: .*'colour', so its column stays empty\$"

# Many batches.
awk 'BEGIN { print "model,note"; for (i = 0; i < 1000000; i++) printf "m%d,a note that makes this row some sixty bytes long\n", i }' >in.csv
cat >large.yaml <<'EOF'
name: large
source:
  csv: {path: in.csv}
sinks:
  - csv: {path: out.csv}
EOF
"$SLUICE" --state-dir state run large.yaml -q 2>err.txt
check "a large file" "$?$(cat err.txt)" 0
check "arrives whole" "$(cmp in.csv out.csv && echo same)" same

# --- what was rejected, and then nothing ---
cat >refuse.yaml <<END
name: refuse
source:
  csv: {path: refuse-in.csv}
actions:
  - imei: {}
sinks:
  - csv: {path: refuse-out.csv}
on_reject:
  - csv: {path: refused.csv}
END
printf 'imei\nnone\n' >refuse-in.csv
"$SLUICE" --state-dir state run refuse.yaml >/dev/null 2>err.txt
check "a record is rejected" "$? $(grep -c none refused.csv)" "10 1"
printf 'imei\n001001001234563\n' >refuse-in.csv
"$SLUICE" --state-dir state run refuse.yaml >/dev/null 2>err.txt
check "then none is, and no file is left" "$? $(ls -A | grep -c refused)" "0 0"
plan
