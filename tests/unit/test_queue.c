#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "queue.h"

struct numbered {
    struct queue_item item; /* first */
    int number;
};

static struct numbered *make(int number, size_t bytes) {
    struct numbered *one = calloc(1, sizeof *one);
    one->item.bytes = bytes;
    one->number = number;
    return one;
}

static int pop(struct queue *queue) {
    struct queue_item *item;
    assert_int_equal(queue_pop(queue, -1, &item), QUEUE_ITEM);
    int number = ((struct numbered *)item)->number;
    free(item);
    return number;
}

static void first_in_first_out(void **state) {
    struct queue queue;
    (void)state;
    queue_init(&queue, 1000);
    for (int i = 0; i < 5; i++)
        assert_true(queue_push(&queue, &make(i, 10)->item));
    assert_int_equal(queue.bytes, 50);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pop(&queue), i);
    assert_true(queue_push(&queue, &make(5, 10)->item));
    for (int i = 3; i < 6; i++)
        assert_int_equal(pop(&queue), i);
    assert_int_equal(queue.bytes, 0);
    queue_destroy(&queue);
}

static void an_empty_queue_times_out(void **state) {
    struct queue queue;
    struct queue_item *item;
    (void)state;
    queue_init(&queue, 10);
    assert_int_equal(queue_pop(&queue, 0, &item), QUEUE_TIMEOUT);
    assert_null(item);
    assert_int_equal(queue_pop(&queue, 5, &item), QUEUE_TIMEOUT);
    queue_push(&queue, &make(1, 1)->item);
    assert_int_equal(queue_pop(&queue, 0, &item), QUEUE_ITEM);
    free(item);
    queue_destroy(&queue);
}

static void what_is_in_a_closed_queue_still_comes_out(void **state) {
    struct queue queue;
    struct queue_item *item;
    (void)state;
    queue_init(&queue, 10);
    queue_push(&queue, &make(1, 1)->item);
    queue_close(&queue);
    assert_int_equal(pop(&queue), 1);
    assert_int_equal(queue_pop(&queue, -1, &item), QUEUE_CLOSED);
    assert_int_equal(queue_pop(&queue, 50, &item), QUEUE_CLOSED);
    queue_destroy(&queue);
}

static void *push_one(void *user) {
    struct queue *queue = user;
    struct numbered *one = make(99, 1);
    bool taken = queue_push(queue, &one->item);
    if (!taken)
        free(one);
    return (void *)(uintptr_t)taken;
}

/* A chance for the other thread to get as far as waiting; the tests hold either way. */
static void let_it_wait(void) {
    for (int i = 0; i < 200; i++)
        sched_yield();
}

static void a_full_queue_holds_up_whoever_fills_it(void **state) {
    struct queue queue;
    pthread_t thread;
    void *taken;
    (void)state;
    queue_init(&queue, 10);
    queue_push(&queue, &make(1, 9)->item);
    queue_push(&queue, &make(2, 500)->item); /* below the limit before: even a large item goes in */
    assert_int_equal(pthread_create(&thread, NULL, push_one, &queue), 0);
    let_it_wait();
    assert_int_equal(pop(&queue), 1);
    let_it_wait();
    assert_int_equal(pop(&queue), 2); /* whatever the scheduler does, 99 comes behind */
    assert_int_equal(pop(&queue), 99);
    pthread_join(thread, &taken);
    assert_true((uintptr_t)taken);
    queue_destroy(&queue);
}

static void push_now_never_waits(void **state) {
    struct queue queue;
    (void)state;
    queue_init(&queue, 10);
    for (int i = 0; i < 3; i++)
        assert_true(queue_push_now(&queue, &make(i, 100)->item));
    for (int i = 0; i < 3; i++)
        assert_int_equal(pop(&queue), i);
    queue_destroy(&queue);
}

static void a_broken_queue_gives_up_what_it_held_and_takes_no_more(void **state) {
    struct queue queue;
    (void)state;
    queue_init(&queue, 1000);
    queue_push(&queue, &make(1, 10)->item);
    queue_push(&queue, &make(2, 10)->item);
    struct queue_item *left = queue_break(&queue);
    assert_int_equal(((struct numbered *)left)->number, 1);
    assert_int_equal(((struct numbered *)left->next)->number, 2);
    assert_null(left->next->next);
    free(left->next);
    free(left);
    struct numbered *one = make(3, 1);
    assert_false(queue_push(&queue, &one->item));
    assert_false(queue_push_now(&queue, &one->item));
    free(one);
    assert_null(queue_break(&queue));
    queue_destroy(&queue);
}

static void breaking_lets_those_go_who_wait(void **state) {
    struct queue queue;
    pthread_t threads[3];
    (void)state;
    queue_init(&queue, 10);
    queue_push(&queue, &make(1, 10)->item);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, push_one, &queue), 0);
    let_it_wait();
    free(queue_break(&queue));
    for (int i = 0; i < 3; i++) {
        void *taken;
        pthread_join(threads[i], &taken);
        assert_false((uintptr_t)taken);
    }
    queue_destroy(&queue);
}

enum { EACH = 2000, PUSHERS = 4 };

static struct queue shared;

static void *push_many(void *user) {
    int base = (int)(uintptr_t)user * EACH;
    for (int i = 0; i < EACH; i++)
        if (!queue_push(&shared, &make(base + i, 10)->item))
            abort();
    return NULL;
}

static void nothing_is_lost_between_threads_and_order_is_kept(void **state) {
    pthread_t threads[PUSHERS];
    int next[PUSHERS] = {0};
    struct queue_item *item;
    (void)state;
    queue_init(&shared, 50);
    for (uintptr_t i = 0; i < PUSHERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, push_many, (void *)i), 0);
    for (int count = 0; count < EACH * PUSHERS; count++) {
        int number = pop(&shared), who = number / EACH;
        assert_int_equal(number % EACH, next[who]);
        next[who]++;
    }
    for (size_t i = 0; i < PUSHERS; i++)
        pthread_join(threads[i], NULL);
    queue_close(&shared);
    assert_int_equal(queue_pop(&shared, -1, &item), QUEUE_CLOSED);
    assert_int_equal(shared.bytes, 0);
    queue_destroy(&shared);
}

static void *close_it(void *user) {
    let_it_wait();
    queue_close(user);
    return NULL;
}

static void closing_lets_the_taker_go(void **state) {
    struct queue queue;
    struct queue_item *item;
    pthread_t thread;
    (void)state;
    queue_init(&queue, 10);
    assert_int_equal(pthread_create(&thread, NULL, close_it, &queue), 0);
    assert_int_equal(queue_pop(&queue, -1, &item), QUEUE_CLOSED);
    pthread_join(thread, NULL);
    queue_destroy(&queue);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_in_first_out),
        cmocka_unit_test(an_empty_queue_times_out),
        cmocka_unit_test(what_is_in_a_closed_queue_still_comes_out),
        cmocka_unit_test(a_full_queue_holds_up_whoever_fills_it),
        cmocka_unit_test(push_now_never_waits),
        cmocka_unit_test(a_broken_queue_gives_up_what_it_held_and_takes_no_more),
        cmocka_unit_test(breaking_lets_those_go_who_wait),
        cmocka_unit_test(nothing_is_lost_between_threads_and_order_is_kept),
        cmocka_unit_test(closing_lets_the_taker_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
