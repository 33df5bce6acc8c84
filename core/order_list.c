#include "order_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "date.h"
#include "ledger_ahead.h"
#include "text.h"

enum { LISTED_MOST = 5000000, ASKED_AT_ONCE = 1000 };

/* ---- who an order is ---------------------------------------------------------------------- */

bool order_list_identify(const struct instance *instance, sluice_arena *arena, sluice_text imei,
                         sluice_text service, sluice_identity *out) {
    static const sluice_text names[] = {{"imei", 4}, {"service_id", 10}};
    static const uint64_t number = 1;
    const sluice_text *const cells[] = {&imei, &service};
    const sluice_batch batch = {.size = sizeof batch,
                                .column_count = 2,
                                .row_count = 1,
                                .selected = 1,
                                .names = names,
                                .cells = cells,
                                .numbers = &number};
    const sluice_row row = {&batch, 0, 0};
    sluice_error ignored = ERROR_INIT;
    *out = (sluice_identity){.size = sizeof *out};
    int answer = instance->type->exchanger->identity(instance->handle, &row, arena, out, &ignored);
    return answer <= 0 && out->identifier.len && out->service.len;
}

sluice_text order_list_service(const struct catalogue *catalogue, sluice_text title) {
    sluice_text id = {NULL, 0};
    for (size_t i = 0; title.len && i < catalogue->count; i++) {
        const struct service *service = &catalogue->services[i];
        if (!text_equal(service->title, title))
            continue;
        if (id.ptr && !text_equal(id, service->id))
            return (sluice_text){NULL, 0};
        id = service->id;
    }
    return id;
}

/* ---- while the list comes in --------------------------------------------------------------- */

static bool parse_time(sluice_text text, int64_t *ms) {
    char room[64];
    if (!text.len || text.len >= sizeof room)
        return false;
    snprintf(room, sizeof room, "%.*s", TEXT_ARG(text));
    return date_parse(room, ms);
}

static void note_oldest(int64_t *oldest, int64_t ms) {
    if (!*oldest || ms < *oldest)
        *oldest = ms;
}

static bool make_room(struct order_list *list) {
    if (list->now.count < list->room)
        return true;
    size_t room = list->room ? list->room * 2 : 256;
    struct settle_listed *orders = realloc(list->orders, room * sizeof *orders);
    list->orders = orders ? orders : list->orders;
    struct listed_words *kept = realloc(list->kept, room * sizeof *kept);
    list->kept = kept ? kept : list->kept;
    if (orders && kept)
        list->room = room;
    else
        fail_memory(&list->error);
    return orders && kept;
}

/* An order that the provider doesn't name whole is one all the same. */
static sluice_text or_empty(sluice_text text) {
    return text.ptr ? text : TEXT("");
}

static void keep(struct order_list *list, const sluice_candidate *said) {
    sluice_arena *arena = &list->arena;
    if (!make_room(list))
        return;
    list->kept[list->now.count] =
        (struct listed_words){.identifier = arena_copy(arena, or_empty(said->identifier)),
                              .service = arena_copy(arena, said->service),
                              .title = arena_copy(arena, said->service_title),
                              .created = arena_copy(arena, said->created),
                              .status = arena_copy(arena, said->status),
                              .price = arena_copy(arena, said->price)};
    list->orders[list->now.count] =
        (struct settle_listed){.order_id = arena_copy(arena, or_empty(said->order_id)),
                               .reference = arena_copy(arena, said->client_ref),
                               .created_ms = said->created_ms};
    if (!list->orders[list->now.count].order_id.ptr || !list->kept[list->now.count].identifier.ptr)
        fail_memory(&list->error);
    else
        list->now.count++;
}

/* One look at the ledger for all of them: each look-up by itself would lock it and let it go again, which
 * takes longer than to find the order. */
static int find_holder(struct order_list *list, sluice_text order_id, struct holder *out) {
    if (!list->account || !order_id.len)
        return 0;
    if (!list->reading && ledger_read_begin(list->ledger, &list->error))
        return list->error.code;
    list->reading = true;
    return ledger_holder(list->ledger, list->account, order_id, out, &list->error);
}

/* A ledger that is far away is asked about many of them at once, when all are there. */
static bool is_asked_later(const struct order_list *list) {
    return list->account && ledger_is_far(list->ledger);
}

static void end_reading(struct order_list *list) {
    if (list->reading)
        ledger_read_end(list->ledger);
    list->reading = false;
}

/* An order that we have sent, and that the provider shows with its own time. */
static void compare_clocks(struct order_list *list, const struct holder *holder, int64_t local_ms) {
    if (holder->state != ORDER_PLACED || !holder->sent_ms)
        return;
    if (list->now.differences == list->difference_room) {
        size_t room = list->difference_room ? list->difference_room * 2 : 256;
        int64_t *more = realloc(list->differences, room * sizeof *more);
        if (!more) {
            fail_memory(&list->error);
            return;
        }
        list->differences = more;
        list->difference_room = room;
    }
    list->differences[list->now.differences++] = local_ms - holder->sent_ms;
}

static int ask_ahead(struct order_list *list, size_t from, size_t to, sluice_error *error) {
    for (size_t i = from; i < to; i++)
        ledger_expect_order_id(list->ledger, list->orders[i].order_id);
    return ledger_ask_ahead(list->ledger, error);
}

/* Those that the ledger knows say something of the clocks, and nothing else. */
static int drop_known(struct order_list *list, sluice_error *error) {
    size_t kept = list->now.asked, count = is_asked_later(list) ? list->now.count : 0;
    int failed = count ? ask_ahead(list, kept, count, error) : 0;
    for (size_t i = kept; !failed && i < count; i++) {
        struct holder holder = {0};
        int64_t local_ms;
        if (find_holder(list, list->orders[i].order_id, &holder))
            failed = fail(error, list->error.code, "%s", list->error.text);
        if (!failed && !holder.order) {
            list->orders[kept] = list->orders[i];
            list->kept[kept++] = list->kept[i];
        } else if (!failed && !list->orders[i].created_ms && parse_time(list->kept[i].created, &local_ms)) {
            compare_clocks(list, &holder, local_ms);
        }
    }
    end_reading(list);
    if (count)
        list->now.asked = list->now.count = kept;
    return failed;
}

static void on_candidate(void *user, const sluice_candidate *said) {
    struct order_list *list = user;
    struct holder holder = {0};
    int64_t local_ms = 0;
    if (list->error.code)
        return;
    if (++list->now.listed > LISTED_MOST) {
        fail(&list->error, SLUICE_E_DATA, "the provider lists more than %d orders", LISTED_MOST);
        return;
    }
    if (!is_asked_later(list) && find_holder(list, said->order_id, &holder))
        return;
    bool local = !said->created_ms && parse_time(said->created, &local_ms);
    if (said->created_ms)
        note_oldest(&list->now.oldest_ms, said->created_ms);
    list->now.dated += said->created_ms != 0;
    if (!holder.order)
        keep(list, said);
    else if (local)
        compare_clocks(list, &holder, local_ms);
    if (!list->error.code && is_asked_later(list) && list->now.count - list->now.asked >= ASKED_AT_ONCE)
        drop_known(list, &list->error);
}

static void on_listing(void *user, const sluice_listing *said) {
    struct order_list *list = user;
    int64_t local_ms;
    list->now.whole = (list->now.whole || !list->now.told) && said->complete;
    list->now.told = true;
    if (parse_time(said->oldest, &local_ms))
        note_oldest(&list->now.local_ms, local_ms);
}

static void on_begin(void *user) {
    struct order_list *list = user;
    list->mark = list->now;
}

static void on_take_back(void *user) {
    struct order_list *list = user;
    list->now = list->mark;
}

/* ---- when it is all there ------------------------------------------------------------------ */

static void identify(struct order_list *list, size_t i) {
    struct settle_listed *order = &list->orders[i];
    const struct listed_words *words = &list->kept[i];
    sluice_text service =
        words->service.len ? words->service : order_list_service(list->catalogue, words->title);
    sluice_identity identity;
    list->untitled++;
    order->identifier = words->identifier;
    if (!order->order_id.len) {
        order->unread = true;
        return;
    }
    /* Without a service the identifier is in normal form all the same: any service will do for that. */
    sluice_text any = list->catalogue->count ? list->catalogue->services[0].id : TEXT("1");
    if (order_list_identify(list->client->instance, &list->arena, words->identifier,
                            service.len ? service : any, &identity))
        order->identifier = identity.identifier;
    else {
        order->unread = true;
        service.len = 0;
    }
    order->service = service.len ? identity.service : (sluice_text){NULL, 0};
    list->untitled -= order->service.ptr != NULL;
}

static void date_orders(struct order_list *list) {
    size_t samples = list->now.differences;
    int64_t zone_ms = samples ? settle_zone(list->differences, samples) : 0, local_ms;
    for (size_t i = 0; samples && i < list->now.count; i++)
        if (!list->orders[i].created_ms && parse_time(list->kept[i].created, &local_ms))
            list->orders[i].created_ms = local_ms - zone_ms;
    if (list->now.listed && list->now.dated == list->now.listed)
        list->list.oldest_ms = list->now.oldest_ms;
    else if (samples && list->now.local_ms)
        list->list.oldest_ms = list->now.local_ms - zone_ms;
    list->clock_orders = samples;
}

static int compare_texts(sluice_text a, sluice_text b) {
    uint64_t least = a.len < b.len ? a.len : b.len;
    int order = least ? memcmp(a.ptr, b.ptr, least) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* A list that changes while its pages are read shows an order on two of them. */
static int by_order(const void *a, const void *b, void *user) {
    const struct order_list *list = user;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    const sluice_text texts[][2] = {{list->orders[x].order_id, list->orders[y].order_id},
                                    {list->kept[x].identifier, list->kept[y].identifier},
                                    {list->kept[x].service, list->kept[y].service},
                                    {list->kept[x].title, list->kept[y].title}};
    int order = 0;
    for (size_t i = 0; !order && i < sizeof texts / sizeof *texts; i++)
        order = compare_texts(texts[i][0], texts[i][1]);
    return order;
}

static bool is_again(const struct order_list *list, size_t a, size_t b) {
    return list->orders[a].order_id.len && by_order(&a, &b, (void *)list) == 0;
}

static int drop_repeated(struct order_list *list, sluice_error *error) {
    size_t count = list->now.count, kept = 0;
    size_t *places = malloc((count + 1) * sizeof *places);
    bool *again = calloc(count + 1, sizeof *again);
    if (!places || !again) {
        free(places);
        free(again);
        return fail_memory(error);
    }
    for (size_t i = 0; i < count; i++)
        places[i] = i;
    qsort_r(places, count, sizeof *places, by_order, list);
    for (size_t i = 1; i < count; i++)
        again[places[i]] = is_again(list, places[i - 1], places[i]);
    for (size_t i = 0; i < count; i++) {
        if (again[i])
            continue;
        list->orders[kept] = list->orders[i];
        list->kept[kept++] = list->kept[i];
    }
    list->now.count = kept;
    free(places);
    free(again);
    return 0;
}

int order_list_fetch(struct order_list *list, int64_t since_ms, sluice_error *error) {
    const struct call_results results = {.begin = on_begin,
                                         .take_back = on_take_back,
                                         .candidate = on_candidate,
                                         .listing = on_listing,
                                         .user = list};
    struct client *client = list->client;
    list->error = (sluice_error)ERROR_INIT;
    list->list.taken_ms = clock_wall_ms();
    client->since_ms = since_ms;
    int failed = client_run(client, SLUICE_OP_SETTLE, &results, error);
    client->since_ms = 0;
    end_reading(list);
    if (!failed && list->error.code)
        failed = fail(error, list->error.code, "%s", list->error.text);
    if (!failed)
        failed = drop_known(list, error);
    if (!failed)
        failed = drop_repeated(list, error);
    if (failed)
        return failed;
    for (size_t i = 0; i < list->now.count; i++)
        identify(list, i);
    date_orders(list);
    list->listed = list->now.listed;
    list->words = list->kept;
    list->list.orders = list->orders;
    list->list.count = list->now.count;
    list->list.complete = list->now.told && list->now.whole;
    return 0;
}

void order_list_free(struct order_list *list) {
    arena_free(&list->arena);
    free(list->orders);
    free(list->kept);
    free(list->differences);
}
