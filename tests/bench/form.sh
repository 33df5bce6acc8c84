# form.sh - a form with 30 clients that order, and 50 that look, on connections that they keep. Sourced by run.sh.
# The provider is away, so what is measured is taking orders in: each is on the disk before it is acknowledged.

posts=${POSTS:-200000}
cat >form.yaml <<END
name: form
source:
  form: {listen: "127.0.0.1:0", password: bench-password, token: bench-token}
actions:
  - gsm_fusion.place: {service_id: "1739"}
sinks:
  - sqlite: {path: form.db}
spend: {confirm: false, max_run: 0.01}
END
"$sluice" --state-dir "$dir/form-state" serve form.yaml --listen none >/dev/null 2>form.log &
server=$!
until grep -q 'pipeline loaded' form.log; do sleep 0.05; done
address=$(sed -nE 's|.*http://([0-9.]*:[0-9]+)/.*|\1|p' form.log | head -1)
curl -sS -o /dev/null -c form.jar -d password=bench-password "http://$address/login"
form_cookie=$(awk -F'\t' '/sluice_/ { print $6 "=" $7 }' form.jar)

for _ in $(seq "$runs"); do
    "$tools/http_load" orders "$address" 30 $((posts / runs)) 0 bench-token >>posts.txt
    "$tools/http_load" page "$address" 50 $((posts / runs / 20)) / "$form_cookie" >>looks.txt
done
middle() { cut -d' ' -f"$2" "$1" | sort -n | sed -n "$(((runs + 1) / 2))p"; } # FILE COLUMN: the median
bad=$(cat posts.txt looks.txt | awk '{ bad += $5 } END { print bad }')
rate=$(middle posts.txt 1) p99=$(middle posts.txt 3)
row "orders sent to a form by 30 clients, each durable" "$rate/s, p99 $(compute %.1f "$p99 / 1e3") ms, $bad refused" \
    '>= 25,000/s, p99 <= 4 ms' "$rate >= 25000 && $p99 <= 4000 && $bad == 0"
look=$(middle looks.txt 3)
row '  its first page, seen by 50' "p99 $(compute %.1f "$look / 1e3") ms" '<= 50 ms' "$look <= 50000"
kill "$server"
wait "$server" || true
server=
