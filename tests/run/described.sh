# described.sh - the two APIs of the sandbox of http as pipelines describe them. Sourced before lib.sh, whose
# `pipeline` takes what is set here.
describe_imeicheck() {
    placing=http
    described=$(one_line <<'EOD'
spends: true, provider: imeicheck, account: tester@sandbox,
url: "${GSM_FUSION_BASE_URL}/v1/checks", api_key: "${GSM_FUSION_API_KEY}",
headers: {Authorization: "Bearer {{api_key}}"},
body: '{"deviceId": "{{imei}}", "serviceId": {{service_id}}}',
order_id: /id, price: /amount, identifier: /deviceId, status: /status,
statuses: {Pending: waiting, In Process: processing, Completed: successful, Rejected: unsuccessful}, refunds: true,
fields: {result_code: /properties, model: /properties/deviceName},
verdicts: {auth: ["401"], no_credit: ["402"], rejected: ["422"], duplicate: ["409"],
  retry_later: ["503 /message*=maintenance"]},
services: {url: /v1/services, id: /id, title: /title, price: /price},
balance: {url: /v1/account, amount: /balance, currency: USD},
orders: {url: "/v1/checks?page=1", items: /data, next: /next, order_id: /id, imei: /deviceId,
  service_id: /service/id, created: /processedAt, price: /amount, status: /status},
order: {url: "/v1/checks/{{order_id}}", order_id: /id, imei: /deviceId, service_id: /service/id}
EOD
    )
}
describe_sickw() {
    placing=http
    described=$(one_line <<'EOD'
spends: true, provider: sickw, account: tester@sandbox,
url: "${GSM_FUSION_BASE_URL}/api.php", api_key: "${GSM_FUSION_API_KEY}",
query: {format: json, key: "{{api_key}}", imei: "{{imei}}", service: "{{service_id}}"},
order_id: /id, price: /price, identifier: /imei, status: /status, statuses: {Completed: success},
fields: {result_code: /result}, message: [/result],
verdicts: {placed: ["200 /status=success"], auth: ["/result^=Error A"], no_credit: ["/result^=Error B"],
  rejected: ["/result^=Error E", "/result^=Error S01"], duplicate: ["/result^=Error D"],
  retry_later: ["/result*=maintenance"]},
services: {url: "/api.php?action=services", items: /Service List, id: /service, title: /name, price: /price},
balance: {url: "/api.php?action=balance", amount: /balance, currency: USD},
order: {url: "/api.php?action=checkorder&id={{order_id}}", order_id: /id, imei: /imei}
EOD
    )
}
one_line() { tr '\n' ' '; }
