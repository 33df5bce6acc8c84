#include "clerk_errand.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clerk_parts.h"
#include "clock.h"
#include "log.h"
#include "order_id.h"
#include "text.h"
#include "ticker.h"

static const char *const names[] = {[SLUICE_ACT_SETTLE] = "settle",
                                    [SLUICE_ACT_RESOLVE] = "resolve",
                                    [SLUICE_ACT_CHECK] = "check",
                                    [SLUICE_ACT_PAUSE] = "pause",
                                    [SLUICE_ACT_RESUME] = "resume"};

void errand_end(struct errand *errand, enum sluice_acted_how how, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    errand->how = how;
    vsnprintf(errand->text, sizeof errand->text, format, arguments);
    clerk_strike_out(errand->text);
    va_end(arguments);
}

static struct errand *place_of(struct errands *errands, int64_t number) {
    return &errands->kept[number % ERRANDS_KEPT];
}

static void conclude(const struct clerk *clerk, struct errand *errand) {
    errand->ended_ms = clock_wall_ms();
    log_line(SLUICE_LOG_INFO, clerk->post.pipeline->name, "%s, for %s: %s%s", names[errand->kind],
             errand->who, errand->how == SLUICE_ACTED_REFUSED ? "refused: " : "", errand->text);
}

static bool is_under_way(const struct errand *errand) {
    return errand->how == SLUICE_ACTED_UNDER_WAY;
}

/* Those that didn't wait for their turn. Under the lock. */
static void pass_ended(struct errands *errands) {
    while (!errands->running && errands->done < errands->given &&
           !is_under_way(place_of(errands, errands->done + 1)))
        errands->done++;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void run_errand(struct clerk *clerk, struct errand *errand) {
    switch (errand->kind) {
    case SLUICE_ACT_SETTLE:
        errand_settle(clerk, errand);
        break;
    case SLUICE_ACT_RESOLVE:
        errand_resolve(clerk, errand);
        break;
    case SLUICE_ACT_CHECK:
        errand_check(clerk, errand);
        break;
    default:
        errand_pause(clerk, errand);
        break;
    }
    conclude(clerk, errand);
}

static void *errand_thread(void *user) {
    struct errands *errands = user;
    pthread_mutex_lock(&errands->lock);
    for (;;) {
        while (errands->done == errands->given && !errands->stopping)
            pthread_cond_wait(&errands->moved, &errands->lock);
        if (errands->stopping)
            break;
        struct errand errand = *place_of(errands, errands->done + 1);
        errands->running = true;
        errands->waiting--;
        pthread_mutex_unlock(&errands->lock);
        run_errand(errands->clerk, &errand);
        pthread_mutex_lock(&errands->lock);
        errands->running = false;
        *place_of(errands, ++errands->done) = errand;
        pass_ended(errands);
        pthread_cond_broadcast(&errands->moved);
        ticker_tick(errands->clerk->post.ticker, (sluice_text){0});
    }
    pthread_mutex_unlock(&errands->lock);
    return NULL;
}

void errands_open(struct errands *errands, struct clerk *clerk) {
    pthread_condattr_t attributes;
    int64_t now_ms = clock_wall_ms(); /* a page that is open since an earlier start mustn't show another's */
    *errands = (struct errands){.clerk = clerk, .first = now_ms, .given = now_ms, .done = now_ms};
    pthread_mutex_init(&errands->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&errands->moved, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Whoever asked for it must not believe that it goes on. Under the lock. */
static void refuse_waiting(struct errands *errands) {
    for (int64_t number = errands->done + 1 + errands->running; number <= errands->given; number++) {
        struct errand *errand = place_of(errands, number);
        if (!is_under_way(errand))
            continue;
        errand_end(errand, SLUICE_ACTED_REFUSED,
                   "the service was stopped before it was begun; nothing has changed: ask for it again");
        conclude(errands->clerk, errand);
        errands->waiting--;
    }
}

void errands_stop(struct errands *errands) {
    pthread_mutex_lock(&errands->lock);
    errands->stopping = true;
    refuse_waiting(errands);
    if (errands->stop)
        stop_wish(errands->stop);
    pthread_cond_broadcast(&errands->moved);
    pthread_mutex_unlock(&errands->lock);
}

void errands_close(struct errands *errands) {
    if (errands->started)
        pthread_join(errands->thread, NULL);
    pthread_cond_destroy(&errands->moved);
    pthread_mutex_destroy(&errands->lock);
}

/* ---- taking one in --------------------------------------------------------------------------- */

static int keep(char *room, size_t size, sluice_text text, const char *what, sluice_error *error) {
    if (text.len >= size || (text.len && memchr(text.ptr, 0, text.len)))
        return fail(error, SLUICE_E_DATA, "the %s is too long", what);
    snprintf(room, size, "%.*s", TEXT_ARG(text));
    return 0;
}

static int read_act(const struct clerk *clerk, const sluice_act *asked, struct errand *out,
                    sluice_error *error) {
    sluice_text who = asked->who.len ? asked->who : text_of(clerk->post.pipeline->source.plugin->name);
    *out = (struct errand){.kind = asked->kind,
                           .flags = asked->flags,
                           .begun_ms = clock_wall_ms(),
                           .how = SLUICE_ACTED_UNDER_WAY};
    if (asked->kind < SLUICE_ACT_SETTLE || asked->kind > SLUICE_ACT_RESUME)
        return fail(error, SLUICE_E_PLUGIN, "this version can't do what kind %u asks for", asked->kind);
    int failed = keep(out->key, sizeof out->key, asked->key, "key", error);
    if (!failed)
        failed = keep(out->order_id, sizeof out->order_id, asked->order_id, "order id", error);
    if (!failed)
        failed = keep(out->reason, sizeof out->reason, text_cut(asked->reason, ERRAND_REASON - 1), "reason",
                      error);
    return failed ? failed : keep(out->who, sizeof out->who, text_cut(who, ERRAND_WHO - 1), "name", error);
}

/* What is wrong with it, as a sentence; NULL: nothing. */
static const char *wrong_with(const struct clerk *clerk, const struct errand *errand) {
    struct order_key key;
    if (errand->kind == SLUICE_ACT_CHECK)
        return *errand->order_id ? NULL : "say which order: give its order id";
    if (errand->kind == SLUICE_ACT_SETTLE)
        return clerk->offer.opened ? NULL : "this pipeline orders nothing, so nothing of it is in doubt";
    if (errand->kind != SLUICE_ACT_RESOLVE)
        return NULL;
    if (!order_key_parse(errand->key, &key))
        return "say which order: give its key in the ledger";
    if (*errand->order_id && order_id_is_made_up(text_of(errand->order_id)))
        return "that is no order id of the provider";
    if (!*errand->order_id && !*errand->reason)
        return "say why: the reason is what there is to go by if it was bought after all";
    return NULL;
}

static bool same(const struct errand *one, const struct errand *other) {
    return one->kind == other->kind && strcmp(one->key, other->key) == 0 &&
           strcmp(one->order_id, other->order_id) == 0 && one->flags == other->flags;
}

/* One that waits to be run, or is, and would do the same. Under the lock. */
static int64_t find_same(struct errands *errands, const struct errand *errand) {
    for (int64_t number = errands->done + 1; number <= errands->given; number++)
        if (is_under_way(place_of(errands, number)) && same(place_of(errands, number), errand))
            return number;
    return 0;
}

static int start(struct errands *errands, sluice_error *error) {
    if (errands->stopping)
        return fail(error, SLUICE_E_BUSY, "the service is stopping");
    if (!errands->started && pthread_create(&errands->thread, NULL, errand_thread, errands))
        return fail(error, SLUICE_E_IO, "no thread can be started");
    errands->started = true;
    return 0;
}

static void answer(const struct errand *errand, sluice_acted *out) {
    sluice_acted said = {.size = out->size, .answer = errand->how, .act = errand->number};
    snprintf(said.text, sizeof said.text, "%s",
             errand->how == SLUICE_ACTED_UNDER_WAY ? "it is under way" : errand->text);
    memcpy(out, &said, out->size < sizeof said ? out->size : sizeof said);
}

static void wait_for(struct errands *errands, int64_t number, uint32_t wait_ms) {
    struct timespec end;
    int over = 0;
    clock_gettime(CLOCK_MONOTONIC, &end);
    int64_t ns = end.tv_nsec + (int64_t)(wait_ms % 1000) * 1000000;
    end.tv_sec += wait_ms / 1000 + ns / 1000000000;
    end.tv_nsec = ns % 1000000000;
    while (errands->done < number && !errands->stopping && !over)
        over = pthread_cond_timedwait(&errands->moved, &errands->lock, &end);
}

/* Where all places are taken by what is behind one that takes long, a pause that is over gives up its own:
 * fewer wait than there are places. Under the lock. */
static int64_t next_number(struct errands *errands) {
    int64_t number = errands->given;
    if (errands->given - errands->done < ERRANDS_KEPT)
        return ++errands->given;
    while (is_under_way(place_of(errands, number)))
        number--;
    return number;
}

static int take_in(struct errands *errands, struct errand *errand, uint32_t wait_ms, sluice_error *error) {
    pthread_mutex_lock(&errands->lock);
    int failed = start(errands, error);
    errand->number = failed ? 0 : find_same(errands, errand);
    if (!failed && !errand->number) {
        if (errands->waiting >= ERRANDS_WAITING) {
            errand_end(errand, SLUICE_ACTED_REFUSED, "too much is under way already; try again later");
        } else {
            errands->waiting++;
            errand->number = next_number(errands);
            *place_of(errands, errand->number) = *errand;
            pthread_cond_broadcast(&errands->moved);
        }
    }
    if (!failed && errand->number) {
        wait_for(errands, errand->number, wait_ms);
        *errand = *place_of(errands, errand->number);
    }
    pthread_mutex_unlock(&errands->lock);
    return failed;
}

/* Who stops the spending doesn't wait behind somebody's question to the provider. */
static int do_now(struct errands *errands, struct errand *errand, sluice_error *error) {
    pthread_mutex_lock(&errands->lock);
    bool stopping = errands->stopping;
    pthread_mutex_unlock(&errands->lock);
    if (stopping)
        return fail(error, SLUICE_E_BUSY, "the service is stopping");
    run_errand(errands->clerk, errand);
    pthread_mutex_lock(&errands->lock);
    errand->number = next_number(errands);
    *place_of(errands, errand->number) = *errand;
    pass_ended(errands);
    pthread_mutex_unlock(&errands->lock);
    ticker_tick(errands->clerk->post.ticker, (sluice_text){0});
    return 0;
}

int clerk_act(struct clerk *clerk, const sluice_act *given, sluice_acted *out, sluice_error *error) {
    sluice_act asked = {0};
    struct errand errand;
    memcpy(&asked, given, given->size < sizeof asked ? given->size : sizeof asked);
    int failed = read_act(clerk, &asked, &errand, error);
    const char *wrong = failed ? NULL : wrong_with(clerk, &errand);
    bool at_once = errand.kind == SLUICE_ACT_PAUSE || errand.kind == SLUICE_ACT_RESUME;
    if (wrong)
        errand_end(&errand, SLUICE_ACTED_REFUSED, "%s", wrong);
    else if (!failed)
        failed = at_once ? do_now(&clerk->errands, &errand, error)
                         : take_in(&clerk->errands, &errand, asked.wait_ms, error);
    if (!failed)
        answer(&errand, out);
    return failed;
}

/* ---- what there was -------------------------------------------------------------------------- */

static void keep_errand(struct handout_page *page, const struct errand *errand) {
    static const char *const states[] = {[SLUICE_ACTED_DONE] = "done",
                                         [SLUICE_ACTED_REFUSED] = "refused",
                                         [SLUICE_ACTED_UNDER_WAY] = "under_way"};
    sluice_text *row = handout_page_add(page);
    if (!row)
        return;
    row[0] = handout_number(page, errand->number);
    row[1] = text_of(names[errand->kind]);
    row[2] = *errand->key ? handout_string(page, errand->key) : (sluice_text){0};
    row[3] = *errand->order_id ? handout_string(page, errand->order_id) : (sluice_text){0};
    row[4] = handout_string(page, errand->who);
    row[5] = handout_time(page, errand->begun_ms);
    row[6] = handout_time(page, errand->ended_ms);
    row[7] = text_of(states[errand->how]);
    row[8] = *errand->text ? handout_string(page, errand->text) : (sluice_text){0};
}

int clerk_acts(struct clerk *clerk, const sluice_query *asked, struct handout *out, sluice_error *error) {
    static const sluice_text columns[] = {TEXT("act"),      TEXT("kind"),  TEXT("key"),
                                          TEXT("order_id"), TEXT("who"),   TEXT("begun_ms"),
                                          TEXT("ended_ms"), TEXT("state"), TEXT("text")};
    struct handout_page page = {.names = columns, .columns = sizeof columns / sizeof *columns};
    struct errands *errands = &clerk->errands;
    int64_t one = query_number(query_value(asked, "act"));
    pthread_mutex_lock(&errands->lock);
    for (int64_t number = errands->given; number > errands->first && number > errands->given - ERRANDS_KEPT;
         number--)
        if (!one || one == number)
            keep_errand(&page, place_of(errands, number));
    pthread_mutex_unlock(&errands->lock);
    return handout_give_page(out, &page, error);
}
