/* CODE in every form that is known: what is displayed, what has a column, what is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "shared/code.h"
#include <sluice/text.h>

#include <cmocka.h>

static struct code code;

static void read_text(const char *raw) {
    assert_true(code_read(&code, raw ? text_of(raw) : (sluice_text){NULL, 0}));
}

static void assert_text(sluice_text text, const char *expected) {
    char copy[4096];
    if (!expected) {
        assert_null(text.ptr);
        return;
    }
    snprintf(copy, sizeof copy, "%.*s", TEXT_ARG(text));
    assert_string_equal(copy, expected);
}

static void assert_display(const char *raw, const char *expected) {
    read_text(raw);
    assert_text(code.display, expected);
}

static void assert_pair(uint32_t index, const char *key, const char *value) {
    assert_true(index < code.pair_count);
    assert_text(code.pairs[index].key, key);
    assert_text(code.pairs[index].value, value);
}

/* ---- forms -------------------------------------------------------------------------------- */

static const char lines[] = "Model: iPhone 12 128GB Black\n"
                            "IMEI2 Number: 004400000000016\n"
                            "Carrier: US AT&T Activation Policy\n"
                            "Next Tether Policy: 2067 - US T-Mobile & Sprint Locked Policy\n"
                            "Find My iPhone: ON\n"
                            "SimLock: Unlocked";

/* However it is written, it says the same. */
static void assert_whole(const char *raw) {
    assert_display(raw, lines);
    assert_text(code.fields[CODE_MODEL], "iPhone 12 128GB Black");
    assert_text(code.fields[CODE_IMEI2], "004400000000016");
    assert_text(code.fields[CODE_CARRIER], "US AT&T Activation Policy");
    assert_text(code.fields[CODE_FMI], "ON");
    assert_text(code.fields[CODE_SIMLOCK], "Unlocked");
    assert_int_equal(code.pair_count, 1);
    assert_pair(0, "Next Tether Policy", "2067 - US T-Mobile & Sprint Locked Policy");
}

static void test_forms(void **state) {
    (void)state;
    assert_whole(lines);
    assert_whole(
        "Model: iPhone 12 128GB Black<br>IMEI2 Number: 004400000000016<br>Carrier: US AT&T Activation "
        "Policy<br>Next Tether Policy: 2067 - US T-Mobile & Sprint Locked Policy<br>Find My iPhone: "
        "ON<br>SimLock: Unlocked");
    assert_whole("Model: iPhone 12 128GB Black&lt;br&gt;IMEI2 Number: 004400000000016&lt;BR/&gt;Carrier: US "
                 "AT&amp;T Activation Policy&lt;br /&gt;Next Tether Policy: 2067 - US T-Mobile &amp; Sprint "
                 "Locked Policy&lt;br&gt;Find My iPhone: ON&lt;br&gt;SimLock: Unlocked&lt;br&gt;");
    assert_whole(
        "Model: iPhone 12 128GB Black&amp;lt;br&amp;gt;IMEI2 Number: 004400000000016&amp;lt;br&amp;gt;"
        "Carrier: US AT&amp;amp;T Activation Policy&amp;lt;br&amp;gt;Next Tether Policy: 2067 - US "
        "T-Mobile &amp;amp; Sprint Locked Policy&amp;lt;br&amp;gt;Find My iPhone: ON&amp;lt;br&amp;gt;"
        "SimLock: Unlocked");
    assert_whole(
        "Model: iPhone 12 128GB Black - IMEI2 Number: 004400000000016 - Carrier: US AT&T Activation "
        "Policy - Next Tether Policy: 2067 - US T-Mobile & Sprint Locked Policy - Find My iPhone: ON "
        "- SimLock: Unlocked");
    assert_whole("\r\n<b>Model:</b>&nbsp;iPhone 12 128GB Black<br />\r\n<b>IMEI2 Number:</b> 004400000000016"
                 "<br />\r\n<b>Carrier:</b> US AT&#38;T Activation Policy<br />\r\n\r\n<b>Next Tether Policy:"
                 "</b>  2067 - US T-Mobile &#x26; Sprint Locked Policy<hr>\t<b>Find My iPhone:</b> <font "
                 "color=\"red\">ON</font><br/>SimLock:\xc2\xa0Unlocked <!-- end -->");
    assert_whole(
        "<table><tr><td>Model:</td><td>iPhone 12 128GB Black</td></tr><tr><td>IMEI2 Number:</td><td>"
        "004400000000016</td></tr><tr><td>Carrier:</td><td>US AT&amp;T Activation Policy</td></tr><tr>"
        "<td>Next Tether Policy:</td><td>2067 - US T-Mobile &amp; Sprint Locked Policy</td></tr><tr>"
        "<td>Find My iPhone:</td><td>ON</td></tr><tr><td>SimLock:</td><td>Unlocked</td></tr></table>");
}

/* ---- texts without pairs ------------------------------------------------------------------ */

static void test_bare(void **state) {
    (void)state;
    assert_display("NCK-0a1B2c3D-Ab07", "NCK-0a1B2c3D-Ab07");
    assert_int_equal(code.pair_count, 0);
    assert_display("Invalid_IMEI", "Invalid_IMEI");
    assert_display("  12345678 - 87654321 ", "12345678 - 87654321");
    assert_display("a < b && c > d", "a < b && c > d");
    assert_display("Ready at 12:30", "Ready at 12:30");
    assert_int_equal(code.pair_count, 1);
    assert_display("see http://provider.example/x", "see http://provider.example/x");
    assert_int_equal(code.pair_count, 0);
    assert_display("12:30", "12:30");
    assert_int_equal(code.pair_count, 0);
    assert_display(NULL, NULL);
    assert_display("", NULL);
    assert_display(" <br>\r\n&nbsp; ", NULL);
    for (int i = 0; i < CODE_FIELDS; i++)
        assert_null(code.fields[i].ptr);
}

/* What a reply doesn't say isn't remembered from the one before. */
static void test_again(void **state) {
    (void)state;
    read_text("Carrier: Unlocked<br>Note: x");
    read_text("Model: iPhone");
    assert_null(code.fields[CODE_CARRIER].ptr);
    assert_int_equal(code.pair_count, 0);
}

/* ---- keys --------------------------------------------------------------------------------- */

static void assert_field(const char *raw, enum code_field field, const char *expected) {
    read_text(raw);
    assert_text(code.fields[field], expected);
    assert_int_equal(code.pair_count, 0);
}

static void test_synonyms(void **state) {
    (void)state;
    assert_field("FMI: OFF", CODE_FMI, "OFF");
    assert_field("fmi:on", CODE_FMI, "on");
    assert_field("Find My iPhone (FMI): ON", CODE_FMI, "ON");
    assert_field("FIND MY IPHONE : ON", CODE_FMI, "ON");
    assert_field("Sim-Lock: Locked", CODE_SIMLOCK, "Locked");
    assert_field("SIM Lock: Unlocked", CODE_SIMLOCK, "Unlocked");
    assert_field("SimLock Status: Unlocked", CODE_SIMLOCK, "Unlocked");
    assert_field("IMEI 2: 004400000000016", CODE_IMEI2, "004400000000016");
    assert_field("IMEI2: 004400000000016", CODE_IMEI2, "004400000000016");
    assert_field("IMEI Number 2: 004400000000016", CODE_IMEI2, "004400000000016");
    assert_field("Carrier: Unlocked", CODE_CARRIER, "Unlocked");
    assert_field("Model Name: iPhone SE", CODE_MODEL, "iPhone SE");
    assert_field("Model:", CODE_MODEL, NULL);
}

static void test_pairs(void **state) {
    (void)state;
    read_text(
        "Carrier Country: France<br>Model: iPhone<br>Model Description: SVC<br>IMEI: 001001001234563<br>"
        "iCloud Status: Clean<br>Free text<br>Time: 12:30<br>Empty:");
    assert_text(code.fields[CODE_MODEL], "iPhone");
    assert_int_equal(code.pair_count, 6);
    assert_pair(0, "Carrier Country", "France");
    assert_pair(1, "Model Description", "SVC"); /* the column has the first of the two */
    assert_pair(2, "IMEI", "001001001234563");
    assert_pair(3, "iCloud Status", "Clean");
    assert_pair(4, "Time", "12:30");
    assert_pair(5, "Empty", "");
}

static void test_limits(void **state) {
    (void)state;
    char raw[8192] = "", key[80];
    size_t used = 0;
    for (int i = 0; i < 300; i++)
        used += (size_t)snprintf(raw + used, sizeof raw - used, "k%d: %d<br>", i, i);
    read_text(raw);
    assert_int_equal(code.pair_count, CODE_PAIRS);
    memset(key, 'K', 65);
    strcpy(key + 65, ": v");
    assert_display(key, key);
    assert_int_equal(code.pair_count, 0);
}

/* ---- markup ------------------------------------------------------------------------------- */

static void test_markup(void **state) {
    (void)state;
    assert_display("&eacute;&Uuml;&#8364;&#x1F4F1;&copy;", "éÜ€📱©");
    assert_display("&#0;&#xD800;&#1114112;&#x;&#;&bogus;&amp", "&#0;&#xD800;&#1114112;&#x;&#;&bogus;&amp");
    assert_display("a<!-- b -->c<!-- d", "ac<!-- d");
    assert_display("Carrier: <Unknown>", "Carrier: <Unknown>");
    assert_display("<B>x</B><br", "x<br");
    assert_display("one<p>two</p><div>three</div>four<li>five", "one\ntwo\nthree\nfour\nfive");
    assert_display("tab\there\vand\x01there", "tab here and there");
}

static int teardown(void **state) {
    (void)state;
    code_free(&code);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),  cmocka_unit_test(test_bare),   cmocka_unit_test(test_again),
        cmocka_unit_test(test_pairs),  cmocka_unit_test(test_limits), cmocka_unit_test(test_synonyms),
        cmocka_unit_test(test_markup),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
