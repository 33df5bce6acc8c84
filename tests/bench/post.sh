# post.sh - orders sent to the form's API: run.sh reads it. The provider is away, so that what is measured is
# taking in and nothing else.
post_to_form() { # REQUESTS: a line "requests-a-second median-ms p99-ms"
    local log=$dir/form.log tries=0
    cat >form.yaml <<END
name: web
source:
  form: {listen: "127.0.0.1:0", token: "\${TOKEN}", password: "\${TOKEN}"}
actions:
  - imei: {check: digits}
  - gsm_fusion.place: {service_id: "1739"}
sinks:
  - sqlite: {path: form.db}
spend: {confirm: false}
END
    : >"$log"
    export TOKEN=bench-0123456789abcdef
    "$sluice" --state-dir "$dir/form" serve form.yaml --listen none >form.out 2>"$log" &
    server=$!
    until grep -q 'pipeline loaded' "$log"; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] && kill -0 "$server" || { cat "$log" >&2; exit 1; }
        sleep 0.1
    done
    number=$(sed -n 's|.*the form is at http://[^:]*:\([0-9]*\)/.*|\1|p' "$log")
    "$tools/bench_post" "$number" "$TOKEN" "$1" 30 >first # the provider is looked for meanwhile
    "$tools/bench_post" "$number" "$TOKEN" "$1" 30
    kill "$server" && wait "$server" || true
    server=
}
