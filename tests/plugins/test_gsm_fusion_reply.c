/* The reader of replies: what is put right, what is damage, what is somebody else's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gsm_fusion/repair.h"
#include "gsm_fusion/reply.h"
#include <sluice/text.h>

/* ---- repair ------------------------------------------------------------------------------- */

/* Repaired in pieces of `step` bytes, written in rooms of `room`. */
static void repair_text(const char *in, size_t length, size_t step, size_t room, char *out) {
    struct repair repair = {0};
    size_t written = 0;
    for (size_t at = 0; at < length || at == 0; at += step) {
        size_t n = length - at < step ? length - at : step;
        struct repair_input input = {in + at, in + at + n, at + n == length};
        for (size_t got = 1; got; written += got) {
            got = repair_run(&repair, &input, out + written, room);
            if (got == 0 && room - got < REPAIR_ROOM)
                break;
        }
    }
    out[written] = 0;
}

static void test_repair(void **state) {
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"<id>plain</id>", "<id>plain</id>"},
        {"a]]>b]]]>c]>", "a]]&gt;b]]]&gt;c]>"},
        {"AT&T &amp; &lt;b&gt; &quot;&apos;", "AT&amp;T &amp; &lt;b> &quot;&apos;"},
        {"&nbsp;&copy;&; &", "\xc2\xa0&amp;copy;&amp;; &amp;"},
        {"&#65;&#x41;&#;&#x;&#12345678;&#123456789;", "&#65;&#x41;&amp;#;&amp;#x; &amp;#123456789;"},
        {"&#0;&#9;&#27;&#31;&#32;&#xD7FF;&#xD800;&#xdfff;&#xE000;&#xfffd;&#xFFFE;&#x10FFFF;&#x110000;&#"
         "xffffffff;",
         " &#9;  &#32;&#xD7FF;  &#xE000;&#xfffd; &#x10FFFF;  "},
        {"a<br>b<BR/>c</br>d<br />", "a&lt;br>b&lt;BR/>c&lt;/br>d&lt;br />"},
        {"<b>x</b><font color=\"red\">", "&lt;b>x&lt;/b>&lt;font color=\"red\">"},
        {"<brand/><i-x><imei></imei><b:c>", "<brand/><i-x><imei></imei><b:c>"},
        {"<h1><h9>", "&lt;h1><h9>"},
        {"1 < 2 <3 <> </ <", "1 &lt; 2 &lt;3 &lt;> &lt;/ &lt;"},
        {"x<!-- <br> & -- > -->y", "xy"},
        {"<?phpxml a=\"?\" ?><r/>", "<r/>"},
        {"<![CDATA[a<br>&b]] >]]]>&c", "<![CDATA[a<br>&b]] >]]]>&amp;c"},
        {"a]]&gt;b&gt;c", "a]]&gt;b>c"},
        {"\xef\xbb\xbf<r/>", "<r/>"},
        {"caf\xe9 \xc3\xa9 \x80\x99\x81", "caf\xc3\xa9 \xc3\xa9 \xe2\x82\xac\xe2\x84\xa2\xc2\x81"},
        {"\xf0\x9f\x8d\x8f\xf0\x9f\x8d", "\xf0\x9f\x8d\x8f\xc3\xb0\xc5\xb8\xc2\x8d"},
        {"\xed\xa0\x80", "\xc3\xad\xc2\xa0\xe2\x82\xac"}, /* a surrogate is no character */
        {"a\tb\r\nc\x01\x1f", "a\tb\r\nc  "},
        {"<!DOCTYPE html>", "<!DOCTYPE html>"},
        {"a text that is longer than sixteen bytes, with a & in it, and <br> too; and then more of the same "
         "text",
         "a text that is longer than sixteen bytes, with a &amp; in it, and &lt;br> too; and then more of "
         "the "
         "same text"},
    };
    char out[1024];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step < 40; step++)
            for (size_t room = REPAIR_ROOM; room < 200; room += 23) {
                repair_text(cases[i].in, strlen(cases[i].in), step, room, out);
                if (strcmp(out, cases[i].out) != 0)
                    fail_msg("'%s' in steps of %zu, room %zu: '%s'", cases[i].in, step, room, out);
            }
    repair_text("a\0b", 3, 3, 100, out);
    assert_string_equal(out, "a b");
}

/* Where the output is cut must not depend on how the input came. */
static void test_repair_cuts(void **state) {
    char in[4096], whole[8192], pieces[8192];
    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = "<imei>&lt;br&gt;text & more</imei>\xe9]]&gt;"[i * 7 % 41];
    for (size_t step = 1; step < 100; step += 13) {
        struct repair a = {0}, b = {0};
        struct repair_input all = {in, in + sizeof in, true};
        size_t at = 0;
        while (all.at < all.end) {
            size_t n = repair_run(&a, &all, whole, 333), m = 0;
            while (333 - m >= REPAIR_ROOM && at < sizeof in) {
                size_t length = sizeof in - at < step ? sizeof in - at : step;
                struct repair_input piece = {in + at, in + at + length, at + length == sizeof in};
                m += repair_run(&b, &piece, pieces + m, 333 - m);
                at = (size_t)(piece.at - in);
            }
            assert_int_equal(n, m);
            assert_memory_equal(whole, pieces, n);
        }
    }
}

/* ---- records ------------------------------------------------------------------------------ */

struct heard {
    char text[65536];
    size_t length, count;
};

static void on_record(void *user, const struct record *record) {
    struct heard *heard = user;
    heard->count++;
    for (uint32_t i = 0; i < record->count && heard->length < sizeof heard->text - 4096; i++) {
        sluice_text value = record_text(record, &record->fields[i]);
        heard->length += (size_t)snprintf(heard->text + heard->length, sizeof heard->text - heard->length,
                                          "%s%s=%.*s", i ? ";" : "", record->fields[i].element,
                                          value.len < 3000 ? (int)value.len : 3000, value.ptr);
    }
    heard->length += (size_t)snprintf(heard->text + heard->length, 2, "\n");
}

static int32_t no_fail(sluice_error *error, int32_t code, const char *format, ...) {
    (void)error, (void)format;
    return code;
}

static struct reader *open_reader(void) {
    static const sluice_host host = {.fail = no_fail};
    const struct xml_library *xml = xml_library_load(&host, NULL);
    assert_non_null(xml);
    return reader_new(xml);
}

static enum reply_state read_all(struct reader *reader, const char *body, size_t length, size_t step,
                                 struct heard *heard) {
    heard->length = heard->count = 0;
    heard->text[0] = 0;
    reader_begin(reader, on_record, heard);
    for (size_t at = 0; at < length; at += step)
        reader_feed(reader, (sluice_text){body + at, length - at < step ? length - at : step}, false);
    return reader_feed(reader, (sluice_text){"", 0}, true);
}

static void test_records(void **state) {
    static const struct {
        const char *in, *out;
        enum reply_state end;
    } cases[] = {
        {"<result><imeis><id>1</id><imei> 2 </imei></imeis></result>", "id=1;imei=2\n", REPLY_COMPLETE},
        {"<imeis><id>1</id></imeis><imeis><id>2</id></imeis>", "id=1\nid=2\n", REPLY_COMPLETE},
        {"<result/>", "", REPLY_COMPLETE},
        {"<error> no </error>", "error=no\n", REPLY_COMPLETE},
        {"<result><error>no</error></result>", "error=no\n", REPLY_COMPLETE},
        {"<imeiduplicates>1,2</imeiduplicates>", "imeiduplicates=1,2\n", REPLY_COMPLETE},
        {"<result><credit>1</credit><currency>USD</currency></result>", "credit=1\ncurrency=USD\n",
         REPLY_COMPLETE},
        {"<result><data><imeis><id>1</id></imeis></data></result>", "id=1\n", REPLY_COMPLETE},
        {"<Packages><Package><PackageId>1</PackageId><CustomFields><CustomField><FieldName>a</FieldName>"
         "</CustomField></CustomFields><MustRead></MustRead></Package></Packages>",
         "PackageId=1;FieldName=a;MustRead=\n", REPLY_COMPLETE},
        {"<result><imeis><code>a<br>b &amp; c &lt;br&gt; <![CDATA[<i>]]></code></imeis></result>",
         "code=a<br>b & c <br> <i>\n", REPLY_COMPLETE},
        {"<result><imeis><code>a]]>b</code></imeis></result>", "code=a]]>b\n", REPLY_COMPLETE},
        {"<result><imeis><code>&#0;&#xFFFF;a</code></imeis></result>", "code=a\n", REPLY_COMPLETE},
        {"<result><imeis><code>a&#27;b &lt;</code></imeis><imeis><code>b &lt;br&gt; &amp;amp;</code></imeis>"
         "</result>",
         "code=a b <\ncode=b <br> &amp;\n", REPLY_COMPLETE},
        {"<result><x:imeis><x:id>1</x:id></x:imeis></result>", "id=1\n", REPLY_COMPLETE},
        {"<result><imeis><id>1</id></imeis>", "id=1\n", REPLY_DAMAGED},
        {"<result><imeis><id>1</imeis></result>", "", REPLY_DAMAGED},
        {"<result><imeis><id>1", "", REPLY_DAMAGED},
        {"<result></result", "", REPLY_DAMAGED},
        {"<result></result><html/>", "", REPLY_DAMAGED},
        {"<result></result></reply>", "", REPLY_DAMAGED},
        {"<result></result>text", "", REPLY_DAMAGED},
        {"<result></result><!-- ", "", REPLY_DAMAGED},
        {"<result><![CDATA[</result>", "", REPLY_DAMAGED},
        {"<result a=1></result>", "", REPLY_FOREIGN},
        {"", "", REPLY_FOREIGN},
        {" \n", "", REPLY_FOREIGN},
        {"<!-- nothing -->", "", REPLY_FOREIGN},
        {"Not found", "", REPLY_FOREIGN},
        {"{\"result\": 1}", "", REPLY_FOREIGN},
        {"<html><result/></html>", "", REPLY_FOREIGN},
        {"<!DOCTYPE result><result/>", "", REPLY_FOREIGN},
        {"<br><result/>", "", REPLY_FOREIGN},
    };
    struct reader *reader = open_reader();
    struct heard heard;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step < 30; step++) {
            enum reply_state end = read_all(reader, cases[i].in, strlen(cases[i].in), step, &heard);
            if (end != cases[i].end || strcmp(heard.text, cases[i].out) != 0)
                fail_msg("'%s' in steps of %zu: %d, '%s'", cases[i].in, step, (int)end, heard.text);
        }
    assert_true(reader_reusable(reader));
    reader_free(reader);
}

static void test_descriptions(void **state) {
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", "HTTP 503, an empty body"},
        {"<!DOCTYPE html><html><head>\n<TITLE lang=en>\n Just a moment... </TITLE>",
         "HTTP 503, an HTML page: Just a moment..."},
        {"<html><title></title>", "HTTP 503, an HTML page"},
        {" {\"a\": 1}", "HTTP 503, JSON: {\"a\": 1}"},
        {"<rss><item/></rss>", "HTTP 503, XML of another kind: <rss><item/></rss>"},
        {"Bad Gateway", "HTTP 503, text: Bad Gateway"},
        {"<result>", "HTTP 503, damaged XML: Opening and ending tag mismatch: result line 1 and reply"},
        {"<result/>", "HTTP 503, a reply of the API"},
    };
    struct reader *reader = open_reader();
    struct heard heard;
    char out[REPLY_DESCRIPTION];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_all(reader, cases[i].in, strlen(cases[i].in), 7, &heard);
        reader_describe(reader, 503, out);
        assert_string_equal(out, cases[i].out);
    }
    reader_free(reader);
}

/* ---- size --------------------------------------------------------------------------------- */

static char *repeat(const char *before, const char *each, size_t times, const char *after, size_t *length) {
    size_t room = strlen(before) + strlen(each) * times + strlen(after) + 1;
    char *text = malloc(room), *end = stpcpy(text, before);
    for (size_t i = 0; i < times; i++)
        end = stpcpy(end, each);
    *length = (size_t)(stpcpy(end, after) - text);
    return text;
}

static void test_long_replies(void **state) {
    struct reader *reader = open_reader();
    struct heard heard;
    size_t length;
    (void)state;
    char *many = repeat("<result>", "<imeis><id>1</id><code>a &lt;br&gt; b & c</code></imeis>\n", 30000,
                        "</result>", &length);
    assert_int_equal(read_all(reader, many, length, 1000, &heard), REPLY_COMPLETE);
    assert_int_equal(heard.count, 30000);
    assert_true(reader_reusable(reader));
    free(many);
    char *value = repeat("<error>", "x", 1024 * 1024 + 1, "</error>", &length);
    assert_int_equal(read_all(reader, value, length, 16384, &heard), REPLY_DAMAGED);
    free(value);
    char *fields = repeat("<result><imeis>", "<a1/>", 5000, "</imeis></result>", &length);
    assert_int_equal(read_all(reader, fields, length, 16384, &heard), REPLY_DAMAGED);
    assert_int_equal(heard.count, 0);
    free(fields);
    char *deep = repeat("<result>", "<x1>", 100000, "", &length);
    assert_int_equal(read_all(reader, deep, length, 16384, &heard), REPLY_DAMAGED);
    free(deep);
    reader_free(reader);
}

/* The parser remembers every name: a reader that has seen too many is not used again. */
static void test_invented_names(void **state) {
    struct reader *reader = open_reader();
    struct heard heard;
    char *text = malloc(1 << 20), *end = stpcpy(text, "<result>");
    (void)state;
    for (int i = 0; i < 6000; i++)
        end += sprintf(end, "<q%d></q%d>", i, i);
    end = stpcpy(end, "</result>");
    assert_int_equal(read_all(reader, text, (size_t)(end - text), 16384, &heard), REPLY_COMPLETE);
    assert_false(reader_reusable(reader));
    free(text);
    reader_free(reader);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_repair),       cmocka_unit_test(test_repair_cuts),
        cmocka_unit_test(test_records),      cmocka_unit_test(test_descriptions),
        cmocka_unit_test(test_long_replies), cmocka_unit_test(test_invented_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
