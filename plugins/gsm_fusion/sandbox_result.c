/* What became of an order, in each form that real sites are known to use. Everything follows from the IMEI,
 * so that whoever knows it can tell what the answer must be: tests/run/results.awk does. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <sluice/text.h>

#include "sandbox.h"

struct facts {
    unsigned long long number; /* the IMEI's first 14 digits */
    sluice_text imei;
};

static struct facts facts_of(sluice_text imei) {
    char digits[24];
    snprintf(digits, sizeof digits, "%.*s", imei.len < 15 ? (int)imei.len : 14, imei.ptr);
    return (struct facts){strtoull(digits, NULL, 10), imei};
}

bool sandbox_is_rejected(sluice_text imei) {
    return facts_of(imei).number % 16 == 7;
}

/* ---- the status --------------------------------------------------------------------------- */

/* Some replies have the word alone, in whatever case. */
void sandbox_status(struct sandbox *sandbox, sluice_text imei, enum sandbox_status status) {
    static const char *const names[] = {"", "Pending", "Completed", "Rejected", "In Process"};
    static const char *const odd[] = {"", "PENDING", "completed", "REJECTED", "in process"};
    struct buffer *out = &sandbox->out;
    if (facts_of(imei).number % 5 == 3)
        buffer_format(out, "<status>%s</status>", odd[status]);
    else
        buffer_format(out, "<statusId>%d</statusId><status>%s</status>", (int)status, names[status]);
}

/* ---- the pairs ---------------------------------------------------------------------------- */

/* How pairs are written before the whole is put into XML. */
struct form {
    const char *joint, *before_key, *behind_key, *behind_value;
    bool html;  /* & is written as an entity */
    bool other; /* other names for the same keys */
};

static const char *pick(const struct facts *facts, unsigned divisor, const char *const *from, size_t count) {
    return from[facts->number / divisor % count];
}

static void value(struct buffer *out, const struct form *form, const char *text) {
    for (; *text; text++)
        if (*text == '&' && form->html)
            buffer_string(out, "&amp;");
        else
            buffer_add(out, (sluice_text){text, 1});
}

static void pair(struct buffer *out, const struct form *form, const char *key, const char *text) {
    if (out->length)
        buffer_string(out, form->joint);
    buffer_string(out, form->before_key);
    buffer_string(out, key);
    buffer_string(out, ":");
    buffer_string(out, form->behind_key);
    value(out, form, text);
    buffer_string(out, form->behind_value);
}

static char check_digit(const char digits[14]) {
    unsigned sum = 0;
    for (unsigned i = 0; i < 14; i++) {
        unsigned digit = (unsigned)(digits[i] - '0') << (i % 2);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

static void write_device(const struct facts *facts, const struct form *form, struct buffer *out) {
    static const char *const models[] = {"iPhone 13 Pro Max 256GB Sierra Blue", "iPhone 12 128GB Black",
                                         "iPhone SE (2nd generation) 64GB (PRODUCT)RED",
                                         "iPhone 15 Pro 512GB Natural Titanium"};
    char text[64];
    pair(out, form, "Model", pick(facts, 1, models, 4));
    snprintf(text, sizeof text, "%.*s", TEXT_ARG(facts->imei));
    pair(out, form, "IMEI Number", text);
    snprintf(text, sizeof text, "F2L%06llXQ%u", facts->number % 0xffffff, (unsigned)(facts->number % 10));
    pair(out, form, "Serial Number", text);
    if (facts->number % 7 != 2) { /* a phone with one slot has none */
        snprintf(text, sizeof text, "00440000%06llu", facts->number % 1000000);
        text[14] = check_digit(text);
        text[15] = 0;
        pair(out, form, form->other ? "IMEI 2" : "IMEI2 Number", text);
    }
    snprintf(text, sizeof text, "%014llu", facts->number % 100000000000000u);
    pair(out, form, "MEID Number", text);
}

static void write_warranty(const struct facts *facts, const struct form *form, struct buffer *out) {
    char text[64];
    pair(out, form, "AppleCare Eligible", "No");
    pair(out, form, "Warranty Status", "Out Of Warranty (No Coverage)");
    pair(out, form, "Telephone Technical Support", "Expired");
    pair(out, form, "Replaced Device", pick(facts, 32, (const char *const[]){"No", "Yes"}, 2));
    pair(out, form, "Loaner Device", "No");
    snprintf(text, sizeof text, "2023-%02u-%02u", (unsigned)(facts->number % 12) + 1,
             (unsigned)(facts->number % 28) + 1);
    pair(out, form, "Estimated Purchase Date", text);
}

static void write_locks(const struct facts *facts, const struct form *form, struct buffer *out) {
    static const char *const carriers[] = {"Unlocked", "US AT&T Activation Policy",
                                           "US T-Mobile/Sprint Locked Policy", "France Orange – Réseau"};
    static const char *const onoff[] = {"ON", "OFF"};
    static const char *const locks[] = {"Unlocked", "Locked"};
    static const char *const gsma[] = {"Clean", "Clean", "Clean", "Blacklisted"};
    char text[64];
    pair(out, form, "Carrier", pick(facts, 4, carriers, 4));
    snprintf(text, sizeof text, "%u - US T-Mobile & Sprint Locked Policy",
             2000 + (unsigned)(facts->number % 500));
    pair(out, form, "Next Tether Policy", text);
    pair(out, form, "Current GSMA Status", pick(facts, 8, gsma, 4));
    pair(out, form, form->other ? "FMI" : "Find My iPhone", pick(facts, 2, onoff, 2));
    pair(out, form, form->other ? "SIM Lock" : "SimLock", pick(facts, 16, locks, 2));
}

/* ---- as XML ------------------------------------------------------------------------------- */

static void as_cdata(struct sandbox *sandbox, sluice_text text) {
    buffer_string(&sandbox->out, "<![CDATA[");
    buffer_add(&sandbox->out, text);
    buffer_string(&sandbox->out, "]]>");
}

static void escaped_twice(struct sandbox *sandbox, sluice_text text) {
    struct buffer once = {0};
    for (uint64_t i = 0; i < text.len; i++)
        switch (text.ptr[i]) {
        case '<':
            buffer_string(&once, "&lt;");
            break;
        case '>':
            buffer_string(&once, "&gt;");
            break;
        case '&':
            buffer_string(&once, "&amp;");
            break;
        default:
            buffer_add(&once, (sluice_text){text.ptr + i, 1});
        }
    sandbox_text(sandbox, (sluice_text){once.text, once.length});
    buffer_free(&once);
}

/* As a site forgets to escape it: tags stand in the XML as they are. */
static void as_it_is(struct sandbox *sandbox, sluice_text text) {
    for (uint64_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '&')
            sandbox_text(sandbox, (sluice_text){text.ptr + i, 1});
        else
            buffer_add(&sandbox->out, (sluice_text){text.ptr + i, 1});
}

static const struct writing {
    struct form form;
    void (*write)(struct sandbox *sandbox, sluice_text text);
} writings[] = {
    {{"<br>", "", " ", "", false, false}, sandbox_text},
    {{"<br>", "", " ", "", false, false}, escaped_twice},
    {{"<br>", "", " ", "", false, false}, as_cdata},
    {{"<br>", "", " ", "", false, false}, as_it_is},
    {{" - ", "", " ", "", false, false}, sandbox_text},
    {{"\n", "", " ", "", false, false}, sandbox_text},
    {{"<br />\r\n", "<b>", "</b>&nbsp;", "", true, false}, sandbox_text},
    {{"", "<p class=\"pair\">", " <span style=\"color:#080\">", "</span></p>", true, false}, as_cdata},
    {{"<BR/>", "", "  ", " ", false, true}, sandbox_text},
};

enum { BARE, ABSENT, FIRST_WRITING };

void sandbox_code(struct sandbox *sandbox, sluice_text imei) {
    struct facts facts = facts_of(imei);
    struct buffer plain = {0};
    size_t form = facts.number % (FIRST_WRITING + sizeof writings / sizeof *writings);
    if (form == BARE) /* an unlock code: the case of its letters matters */
        buffer_format(&sandbox->out, "NCK-%08llx-Ab%02llu", facts.number % 0xffffffff, facts.number % 100);
    if (form < FIRST_WRITING)
        return;
    const struct writing *writing = &writings[form - FIRST_WRITING];
    write_device(&facts, &writing->form, &plain);
    write_warranty(&facts, &writing->form, &plain);
    write_locks(&facts, &writing->form, &plain);
    writing->write(sandbox, (sluice_text){plain.text, plain.length});
    buffer_free(&plain);
}

void sandbox_reason(struct sandbox *sandbox, sluice_text imei) {
    static const char *const reasons[] = {"Invalid_IMEI", "", "Not found <br> T&C apply"};
    struct facts facts = facts_of(imei);
    sandbox_text(sandbox, text_of(pick(&facts, 16, reasons, 3)));
}
