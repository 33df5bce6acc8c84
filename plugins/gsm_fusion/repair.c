#include "repair.h"

#include <endian.h>
#include <string.h>

#include <sluice/utf8.h>

enum { PLAIN = 0, SPECIAL_IN_TEXT = 1, SPECIAL_IN_CDATA = 2 };

/* What stops a run of bytes that can be copied as they are. */
static const unsigned char specials[256] = {
    [0 ... 8] = SPECIAL_IN_TEXT | SPECIAL_IN_CDATA,
    [11 ... 12] = SPECIAL_IN_TEXT | SPECIAL_IN_CDATA,
    [14 ... 31] = SPECIAL_IN_TEXT | SPECIAL_IN_CDATA,
    ['&'] = SPECIAL_IN_TEXT,
    ['<'] = SPECIAL_IN_TEXT,
    [']'] = SPECIAL_IN_TEXT | SPECIAL_IN_CDATA,
    [128 ... 255] = SPECIAL_IN_TEXT | SPECIAL_IN_CDATA,
};

/* ---- one special byte --------------------------------------------------------------------- */

/* The scan of one piece. `stop`: no unit begins there or later; `end`: how far may be looked. */
struct scan {
    struct repair *repair;
    const char *at, *stop, *end;
    char *out, *out_end;
};

static void put(struct scan *scan, const char *text, size_t length) {
    memcpy(scan->out, text, length);
    scan->out += length;
}

static void replace(struct scan *scan, size_t taken, const char *text) {
    put(scan, text, strlen(text));
    scan->at += taken;
}

static void copy(struct scan *scan, size_t length) {
    put(scan, scan->at, length);
    scan->at += length;
}

/* Inline, so that the comparison with a literal is one of words. */
static inline bool begins(const struct scan *scan, const char *text) {
    size_t length = strlen(text);
    return (size_t)(scan->end - scan->at) >= length && memcmp(scan->at, text, length) == 0;
}

/* The length of the UTF-8 sequence here; 0 when it is none, or a character that XML doesn't have. */
static size_t utf8_length(const char *at, const char *end) {
    const unsigned char *p = (const unsigned char *)at;
    size_t length = utf8_sequence(at, (uint64_t)(end - at));
    bool noncharacter = length == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] > 0xbd; /* U+FFFE, U+FFFF */
    return noncharacter ? 0 : length;
}

static void repair_byte(struct scan *scan) {
    scan->out += utf8_put(scan->out, utf8_from_1252((unsigned char)*scan->at));
    scan->at++;
}

static bool is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(char c, bool hex) {
    return (c >= '0' && c <= '9') || (hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* The length of `&#160;` or `&#xA0;` here, and the character that it names; 0 when it is none. */
static size_t number_reference(const struct scan *scan, uint32_t *character) {
    const char *at = scan->at + 2;
    if (!begins(scan, "&#"))
        return 0;
    bool hex = at < scan->end && *at == 'x';
    const char *digits = at += hex;
    *character = 0; /* eight digits fit */
    for (; at < scan->end && is_digit(*at, hex) && at - digits < 8; at++)
        *character = *character * (hex ? 16 : 10) + (*at <= '9' ? *at - '0' : (*at | 0x20) - 'a' + 10);
    return at > digits && at < scan->end && *at == ';' ? (size_t)(at + 1 - scan->at) : 0;
}

/* XML has no control characters, no halves of surrogates and nothing behind U+10FFFF. */
static bool is_xml_character(uint32_t c) {
    if (c < 0x20)
        return c == '\t' || c == '\n' || c == '\r';
    return c < 0xd800 || (c > 0xdfff && c < 0xfffe) || (c > 0xffff && c < 0x110000);
}

/* One to a character that XML doesn't have becomes what such a byte becomes: having met one, libxml2 leaves
 * out every `&lt;` and `&amp;` of the rest of the reply, in whichever order's result it stands. */
static void repair_number(struct scan *scan, size_t length, uint32_t character) {
    if (is_xml_character(character))
        copy(scan, length);
    else
        replace(scan, length, " ");
}

static void repair_ampersand(struct scan *scan) {
    size_t number;
    uint32_t character;
    if (begins(scan, "&lt;"))
        copy(scan, 4);
    else if (begins(scan, "&gt;") && scan->repair->previous != ']')
        replace(scan, 4, ">"); /* the parser is slow on references; a '>' needs none, but in "]]>" */
    else if (begins(scan, "&gt;"))
        copy(scan, 4);
    else if (begins(scan, "&amp;"))
        copy(scan, 5);
    else if (begins(scan, "&quot;") || begins(scan, "&apos;"))
        copy(scan, 6);
    else if (begins(scan, "&nbsp;"))
        replace(scan, 6, "\xc2\xa0");
    else if ((number = number_reference(scan, &character)) > 0)
        repair_number(scan, number, character);
    else
        replace(scan, 1, "&amp;");
}

/* Tags of HTML that turn up raw inside of result texts, by their first letter. None is a name of the
 * API. */
static const char *const html[26] = {
    ['a' - 'a'] = "a",
    ['b' - 'a'] = "b br big",
    ['c' - 'a'] = "center",
    ['d' - 'a'] = "div dd dl dt",
    ['e' - 'a'] = "em",
    ['f' - 'a'] = "font",
    ['h' - 'a'] = "h1 h2 h3 h4 hr",
    ['i' - 'a'] = "i img",
    ['l' - 'a'] = "li",
    ['o' - 'a'] = "ol",
    ['p' - 'a'] = "p pre",
    ['s' - 'a'] = "span small strong sub sup",
    ['t' - 'a'] = "td tr th table tbody tt",
    ['u' - 'a'] = "u ul",
};

static bool is_name_start(char c) {
    return is_letter(c) || c == '_' || c == ':' || (unsigned char)c >= 0x80;
}

static bool ends_name(const char *at, const char *end) {
    return at >= end || *at == '>' || *at == '/' || *at == ' ' || *at == '\t' || *at == '\n' || *at == '\r';
}

/* `at`: behind the '<' and the '/'. */
static bool is_html(const char *at, const char *end) {
    const char *word = html[(*at | 0x20) - 'a'];
    while (word && *word) {
        const char *from = at;
        for (; *word > ' ' && from < end && *word == (*from | 0x20); word++)
            from++;
        if (*word <= ' ' && ends_name(from, end))
            return true;
        while (*word && *word++ != ' ')
            ;
    }
    return false;
}

/* A '<' that begins no tag of the API's: one of HTML, or none at all. */
static bool is_stray(const struct scan *scan) {
    const char *at = scan->at + 1;
    if (at < scan->end && *at == '/')
        at++;
    if (at == scan->end || !is_name_start(*at))
        return true;
    return is_letter(*at) && is_html(at, scan->end);
}

static void repair_less(struct scan *scan) {
    char next = scan->at + 1 < scan->end ? scan->at[1] : 0;
    if (next != '!' && next != '?' && !is_stray(scan)) {
        copy(scan, 1);
    } else if (begins(scan, "<![CDATA[")) {
        scan->repair->where = REPAIR_CDATA;
        copy(scan, 9);
    } else if (begins(scan, "<!--")) {
        scan->repair->where = REPAIR_COMMENT;
        scan->at += 4;
    } else if (begins(scan, "<?")) {
        scan->repair->where = REPAIR_INSTRUCTION;
        scan->at += 2;
    } else if (next == '!') {
        copy(scan, 1);
    } else {
        replace(scan, 1, "&lt;");
    }
}

static void repair_special(struct scan *scan) {
    unsigned char byte = (unsigned char)*scan->at;
    size_t length;
    if (byte < ' ')
        replace(scan, 1, " ");
    else if (begins(scan, "\xef\xbb\xbf")) /* a byte order mark: text in no place */
        scan->at += 3;
    else if (byte >= 0x80 && (length = utf8_length(scan->at, scan->end)) > 0)
        copy(scan, length);
    else if (byte >= 0x80)
        repair_byte(scan);
    else if (byte == '&')
        repair_ampersand(scan);
    else if (byte == '<')
        repair_less(scan);
    else if (!begins(scan, "]]>"))
        copy(scan, 1);
    else if (scan->repair->where == REPAIR_TEXT)
        replace(scan, 3, "]]&gt;"); /* XML forbids it in text */
    else {
        scan->repair->where = REPAIR_TEXT;
        copy(scan, 3);
    }
}

/* Comments and instructions are left out; the declaration is one of them. */
static void skip_hidden(struct scan *scan) {
    bool comment = scan->repair->where == REPAIR_COMMENT;
    const char *close = comment ? "-->" : "?>";
    if (begins(scan, close)) {
        scan->at += strlen(close);
        scan->repair->where = REPAIR_TEXT;
        return;
    }
    const char *next = memchr(scan->at + 1, close[0], (size_t)(scan->stop - scan->at) - 1);
    scan->at = next ? next : scan->stop;
}

/* ---- a piece ------------------------------------------------------------------------------ */

/* Whether enough can be seen to judge the byte at hand. */
static bool is_judgeable(const struct scan *scan, bool last) {
    return last || scan->end - scan->at >= REPAIR_AHEAD;
}

/* Sixteen bytes at a time: a reply is mostly text, and each byte of it is looked at here. */
typedef signed char lanes __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

/* The bytes of sixteen that may need repair, as 0xff in the two words. Those from 0x80 on are negative. */
struct odd {
    uint64_t low, high;
};

static inline struct odd find_odd(lanes bytes, bool cdata) {
    lanes control = (bytes < ' ') & (bytes != '\n') & (bytes != '\t') & (bytes != '\r');
    lanes markup = (bytes == ']') | (cdata ? (lanes){0} : (bytes == '<') | (bytes == '&'));
    halves odd = (halves)(control | markup);
    return (struct odd){le64toh(odd[0]), le64toh(odd[1])};
}

static inline int first_odd(struct odd odd) {
    if (odd.low)
        return __builtin_ctzll(odd.low) / 8;
    return odd.high ? 8 + __builtin_ctzll(odd.high) / 8 : 16;
}

static inline struct odd without(struct odd odd, int at) {
    if (at < 8)
        odd.low &= ~((uint64_t)0xff << 8 * at);
    else
        odd.high &= ~((uint64_t)0xff << 8 * (at - 8));
    return odd;
}

/* Nearly every '<' and '&' is as it should be. At least REPAIR_AHEAD bytes can be seen. */
static inline bool is_fine(const char *at, const char *end) {
    if (*at == '&')
        return memcmp(at, "&lt;", 4) == 0 || memcmp(at, "&amp;", 5) == 0;
    if (*at != '<')
        return false;
    at += 1 + (at[1] == '/');
    return is_letter(*at) && !is_html(at, end);
}

/* One byte less than a replacement needs stays free, so that the place where the output is cut depends
 * on what is written and not on how the input came. Locals: a byte written could be one of *scan. */
static void copy_plain(struct scan *scan) {
    bool cdata = scan->repair->where == REPAIR_CDATA;
    const char *at = scan->at, *stop = scan->stop, *end = scan->end;
    char *out = scan->out;
    int plain = 16;
    while (plain == 16 && stop - at >= 16 + REPAIR_AHEAD && scan->out_end - out >= 4 * REPAIR_ROOM) {
        lanes bytes;
        memcpy(&bytes, at, sizeof bytes);
        memcpy(out, &bytes, sizeof bytes);
        struct odd odd = cdata ? find_odd(bytes, true) : find_odd(bytes, false);
        while ((plain = first_odd(odd)) < 16 && !cdata && is_fine(at + plain, end))
            odd = without(odd, plain);
        at += plain;
        out += plain;
    }
    ptrdiff_t room = scan->out_end - out - (REPAIR_ROOM - 1);
    unsigned char mask = cdata ? SPECIAL_IN_CDATA : SPECIAL_IN_TEXT;
    if (stop - at > room)
        stop = at + room;
    while (at < stop && !(specials[(unsigned char)*at] & mask))
        *out++ = *at++;
    if (out > scan->out)
        scan->repair->previous = out[-1];
    scan->at = at;
    scan->out = out;
}

static void scan_piece(struct scan *scan, bool last) {
    struct repair *repair = scan->repair;
    while (scan->at < scan->stop && scan->out_end - scan->out >= REPAIR_ROOM) {
        bool hidden = repair->where == REPAIR_COMMENT || repair->where == REPAIR_INSTRUCTION;
        if (!hidden) {
            copy_plain(scan);
            if (scan->at == scan->stop || scan->out_end - scan->out < REPAIR_ROOM)
                continue;
        }
        if (!is_judgeable(scan, last))
            return;
        const char *start = scan->out;
        if (hidden)
            skip_hidden(scan);
        else
            repair_special(scan);
        if (scan->out > start)
            repair->previous = scan->out[-1];
    }
}

/* What the last piece left, and enough of this one to judge it. */
static void scan_held(struct repair *repair, struct repair_input *input, struct scan *scan) {
    char join[2 * REPAIR_AHEAD];
    size_t more = (size_t)(input->end - input->at), held = repair->held;
    bool whole = more <= REPAIR_AHEAD;
    if (!whole)
        more = REPAIR_AHEAD;
    memcpy(join, repair->hold, held);
    if (more)
        memcpy(join + held, input->at, more);
    scan->at = join;
    scan->stop = join + held;
    scan->end = join + held + more;
    scan_piece(scan, whole && input->last);
    size_t taken = (size_t)(scan->at - join);
    if (taken >= held) {
        repair->held = 0;
        input->at += taken - held;
        return;
    }
    repair->held = held - taken;
    memmove(repair->hold, join + taken, repair->held);
}

/* The rest of a piece can't be judged before the next one comes. */
static void hold_rest(struct repair *repair, struct repair_input *input) {
    size_t rest = (size_t)(input->end - input->at);
    if (input->last || !rest || repair->held + rest > REPAIR_AHEAD)
        return;
    memcpy(repair->hold + repair->held, input->at, rest);
    repair->held += rest;
    input->at = input->end;
}

size_t repair_run(struct repair *repair, struct repair_input *input, char *out, size_t room) {
    struct scan scan = {.repair = repair, .out = out, .out_end = out + room};
    if (repair->held)
        scan_held(repair, input, &scan);
    if (!repair->held) {
        scan.at = input->at;
        scan.stop = scan.end = input->end;
        scan_piece(&scan, input->last);
        input->at = scan.at;
    }
    if (scan.out_end - scan.out >= REPAIR_ROOM)
        hold_rest(repair, input);
    return (size_t)(scan.out - out);
}
