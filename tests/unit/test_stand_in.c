/* Nothing is connected to: a server counts. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http_server.h"
#include "pg_link.h"
#include "stand_in.h"
#include "text.h"

#define MUST(true_thing) \
    do { \
        if (!(true_thing)) { \
            fprintf(stderr, "line %d\n", __LINE__); \
            _exit(1); \
        } \
    } while (0)

static struct http_server server;

static enum http_then reply(const struct http_seen *seen) {
    http_server_reply(seen->fd, "200 OK", "", "from the network");
    return HTTP_KEEP;
}

/* What the callbacks were told. */
struct heard {
    char body[100];
    int status;
    struct http_result result;
    char header[50];
    unsigned done, woken;
    bool may;
    bool stop;
};

static int hear_data(void *user, void *tag, int status, const char *type, sluice_text piece) {
    struct heard *heard = user;
    (void)tag, (void)type;
    heard->status = status;
    snprintf(heard->body, sizeof heard->body, "%.*s", TEXT_ARG(piece));
    return heard->stop;
}

static void hear_done(void *user, void *tag, const struct http_result *result) {
    struct heard *heard = user;
    const char *header = http_result_header(result, "x-own");
    MUST(tag == user);
    heard->result = *result;
    heard->done++;
    snprintf(heard->header, sizeof heard->header, "%s", header ? header : "");
}

static bool hear_may(void *user) {
    return ((struct heard *)user)->may;
}

static void hear_woken(void *user) {
    ((struct heard *)user)->woken++;
}

static unsigned asked;

/* By the path. */
static void answer(void *user, const struct http_request *request, sluice_arena *arena,
                   struct stand_in_reply *out) {
    static const sluice_text own[] = {TEXT("mine")}, wait[] = {TEXT("7")};
    static const sluice_pair headers[] = {{TEXT("X-Own"), {own, 1}}, {TEXT("Retry-After"), {wait, 1}}};
    const char *path = strrchr(request->url, '/');
    (void)user;
    asked++;
    *out = (struct stand_in_reply){.status = 200, .content_type = "text/plain", .headers = {headers, 2}};
    out->body = text_of(arena_string(arena, "from here"));
    if (strcmp(path, "/broken") == 0)
        out->outcome = HTTP_BROKEN;
    else if (strcmp(path, "/late") == 0)
        *out = (struct stand_in_reply){.outcome = HTTP_TIMEOUT};
    else if (strcmp(path, "/refused") == 0)
        *out = (struct stand_in_reply){.outcome = HTTP_NOT_SENT};
}

static struct heard ask(const char *path, bool paid, struct heard heard) {
    const struct http_settings settings = {.reply_limit = 20, .slots = 2};
    const struct http_events events = {
        .data = hear_data, .done = hear_done, .may_send = hear_may, .woken = hear_woken, .user = &heard};
    struct http *http;
    char url[200];
    snprintf(url, sizeof url, "%s%s", server.url, path);
    const struct http_request request = {
        .method = "POST", .url = url, .body = TEXT("body"), .paid = paid, .tag = &heard};
    MUST(http_open(&settings, &events, &http, NULL) == 0);
    MUST(http_free_slots(http) == 2);
    MUST(http_start(http, &request, NULL) == 0);
    MUST(http_free_slots(http) == 1);
    http_wake(http);
    while (!heard.done)
        MUST(http_turn(http, -1, NULL) == 0);
    MUST(heard.woken == 1 && heard.done == 1);
    MUST(http_free_slots(http) == 2);
    http_close(http);
    return heard;
}

static void replies(void) {
    struct heard heard = ask("/x", false, (struct heard){.may = false});
    MUST(heard.result.outcome == HTTP_REPLIED && heard.status == 200);
    MUST(strcmp(heard.body, "from here") == 0 && heard.result.received == 9);
    MUST(strcmp(heard.header, "mine") == 0 && heard.result.retry_after_ms == 7000);
    MUST(heard.result.date_ms > 0 && heard.result.sent > 0);
    heard = ask("/broken", true, (struct heard){.may = true});
    MUST(heard.result.outcome == HTTP_BROKEN && strstr(heard.result.text, "closed the connection"));
    heard = ask("/late", true, (struct heard){.may = true});
    MUST(heard.result.outcome == HTTP_TIMEOUT && heard.result.status == 0 && !*heard.body);
    heard = ask("/refused", true, (struct heard){.may = true});
    MUST(heard.result.outcome == HTTP_NOT_SENT && heard.result.sent == 0);
    heard = ask("/x", false, (struct heard){.stop = true});
    MUST(heard.result.outcome == HTTP_STOPPED);
    unsigned before = asked;
    heard = ask("/x", true, (struct heard){.may = false});
    MUST(heard.result.outcome == HTTP_NOT_SENT && asked == before);
}

static void limits(void) {
    struct heard heard = {0};
    const struct http_settings settings = {.reply_limit = 4, .slots = 1};
    const struct http_events events = {.data = hear_data, .done = hear_done, .user = &heard};
    const struct http_request request = {.method = "GET", .url = server.url, .tag = &heard};
    sluice_error error = ERROR_INIT;
    struct http *http;
    MUST(http_open(&settings, &events, &http, &error) == 0);
    MUST(http_start(http, &request, &error) == 0);
    MUST(http_start(http, &request, &error) == SLUICE_E_SOFTWARE);
    MUST(http_turn(http, 0, &error) == 0);
    MUST(heard.result.outcome == HTTP_TOO_LARGE && strcmp(heard.body, "from") == 0);
    MUST(http_turn(http, 0, &error) == 0 && heard.done == 1);
    http_close(http);
}

static void databases(void) {
    struct pg_link link;
    sluice_error error = ERROR_INIT;
    char uri[200];
    snprintf(uri, sizeof uri, "postgresql://user@127.0.0.1:%u/db", server.port);
    int failed = pg_link_init(&link, uri, &error);
    if (!failed)
        MUST(pg_link_connect(&link, 1000, &error) == SLUICE_E_UNAVAILABLE);
}

static void in_a_child(void (*act)(void)) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        stand_in_begin(answer, NULL);
        act();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(atomic_load(&server.connections), 0);
}

static void somebody_here_answers(void **state) {
    (void)state;
    in_a_child(replies);
}

static void limits_hold(void **state) {
    (void)state;
    in_a_child(limits);
}

static void no_database_is_connected_to(void **state) {
    (void)state;
    in_a_child(databases);
}

/* The server is one that would have counted. */
static void the_network_answers_else(void **state) {
    struct heard heard = {0};
    const struct http_settings settings = {
        .connect_ms = 60000, .timeout_ms = 60000, .reply_limit = 100, .slots = 1};
    const struct http_events events = {.data = hear_data, .done = hear_done, .user = &heard};
    const struct http_request request = {.method = "GET", .url = server.url, .tag = &heard};
    struct http *http;
    (void)state;
    assert_false(stand_in());
    assert_int_equal(http_open(&settings, &events, &http, NULL), 0);
    assert_int_equal(http_start(http, &request, NULL), 0);
    while (!heard.done)
        assert_int_equal(http_turn(http, -1, NULL), 0);
    http_close(http);
    assert_string_equal(heard.body, "from the network");
    assert_int_equal(atomic_load(&server.connections), 1);
}

static int set_up(void **state) {
    (void)state;
    server = (struct http_server){.answer = reply};
    http_server_start(&server);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    http_server_stop(&server);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(somebody_here_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(limits_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_database_is_connected_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_network_answers_else, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
