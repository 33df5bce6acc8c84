#include "support.h"

#include <stdlib.h>

#include "metric.h"

static void values_stand_under_their_help(void **state) {
    struct metrics metrics = {0};
    const struct label labels[] = {{"pipeline", "place"}, {"exit", "0"}, {0}}, none[] = {{0}};
    (void)state;
    metric_begin(&metrics, "runs_total", "counter", "Runs.");
    metric_number(&metrics, "", labels, 7);
    metric_begin(&metrics, "seconds", "histogram", "Time.");
    metric_number(&metrics, "_count", none, 18446744073709551615u);
    metric_seconds(&metrics, "_sum", NULL, 1234, 1000);
    metric_seconds(&metrics, "_sum", NULL, 5000001, 1000000);
    metric_text(&metrics, "", NULL, "4.80");
    assert_string_equal(metrics.text, "# HELP runs_total Runs.\n# TYPE runs_total counter\n"
                                      "runs_total{pipeline=\"place\",exit=\"0\"} 7\n"
                                      "# HELP seconds Time.\n# TYPE seconds histogram\n"
                                      "seconds_count 18446744073709551615\nseconds_sum 1.234\n"
                                      "seconds_sum 5.000001\nseconds 4.80\n");
    assert_false(metrics.failed);
    free(metrics.text);
}

static void labels_are_escaped(void **state) {
    struct metrics metrics = {0};
    const struct label labels[] = {{"account", "a\"b\\c\nd"}, {0}};
    (void)state;
    metric_begin(&metrics, "up", "gauge", "Up.");
    metric_number(&metrics, "", labels, 1);
    assert_string_equal(metrics.text, "# HELP up Up.\n# TYPE up gauge\nup{account=\"a\\\"b\\\\c\\nd\"} 1\n");
    free(metrics.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stand_under_their_help),
        cmocka_unit_test(labels_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
