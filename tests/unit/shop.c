#include "shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

/* ---- the server ----------------------------------------------------------------------------- */

static void place_all(struct shop *shop, const char *body, char *out, size_t room) {
    const char *list = strstr(body, "imei=");
    size_t used = 0, row = 0;
    out[0] = 0;
    for (const char *at = list ? list + 5 : NULL; at; row++) {
        used += (size_t)snprintf(out + used, room - used, "placed %zu %u\n", row, shop->next_order++);
        at = strchr(at, ',');
        at = at ? at + 1 : NULL;
    }
}

static void charge_all(struct shop *shop, const char *body) {
    char *list = strdup(strstr(body, "imei=") + 5), *next = list, *one;
    while ((one = strsep(&next, ",")) && shop->charges < SHOP_ORDERS)
        shop->charged[shop->charges++] = strdup(one);
    free(list);
}

static void make_reply(struct shop *shop, const char *body, char *out, size_t room) {
    out[0] = 0;
    if (shop->reply && shop->reply(shop, body, out, room))
        return;
    if (strstr(body, "op=place"))
        place_all(shop, body, out, room);
    else if (strstr(body, "op=services"))
        snprintf(out, room, "service 1739 0.50 A check\nservice 1740 0.08 Another\n");
    else if (strstr(body, "op=login"))
        snprintf(out, room, "token 2\n");
    else
        snprintf(out, room, "balance 100.00 USD\n");
}

static void send_reply(struct shop *shop, int fd, const char *lines) {
    http_server_reply(fd, shop->status ? shop->status : "200 OK", shop->headers ? shop->headers : "", lines);
}

static enum http_then answer(const struct http_seen *seen) {
    struct shop *shop = seen->server->user;
    const char *body = seen->text + seen->head;
    char lines[3000];
    bool paid = strstr(body, "op=place") != NULL;
    enum http_then then = HTTP_KEEP;
    pthread_mutex_lock(&shop->lock);
    if (paid)
        charge_all(shop, body);
    make_reply(shop, body, lines, sizeof lines);
    *(paid ? &shop->paid : &shop->free) += 1;
    if (paid && shop->held) {
        shop->waiting[shop->waiting_count] = dup(seen->fd); /* the server may close its own meanwhile */
        shop->replies[shop->waiting_count++] = strdup(lines);
        if (shop->waiting_count > shop->most_waiting)
            shop->most_waiting = shop->waiting_count;
    } else if (paid && shop->then != HTTP_KEEP) {
        then = shop->then;
    } else {
        send_reply(shop, seen->fd, lines);
    }
    pthread_cond_broadcast(&shop->moved);
    pthread_mutex_unlock(&shop->lock);
    return then;
}

void shop_open(struct shop *shop) {
    memset(shop, 0, sizeof *shop);
    pthread_mutex_init(&shop->lock, NULL);
    pthread_cond_init(&shop->moved, NULL);
    shop->list = 1;
    shop->next_order = 7001;
    shop->http.answer = answer;
    shop->http.user = shop;
    http_server_start(&shop->http);
}

void shop_close(struct shop *shop) {
    http_server_stop(&shop->http);
    for (unsigned i = 0; i < shop->waiting_count; i++) {
        close(shop->waiting[i]);
        free(shop->replies[i]);
    }
    for (unsigned i = 0; i < shop->charges; i++)
        free(shop->charged[i]);
    pthread_mutex_destroy(&shop->lock);
    pthread_cond_destroy(&shop->moved);
}

void shop_behave(struct shop *shop,
                 bool (*reply)(struct shop *shop, const char *body, char *out, size_t room),
                 enum http_then then, const char *status) {
    pthread_mutex_lock(&shop->lock);
    shop->reply = reply;
    shop->then = then;
    shop->status = status;
    pthread_mutex_unlock(&shop->lock);
}

void shop_hold(struct shop *shop) {
    pthread_mutex_lock(&shop->lock);
    shop->held = true;
    pthread_mutex_unlock(&shop->lock);
}

/* Under the lock. */
static void answer_first(struct shop *shop) {
    send_reply(shop, shop->waiting[0], shop->replies[0]);
    close(shop->waiting[0]);
    free(shop->replies[0]);
    shop->waiting_count--;
    memmove(shop->waiting, shop->waiting + 1, shop->waiting_count * sizeof *shop->waiting);
    memmove(shop->replies, shop->replies + 1, shop->waiting_count * sizeof *shop->replies);
}

void shop_release(struct shop *shop) {
    pthread_mutex_lock(&shop->lock);
    shop->held = false;
    while (shop->waiting_count)
        answer_first(shop);
    pthread_mutex_unlock(&shop->lock);
}

void shop_release_one(struct shop *shop) {
    pthread_mutex_lock(&shop->lock);
    answer_first(shop);
    pthread_mutex_unlock(&shop->lock);
}

void shop_await_waiting(struct shop *shop, unsigned count) {
    pthread_mutex_lock(&shop->lock);
    while (shop->waiting_count < count)
        pthread_cond_wait(&shop->moved, &shop->lock);
    pthread_mutex_unlock(&shop->lock);
}

void shop_await_paid(struct shop *shop, unsigned count) {
    pthread_mutex_lock(&shop->lock);
    while (shop->paid < count)
        pthread_cond_wait(&shop->moved, &shop->lock);
    pthread_mutex_unlock(&shop->lock);
}

unsigned shop_paid(struct shop *shop) {
    pthread_mutex_lock(&shop->lock);
    unsigned paid = shop->paid;
    pthread_mutex_unlock(&shop->lock);
    return paid;
}

unsigned shop_asked(struct shop *shop) {
    pthread_mutex_lock(&shop->lock);
    unsigned asked = shop->free;
    pthread_mutex_unlock(&shop->lock);
    return asked;
}

unsigned shop_charges(struct shop *shop, const char *identifier) {
    unsigned count = 0;
    pthread_mutex_lock(&shop->lock);
    for (unsigned i = 0; i < shop->charges; i++)
        count += strcmp(shop->charged[i], identifier) == 0;
    pthread_mutex_unlock(&shop->lock);
    return count;
}

/* ---- the component -------------------------------------------------------------------------- */

static const sluice_host *host;

static int32_t open_shop(const sluice_host *table, sluice_self *self, const void *config, void **instance,
                         sluice_error *error) {
    const struct shop *shop = config;
    const sluice_endpoint endpoint = {.size = sizeof endpoint,
                                      .list = shop->list,
                                      .base_url = text_of(shop->http.url),
                                      .provider = TEXT("shop"),
                                      .user = TEXT("tester"),
                                      .settles = shop->settles};
    host = table;
    *instance = (void *)shop;
    return host->endpoint(self, &endpoint, error);
}

static void close_shop(void *instance) {
    (void)instance;
}

static sluice_text cell(const sluice_row *row, const char *name) {
    int32_t c = sluice_find_column(row->batch, name, strlen(name));
    return c < 0 ? (sluice_text){NULL, 0} : row->batch->cells[c][row->row];
}

static const char *op_name(uint32_t op) {
    return op == SLUICE_OP_PLACE      ? "place"
           : op == SLUICE_OP_SERVICES ? "services"
           : op == SLUICE_OP_PAGE     ? "page"
           : op == SLUICE_OP_SETTLE   ? "settle"
           : op == SLUICE_OP_CHECK    ? "check"
           : op == SLUICE_OP_WRITE    ? "write"
           : op == SLUICE_OP_PROBE    ? "probe"
           : op == SLUICE_OP_UPLOAD   ? "upload"
           : op == SLUICE_OP_LOGIN    ? "login"
                                      : "balance";
}

static int32_t build(void *instance, sluice_call *call, sluice_request *request, sluice_error *error) {
    struct shop *shop = instance;
    if (shop->logs_in && call->op != SLUICE_OP_LOGIN) {
        if (!shop->token)
            return SLUICE_LOGIN_FIRST;
        shop->token--;
    }
    request->method = SLUICE_METHOD_POST;
    request->path = TEXT("/api");
    host->request_text(request, TEXT("op="), SLUICE_ENCODE_RAW);
    host->request_text(request, text_of(op_name(call->op)), SLUICE_ENCODE_RAW);
    if (call->cookie.len) {
        host->request_text(request, TEXT("&cookie="), SLUICE_ENCODE_RAW);
        host->request_text(request, call->cookie, SLUICE_ENCODE_RAW);
    }
    if (call->since_ms) {
        char since[40];
        snprintf(since, sizeof since, "&since=%lld", (long long)call->since_ms);
        host->request_text(request, text_of(since), SLUICE_ENCODE_RAW);
    }
    if (call->op == SLUICE_OP_PLACE) {
        host->request_text(request, TEXT("&service="), SLUICE_ENCODE_RAW);
        host->request_text(request, call->service, SLUICE_ENCODE_RAW);
    }
    for (uint32_t i = 0; i < call->row_count; i++) {
        sluice_text imei = cell(&call->rows[i], "imei");
        if (text_is(imei, "unbuildable"))
            return host->fail(error, SLUICE_E_CONFIG, "no request can be made of it");
        host->request_text(request, i ? TEXT(",") : TEXT("&imei="), SLUICE_ENCODE_RAW);
        host->request_text(request, imei, SLUICE_ENCODE_RAW);
    }
    return 0;
}

/* The next word of a line. */
static sluice_text word(char **line) {
    char *start = *line + strspn(*line, " ");
    size_t length = strcspn(start, " ");
    *line = start + length;
    return length ? (sluice_text){start, length} : (sluice_text){NULL, 0};
}

static sluice_text rest(char *line) {
    line += strspn(line, " ");
    return *line ? text_of(line) : (sluice_text){NULL, 0};
}

static uint32_t row_of(sluice_text text) {
    return text_is(text, "*") ? SLUICE_ALL_ROWS : (uint32_t)strtoul(text.ptr ? text.ptr : "0", NULL, 10);
}

static bool read_verdict(sluice_call *call, sluice_text kind, char *line) {
    static const struct {
        const char *name;
        uint32_t kind;
    } kinds[] = {{"placed", SLUICE_VERDICT_PLACED},
                 {"rejected", SLUICE_VERDICT_REJECTED},
                 {"duplicate", SLUICE_VERDICT_DUPLICATE},
                 {"doubt", SLUICE_VERDICT_IN_DOUBT},
                 {"no_credit", SLUICE_VERDICT_NO_CREDIT},
                 {"auth", SLUICE_VERDICT_REFUSED_AUTH},
                 {"config", SLUICE_VERDICT_REFUSED_CONFIG},
                 {"expired", SLUICE_VERDICT_RETRY_LATER},
                 {"later", SLUICE_VERDICT_RETRY_LATER},
                 {"unknown", SLUICE_VERDICT_NO_NEWS},
                 {"checked", SLUICE_VERDICT_CHECKED},
                 {"refunded", SLUICE_VERDICT_REFUNDED},
                 {"kept", SLUICE_VERDICT_KEPT}};
    static const sluice_text columns[] = {{"order_id", 8}, {"status", 6}};
    sluice_text values[2] = {{NULL, 0}, {"Pending", 7}};
    size_t at = 0;
    while (at < sizeof kinds / sizeof *kinds && !text_is(kind, kinds[at].name))
        at++;
    if (at == sizeof kinds / sizeof *kinds)
        return false;
    sluice_verdict verdict = {.size = sizeof verdict, .kind = kinds[at].kind, .retry_after_ms = -1};
    verdict.row = row_of(word(&line));
    if (verdict.kind == SLUICE_VERDICT_PLACED) {
        verdict.order_id = values[0] = word(&line);
        verdict.price = word(&line);
        verdict.columns = columns;
        verdict.values = values;
        verdict.column_count = 2;
    } else if (verdict.kind == SLUICE_VERDICT_CHECKED || verdict.kind == SLUICE_VERDICT_REFUNDED) {
        values[1] = word(&line);
        verdict.columns = &columns[1];
        verdict.values = &values[1];
        verdict.column_count = 1;
    } else if (verdict.kind == SLUICE_VERDICT_REJECTED) {
        verdict.code = word(&line);
    } else if (text_is(kind, "expired")) {
        verdict.login = 1;
    } else if (verdict.kind == SLUICE_VERDICT_RETRY_LATER) {
        verdict.retry_after_ms = strtol(word(&line).ptr, NULL, 10);
    }
    verdict.text = rest(line);
    verdict.split = verdict.row == SLUICE_ALL_ROWS && call->row_count > 1 &&
                    (verdict.kind == SLUICE_VERDICT_NO_NEWS || verdict.kind == SLUICE_VERDICT_IN_DOUBT);
    if (call->op == SLUICE_OP_WRITE)
        verdict.split = verdict.row == SLUICE_ALL_ROWS && (verdict.kind == SLUICE_VERDICT_REJECTED ||
                                                           verdict.kind == SLUICE_VERDICT_RETRY_LATER);
    host->verdict(call, &verdict);
    return true;
}

/* "2026-11-22 08:30:00", two words; null when they are missing. */
static sluice_text two_words(char **line) {
    sluice_text first = word(line), second = word(line);
    return second.ptr ? (sluice_text){first.ptr, (uint64_t)(second.ptr + second.len - first.ptr)}
                      : (sluice_text){NULL, 0};
}

static bool read_listed(sluice_call *call, sluice_text kind, char *line) {
    if (text_is(kind, "candidate")) {
        sluice_candidate candidate = {.size = sizeof candidate};
        candidate.order_id = word(&line);
        candidate.identifier = word(&line);
        candidate.service = word(&line);
        if (text_is(candidate.service, "-"))
            candidate.service = (sluice_text){NULL, 0};
        candidate.created = two_words(&line);
        candidate.service_title = rest(line);
        candidate.status = TEXT("Pending");
        host->candidate(call, &candidate);
    } else if (text_is(kind, "listing")) {
        sluice_listing listing = {.size = sizeof listing, .complete = text_is(word(&line), "1")};
        listing.oldest = two_words(&line);
        host->listing(call, &listing);
    } else {
        return false;
    }
    return true;
}

static int32_t read_line(sluice_call *call, char *line, sluice_error *error) {
    sluice_text kind = word(&line);
    if (read_verdict(call, kind, line) || read_listed(call, kind, line))
        return 0;
    if (text_is(kind, "service")) {
        sluice_service service = {.size = sizeof service};
        service.id = word(&line);
        service.price = word(&line);
        service.title = rest(line);
        host->service(call, &service);
    } else if (text_is(kind, "balance")) {
        sluice_text amount = word(&line);
        host->balance(call, amount, word(&line));
    } else if (text_is(kind, "record")) {
        char *bar = strchr(line, '|');
        sluice_text a = rest(line);
        const sluice_text values[] = {{a.ptr, (uint64_t)(bar - a.ptr)}, rest(bar + 1)};
        host->record(call, values);
    } else if (text_is(kind, "more")) {
        host->more(call, rest(line));
    } else if (text_is(kind, "fail")) {
        long code = strtol(word(&line).ptr, NULL, 10);
        return host->fail(error, (int32_t)code, "%s", line);
    } else {
        return host->fail(error, SLUICE_E_DATA, "this isn't the shop's language: %.*s", (int)kind.len,
                          kind.ptr);
    }
    return 0;
}

static int32_t parse(void *instance, sluice_call *call, const sluice_reply *reply, sluice_error *error) {
    char *text = calloc(1, reply->body.len + 1), *next = text, *line;
    int32_t failed = text ? 0 : SLUICE_E_IO;
    struct shop *shop = instance;
    if (text)
        memcpy(text, reply->body.ptr, reply->body.len);
    while (!failed && (line = strsep(&next, "\n"))) {
        if (strncmp(line, "expired ", 8) == 0)
            shop->token = 0;
        if (strncmp(line, "token ", 6) == 0)
            shop->token = (unsigned)strtoul(line + 6, NULL, 10);
        else if (*line)
            failed = read_line(call, line, error);
    }
    free(text);
    return failed;
}

static int32_t identity(void *instance, const sluice_row *row, sluice_arena *arena, sluice_identity *out,
                        sluice_error *error) {
    sluice_text service = cell(row, "service_id");
    (void)instance, (void)arena;
    out->identifier = cell(row, "imei");
    out->service = service.len ? service : TEXT("1739");
    out->parameters = cell(row, "extra");
    if (text_is(out->identifier, "boom"))
        return host->fail(error, SLUICE_E_DATA, "boom");
    if (!text_is(out->identifier, "bad"))
        return 0;
    out->code = TEXT("invalid_imei");
    out->reason = TEXT("it is bad");
    return 1;
}

static const sluice_exchanger exchanger = {
    .size = sizeof exchanger, .build = build, .parse = parse, .identity = identity};
static const char *const place_adds[] = {"order_id", "status", NULL};
static const char *const page_adds[] = {"a", "b", NULL};
static const sluice_source source = {.size = sizeof source};

const sluice_component shop_place = {.size = sizeof shop_place,
                                     .kind = SLUICE_ACTION,
                                     .flags = SLUICE_SPENDS,
                                     .name = "place",
                                     .adds = place_adds,
                                     .config_size = sizeof(struct shop),
                                     .open = open_shop,
                                     .close = close_shop,
                                     .exchanger = &exchanger};
static const char *const check_adds[] = {"status", NULL};
const sluice_component shop_check = {.size = sizeof shop_check,
                                     .kind = SLUICE_ACTION,
                                     .flags = SLUICE_REFUNDS,
                                     .name = "check",
                                     .adds = check_adds,
                                     .config_size = sizeof(struct shop),
                                     .open = open_shop,
                                     .close = close_shop,
                                     .exchanger = &exchanger};
static const sluice_sink sink = {.size = sizeof sink};
const sluice_component shop_sink = {.size = sizeof shop_sink,
                                    .kind = SLUICE_SINK,
                                    .name = "sink",
                                    .config_size = sizeof(struct shop),
                                    .open = open_shop,
                                    .close = close_shop,
                                    .sink = &sink,
                                    .exchanger = &exchanger};
const sluice_component shop_pages = {.size = sizeof shop_pages,
                                     .kind = SLUICE_SOURCE,
                                     .name = "pages",
                                     .adds = page_adds,
                                     .config_size = sizeof(struct shop),
                                     .open = open_shop,
                                     .close = close_shop,
                                     .source = &source,
                                     .exchanger = &exchanger};
