/* Server-sent events: how far a job is, whenever that changes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sluice/text.h>

#include "job.h"
#include "pages.h"
#include "reply.h"

enum {
    STREAMS = 64,          /* so that tabs left open shut nobody out */
    PAUSE_MS = 300,        /* between two events */
    LOOK_MS = 500,         /* so soon a stop of the form is seen */
    STILL_THERE_MS = 15000 /* without news a comment is sent, for proxies, and to see who has left */
};

struct stream {
    struct form *form;
    char job[JOB_NAME + 1];
    uint64_t version;
    struct buffer text; /* what is to be sent, from `sent` on */
    size_t sent;
    bool ended;
    int64_t begun_ms, told_ms; /* 0: nothing was */
    uint64_t done_first;
};

static void pause_ms(int64_t ms) {
    struct timespec left = {ms / 1000, ms % 1000 * 1000000L};
    while (nanosleep(&left, &left) && errno == EINTR)
        ;
}

/* By what was done since we began to look; -1: too early to tell. */
static int64_t estimate(const struct stream *stream, const struct job *job, int64_t now_ms) {
    uint64_t done = job_done(job);
    int64_t spent_ms = now_ms - stream->begun_ms;
    if (done <= stream->done_first || spent_ms < 1000)
        return -1;
    return (int64_t)((job->rows - done) * (uint64_t)spent_ms / (done - stream->done_first) / 1000);
}

static void tell(struct stream *stream, int64_t now_ms) {
    struct job job;
    sluice_error error = {.size = sizeof error};
    int answer = job_find(stream->form, text_of(stream->job), &job, &error);
    if (answer) {
        stream->ended = true;
        return;
    }
    if (!stream->begun_ms) {
        stream->begun_ms = now_ms;
        stream->done_first = job_done(&job);
    }
    buffer_string(&stream->text, "data: ");
    job_json(&stream->text, &job, estimate(stream, &job, now_ms));
    buffer_string(&stream->text, "\n\n");
    stream->ended = job_ended(&job);
    stream->told_ms = now_ms;
}

/* Until there is something to send, or the end. */
static void wait(struct stream *stream) {
    const sluice_host *host = stream->form->host;
    while (!stream->text.used && !stream->ended) {
        sluice_error error = {.size = sizeof error};
        int answer =
            host->wait_change(stream->form->self, text_of(stream->job), &stream->version, LOOK_MS, &error);
        int64_t now_ms = host->now_ms();
        if (answer < 0 || atomic_load(&stream->form->stopping)) {
            stream->ended = true;
        } else if (answer == 0) {
            if (stream->told_ms && now_ms - stream->told_ms < PAUSE_MS && now_ms >= stream->told_ms)
                pause_ms(PAUSE_MS - (now_ms - stream->told_ms));
            tell(stream, host->now_ms());
        } else if (now_ms - stream->told_ms >= STILL_THERE_MS) {
            buffer_string(&stream->text, ": still there\n\n");
            stream->told_ms = now_ms;
        }
    }
}

static ssize_t read_stream(void *user, uint64_t position, char *out, size_t most) {
    struct stream *stream = user;
    (void)position;
    if (stream->sent == stream->text.used) {
        stream->text.used = stream->sent = 0;
        if (!stream->ended)
            wait(stream);
    }
    size_t count = stream->text.used - stream->sent;
    if (!count || stream->text.failed)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (count > most)
        count = most;
    memcpy(out, stream->text.text + stream->sent, count);
    stream->sent += count;
    return (ssize_t)count;
}

static void free_stream(void *user) {
    struct stream *stream = user;
    atomic_fetch_sub(&stream->form->streams, 1);
    buffer_free(&stream->text);
    free(stream);
}

enum MHD_Result page_job_events(struct request *request) {
    struct job job;
    sluice_error error = {.size = sizeof error};
    int answer = job_find(request->form, request->part, &job, &error);
    if (answer < 0)
        return reply_failure(request, &error);
    if (answer)
        return reply_refuse(request, MHD_HTTP_NOT_FOUND, "Not found", "There is no job of that name.");
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return MHD_NO;
    stream->form = request->form;
    memcpy(stream->job, job.name, sizeof stream->job);
    if (atomic_fetch_add(&request->form->streams, 1) >= STREAMS) {
        free_stream(stream);
        return reply_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, "Too many watch",
                            "Too many pages wait for news at once. Ask for the job itself now and then.");
    }
    return reply_stream(request, "text/event-stream", NULL, read_stream, stream, free_stream);
}
