/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of test_verbs.c, which has what they name. */
#ifndef VERB_CASES_H
#define VERB_CASES_H

/* X(what it must say, where, whether DTLS alone has it, the call) */
#define HAS_PEER (IN(CONNECTED) | SLEEPING)
#define CASES(X)                                                                                                       \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_step(NULL))                                                             \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_bind(NULL, NULL, 0))                                                    \
    X(DOZE_ERR_ADDRESS, IN(CLOSED), false, doze_bind(s, "a.name", 0))                                                  \
    X(DOZE_ERR_ADDRESS, IN(CLOSED), false, doze_bind(s, "", 0))                                                        \
    X(DOZE_ERR_ADDRESS, IN(CLOSED), false, doze_bind(s, "10.0.0.2.3", 0))                                              \
    X(DOZE_ERR_ADDRESS_GONE, IN(CLOSED), false, doze_bind(s, "203.0.113.9", 0))                                        \
    X(DOZE_ERR_ALREADY_BOUND, ANYWHERE & ~IN(CLOSED), false, doze_bind(s, NULL, 0))                                    \
    X(DOZE_ERR_ALREADY_BOUND, ANYWHERE & ~IN(CLOSED), false, doze_bind(s, "a.name", 0))                                \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_reuse_last_port(NULL))                                                  \
    X(DOZE_ERR_NO_LAST_PORT, IN(CLOSED), false, doze_reuse_last_port(s))                                               \
    X(DOZE_ERR_ALREADY_BOUND, ANYWHERE & ~IN(CLOSED) & ~SLEEPING, false, doze_reuse_last_port(s))                      \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_connect(NULL, KIT_NAME, KIT_PORT))                                      \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_connect(s, NULL, KIT_PORT))                                             \
    X(DOZE_ERR_HOST, ANYWHERE, false, doze_connect(s, "", KIT_PORT))                                                   \
    X(DOZE_ERR_HOST, ANYWHERE, false, doze_connect(s, too_long, KIT_PORT))                                             \
    X(DOZE_ERR_PORT, ANYWHERE, false, doze_connect(s, KIT_NAME, 0))                                                    \
    X(DOZE_ERR_HOST, IN(CLOSED) | IN(BOUND) | SLEEPING, false, doze_connect(s, too_long + 100, KIT_PORT))              \
    X(DOZE_ERR_HOST, IN(CLOSED) | IN(BOUND) | SLEEPING, false, doze_connect(s, "192.0.2.1.7", KIT_PORT))               \
    X(DOZE_ERR_STATE, OPENING | IN(CONNECTED), false, doze_connect(s, KIT_NAME, KIT_PORT))                             \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_recall(NULL, PAST(KIT_NAME, somewhere)))                                \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_recall(s, NULL))                                                        \
    X(DOZE_ERR_HOST, ANYWHERE, false, doze_recall(s, &no_name))                                                        \
    X(DOZE_ERR_HOST, ANYWHERE, false, doze_recall(s, PAST("", somewhere)))                                             \
    X(DOZE_ERR_NO_PEER, ANYWHERE, false, doze_recall(s, PAST(KIT_NAME, (doze_endpoint){.port = 1})))                   \
    X(DOZE_ERR_NO_PEER, ANYWHERE, false, doze_recall(s, PAST(KIT_NAME, no_port)))                                      \
    X(DOZE_ERR_HOST, IN(CLOSED), false, doze_recall(s, PAST(too_long, somewhere)))                                     \
    X(DOZE_ERR_STATE, ANYWHERE & ~IN(CLOSED), false, doze_recall(s, PAST(KIT_NAME, somewhere)))                        \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_resume(NULL))                                                           \
    X(DOZE_ERR_STATE, ANYWHERE & ~SLEEPING, false, doze_resume(s))                                                     \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_send(NULL, data, 1))                                                    \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_send(s, NULL, 1))                                                       \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_send(s, data, 0))                                                       \
    X(DOZE_ERR_TOO_LONG, IN(CONNECTED), false, doze_send(s, data, sizeof(data)))                                       \
    X(DOZE_ERR_TOO_LONG, IN(CONNECTED), true, doze_send(s, data, 1500))                                                \
    X(DOZE_IN_PROGRESS, OPENING, false, doze_send(s, data, 1))                                                         \
    X(DOZE_ERR_STATE, IN(CLOSED) | IN(BOUND) | SLEEPING, false, doze_send(s, data, 1))                                 \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_recv(NULL, text, sizeof(text), &size))                                  \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_recv(s, NULL, sizeof(text), &size))                                     \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_recv(s, text, 0, &size))                                                \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_recv(s, text, sizeof(text), NULL))                                      \
    X(DOZE_ERR_STATE, ANYWHERE & ~IN(CONNECTED), false, doze_recv(s, text, sizeof(text), &size))                       \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_shutdown(NULL))                                                         \
    X(DOZE_ERR_STATE, IN(CLOSED), false, doze_shutdown(s))                                                             \
    X(DOZE_OK, SLEEPING, false, doze_shutdown(s))                                                                      \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_close(NULL))                                                            \
    X(DOZE_OK, IN(CLOSED), false, doze_close(s))                                                                       \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_forget(NULL))                                                           \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_get_option(NULL, DOZE_OPT_STATE, &value))                               \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_get_option(s, DOZE_OPT_STATE, NULL))                                    \
    X(DOZE_ERR_OPTION, ANYWHERE, false, doze_get_option(s, (doze_option)DOZE_OPT_LIMIT, &value))                       \
    X(DOZE_ERR_OPTION, ANYWHERE, false, doze_get_option(s, (doze_option)9999, &value))                                 \
    X(DOZE_ERR_OPTION, ANYWHERE, false, doze_get_option(s, (doze_option)(DOZE_OPT_CLIMBS + DOZE_REASONS), &value))     \
    X(DOZE_ERR_OPTION, ANYWHERE & ~IN(CONNECTED), false, doze_get_option(s, DOZE_OPT_PATH_MTU, &value))                \
    X(DOZE_ERR_OPTION, ANYWHERE & ~IN(CONNECTED), false, doze_get_option(s, DOZE_OPT_PAYLOAD_MTU, &value))             \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_set_option(NULL, DOZE_OPT_DSCP, 1))                                     \
    X(DOZE_ERR_OPTION, ANYWHERE, false, doze_set_option(s, (doze_option)DOZE_OPT_LIMIT, 1))                            \
    X(DOZE_ERR_OPTION, ANYWHERE & ~IN(CLOSED) & ~SLEEPING, false, doze_set_option(s, DOZE_OPT_WAKE_PORT, 1))           \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_remote_host(NULL, text, sizeof(text)))                                  \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_remote_host(s, NULL, sizeof(text)))                                     \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_remote_host(s, text, 0))                                                \
    X(DOZE_ERR_TOO_LONG, HAS_PEER, false, doze_remote_host(s, text, 3))                                                \
    X(DOZE_ERR_NO_PEER, IN(CLOSED) | IN(BOUND), false, doze_remote_host(s, text, sizeof(text)))                        \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_local_host(NULL, text, sizeof(text)))                                   \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_local_host(s, NULL, sizeof(text)))                                      \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_local_host(s, text, 0))                                                 \
    X(DOZE_ERR_TOO_LONG, HAS_PEER, false, doze_local_host(s, text, 3))                                                 \
    X(DOZE_ERR_NO_LAST_PORT, IN(CLOSED), false, doze_local_host(s, text, sizeof(text)))                                \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_udp_init(NULL, &(doze_udp_settings){.net = NULL}))                      \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_udp_init(&(doze_udp){.kernel = {.fd = -1}}, NULL))                      \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, init_udp(false, NULL))                                                       \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, init_udp(true, text))                                                        \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_udp_set_interface(NULL, "eth0"))                                        \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, false, doze_udp_set_interface(g->udp, "0123456789abcdef"))                          \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_init(NULL, &g->k->config, s))                                       \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_init(&(doze_dtls){.lower = NULL}, NULL, s))                         \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, init_dtls(g, true, NULL))                                                     \
    X(DOZE_ERR_CONFIG, ANYWHERE, true, init_dtls(g, false, s))                                                         \
    X(DOZE_ERR_STATE, ANYWHERE & ~IN(CLOSED), true, init_dtls(g, true, s))                                             \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_set_freezer(NULL, data, sizeof(data)))                              \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_set_freezer(d, data, 0))                                            \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_set_freezer(d, NULL, sizeof(data)))                                 \
    X(DOZE_ERR_STATE, OPENING | IN(FROZEN), true, doze_dtls_set_freezer(d, data, sizeof(data)))                        \
    X(DOZE_ERR_STATE, OPENING | IN(FROZEN), true, doze_dtls_set_freezer(d, NULL, 0))                                   \
    X(DOZE_ERR_TOO_LONG, ANYWHERE & ~OPENING & ~IN(FROZEN), true,                                                      \
      doze_dtls_set_freezer(d, data, DOZE_IMAGE_TYPICAL - 1))                                                          \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_set_store(NULL, &g->s.keeper, &g->s.settings))                      \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_set_store(d, NULL, &g->s.settings))                                 \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_set_store(d, &g->s.keeper, NULL))                                   \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, set_store(g, false, true, 0, 0))                                              \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, set_store(g, true, false, 0, 0))                                              \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, set_store(g, true, true, DOZE_STORE_SLOTS - 1, 0))                            \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, set_store(g, true, true, 0, 2))                                               \
    X(DOZE_ERR_STATE, ANYWHERE, true, set_store(g, true, true, 0, 0))                                                  \
    X(DOZE_ERR_STATE, ANYWHERE, true, set_store(g, true, true, 4, 0))                                                  \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_load(NULL, KIT_NAME, KIT_PORT))                                     \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_load(d, NULL, KIT_PORT))                                            \
    X(DOZE_ERR_HOST, ANYWHERE, true, doze_dtls_load(d, "", KIT_PORT))                                                  \
    X(DOZE_ERR_HOST, ANYWHERE, true, doze_dtls_load(d, too_long, KIT_PORT))                                            \
    X(DOZE_ERR_PORT, ANYWHERE, true, doze_dtls_load(d, KIT_NAME, 0))                                                   \
    X(DOZE_ERR_STATE, ANYWHERE & ~IN(CLOSED), true, doze_dtls_load(d, KIT_NAME, KIT_PORT))                             \
    X(DOZE_ERR_NO_PEER, IN(CLOSED), true, doze_dtls_load(d, KIT_NAME, KIT_PORT))                                       \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_send_one_way(NULL, data, 1))                                        \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_send_one_way(d, NULL, 1))                                           \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_send_one_way(d, data, 0))                                           \
    X(DOZE_ERR_TOO_LONG, IN(CONNECTED), true, doze_dtls_send_one_way(d, data, sizeof(data)))                           \
    X(DOZE_IN_PROGRESS, OPENING, true, doze_dtls_send_one_way(d, data, 1))                                             \
    X(DOZE_ERR_STATE, IN(CLOSED) | IN(BOUND) | SLEEPING, true, doze_dtls_send_one_way(d, data, 1))                     \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_no_answer(NULL))                                                    \
    X(DOZE_ERR_STATE, ANYWHERE & ~IN(CONNECTED), true, doze_dtls_no_answer(d))                                         \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_get_report(NULL, &(doze_report){.rung = 0}))                        \
    X(DOZE_ERR_ARGUMENT, ANYWHERE, true, doze_dtls_get_report(d, NULL))

/* ---- values of options: each is refused everywhere ---- */

static const struct {
    doze_option option;
    int64_t value;
    bool dtls_only;
} refused[] = {
    {DOZE_OPT_STATE, 0, false},
    {DOZE_OPT_PATH_MTU, 1500, false},
    {DOZE_OPT_PAYLOAD_MTU, 1500, false},
    {DOZE_OPT_FAMILY, DOZE_FAMILY_IPV4, false},
    {DOZE_OPT_DATAGRAMS_SENT, 0, false},
    {DOZE_OPT_DATAGRAMS_RECEIVED, 0, false},
    {DOZE_OPT_BYTES_SENT, 0, false},
    {DOZE_OPT_BYTES_RECEIVED, 0, false},
    {DOZE_OPT_REFUSALS, 0, false},
    {DOZE_OPT_PENDING, 0, false},
    {DOZE_OPT_PORT_KEPT, 0, false},
    {DOZE_OPT_CAN_LOOK_UP, 1, false},
    {DOZE_OPT_RUNG, 0, false},
    {DOZE_OPT_CONTEXT_CONTINUED, 0, false},
    {DOZE_OPT_SESSION_RESUMED, 0, false},
    {DOZE_OPT_CONNECTION_ID, 0, false},
    {DOZE_OPT_ALERT, 0, false},
    {DOZE_OPT_VERIFY_FLAGS, 0, false},
    {DOZE_OPT_SUITE, 0, false},
    {DOZE_OPT_HANDSHAKES_FULL, 0, false},
    {DOZE_OPT_HANDSHAKES_RESUMED, 0, false},
    {DOZE_OPT_HANDSHAKES_AVOIDED, 0, false},
    {DOZE_OPT_RETRANSMISSIONS, 0, false},
    {DOZE_OPT_HANDSHAKE_DATAGRAMS_SENT, 0, false},
    {DOZE_OPT_HANDSHAKE_DATAGRAMS_RECEIVED, 0, false},
    {DOZE_OPT_HANDSHAKE_BYTES_SENT, 0, false},
    {DOZE_OPT_HANDSHAKE_BYTES_RECEIVED, 0, false},
    {DOZE_OPT_FROZEN_SIZE, 0, false},
    {DOZE_OPT_IMAGES_REFUSED, 0, false},
    {DOZE_OPT_STORE_WRITES, 0, false},
    {DOZE_OPT_STORE_FAILURES, 0, false},
    {DOZE_OPT_CLIMBS, 0, false},
    {DOZE_OPT_DROPPED, 0, false},
    {DOZE_OPT_RECV_TIMEOUT, -2, false},
    {DOZE_OPT_RECV_TIMEOUT, INT64_C(1) << 31, false},
    {DOZE_OPT_FORCED_FAMILY, -1, false},
    {DOZE_OPT_FORCED_FAMILY, 5, false},
    {DOZE_OPT_FORCED_FAMILY, 256 + 4, false},
    {DOZE_OPT_PREFERRED_FAMILY, -1, false},
    {DOZE_OPT_PREFERRED_FAMILY, 7, false},
    {DOZE_OPT_REUSE_ADDR, -1, false},
    {DOZE_OPT_REUSE_ADDR, 2, false},
    {DOZE_OPT_DSCP, -1, false},
    {DOZE_OPT_DSCP, 64, false},
    {DOZE_OPT_SLEEP, -1, false},
    {DOZE_OPT_SLEEP, 2, false},
    {DOZE_OPT_WAKE_PORT, -1, false},
    {DOZE_OPT_WAKE_PORT, 65536, false},
    {DOZE_OPT_PEER_FAILED, -1, false},
    {DOZE_OPT_PEER_FAILED, 2, false},
    {DOZE_OPT_HANDSHAKE_TIMER_MIN, 0, true},
    {DOZE_OPT_HANDSHAKE_TIMER_MIN, 60001, true},
    {DOZE_OPT_HANDSHAKE_TIMER_MIN, (INT64_C(1) << 32) + 1, true},
    {DOZE_OPT_HANDSHAKE_TIMER_MAX, 999, true},
    {DOZE_OPT_HANDSHAKE_TIMER_MAX, INT64_C(1) << 31, true},
    {DOZE_OPT_SILENCE_LIMIT, -1, true},
    {DOZE_OPT_SILENCE_LIMIT, 256, true},
    {DOZE_OPT_CLIMB_TIME, 0, true},
    {DOZE_OPT_CLIMB_TIME, INT64_C(1) << 31, true},
    {DOZE_OPT_CLIMB_DATAGRAMS, 0, true},
    {DOZE_OPT_CLIMB_DATAGRAMS, 256, true},
    {DOZE_OPT_HANDSHAKE_TIMER_MIN, 1000, false}, /* of UDP: unknown */
};

#endif
