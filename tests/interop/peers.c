/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE

#include "peers.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "credentials.h"

enum { NAME_MAX_SIZE = 400 };

#define OFFERS(column) (1u << (column))
#define OFFERS_BASICS  (OFFERS(MATRIX_PSK) | OFFERS(MATRIX_WAKE))
#define OFFERS_CID     (OFFERS(MATRIX_CID) | OFFERS(MATRIX_REBINDING_CID))

static const char *built = "."; /* where tests/peers was */

/* ---- those of tests/peers ---- */

static void start_ours(story *s, const peer_kind *kind, const peer_order *order) {
    char program[NAME_MAX_SIZE];
    snprintf(program, sizeof(program), "%s/%s", built, kind->ours);
    const char *arguments[] = {
        program, order->certificates ? "x509" : "psk", order->cid ? "cid" : "plain", DOZE_TEST_CERTS, NULL,
    };
    story_start(s, &(server_command){.arguments = arguments, .says_port = true}, &order->client);
}

#define CLASS_PATH "%s/scandium.classes:%s/scandium.libraries/*"

/* A server that lives for a second is not worth compiling well. */
static void start_java(story *s, const peer_kind *kind, const peer_order *order) {
    char path[2 * NAME_MAX_SIZE];
    (void)kind;
    snprintf(path, sizeof(path), CLASS_PATH, built, built);
    const char *arguments[] = {
        "java",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-cp",
        path,
        "EchoServer",
        order->certificates ? "x509" : "psk",
        order->cid ? "cid" : "plain",
        DOZE_TEST_CERTS,
        NULL,
    };
    story_start(s, &(server_command){.arguments = arguments, .says_port = true}, &order->client);
}

/* ---- those that come with their library ---- */

#define S_SERVER "openssl", "s_server", "-quiet", "-dtls1_2", "-accept", "127.0.0.1:" SERVER_PORT

static void start_openssl(story *s, const peer_kind *kind, const peer_order *order) {
    char key[CREDENTIALS_MAX];
    (void)kind;
    credentials_read(CREDENTIALS_FILE("psk.key"), key);
    const char *with_psk[] = {S_SERVER, "-nocert", "-psk", key, "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0", NULL};
    const char *with_certificates[] = {
        S_SERVER,
        "-cert",
        CREDENTIALS_FILE("server-chain.pem"),
        "-cert_chain",
        CREDENTIALS_FILE("server-chain.pem"),
        "-key",
        CREDENTIALS_FILE("server.key.pem"),
        "-CAfile",
        CREDENTIALS_FILE("root.pem"),
        "-Verify",
        "2",
        "-verify_return_error",
        "-mtu",
        "1400",
        "-cipher",
        "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0",
        NULL,
    };
    const char *const *arguments = order->certificates ? with_certificates : with_psk;
    story_start(s, &(server_command){.arguments = arguments, .echo = true}, &order->client);
}

#define GNUTLS_SERV "gnutls-serv", "--udp", "--echo", "-p", SERVER_PORT
#define GNUTLS_ANY  "NONE:+VERS-DTLS1.2:+AES-128-CCM-8:+AEAD:+COMP-NULL:+GROUP-ALL"

static void start_gnutls(story *s, const peer_kind *kind, const peer_order *order) {
    static const char *const with_psk[] = {
        GNUTLS_SERV,
        "--pskpasswd=" CREDENTIALS_FILE("psk.txt"),
        "--priority=" GNUTLS_ANY ":+PSK:+SIGN-ALL",
        NULL,
    };
    static const char *const with_certificates[] = {
        GNUTLS_SERV,
        "--require-client-cert",
        "--verify-client-cert",
        "--x509cafile=" CREDENTIALS_FILE("root.pem"),
        "--x509certfile=" CREDENTIALS_FILE("server-chain.pem"),
        "--x509keyfile=" CREDENTIALS_FILE("server.key.pem"),
        "--priority=" GNUTLS_ANY ":+ECDHE-ECDSA:+SIGN-ECDSA-SHA256:+CTYPE-X509",
        NULL,
    };
    (void)kind;
    story_start(s, &(server_command){.arguments = order->certificates ? with_certificates : with_psk}, &order->client);
}

#define COAP_SERVER(program) program, "-A", "127.0.0.1", "-p", SERVER_PORT_BEFORE

static void start_coap(story *s, const peer_kind *kind, const peer_order *order) {
    char key[CREDENTIALS_MAX];
    client_settings settings = order->client;
    /* Over OpenSSL it sends one certificate and no chain: there it has one that a CA has signed itself. */
    bool chain = strstr(kind->program, "gnutls") != NULL;
    credentials_read(CREDENTIALS_FILE("psk.key"), key);
    const char *with_psk[] = {COAP_SERVER(kind->program), "-k", key, NULL};
    const char *with_certificates[] = {
        COAP_SERVER(kind->program),
        "-c",
        chain ? CREDENTIALS_FILE("server-chain.pem") : CREDENTIALS_FILE("server-other-ca.pem"),
        "-j",
        chain ? CREDENTIALS_FILE("server.key.pem") : CREDENTIALS_FILE("server-other-ca.key.pem"),
        "-C",
        CREDENTIALS_FILE("root.pem"),
        NULL,
    };
    settings.trust = chain ? NULL : CREDENTIALS_FILE("other-ca.pem");
    settings.key = settings.key == CLIENT_KEY_BYTES ? CLIENT_KEY_TEXT : settings.key;
    s->exchange = story_coap;
    story_start(s, &(server_command){.arguments = order->certificates ? with_certificates : with_psk}, &settings);
}

/* ---- all of them ---- */

#define COAP_VERSION(program) program " -h 2>&1 | sed -n 's/.* v\\([0-9.]*\\) --.*/\\1/p'"

const peer_kind peer_kinds[] = {
    {
        .name = "Californium (Scandium)",
        .program = "java",
        .ours = "scandium",
        .package = "default-jdk-headless",
        .offers =
            OFFERS_BASICS | OFFERS(MATRIX_X509) | OFFERS(MATRIX_RESUMPTION) | OFFERS_CID | OFFERS(MATRIX_REBINDING),
        .start = start_java,
    },
    {
        .name = "pion/dtls",
        .ours = "pion",
        .offers =
            OFFERS_BASICS | OFFERS(MATRIX_X509) | OFFERS(MATRIX_RESUMPTION) | OFFERS_CID | OFFERS(MATRIX_REBINDING),
        .start = start_ours,
    },
    {
        .name = "OpenSSL s_server",
        .program = "openssl",
        .package = "openssl",
        .version = "openssl version | cut -d ' ' -f 2",
        .offers = OFFERS_BASICS | OFFERS(MATRIX_X509) | OFFERS(MATRIX_RESUMPTION),
        .one_client = true,
        .start = start_openssl,
    },
    {
        .name = "GnuTLS gnutls-serv",
        .program = "gnutls-serv",
        .package = "gnutls-bin",
        .version = "gnutls-serv --version | cut -d ' ' -f 2",
        .offers = OFFERS_BASICS | OFFERS(MATRIX_X509) | OFFERS(MATRIX_RESUMPTION),
        .one_client = true,
        .start = start_gnutls,
    },
    {
        .name = "libcoap over OpenSSL",
        .program = "coap-server-openssl",
        .package = "libcoap3-bin",
        .version = COAP_VERSION("coap-server-openssl"),
        .offers = OFFERS_BASICS | OFFERS(MATRIX_X509) | OFFERS(MATRIX_RESUMPTION) | OFFERS(MATRIX_REBINDING),
        .start = start_coap,
    },
    {
        .name = "libcoap over GnuTLS",
        .program = "coap-server-gnutls",
        .package = "libcoap3-bin",
        .version = COAP_VERSION("coap-server-gnutls"),
        .offers = OFFERS_BASICS | OFFERS(MATRIX_X509) | OFFERS(MATRIX_REBINDING),
        .start = start_coap,
    },
    {
        .name = "wolfSSL",
        .ours = "wolfssl",
        .psk_suite = 0xccab, /* PSK-CHACHA20-POLY1305: Debian's build has no AES with a PSK alone */
        .offers = OFFERS_BASICS | OFFERS(MATRIX_X509) | OFFERS(MATRIX_RESUMPTION) | OFFERS(MATRIX_REBINDING),
        .start = start_ours,
    },
    {
        .name = "tinydtls",
        .ours = "tinydtls",
        .offers = OFFERS_BASICS | OFFERS(MATRIX_REBINDING),
        .cannot = {[MATRIX_X509] = "it knows raw public keys alone (RFC 7250)"},
        .start = start_ours,
    },
    {
        .name = "Mbed TLS",
        .ours = "mbedtls",
        .offers =
            OFFERS_BASICS | OFFERS(MATRIX_X509) | OFFERS(MATRIX_RESUMPTION) | OFFERS_CID | OFFERS(MATRIX_REBINDING),
        .start = start_ours,
    },
};
const size_t peer_kinds_count = sizeof(peer_kinds) / sizeof(peer_kinds[0]);

/* ---- whether they are there ---- */

static bool read_first_line(FILE *file, char line[MATRIX_DETAIL_MAX]) {
    bool read = file != NULL && fgets(line, MATRIX_DETAIL_MAX, file) != NULL;
    line[read ? strcspn(line, "\n|") : 0] = '\0';
    return read && line[0] != '\0';
}

static bool read_reason(const peer_kind *kind, char reason[MATRIX_DETAIL_MAX]) {
    char name[NAME_MAX_SIZE];
    snprintf(name, sizeof(name), "%s/%s.missing", built, kind->ours);
    FILE *file = fopen(name, "r");
    bool read = read_first_line(file, reason);
    if (file != NULL) {
        fclose(file);
    }
    return read;
}

static bool is_built(const peer_kind *kind) {
    char name[NAME_MAX_SIZE];
    snprintf(name, sizeof(name), "%s/%s%s", built, kind->ours, kind->program != NULL ? ".classes" : "");
    return access(name, X_OK) == 0;
}

const char *peers_missing(const peer_kind *kind, const char *directory, char reason[MATRIX_DETAIL_MAX]) {
    built = directory;
    if (kind->program != NULL && !server_is_installed(kind->program)) {
        snprintf(reason, MATRIX_DETAIL_MAX, "%s is not installed (Debian: %s)", kind->program, kind->package);
        return reason;
    }
    if (kind->ours == NULL || (!read_reason(kind, reason) && is_built(kind))) {
        return NULL;
    }
    if (reason[0] == '\0') {
        snprintf(reason, MATRIX_DETAIL_MAX, "%s was not built", kind->ours);
    }
    return reason;
}

void peers_ask_version(const peer_kind *kind, char version[MATRIX_DETAIL_MAX]) {
    char command[3 * NAME_MAX_SIZE];
    if (kind->version != NULL) {
        snprintf(command, sizeof(command), "%s", kind->version);
    } else if (kind->program != NULL) {
        snprintf(command, sizeof(command), "java -cp '" CLASS_PATH "' EchoServer version", built, built);
    } else {
        snprintf(command, sizeof(command), "'%s/%s' version", built, kind->ours);
    }
    FILE *output = popen(command, "r");
    if (!read_first_line(output, version)) {
        snprintf(version, MATRIX_DETAIL_MAX, "unknown");
    }
    if (output != NULL) {
        pclose(output);
    }
}
