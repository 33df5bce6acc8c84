/* bench_reply.c - reading replies: a list of 20,000 orders against libxml2 alone on the same bytes, the
 * reply to one order, the identity of a row, and the sandbox's own speed.
 *
 *     bench_reply [ORDERS 20000] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "gsm_fusion/place.h"
#include "gsm_fusion/reply.h"
#include "gsm_fusion/sandbox.h"

enum { PIECE = 16 * 1024, ROUNDS = 15, SMALL = 100000 };

/* ---- just enough of a host ----------------------------------------------------------------- */

static unsigned orders = 20000;
static char arena_room[1 << 16];
static size_t arena_used;

static int32_t on_fail(sluice_error *error, int32_t code, const char *format, ...) {
    va_list arguments;
    (void)error, (void)code;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    exit(70);
}

static void *on_alloc(sluice_arena *arena, uint64_t bytes) {
    (void)arena;
    bytes = (bytes + 15) & ~15u;
    if (arena_used + bytes > sizeof arena_room)
        arena_used = 0;
    void *room = arena_room + arena_used;
    arena_used += bytes;
    return room;
}

static int64_t on_now_ms(void) {
    return 1735732800000;
}

static int32_t on_flag(sluice_self *self, const char *fault) {
    (void)self, (void)fault;
    return 0;
}

static void make_imei(char imei[16], unsigned number) {
    unsigned sum = 0;
    snprintf(imei, 16, "001%011u0", number % 100000000);
    for (int i = 0; i < 14; i++) {
        unsigned digit = (unsigned)(imei[i] - '0') << (i % 2);
        sum += digit > 9 ? digit - 9 : digit;
    }
    imei[14] = (char)('0' + (10 - sum % 10) % 10);
}

/* Completed orders of long ago. */
static void on_recall_all(sluice_self *self, sluice_text prefix,
                          int32_t (*each)(void *user, sluice_text key, sluice_text value), void *user) {
    (void)self, (void)prefix;
    for (unsigned i = 0; i < orders; i++) {
        char key[32], value[64], imei[16];
        make_imei(imei, i * 7919);
        int k = snprintf(key, sizeof key, "o:%u", 5000001 + i);
        int v = snprintf(value, sizeof value, "%s 1739 1735700000000 80000", imei);
        each(user, (sluice_text){key, (uint64_t)k}, (sluice_text){value, (uint64_t)v});
    }
}

static int32_t on_endpoint(sluice_self *self, const sluice_endpoint *endpoint, sluice_error *error) {
    (void)self, (void)endpoint, (void)error;
    return 0;
}

static void on_form(sluice_request *request, const char *name, sluice_text value) {
    (void)request, (void)name, (void)value;
}

static void on_form_secret(sluice_request *request, const char *name, sluice_secret secret) {
    (void)request, (void)name, (void)secret;
}

static unsigned placed;

static void on_verdict(sluice_call *call, const sluice_verdict *verdict) {
    (void)call;
    placed += verdict->kind == SLUICE_VERDICT_PLACED;
}

static const sluice_host host = {
    .size = sizeof host,
    .fail = on_fail,
    .alloc = on_alloc,
    .now_ms = on_now_ms,
    .endpoint = on_endpoint,
    .request_form = on_form,
    .request_form_secret = on_form_secret,
    .verdict = on_verdict,
    .flag = on_flag,
    .recall_all = on_recall_all,
};

static double cpu_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* ---- the long list ------------------------------------------------------------------------- */

static unsigned long rows;

/* A row: every field copied, as into the memory of a batch. */
static void take_row(void *user, const struct record *record) {
    static char batch[256 * 1024];
    static size_t used;
    (void)user;
    rows++;
    for (uint32_t i = 0; i < record->count; i++) {
        sluice_text value = record_text(record, &record->fields[i]);
        if (used + value.len > sizeof batch)
            used = 0;
        memcpy(batch + used, value.ptr, value.len < sizeof batch ? value.len : sizeof batch);
        used += value.len;
    }
}

static enum reply_state feed(struct reader *reader, sluice_text body) {
    enum reply_state state = REPLY_OPEN;
    for (uint64_t at = 0; at < body.len && state == REPLY_OPEN; at += PIECE)
        state = reader_feed(
            reader, (sluice_text){body.ptr + at, body.len - at < PIECE ? body.len - at : PIECE}, false);
    return state;
}

static double read_list(struct reader *reader, sluice_text body) {
    double begun = cpu_ms();
    rows = 0;
    reader_begin(reader, take_row, NULL);
    feed(reader, body);
    if (reader_feed(reader, (sluice_text){"", 0}, true) != REPLY_COMPLETE || rows != orders)
        fprintf(stderr, "bench_reply: the list was not read\n"), exit(70);
    return cpu_ms() - begun;
}

static unsigned long bare_rows;

static void bare_start(void *user, const xmlChar *element, const xmlChar *prefix, const xmlChar *uri, int n,
                       const xmlChar **namespaces, int attributes, int defaulted, const xmlChar **values) {
    (void)user, (void)prefix, (void)uri, (void)n, (void)namespaces, (void)attributes, (void)defaulted;
    (void)values;
    bare_rows += strcmp((const char *)element, "imeis") == 0;
}

static void bare_end(void *user, const xmlChar *element, const xmlChar *prefix, const xmlChar *uri) {
    (void)user, (void)element, (void)prefix, (void)uri;
}

static void bare_text(void *user, const xmlChar *text, int length) {
    (void)user, (void)text, (void)length;
}

static double read_bare(const struct xml_library *xml, sluice_text body) {
    xmlSAXHandler handler = {.startElementNs = bare_start,
                             .endElementNs = bare_end,
                             .characters = bare_text,
                             .ignorableWhitespace = bare_text,
                             .cdataBlock = bare_text,
                             .initialized = XML_SAX2_MAGIC};
    double begun = cpu_ms();
    xmlParserCtxtPtr parser = xml->xmlCreatePushParserCtxt(&handler, NULL, NULL, 0, NULL);
    xml->xmlCtxtUseOptions(parser, XML_PARSE_RECOVER | XML_PARSE_NONET);
    bare_rows = 0;
    for (uint64_t at = 0; at < body.len; at += PIECE)
        xml->xmlParseChunk(parser, body.ptr + at, (int)(body.len - at < PIECE ? body.len - at : PIECE), 0);
    xml->xmlParseChunk(parser, NULL, 0, 1); /* its error: some results have markup that isn't XML */
    if (bare_rows != orders)
        fprintf(stderr, "bench_reply: libxml2 reads %lu orders\n", bare_rows), exit(70);
    xml->xmlFreeParserCtxt(parser);
    return cpu_ms() - begun;
}

static long peak_kib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Ten times as many orders in one reply. */
static long growth_kib(struct reader *reader, sluice_text body) {
    const char *first = memmem(body.ptr, body.len, "<imeis>", 7),
               *end = body.ptr + body.len - strlen("</result>");
    long before = peak_kib();
    reader_begin(reader, take_row, NULL);
    feed(reader, (sluice_text){"<result>", 8});
    for (int i = 0; i < 10; i++)
        feed(reader, (sluice_text){first, (uint64_t)(end - first)});
    if (reader_feed(reader, (sluice_text){"</result>", 9}, true) != REPLY_COMPLETE)
        fprintf(stderr, "bench_reply: the long list was not read\n"), exit(70);
    return peak_kib() - before;
}

static void bench_list(const struct xml_library *xml, sluice_text body) {
    struct reader *reader = reader_new(xml);
    double best = 1e9, bare = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        double took = read_list(reader, body), alone = read_bare(xml, body);
        best = took < best ? took : best;
        bare = alone < bare ? alone : bare;
    }
    printf("reply of %u orders, %.1f MB: %.1f ms CPU, libxml2 alone %.1f ms: %.2f x (bar 1.25)\n", orders,
           (double)body.len / 1e6, best, bare, best / bare);
    printf("peak memory, ten times as many orders in one reply: %+ld KiB\n", growth_kib(reader, body));
    reader_free(reader);
}

/* ---- one order ----------------------------------------------------------------------------- */

static const sluice_text column_names[] = {{"note", 4}, {"imei", 4}, {"service_id", 10}, {"customer", 8}};
static const sluice_text imei_cells[] = {{"001001001234563", 15}}, other_cells[] = {{"x", 1}},
                         no_cells[] = {{"", 0}};
static const sluice_text *const columns[] = {other_cells, imei_cells, no_cells, other_cells};
static const sluice_batch batch = {.size = sizeof batch,
                                   .column_count = 4,
                                   .row_count = 1,
                                   .selected = 1,
                                   .names = column_names,
                                   .cells = columns};

static void bench_order(void) {
    static const struct settings settings = {
        .base_url = {"https://x.example", 17}, .username = {"u", 1}, .service_id = {"1739", 4}, .list = 1};
    static const char body[] = "<?phpxml version=\"1.0\" encoding=\"utf-8\"?><result><imeis><id>5000001</id>"
                               "<imei>001001001234563</imei><status>Pending</status></imeis></result>";
    sluice_row row = {&batch, 0, 0};
    sluice_error error = {.size = sizeof error};
    void *place;
    if (place_open(&host, NULL, &settings, &place, &error))
        exit(70);
    double begun = cpu_ms();
    for (int i = 0; i < SMALL; i++) {
        sluice_call call = {
            .size = sizeof call, .op = SLUICE_OP_PLACE, .row_count = 1, .rows = &row, .service = {"1739", 4}};
        sluice_request request = {.size = sizeof request};
        sluice_reply reply = {.size = sizeof reply, .status = 200, .body = {body, sizeof body - 1}};
        sluice_reply end = {.size = sizeof end, .status = 200, .body = {"", 0}, .last = 1};
        place_exchanger.build(place, &call, &request, &error);
        place_exchanger.parse(place, &call, &reply, &error);
        place_exchanger.parse(place, &call, &end, &error);
        place_exchanger.finish(place, &call);
    }
    printf("one order, build and reply: %.2f us CPU (bar 5), %u of %d placed\n",
           (cpu_ms() - begun) * 1e3 / SMALL, placed, SMALL);
    begun = cpu_ms();
    for (int i = 0; i < 10 * SMALL; i++) {
        sluice_identity identity = {.size = sizeof identity};
        place_exchanger.identity(place, &row, NULL, &identity, &error);
    }
    printf("identity of a row: %.0f ns (bar 150)\n", (cpu_ms() - begun) * 1e6 / (10 * SMALL));
    place_close(place);
}

int main(int argc, char **argv) {
    static const struct sandbox_settings settings = {.credit = {"1000000.00", 10}, .complete_after = 10000};
    struct sandbox sandbox = {.host = &host, .settings = &settings};
    sluice_error error = {.size = sizeof error};
    if (argc > 1)
        orders = (unsigned)atoi(argv[1]);
    sluice_sandbox_reply reply = {.size = sizeof reply};
    sandbox_orders(&sandbox, NULL, (sluice_text){NULL, 0}, &reply);
    bench_list(xml_library_load(&host, &error), (sluice_text){sandbox.out.text, sandbox.out.length});
    bench_order();
    buffer_free(&sandbox.out);
    return 0;
}
