#include "rule.h"

#include <sluice/text.h>

#include "pointer.h"

enum { STATUS_LEAST = 100, STATUS_MOST = 599 };

static const char *read_status(struct rule *out, sluice_text word) {
    int32_t low = 0, high = 0;
    if (word.len != 3 || word.ptr[0] < '1' || word.ptr[0] > '5')
        return "has no HTTP status where one must stand: 422 or 4xx, then a pointer";
    for (int i = 0; i < 3; i++) {
        bool any = i > 0 && (word.ptr[i] == 'x' || word.ptr[i] == 'X');
        if (!any && !text_is_digit(word.ptr[i]))
            return "has no HTTP status where one must stand: 422 or 4xx, then a pointer";
        low = low * 10 + (any ? 0 : word.ptr[i] - '0');
        high = high * 10 + (any ? 9 : word.ptr[i] - '0');
    }
    out->least = low;
    out->most = high;
    return NULL;
}

static const char *read_test(struct rule *out, sluice_text text) {
    const char *equals = memchr(text.ptr, '=', text.len);
    uint64_t length = equals ? (uint64_t)(equals - text.ptr) : text.len;
    out->test = equals ? RULE_EQUALS : RULE_THERE;
    if (equals)
        out->value = text_trim((sluice_text){equals + 1, text.len - length - 1});
    if (equals && length && (text.ptr[length - 1] == '^' || text.ptr[length - 1] == '*'))
        out->test = text.ptr[--length] == '^' ? RULE_BEGINS : RULE_CONTAINS;
    out->pointer = text_trim((sluice_text){text.ptr, length});
    if (!pointer_good(out->pointer))
        return "has no pointer where one must stand: /error, /status=failed";
    if (out->test > RULE_EQUALS && !out->value.len)
        return "has nothing behind ^= or *=, which every text would fit";
    return NULL;
}

const char *rule_read(struct rule *out, sluice_text text) {
    const char *wrong = NULL;
    text = text_trim(text);
    *out = (struct rule){.least = STATUS_LEAST, .most = STATUS_MOST};
    if (!text.len)
        return "is empty";
    if (text.ptr[0] != '/') {
        uint64_t length = 0;
        while (length < text.len && !text_is_space(text.ptr[length]))
            length++;
        wrong = read_status(out, (sluice_text){text.ptr, length});
        text = text_trim((sluice_text){text.ptr + length, text.len - length});
    }
    if (wrong || !text.len)
        return wrong;
    return text.ptr[0] == '/' ? read_test(out, text) : "has no pointer where one must stand: 422 /error";
}

static bool contains(sluice_text text, sluice_text part) {
    for (uint64_t i = 0; i + part.len <= text.len; i++)
        if (text_same((sluice_text){text.ptr + i, part.len}, part))
            return true;
    return false;
}

bool rule_fits(const struct rule *rule, struct reply *reply, int32_t status) {
    if (status < rule->least || status > rule->most)
        return false;
    if (rule->test == RULE_STATUS)
        return true;
    sluice_text value = pointer_find(reply->root, rule->pointer);
    if (rule->test == RULE_THERE)
        return value.ptr && !reply_is_nothing(value);
    sluice_text text = text_trim(reply_text(reply, value));
    switch (rule->test) {
    case RULE_BEGINS:
        return text_starts(text, rule->value);
    case RULE_CONTAINS:
        return contains(text, rule->value);
    default:
        return text.ptr && text_same(text, rule->value);
    }
}
