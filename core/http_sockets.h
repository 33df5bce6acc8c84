/* http_sockets.h - libcurl's sockets in one epoll set.
 *
 * libcurl says "forget this socket" after each call and "watch it" again before the next, though it
 * is the same kept-alive connection: two system calls for nothing. A socket that this module opened
 * therefore stays in the set until it is closed. The module also knows for how long each connection
 * has been idle, so that an old one can be put out of use exactly, where libcurl counts in seconds.
 *
 * libcurl closes a connection that didn't come about by itself, without telling: a number in the table may
 * mean another file by now. */
#ifndef CORE_HTTP_SOCKETS_H
#define CORE_HTTP_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct http_socket {
    uint32_t events; /* what epoll watches it for; 0: not in the set */
    bool ours;       /* opened here */
    ino_t inode;     /* ours: which one it is */
    bool idle;       /* in the list of idle connections */
    int64_t idle_since_us;
    int older, newer; /* neighbours in that list; -1: none */
};

struct http_sockets {
    int epoll_fd;
    struct http_socket *table; /* by descriptor */
    size_t room;
    int oldest, newest; /* idle connections, by time */
};

bool http_sockets_init(struct http_sockets *sockets);
void http_sockets_free(struct http_sockets *sockets);
/* A new socket, known to the table; -1: errno says why. */
int http_sockets_open(struct http_sockets *sockets, int family, int type, int protocol);
int http_sockets_close(struct http_sockets *sockets, int fd);
/* libcurl wants it watched for `events` (EPOLLIN, EPOLLOUT). False: no memory, or epoll refused. */
bool http_sockets_watch(struct http_sockets *sockets, int fd, uint32_t events);
/* libcurl has no use for it now: idle, or about to be closed. */
void http_sockets_forget(struct http_sockets *sockets, int fd, int64_t now_us);
/* Something happened on it. True: libcurl wants to know; else the server closed an idle connection,
 * which libcurl finds out by itself when it looks for one to use. */
bool http_sockets_wanted(struct http_sockets *sockets, int fd);
/* Shut every connection that has been idle since `before_us` or longer: libcurl takes it for dead. */
void http_sockets_retire(struct http_sockets *sockets, int64_t before_us);

#endif
