#include "pump.h"

#include <stdlib.h>
#include <string.h>

struct pump {
    struct form *form;
    pump_work *work;
    void *user;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const char *bytes; /* what is offered */
    size_t count;
    bool ended, unwanted;
    int failed;
    sluice_error error;
};

static void *work_thread(void *user) {
    struct pump *pump = user;
    int failed = pump->work(pump, pump->form, pump->user, &pump->error);
    pthread_mutex_lock(&pump->lock);
    pump->failed = failed;
    pump->ended = true;
    pthread_cond_broadcast(&pump->changed);
    pthread_mutex_unlock(&pump->lock);
    return NULL;
}

bool pump_put(struct pump *pump, const char *bytes, size_t count) {
    pthread_mutex_lock(&pump->lock);
    pump->bytes = bytes;
    pump->count = count;
    pthread_cond_broadcast(&pump->changed);
    while (pump->count && !pump->unwanted)
        pthread_cond_wait(&pump->changed, &pump->lock);
    bool wanted = !pump->unwanted;
    pthread_mutex_unlock(&pump->lock);
    return wanted;
}

/* Under the lock: until there is something to take, or nothing will come. */
static void wait(struct pump *pump) {
    while (!pump->count && !pump->ended)
        pthread_cond_wait(&pump->changed, &pump->lock);
}

static ssize_t read_pump(void *user, uint64_t position, char *out, size_t most) {
    struct pump *pump = user;
    ssize_t taken;
    (void)position;
    pthread_mutex_lock(&pump->lock);
    wait(pump);
    if (pump->count) {
        size_t count = pump->count < most ? pump->count : most;
        memcpy(out, pump->bytes, count);
        pump->bytes += count;
        pump->count -= count;
        taken = (ssize_t)count;
        pthread_cond_broadcast(&pump->changed);
    } else {
        taken = pump->failed ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
    }
    pthread_mutex_unlock(&pump->lock);
    return taken;
}

static void free_pump(void *user) {
    struct pump *pump = user;
    pthread_mutex_lock(&pump->lock);
    pump->unwanted = true;
    pthread_cond_broadcast(&pump->changed);
    pthread_mutex_unlock(&pump->lock);
    pthread_join(pump->thread, NULL);
    pthread_cond_destroy(&pump->changed);
    pthread_mutex_destroy(&pump->lock);
    free(pump->user);
    free(pump);
}

enum MHD_Result pump_reply(struct request *request, const char *type, const char *file_name, pump_work *work,
                           void *user) {
    struct pump *pump = calloc(1, sizeof *pump);
    if (!pump) {
        free(user);
        return MHD_NO;
    }
    *pump = (struct pump){
        .form = request->form, .work = work, .user = user, .error = {.size = sizeof pump->error}};
    pthread_mutex_init(&pump->lock, NULL);
    pthread_cond_init(&pump->changed, NULL);
    if (pthread_create(&pump->thread, NULL, work_thread, pump)) {
        pthread_cond_destroy(&pump->changed);
        pthread_mutex_destroy(&pump->lock);
        free(user);
        free(pump);
        return MHD_NO;
    }
    pthread_mutex_lock(&pump->lock);
    wait(pump);
    int failed = pump->count ? 0 : pump->failed;
    sluice_error error = pump->error;
    pthread_mutex_unlock(&pump->lock);
    if (!failed)
        return reply_stream(request, type, file_name, read_pump, pump, free_pump);
    free_pump(pump);
    return reply_failure(request, &error);
}
