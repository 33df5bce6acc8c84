/* server.c - the order server of the benchmarks: as little work as an HTTP server can do, so that the
 * client is what is measured. It speaks the calls of GSM Fusion that a run makes, answers each request
 * after a fixed latency, and counts its charges.
 *
 *     bench_server [--port 0] [--latency-us 100000]
 *
 * Prints its port when it is ready; at SIGTERM or SIGINT one line of JSON on stderr: what it was asked and
 * what it charged, and when the first paid request came and the last one was answered (microseconds of the
 * monotonic clock). */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_ROOM = 256 * 1024, CONNECTIONS = 4096, EVENTS = 256, HEAD_ROOM = 160 };

struct buffer {
    char *bytes;
    size_t used, room;
};

struct connection {
    struct connection *next_due;
    int fd;
    bool busy, gone;
    int64_t due_us;
    struct buffer in, out;
    size_t sent;
};

static struct connection *due_first,
    *due_last; /* one latency for all: the order of arrival is the order of replies */
static int64_t latency_us, first_paid_us, last_paid_us;
static uint64_t requests, charges, distinct, most, next_order = 100000;

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* -- what was charged: identifier -> count, open addressing ------------------------------------ */

struct charge {
    char identifier[24];
    uint64_t count;
};

static struct charge *table;
static size_t table_room;

static uint64_t hash(const char *s) {
    uint64_t h = 14695981039346656037u;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return h ^ h >> 29;
}

static struct charge *slot_of(const char *identifier) {
    size_t i = hash(identifier) & (table_room - 1);
    while (table[i].count && strcmp(table[i].identifier, identifier))
        i = (i + 1) & (table_room - 1);
    return &table[i];
}

static void *need(void *memory) {
    if (memory)
        return memory;
    fputs("bench_server: out of memory\n", stderr);
    exit(74);
}

static void grow_table(void) {
    struct charge *old = table;
    size_t old_room = table_room;
    table_room = old_room ? old_room * 2 : 1u << 16;
    table = need(calloc(table_room, sizeof *table));
    for (size_t i = 0; i < old_room; i++)
        if (old[i].count)
            *slot_of(old[i].identifier) = old[i];
    free(old);
}

static void charge(const char *identifier) {
    if (distinct * 2 >= table_room)
        grow_table();
    struct charge *found = slot_of(identifier);
    if (!found->count++) {
        snprintf(found->identifier, sizeof found->identifier, "%s", identifier);
        distinct++;
    }
    charges++;
    if (found->count > most)
        most = found->count;
}

/* -- replies ----------------------------------------------------------------------------------- */

static void put(struct buffer *out, const char *bytes, size_t length) {
    if (out->used + length > out->room) {
        out->room = (out->used + length) * 2;
        out->bytes = need(realloc(out->bytes, out->room));
    }
    memcpy(out->bytes + out->used, bytes, length);
    out->used += length;
}

static void put_text(struct buffer *out, const char *text) {
    put(out, text, strlen(text));
}

static int hex(char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* The decoded value of a field of a form body, cut to the room; false: not there. */
static bool field(const char *body, const char *name, char *out, size_t room) {
    size_t length = strlen(name), n = 0;
    const char *p = body;
    while (strncmp(p, name, length) || p[length] != '=') {
        p = strchr(p, '&');
        if (!p++)
            return false;
    }
    for (p += length + 1; *p && *p != '&' && n + 1 < room; p++) {
        if (*p == '%' && p[1] && p[2]) {
            out[n++] = (char)(hex(p[1]) * 16 + hex(p[2]));
            p += 2;
        } else {
            out[n++] = *p == '+' ? ' ' : *p;
        }
    }
    out[n] = '\0';
    return true;
}

static void place(struct buffer *out, const char *body) {
    static char list[REQUEST_ROOM];
    char line[200];
    char *next = list, *identifier;
    if (!field(body, "imei", list, sizeof list)) {
        put_text(out, "<error>Invalid IMEI!</error>");
        return;
    }
    last_paid_us = now_us();
    if (!first_paid_us)
        first_paid_us = last_paid_us;
    last_paid_us += latency_us;
    put_text(out, "<result>");
    while ((identifier = strsep(&next, ","))) {
        charge(identifier);
        int n = snprintf(line, sizeof line,
                         "<imeis><id>%llu</id><imei>%.23s</imei><status>Pending</status></imeis>",
                         (unsigned long long)next_order++, identifier);
        put(out, line, (size_t)n);
    }
    put_text(out, "</result>");
}

static void services(struct buffer *out) {
    char line[300];
    put_text(out, "<result><Packages>");
    for (int i = 0; i < 50; i++) {
        int n =
            snprintf(line, sizeof line,
                     "<Package><CategoryId>1</CategoryId><Category>Checks</Category><PackageId>%d</PackageId>"
                     "<PackageTitle>Check %d</PackageTitle><PackagePrice>0.08</PackagePrice>"
                     "<TimeTaken>Instant</TimeTaken></Package>",
                     1700 + i, i);
        put(out, line, (size_t)n);
    }
    put_text(out, "</Packages></result>");
}

static void answer(struct buffer *out, const char *body) {
    static const char start[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %*zu\r\n\r\n";
    char action[32] = "", head[HEAD_ROOM + 1];
    out->used = 0;
    put(out, (char[HEAD_ROOM]){0}, HEAD_ROOM); /* the head's length is known when the body is */
    put_text(out, "<?phpxml version=\"1.0\" encoding=\"utf-8\"?>");
    field(body, "action", action, sizeof action);
    if (strcmp(action, "placeorder") == 0)
        place(out, body);
    else if (strcmp(action, "imeiservices") == 0)
        services(out);
    else if (strcmp(action, "accountinfo") == 0)
        put_text(out, "<result><Client><ClientCredits>$ 1000000.00 USD</ClientCredits></Client></result>");
    else if (strcmp(action, "getimeis") == 0) /* recent orders: there are none when a run begins */
        put_text(out, "<error>Invalid Order ID</error>");
    else
        put_text(out, "<error>Invalid Action</error>");
    /* White space in front of the length, where it is allowed, fills the room that was left. */
    int n = snprintf(head, sizeof head, start, 0, out->used - HEAD_ROOM);
    int digits = snprintf(NULL, 0, "%zu", out->used - HEAD_ROOM);
    snprintf(head, sizeof head, start, HEAD_ROOM - n + digits, out->used - HEAD_ROOM);
    memcpy(out->bytes, head, HEAD_ROOM);
}

/* -- connections ------------------------------------------------------------------------------- */

static void drop(struct connection *c) {
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    if (c->busy) { /* still in the queue of replies */
        c->gone = true;
        return;
    }
    free(c->in.bytes);
    free(c->out.bytes);
    free(c);
}

static void send_reply(struct connection *c) {
    while (c->sent < c->out.used) {
        ssize_t n = send(c->fd, c->out.bytes + c->sent, c->out.used - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            usleep(50); /* a reply larger than the socket's buffer: rare, and only in the bulk benchmark */
            continue;
        }
        if (n < 0) {
            drop(c);
            return;
        }
        c->sent += (size_t)n;
    }
}

static void queue(struct connection *c) {
    c->busy = true;
    c->due_us = now_us() + latency_us;
    c->next_due = NULL;
    if (due_last)
        due_last->next_due = c;
    else
        due_first = c;
    due_last = c;
}

/* A whole request in the buffer: its length; 0: not yet. *body is its body, terminated for the while. */
static size_t whole_request(const struct connection *c, char **body) {
    char *end = memmem(c->in.bytes, c->in.used, "\r\n\r\n", 4);
    if (!end)
        return 0;
    *end = '\0';
    char *length = strcasestr(c->in.bytes, "\r\nContent-Length:");
    *end = '\r';
    size_t body_length = length ? strtoull(length + 17, NULL, 10) : 0;
    *body = end + 4;
    size_t total = (size_t)(end + 4 - c->in.bytes) + body_length;
    return c->in.used >= total ? total : 0;
}

static void take_request(struct connection *c) {
    char *body;
    size_t length = whole_request(c, &body);
    if (!length || c->busy)
        return;
    char after = c->in.bytes[length];
    c->in.bytes[length] = '\0';
    requests++;
    answer(&c->out, body);
    c->in.bytes[length] = after;
    memmove(c->in.bytes, c->in.bytes + length, c->in.used - length);
    c->in.used -= length;
    c->sent = 0;
    if (latency_us)
        queue(c);
    else
        send_reply(c);
}

static void readable(struct connection *c) {
    ssize_t n = recv(c->fd, c->in.bytes + c->in.used, c->in.room - c->in.used - 1, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        drop(c);
        return;
    }
    c->in.used += (size_t)n;
    take_request(c);
}

static void replies_due(void) {
    int64_t now = now_us();
    while (due_first && due_first->due_us <= now) {
        struct connection *c = due_first;
        due_first = c->next_due;
        if (!due_first)
            due_last = NULL;
        c->busy = false;
        if (c->gone)
            drop(c);
        else
            send_reply(c);
    }
}

static void accept_all(int listener, int epoll_fd) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = need(calloc(1, sizeof *c));
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        c->fd = fd;
        c->in = (struct buffer){.bytes = need(malloc(REQUEST_ROOM)), .room = REQUEST_ROOM};
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event))
            drop(c);
    }
}

static int listen_on(uint16_t port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (fd < 0 || bind(fd, (void *)&address, sizeof address) || listen(fd, CONNECTIONS) ||
        getsockname(fd, (void *)&address, &length)) {
        perror("bench_server: listen");
        exit(73);
    }
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static int stop_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static void serve(int listener, int stop_fd) {
    struct epoll_event events[EVENTS], one = {.events = EPOLLIN};
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    one.data.ptr = &listener;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &one);
    one.data.ptr = &stop_fd;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, stop_fd, &one);
    for (;;) {
        struct timespec wait = {0};
        if (due_first) {
            int64_t left = due_first->due_us - now_us();
            left = left < 0 ? 0 : left;
            wait = (struct timespec){left / 1000000, left % 1000000 * 1000};
        }
        int n = epoll_pwait2(epoll_fd, events, EVENTS, due_first ? &wait : NULL, NULL);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == &stop_fd)
                return;
            if (events[i].data.ptr == &listener)
                accept_all(listener, epoll_fd);
            else
                readable(events[i].data.ptr);
        }
        replies_due();
    }
}

int main(int argc, char **argv) {
    uint16_t port = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--port") == 0)
            port = (uint16_t)atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--latency-us") == 0)
            latency_us = atoll(argv[i + 1]);
    }
    grow_table();
    int stop_fd = stop_signals();
    serve(listen_on(port), stop_fd);
    fprintf(stderr,
            "{\"requests\":%llu,\"charges\":%llu,\"identifiers\":%llu,\"most_charges\":%llu,"
            "\"first_paid_us\":%lld,\"last_paid_us\":%lld}\n",
            (unsigned long long)requests, (unsigned long long)charges, (unsigned long long)distinct,
            (unsigned long long)most, (long long)first_paid_us, (long long)last_paid_us);
    return 0;
}
