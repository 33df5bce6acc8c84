/* http_load - many clients of one HTTP server at once, each with a connection of its own that it keeps.
 *
 *   http_load orders HOST:PORT CLIENTS REQUESTS REPEATS TOKEN    orders by script; REPEATS in a hundred come
 * again http_load page   HOST:PORT CLIENTS REQUESTS PATH COOKIE      the same page over and over
 *
 * Prints: requests/s, median and 99th percentile in microseconds, answers with 2xx, other ones. */
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

enum { REQUEST = 2048, ANSWER = 1024 * 1024, EVENTS = 64 };

struct client {
    int fd;
    char request[REQUEST], *answer;
    size_t length, sent, got, whole; /* whole: bytes of the answer, once its head is there */
    int64_t begun_us;
};

static struct sockaddr_in server;
static char host[64];
static bool orders;
static const char *path, *secret;
static unsigned long wanted, begun, ended, good, repeats;
static uint32_t *times;
static int epoll_fd;

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void fail(const char *what) {
    fprintf(stderr, "http_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void make_imei(unsigned long number, char out[16]) {
    unsigned sum = 0;
    snprintf(out, 16, "00%012lu", number % 1000000000000UL);
    for (int i = 0; i < 14; i++) {
        unsigned value = (unsigned)(out[i] - '0') * (i % 2 ? 2 : 1);
        sum += value > 9 ? value - 9 : value;
    }
    out[14] = (char)('0' + (10 - sum % 10) % 10);
    out[15] = 0;
}

/* Some come again: the same order, under the same name. */
static unsigned long choose(unsigned long number) {
    return number > 10 && number * 37 % 100 < repeats ? number - 10 : number;
}

static void make_request(struct client *client, unsigned long number) {
    char body[64], imei[16];
    int length;
    if (orders) {
        number = choose(number);
        make_imei(number, imei);
        int body_length = snprintf(body, sizeof body, "{\"imeis\":[\"%s\"]}", imei);
        length =
            snprintf(client->request, REQUEST,
                     "POST /api/orders HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nIdempotency-Key: "
                     "load-%d-%lu\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                     host, secret, (int)getpid(), number, body_length, body);
    } else {
        length = snprintf(client->request, REQUEST, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", path,
                          host, secret);
    }
    client->length = (size_t)length;
    client->sent = client->got = client->whole = 0;
    client->begun_us = now_us();
}

static void send_more(struct client *client) {
    ssize_t count =
        send(client->fd, client->request + client->sent, client->length - client->sent, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN)
        fail("send");
    client->sent += count > 0 ? (size_t)count : 0;
}

/* How long the answer is, once its head is whole; 0: it isn't. */
static size_t measure(const struct client *client) {
    const char *end = memmem(client->answer, client->got, "\r\n\r\n", 4);
    if (!end)
        return 0;
    const char *length = strcasestr(client->answer, "\r\nContent-Length:");
    if (!length || length > end) {
        fprintf(stderr, "http_load: an answer without a length: %.200s\n", client->answer);
        exit(1);
    }
    return (size_t)(end + 4 - client->answer) + strtoul(length + 17, NULL, 10);
}

static bool receive(struct client *client) {
    ssize_t count = recv(client->fd, client->answer + client->got, ANSWER - 1 - client->got, 0);
    if (count < 0 && errno == EAGAIN)
        return false;
    if (count <= 0)
        fail("the server has closed a connection");
    client->got += (size_t)count;
    client->answer[client->got] = 0;
    if (!client->whole)
        client->whole = measure(client);
    return client->whole && client->got >= client->whole;
}

static void begin(struct client *client) {
    if (begun == wanted)
        return;
    make_request(client, begun++);
    send_more(client);
}

static void connect_client(struct client *client) {
    client->answer = malloc(ANSWER);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!client->answer || client->fd < 0 || connect(client->fd, (struct sockaddr *)&server, sizeof server))
        fail("connect");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, client->fd, &event))
        fail("epoll");
}

static void take(struct client *client) {
    if (!receive(client))
        return;
    times[ended++] = (uint32_t)(now_us() - client->begun_us);
    good += client->answer[9] == '2';
    begin(client);
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
    struct epoll_event events[EVENTS];
    if (argc != 7)
        return 64;
    orders = strcmp(argv[1], "orders") == 0;
    snprintf(host, sizeof host, "%s", argv[2]);
    unsigned long clients = strtoul(argv[3], NULL, 10);
    wanted = strtoul(argv[4], NULL, 10);
    repeats = strtoul(argv[5], NULL, 10);
    path = argv[5];
    secret = argv[6];
    char *colon = strchr(argv[2], ':');
    server = (struct sockaddr_in){.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(colon ? colon + 1 : "80"))};
    inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);
    struct client *all = calloc(clients, sizeof *all);
    times = calloc(wanted + 1, sizeof *times);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!all || !times || !wanted || !clients)
        return 64;
    for (unsigned long i = 0; i < clients; i++)
        connect_client(&all[i]);
    int64_t start_us = now_us();
    for (unsigned long i = 0; i < clients; i++)
        begin(&all[i]);
    while (ended < wanted) {
        int count = epoll_wait(epoll_fd, events, EVENTS, 60000);
        if (count <= 0)
            fail("no answer within a minute");
        for (int i = 0; i < count; i++)
            take(events[i].data.ptr);
    }
    double seconds = (double)(now_us() - start_us) / 1e6;
    qsort(times, ended, sizeof *times, compare);
    printf("%.0f %u %u %lu %lu\n", (double)ended / seconds, times[ended / 2], times[ended * 99 / 100], good,
           ended - good);
    for (unsigned long i = 0; i < clients; i++) {
        close(all[i].fd);
        free(all[i].answer);
    }
    free(all);
    free(times);
    close(epoll_fd);
    return 0;
}
