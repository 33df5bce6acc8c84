#include "fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/json.h>
#include <sluice/text.h>

#define KEY_REMEDY "take the secret or service_role key for SUPABASE_KEY (option 'key')"

static const struct meaning {
    const char *code;
    int exit;
    const char *remedy; /* with %s for the bucket */
} meanings[] = {
    {"NoSuchBucket", SLUICE_E_CONFIG, "make the bucket '%s' in the dashboard, Storage, or name another"},
    {"InvalidBucketName", SLUICE_E_CONFIG, "'%s' is no bucket's name"},
    {"InvalidKey", SLUICE_E_CONFIG, "option 'path': only letters, digits and _ -.',!*&$@=;:+?/() of ASCII"},
    {"EntityTooLarge", SLUICE_E_DATA,
     "bucket '%s' takes no object so large (50 MB on the free plan); export less, or raise its limit"},
    {"AccessDenied", SLUICE_E_AUTH, "row level security keeps this key out of bucket '%s'; " KEY_REMEDY},
    {"InvalidJWT", SLUICE_E_AUTH, KEY_REMEDY},
    {"InvalidSignature", SLUICE_E_AUTH, KEY_REMEDY},
};

static void read_text(char *out, size_t room, sluice_text value) {
    char *text = *value.ptr == '"' ? malloc(value.len) : NULL;
    sluice_text got =
        text ? text_cut((sluice_text){text, json_decode(value, text)}, room - 1) : (sluice_text){0};
    for (uint64_t i = 0; i < got.len; i++)
        out[i] = (unsigned char)got.ptr[i] < 0x20 ? ' ' : got.ptr[i];
    out[got.len] = 0;
    free(text);
}

struct said {
    char status[8], code[40], message[300];
};

static void read_body(struct said *said, sluice_text body) {
    struct json_walk walk;
    sluice_text key, value;
    *said = (struct said){.code = ""};
    if (!json_walk_object(&walk, body))
        return;
    while (json_next_member(&walk, &key, &value)) {
        if (json_is(key, "statusCode"))
            read_text(said->status, sizeof said->status, value);
        else if (json_is(key, "code") || (json_is(key, "error") && !*said->code))
            read_text(said->code, sizeof said->code, value);
        else if (json_is(key, "message"))
            read_text(said->message, sizeof said->message, value);
    }
}

static const struct meaning *find(const struct said *said, int status) {
    static const struct meaning refused = {"", SLUICE_E_AUTH, KEY_REMEDY},
                                unknown = {"", SLUICE_E_UNAVAILABLE, ""};
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strcmp(said->code, meanings[i].code) == 0)
            return &meanings[i];
    return status == 401 || status == 403 ? &refused : &unknown;
}

void storage_fault_read(struct rest_fault *fault, int status, sluice_text body, const char *bucket) {
    struct said said;
    char remedy[300];
    *fault = (struct rest_fault){.kind = REST_FINE};
    if (status >= 200 && status < 300)
        return;
    read_body(&said, body);
    if (*said.status)
        status = atoi(said.status);
    const struct meaning *meaning = find(&said, status);
    bool passing = status >= 500 || status == 429 || status == 408;
    fault->kind = passing ? REST_AGAIN : REST_FATAL;
    fault->exit = passing ? SLUICE_E_UNAVAILABLE : meaning->exit;
    snprintf(fault->code, sizeof fault->code, "%s", said.code);
    snprintf(remedy, sizeof remedy, meaning->remedy, bucket);
    snprintf(fault->words, sizeof fault->words, "%s", said.message);
    snprintf(fault->text, sizeof fault->text, "storage: HTTP %d%s%s%s%s%s%s%s", status, *said.code ? " " : "",
             said.code, *said.message ? ": " : "", said.message, *remedy ? "; " : "", remedy, "");
}
