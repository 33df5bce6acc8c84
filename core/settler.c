#include "clock.h"
#include "date.h"
#include "settler.h"

#include <stdlib.h>
#include <string.h>

#include "crash_point.h"
#include "ledger_ahead.h"
#include "log.h"
#include "lost_zeros.h"
#include "order_list.h"
#include "text.h"

enum { DAY_MS = 24 * 60 * 60 * 1000, WARNINGS = 3 };

/* An order in doubt with what was decided of it. */
struct entry {
    struct doubt doubt; /* texts in the arena */
    struct settle_doubt question;
    char reference[ORDER_REFERENCE];
    struct settlement answer;
    enum order_state became;
};

struct work {
    struct settler *settler;
    sluice_arena arena;
    struct entry *entries;
    size_t count, room;
    struct order_list list;
    int64_t account;
    int failed;
};

/* ---- what is in doubt --------------------------------------------------------------------- */

static const char *keep(struct work *work, const char *text) {
    return text ? arena_string(&work->arena, text) : NULL;
}

static int on_doubt(void *user, const struct doubt *doubt) {
    struct work *work = user;
    if ((doubt->live || work->settler->own) && doubt->run != work->settler->run)
        return 0; /* live: whoever sent it waits for its answer, perhaps */
    if (work->count == work->room) {
        size_t room = work->room ? work->room * 2 : 64;
        struct entry *more = realloc(work->entries, room * sizeof *more);
        if (!more)
            return work->failed = SLUICE_E_IO;
        work->entries = more;
        work->room = room;
    }
    struct entry *entry = &work->entries[work->count++];
    *entry = (struct entry){.doubt = *doubt};
    entry->doubt.service = keep(work, doubt->service);
    entry->doubt.identifier = keep(work, doubt->identifier);
    entry->doubt.currency = keep(work, doubt->currency);
    entry->doubt.code = keep(work, doubt->code);
    entry->doubt.reason = keep(work, doubt->reason);
    return 0;
}

/* Entries don't move any more: questions point into them. */
static void ask_for(struct entry *entry) {
    const struct doubt *doubt = &entry->doubt;
    order_reference(&doubt->key, doubt->id, entry->reference);
    entry->question =
        (struct settle_doubt){.service = text_of(doubt->service),
                              .identifier = text_of(doubt->identifier),
                              .reference = text_of(entry->reference),
                              .sent_ms = doubt->sent_ms,
                              .missed_ms = doubt->missed_ms,
                              .duplicate = doubt->code && strcmp(doubt->code, "duplicate") == 0};
}

static int read_doubts(struct work *work, sluice_error *error) {
    int failed = ledger_doubts(work->settler->ledger, work->account, on_doubt, work, error);
    if (!failed && work->settler->dry)
        failed = ledger_orphans(work->settler->ledger, work->account, on_doubt, work, error);
    if (!failed && work->failed)
        failed = fail_memory(error);
    for (size_t i = 0; i < work->count; i++)
        ask_for(&work->entries[i]);
    return failed;
}

/* A list from then on holds what may have become of all of them, and something older. 0: a ledger that never
 * took note of what is listed wants all of it. */
static int64_t since(const struct work *work, bool listed) {
    int64_t oldest = 0;
    if (work->settler->seeds && !listed)
        return 0;
    for (size_t i = 0; i < work->count; i++)
        if (!oldest || work->entries[i].doubt.sent_ms < oldest)
            oldest = work->entries[i].doubt.sent_ms;
    return oldest > DAY_MS ? oldest - DAY_MS : 0;
}

/* ---- decisions into the ledger ------------------------------------------------------------ */

static const struct listed_words *words_of(const struct work *work, const struct settle_listed *order) {
    return &work->list.words[order - work->list.list.orders];
}

/* The order under another form of its identifier, which has no order id of its own. */
static int add_form(struct work *work, const struct foreign *like, sluice_text identifier,
                    sluice_error *error) {
    struct settler *settler = work->settler;
    struct foreign form = *like;
    bool added;
    form.identifier = identifier;
    form.order_id = (sluice_text){NULL, 0};
    form.deliver = 0;
    int failed =
        order_key_make(&form.key, settler->provider, settler->account, form.service, form.identifier, error);
    return failed ? failed : ledger_add_foreign(settler->ledger, settler->run, &form, &added, error);
}

/* What nobody here has bought has no record of its own: it is what the list says. */
static struct record record_listed(struct work *work, const struct settle_listed *order,
                                   struct settler_columns *columns) {
    const struct settler *settler = work->settler;
    const struct listed_words *words = words_of(work, order);
    const struct service *service = catalogue_find(settler->catalogue, order->service);
    const struct doubt as_doubt = {.service = arena_copy(&work->arena, order->service).ptr,
                                   .identifier = arena_copy(&work->arena, order->identifier).ptr,
                                   .price = MONEY_NONE,
                                   .sent_ms = order->created_ms};
    struct record record =
        settler_record(settler, &as_doubt, order->order_id, service ? service->title : words->title,
                       words->status, true, columns);
    columns->values[SETTLER_CREDITS] = words->price;
    if (!order->created_ms)
        columns->values[SETTLER_DATE] = words->created;
    return record;
}

/* `deliver`: the run to whose sinks it goes. */
static int add_foreign(struct work *work, const struct settle_listed *order, int64_t deliver, bool *added,
                       sluice_error *error) {
    const struct listed_words *words = words_of(work, order);
    struct settler_columns columns;
    char *text =
        arena_printf(&work->arena, "the provider lists order %.*s for '%.*s'%s%.*s",
                     TEXT_ARG(order->order_id), TEXT_ARG(words->title.len ? words->title : order->service),
                     words->created.len ? ", made " : "", TEXT_ARG(words->created));
    struct foreign foreign = {.account = work->account,
                              .service = order->service,
                              .identifier = order->identifier,
                              .order_id = order->order_id,
                              .created_ms = order->created_ms,
                              .code = TEXT("listed"),
                              .evidence = text_of(text),
                              .deliver = deliver};
    *added = false;
    if (!order->service.ptr)
        return 0;
    if (!foreign.created_ms)
        date_parse_latest(words->created, clock_wall_ms(), &foreign.created_ms);
    foreign.record = record_listed(work, order, &columns);
    const struct settler *settler = work->settler;
    int failed = order_key_make(&foreign.key, settler->provider, settler->account, order->service,
                                order->identifier, error);
    if (!failed)
        failed = ledger_add_foreign(settler->ledger, settler->run, &foreign, added, error);
    char room[LOST_ZEROS_IMEI];
    sluice_text forms[LOST_ZEROS_FORMS];
    bool short_of = lost_zeros_forms(order->identifier, room, forms) > 1;
    return failed || !short_of ? failed : add_form(work, &foreign, forms[1], error);
}

/* Several orders for the same: the oldest is ours, somebody bought the others. */
static int add_others(struct work *work, const struct entry *entry, sluice_error *error) {
    const struct settle_list *list = &work->list.list;
    int failed = 0;
    for (size_t i = 0; !failed && entry->answer.others && i < list->count; i++) {
        bool added;
        if (&list->orders[i] == entry->answer.order || !settle_matches(&entry->question, &list->orders[i]))
            continue;
        failed = add_foreign(work, &list->orders[i], entry->doubt.run, &added, error);
        work->settler->found += !failed && added;
    }
    return failed;
}

static int write_decision(struct work *work, struct entry *entry, sluice_error *error) {
    static const enum transition transitions[] = {
        [SETTLE_PLACED] = T10, [SETTLE_EXISTS] = T11, [SETTLE_ABSENT] = T12};
    const struct settlement *answer = &entry->answer;
    struct settler *settler = work->settler;
    struct settler_columns columns;
    struct verdict_on_doubt verdict = {.transition = transitions[answer->kind],
                                       .code =
                                           answer->kind == SETTLE_ABSENT ? TEXT("absent") : TEXT("listed"),
                                       .reason = text_of(answer->text),
                                       .evidence = text_of(answer->text)};
    if (answer->order)
        verdict.order_id = answer->order->order_id;
    if (answer->kind == SETTLE_PLACED) {
        const struct listed_words *words = words_of(work, answer->order);
        const struct service *service = catalogue_find(settler->catalogue, entry->question.service);
        verdict.added =
            settler_record(settler, &entry->doubt, verdict.order_id, service ? service->title : words->title,
                           words->status, false, &columns);
    }
    int failed =
        ledger_settle(settler->ledger, settler->run, entry->doubt.id, &verdict, &entry->became, error);
    return failed ? failed : add_others(work, entry, error);
}

static int settle_one(struct work *work, struct entry *entry, sluice_error *error) {
    struct settler *settler = work->settler;
    settle_decide(&entry->question, &work->list.list, &settler->rules, &entry->answer);
    entry->became = ORDER_IN_DOUBT;
    if (entry->answer.kind != SETTLE_STAYS)
        return write_decision(work, entry, error);
    if (!entry->answer.missed || entry->doubt.missed_ms)
        return 0;
    return ledger_note_missed(settler->ledger, entry->doubt.id, work->list.list.taken_ms, error);
}

/* T0 for all that is listed, but not known by now. */
static int seed(struct work *work, sluice_error *error) {
    const struct settle_list *list = &work->list.list;
    int failed = 0;
    for (size_t i = 0; !failed && i < list->count; i++) {
        bool added;
        failed = add_foreign(work, &list->orders[i], work->settler->run, &added, error);
        work->settler->found += !failed && added;
    }
    return failed;
}

/* What is listed will be looked for, one after the other. */
static int expect_all(const struct work *work, sluice_error *error) {
    const struct settler *settler = work->settler;
    const struct settle_list *list = &work->list.list;
    int failed = 0;
    for (size_t i = 0; !failed && i < list->count && ledger_is_far(settler->ledger); i++) {
        const struct settle_listed *order = &list->orders[i];
        struct order_key key;
        ledger_expect_order_id(settler->ledger, order->order_id);
        if (!order->service.ptr)
            continue;
        failed = order_key_make(&key, settler->provider, settler->account, order->service, order->identifier,
                                error);
        if (!failed)
            ledger_expect_key(settler->ledger, &key);
    }
    for (size_t i = 0; i < work->count; i++)
        ledger_expect_order(settler->ledger, work->entries[i].doubt.id);
    return failed;
}

static int write_all(struct work *work, sluice_error *error) {
    struct settler *settler = work->settler;
    int failed = expect_all(work, error);
    if (!failed)
        failed = ledger_begin(settler->ledger, error);
    if (failed)
        return failed;
    settler->before = ledger_version(settler->ledger);
    failed =
        ledger_account(settler->ledger, settler->provider, settler->account, true, &work->account, error);
    for (size_t i = 0; !failed && i < work->count; i++)
        failed = settle_one(work, &work->entries[i], error);
    if (!failed && settler->seeds)
        failed = seed(work, error);
    if (!failed && settler->seeds)
        failed = ledger_set_listed(settler->ledger, settler->provider, settler->account, error);
    if (failed) {
        ledger_rollback(settler->ledger);
        return failed;
    }
    crash_point("settling");
    return ledger_commit(settler->ledger, error);
}

static int foresee_order(struct settler *settler, const struct settle_listed *order, sluice_error *error) {
    char room[LOST_ZEROS_IMEI];
    sluice_text forms[LOST_ZEROS_FORMS];
    struct order_key key;
    size_t count = lost_zeros_forms(order->identifier, room, forms);
    int failed = 0;
    for (size_t i = 0; !failed && i < count; i++) {
        failed = order_key_make(&key, settler->provider, settler->account, order->service, forms[i], error);
        if (!failed)
            settler->foreign(settler->user, &key, order);
    }
    return failed;
}

/* The same, only in words. */
static int foresee(struct work *work, sluice_error *error) {
    struct settler *settler = work->settler;
    const struct settle_list *list = &work->list.list;
    int failed = 0;
    for (size_t i = 0; i < work->count; i++) {
        struct entry *entry = &work->entries[i];
        settle_decide(&entry->question, list, &settler->rules, &entry->answer);
        entry->became = entry->answer.kind == SETTLE_STAYS ? ORDER_IN_DOUBT : ORDER_NONE;
    }
    for (size_t i = 0; !failed && i < list->count; i++)
        if (list->orders[i].service.ptr)
            failed = foresee_order(settler, &list->orders[i], error);
    return failed;
}

/* ---- what is said about it ---------------------------------------------------------------- */

static void tell(struct settler *settler, const struct entry *entry) {
    bool settled = entry->became != ORDER_IN_DOUBT;
    enum settle_kind kind = settled ? entry->answer.kind : SETTLE_STAYS;
    const char *text = settled || entry->answer.kind == SETTLE_STAYS
                           ? entry->answer.text
                           : "its order id belongs to another order";
    struct settler_news news = {.order = entry->doubt.id,
                                .run = entry->doubt.run,
                                .key = entry->doubt.key,
                                .row = entry->doubt.row,
                                .service = entry->question.service,
                                .identifier = entry->question.identifier,
                                .price = entry->doubt.price,
                                .kind = kind,
                                .text = text_of(text)};
    if (settled && entry->answer.order)
        news.order_id = entry->answer.order->order_id;
    settler->kinds[kind]++;
    if (kind == SETTLE_STAYS && entry->answer.later_ms) {
        settler->later++;
        if (entry->answer.later_ms > settler->later_ms)
            settler->later_ms = entry->answer.later_ms;
    }
    if (settled && entry->answer.others)
        log_line(
            SLUICE_LOG_WARN, settler->place,
            "%s: the provider has %zu more order%s for it than was asked for: somebody bought it again; see "
            "'sluice ledger show %s'",
            entry->doubt.identifier, entry->answer.others, entry->answer.others == 1 ? "" : "s",
            entry->doubt.identifier);
    if (settler->told)
        settler->told(settler->user, &news);
}

static void warn_untitled(const struct work *work) {
    uint64_t said = 0;
    for (size_t i = 0; i < work->list.list.count && said < WARNINGS; i++) {
        const struct settle_listed *order = &work->list.list.orders[i];
        const struct listed_words *words = words_of(work, order);
        if (order->service.ptr)
            continue;
        said++;
        log_line(SLUICE_LOG_WARN, work->settler->place,
                 "the provider lists order %.*s for %.*s as '%.*s', which is the title of no service, or of "
                 "several: it may be for any, and nothing new is ordered for its identifier, unless with "
                 "--repeat",
                 TEXT_ARG(order->order_id), TEXT_ARG(order->identifier), TEXT_ARG(words->title));
    }
    if (work->list.untitled > said)
        log_line(SLUICE_LOG_WARN, work->settler->place, "and %llu more such orders",
                 (unsigned long long)(work->list.untitled - said));
}

/* Whoever orders has to know them. */
static int tell_untold(const struct work *work, sluice_error *error) {
    const struct settle_list *list = &work->list.list;
    const struct settler *settler = work->settler;
    int failed = 0;
    for (size_t i = 0; !failed && settler->untold && i < list->count; i++) {
        const struct settle_listed *order = &list->orders[i];
        if (!order->service.ptr && order->order_id.len && order->identifier.len)
            failed = settler->untold(settler->user, order, words_of(work, order)->title, error);
    }
    return failed;
}

static int settle_all(struct work *work, sluice_error *error) {
    struct settler *settler = work->settler;
    work->list = (struct order_list){.client = settler->client,
                                     .ledger = settler->ledger,
                                     .account = work->account,
                                     .catalogue = settler->catalogue};
    bool listed = false;
    settler->list_is_used = true;
    int failed = settler->ledger
                     ? ledger_listed(settler->ledger, settler->provider, settler->account, &listed, error)
                     : 0;
    if (!failed)
        failed = order_list_fetch(&work->list, since(work, listed), error);
    if (!failed) /* a clock that jumped would make an order old enough to be called absent */
        failed = client_check_clock(work->settler->client, error);
    crash_point("listed");
    if (!failed)
        failed = settler->dry ? foresee(work, error) : write_all(work, error);
    if (failed)
        return failed;
    crash_point("settled");
    settler->listed = work->list.listed;
    if (settler->seeds) {
        warn_untitled(work);
        failed = tell_untold(work, error);
    }
    for (size_t i = 0; i < work->count; i++)
        tell(settler, &work->entries[i]);
    return failed;
}

int settler_run(struct settler *settler, sluice_error *error) {
    struct work work = {.settler = settler};
    memset(settler->kinds, 0, sizeof settler->kinds);
    settler->found = settler->listed = settler->later = 0;
    settler->later_ms = 0;
    settler->list_is_used = false;
    int failed = settler->ledger ? ledger_account(settler->ledger, settler->provider, settler->account, false,
                                                  &work.account, error)
                                 : 0;
    if (!failed && work.account)
        failed = read_doubts(&work, error);
    if (!failed && (work.count || settler->seeds))
        failed = settle_all(&work, error);
    order_list_free(&work.list);
    arena_free(&work.arena);
    free(work.entries);
    return failed;
}
