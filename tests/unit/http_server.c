#include "http_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 64, ROOM = 4 * 1024 * 1024 };

struct peer {
    int fd;
    unsigned number, requests;
    char *bytes;
    size_t used;
};

static void must(bool ok, const char *what) {
    if (ok)
        return;
    perror(what);
    abort();
}

void http_server_write(int fd, const char *text, size_t length) {
    while (length) {
        ssize_t n = send(fd, text, length, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        text += n;
        length -= (size_t)n;
    }
}

void http_server_text(int fd, const char *text) {
    http_server_write(fd, text, strlen(text));
}

void http_server_reply(int fd, const char *status, const char *headers, const char *body) {
    char text[4000]; /* in one piece, or Nagle's algorithm would hold the body back */
    int n = snprintf(text, sizeof text, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
                     strlen(body), body);
    must(n < (int)sizeof text, "a reply that fits");
    http_server_text(fd, text);
}

static void let_go(struct peer *peer, bool reset) {
    struct linger hard = {.l_onoff = 1};
    if (reset)
        setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(peer->fd);
    free(peer->bytes);
    *peer = (struct peer){.fd = -1};
}

static void take_peer(struct http_server *server, struct peer *peers) {
    int fd = accept(server->listener, NULL, NULL);
    if (fd < 0) { /* a test shut it */
        close(server->listener);
        server->listener = -1;
        return;
    }
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (peers[i].fd < 0) {
            peers[i] = (struct peer){.fd = fd, .number = atomic_fetch_add(&server->connections, 1) + 1};
            peers[i].bytes = malloc(ROOM);
            must(peers[i].bytes, "malloc");
            return;
        }
    must(false, "accept");
}

/* The length of the whole request in the buffer; 0: it isn't complete. */
static size_t whole(const struct http_server *server, const struct peer *peer, struct http_seen *seen) {
    peer->bytes[peer->used] = '\0';
    if (server->raw)
        return seen->head = peer->used;
    const char *end = strstr(peer->bytes, "\r\n\r\n");
    if (!end)
        return 0;
    seen->head = (size_t)(end - peer->bytes) + 4;
    const char *length = strstr(peer->bytes, "\r\nContent-Length: ");
    if (length && length < end)
        seen->body = strtoul(length + 18, NULL, 10);
    return peer->used >= seen->head + seen->body ? seen->head + seen->body : 0;
}

static void read_peer(struct http_server *server, struct peer *peer) {
    struct http_seen seen = {
        .server = server, .fd = peer->fd, .connection = peer->number, .text = peer->bytes};
    ssize_t n = recv(peer->fd, peer->bytes + peer->used, ROOM - peer->used - 1, 0);
    if (n <= 0) {
        let_go(peer, false);
        return;
    }
    peer->used += (size_t)n;
    if (!whole(server, peer, &seen))
        return;
    seen.nth = ++peer->requests;
    atomic_fetch_add(&server->requests, 1);
    peer->used = 0; /* the clients here don't pipeline */
    enum http_then then = server->answer(&seen);
    if (then != HTTP_KEEP)
        let_go(peer, then == HTTP_RESET);
}

static void *serve(void *user) {
    struct http_server *server = user;
    struct peer peers[CONNECTIONS];
    struct pollfd fds[CONNECTIONS + 2];
    for (unsigned i = 0; i < CONNECTIONS; i++)
        peers[i] = (struct peer){.fd = -1};
    for (;;) {
        fds[0] = (struct pollfd){.fd = server->stop[0], .events = POLLIN};
        fds[1] = (struct pollfd){.fd = server->listener, .events = POLLIN};
        for (unsigned i = 0; i < CONNECTIONS; i++)
            fds[i + 2] = (struct pollfd){.fd = peers[i].fd, .events = POLLIN};
        poll(fds, CONNECTIONS + 2, -1);
        if (fds[0].revents)
            break;
        for (unsigned i = 0; i < CONNECTIONS; i++)
            if (fds[i + 2].revents)
                read_peer(server, &peers[i]);
        if (fds[1].revents)
            take_peer(server, peers);
    }
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (peers[i].fd >= 0)
            let_go(&peers[i], false);
    return NULL;
}

void http_server_start(struct http_server *server) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    pthread_t thread;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(server->listener >= 0, "socket");
    must(!bind(server->listener, (void *)&address, sizeof address), "bind");
    must(!listen(server->listener, CONNECTIONS), "listen");
    must(!getsockname(server->listener, (void *)&address, &length), "getsockname");
    must(!pipe(server->stop), "pipe");
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u", server->port);
    must(!pthread_create(&thread, NULL, serve, server), "pthread_create");
    server->thread = thread;
}

void http_server_stop(struct http_server *server) {
    must(write(server->stop[1], "", 1) == 1, "write");
    pthread_join(server->thread, NULL);
    if (server->listener >= 0)
        close(server->listener);
    close(server->stop[0]);
    close(server->stop[1]);
}
