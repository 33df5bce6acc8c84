#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/text.h>

#include "random.h"

enum { MAC = 32, HEX = 2 * MAC + 1 };

static int sign(const struct sessions *sessions, const char *purpose, const char *text, char out[HEX],
                sluice_error *error) {
    char line[128];
    uint8_t mac[MAC];
    snprintf(line, sizeof line, "sluice form, %s: %s", purpose, text);
    int failed = sessions->host->hmac(sessions->self, sessions->key, text_of(line), mac, error);
    if (!failed)
        random_hex(mac, MAC, out);
    return failed;
}

bool session_same(sluice_text a, sluice_text b) {
    unsigned char differs = 0;
    if (a.len != b.len)
        return false;
    for (uint64_t i = 0; i < a.len; i++)
        differs |= (unsigned char)(a.ptr[i] ^ b.ptr[i]);
    return differs == 0;
}

static int make_csrf(const struct sessions *sessions, struct session *session, sluice_error *error) {
    char mac[HEX];
    int failed = sign(sessions, "change", session->nonce, mac, error);
    if (!failed)
        snprintf(session->csrf, sizeof session->csrf, "%.*s", SESSION_CSRF, mac);
    return failed;
}

/* NONCE.SECONDS is what is signed. */
int session_begin(const struct sessions *sessions, struct session *session, char cookie[SESSION_COOKIE],
                  sluice_error *error) {
    char head[64], mac[HEX];
    long long until = sessions->host->now_ms() / 1000 + SESSION_DAYS * 86400LL;
    random_name(session->nonce, SESSION_NONCE);
    snprintf(head, sizeof head, "%s.%lld", session->nonce, until);
    int failed = sign(sessions, "session", head, mac, error);
    if (!failed)
        failed = make_csrf(sessions, session, error);
    if (!failed)
        snprintf(cookie, SESSION_COOKIE, "%s.%s", head, mac);
    return failed;
}

bool session_read(const struct sessions *sessions, sluice_text cookie, struct session *session) {
    char head[64], mac[HEX];
    sluice_error error = {.size = sizeof error};
    if (cookie.len < SESSION_NONCE + 3 + HEX - 1 || cookie.len >= SESSION_COOKIE ||
        cookie.ptr[SESSION_NONCE] != '.')
        return false;
    uint64_t length = cookie.len - (HEX - 1) - 1;
    if (length >= sizeof head || cookie.ptr[length] != '.')
        return false;
    memcpy(head, cookie.ptr, length);
    head[length] = 0;
    if (sign(sessions, "session", head, mac, &error) ||
        !session_same(text_of(mac), (sluice_text){cookie.ptr + length + 1, HEX - 1}))
        return false;
    if (strtoll(head + SESSION_NONCE + 1, NULL, 10) < sessions->host->now_ms() / 1000)
        return false;
    memcpy(session->nonce, head, SESSION_NONCE);
    session->nonce[SESSION_NONCE] = 0;
    return make_csrf(sessions, session, &error) == 0;
}
