#include "secret.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "text.h"

enum {
    SECRETS = 256, /* a pipeline has a handful; tokens come and go */
    VAULT_BYTES = 64 * 1024,
    SHORTEST_REDACTED = 4, /* shorter ones would strike out half of every line */
};

/* One page-aligned block that no core dump shows and that isn't swapped out. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *vault;
static size_t vault_used;
static sluice_text secrets[SECRETS];
static uint32_t secret_count;
static uint32_t longest_first[SECRETS]; /* one value may stand inside another */

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

/* Under the lock; there is room. */
static uint32_t add(sluice_text value) {
    uint32_t at = secret_count;
    memcpy(vault + vault_used, value.ptr, value.len);
    secrets[secret_count] = (sluice_text){vault + vault_used, value.len};
    vault_used += value.len + 1;
    for (; at && secrets[longest_first[at - 1]].len < value.len; at--)
        longest_first[at] = longest_first[at - 1];
    longest_first[at] = secret_count;
    return ++secret_count;
}

sluice_secret secret_keep(sluice_text value) {
    if (!value.len)
        return (sluice_secret){0};
    pthread_mutex_lock(&lock);
    uint32_t handle = find(value);
    if (!handle && vault_open() && secret_count < SECRETS && value.len < VAULT_BYTES - vault_used)
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

/* As it stands in a form body or a URL. Returns the length, 0 when it is the same or too long. */
static size_t urlencode(sluice_text value, char *out, size_t room) {
    static const char hex[] = "0123456789ABCDEF";
    size_t n = 0;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        bool plain =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c);
        if (n + 3 > room)
            return 0;
        if (plain) {
            out[n++] = (char)c;
        } else {
            out[n++] = '%';
            out[n++] = hex[c >> 4];
            out[n++] = hex[c & 15];
        }
    }
    return n == value.len ? 0 : n;
}

size_t secret_redact(char *text, size_t length) {
    char encoded[1024];
    pthread_mutex_lock(&lock);
    for (uint32_t i = 0; i < secret_count; i++) {
        sluice_text value = secrets[longest_first[i]];
        if (value.len < SHORTEST_REDACTED)
            break;
        length = strike(text, length, value);
        size_t n = urlencode(value, encoded, sizeof encoded);
        if (n)
            length = strike(text, length, (sluice_text){encoded, n});
    }
    pthread_mutex_unlock(&lock);
    return length;
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
    for (uint32_t i = 0; i < secret_count; i++) {
        size_t n = secrets[i].len < SHORTEST_REDACTED ? 0 : cut_value(text, length, secrets[i]);
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
    secret_count = 0;
    pthread_mutex_unlock(&lock);
}
