/* SPDX-License-Identifier: Apache-2.0 */
/* doze_swarm --wakes N [--seed S]            so many wakes, in runs of consecutive seeds from S on
 * doze_swarm --loss P --wakes N [--seed S]   the same with nothing but P percent loss each way: how many are answered
 * doze_swarm --seed S --replay               one run, with its trace
 * doze_swarm --seed S --shrink               one failing run, with as few wakes and faults as it needs
 * Ends with 1 when something was seen that must not be. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "swarm/swarm.h"

enum { FAULTS_A_WAKE_MAX = 256, VIOLATIONS_SHOWN = 20 };

typedef struct arguments {
    uint64_t wakes;
    uint64_t seed;
    unsigned loss;
    bool replay;
    bool shrink;
    const char *only_faults;
    const char *only_wakes;
} arguments;

typedef struct totals {
    uint64_t runs;
    uint64_t wakes;
    uint64_t answered;
    uint64_t violations;
    uint64_t handshakes;
    uint64_t fired[SWARM_FAULTS];
    uint64_t errnos[WORLD_OPS][SWARM_ERRNOS];
    uint64_t with[FAULTS_A_WAKE_MAX]; /* wakes with so many faults */
} totals;

/* ---- arguments ---- */

static bool parse(int count, char **values, arguments *a) {
    *a = (arguments){.wakes = 1000, .seed = 1};
    for (int i = 1; i < count; i++) {
        const char *name = values[i];
        const char *value = i + 1 < count ? values[i + 1] : NULL;
        if (strcmp(name, "--replay") == 0) {
            a->replay = true;
            continue;
        }
        if (strcmp(name, "--shrink") == 0) {
            a->shrink = true;
            continue;
        }
        if (value == NULL) {
            return false;
        }
        i++;
        if (strcmp(name, "--wakes") == 0) {
            a->wakes = strtoull(value, NULL, 10);
        } else if (strcmp(name, "--seed") == 0 || strcmp(name, "--first-seed") == 0) {
            a->seed = strtoull(value, NULL, 10);
        } else if (strcmp(name, "--loss") == 0) {
            a->loss = (unsigned)strtoul(value, NULL, 10);
        } else if (strcmp(name, "--only-faults") == 0) {
            a->only_faults = value;
        } else if (strcmp(name, "--only-wakes") == 0) {
            a->only_wakes = value;
        } else {
            return false;
        }
    }
    return true;
}

/* "17.loss.3,18.corruption.0", or "none". NULL: no such fault. */
static swarm_event *parse_faults(const char *text, size_t *count) {
    swarm_event *events = calloc(strlen(text) + 1, sizeof(*events));
    *count = 0;
    while (events != NULL && *text >= '0' && *text <= '9') {
        char *end;
        unsigned long wake = strtoul(text, &end, 10);
        const char *name = end + 1;
        size_t size = *end == '.' ? strcspn(name, ".") : 0;
        swarm_fault fault = swarm_fault_named(name, size);
        if (size == 0 || fault == SWARM_FAULTS) {
            free(events);
            return NULL;
        }
        unsigned long turn = strtoul(name + size + 1, &end, 10);
        events[(*count)++] = (swarm_event){(uint16_t)wake, (uint16_t)fault, (uint32_t)turn};
        text = *end == ',' ? end + 1 : end;
    }
    return events;
}

static void parse_wakes(const char *text, bool skipped[SWARM_WAKES_MAX]) {
    memset(skipped, true, SWARM_WAKES_MAX * sizeof(*skipped));
    while (*text >= '0' && *text <= '9') {
        char *end;
        unsigned long wake = strtoul(text, &end, 10);
        if (wake < SWARM_WAKES_MAX) {
            skipped[wake] = false;
        }
        text = *end == ',' ? end + 1 : end;
    }
}

/* ---- one run ---- */

static void print_command(const swarm_order *order) {
    printf("doze_swarm --seed %" PRIu64, order->seed);
    if (order->loss != 0) {
        printf(" --loss %u", order->loss);
    }
    printf(" --replay");
    const char *between = " --only-wakes ";
    bool some_skipped = order->skipped != NULL && memchr(order->skipped + 1, true, SWARM_WAKES_MAX - 1) != NULL;
    for (unsigned wake = 1; some_skipped && wake < SWARM_WAKES_MAX; wake++) {
        if (!order->skipped[wake]) {
            printf("%s%u", between, wake);
            between = ",";
        }
    }
    between = " --only-faults ";
    for (size_t i = 0; order->scripted && i < order->events_count; i++) {
        const swarm_event *e = &order->events[i];
        printf("%s%u.%s.%u", between, e->wake, swarm_fault_name((swarm_fault)e->fault), e->turn);
        between = ",";
    }
    printf(order->scripted && order->events_count == 0 ? " --only-faults none\n" : "\n");
}

static int replay(const arguments *a, swarm_order *order) {
    swarm_report report;
    bool skipped[SWARM_WAKES_MAX];
    swarm_event *events = NULL;
    if (a->only_faults != NULL) {
        order->events = events = parse_faults(a->only_faults, &order->events_count);
        order->scripted = true;
        if (events == NULL) {
            (void)fprintf(stderr, "no such fault in %s\n", a->only_faults);
            return 2;
        }
    }
    if (a->only_wakes != NULL) {
        parse_wakes(a->only_wakes, skipped);
        order->skipped = skipped;
    }
    order->trace = stdout;
    swarm_run(order, &report);
    printf("%u wakes, %u answered, %zu faults, digest %016" PRIx64 "\n", report.wakes, report.answered,
           report.events_count, report.digest);
    printf("%s\n", report.violations > 0 ? report.violation : "nothing that must not be");
    swarm_report_free(&report);
    free(events);
    return report.violations > 0;
}

static int shrink(swarm_order *order) {
    swarm_report report;
    if (!swarm_shrink(order, stdout)) {
        printf("this run does not fail\n");
        return 0;
    }
    order->trace = stdout;
    swarm_run(order, &report);
    print_command(order);
    swarm_report_free(&report);
    return 1;
}

/* ---- many runs ---- */

static void add(totals *t, const swarm_report *report) {
    t->runs++;
    t->wakes += report->wakes;
    t->answered += report->answered;
    t->violations += report->violations;
    t->handshakes += report->handshakes;
    for (unsigned fault = 0; fault < SWARM_FAULTS; fault++) {
        t->fired[fault] += report->fired[fault];
    }
    for (unsigned op = 0; op < WORLD_OPS; op++) {
        for (unsigned i = 0; i < SWARM_ERRNOS; i++) {
            t->errnos[op][i] += report->errnos[op][i];
        }
    }
    for (unsigned wake = 1; wake <= report->wakes; wake++) {
        unsigned faults = report->faults[wake];
        t->with[faults < FAULTS_A_WAKE_MAX ? faults : FAULTS_A_WAKE_MAX - 1]++;
    }
}

static unsigned median_faults(const totals *t) {
    uint64_t below = 0;
    unsigned faults = 0;
    while (faults < FAULTS_A_WAKE_MAX - 1 && 2 * (below + t->with[faults]) < t->wakes) {
        below += t->with[faults++];
    }
    return faults;
}

static uint64_t least_errno(const totals *t) {
    uint64_t least = UINT64_MAX;
    for (unsigned op = 0; op < WORLD_OPS; op++) {
        for (unsigned i = 0; i < SWARM_ERRNOS; i++) {
            least = t->errnos[op][i] < least ? t->errnos[op][i] : least;
        }
    }
    return least;
}

static void print_table(const totals *t) {
    uint64_t least = UINT64_MAX;
    printf("%-28s %12s %16s\n", "fault", "times", "in 1,000 wakes");
    for (unsigned fault = 0; fault < SWARM_FAULTS; fault++) {
        printf("%-28s %12" PRIu64 " %16.2f\n", swarm_fault_name((swarm_fault)fault), t->fired[fault],
               t->wakes == 0 ? 0 : 1000.0 * (double)t->fired[fault] / (double)t->wakes);
        least = t->fired[fault] < least ? t->fired[fault] : least;
    }
    printf("each errno at each call: %" PRIu64 " times or more; handshakes: %" PRIu64 "; answered: %" PRIu64 "\n",
           least_errno(t), t->handshakes, t->answered);
    printf("figures: wakes=%" PRIu64 " violations=%" PRIu64 " runs=%" PRIu64 " median_faults=%u least_fault=%" PRIu64
           "\n",
           t->wakes, t->violations, t->runs, median_faults(t), least);
}

/* In percent, rounded down: nothing less than it says. */
static bool print_loss(const totals *t, unsigned loss) {
    uint64_t thousandths = t->wakes == 0 ? 0 : t->answered * 100000 / t->wakes;
    printf("figures: loss%u=%" PRIu64 ".%03" PRIu64 " loss%u_wakes=%" PRIu64 "\n", loss, thousandths / 1000,
           thousandths % 1000, loss, t->wakes);
    return thousandths >= (loss <= 20 ? 99990 : 99000) || loss > 40;
}

static void show(const swarm_order *order, const swarm_report *report) {
    printf("seed %" PRIu64 ", wake %u: %s\nto see it: ", order->seed, report->wake, report->violation);
    print_command(order);
}

static int run_many(const arguments *a, swarm_order *order) {
    static totals t;
    while (t.wakes < a->wakes) {
        swarm_report report;
        swarm_run(order, &report);
        add(&t, &report);
        if (report.violations > 0 && t.violations <= VIOLATIONS_SHOWN) {
            show(order, &report);
        }
        swarm_report_free(&report);
        order->seed++;
    }
    bool good = t.violations == 0;
    if (a->loss != 0) {
        good = print_loss(&t, a->loss) && good;
    } else {
        print_table(&t);
    }
    return good ? 0 : 1;
}

int main(int count, char **values) {
    arguments a;
    if (!parse(count, values, &a)) {
        (void)fprintf(stderr,
                      "%s [--wakes N] [--seed S] [--loss PERCENT] [--replay [--only-wakes …] [--only-faults …]] "
                      "[--shrink]\n",
                      values[0]);
        return 2;
    }
    swarm_set_credentials(DOZE_TEST_CERTS);
    swarm_order order = {.seed = a.seed, .loss = a.loss};
    if (a.shrink) {
        return shrink(&order);
    }
    return a.replay ? replay(&a, &order) : run_many(&a, &order);
}
