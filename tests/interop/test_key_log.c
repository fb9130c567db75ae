/* SPDX-License-Identifier: Apache-2.0 */
/* The key log, in the hands of a packet analyzer that nobody here wrote: what was encrypted is to be read again. The
 * network is the simulated one, whose datagrams are written to a capture as they leave. */
#define _DEFAULT_SOURCE

#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doze/posix.h"
#include "kit/kit.h"
#include "pcap.h"
#include "server.h"

static const char before[] = "before the sleep";
static const char after[] = "after the sleep";

enum { NAME_SIZE = 32, COMMAND_SIZE = 512 };

typedef struct study {
    kit k;
    char capture_name[NAME_SIZE];
    char keys_name[NAME_SIZE];
    FILE *capture;
    FILE *keys;
    bool broken; /* a write failed */
} study;

/* ---- what is written ---- */

static FILE *make_file(char name[NAME_SIZE]) {
    strcpy(name, "/tmp/doze-key-log-XXXXXX");
    int fd = mkstemp(name);
    return fd < 0 ? NULL : fdopen(fd, "wb");
}

static int set_up(void **state) {
    study *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return -1;
    }
    *state = s;
    s->capture = make_file(s->capture_name);
    s->keys = make_file(s->keys_name);
    return s->capture != NULL && s->keys != NULL && pcap_begin(s->capture) ? 0 : -1;
}

static int tear_down(void **state) {
    study *s = *state;
    fclose(s->capture);
    fclose(s->keys);
    unlink(s->capture_name);
    unlink(s->keys_name);
    free(s);
    return 0;
}

static void write_key(void *context, const char *line) {
    study *s = context;
    s->broken |= fprintf(s->keys, "%s\n", line) < 0;
}

static bool write_datagram(void *context, world_datagram *d) {
    study *s = context;
    s->broken |= !pcap_add(s->capture, world_now(&s->k.w), &d->from, &d->to, d->data, d->size);
    return true;
}

static void start(study *s, kit_order order) {
    order.dtls.key_log = (doze_key_log){write_key, s};
    kit_start(&s->k, &order);
    world_on_datagram(&s->k.w, write_datagram, s);
}

static void stop(study *s) {
    kit_stop(&s->k);
    s->broken |= fflush(s->capture) != 0 || fflush(s->keys) != 0;
    assert_false(s->broken);
}

/* ---- what is read ---- */

/* How many packets have, decrypted, this payload. The capture has to have the handshake: tshark finds the keys by the
 * client random, and how long the Connection IDs are by their extension. */
static unsigned read_back(const study *s, const char *keys, const char *text) {
    char command[COMMAND_SIZE];
    char line[1024];
    char hex[256] = "";
    unsigned found = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        snprintf(hex + 2 * i, sizeof(hex) - 2 * i, "%02x", (unsigned char)text[i]);
    }
    int size = snprintf(command, sizeof(command),
                        "tshark -r %s -o tls.keylog_file:%s -d udp.port==%d,dtls -d dtls.port==%d,data "
                        "-T fields -e data.data 2>/dev/null",
                        s->capture_name, keys, KIT_PORT, KIT_PORT);
    assert_in_range(size, 1, sizeof(command) - 1);
    FILE *output = popen(command, "r");
    assert_non_null(output);
    while (fgets(line, sizeof(line), output) != NULL) {
        found += strncmp(line, hex, strlen(hex)) == 0;
    }
    assert_int_equal(pclose(output), 0);
    return found;
}

/* Two messages there and back, a sleep between them. */
static void record(study *s, kit_order order) {
    start(s, order);
    kit_connect(&s->k);
    kit_exchange(&s->k, before);
    kit_sleep(&s->k);
    kit_resume(&s->k);
    kit_exchange(&s->k, after);
    stop(s);
}

static void expect_all(const study *s) {
    assert_int_equal(read_back(s, s->keys_name, before), 2);
    assert_int_equal(read_back(s, s->keys_name, after), 2);
}

/* ---- the tests ---- */

static void without_its_keys_a_capture_says_nothing(void **state) {
    study *s = *state;
    record(s, (kit_order){.dtls.cid = DOZE_CID_OFF});
    assert_int_equal(read_back(s, "/dev/null", before), 0);
}

static void a_psk_session_is_read(void **state) {
    study *s = *state;
    record(s, (kit_order){.dtls.cid = DOZE_CID_OFF});
    expect_all(s);
}

static void a_psk_session_with_gcm_is_read(void **state) {
    static const uint16_t gcm[] = {MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256};
    study *s = *state;
    record(s, (kit_order){.dtls = {.cid = DOZE_CID_OFF, .suites = gcm, .suites_count = 1}});
    expect_all(s);
}

static void a_session_with_certificates_is_read(void **state) {
    study *s = *state;
    doze_bytes root = kit_file("root.pem");
    const doze_x509_settings x509 = {.trust = root, .server_name = "localhost"};
    record(s, (kit_order){.dtls.cid = DOZE_CID_OFF, .x509 = &x509, .certificate = "server"});
    kit_free(root);
    expect_all(s);
}

static void a_resumed_session_is_read(void **state) {
    study *s = *state;
    start(s, (kit_order){.dtls.cid = DOZE_CID_OFF});
    kit_connect(&s->k);
    assert_int_equal(doze_close(s->k.socket), DOZE_OK);
    kit_connect(&s->k);
    assert_int_equal(kit_option(&s->k, DOZE_OPT_SESSION_RESUMED), 1);
    kit_exchange(&s->k, before);
    kit_exchange(&s->k, after);
    stop(s);
    expect_all(s);
}

/* ---- Connection ID records (RFC 9146) ---- */

static void record_with_cid(study *s, kit_order order, bool up, bool down) {
    record(s, order);
    assert_int_equal(s->k.tap.count[TAP_UP].with_cid != 0, up);
    assert_int_equal(s->k.tap.count[TAP_DOWN].with_cid != 0, down);
    expect_all(s);
}

static void records_with_a_connection_id_upwards_are_read(void **state) {
    record_with_cid(*state, (kit_order){.dtls.cid = DOZE_CID_OFFER_EMPTY}, true, false);
}

static void records_with_a_connection_id_downwards_are_read(void **state) {
    const doze_dtls_settings dtls = {.cid = DOZE_CID_OFFER_BYTES, .cid_size = 4};
    record_with_cid(*state, (kit_order){.dtls = dtls, .peer.cid = PEER_CID_EMPTY}, false, true);
}

static void records_with_connection_ids_of_two_lengths_are_read(void **state) {
    const doze_dtls_settings dtls = {.cid = DOZE_CID_OFFER_BYTES, .cid_size = DOZE_CID_MAX};
    record_with_cid(*state, (kit_order){.dtls = dtls, .peer.cid_size = 1}, true, true);
}

static void records_with_a_connection_id_are_read_on_both_sides_of_a_nat_rebinding(void **state) {
    study *s = *state;
    start(s, (kit_order){.dtls.cid = DOZE_CID_OFFER_EMPTY});
    world_nat *nat = world_add_nat(&s->k.w, s->k.host, "198.51.100.1");
    kit_connect(&s->k);
    kit_exchange(&s->k, before);
    kit_sleep(&s->k);
    world_nat_rebind(nat);
    kit_resume(&s->k);
    kit_exchange(&s->k, after);
    assert_int_equal(s->k.peer->counters.address_moves, 1);
    stop(s);
    expect_all(s);
}

#define STUDY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static const struct CMUnitTest tests[] = {
    STUDY(without_its_keys_a_capture_says_nothing),
    STUDY(a_psk_session_is_read),
    STUDY(a_psk_session_with_gcm_is_read),
    STUDY(a_session_with_certificates_is_read),
    STUDY(a_resumed_session_is_read),
    STUDY(records_with_a_connection_id_upwards_are_read),
    STUDY(records_with_a_connection_id_downwards_are_read),
    STUDY(records_with_connection_ids_of_two_lengths_are_read),
    STUDY(records_with_a_connection_id_are_read_on_both_sides_of_a_nat_rebinding),
};

static void ignore(void *context, const char *line) {
    (void)context;
    (void)line;
}

static bool has_key_log(void) {
    doze_dtls_config config;
    const doze_dtls_settings settings = {
        .clock = doze_posix_clock(),
        .random = doze_posix_random(),
        .psk = {.identity = {KIT_IDENTITY, strlen(KIT_IDENTITY)}, .key = {kit_key, sizeof(kit_key)}},
        .key_log.line = ignore,
    };
    doze_result result = doze_dtls_config_init(&config, &settings);
    if (result == DOZE_OK) {
        doze_dtls_config_deinit(&config);
    }
    return result != DOZE_ERR_UNSUPPORTED;
}

int main(void) {
    report r = {0};
    const char *missing = !server_is_installed("tshark") ? "tshark is not installed"
                          : !has_key_log()               ? "this build has no key log (DOZE_KEYLOG=OFF)"
                                                         : NULL;
    report_run(&r, "tshark", missing, tests, sizeof(tests) / sizeof(tests[0]));
    return report_finish(&r);
}
