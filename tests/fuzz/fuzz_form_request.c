/* A request as bytes, through libmicrohttpd and the form: whatever they are, there is an answer or none, and
 * nothing is ordered by anybody who isn't known. The form's core is one that knows nothing. */
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sluice/text.h>

#include "../plugins/form_host.h"
#include "form/form.h"
#include "form/server.h"

enum { TURNS = 10000, ANSWER = 1024 * 1024, INPUT = 100000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct form *form;
static struct MHD_Daemon *daemon_;
static __typeof__(MHD_run) *run;
static __typeof__(MHD_add_connection) *add_connection;

static void require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "it doesn't hold that %s\n", what);
        abort();
    }
}

static void begin(void) {
    static struct form_options options = {
        .listen = {"127.0.0.1:5001", 14}, .password = {1, 0}, .token = {2, 0}, .max_upload = 65536};
    sluice_error error = {.size = sizeof error};
    void *instance = NULL;
    require(!form_open(&form_host, NULL, &options, &instance, &error), "a form opens");
    form = instance;
    form->sessions = (struct sessions){&form_host, NULL, {1, 0}};
    strcpy(form->cookie, "sluice_5001");
    require(!mhd_library_load(&form_host, &error), "libmicrohttpd is there");
    void *library = dlopen("libmicrohttpd.so.12", RTLD_NOW);
    *(void **)&run = dlsym(library, "MHD_run");
    *(void **)&add_connection = dlsym(library, "MHD_add_connection");
    daemon_ = mhd.start_daemon(MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL, 0, NULL, NULL, server_handler(),
                               form, MHD_OPTION_NOTIFY_COMPLETED, server_end_handler(), form, MHD_OPTION_END);
    require(daemon_ && run && add_connection, "libmicrohttpd starts");
}

/* All that is answered, until the other side closes or has nothing more to say. */
static size_t talk(const uint8_t *data, size_t size, char *answer) {
    int ends[2];
    size_t used = 0;
    struct sockaddr_in address = {.sin_family = AF_INET};
    require(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), "there are sockets");
    require(write(ends[0], data, size) == (ssize_t)size, "the request is sent");
    shutdown(ends[0], SHUT_WR);
    if (add_connection(daemon_, ends[1], (const struct sockaddr *)&address, sizeof address) == MHD_YES)
        for (int turn = 0; turn < TURNS; turn++) {
            run(daemon_);
            ssize_t got = read(ends[0], answer + used, ANSWER - 1 - used);
            if (!got || used == ANSWER - 1)
                break;
            used += got > 0 ? (size_t)got : 0;
        }
    close(ends[0]);
    for (int turn = 0; turn < 10; turn++)
        run(daemon_);
    answer[used] = 0;
    return used;
}

static bool holds(const uint8_t *data, size_t size, const char *part) {
    return memmem(data, size, part, strlen(part)) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char answer[ANSWER];
    if (!form)
        begin();
    if (size > INPUT)
        return 0;
    form_host_jobs = 0;
    size_t used = talk(data, size, answer);
    require(!used || strncmp(answer, "HTTP/1.", 7) == 0, "an answer is HTTP");
    require(!strstr(answer, "HTTP/1.1 500"), "nothing goes wrong inside");
    require(!form_host_jobs || holds(data, size, "right") || holds(data, size, "sluice_5001="),
            "nobody orders who isn't known");
    require(!strstr(answer, "<fuzz"), "text is no markup");
    return 0;
}
