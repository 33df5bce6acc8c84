#include "inbox_feed.h"

#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "batch.h"
#include "log.h"
#include "text.h"

enum {
    TURN_ROWS = 64,     /* of one job, before it is another's turn */
    RUN_JOBS = 10000,   /* of one run; the next one takes the others */
    REFRESH_JOBS = 256, /* looked for at once */
    CLOSE_ROWS = 1000,
};

/* ---- which jobs there are -------------------------------------------------------------------- */

static int add_job(void *user, const struct inbox_job_view *job) {
    struct inbox_feed *feed = user;
    if (feed->job_count == RUN_JOBS)
        return 1;
    if (feed->job_count == feed->job_room) {
        size_t room = feed->job_room ? feed->job_room * 2 : 16;
        struct fed_job *more = realloc(feed->jobs, room * sizeof *more);
        if (!more)
            return 1; /* the next run takes it */
        feed->jobs = more;
        feed->job_room = room;
    }
    struct fed_job fed = {.id = job->id,
                          .rows = job->rows,
                          .submitted_ms = job->submitted_ms,
                          .repeat = job->repeat,
                          .max_price = job->max_price,
                          .spent = job->spent};
    if (asprintf(&fed.asker, "%.*s: job %.*s", TEXT_ARG(feed->pipeline), TEXT_ARG(job->name)) < 0)
        return 1;
    feed->jobs[feed->job_count++] = fed;
    return 0;
}

static int look_for_more(struct inbox_feed *feed, sluice_error *error) {
    int64_t newest = feed->job_count ? feed->jobs[feed->job_count - 1].id : 0;
    return inbox_open_jobs(feed->inbox, feed->pipeline, newest, REFRESH_JOBS, add_job, feed, error);
}

/* The next one that has rows to read; NULL: none has. */
static struct fed_job *next_turn(struct inbox_feed *feed) {
    for (size_t i = 0; i < feed->job_count; i++) {
        struct fed_job *job = &feed->jobs[(feed->turn + i) % feed->job_count];
        if (job->read < job->rows) {
            feed->turn = (feed->turn + i + 1) % feed->job_count;
            return job;
        }
    }
    return NULL;
}

/* ---- reading -------------------------------------------------------------------------------- */

struct reading {
    struct fed_job *job;
    sluice_filling *out;
    sluice_error *error;
    int failed;
};

static int add_row(void *user, const struct inbox_row_view *row) {
    struct reading *reading = user;
    sluice_filling *out = reading->out;
    reading->job->read = row->row;
    if (row->end.state > INBOX_WAITING)
        return 0;
    if (!out->cells || !out->column_count)
        reading->failed = filling_columns(out, row->names, row->count, reading->error);
    for (uint32_t c = 0; !reading->failed && c < row->count; c++) {
        sluice_text value = arena_copy(out->arena, row->values[c]);
        if (row->values[c].ptr && !value.ptr)
            reading->failed = fail_memory(reading->error);
        out->cells[c][out->row_count] = value;
    }
    if (reading->failed)
        return 1;
    out->numbers[out->row_count++] = row->end.row;
    return out->row_count == out->row_limit;
}

static int read_turn(struct inbox_feed *feed, struct fed_job *job, sluice_filling *out, sluice_error *error) {
    struct reading reading = {.job = job, .out = out, .error = error};
    uint64_t before = job->read;
    int result = inbox_rows(feed->inbox, job->id, job->read, TURN_ROWS, add_row, &reading, error);
    if (!result)
        result = reading.failed;
    if (result > 0 || (!result && job->read == before)) /* it has gone meanwhile */
        job->read = job->rows;
    return result < 0 ? result : 0;
}

static int32_t feed_read(void *instance, sluice_filling *out, sluice_error *error) {
    struct inbox_feed *feed = instance;
    int failed = 0;
    pthread_mutex_lock(&feed->lock);
    struct fed_job *job = NULL;
    while (!failed && !out->row_count) {
        failed = look_for_more(feed, error);
        job = failed ? NULL : next_turn(feed);
        if (!job)
            break;
        failed = read_turn(feed, job, out, error);
    }
    pthread_mutex_unlock(&feed->lock);
    return failed ? failed : job ? 0 : SLUICE_END;
}

static int32_t feed_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                         sluice_error *error) {
    (void)host, (void)self, (void)error;
    *instance = *(struct inbox_feed *const *)config;
    return 0;
}

static void feed_close(void *instance) {
    (void)instance; /* it is the opener's */
}

static const sluice_source callbacks = {.size = sizeof callbacks, .read = feed_read};

static const sluice_component type = {
    .size = sizeof type,
    .kind = SLUICE_SOURCE,
    .name = "inbox",
    .open = feed_open,
    .close = feed_close,
    .source = &callbacks,
};

/* ---- what the run tells and asks ------------------------------------------------------------- */

/* The job of a row that was read; NULL: none. Under the lock. */
static struct fed_job *job_of(const struct inbox_feed *feed, uint64_t row) {
    for (size_t low = 0, high = feed->job_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        struct fed_job *job = &feed->jobs[middle];
        if ((uint64_t)job->id > row)
            high = middle;
        else if ((uint64_t)job->id + job->rows <= row)
            low = middle + 1;
        else
            return job;
    }
    return NULL;
}

/* What was given up unsent is tried again; what was bought for this very row, before a crash, is placed. */
static enum inbox_state state_of(const struct order_line *line) {
    int state = inbox_state_of(line->state);
    if (state == INBOX_DUPLICATE && line->own_row == line->row)
        return INBOX_PLACED;
    if (state == INBOX_SKIPPED && (text_is(line->code, "max_run") || text_is(line->code, "max_price")))
        return INBOX_SKIPPED;
    return state <= 0 || state == INBOX_SKIPPED ? INBOX_WAITING : (enum inbox_state)state;
}

/* Said once a job and run: it may be many rows. */
static void say_left_out(struct inbox_feed *feed, const struct order_line *line) {
    struct fed_job *job = job_of(feed, line->row);
    bool dear = text_is(line->code, "max_price");
    if (!job || (dear ? job->dear : job->over))
        return;
    job->dear |= dear;
    job->over |= !dear;
    log_line(SLUICE_LOG_WARN, job->asker, "%.*s: row %llu and what %s isn't ordered", TEXT_ARG(line->reason),
             (unsigned long long)(line->row - (uint64_t)job->id + 1),
             dear ? "costs as much" : "is behind it");
}

static void on_line(void *user, const struct order_line *line) {
    struct inbox_feed *feed = user;
    enum inbox_state state = state_of(line);
    pthread_mutex_lock(&feed->lock);
    feed->unfinished |= state == INBOX_WAITING;
    if (state == INBOX_SKIPPED)
        say_left_out(feed, line);
    pthread_mutex_unlock(&feed->lock);
    struct inbox_end end = {.row = line->row,
                            .state = state,
                            .order_id = line->order_id,
                            .code = line->code,
                            .reason = line->reason,
                            .price = line->price,
                            .keyed = line->key != NULL};
    if (line->key)
        end.key = *line->key;
    inbox_await_room(feed->inbox);
    inbox_note(feed->inbox, &end);
}

static struct run_asker on_asker(void *user, uint64_t row) {
    struct inbox_feed *feed = user;
    struct run_asker asker = {.max_price = MONEY_NONE};
    pthread_mutex_lock(&feed->lock);
    const struct fed_job *job = job_of(feed, row);
    if (job)
        asker = (struct run_asker){text_of(job->asker), job->repeat, job->submitted_ms, job->max_price};
    pthread_mutex_unlock(&feed->lock);
    return asker;
}

/* ---- what jobs spend -------------------------------------------------------------------------- */

static money on_count(void *user, uint64_t row, money price) {
    struct inbox_feed *feed = user;
    pthread_mutex_lock(&feed->lock);
    struct fed_job *job = job_of(feed, row);
    if (job && price && job->spent_turn != feed->count_turn) {
        job->spent_before = job->spent;
        job->spent_turn = feed->count_turn;
    }
    if (job)
        job->spent = money_add(job->spent, price);
    money spent = job ? job->spent : 0;
    pthread_mutex_unlock(&feed->lock);
    return spent;
}

static void on_counted(void *user, bool kept) {
    struct inbox_feed *feed = user;
    pthread_mutex_lock(&feed->lock);
    for (size_t i = 0; !kept && i < feed->job_count; i++)
        if (feed->jobs[i].spent_turn == feed->count_turn)
            feed->jobs[i].spent = feed->jobs[i].spent_before;
    feed->count_turn++;
    pthread_mutex_unlock(&feed->lock);
}

/* ---- opening and closing --------------------------------------------------------------------- */

void inbox_feed_open(struct inbox_feed *feed, struct inbox *inbox, const struct pipeline *pipeline) {
    *feed =
        (struct inbox_feed){.inbox = inbox, .pipeline = text_of(pipeline->name), .lost = inbox_lost(inbox)};
    feed->component = pipeline->source;
    feed->component.type = &type;
    feed->self = feed;
    feed->component.config = &feed->self;
    feed->watch = (struct run_watch){
        .heard = on_line, .asker = on_asker, .count = on_count, .counted = on_counted, .user = feed};
    feed->count_turn = 1;
    pthread_mutex_init(&feed->lock, NULL);
}

struct closing {
    struct inbox *inbox;
    enum inbox_state state;
};

static int close_row(void *user, const struct inbox_row_view *row) {
    const struct closing *closing = user;
    if (row->end.state == INBOX_OPEN)
        inbox_note(closing->inbox, &(struct inbox_end){.row = row->end.row, .state = closing->state});
    return 0;
}

/* A row whose end was lost isn't to be told from one that nothing was said of: then none is closed. */
static bool may_close(const struct inbox_feed *feed) {
    return feed->complete && inbox_lost(feed->inbox) == feed->lost;
}

/* A piece at a time: others read meanwhile. 1: the job is gone. */
static int close_rows(const struct inbox_feed *feed, const struct fed_job *job, struct closing *closing,
                      sluice_error *error) {
    int result = 0;
    for (uint64_t after = 0; !result && after < job->read; after += CLOSE_ROWS) {
        uint64_t left = job->read - after;
        inbox_await_room(feed->inbox);
        result = inbox_rows(feed->inbox, job->id, after, left < CLOSE_ROWS ? left : CLOSE_ROWS, close_row,
                            closing, error);
    }
    return result;
}

int inbox_feed_end(struct inbox_feed *feed, bool spends, sluice_error *error) {
    struct closing closing = {feed->inbox, spends ? INBOX_SKIPPED : INBOX_PASSED};
    int failed = inbox_sync(feed->inbox, error);
    bool closes = !failed && may_close(feed);
    for (size_t i = 0; failed >= 0 && closes && i < feed->job_count; i++)
        failed = close_rows(feed, &feed->jobs[i], &closing, error);
    failed = failed < 0 ? failed : inbox_sync(feed->inbox, error);
    return failed ? failed : !may_close(feed) || feed->unfinished;
}

void inbox_feed_close(struct inbox_feed *feed) {
    pthread_mutex_destroy(&feed->lock);
    for (size_t i = 0; i < feed->job_count; i++)
        free(feed->jobs[i].asker);
    free(feed->jobs);
}
