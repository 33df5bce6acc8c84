/* Rows of a push pipeline that are in doubt: whoever settles their orders, and be it another process, the
 * rows wait again then, and the next run finds out what became of each. While nothing else begins a run, one
 * is begun from time to time, which asks the provider. */
#include "clock.h"
#include "log.h"
#include "service_parts.h"
#include "text.h"

enum {
    ASK_FIRST_US = 60000000, /* from a run that left something in doubt to the next one: two lists that are */
    ASK_MOST_US = 1800000000, /* to prove an order absent are at least a minute apart */
};

/* New doubts are asked about soon, old ones seldom. */
static void plan_asking(struct job *job, uint64_t left) {
    if (left > job->doubts)
        job->ask_pause_us = ASK_FIRST_US;
    job->doubts = left;
}

void job_doubts_asked(struct job *job) {
    job->reviewed_us = 0;
    job->ask_pause_us = job->ask_pause_us < ASK_MOST_US / 2 ? 2 * job->ask_pause_us : ASK_MOST_US;
}

int64_t job_doubts_wait_us(struct job *job) {
    sluice_error error = ERROR_INIT;
    int64_t now_us = clock_us();
    uint64_t left;
    if (!job->reviewed_us || now_us - job->reviewed_us >= DOUBTS_LOOK_US) {
        job->reviewed_us = now_us;
        const struct ledger_site site = {.state_dir = job->service->settings->state_dir,
                                         .uri = job->pipeline->ledger.uri,
                                         .lease_ms = job->pipeline->ledger.lease_ms};
        if (inbox_review(job->service->inbox, text_of(job->push_name), &site, &left, &error))
            log_line(SLUICE_LOG_WARN, job->pipeline->name, "what became of the rows in doubt isn't known: %s",
                     error.text);
        else
            plan_asking(job, left);
    }
    if (!job->doubts)
        return INT64_MAX;
    int64_t then_us = job->push_ended_us + job->ask_pause_us;
    return then_us > now_us ? then_us - now_us : 0;
}
