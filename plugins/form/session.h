/* session.h - who is logged in, in a cookie that only we can have made.
 *
 * Nothing is kept here: the cookie says until when it is good, signed with the password (or, where there is
 * none, with a key of this start). So a restart logs nobody out, and a new password everybody. */
#ifndef FORM_SESSION_H
#define FORM_SESSION_H

#include <stdbool.h>

#include <sluice/host.h>

enum { SESSION_NONCE = 26, SESSION_COOKIE = 128, SESSION_DAYS = 7, SESSION_CSRF = 32 };

struct session {
    char nonce[SESSION_NONCE + 1];
    char csrf[SESSION_CSRF + 1]; /* goes with every change that is asked for */
};

struct sessions {
    const sluice_host *host;
    sluice_self *self;
    sluice_secret key;
};

/* A new one, and its cookie's value. */
int session_begin(const struct sessions *sessions, struct session *session, char cookie[SESSION_COOKIE],
                  sluice_error *error);
/* Is it one of ours, and still good? */
bool session_read(const struct sessions *sessions, sluice_text cookie, struct session *session);
/* Takes as long whether they are nearly the same or not at all. */
bool session_same(sluice_text a, sluice_text b);

#endif
