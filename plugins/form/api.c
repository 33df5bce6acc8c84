/* The same for scripts: JSON in, JSON out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sluice/text.h>

#include "api_body.h"
#include "ask.h"
#include "job.h"
#include "json.h"
#include "order_filter.h"
#include "pages.h"
#include "random.h"
#include "reply.h"

enum { PAGE = 100, PAGE_MOST = 1000 };

/* ---- ordering -------------------------------------------------------------------------------- */

static bool is_type(const struct request *request, const char *type) {
    sluice_text header = request_header(request, "Content-Type");
    size_t length = strlen(type);
    return header.len >= length && strncasecmp(header.ptr, type, length) == 0;
}

static bool take(char *out, size_t size, sluice_text text) {
    if (text.len >= size)
        return false;
    snprintf(out, size, "%.*s", TEXT_ARG(text));
    return true;
}

static bool take_flag(bool *out, sluice_text text) {
    *out = text_is(text, "1") || text_is(text, "true");
    return *out || !text.len || text_is(text, "0") || text_is(text, "false");
}

/* What isn't understood must not be left out: it would order something else, or once more. */
static int read_parameters(const struct request *request, struct api_body *out, sluice_error *error) {
    static const char *const known[] = {"name", "service", "repeat", "max_price", NULL};
    const sluice_host *host = request->form->host;
    const char *other = request_parameter_but(request, known);
    *out = (struct api_body){0};
    if (other)
        return host->fail(error, SLUICE_E_DATA,
                          "there are the parameters name, service, repeat and max_price, and no '%s'", other);
    if (!take(out->name, sizeof out->name, request_parameter(request, "name")))
        return host->fail(error, SLUICE_E_DATA, "name is at most %d letters, digits, '-', '_' and '.'",
                          API_NAME);
    if (!take(out->service, sizeof out->service, request_parameter(request, "service")))
        return host->fail(error, SLUICE_E_DATA, "service is the service's number");
    if (!take(out->max_price, sizeof out->max_price, request_parameter(request, "max_price")))
        return host->fail(error, SLUICE_E_DATA, "max_price is what one order may cost");
    return take_flag(&out->repeat, request_parameter(request, "repeat"))
               ? 0
               : host->fail(error, SLUICE_E_DATA, "repeat is 1 or 0");
}

/* CSV or a plain list, with what JSON says in parameters. */
static int read_plain(struct request *request, bool csv, struct api_body *out, sluice_error *error) {
    struct form *form = request->form;
    sluice_text body = buffer_view(&request->raw);
    int failed = read_parameters(request, out, error);
    if (failed)
        return failed;
    failed = csv ? sheet_from_csv(form->host, form->self, TEXT("body"), body, &out->sheet, error)
                 : sheet_from_text(form->host, body, &out->sheet, error);
    if (failed)
        return failed;
    if (!out->sheet.rows)
        failed = form->host->fail(error, SLUICE_E_DATA, "there is nothing to order in it");
    if (!failed && out->service[0])
        failed = sheet_service(&out->sheet, text_of(out->service), error);
    if (!failed)
        failed = sheet_end(&out->sheet, error);
    if (failed)
        sheet_free(&out->sheet);
    return failed;
}

static int read_body(struct request *request, struct api_body *out, sluice_error *error) {
    if (is_type(request, "text/csv"))
        return read_plain(request, true, out, error);
    if (is_type(request, "text/plain"))
        return read_plain(request, false, out, error);
    static const char *const none[] = {NULL};
    const char *parameter = request_parameter_but(request, none);
    if (parameter)
        return request->form->host->fail(error, SLUICE_E_DATA,
                                         "JSON says all itself: there is no parameter '%s'", parameter);
    return api_body_read(request->form->host, buffer_view(&request->raw), out, error);
}

static enum MHD_Result reply_job(struct request *request, const char *name, uint64_t rows, bool before) {
    struct buffer json = {0};
    json_add(&json, "{\"job\":%s,\"rows\":%zu,\"before\":", name, rows);
    buffer_string(&json, before ? "true" : "false");
    json_add(&json, ",\"url\":\"/jobs/");
    buffer_string(&json, name); /* letters, digits, -_. */
    buffer_string(&json, "\"}\n");
    return reply_json(request, before ? MHD_HTTP_OK : MHD_HTTP_CREATED, &json);
}

static enum MHD_Result submit(struct request *request, struct api_body *body) {
    struct form *form = request->form;
    sluice_error error = {.size = sizeof error};
    sluice_batch rows = sheet_batch(&body->sheet);
    if (!body->name[0])
        random_name(body->name, DRAFT_NAME);
    sluice_job job = {.size = sizeof job,
                      .flags = body->repeat ? SLUICE_JOB_REPEAT : 0,
                      .name = text_of(body->name),
                      .rows = &rows,
                      .max_price = body->max_price[0] ? text_of(body->max_price) : (sluice_text){0}};
    int answer = rows.selected ? form->host->submit(form->self, &job, &error)
                               : form->host->fail(&error, SLUICE_E_DATA, "no row of it can be read");
    sheet_free(&body->sheet);
    return answer < 0 ? reply_not_taken(request, &error)
                      : reply_job(request, body->name, rows.selected, answer == 1);
}

enum MHD_Result api_orders_post(struct request *request) {
    struct api_body body;
    sluice_error error = {.size = sizeof error};
    sluice_text key = request_header(request, "Idempotency-Key");
    if (!is_type(request, "application/json") && !is_type(request, "text/csv") &&
        !is_type(request, "text/plain"))
        return reply_refuse(request, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "Not understood",
                            "Send application/json, text/csv or text/plain.");
    if (key.len && !api_name_good(key))
        return reply_refuse(request, MHD_HTTP_BAD_REQUEST, "Not understood",
                            "Idempotency-Key is at most 64 letters, digits, '-', '_' and '.'.");
    if (read_body(request, &body, &error))
        return reply_failure(request, &error);
    if (key.len)
        snprintf(body.name, sizeof body.name, "%.*s", TEXT_ARG(key));
    if (body.name[0] && !api_name_good(text_of(body.name))) {
        sheet_free(&body.sheet);
        return reply_refuse(request, MHD_HTTP_BAD_REQUEST, "Not understood",
                            "name is at most 64 letters, digits, '-', '_' and '.'.");
    }
    return submit(request, &body);
}

/* ---- reading --------------------------------------------------------------------------------- */

struct list {
    struct buffer json;
    uint64_t count;
    const char *key;       /* the column that a page goes on behind */
    sluice_each_row *each; /* NULL: a row's columns, all texts */
    char last[300];
};

static void add_columns(struct buffer *json, const sluice_row *row) {
    buffer_string(json, "{");
    for (uint32_t c = 0; c < row->batch->column_count; c++) {
        if (c)
            buffer_string(json, ",");
        json_text(json, row->batch->names[c]);
        buffer_string(json, ":");
        json_text(json, row->batch->cells[c][row->row]);
    }
    buffer_string(json, "}");
}

static int32_t add_item(void *user, const sluice_row *row) {
    struct list *list = user;
    if (list->count++)
        buffer_string(&list->json, ",\n");
    add_columns(&list->json, row);
    if (list->key)
        snprintf(list->last, sizeof list->last, "%.*s",
                 TEXT_ARG(text_cut(ask_cell(row, list->key), sizeof list->last - 1)));
    return 0;
}

/* {"orders":[…],"next":"…"}; `next` is null on the last page. */
static enum MHD_Result reply_list(struct request *request, struct ask *ask, struct list *list,
                                  const char *name) {
    sluice_error error = {.size = sizeof error};
    json_add(&list->json, "{%s:[", name);
    if (ask_run(ask, request->form, list->each ? list->each : add_item, list, &error)) {
        buffer_free(&list->json);
        return reply_failure(request, &error);
    }
    bool more = ask->query.limit && list->count == ask->query.limit;
    json_add(&list->json, "],\"next\":%s}\n", more ? list->last : NULL);
    return reply_json(request, MHD_HTTP_OK, &list->json);
}

/* A condition that is mistyped would be none, and all that there is the answer. */
static int read_query(const struct request *request, const char *const *known, uint64_t *limit,
                      sluice_error *error) {
    const sluice_host *host = request->form->host;
    const char *other = request_parameter_but(request, known);
    sluice_text text = request_parameter(request, "limit");
    *limit = text.len ? 0 : PAGE;
    for (uint64_t i = 0; i < text.len && *limit <= PAGE_MOST; i++) {
        if (!text_is_digit(text.ptr[i])) {
            *limit = 0;
            break;
        }
        *limit = *limit * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    if (*limit > PAGE_MOST)
        *limit = PAGE_MOST;
    if (other)
        return host->fail(error, SLUICE_E_DATA, "there is no parameter '%s' here", other);
    return *limit ? 0 : host->fail(error, SLUICE_E_DATA, "limit is a number from 1 to %d", PAGE_MOST);
}

enum MHD_Result api_orders_get(struct request *request) {
    static const char *const known[] = {"q",     "status",   "service", "since", "until",
                                        "imeis", "order_id", "limit",   "after", NULL};
    struct order_filter filter;
    struct list list = {.key = "_key"};
    struct ask ask;
    uint64_t limit;
    sluice_error error = {.size = sizeof error};
    if (read_query(request, known, &limit, &error) || order_filter_read(request, &filter, &error))
        return reply_failure(request, &error);
    ask_begin(&ask, SLUICE_QUERY_STORE);
    order_filter_ask(&filter, &ask);
    ask_where(&ask, "order_id", request_parameter(request, "order_id"));
    ask.query.after = filter.after;
    ask.query.limit = limit;
    enum MHD_Result result = reply_list(request, &ask, &list, "orders");
    order_filter_free(&filter);
    return result;
}

/* As one of them is given alone. */
static int32_t add_job(void *user, const sluice_row *row) {
    struct list *list = user;
    struct job job;
    job_take(&job, row);
    if (list->count++)
        buffer_string(&list->json, ",\n");
    job_json(&list->json, &job, -1);
    snprintf(list->last, sizeof list->last, "%llu", (unsigned long long)job.id);
    return 0;
}

enum MHD_Result api_jobs_get(struct request *request) {
    static const char *const known[] = {"limit", "after", NULL};
    struct list list = {.each = add_job};
    struct ask ask;
    uint64_t limit;
    sluice_error error = {.size = sizeof error};
    if (read_query(request, known, &limit, &error))
        return reply_failure(request, &error);
    ask_begin(&ask, SLUICE_QUERY_JOBS);
    ask.query.after = request_parameter(request, "after");
    ask.query.limit = limit;
    return reply_list(request, &ask, &list, "jobs");
}

/* The job, and a page of its rows. */
enum MHD_Result api_job_get(struct request *request) {
    static const char *const known[] = {"state", "limit", "after", NULL};
    struct list list = {.key = "_row"};
    struct job job;
    struct ask ask;
    uint64_t limit;
    sluice_error error = {.size = sizeof error};
    if (read_query(request, known, &limit, &error))
        return reply_failure(request, &error);
    int answer = job_find(request->form, request->part, &job, &error);
    if (answer < 0)
        return reply_failure(request, &error);
    if (answer)
        return reply_refuse(request, MHD_HTTP_NOT_FOUND, "Not found", "There is no job of that name.");
    ask_begin(&ask, SLUICE_QUERY_JOB_ROWS);
    ask_where(&ask, "job", request->part);
    ask_where(&ask, "state", request_parameter(request, "state"));
    ask.query.after = request_parameter(request, "after");
    ask.query.limit = limit;
    buffer_string(&list.json, "{\"job\":");
    job_json(&list.json, &job, -1);
    buffer_string(&list.json, ",\n\"rows\":[");
    if (ask_run(&ask, request->form, add_item, &list, &error)) {
        buffer_free(&list.json);
        return reply_failure(request, &error);
    }
    json_add(&list.json, "],\"next\":%s}\n", list.count == ask.query.limit ? list.last : NULL);
    return reply_json(request, MHD_HTTP_OK, &list.json);
}

enum MHD_Result api_services_get(struct request *request) {
    struct list list = {.key = NULL};
    struct ask ask;
    ask_begin(&ask, SLUICE_QUERY_CATALOGUE);
    return reply_list(request, &ask, &list, "services");
}

static int32_t add_status(void *user, const sluice_row *row) {
    add_columns(user, row);
    return 1;
}

enum MHD_Result api_status_get(struct request *request) {
    struct buffer json = {0};
    struct ask ask;
    sluice_error error = {.size = sizeof error};
    ask_begin(&ask, SLUICE_QUERY_STATUS);
    if (ask_run(&ask, request->form, add_status, &json, &error)) {
        buffer_free(&json);
        return reply_failure(request, &error);
    }
    buffer_string(&json, "\n");
    return reply_json(request, MHD_HTTP_OK, &json);
}
