#include "ledger.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "library.h"
#include "text.h"

#define DIGEST_SYMBOLS(X) \
    X(EVP_MD_CTX_free) \
    X(EVP_MD_CTX_new) \
    X(EVP_MD_fetch) \
    X(EVP_DigestInit_ex) \
    X(EVP_DigestUpdate) \
    X(EVP_DigestFinal_ex)

static struct digest_library { DIGEST_SYMBOLS(LIBRARY_MEMBER) } library;
static EVP_MD *sha256; /* fetched once: a fetch costs more than the digest */
static pthread_key_t context_key;
static int failed;
static sluice_error failure = ERROR_INIT;

static void free_context(void *context) {
    library.EVP_MD_CTX_free(context);
}

static void load(void) {
    static const char *const names[] = {DIGEST_SYMBOLS(LIBRARY_NAME)};
    failed = library_load("libcrypto.so.3", "libssl3", names, sizeof names / sizeof *names, (void **)&library,
                          &failure);
    if (failed)
        return;
    sha256 = library.EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!sha256)
        failed =
            fail(&failure, SLUICE_E_UNAVAILABLE, "libcrypto.so.3 has no SHA-256; check its configuration");
    else if (pthread_key_create(&context_key, free_context))
        failed = fail_memory(&failure);
}

/* Each thread keeps its context. */
static EVP_MD_CTX *context_of_thread(void) {
    EVP_MD_CTX *context = pthread_getspecific(context_key);
    if (context)
        return context;
    context = library.EVP_MD_CTX_new();
    if (context && pthread_setspecific(context_key, context)) {
        library.EVP_MD_CTX_free(context);
        context = NULL;
    }
    return context;
}

static size_t put_length(uint8_t *out, uint64_t length) {
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(length >> (24 - 8 * i));
    return 4;
}

/* The lengths keep ("ab", "c") and ("a", "bc") apart. */
static bool digest_parts(EVP_MD_CTX *context, const sluice_text *parts, size_t count, uint8_t *out) {
    uint8_t joined[512]; /* parts are short: one update instead of ten */
    size_t used = 0;
    bool good = library.EVP_DigestInit_ex(context, sha256, NULL) == 1;
    for (size_t i = 0; good && i < count; i++) {
        if (used + 4 + parts[i].len > sizeof joined) {
            good = library.EVP_DigestUpdate(context, joined, used) == 1;
            used = 0;
        }
        used += put_length(joined + used, parts[i].len);
        if (used + parts[i].len <= sizeof joined) {
            if (parts[i].len)
                memcpy(joined + used, parts[i].ptr, parts[i].len);
            used += parts[i].len;
        } else {
            good = good && library.EVP_DigestUpdate(context, joined, used) == 1 &&
                   library.EVP_DigestUpdate(context, parts[i].ptr, parts[i].len) == 1;
            used = 0;
        }
    }
    return good && library.EVP_DigestUpdate(context, joined, used) == 1 &&
           library.EVP_DigestFinal_ex(context, out, NULL) == 1;
}

int order_key_make(struct order_key *out, sluice_text provider, sluice_text account, sluice_text service,
                   sluice_text identifier, sluice_error *error) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const sluice_text parts[] = {TEXT("v1"), provider, account, service, identifier};
    uint8_t digest[EVP_MAX_MD_SIZE];
    pthread_once(&once, load);
    if (failed)
        return fail(error, failure.code, "%s", failure.text);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].len > UINT32_MAX)
            return fail(error, SLUICE_E_DATA, "a part of an order's identity is longer than 4 GiB");
    EVP_MD_CTX *context = context_of_thread();
    if (!context || !digest_parts(context, parts, sizeof parts / sizeof *parts, digest))
        return fail_memory(error);
    memcpy(out->bytes, digest, sizeof out->bytes);
    return 0;
}

void order_key_text(const struct order_key *key, char out[33]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof key->bytes; i++) {
        out[2 * i] = digits[key->bytes[i] >> 4];
        out[2 * i + 1] = digits[key->bytes[i] & 15];
    }
    out[32] = 0;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool order_key_parse(const char *text, struct order_key *out) {
    if (strlen(text) != 2 * sizeof out->bytes)
        return false;
    for (size_t i = 0; i < sizeof out->bytes; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

size_t order_reference(const struct order_key *key, int64_t order, char out[ORDER_REFERENCE]) {
    static const char digits[] = "0123456789abcdef";
    char reversed[16];
    size_t n = 0, length = 2 * sizeof key->bytes;
    order_key_text(key, out);
    for (uint64_t left = (uint64_t)order; n == 0 || left; left >>= 4)
        reversed[n++] = digits[left & 15];
    out[length++] = '-';
    while (n)
        out[length++] = reversed[--n];
    out[length] = 0;
    return length;
}
