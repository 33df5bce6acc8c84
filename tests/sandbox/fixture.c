/* fixture.c - a provider made for tests of the sandbox's host: text in, text out.
 *
 *     /order?id=ID[&service=S]     "placed N", or "duplicate N"; charges 0.10; also as imei=ID
 *     /orders                      what is remembered, in order
 *     /balance                     "balance"; free
 *     /headed                      a reply with a header of its own
 *     /echo                        the request as the component saw it
 *     /forget?id=IMEI              forgets an order; free
 *     /broken, /odd                a failure; an outcome that doesn't exist */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/plugin.h>

struct config {
    sluice_text prefix;
    int64_t start;
};

struct fixture {
    const sluice_host *host;
    sluice_self *self;
    const struct config *config;
    char *out;
    uint64_t used;
    long long next;
};

enum { OUT_ROOM = 1024 * 1024 };

static int32_t fixture_open(const sluice_host *host, sluice_self *self, const void *config, void **instance,
                            sluice_error *error) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture)
        *fixture = (struct fixture){.host = host, .self = self, .config = config, .out = malloc(OUT_ROOM)};
    if (!fixture || !fixture->out) {
        free(fixture);
        return host->fail(error, SLUICE_E_IO, "out of memory");
    }
    fixture->next = fixture->config->start;
    *instance = fixture;
    return 0;
}

static void fixture_close(void *instance) {
    free(((struct fixture *)instance)->out);
    free(instance);
}

static void put(struct fixture *fixture, sluice_text text) {
    if (fixture->used + text.len > OUT_ROOM)
        return;
    if (text.len)
        memcpy(fixture->out + fixture->used, text.ptr, text.len);
    fixture->used += text.len;
}

static void puts_to(struct fixture *fixture, const char *text) {
    put(fixture, (sluice_text){text, strlen(text)});
}

static sluice_text parameter(const sluice_sandbox_request *request, const char *name) {
    for (uint64_t i = 0; i < request->parameters.count; i++) {
        const sluice_pair *pair = &request->parameters.items[i];
        if (pair->key.len == strlen(name) && memcmp(pair->key.ptr, name, pair->key.len) == 0)
            return pair->values.items[0];
    }
    return (sluice_text){"", 0};
}

static void order(struct fixture *fixture, const sluice_sandbox_request *request) {
    const sluice_host *host = fixture->host;
    sluice_text id = parameter(request, "id"), service = parameter(request, "service"), found;
    char number[32];
    if (!id.len)
        id = parameter(request, "imei");
    if (host->flag(fixture->self, "no-credit")) {
        puts_to(fixture, "no credit");
        return;
    }
    int known = host->recall(fixture->self, id, request->arena, &found);
    if (known && !host->flag(fixture->self, "charge-always")) {
        puts_to(fixture, "duplicate ");
        put(fixture, found);
        return;
    }
    snprintf(number, sizeof number, "%lld", fixture->next++);
    host->remember(fixture->self, id, (sluice_text){number, strlen(number)});
    host->charged(fixture->self, id, service, (sluice_text){"0.10", 4});
    put(fixture, fixture->config->prefix);
    puts_to(fixture, number);
}

static int32_t list_one(void *user, sluice_text key, sluice_text value) {
    put(user, key);
    puts_to(user, "=");
    put(user, value);
    puts_to(user, "\n");
    return 0;
}

static void list_pairs(struct fixture *fixture, const char *title, const sluice_pairs *pairs) {
    for (uint64_t i = 0; i < pairs->count; i++)
        for (uint64_t v = 0; v < pairs->items[i].values.count; v++) {
            puts_to(fixture, title);
            list_one(fixture, pairs->items[i].key, pairs->items[i].values.items[v]);
        }
}

static void echo(struct fixture *fixture, const sluice_sandbox_request *request) {
    char line[80];
    snprintf(line, sizeof line, "method %u, %llu bytes\n", request->method,
             (unsigned long long)request->body.len);
    puts_to(fixture, line);
    list_pairs(fixture, "? ", &request->parameters);
    list_pairs(fixture, ": ", &request->headers);
}

static const sluice_text header_value = {"120", 3};
static const sluice_pair header = {{"Retry-After", 11}, {&header_value, 1}};

static int32_t fixture_handle(void *instance, const sluice_sandbox_request *request,
                              sluice_sandbox_reply *reply, sluice_error *error) {
    struct fixture *fixture = instance;
    const char *path = request->path.ptr;
    fixture->used = 0;
    reply->content_type = (sluice_text){"text/plain", 10};
    if (strcmp(path, "/order") == 0)
        order(fixture, request);
    else if (strcmp(path, "/orders") == 0)
        fixture->host->recall_all(fixture->self, parameter(request, "prefix"), list_one, fixture);
    else if (strcmp(path, "/balance") == 0)
        puts_to(fixture, fixture->host->flag(fixture->self, "timezone") ? "another zone" : "balance");
    else if (strcmp(path, "/echo") == 0)
        echo(fixture, request);
    else if (strcmp(path, "/headed") == 0)
        reply->headers = (sluice_pairs){&header, 1};
    else if (strcmp(path, "/forget") == 0)
        fixture->host->remember(fixture->self, parameter(request, "id"), (sluice_text){NULL, 0});
    else if (strcmp(path, "/broken") == 0)
        return fixture->host->fail(error, SLUICE_E_DATA, "this is broken");
    else if (strcmp(path, "/odd") == 0)
        return 7;
    else
        reply->status = 404;
    reply->body = (sluice_text){fixture->out, fixture->used};
    char *copy = fixture->host->alloc(request->arena, fixture->used + 1);
    if (!copy)
        return fixture->host->fail(error, SLUICE_E_IO, "out of memory");
    memcpy(copy, fixture->out, fixture->used);
    reply->body = (sluice_text){copy, fixture->used};
    return 0;
}

static const char *const faults[] = {"no-credit", "charge-always", "timezone", NULL};

static const sluice_sandbox sandbox = {.size = sizeof sandbox, .handle = fixture_handle, .faults = faults};

static const sluice_option options[] = {
    SLUICE_OPT_TEXT(struct config, prefix, "prefix", 0, "placed ",
                    "what stands in front of an order's number", NULL),
    SLUICE_OPT_INT(struct config, start, "start", 0, "100", 1, 1000000, "", "the first number"),
};

static const sluice_component component = {
    .size = sizeof component,
    .kind = SLUICE_SANDBOX,
    .name = "sandbox_fixture",
    .summary = "a provider made for tests",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .option_stride = sizeof *options,
    .config_size = sizeof(struct config),
    .open = fixture_open,
    .close = fixture_close,
    .sandbox = &sandbox,
};

static const sluice_plugin plugin = {
    .size = sizeof plugin,
    .abi_minor = SLUICE_ABI_MINOR,
    .name = "sandbox_fixture",
    .version = "1.0",
    .summary = "for tests of the sandbox's host",
    .components = &component,
    .component_count = 1,
    .component_stride = sizeof component,
};

SLUICE_PLUGIN(plugin)
