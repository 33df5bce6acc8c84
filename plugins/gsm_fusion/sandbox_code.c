#include <stdio.h>
#include <stdlib.h>

#include "sandbox.h"
#include "text.h"

struct facts {
    unsigned long long number; /* the IMEI's first 14 digits */
    sluice_text imei;
};

static const char *pick(const struct facts *facts, unsigned divisor, const char *const *from, size_t count) {
    return from[facts->number / divisor % count];
}

static void pair(struct buffer *out, const char *key, const char *value) {
    buffer_string(out, out->length ? "<br>" : "");
    buffer_string(out, key);
    buffer_string(out, ": ");
    buffer_string(out, value);
}

/* The result as people write it: pairs with <br> between them. */
static void write_pairs(const struct facts *facts, struct buffer *out) {
    static const char *const models[] = {"iPhone 13 Pro Max 256GB Sierra Blue", "iPhone 12 128GB Black",
                                         "iPhone SE (2nd generation) 64GB (PRODUCT)RED",
                                         "iPhone 15 Pro 512GB Natural Titanium"};
    static const char *const carriers[] = {"Unlocked", "US AT&T Activation Policy",
                                           "US T-Mobile/Sprint Locked Policy", "France Orange – Réseau"};
    static const char *const onoff[] = {"ON", "OFF"};
    static const char *const locks[] = {"Unlocked", "Locked"};
    static const char *const gsma[] = {"Clean", "Clean", "Clean", "Blacklisted"};
    char text[40];
    pair(out, "Model", pick(facts, 1, models, 4));
    snprintf(text, sizeof text, "%.*s", TEXT_ARG(facts->imei));
    pair(out, "IMEI Number", text);
    snprintf(text, sizeof text, "F2L%06llXQ%u", facts->number % 0xffffff, (unsigned)(facts->number % 10));
    pair(out, "Serial Number", text);
    pair(out, "IMEI2 Number", "004400000000016");
    snprintf(text, sizeof text, "%014llu", facts->number % 100000000000000u);
    pair(out, "MEID Number", text);
    pair(out, "AppleCare Eligible", "No");
    pair(out, "Warranty Status", "Out Of Warranty (No Coverage)");
    pair(out, "Telephone Technical Support", "Expired");
    pair(out, "Replaced Device", pick(facts, 32, (const char *const[]){"No", "Yes"}, 2));
    pair(out, "Loaner Device", "No");
    snprintf(text, sizeof text, "2023-%02u-%02u", (unsigned)(facts->number % 12) + 1,
             (unsigned)(facts->number % 28) + 1);
    pair(out, "Estimated Purchase Date", text);
    pair(out, "Carrier", pick(facts, 4, carriers, 4));
    snprintf(text, sizeof text, "%u - US T-Mobile & Sprint Locked Policy",
             2000 + (unsigned)(facts->number % 500));
    pair(out, "Next Tether Policy", text);
    pair(out, "Current GSMA Status", pick(facts, 8, gsma, 4));
    pair(out, "Find My iPhone", pick(facts, 2, onoff, 2));
    pair(out, "SimLock", pick(facts, 16, locks, 2));
}

static void escape_twice(struct sandbox *sandbox, sluice_text text) {
    struct buffer once = {0};
    for (uint64_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '<')
            buffer_string(&once, "&lt;");
        else if (text.ptr[i] == '>')
            buffer_string(&once, "&gt;");
        else
            buffer_add(&once, (sluice_text){text.ptr + i, 1});
    }
    sandbox_text(sandbox, (sluice_text){once.text, once.length});
    buffer_free(&once);
}

void sandbox_code(struct sandbox *sandbox, sluice_text imei) {
    struct buffer *out = &sandbox->out;
    char digits[24];
    snprintf(digits, sizeof digits, "%.*s", imei.len < 15 ? (int)imei.len : 14, imei.ptr);
    struct facts facts = {strtoull(digits, NULL, 10), imei};
    struct buffer plain = {0};
    write_pairs(&facts, &plain);
    sluice_text text = {plain.text, plain.length};
    switch (facts.number % 8) {
    case 0: /* a bare unlock code: the case of its letters matters */
        buffer_format(out, "NCK-%08llx-Ab%02llu", facts.number % 0xffffffff, facts.number % 100);
        break;
    case 1:
    case 2:
        buffer_string(out, "<![CDATA[");
        buffer_add(out, text);
        buffer_string(out, "]]>");
        break;
    case 3:
        escape_twice(sandbox, text);
        break;
    case 4: /* as a site forgets to escape it */
        if (sandbox->bare_amp) {
            buffer_add(out, text);
            break;
        }
        /* fall through */
    default:
        sandbox_text(sandbox, text);
        break;
    }
    buffer_free(&plain);
}
