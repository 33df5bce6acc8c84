#include "rest_fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sluice/json.h>

#define KEY_REMEDY \
    "SUPABASE_KEY (option 'key') is wrong, expired, or another project's; take the secret or service_role " \
    "key " \
    "from the dashboard, Settings, API Keys"

struct meaning {
    int status;       /* 0: any */
    const char *code; /* as the code begins */
    enum rest_kind kind;
    int exit;
    const char *remedy; /* with %s for the table; NULL: the words say it */
};

/* The first that matches. */
static const struct meaning meanings[] = {
    {0, "PGRST301", REST_FATAL, SLUICE_E_AUTH, KEY_REMEDY},
    {0, "PGRST302", REST_FATAL, SLUICE_E_AUTH, KEY_REMEDY},
    {0, "PGRST303", REST_FATAL, SLUICE_E_AUTH, KEY_REMEDY},
    {0, "42501", REST_FATAL, SLUICE_E_AUTH, NULL}, /* say_forbidden */
    {401, "", REST_FATAL, SLUICE_E_AUTH, KEY_REMEDY},
    {403, "", REST_FATAL, SLUICE_E_AUTH, KEY_REMEDY},
    {0, "PGRST205", REST_FATAL, SLUICE_E_CONFIG,
     "there is no table %s, or the API hasn't noticed it yet; " REST_BY_HAND},
    {0, "42P01", REST_FATAL, SLUICE_E_CONFIG, "there is no table %s; " REST_BY_HAND},
    {0, "PGRST106", REST_FATAL, SLUICE_E_CONFIG,
     "the schema of %s isn't one that the API shows; add it in the dashboard, Settings, Data API"},
    {404, "", REST_FATAL, SLUICE_E_CONFIG,
     "there is no table %s, the API hasn't noticed it yet, or SUPABASE_URL (option 'url') isn't the "
     "project's "
     "address; " REST_BY_HAND},
    {0, "PGRST204", REST_FATAL, SLUICE_E_CONFIG,
     REST_BY_HAND
     " to add the column to %s; one that was just added is known after NOTIFY pgrst, 'reload schema'"},
    {0, "42703", REST_FATAL, SLUICE_E_CONFIG, REST_BY_HAND " to add the column to %s"},
    {0, "42P10", REST_FATAL, SLUICE_E_CONFIG,
     "table %s has no unique key over the columns of 'conflict'; " REST_BY_HAND ", or name others"},
    {0, "42P17", REST_FATAL, SLUICE_E_CONFIG,
     "a policy of table %s asks the table itself; take the secret or service_role key, or mend the policy"},
    {0, "PGRST103", REST_AGAIN, SLUICE_E_UNAVAILABLE, "table %s has fewer rows by now"},
    {0, "PGRST116", REST_FATAL, SLUICE_E_CONFIG,
     "the API was asked for one row of %s, which sluice doesn't do: what stands between changes the header "
     "Accept; take the project's own address as SUPABASE_URL (option 'url')"},
    {0, "PGRST203", REST_FATAL, SLUICE_E_CONFIG,
     "the address of %s leads to a function; take the project's own as SUPABASE_URL (option 'url')"},
    {0, "25006", REST_FATAL, SLUICE_E_IO,
     "the database is read-only now; Supabase does that to a full disk: make room, or enlarge it"},
    {0, "53100", REST_FATAL, SLUICE_E_IO, "the database's disk is full"},
    {0, "57014", REST_SIZE, SLUICE_E_UNAVAILABLE, "it took longer than the role's statement_timeout"},
    {0, "PGRST102", REST_ROW, SLUICE_E_DATA, NULL},
    {0, "PGRST00", REST_AGAIN, SLUICE_E_UNAVAILABLE, "the API has no connection to the database now"},
    {0, "P0001", REST_ROW, SLUICE_E_DATA, NULL}, /* a trigger said no */
    {0, "21", REST_ROW, SLUICE_E_DATA, NULL},
    {0, "22", REST_ROW, SLUICE_E_DATA, NULL},
    {0, "23", REST_ROW, SLUICE_E_DATA, NULL},
    {0, "08", REST_AGAIN, SLUICE_E_UNAVAILABLE, NULL},
    {0, "40", REST_AGAIN, SLUICE_E_UNAVAILABLE, NULL},
    {0, "53", REST_AGAIN, SLUICE_E_UNAVAILABLE, NULL},
    {0, "55P03", REST_AGAIN, SLUICE_E_UNAVAILABLE, NULL},
    {0, "57P", REST_AGAIN, SLUICE_E_UNAVAILABLE, "the database is stopping or starting"},
    {402, "", REST_FATAL, SLUICE_E_UNAVAILABLE, "the project's quota is used up; see the dashboard, Usage"},
    {413, "", REST_SIZE, SLUICE_E_UNAVAILABLE, NULL},
    {540, "", REST_FATAL, SLUICE_E_UNAVAILABLE, "the project is paused; restore it in the dashboard"},
    {544, "", REST_AGAIN, SLUICE_E_UNAVAILABLE, "the gateway waited too long for the database"},
    {408, "", REST_AGAIN, SLUICE_E_UNAVAILABLE, NULL},
    {425, "", REST_AGAIN, SLUICE_E_UNAVAILABLE, NULL},
    {429, "", REST_AGAIN, SLUICE_E_UNAVAILABLE, "too many requests; lower limits: {rate: …}"},
};

static const struct meaning *find(int status, const char *code) {
    static const struct meaning passing = {0, "", REST_AGAIN, SLUICE_E_UNAVAILABLE, NULL},
                                unknown = {0, "", REST_FATAL, SLUICE_E_UNAVAILABLE, NULL};
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        const struct meaning *meaning = &meanings[i];
        if ((!meaning->status || meaning->status == status) &&
            strncmp(code, meaning->code, strlen(meaning->code)) == 0)
            return meaning;
    }
    return status >= 500 ? &passing : &unknown;
}

/* ---- what the body says --------------------------------------------------------------------- */

/* One line, cut where it doesn't fit, between characters. */
static void put_text(char *out, size_t room, sluice_text value) {
    char *text = value.len && *value.ptr == '"' ? malloc(value.len) : NULL;
    uint64_t length = text ? json_decode(value, text) : 0;
    if (length >= room)
        for (length = room - 1; length && ((unsigned char)text[length] & 0xc0) == 0x80;)
            length--;
    for (uint64_t i = 0; i < length; i++)
        out[i] = (unsigned char)text[i] < 0x20 ? ' ' : text[i];
    out[length] = 0;
    free(text);
}

struct said {
    char code[16], message[300], details[200], hint[200];
};

/* False: it isn't the API's or the gateway's JSON. */
static bool read_body(struct said *said, sluice_text body) {
    struct json_walk walk;
    sluice_text key, value;
    *said = (struct said){.code = ""};
    if (!json_walk_object(&walk, body))
        return false;
    while (json_next_member(&walk, &key, &value)) {
        if (json_is(key, "code"))
            put_text(said->code, sizeof said->code, value);
        else if (json_is(key, "message") || (json_is(key, "msg") && !*said->message))
            put_text(said->message, sizeof said->message, value);
        else if (json_is(key, "details"))
            put_text(said->details, sizeof said->details, value);
        else if (json_is(key, "hint"))
            put_text(said->hint, sizeof said->hint, value);
    }
    return json_walk_whole(&walk);
}

/* 42501: row level security, or a missing GRANT; and which of them a key can do something about. */
static void say_forbidden(char *out, size_t room, const char *message, const char *table,
                          enum rest_role role) {
    const char *name = role == REST_ROLE_SERVICE ? "service_role" : "the role of SUPABASE_KEY (option 'key')";
    const char *sequence = strstr(message, "for sequence ");
    bool policy = strstr(message, "row-level security");
    if (role == REST_ROLE_ANON) /* a GRANT would open the orders to everyone who has that key */
        snprintf(out, room,
                 "SUPABASE_KEY (option 'key') is the anon or publishable key, which %s; take the secret or "
                 "service_role key",
                 policy ? "row level security keeps from writing" : "is for browsers");
    else if (role == REST_ROLE_USER && !policy) /* a GRANT would open the orders to all who can sign in */
        snprintf(out, room, "%s",
                 "SUPABASE_KEY (option 'key') is the token of a user who has signed in; take the secret or "
                 "service_role key");
    else if (policy)
        snprintf(out, room, "%s",
                 "row level security has no policy that lets this key's role do it; take the secret or "
                 "service_role key, or add a policy");
    else if (sequence)
        snprintf(out, room, "GRANT USAGE ON SEQUENCE %s TO %s", sequence + strlen("for sequence "), name);
    else if (strstr(message, "for schema "))
        snprintf(out, room, "GRANT USAGE ON SCHEMA %s TO %s", strstr(message, "for schema ") + 11, name);
    else
        snprintf(out, room, "GRANT SELECT, INSERT, UPDATE ON %s TO %s", table, name);
}

/* The same code as that of a bad value, which costs its row alone: this one is no row's fault. */
static const struct meaning roleless = {0, "22023", REST_FATAL, SLUICE_E_AUTH, KEY_REMEDY};

static bool is_roleless(const struct said *said) {
    return strcmp(said->code, roleless.code) == 0 && strncmp(said->message, "role \"", 6) == 0;
}

void rest_fault_read(struct rest_fault *fault, int status, sluice_text body, const char *table,
                     enum rest_role role) {
    struct said said;
    char remedy[400] = "";
    *fault = (struct rest_fault){.kind = REST_FINE};
    if (status >= 200 && status < 300)
        return;
    bool json = read_body(&said, body);
    const struct meaning *meaning = is_roleless(&said) ? &roleless : find(status, said.code);
    fault->kind = meaning->kind;
    fault->exit = meaning->exit;
    snprintf(fault->code, sizeof fault->code, "%s", said.code);
    if (strcmp(said.code, "42501") == 0)
        say_forbidden(remedy, sizeof remedy, said.message, table, role);
    else if (meaning->remedy)
        snprintf(remedy, sizeof remedy, meaning->remedy, table);
    if (json && *said.message)
        snprintf(fault->words, sizeof fault->words, "%s%s%s%s", said.message, *said.code ? " (" : "",
                 said.code, *said.code ? ")" : "");
    else if (!json && body.len)
        snprintf(fault->words, sizeof fault->words, "a page that isn't the API's");
    snprintf(fault->text, sizeof fault->text, "HTTP %d%s%s%s%s", status, *fault->words ? ": " : "",
             fault->words, *remedy ? "; " : "", remedy);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static int digit_of(char c) {
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '-' || c == '+' ? 62
           : c == '_' || c == '/' ? 63
                                  : -1;
}

/* The middle part of a token, which isn't secret, but what is read from it isn't kept. */
static bool claims_role(const char *from, const char *role) {
    char claims[1024];
    size_t count = 0;
    uint32_t bits = 0, held = 0;
    for (; digit_of(*from) >= 0 && count + 1 < sizeof claims; from++) {
        bits = bits << 6 | (uint32_t)digit_of(*from);
        held += 6;
        if (held >= 8)
            claims[count++] = (char)(bits >> (held -= 8) & 0xff);
    }
    struct json_walk walk;
    sluice_text key, value;
    bool found = false;
    if (json_walk_object(&walk, (sluice_text){claims, count}))
        while (!found && json_next_member(&walk, &key, &value))
            found = json_is(key, "role") && json_is(value, role);
    explicit_bzero(claims, sizeof claims);
    return found;
}

enum rest_role rest_role_of(const char *key) {
    const char *dot = strchr(key, '.');
    if (strncmp(key, "sb_publishable_", 15) == 0)
        return REST_ROLE_ANON;
    if (strncmp(key, "sb_secret_", 10) == 0)
        return REST_ROLE_SERVICE;
    if (dot && claims_role(dot + 1, "anon"))
        return REST_ROLE_ANON;
    if (dot && claims_role(dot + 1, "authenticated"))
        return REST_ROLE_USER;
    return dot && claims_role(dot + 1, "service_role") ? REST_ROLE_SERVICE : REST_ROLE_OTHER;
}
