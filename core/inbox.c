#include "inbox.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "inbox_parts.h"
#include "log.h"
#include "text.h"

enum { PRUNE_EVERY_MS = 3600000, PRUNE_PAUSE_MS = 100 };

static const char *const names[INBOX_STATES] = {"open",     "waiting",  "placed",  "duplicate",
                                                "rejected", "in_doubt", "skipped", "passed"};

const char *inbox_state_name(enum inbox_state state) {
    return names[state];
}

int inbox_state_of(const char *name) {
    for (int state = 0; state < INBOX_STATES; state++)
        if (strcmp(names[state], name) == 0)
            return state;
    return -1;
}

/* ---- the thread that writes ----------------------------------------------------------------- */

/* Without the lock: whoever is told may ask for more. */
static void tell(const struct inbox *inbox, const struct inbox_entry *first) {
    for (const struct inbox_entry *entry = first; entry && inbox->told; entry = entry->next)
        if (entry->changed && !entry->refused)
            inbox->told(inbox->user, text_of(entry->pipeline), text_of(entry->name), entry->row_in_job,
                        &entry->end);
}

/* What became of a row that can't be kept is found out again by the next run: the ledger knows it. Whoever
 * closes rows has to know that there are such. */
static void finish_group(struct inbox *inbox, struct inbox_entry *first, int failed,
                         const sluice_error *error) {
    struct inbox_entry *next;
    uint64_t lost = 0, ends = 0;
    if (failed || error->code)
        log_line(SLUICE_LOG_ERROR, NULL, "%s", error->text);
    if (!failed)
        tell(inbox, first);
    for (struct inbox_entry *entry = first; entry; entry = entry->next) {
        lost += !entry->waited && (failed || entry->refused);
        ends += !entry->waited;
    }
    if (ends) { /* before anybody hears that all was written */
        pthread_mutex_lock(&inbox->lock);
        inbox->lost += lost;
        inbox->noted -= ends;
        pthread_cond_broadcast(&inbox->kept);
        pthread_mutex_unlock(&inbox->lock);
    }
    for (struct inbox_entry *entry = first; entry; entry = next) {
        next = entry->next; /* one that somebody waits for is gone once it is done */
        if (!entry->waited) {
            inbox_entry_free(entry);
            continue;
        }
        if (failed) {
            entry->result = failed;
            *entry->error = *error;
        } else if (entry->refused) {
            entry->result = entry->refused;
        }
        sem_post(&entry->done);
    }
}

/* What is old is forgotten in small steps. Milliseconds until the next. */
static int64_t prune(struct inbox *inbox) {
    int64_t before_ms = clock_wall_ms() - (int64_t)INBOX_KEEP_DAYS * 24 * 60 * 60 * 1000;
    sluice_error error = ERROR_INIT;
    int result = inbox_prune_step(&inbox->writer, &inbox->pruning, before_ms, &error);
    if (result > 0)
        return PRUNE_PAUSE_MS;
    if (result < 0)
        log_line(SLUICE_LOG_WARN, NULL, "jobs that are done can't be forgotten: %s", error.text);
    else if (inbox->pruning.jobs)
        log_line(SLUICE_LOG_INFO, NULL, "%" PRIu64 " jobs that ended more than %d days ago are forgotten",
                 inbox->pruning.jobs, INBOX_KEEP_DAYS);
    inbox->pruning = (struct inbox_pruning){0};
    return PRUNE_EVERY_MS;
}

static void write_one_group(struct inbox *inbox, struct inbox_entry *first) {
    sluice_error error = ERROR_INIT;
    int failed = inbox_write_group(&inbox->writer, first, &error);
    finish_group(inbox, first, failed, &error);
}

static void *write_thread(void *user) {
    struct inbox *inbox = user;
    int64_t prune_us = clock_us();
    pthread_mutex_lock(&inbox->lock);
    for (;;) {
        struct timespec until = clock_deadline((prune_us - clock_us()) / 1000 + 1);
        while (!inbox->first && !inbox->closing && clock_us() < prune_us)
            pthread_cond_timedwait(&inbox->arrived, &inbox->lock, &until);
        struct inbox_entry *first = inbox->first;
        if (!first && inbox->closing)
            break;
        inbox->first = NULL;
        inbox->last = &inbox->first;
        pthread_mutex_unlock(&inbox->lock);
        if (first)
            write_one_group(inbox, first);
        if (clock_us() >= prune_us)
            prune_us = clock_us() + prune(inbox) * 1000;
        pthread_mutex_lock(&inbox->lock);
    }
    pthread_mutex_unlock(&inbox->lock);
    return NULL;
}

/* ---- what others call ----------------------------------------------------------------------- */

static void push(struct inbox *inbox, struct inbox_entry *entry) {
    entry->next = NULL;
    *inbox->last = entry;
    inbox->last = &entry->next;
    pthread_cond_signal(&inbox->arrived);
}

static int push_and_wait(struct inbox *inbox, struct inbox_entry *entry, sluice_error *error) {
    entry->waited = true;
    entry->error = error;
    sem_init(&entry->done, 0, 0);
    pthread_mutex_lock(&inbox->lock);
    push(inbox, entry);
    pthread_mutex_unlock(&inbox->lock);
    while (sem_wait(&entry->done) != 0)
        continue; /* interrupted */
    sem_destroy(&entry->done);
    return entry->result;
}

int inbox_submit(struct inbox *inbox, const struct inbox_job *job, sluice_error *error) {
    struct inbox_entry entry = {.kind = ENTRY_JOB, .job = job};
    int failed = inbox_encode_job(&entry, error);
    if (!failed)
        failed = push_and_wait(inbox, &entry, error);
    record_buffer_free(&entry.columns);
    record_buffer_free(&entry.records);
    free(entry.ends);
    return failed;
}

void inbox_note(struct inbox *inbox, const struct inbox_end *end) {
    struct inbox_entry *entry = inbox_entry_of(end);
    if (!entry)
        log_line(SLUICE_LOG_ERROR, NULL, "no memory is left to note what became of row %llu",
                 (unsigned long long)end->row);
    pthread_mutex_lock(&inbox->lock);
    if (entry)
        push(inbox, entry);
    else
        inbox->lost++;
    inbox->noted += entry != NULL;
    pthread_mutex_unlock(&inbox->lock);
}

void inbox_await_room(struct inbox *inbox) {
    pthread_mutex_lock(&inbox->lock);
    while (inbox->noted >= INBOX_NOTES)
        pthread_cond_wait(&inbox->kept, &inbox->lock);
    pthread_mutex_unlock(&inbox->lock);
}

uint64_t inbox_lost(struct inbox *inbox) {
    pthread_mutex_lock(&inbox->lock);
    uint64_t lost = inbox->lost;
    pthread_mutex_unlock(&inbox->lock);
    return lost;
}

int inbox_sync(struct inbox *inbox, sluice_error *error) {
    struct inbox_entry entry = {.kind = ENTRY_SYNC};
    return push_and_wait(inbox, &entry, error);
}

/* ---- opening and closing --------------------------------------------------------------------- */

int inbox_open(const char *state_dir, inbox_told *told, void *user, struct inbox **out, sluice_error *error) {
    struct inbox *inbox = calloc(1, sizeof *inbox);
    if (!inbox)
        return fail_memory(error);
    pthread_condattr_t monotonic;
    inbox->told = told;
    inbox->user = user;
    inbox->last = &inbox->first;
    pthread_mutex_init(&inbox->lock, NULL);
    pthread_mutex_init(&inbox->read_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&inbox->arrived, &monotonic);
    pthread_cond_init(&inbox->kept, NULL);
    pthread_condattr_destroy(&monotonic);
    int failed = inbox_db_open(&inbox->writer, state_dir, error);
    if (!failed)
        failed = inbox_db_open(&inbox->reader, state_dir, error);
    if (!failed && pthread_create(&inbox->thread, NULL, write_thread, inbox))
        failed = fail(error, SLUICE_E_IO, "no thread can be started");
    inbox->started = !failed;
    if (failed)
        inbox_close(inbox);
    else
        *out = inbox;
    return failed;
}

void inbox_close(struct inbox *inbox) {
    if (!inbox)
        return;
    if (inbox->started) {
        pthread_mutex_lock(&inbox->lock);
        inbox->closing = true;
        pthread_cond_signal(&inbox->arrived);
        pthread_mutex_unlock(&inbox->lock);
        pthread_join(inbox->thread, NULL);
    }
    inbox_db_close(&inbox->reader);
    inbox_db_close(&inbox->writer);
    pthread_cond_destroy(&inbox->kept);
    pthread_cond_destroy(&inbox->arrived);
    pthread_mutex_destroy(&inbox->read_lock);
    pthread_mutex_destroy(&inbox->lock);
    free(inbox);
}
