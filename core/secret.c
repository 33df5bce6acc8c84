#include "secret.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "text.h"

enum {
    SECRETS = 256,         /* a pipeline has a handful; tokens come and go */
    VAULT_BYTES = 64 * 1024,
    SHORTEST_REDACTED = 4, /* shorter ones would strike out half of every line */
};

/* One page-aligned block that no core dump shows and that isn't swapped out. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *vault;
static size_t vault_used;
static sluice_text secrets[SECRETS];
static uint32_t secret_count;

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

sluice_secret secret_keep(sluice_text value) {
    if (!value.len)
        return (sluice_secret){0};
    pthread_mutex_lock(&lock);
    uint32_t handle = find(value);
    if (!handle && vault_open() && secret_count < SECRETS && value.len < VAULT_BYTES - vault_used) {
        char *copy = vault + vault_used;
        memcpy(copy, value.ptr, value.len);
        vault_used += value.len + 1;
        secrets[secret_count++] = (sluice_text){copy, value.len};
        handle = secret_count;
    }
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
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c);
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
        if (secrets[i].len < SHORTEST_REDACTED)
            continue;
        length = strike(text, length, secrets[i]);
        size_t n = urlencode(secrets[i], encoded, sizeof encoded);
        if (n)
            length = strike(text, length, (sluice_text){encoded, n});
    }
    pthread_mutex_unlock(&lock);
    return length;
}

void secret_forget_all(void) {
    pthread_mutex_lock(&lock);
    if (vault)
        explicit_bzero(vault, VAULT_BYTES);
    vault_used = 0;
    secret_count = 0;
    pthread_mutex_unlock(&lock);
}
