#include "http_sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

bool http_sockets_init(struct http_sockets *sockets) {
    *sockets = (struct http_sockets){.oldest = -1, .newest = -1};
    sockets->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return sockets->epoll_fd >= 0;
}

void http_sockets_free(struct http_sockets *sockets) {
    if (sockets->epoll_fd >= 0)
        close(sockets->epoll_fd);
    free(sockets->table);
    *sockets = (struct http_sockets){.epoll_fd = -1};
}

/* The table grows with the highest descriptor, which the process limit bounds. */
static bool make_room(struct http_sockets *sockets, int fd) {
    size_t need = (size_t)fd + 1;
    if (need <= sockets->room)
        return true;
    size_t room = need + need / 2 + 32;
    struct http_socket *table = realloc(sockets->table, room * sizeof *table);
    if (!table)
        return false;
    memset(table + sockets->room, 0, (room - sockets->room) * sizeof *table);
    sockets->table = table;
    sockets->room = room;
    return true;
}

static struct http_socket *find(struct http_sockets *sockets, int fd) {
    return fd >= 0 && (size_t)fd < sockets->room ? &sockets->table[fd] : NULL;
}

static void leave_idle(struct http_sockets *sockets, struct http_socket *socket) {
    if (!socket->idle)
        return;
    if (socket->older >= 0)
        sockets->table[socket->older].newer = socket->newer;
    else
        sockets->oldest = socket->newer;
    if (socket->newer >= 0)
        sockets->table[socket->newer].older = socket->older;
    else
        sockets->newest = socket->older;
    socket->idle = false;
}

static void enter_idle(struct http_sockets *sockets, int fd, int64_t now_us) {
    struct http_socket *socket = &sockets->table[fd];
    leave_idle(sockets, socket);
    socket->idle = true;
    socket->idle_since_us = now_us;
    socket->older = sockets->newest;
    socket->newer = -1;
    if (sockets->newest >= 0)
        sockets->table[sockets->newest].newer = fd;
    else
        sockets->oldest = fd;
    sockets->newest = fd;
}

static void unwatch(struct http_sockets *sockets, int fd) {
    struct http_socket *socket = &sockets->table[fd];
    if (socket->events)
        epoll_ctl(sockets->epoll_fd, EPOLL_CTL_DEL, fd, NULL); /* it may be closed already */
    socket->events = 0;
}

static ino_t inode_of(int fd) {
    struct stat file;
    return fstat(fd, &file) || !S_ISSOCK(file.st_mode) ? 0 : file.st_ino;
}

/* Take it out of the idle ones. False: it was closed meanwhile, and nothing is known of what has its number.
 */
static bool revive(struct http_sockets *sockets, int fd) {
    struct http_socket *socket = &sockets->table[fd];
    if (!socket->idle)
        return true;
    leave_idle(sockets, socket);
    if (inode_of(fd) == socket->inode)
        return true;
    *socket = (struct http_socket){0};
    return false;
}

int http_sockets_open(struct http_sockets *sockets, int family, int type, int protocol) {
    int fd = socket(family, type | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        return -1;
    if (!make_room(sockets, fd)) {
        close(fd);
        return -1;
    }
    leave_idle(sockets, &sockets->table[fd]);
    sockets->table[fd] = (struct http_socket){.ours = true, .inode = inode_of(fd)};
    return fd;
}

int http_sockets_close(struct http_sockets *sockets, int fd) {
    struct http_socket *socket = find(sockets, fd);
    if (socket) {
        leave_idle(sockets, socket);
        *socket = (struct http_socket){0}; /* closing takes it out of the epoll set */
    }
    return close(fd);
}

bool http_sockets_watch(struct http_sockets *sockets, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (!make_room(sockets, fd))
        return false;
    struct http_socket *socket = &sockets->table[fd];
    revive(sockets, fd);
    if (socket->ours && socket->events == events)
        return true;
    int done = epoll_ctl(sockets->epoll_fd, socket->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    if (done && errno == ENOENT) /* not ours: the number means another file now */
        done = epoll_ctl(sockets->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    socket->events = done ? 0 : events;
    return !done;
}

void http_sockets_forget(struct http_sockets *sockets, int fd, int64_t now_us) {
    struct http_socket *socket = find(sockets, fd);
    if (!socket)
        return;
    if (socket->ours)
        enter_idle(sockets, fd, now_us);
    else
        unwatch(sockets, fd);
}

bool http_sockets_wanted(struct http_sockets *sockets, int fd) {
    struct http_socket *socket = find(sockets, fd);
    if (!socket)
        return false;
    if (!socket->idle)
        return true;
    unwatch(sockets, fd);
    return false;
}

void http_sockets_retire(struct http_sockets *sockets, int64_t before_us) {
    while (sockets->oldest >= 0 && sockets->table[sockets->oldest].idle_since_us <= before_us) {
        int fd = sockets->oldest;
        if (!revive(sockets, fd))
            continue;
        shutdown(fd, SHUT_RDWR);
        unwatch(sockets, fd);
    }
}
