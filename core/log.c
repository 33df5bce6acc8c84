#include "log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "log_out.h"
#include "secret.h"
#include "utf8.h"

enum { LINE_BYTES = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_settings settings = {.level = SLUICE_LOG_INFO};
static void (*eraser)(void);
static uint64_t dropped; /* lines, since the last one that said so */

static const char *const names[] = {"", "error", "warning", "info", "debug"};
static const char *const colors[] = {"", "\033[31m", "\033[33m", "", "\033[2m"};

void log_configure(const struct log_settings *wanted) {
    settings = *wanted;
}

bool log_enabled(uint32_t level) {
    return level <= settings.level;
}

void log_set_eraser(void (*erase)(void)) {
    pthread_mutex_lock(&lock);
    eraser = erase;
    pthread_mutex_unlock(&lock);
}

void log_write(const char *bytes, uint64_t count) {
    pthread_mutex_lock(&lock);
    log_out(bytes, count);
    pthread_mutex_unlock(&lock);
}

static void timestamp(char *out, size_t room) {
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t n = strftime(out, room, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + n, room - n, ".%03ldZ", now.tv_nsec / 1000000);
}

static void put_line(const char *bytes, size_t count) {
    dropped += !log_out(bytes, count);
}

static void print_json(uint32_t level, const char *place, const char *message) {
    struct json json = {0};
    char time[40];
    timestamp(time, sizeof time);
    json_open(&json, '{');
    json_key(&json, "time");
    json_string(&json, time);
    json_key(&json, "level");
    json_string(&json, names[level]);
    if (place) {
        json_key(&json, "place");
        json_string(&json, place);
    }
    json_key(&json, "message");
    json_string(&json, message);
    json_close(&json, '}');
    json.comma = false;
    json_raw(&json, "\n");
    if (!json.failed)
        put_line(json.text, json.length);
    json_free(&json);
}

static void print_text(uint32_t level, const char *place, const char *message) {
    char line[LINE_BYTES + 512];
    const char *color = settings.color ? colors[level] : "";
    snprintf(line, sizeof line - 1, "sluice: %s%s:%s %s%s%s", color, names[level], *color ? "\033[0m" : "",
             place ? place : "", place ? ": " : "", message);
    size_t length = strlen(line);
    line[length] = '\n';
    put_line(line, length + 1);
}

static void print(uint32_t level, const char *place, const char *message) {
    if (settings.json)
        print_json(level, place, message);
    else
        print_text(level, place, message);
}

/* Nobody may have read for a while. */
static void say_dropped(void) {
    char message[80];
    uint64_t count = dropped;
    if (!count || !log_out_ready())
        return;
    dropped = 0;
    snprintf(message, sizeof message, "%" PRIu64 " lines are missing here: nobody read them", count);
    print(SLUICE_LOG_WARN, NULL, message);
    if (dropped)
        dropped = count;
}

void log_vline(uint32_t level, const char *place, const char *format, va_list arguments) {
    char message[LINE_BYTES];
    if (!log_enabled(level) || level < SLUICE_LOG_ERROR || level > SLUICE_LOG_DEBUG)
        return;
    int wanted = vsnprintf(message, sizeof message, format, arguments);
    size_t length = strlen(message);
    length = wanted < LINE_BYTES ? secret_redact(message, length) : secret_redact_cut(message, length);
    /* Control characters of a provider's text never reach a terminal. */
    message[utf8_flatten(message, length)] = 0;
    pthread_mutex_lock(&lock);
    if (eraser)
        eraser();
    say_dropped();
    print(level, place, message);
    pthread_mutex_unlock(&lock);
}

void log_line(uint32_t level, const char *place, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    log_vline(level, place, format, arguments);
    va_end(arguments);
}
