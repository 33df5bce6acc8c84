/* What each reply that says no means, and what the user reads about it. The servers themselves say these in
 * tests/supabase; here is what they say seldom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sluice/text.h>

#include "supabase/rest_fault.h"

#include <cmocka.h>

static struct rest_fault fault;

static void hear(int status, const char *body) {
    rest_fault_read(&fault, status, text_of(body), "public.orders", REST_ROLE_SERVICE);
}

static void expect(int status, const char *body, enum rest_kind kind, int code, const char *part) {
    hear(status, body);
    assert_int_equal(fault.kind, kind);
    assert_int_equal(fault.exit, code);
    if (!strstr(fault.text, part))
        fail_msg("'%s' isn't in '%s'", part, fault.text);
}

#define CODE(code) "{\"code\":\"" code "\",\"details\":null,\"hint\":null,\"message\":\"words\"}"

static void codes(void **state) {
    (void)state;
    hear(200, "[]");
    assert_int_equal(fault.kind, REST_FINE);
    expect(401, CODE("PGRST301"), REST_FATAL, SLUICE_E_AUTH, "SUPABASE_KEY");
    expect(401, CODE("PGRST303"), REST_FATAL, SLUICE_E_AUTH, "expired");
    expect(401, "{\"message\":\"Invalid API key\",\"hint\":\"x\"}", REST_FATAL, SLUICE_E_AUTH,
           "Invalid API key;");
    expect(403, "", REST_FATAL, SLUICE_E_AUTH, "SUPABASE_KEY");
    expect(400, "{\"code\":\"22023\",\"message\":\"role \\\"nobody\\\" does not exist\"}", REST_FATAL,
           SLUICE_E_AUTH, "SUPABASE_KEY");
    expect(400, CODE("22023"), REST_ROW, SLUICE_E_DATA, "words");
    expect(404, "{}", REST_FATAL, SLUICE_E_CONFIG, "'sluice store init --print' shows in the SQL editor");
    expect(500, CODE("42P17"), REST_FATAL, SLUICE_E_CONFIG, "mend the policy");
    expect(416, CODE("PGRST103"), REST_AGAIN, SLUICE_E_UNAVAILABLE, "fewer rows");
    expect(406, CODE("PGRST116"), REST_FATAL, SLUICE_E_CONFIG, "SUPABASE_URL");
    expect(300, CODE("PGRST203"), REST_FATAL, SLUICE_E_CONFIG, "SUPABASE_URL");
    expect(404, CODE("PGRST205"), REST_FATAL, SLUICE_E_CONFIG, "public.orders");
    expect(404, CODE("42P01"), REST_FATAL, SLUICE_E_CONFIG, "sluice store init");
    expect(400, CODE("PGRST204"), REST_FATAL, SLUICE_E_CONFIG, "sluice store init");
    expect(400, CODE("42P10"), REST_FATAL, SLUICE_E_CONFIG, "no unique key");
    expect(409, CODE("23505"), REST_ROW, SLUICE_E_DATA, "words (23505)");
    expect(400, CODE("22P02"), REST_ROW, SLUICE_E_DATA, "words");
    expect(400, CODE("P0001"), REST_ROW, SLUICE_E_DATA, "words");
    expect(500, CODE("57014"), REST_SIZE, SLUICE_E_UNAVAILABLE, "statement_timeout");
    expect(413, "<html>", REST_SIZE, SLUICE_E_UNAVAILABLE, "413");
    expect(500, CODE("40001"), REST_AGAIN, SLUICE_E_UNAVAILABLE, "words");
    expect(500, CODE("40P01"), REST_AGAIN, SLUICE_E_UNAVAILABLE, "words");
    expect(504, CODE("PGRST003"), REST_AGAIN, SLUICE_E_UNAVAILABLE, "no connection to the database");
    expect(503, CODE("57P03"), REST_AGAIN, SLUICE_E_UNAVAILABLE, "starting");
    expect(500, CODE("53100"), REST_FATAL, SLUICE_E_IO, "disk is full");
    expect(500, CODE("53300"), REST_AGAIN, SLUICE_E_UNAVAILABLE, "words");
    expect(405, CODE("25006"), REST_FATAL, SLUICE_E_IO, "read-only");
    expect(402, "", REST_FATAL, SLUICE_E_UNAVAILABLE, "quota");
    expect(540, "", REST_FATAL, SLUICE_E_UNAVAILABLE, "paused");
    expect(544, "<html>", REST_AGAIN, SLUICE_E_UNAVAILABLE, "waited too long");
    expect(520, "<html>", REST_AGAIN, SLUICE_E_UNAVAILABLE, "HTTP 520: a page");
    expect(502, "", REST_AGAIN, SLUICE_E_UNAVAILABLE, "HTTP 502");
    expect(429, "", REST_AGAIN, SLUICE_E_UNAVAILABLE, "too many requests");
    expect(418, CODE("XX000"), REST_FATAL, SLUICE_E_UNAVAILABLE, "HTTP 418: words (XX000)");
}

static void rights(void **state) {
    static const char rls[] =
        "{\"code\":\"42501\",\"message\":\"new row violates row-level security policy\"}";
    (void)state;
    expect(403, rls, REST_FATAL, SLUICE_E_AUTH, "add a policy");
    rest_fault_read(&fault, 401, text_of(rls), "public.orders", REST_ROLE_ANON);
    assert_non_null(strstr(fault.text, "anon or publishable key"));
    rest_fault_read(&fault, 401,
                    TEXT("{\"code\":\"42501\",\"message\":\"permission denied for table orders\"}"),
                    "public.orders", REST_ROLE_ANON);
    assert_non_null(strstr(fault.text, "take the secret or service_role key"));
    assert_null(strstr(fault.text, "GRANT")); /* to everyone who loads a web page */
    expect(403, "{\"code\":\"42501\",\"message\":\"permission denied for table orders\"}", REST_FATAL,
           SLUICE_E_AUTH, "GRANT SELECT, INSERT, UPDATE ON public.orders TO service_role");
    expect(403, "{\"code\":\"42501\",\"message\":\"permission denied for sequence orders_id_seq\"}",
           REST_FATAL, SLUICE_E_AUTH, "GRANT USAGE ON SEQUENCE orders_id_seq TO service_role");
    expect(403, "{\"code\":\"42501\",\"message\":\"permission denied for schema app\"}", REST_FATAL,
           SLUICE_E_AUTH, "GRANT USAGE ON SCHEMA app TO service_role");
}

/* What is granted to everyone who signs in is granted to everyone. */
static void a_users_token_gets_no_grant(void **state) {
    sluice_text body = TEXT("{\"code\":\"42501\",\"message\":\"permission denied for table orders\"}");
    (void)state;
    rest_fault_read(&fault, 403, body, "public.orders", REST_ROLE_USER);
    assert_int_equal(fault.exit, SLUICE_E_AUTH);
    assert_non_null(strstr(fault.text, "take the secret or service_role key"));
    assert_null(strstr(fault.text, "GRANT"));
    rest_fault_read(&fault, 403, body, "public.orders", REST_ROLE_OTHER);
    assert_non_null(strstr(fault.text, "GRANT SELECT, INSERT, UPDATE ON public.orders TO the role of"));
    assert_null(strstr(fault.text, "service_role"));
}

static void long_words_are_cut_between_characters(void **state) {
    char body[3000] = "{\"message\":\"a";
    (void)state;
    for (int i = 0; i < 700; i++)
        strcat(body, "é");
    strcat(body, "\"}");
    hear(400, body);
    assert_true(strlen(fault.words) < 310);
    assert_true((strlen(fault.words) - 1) % 2 == 0);
}

static void keys_tell_whose_they_are(void **state) {
    (void)state;
    assert_int_equal(rest_role_of("sb_publishable_x"), REST_ROLE_ANON);
    assert_int_equal(rest_role_of("sb_secret_x"), REST_ROLE_SERVICE);
    /* {"iss":"supabase","role":"anon"}, {"role":"service_role"}, {"role":"me"} */
    assert_int_equal(rest_role_of("e30.eyJpc3MiOiJzdXBhYmFzZSIsInJvbGUiOiJhbm9uIn0.x"), REST_ROLE_ANON);
    assert_int_equal(rest_role_of("e30.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.x"), REST_ROLE_SERVICE);
    assert_int_equal(rest_role_of("e30.eyJyb2xlIjoiYXV0aGVudGljYXRlZCJ9.x"), REST_ROLE_USER);
    assert_int_equal(rest_role_of("e30.eyJyb2xlIjoibWUifQ.x"), REST_ROLE_OTHER);
    assert_int_equal(rest_role_of("a.b"), REST_ROLE_OTHER);
    assert_int_equal(rest_role_of(""), REST_ROLE_OTHER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes), cmocka_unit_test(rights), cmocka_unit_test(a_users_token_gets_no_grant),
        cmocka_unit_test(long_words_are_cut_between_characters), cmocka_unit_test(keys_tell_whose_they_are)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
