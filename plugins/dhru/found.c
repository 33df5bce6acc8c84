/* found.c - getimeiorder for one order id that a person has found: whose order is it? The API lists no
 * others. */
#include <sluice/text.h>

#include "answer.h"
#include "query.h"
#include "status.h"

static sluice_text order_id_of(const sluice_call *call) {
    const sluice_row *row = call->rows;
    int32_t at =
        call->row_count == 1 ? sluice_find_column(row->batch, "order_id", sizeof "order_id" - 1) : -1;
    return at < 0 ? (sluice_text){NULL, 0} : text_trim(row->batch->cells[at][row->row]);
}

static int32_t write_id(const struct provider *provider, const sluice_call *call, sluice_request *request,
                        sluice_error *error) {
    const struct parameter id = {"ID", order_id_of(call)};
    struct buffer text = {0};
    if (!call->row_count)
        return provider->host->fail(error, SLUICE_E_UNAVAILABLE, "a Dhru site lists no orders");
    if (!answer_is_order_id(id.value))
        return provider->host->fail(error, SLUICE_E_DATA, "'%.*s' is no order id of a Dhru site",
                                    TEXT_ARG(text_cut(id.value, 64)));
    parameters_write(&text, (enum parameters_form)provider->settings->parameters, &id, 1);
    return provider_parameters(provider, request, &text, error);
}

static void read_order(const struct provider *provider, sluice_call *call, struct reply *reply,
                       sluice_text item) {
    sluice_text status = status_name(reply_member_text(reply, item, "STATUS"));
    sluice_candidate candidate = {
        .size = sizeof candidate,
        .order_id = order_id_of(call),
        .identifier = text_trim(reply_member_text(reply, item, "IMEI")),
        .status = status_without_result(status),
    };
    if (reply_member(item, "STATUS").ptr)
        provider->host->candidate(call, &candidate);
}

const struct query query_order = {
    .op = SLUICE_OP_SETTLE,
    .action = "getimeiorder",
    .write = write_id,
    .may_be_none = true,
    .read = read_order,
};
