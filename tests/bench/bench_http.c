/* bench_http.c - the HTTP engine alone: small paid POSTs to a server on loopback.
 *
 *     bench_http PORT [CALLS 200000] [IN-FLIGHT 30] [PATH /gsmfusion_api/index.php] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "clock.h"
#include "http.h"
#include "text.h"

struct bench {
    struct http *http;
    char url[80];
    char (*bodies)[160];
    unsigned started, done, calls, failed;
};

static const struct http_header header = {"Content-Type: application/x-www-form-urlencoded"};

static int data(void *user, void *tag, int status, const char *content_type, sluice_text piece) {
    (void)user, (void)tag, (void)content_type, (void)piece;
    return status != 200;
}

static void start(struct bench *bench, char *body) {
    sluice_error error = ERROR_INIT;
    snprintf(body, sizeof *bench->bodies,
             "userId=tester&apiKey=0123456789abcdef&action=placeorder&networkId=1739&imei=00%013u",
             bench->started++);
    struct http_request request = {.method = "POST",
                                   .url = bench->url,
                                   .headers = &header,
                                   .header_count = 1,
                                   .body = text_of(body),
                                   .paid = true,
                                   .tag = body};
    if (http_start(bench->http, &request, &error))
        fprintf(stderr, "%s\n", error.text), exit(70);
}

static void done(void *user, void *tag, const struct http_result *result) {
    struct bench *bench = user;
    bench->done++;
    if (result->outcome != HTTP_REPLIED && !bench->failed++)
        fprintf(stderr, "bench_http: %s\n", result->text);
    if (bench->started < bench->calls)
        start(bench, tag);
}

static double cpu(void) {
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
    struct bench bench = {.calls = argc > 2 ? (unsigned)atoi(argv[2]) : 200000};
    unsigned flight = argc > 3 ? (unsigned)atoi(argv[3]) : 30;
    sluice_error error = ERROR_INIT;
    struct http_settings settings = {15000, 60000, 1 << 20, flight};
    struct http_events events = {.data = data, .done = done, .user = &bench};
    if (argc < 2)
        return fputs("usage: bench_http PORT [CALLS [IN-FLIGHT [PATH]]]\n", stderr), 64;
    snprintf(bench.url, sizeof bench.url, "http://127.0.0.1:%s%s", argv[1],
             argc > 4 ? argv[4] : "/gsmfusion_api/index.php");
    bench.bodies = calloc(flight, sizeof *bench.bodies);
    if (!bench.bodies || http_open(&settings, &events, &bench.http, &error))
        return fprintf(stderr, "%s\n", error.text), 70;
    int64_t begun = clock_us();
    double used = cpu();
    for (unsigned i = 0; i < flight && i < bench.calls; i++)
        start(&bench, bench.bodies[i]);
    while (bench.done < bench.calls)
        if (http_turn(bench.http, -1, &error))
            return fprintf(stderr, "%s\n", error.text), 70;
    double took = (double)(clock_us() - begun) / 1e6;
    used = cpu() - used;
    printf("%u calls, %u in flight: %.0f/s, %.1f us CPU each, %u failed\n", bench.calls, flight,
           bench.calls / took, used * 1e6 / bench.calls, bench.failed);
    http_close(bench.http);
    free(bench.bodies);
    return bench.failed != 0;
}
