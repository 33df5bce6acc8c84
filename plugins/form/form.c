#include "form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sluice/text.h>

#include "ask.h"
#include "random.h"
#include "server.h"

/* ---- what the pipeline says ------------------------------------------------------------------ */

static int check_reach(struct form *form, sluice_error *error) {
    const struct form_options *options = form->options;
    const sluice_host *host = form->host;
    bool tls = options->tls_cert.len || options->tls_key.len;
    if (tls && (!options->tls_cert.len || !options->tls_key.len))
        return host->fail(error, SLUICE_E_CONFIG, "tls_cert and tls_key belong together");
    form->names.tls = tls;
    if (form->names.listen.loopback && !options->behind_proxy)
        return 0;
    if (!options->password.handle)
        return host->fail(error, SLUICE_E_CONFIG,
                          "others than this machine can reach the form, and it spends money: set its "
                          "`password`, or let it listen on 127.0.0.1");
    if (!tls && !options->behind_proxy)
        return host->fail(error, SLUICE_E_CONFIG,
                          "the password would cross the network in the clear: set `tls_cert` and `tls_key`, "
                          "or `behind_proxy: true` where a proxy does TLS");
    if (form->names.listen.wildcard && !form->names.public_host.len)
        return host->fail(error, SLUICE_E_CONFIG,
                          "%s is every address of this machine: set `public_url` to what browsers call it",
                          form->names.listen.name);
    return 0;
}

int32_t form_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                  sluice_error *error) {
    struct form *form = calloc(1, sizeof *form);
    if (!form)
        return host->fail(error, SLUICE_E_IO, "out of memory");
    form->host = host;
    form->self = self;
    form->options = config;
    int failed = address_parse(host, form->options->listen, &form->names.listen, error);
    if (!failed && form->options->public_url.len)
        failed = names_public(host, form->options->public_url, &form->names, error);
    if (!failed)
        failed = check_reach(form, error);
    if (failed) {
        free(form);
        return failed;
    }
    pthread_mutex_init(&form->lock, NULL);
    pthread_mutex_init(&form->throttle.lock, NULL);
    drafts_init(&form->drafts);
    *instance = form;
    return 0;
}

void form_close(void *instance) {
    struct form *form = instance;
    drafts_free(&form->drafts);
    free(form->revoked);
    pthread_mutex_destroy(&form->throttle.lock);
    pthread_mutex_destroy(&form->lock);
    free(form);
}

/* ---- who was logged out ---------------------------------------------------------------------- */

/* Under the lock, or before there are threads. False: no memory. */
static bool keep_revoked(struct form *form, sluice_text nonce) {
    if (form->revoked_count == form->revoked_room) {
        size_t room = form->revoked_room ? 2 * form->revoked_room : 64;
        void *more = realloc(form->revoked, room * sizeof *form->revoked);
        if (!more)
            return false;
        form->revoked = more;
        form->revoked_room = room;
    }
    snprintf(form->revoked[form->revoked_count++], sizeof *form->revoked, "%.*s", TEXT_ARG(nonce));
    return true;
}

/* ---- starting and stopping ------------------------------------------------------------------- */

/* What cookies are signed with. */
static int make_key(struct form *form, sluice_error *error) {
    enum { BYTES = 52 };
    char made[BYTES + 1];
    char hmac[32];
    form->sessions = (struct sessions){form->host, form->self, form->options->password};
    if (!form->sessions.key.handle) {
        random_name(made, BYTES);
        form->sessions.key = form->host->keep_secret(form->self, "session key", text_of(made));
    }
    /* Once before there are threads: a missing library is an error of the start. */
    return form->host->hmac(form->self, form->sessions.key, TEXT("start"), (uint8_t *)hmac, error);
}

static void say_where(struct form *form, const char *entry) {
    const struct address *listen = &form->names.listen;
    const char *scheme = form->names.tls ? "https" : "http";
    sluice_text shown = form->options->public_url;
    if (!form->options->password.handle) {
        form->host->log(form->self, SLUICE_LOG_INFO, "open this link; it works once: %s://%s:%u/enter?key=%s",
                        scheme, listen->name, listen->port, entry);
    } else if (shown.len) {
        form->host->log(form->self, SLUICE_LOG_INFO, "the form is at %.*s (%s:%u here)", TEXT_ARG(shown),
                        listen->name, listen->port);
    } else {
        form->host->log(form->self, SLUICE_LOG_INFO, "the form is at %s://%s:%u/", scheme, listen->name,
                        listen->port);
    }
}

static int32_t on_revoked(void *user, const sluice_row *row) {
    sluice_text key = ask_cell(row, "key");
    return key.len != SESSION_NONCE || keep_revoked(user, key) ? 0 : 1;
}

/* Their cookies would be good again, else. */
static int read_revoked(struct form *form, sluice_error *error) {
    struct ask ask;
    form->revoked_count = 0;
    ask_begin(&ask, SLUICE_QUERY_LOGGED_OUT);
    return ask_run(&ask, form, on_revoked, form, error);
}

static int32_t form_start(void *instance, sluice_error *error) {
    struct form *form = instance;
    char entry[FORM_ENTRY + 1] = ""; /* from now on the form's own may be used up by a request */
    atomic_store(&form->stopping, false);
    int failed = make_key(form, error);
    if (!form->options->password.handle) {
        random_name(entry, FORM_ENTRY);
        memcpy(form->entry, entry, sizeof entry);
    }
    if (!failed && form->options->password.handle)
        failed = read_revoked(form, error);
    if (!failed)
        failed = server_start(form, error);
    if (failed)
        return failed;
    say_where(form, entry);
    return 0;
}

static void form_stop(void *instance) {
    struct form *form = instance;
    atomic_store(&form->stopping, true);
    server_stop(form);
}

static int32_t form_outcome(void *instance, const sluice_outcome *outcome, sluice_error *error) {
    (void)instance, (void)outcome, (void)error;
    return 0; /* pages wait with host->wait_change */
}

const sluice_source form_callbacks = {
    .size = sizeof form_callbacks,
    .start = form_start,
    .outcome = form_outcome,
    .stop = form_stop,
};

/* ---- who may come in ------------------------------------------------------------------------- */

/* Without a password cookies end with the service. */
static void keep_durably(struct form *form, const char *nonce) {
    sluice_act act = {.size = sizeof act, .kind = SLUICE_ACT_LOG_OUT, .key = text_of(nonce)};
    sluice_acted acted = {.size = sizeof acted};
    sluice_error error = {.size = sizeof error};
    if (form->options->password.handle && form->host->act(form->self, &act, &acted, &error))
        form->host->log(form->self, SLUICE_LOG_ERROR,
                        "a session that was ended is good again after a restart: %s; change the password",
                        error.text);
}

void form_revoke(struct form *form, const char *nonce) {
    pthread_mutex_lock(&form->lock);
    bool kept = keep_revoked(form, text_of(nonce));
    pthread_mutex_unlock(&form->lock);
    if (!kept)
        form->host->log(form->self, SLUICE_LOG_ERROR, "no memory is left to log a session out");
    keep_durably(form, nonce);
}

bool form_is_revoked(struct form *form, const char *nonce) {
    bool revoked = false;
    pthread_mutex_lock(&form->lock);
    for (size_t i = 0; i < form->revoked_count && !revoked; i++)
        revoked = strcmp(form->revoked[i], nonce) == 0;
    pthread_mutex_unlock(&form->lock);
    return revoked;
}

bool form_enter(struct form *form, sluice_text entry) {
    pthread_mutex_lock(&form->lock);
    bool good = form->entry[0] && session_same(text_of(form->entry), entry);
    if (good)
        form->entry[0] = 0;
    pthread_mutex_unlock(&form->lock);
    return good;
}
