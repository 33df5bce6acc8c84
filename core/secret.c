#include "secret.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "escape.h"
#include "text.h"

enum {
    SECRETS = 256, /* a pipeline has a handful; tokens come and go */
    VAULT_BYTES = 64 * 1024,
    SHORTEST_REDACTED = 4, /* shorter ones would strike out half of every line */
    SHORTEST_IN_DATA = 8,  /* a shorter one may stand in an order id or a title by chance */
};

/* How it may be escaped; and FORMS in all, with the secret as it is. */
enum { FORM_URL, FORM_URL_PLUS, FORM_XML, FORM_JSON, FORM_JSON_SLASH, FORM_ITSELF, FORMS };

/* A secret as it may stand in a text: itself, or escaped. */
struct form {
    sluice_text text; /* in the vault */
    size_t length;    /* of the secret itself */
};

/* One page-aligned block that no core dump shows and that isn't swapped out. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *vault;
static size_t vault_used;
static sluice_text secrets[SECRETS];
static uint32_t secret_count;
static struct form forms[SECRETS * FORMS]; /* longest first: one may stand inside another */
static uint32_t form_count;

static bool vault_open(void) {
    if (vault)
        return true;
    void *block = mmap(NULL, VAULT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return false;
    madvise(block, VAULT_BYTES, MADV_DONTDUMP);
    mlock(block, VAULT_BYTES);
    vault = block;
    return true;
}

static uint32_t find(sluice_text value) {
    for (uint32_t i = 0; i < secret_count; i++)
        if (text_equal(secrets[i], value))
            return i + 1;
    return 0;
}

/* ---- forms ------------------------------------------------------------------------------------ */

/* As exchange_request.c writes it, and as others do: a blank as '+' in a form, '/' escaped in JSON. */
static size_t escape(unsigned char c, unsigned form, char out[ESCAPE_MOST]) {
    bool blank = form == FORM_URL_PLUS && c == ' ', slash = form == FORM_JSON_SLASH && c == '/';
    if (blank || slash) {
        memcpy(out, blank ? "+" : "\\/", 2);
        return blank ? 1 : 2;
    }
    return escape_byte(form <= FORM_URL_PLUS ? ESCAPE_FORM
                       : form == FORM_XML    ? ESCAPE_XML
                                             : ESCAPE_JSON,
                       c, out);
}

/* Under the lock. What is longer than the others goes in front of them. */
static void add_form(sluice_text text, size_t length) {
    uint32_t at = form_count;
    for (uint32_t i = 0; i < form_count; i++)
        if (text_equal(forms[i].text, text))
            return;
    for (; at && forms[at - 1].text.len < text.len; at--)
        forms[at] = forms[at - 1];
    forms[at] = (struct form){text, length};
    form_count++;
}

static void add_escaped(sluice_text value, unsigned form) {
    char *start = vault + vault_used;
    size_t length = 0;
    for (uint64_t i = 0; i < value.len; i++)
        length += escape((unsigned char)value.ptr[i], form, start + length);
    vault_used += length + 1;
    add_form((sluice_text){start, length}, value.len);
}

static size_t escaped_length(sluice_text value, unsigned form) {
    char escaped[ESCAPE_MOST];
    size_t length = 0;
    for (uint64_t i = 0; i < value.len; i++)
        length += escape((unsigned char)value.ptr[i], form, escaped);
    return length;
}

/* A long token of letters and digits needs no more than its own room. */
static bool changes(sluice_text value, unsigned form) {
    return escaped_length(value, form) != value.len ||
           (form == FORM_URL_PLUS && memchr(value.ptr, ' ', value.len));
}

/* Under the lock; there is room for all forms. */
static uint32_t add(sluice_text value) {
    sluice_text own = {vault + vault_used, value.len};
    memcpy(vault + vault_used, value.ptr, value.len);
    vault_used += value.len + 1;
    secrets[secret_count++] = own;
    if (value.len >= SHORTEST_REDACTED) {
        add_form(own, value.len);
        for (unsigned form = 0; form < FORM_ITSELF; form++)
            if (changes(own, form))
                add_escaped(own, form);
    }
    return secret_count;
}

static bool has_room(sluice_text value) {
    size_t left = VAULT_BYTES - vault_used, needed = value.len + 1;
    if (secret_count == SECRETS || value.len >= left)
        return false;
    for (unsigned form = 0; form < FORM_ITSELF; form++)
        needed += changes(value, form) ? escaped_length(value, form) + ESCAPE_MOST : 0;
    return needed <= left;
}

sluice_secret secret_keep(sluice_text value) {
    if (!value.len)
        return (sluice_secret){0};
    pthread_mutex_lock(&lock);
    uint32_t handle = find(value);
    if (!handle && vault_open() && has_room(value))
        handle = add(value);
    pthread_mutex_unlock(&lock);
    return (sluice_secret){.handle = handle};
}

sluice_text secret_value(sluice_secret secret) {
    sluice_text value = {NULL, 0};
    pthread_mutex_lock(&lock);
    if (secret.handle && secret.handle <= secret_count)
        value = secrets[secret.handle - 1];
    pthread_mutex_unlock(&lock);
    return value;
}

static size_t strike(char *text, size_t length, sluice_text value) {
    char *at = text;
    while ((at = memmem(at, length - (size_t)(at - text), value.ptr, value.len))) {
        size_t after = length - (size_t)(at - text) - value.len;
        memmove(at + 3, at + value.len, after);
        memcpy(at, "***", 3);
        length -= value.len - 3;
        at += 3;
    }
    return length;
}

static size_t redact(char *text, size_t length, size_t shortest) {
    pthread_mutex_lock(&lock);
    for (uint32_t i = 0; i < form_count; i++)
        if (forms[i].length >= shortest)
            length = strike(text, length, forms[i].text);
    pthread_mutex_unlock(&lock);
    return length;
}

size_t secret_redact(char *text, size_t length) {
    return redact(text, length, SHORTEST_REDACTED);
}

size_t secret_redact_data(char *text, size_t length) {
    return redact(text, length, SHORTEST_IN_DATA);
}

bool secret_in_data(sluice_text text) {
    bool found = false;
    pthread_mutex_lock(&lock);
    for (uint32_t i = 0; text.len && i < form_count && !found; i++)
        found = forms[i].length >= SHORTEST_IN_DATA &&
                memmem(text.ptr, text.len, forms[i].text.ptr, forms[i].text.len);
    pthread_mutex_unlock(&lock);
    return found;
}

/* The longest end of the text that is the beginning of the value. */
static size_t cut_value(const char *text, size_t length, sluice_text value) {
    size_t most = value.len - 1 < length ? value.len - 1 : length;
    for (size_t n = most; n >= SHORTEST_REDACTED; n--)
        if (memcmp(text + length - n, value.ptr, n) == 0)
            return n;
    return 0;
}

size_t secret_redact_cut(char *text, size_t length) {
    size_t lost = 0;
    length = secret_redact(text, length);
    pthread_mutex_lock(&lock);
    for (uint32_t i = 0; i < form_count; i++) {
        size_t n = cut_value(text, length, forms[i].text);
        lost = n > lost ? n : lost;
    }
    pthread_mutex_unlock(&lock);
    return length - lost;
}

int32_t secret_matches(sluice_secret secret, sluice_text text) {
    sluice_text value = secret_value(secret);
    unsigned differs = value.len != text.len || !value.len;
    for (uint64_t i = 0; i < text.len; i++)
        differs |= (unsigned char)(text.ptr[i] ^ (value.len ? value.ptr[i % value.len] : 0));
    return !differs;
}

void secret_forget_all(void) {
    pthread_mutex_lock(&lock);
    if (vault)
        explicit_bzero(vault, VAULT_BYTES);
    vault_used = 0;
    secret_count = form_count = 0;
    pthread_mutex_unlock(&lock);
}
