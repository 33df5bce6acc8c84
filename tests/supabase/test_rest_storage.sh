#!/bin/sh
# An export becomes an object in a bucket: the bytes of the same file written here, at an address that is told; and
# errors by what they are, not by the status they come with.
. "$(dirname "$0")/rest.sh"
start_stack rest storage
over_rest

cat >orders.csv <<'CSV'
order_id,service_name,imei,credits,status,order_date,result_code_display,notes
1,Carrier Check ⚡,001001001234563,0.08,Completed,2026-11-20 10:00:00,Carrier: T-Mobile,"first, ""quoted"""
2,=cmd,004900000000015,12,Completed,2026-11-21T23:30:00+02:00,,-5
CSV
object() { # OPTIONS: object.yaml
    printf 'name: object\nsource:\n  csv: {path: orders.csv}\nsinks:\n  - csv: {path: here.csv, mode: replace%s}\n  - supabase_storage: {%s%s}\n' "${2:-}" "$1" "${2:-}" >object.yaml
}
upload() {
    "$SLUICE" --state-dir "$home/state" run object.yaml >out.txt 2>err.txt
    code=$?
    address=$(sed -n 's/.*supabase_storage: \(http.*\)/\1/p' err.txt)
    err=$(grep 'error:' err.txt | tail -1)
}
object 'path: "exports/a b.csv"' ', format: gsm_fusion'
upload
check "an export: exit code" "$code$err" 0
check_match "its address is signed" "$address" "^$STACK_URL/storage/v1/object/sign/batch-uploads/exports/a%20b\.csv\?token=[0-9]+\."
curl -sS "$address" -o there.csv
check "it is the file that the sink csv writes" "$(cmp here.csv there.csv && echo same)" same
sed -i 2d orders.csv
upload
curl -sS "$address" -o there.csv
check "written again, it is replaced" "$code $(cmp here.csv there.csv && grep -c cmd there.csv)" "0 1"
object 'path: x.csv, bucket: public-files, public: true'
over_rest "$STACK_SERVICE_KEY"
upload
check "a public one" "$code $address" "0 $STACK_URL/storage/v1/object/public/public-files/x.csv"
curl -sS "$address" -o there.csv
check "and there it is" "$(cmp here.csv there.csv && echo same)" same
printf 'order_id\n' >orders.csv
upload
check "without a record" "$code $(curl -sS "$address" | wc -c)" "0 $(wc -c <here.csv)"
awk 'BEGIN { print "order_id,notes"; for (i = 0; i < 300000; i++) printf "%d,a longer text that fills the file up to more than sixteen megabytes\n", i }' >orders.csv
upload
curl -sS "$address" -o there.csv
check "20 MB" "$code $(cmp here.csv there.csv && echo same)" "0 same"
head -3 orders.csv >few.csv && mv few.csv orders.csv

object 'path: x.csv, bucket: nowhere'
upload
check_match "no such bucket" "$code $err" "^78 .*HTTP 404 NoSuchBucket: Bucket not found; make the bucket 'nowhere'"
object 'path: x.csv'
over_rest "$STACK_ANON_KEY"
upload
check_match "the anon key" "$code $err" '^77 .*HTTP 403 AccessDenied.*service_role key'
over_rest "$STACK_SERVICE_KEY.x"
upload
check_match "a wrong key" "$code $err" '^77 .*SUPABASE_KEY'
over_rest
start_weather
url=$WEATHER over_rest
weather empty-503 2
upload
check "503 passes" "$code$err" 0
weather cut 2
upload
check "a reply that is cut off passes" "$code$err" 0
weather html-200
upload
check_match "a page" "$code $err" "^69 .*isn't what the API answers \(no object's key\)"
object 'path: "exports/new.csv", public: true'
upload
check_match "a page is no yes, and no address is told" "$code $address$err" "^69 sluice: error: .*isn't what the API answers"
stop_weather
over_rest

object 'path: "a%b.csv"'
sluice lint object.yaml
check_match "a name that no object can have" "$? $(cat err.txt)" "^1 .*option 'path': write a name like exports/orders.csv"
start_sandbox
cat >place.yaml <<'EOF'
name: place
source:
  csv: {path: orders.csv}
actions:
  - gsm_fusion.place: {service_id: "1739"}
sinks:
  - supabase_storage: {path: x.csv}
EOF
sluice lint place.yaml
check_match "not where orders are paid for" "$(grep error: err.txt)" "sink 'supabase_storage': .*pipeline of its own"
check "no temporary file is left" "$(ls -d "${TMPDIR:-/tmp}"/sluice-object-* 2>/dev/null)" ''
plan
