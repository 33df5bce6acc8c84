/* sandbox_parts.h - what the files of the sandbox share; nobody else includes it. */
#ifndef CORE_SANDBOX_PARTS_H
#define CORE_SANDBOX_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "host.h"
#include "json.h"
#include "mhd_library.h"
#include "sandbox.h"
#include "sandbox_book.h"

/* One instance of the component. Where a fault must strike before anything is charged, or counts charged
 * requests beforehand, a second instance is asked first what the request would do: nothing that it does
 * is kept. */
struct sandbox_side {
    struct sandbox *sandbox;
    struct sluice_self self;
    void *instance;
    bool open;
    bool forecast;
    bool foreign; /* the request at hand is somebody else's: what it charges isn't in the books */
    bool charged; /* by the request at hand */
};

/* One request, from its first byte to the end of its reply. */
struct visit {
    struct sandbox *sandbox;
    struct MHD_Connection *connection; /* NULL: somebody in this process asks */
    const struct http_request *asked;  /* what; NULL: it comes over a connection */
    struct visit *next;                /* in the queue of replies, or in the list of those that never come */
    sluice_arena arena;
    const char *method, *path;
    char *body;
    size_t body_length, body_room;
    struct field *fields;
    size_t field_count, field_room;
    bool too_large, answered, hangs, over;
    int64_t due_us;
    unsigned nth;            /* on its connection, from 1 */
    enum fault_effect fault; /* 0: none */
    int64_t fault_value, late_us;
    sluice_sandbox_reply reply;
};

struct sandbox {
    const struct mhd_library *mhd;
    struct MHD_Daemon *daemon;
    const sluice_component *type;
    const void *config;
    const char *provider;
    char url[64];
    int listen_fd, epoll_fd, wake_fd, failed_fd;
    pthread_t thread;
    bool running;
    atomic_bool stopping;
    int64_t latency_us;
    struct visit *due_first, *due_last;
    struct visit *hung;

    pthread_mutex_t lock; /* what is below is read by other threads */
    struct sandbox_book book;
    struct fault *faults;
    size_t fault_count;
    struct sandbox_side real, forecast;
    uint64_t requests; /* numbers the turns, too */
    bool paying;       /* the request at hand would be charged, says the forecast */
    sluice_error error;
    bool failed;
};

/* sandbox_host.c */
int sandbox_side_open(struct sandbox_side *side, struct sandbox *sandbox, bool forecast, sluice_error *error);
void sandbox_side_close(struct sandbox_side *side);
/* From now on the components' clock is so much behind; the thread's. */
void sandbox_side_turn_back(int64_t milliseconds);

/* sandbox_visit.c: the request as the component sees it */
bool visit_take(struct visit *visit, const char *bytes, size_t count); /* false: no memory */
bool visit_request(struct visit *visit, sluice_sandbox_request *out);  /* false: no memory */
/* Another header, or parameter; a name may come more than once. False: no memory. */
bool visit_name(struct visit *visit, sluice_text name, sluice_text value);

/* sandbox_ask.c: the same of a request that comes over no connection */
void visit_ask_headers(struct visit *visit);
void visit_ask_parameters(struct visit *visit);

/* sandbox_answer.c */
void answer_decide(struct visit *visit);          /* ask the component, charge, choose the fault */
enum MHD_Result answer_send(struct visit *visit); /* queue the reply, or MHD_NO: close */
/* What the faults that are done to the reply make of it, where no connection breaks off: its status, its type
 * and its body. */
void answer_spoil(struct visit *visit);
bool answer_is_control(const struct visit *visit);
enum MHD_Result answer_control(struct visit *visit);

#endif
