/* http_server.h - a server for tests that misbehaves on purpose: one thread, any number of connections,
 * and a function that says what to do with each request. */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct http_server;

struct http_seen {
    struct http_server *server;
    int fd;
    unsigned connection; /* from 1 */
    unsigned nth;        /* request on this connection, from 1 */
    const char *text;    /* head and body, terminated */
    size_t head, body;   /* their lengths */
};

enum http_then { HTTP_KEEP, HTTP_CLOSE, HTTP_RESET };

struct http_server {
    /* Answers on seen->fd, or doesn't; then the connection is kept, closed or reset. */
    enum http_then (*answer)(const struct http_seen *seen);
    void *user;
    bool raw; /* take whatever comes as a request: for a client that speaks TLS */
    atomic_uint connections, requests;

    char url[64]; /* "http://127.0.0.1:PORT" */
    unsigned port;
    int listener, stop[2];
    unsigned long thread;
};

void http_server_start(struct http_server *server);
void http_server_stop(struct http_server *server);
/* Write a whole text; the client may be gone. */
void http_server_write(int fd, const char *text, size_t length);
void http_server_text(int fd, const char *text);
/* A complete reply with this body. */
void http_server_reply(int fd, const char *status, const char *headers, const char *body);

#endif
