#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "secret.h"
#include "text.h"

static void configure(uint32_t level, bool json, bool color) {
    log_configure(&(struct log_settings){.level = level, .json = json, .color = color});
}

static void check(const char *expected) {
    char *got = support_captured(2);
    assert_string_equal(got, expected);
    free(got);
}

static void a_line_has_level_place_and_message(void **state) {
    (void)state;
    configure(SLUICE_LOG_INFO, false, false);
    support_capture(2);
    log_line(SLUICE_LOG_INFO, NULL, "%d rows", 7);
    log_line(SLUICE_LOG_WARN, "sinks[0] orders", "slow");
    log_line(SLUICE_LOG_ERROR, "place", "%s", "broken");
    check("sluice: info: 7 rows\nsluice: warning: sinks[0] orders: slow\nsluice: error: place: broken\n");
}

static void lines_above_the_level_are_dropped(void **state) {
    (void)state;
    configure(SLUICE_LOG_WARN, false, false);
    support_capture(2);
    log_line(SLUICE_LOG_INFO, NULL, "no");
    log_line(SLUICE_LOG_DEBUG, NULL, "no");
    log_line(SLUICE_LOG_WARN, NULL, "yes");
    log_line(77, NULL, "no such level");
    configure(0, false, false);
    log_line(SLUICE_LOG_ERROR, NULL, "not even this");
    check("sluice: warning: yes\n");
    assert_false(log_enabled(SLUICE_LOG_ERROR));
    configure(SLUICE_LOG_DEBUG, false, false);
    assert_true(log_enabled(SLUICE_LOG_DEBUG));
    support_capture(2);
    log_line(77, NULL, "no such level");
    log_line(0, NULL, "no such level");
    check("");
}

static void colors_are_ended_before_the_text(void **state) {
    (void)state;
    configure(SLUICE_LOG_DEBUG, false, true);
    support_capture(2);
    log_line(SLUICE_LOG_ERROR, "a", "b");
    log_line(SLUICE_LOG_INFO, "a", "b");
    check("sluice: \033[31merror:\033[0m a: b\nsluice: info: a: b\n");
}

static void nobody_elses_text_moves_the_cursor(void **state) {
    (void)state;
    configure(SLUICE_LOG_INFO, false, false);
    support_capture(2);
    log_line(SLUICE_LOG_ERROR, NULL, "%s", "a\033[2Jb\nsluice: error: forged\xc2\x9bm\r\xff");
    check("sluice: error: a [2Jb sluice: error: forged m ?\n");
}

static void json_lines_can_be_read(void **state) {
    (void)state;
    configure(SLUICE_LOG_INFO, true, true);
    support_capture(2);
    log_line(SLUICE_LOG_WARN, "p", "say \"%s\"", "hi");
    char *got = support_captured(2);
    int used = 0;
    assert_int_equal(sscanf(got, "{\"time\":\"%*4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ\"%n", &used), 0);
    assert_true(used > 0);
    assert_string_equal(got + used,
                        ",\"level\":\"warning\",\"place\":\"p\",\"message\":\"say \\\"hi\\\"\"}\n");
    free(got);
}

static void secrets_are_struck_out_at_every_level(void **state) {
    (void)state;
    secret_keep(TEXT("opensesame"));
    configure(SLUICE_LOG_DEBUG, false, false);
    support_capture(2);
    log_line(SLUICE_LOG_DEBUG, NULL, "POST apiKey=%s", "opensesame");
    check("sluice: debug: POST apiKey=***\n");
    secret_forget_all();
}

static void a_long_line_is_cut_and_still_ends(void **state) {
    char *text = malloc(20001);
    (void)state;
    secret_keep(TEXT("correct-horse-battery"));
    memset(text, 'x', 20000);
    text[20000] = 0;
    memcpy(text + 4085, "correct-horse-battery", 21); /* lies across the cut */
    configure(SLUICE_LOG_INFO, false, false);
    support_capture(2);
    log_line(SLUICE_LOG_INFO, "a place", "%s", text);
    char *got = support_captured(2);
    assert_true(strlen(got) > 4000 && strlen(got) < 5000);
    assert_int_equal(got[strlen(got) - 1], '\n');
    assert_null(strstr(got, "corr"));
    free(got);
    free(text);
    secret_forget_all();
}

static void a_long_place_is_cut_and_still_ends(void **state) {
    char *place = malloc(20001);
    (void)state;
    memset(place, 'p', 20000);
    place[20000] = 0;
    configure(SLUICE_LOG_INFO, false, false);
    support_capture(2);
    log_line(SLUICE_LOG_INFO, place, "x");
    char *got = support_captured(2);
    assert_int_equal(got[strlen(got) - 1], '\n');
    free(got);
    free(place);
}

static void erase(void) {
    if (write(STDERR_FILENO, "<erased>", 8) != 8)
        abort();
}

static void the_progress_line_is_erased_first(void **state) {
    (void)state;
    configure(SLUICE_LOG_INFO, false, false);
    log_set_eraser(erase);
    support_capture(2);
    log_line(SLUICE_LOG_INFO, NULL, "a");
    log_line(SLUICE_LOG_DEBUG, NULL, "not shown");
    log_write("bytes", 5);
    log_set_eraser(NULL);
    log_line(SLUICE_LOG_INFO, NULL, "b");
    check("<erased>sluice: info: a\nbytessluice: info: b\n");
}

static void *shout(void *user) {
    for (int i = 0; i < 200; i++)
        log_line(SLUICE_LOG_INFO, "thread", "%s", (const char *)user);
    return NULL;
}

static void lines_of_threads_stay_whole(void **state) {
    static char texts[4][300];
    pthread_t threads[4];
    (void)state;
    configure(SLUICE_LOG_INFO, false, false);
    support_capture(2);
    for (int i = 0; i < 4; i++) {
        memset(texts[i], 'a' + i, sizeof texts[i] - 1);
        assert_int_equal(pthread_create(&threads[i], NULL, shout, texts[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    char *got = support_captured(2);
    size_t lines = 0;
    for (char *line = strtok(got, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        assert_int_equal(strncmp(line, "sluice: info: thread: ", 22), 0);
        assert_string_equal(line + 22, texts[line[22] - 'a']);
    }
    assert_int_equal(lines, 800);
    free(got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_level_place_and_message),
        cmocka_unit_test(lines_above_the_level_are_dropped),
        cmocka_unit_test(colors_are_ended_before_the_text),
        cmocka_unit_test(nobody_elses_text_moves_the_cursor),
        cmocka_unit_test(json_lines_can_be_read),
        cmocka_unit_test(secrets_are_struck_out_at_every_level),
        cmocka_unit_test(a_long_line_is_cut_and_still_ends),
        cmocka_unit_test(a_long_place_is_cut_and_still_ends),
        cmocka_unit_test(the_progress_line_is_erased_first),
        cmocka_unit_test(lines_of_threads_stay_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
