/* fuzz_cron.c - any bytes as the five fields: refused, or a time that is later and whose fields match. */
#include <stdint.h>
#include <stdlib.h>

#include "civil.h"
#include "cron.h"
#include "text.h"
#include "zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct zone *berlin;

static int32_t offset_at(const void *zone, int64_t utc_s) {
    return zone_offset(zone, utc_s);
}

static void check(const struct cron *cron, const struct cron_zone *zone, int64_t after) {
    int64_t next = cron_next(cron, zone, after);
    if (next <= after)
        abort();
    if (next == INT64_MAX || zone)
        return;
    struct civil date = civil_of_days(next / 86400);
    if (!(cron->minutes >> next / 60 % 60 & 1) || !(cron->hours >> next / 3600 % 24 & 1) ||
        !(cron->months >> date.month & 1) || next % 60)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cron cron;
    sluice_error error = ERROR_INIT;
    if (!berlin && zone_open("Europe/Berlin", &berlin, &error))
        abort();
    if (cron_parse((sluice_text){(const char *)data, size}, &cron, &error))
        return error.text[0] ? 0 : (abort(), 0);
    for (int64_t after = 1700000000; after < 1800000000; after += 33333333) {
        check(&cron, NULL, after);
        check(&cron, &(struct cron_zone){offset_at, berlin}, after);
    }
    return 0;
}
