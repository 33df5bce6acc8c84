#include "balance_watch.h"

static bool wait_for_question(struct balance_watch *watch) {
    pthread_mutex_lock(&watch->lock);
    while (!watch->asked && !watch->closing)
        pthread_cond_wait(&watch->moved, &watch->lock);
    bool asked = watch->asked && !watch->closing;
    pthread_mutex_unlock(&watch->lock);
    return asked;
}

static void answer(struct balance_watch *watch, const struct balance *balance, const sluice_error *error) {
    pthread_mutex_lock(&watch->lock);
    watch->balance = *balance;
    watch->error = *error;
    watch->asked = false;
    watch->answered = true;
    pthread_mutex_unlock(&watch->lock);
}

static void *run(void *user) {
    struct balance_watch *watch = user;
    while (wait_for_question(watch)) {
        struct balance balance;
        sluice_error error = ERROR_INIT;
        if (balance_fetch(&balance, &watch->client, &error))
            balance.known = false;
        else if (!balance.known)
            fail(&error, SLUICE_E_UNAVAILABLE, "the provider's answer holds no balance");
        answer(watch, &balance, &error);
    }
    return NULL;
}

int balance_watch_open(struct balance_watch *watch, const struct component *component, struct inputs *inputs,
                       sluice_error *error) {
    *watch = (struct balance_watch){.error = ERROR_INIT};
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->moved, NULL);
    int failed = instance_open(&watch->instance, component->type, component->config, component->place, inputs,
                               true, error);
    watch->opened = true;
    if (!failed)
        failed = client_open(&watch->client, &watch->instance, &component->limits, &watch->stop, error);
    watch->client_opened = !failed;
    if (!failed && pthread_create(&watch->thread, NULL, run, watch))
        failed = fail(error, SLUICE_E_IO, "no thread can be started to ask for the balance");
    watch->started = !failed;
    if (failed)
        balance_watch_close(watch);
    return failed;
}

void balance_watch_ask(struct balance_watch *watch) {
    pthread_mutex_lock(&watch->lock);
    watch->asked = true;
    watch->answered = false;
    pthread_cond_signal(&watch->moved);
    pthread_mutex_unlock(&watch->lock);
}

bool balance_watch_take(struct balance_watch *watch, struct balance *out, sluice_error *error) {
    pthread_mutex_lock(&watch->lock);
    bool answered = watch->answered;
    watch->answered = false;
    if (answered) {
        *out = watch->balance;
        *error = watch->error;
    }
    pthread_mutex_unlock(&watch->lock);
    return answered;
}

void balance_watch_close(struct balance_watch *watch) {
    if (!watch->opened)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->closing = true;
    pthread_cond_signal(&watch->moved);
    pthread_mutex_unlock(&watch->lock);
    atomic_store(&watch->stop, true);
    if (watch->started)
        pthread_join(watch->thread, NULL);
    if (watch->client_opened)
        client_close(&watch->client);
    instance_close(&watch->instance);
    pthread_mutex_destroy(&watch->lock);
    pthread_cond_destroy(&watch->moved);
    watch->opened = false;
}
