/* sandbox_sickw.c - in the manner of sickw.com: GET /api.php?key&imei&service&format=json, answered at once.
 */
#include <stdio.h>

#include <sluice/text.h>

#include "sandbox.h"

static void refuse(struct sandbox *sandbox, const char *error) {
    sandbox_member(sandbox, "status", TEXT("error"));
    sandbox_member(sandbox, "result", text_of(error));
}

static void write_order(struct sandbox *sandbox, const struct sandbox_order *order) {
    char text[300];
    unsigned last = (unsigned)(order->imei[12] - '0');
    snprintf(
        text, sizeof text,
        "Model: iPhone 13 128GB Black<br>IMEI Number: %s<br>Carrier: %s<br>Find My iPhone: %s<br>SimLock: %s",
        order->imei, last % 3 ? "Unlocked" : "France Orange – Réseau", last % 2 ? "OFF" : "ON",
        last % 5 ? "Unlocked" : "Locked");
    sandbox_member(sandbox, "status", TEXT("success"));
    sandbox_member(sandbox, "result", text_of(text));
    sandbox_member(sandbox, "imei", text_of(order->imei));
    sandbox_amount(sandbox, "balance", sandbox_credit(sandbox));
    sandbox_amount(sandbox, "price", order->price);
    snprintf(text, sizeof text, "%lld", (long long)order->id);
    sandbox_member(sandbox, "id", text_of(text));
}

static void place(struct sandbox *sandbox, const sluice_sandbox_request *request) {
    static const char *const errors[] = {
        [REFUSED_AUTH] = "Error A01: API KEY is Wrong!",
        [REFUSED_MAINTENANCE] = "Error S02: Service is under maintenance!",
        [REFUSED_SERVICE] = "Error S01: Service ID is Wrong!",
        [REFUSED_IMEI] = "Error E02: IMEI or SN is Wrong!",
        [REFUSED_DUPLICATE] = "Error D01: This order exists!",
        [REFUSED_CREDIT] = "Error B01: Low Balance!",
    };
    struct sandbox_order order;
    enum sandbox_refusal refusal =
        sandbox_place(sandbox, request->arena, sandbox_parameter(request, "service"),
                      sandbox_parameter(request, "imei"), &order);
    if (refusal)
        refuse(sandbox, errors[refusal]);
    else
        write_order(sandbox, &order);
}

static void list_services(struct sandbox *sandbox) {
    struct buffer *out = &sandbox->out;
    buffer_string(out, out->text[out->length - 1] == '{' ? "\"Service List\":[" : ",\"Service List\":[");
    for (const struct sandbox_service *service = sandbox_services; service->id; service++) {
        buffer_string(out, service == sandbox_services ? "{" : ",{");
        sandbox_member(sandbox, "service", text_of(service->id));
        sandbox_member(sandbox, "name", text_of(service->title));
        sandbox_member(sandbox, "price", text_of(service->price));
        buffer_string(out, "}");
    }
    buffer_string(out, "]");
}

void sickw_answer(struct sandbox *sandbox, const sluice_sandbox_request *request,
                  sluice_sandbox_reply *reply) {
    sluice_text action = sandbox_parameter(request, "action");
    struct sandbox_order order;
    if (!text_is(request->path, "/api.php")) {
        reply->status = 404;
        refuse(sandbox, "Error: not found");
    } else if (sandbox_refuses_key(sandbox, sandbox_parameter(request, "key"))) {
        refuse(sandbox, "Error A01: API KEY is Wrong!");
    } else if (text_is(action, "balance")) {
        sandbox_member(sandbox, "status", TEXT("success"));
        sandbox_amount(sandbox, "balance", sandbox_credit(sandbox));
    } else if (text_is(action, "services")) {
        list_services(sandbox);
    } else if (text_is(action, "checkorder")) {
        if (sandbox_find(sandbox, request->arena, sandbox_parameter(request, "id"), &order))
            write_order(sandbox, &order);
        else
            refuse(sandbox, "Error C01: Order ID is Wrong!");
    } else {
        place(sandbox, request);
    }
}
