/* bench_post.c - orders sent to the form's API over connections that stay open: how many are acknowledged in
 * a second, and how long each took. One thread, so that the client takes as little of the machine as it can.
 *
 *     bench_post PORT TOKEN [REQUESTS [CONNECTIONS]]    50,000 requests, 30 connections
 *
 * Prints acknowledged requests a second, the median and the 99th percentile in ms. Anything but 201 ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MOST = 256, ROOM = 4096 };

struct connection {
    int fd;
    size_t used;
    char reply[ROOM];
    int64_t sent_us;
};

static const char *token;
static unsigned port;
static uint64_t sent, wanted;

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void stop(const char *what, const char *reply) {
    fprintf(stderr, "bench_post: %s: %s\n", what, reply ? reply : strerror(errno));
    exit(1);
}

static void send_one(struct connection *connection) {
    char request[ROOM], body[256];
    int length = snprintf(body, sizeof body, "{\"imeis\":[\"0010%011llu\"],\"service\":\"1739\"}",
                          (unsigned long long)sent);
    int count = snprintf(request, sizeof request,
                         "POST /api/orders HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n"
                         "Content-Type: application/json\r\nIdempotency-Key: bench-%d-%llu\r\n"
                         "Content-Length: %d\r\n\r\n%s",
                         port, token, getpid(), (unsigned long long)sent, length, body);
    sent++;
    connection->used = 0;
    connection->sent_us = now_us();
    if (send(connection->fd, request, (size_t)count, MSG_NOSIGNAL) != count)
        stop("send", NULL);
}

/* Is the whole reply there? */
static bool is_whole(struct connection *connection) {
    connection->reply[connection->used] = 0;
    const char *end = strstr(connection->reply, "\r\n\r\n");
    if (!end)
        return false;
    const char *length = strcasestr(connection->reply, "\r\nContent-Length:");
    if (!length || length > end)
        stop("a reply without a length", connection->reply);
    return connection->used >= (size_t)(end + 4 - connection->reply) + strtoul(length + 17, NULL, 10);
}

/* True: the reply is whole. */
static bool hear(struct connection *connection) {
    ssize_t count = recv(connection->fd, connection->reply + connection->used,
                         sizeof connection->reply - 1 - connection->used, 0);
    if (count <= 0)
        stop("a connection was closed", count ? NULL : "without a reply");
    connection->used += (size_t)count;
    if (!is_whole(connection))
        return false;
    if (strncmp(connection->reply, "HTTP/1.1 201", 12) != 0)
        stop("a refusal", connection->reply);
    return true;
}

static void open_connection(struct connection *connection, int poll_fd) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    int yes = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof address))
        stop("connect", NULL);
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, connection->fd, &event))
        stop("epoll", NULL);
}

static int compare(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int main(int count, char **words) {
    static struct connection connections[CONNECTIONS_MOST];
    struct epoll_event events[CONNECTIONS_MOST];
    int poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (count < 3)
        return 2;
    port = (unsigned)strtoul(words[1], NULL, 10);
    token = words[2];
    wanted = count > 3 ? strtoull(words[3], NULL, 10) : 50000;
    unsigned open = count > 4 ? (unsigned)strtoul(words[4], NULL, 10) : 30;
    int64_t *us = malloc((wanted + CONNECTIONS_MOST) * sizeof *us);
    uint64_t heard = 0;
    if (!us || !open || open > CONNECTIONS_MOST || wanted < open)
        return 2;
    for (unsigned i = 0; i < open; i++)
        open_connection(&connections[i], poll_fd);
    int64_t begun_us = now_us();
    for (unsigned i = 0; i < open; i++)
        send_one(&connections[i]);
    while (heard < wanted) {
        int ready = epoll_wait(poll_fd, events, CONNECTIONS_MOST, 60000);
        if (ready <= 0)
            stop("nothing is answered", ready ? NULL : "for a minute");
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!hear(connection))
                continue;
            us[heard++] = now_us() - connection->sent_us;
            if (sent < wanted)
                send_one(connection);
        }
    }
    double seconds = (double)(now_us() - begun_us) / 1e6;
    qsort(us, heard, sizeof *us, compare);
    printf("%.0f %.2f %.2f\n", (double)heard / seconds, (double)us[heard / 2] / 1e3,
           (double)us[heard / 100 * 99] / 1e3);
    return 0;
}
