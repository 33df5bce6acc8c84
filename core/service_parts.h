/* service_parts.h - what the files of the service share; nobody else includes it. */
#ifndef CORE_SERVICE_PARTS_H
#define CORE_SERVICE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "doubt_reasons.h"
#include "inbox.h"
#include "monitor.h"
#include "pipeline.h"
#include "push.h"
#include "run_report.h"
#include "service.h"
#include "stop.h"
#include "ticker.h"
#include "timer.h"
#include "zone.h"

enum {
    JOB_EXITS = 144,          /* exit codes that are counted one by one */
    DOUBTS_LOOK_US = 2000000, /* between two looks at what became of rows in doubt */
};

/* One pipeline of the service. The main thread owns it; what the pages show changes under the lock. */
struct job {
    struct service *service;
    const char *file;
    struct pipeline *next; /* read anew, to be taken over when the run under way has ended; NULL: none */
    struct timer timer;
    struct zone *zone; /* of the timer; NULL: it needs none */
    struct stop stop;
    pthread_t thread;
    atomic_bool over; /* the run has ended, and waits to be seen */
    int code;         /* of that run: the exit code */
    int64_t began_us;
    uint64_t brought_before; /* records that had come to their sinks when that run began */
    bool stores_said;        /* by a run of the pipeline as it is now */
    struct run_report report;
    struct doubt_reasons reasons; /* of the run under way */

    /* Of a pipeline whose records people send. */
    struct push push;
    struct push_port port;
    struct ticker *ticker; /* of what was sent: what pages wait for */
    struct clerk *clerk;
    char *push_name;           /* the pipeline's; NULL: it is none of those */
    atomic_bool nudged;        /* something was sent */
    bool complete;             /* of the last run: it has left nothing in the inbox that it had read */
    int64_t push_ended_us;     /* the last run */
    int64_t push_held_us;      /* no run before this */
    uint64_t doubts;           /* rows in doubt */
    int64_t reviewed_us;       /* when that was looked up; 0: not since the last run */
    int64_t ask_pause_us;      /* from the last run to one that asks about them */
    pthread_mutex_t push_lock; /* of what follows, and while it is told something */
    bool pushing;

    /* Under service->lock. */
    struct pipeline *pipeline;
    bool running, ran;
    uint64_t exits[JOB_EXITS], skipped;
    int last_exit;
    int64_t last_began_ms, last_ended_ms, last_us;
    unsigned failures; /* in a row */
    int64_t next_ms;   /* of the next run; 0: none */
    char trouble[256]; /* of the last run, before it could begin; "": none */
};

enum { SERVICE_URI = 4096 };

struct service {
    const struct service_settings *settings;
    struct job *jobs;
    size_t job_count;
    struct monitor *monitor;
    struct inbox *inbox; /* NULL: nobody sends anything */
    int wake_fd;         /* a run has ended */
    int64_t began_ms;
    pthread_mutex_t lock;
    bool draining; /* under the lock */
};

/* Where the ledger is that it tells about: that of the first pipeline which names one, whose address is
 * copied to `uri`; else the file. */
struct ledger_site service_site(struct service *service, char uri[SERVICE_URI]);

/* ---- service_job.c ------------------------------------------------------------------------- */

struct timer_now service_now(void);
/* The pipeline is the job's from now on; its timer goes on when the trigger is the same. */
int job_take(struct job *job, struct pipeline *pipeline, sluice_error *error);
/* Start a run when it is time; what a run has left behind is taken note of. Microseconds until it wants to
 * be looked at again; INT64_MAX: not before something happens. */
int64_t job_turn(struct job *job);
/* Ask the run under way, if there is one, to end. */
void job_stop(struct job *job);
void job_free(struct job *job);

/* ---- service_push.c ------------------------------------------------------------------------ */

bool job_is_push(const struct pipeline *pipeline);
/* Stop listening for the old pipeline, start for the new one if people send to it. */
int job_take_push(struct job *job, const struct pipeline *pipeline, sluice_error *error);
void job_close_push(struct job *job);
/* A run has ended: has it done all that it had read? */
void job_push_ended(struct job *job, bool complete);
/* Microseconds until a run is wanted; INT64_MAX: nothing waits in the inbox. */
int64_t job_push_wait_us(struct job *job);

/* ---- service_doubts.c ----------------------------------------------------------------------- */

/* A run, which asks about what is in doubt, has ended. */
void job_doubts_asked(struct job *job);
/* To the next one that does; what is in doubt no more waits in the inbox again. No run may be at work. */
int64_t job_doubts_wait_us(struct job *job);
/* inbox_told; `user` is the service. */
void service_told(void *user, sluice_text pipeline, sluice_text name, uint64_t row,
                  const struct inbox_end *end);

/* ---- service_query.c ------------------------------------------------------------------------ */

int service_query(struct job *job, const sluice_query *asked, sluice_each_row *each, void *user,
                  sluice_error *error);

/* ---- service_load.c ------------------------------------------------------------------------ */

/* Read every file. At the start all of them have to be good: 0, an exit code after complaints, or a failure.
 * At a reload those that are good wait for their turn, and those that aren't keep what they had. */
int service_load(struct service *service, sluice_error *error);
void service_reload(struct service *service);

/* ---- service_health.c, service_metrics.c ---------------------------------------------------- */

/* struct monitor_page's make; `user` is the service. */
char *service_health(void *user, unsigned *status);
char *service_metrics(void *user, unsigned *status);

#endif
