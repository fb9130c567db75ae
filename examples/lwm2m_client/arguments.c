/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"

enum { DEFAULT_LIFETIME = 300, ENDPOINT_MAX = 255 };

const char arguments_help[] =
    "usage: lwm2m_client coaps://HOST:PORT --endpoint NAME --identity ID --key HEX [options]\n"
    "       lwm2m_client coaps://HOST:PORT --endpoint NAME --cert FILE --private-key FILE --ca FILE [options]\n"
    "       lwm2m_client coap://HOST:PORT --endpoint NAME [options]\n"
    "\n"
    "Registers with an LwM2M 1.1 server, sleeps in queue mode, and wakes with an Update.\n"
    "\n"
    "  --server-cert FILE  instead of --ca: the server's own certificate, and no other\n"
    "  --no-cid            do without a Connection ID (RFC 9146)\n"
    "  --lifetime S        of the registration, in seconds; 300\n"
    "  --sleep S           how long to sleep; until the next Update is due\n"
    "  --awake S           how long to stay awake when nothing happens; 93, as LwM2M says\n"
    "  --cycles N          end after so many sleeps\n"
    "  --stay              end registered, and asleep\n"
    "  --store DIR         what is needed to go on after a reboot; the directory must exist\n"
    "  --bind PORT         the local port of the first connection\n"
    "  --refusals N        how often a Register is refused until Bootstrap is needed; 5\n"
    "  --handshake-timer-max S  the longest wait of a handshake, which fails after it; 60\n"
    "  --json              one JSON object a line\n"
    "  --help              this\n"
    "\n"
    "Of what is given twice, the last one counts.\n"
    "SIGTERM and SIGINT: it de-registers and ends; the second one ends it at once.\n"
    "Exit code: 0 it left, 1 something is wrong here, 2 the arguments are, 3 Bootstrap is needed,\n"
    "4 the server wants it rebooted: start it again.\n";

/* Everything that has a value, as text. */
typedef struct given {
    const char *uri, *endpoint, *identity, *key, *cert, *private_key, *ca, *server_cert, *lifetime, *sleep, *awake,
        *cycles, *store, *bind, *refusals, *timer_max;
} given;

static bool complain(const char *what, const char *why) {
    (void)fprintf(stderr, "lwm2m_client: %s: %s\n", what, why);
    return false;
}

static const char **find_value(given *g, const char *name) {
    const struct {
        const char *name;
        const char **value;
    } options[] = {
        {"--endpoint", &g->endpoint}, {"--identity", &g->identity},       {"--key", &g->key},
        {"--cert", &g->cert},         {"--private-key", &g->private_key}, {"--ca", &g->ca},
        {"--lifetime", &g->lifetime}, {"--server-cert", &g->server_cert}, {"--sleep", &g->sleep},
        {"--awake", &g->awake},       {"--cycles", &g->cycles},           {"--store", &g->store},
        {"--bind", &g->bind},         {"--refusals", &g->refusals},       {"--handshake-timer-max", &g->timer_max},
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strcmp(options[i].name, name) == 0) {
            return options[i].value;
        }
    }
    return NULL;
}

static bool *find_flag(arguments *a, const char *name) {
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--help", &a->help}, {"--json", &a->json}, {"--no-cid", &a->no_cid}, {"--stay", &a->stay}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(flags[i].name, name) == 0) {
            return flags[i].flag;
        }
    }
    return NULL;
}

static bool collect(arguments *a, given *g, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        bool *flag = find_flag(a, argv[i]);
        const char **where = argv[i][0] == '-' ? find_value(g, argv[i]) : &g->uri;
        if (flag != NULL) {
            *flag = true;
        } else if (where == NULL) {
            return complain(argv[i], "there is no such option; --help lists them");
        } else if (where == &g->uri) {
            *where = argv[i];
        } else if (i + 1 == argc) {
            return complain(argv[i], "its value is missing");
        } else {
            *where = argv[++i];
        }
    }
    return a->help || g->uri != NULL || complain("the server", "missing; wanted coaps://HOST:PORT or coap://HOST:PORT");
}

/* scheme://host[:port][/], where an IPv6 address has brackets. */
static bool read_uri(arguments *a, const char *uri) {
    a->secure = strncmp(uri, "coaps://", 8) == 0;
    if (!a->secure && strncmp(uri, "coap://", 7) != 0) {
        return complain(uri, "wanted coaps://HOST:PORT or coap://HOST:PORT");
    }
    const char *host = uri + (a->secure ? 8 : 7);
    bool brackets = *host == '[';
    host += brackets;
    size_t size = strcspn(host, brackets ? "]" : ":/");
    const char *rest = host + size + (brackets && host[size] == ']');
    if (size == 0 || size > DOZE_HOSTNAME_MAX) {
        return complain(uri, "the host is missing or too long");
    }
    memcpy(a->host, host, size);
    a->host[size] = '\0';
    a->port = a->secure ? 5684 : 5683;
    if (*rest != ':') {
        return *rest == '\0' || strcmp(rest, "/") == 0 || complain(uri, "there is something behind the host");
    }
    char port[8];
    size_t digits = strcspn(rest + 1, "/");
    (void)snprintf(port, sizeof(port), "%.*s", (int)(digits < sizeof(port) ? digits : 0), rest + 1);
    bool ends = rest[1 + digits] == '\0' || rest[2 + digits] == '\0';
    return (ends && doze_parse_port(port, &a->port) == DOZE_OK) || complain(uri, "the port must be 1 to 65535");
}

/* Seconds, with or without a fraction, in ms. */
static bool read_seconds(const char *name, const char *text, uint32_t otherwise, uint32_t *ms) {
    *ms = otherwise;
    if (text == NULL) {
        return true;
    }
    char *end = NULL;
    double seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !(seconds >= 0) || seconds > LIFETIME_MAX) {
        return complain(name, "wanted seconds, from 0 on");
    }
    *ms = (uint32_t)(seconds * 1000);
    return true;
}

static bool read_count(const char *name, const char *text, unsigned otherwise, unsigned *count) {
    *count = otherwise;
    if (text == NULL) {
        return true;
    }
    char *end = NULL;
    unsigned long number = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || text[0] == '-' || number < 1 || number > LIFETIME_MAX) {
        return complain(name, "wanted a number from 1 on");
    }
    *count = (unsigned)number;
    return true;
}

static bool read_credentials(arguments *a, const given *g) {
    bool psk = g->identity != NULL || g->key != NULL;
    bool x509 = g->cert != NULL || g->private_key != NULL || g->ca != NULL || g->server_cert != NULL;
    if (!a->secure) {
        return (!psk && !x509) || complain("coap:", "has no credentials; coaps: does");
    }
    if (psk == x509) {
        return complain("coaps:", "wanted --identity and --key, or --cert, --private-key and --ca");
    }
    if (psk && (g->identity == NULL || g->key == NULL)) {
        return complain("coaps:", "--identity and --key belong together");
    }
    if (x509 && ((g->cert == NULL) != (g->private_key == NULL) || (g->ca == NULL) == (g->server_cert == NULL))) {
        return complain("coaps:", "--cert and --private-key belong together, and with one of --ca and --server-cert");
    }
    a->identity = g->identity;
    a->certificate = g->cert;
    a->private_key = g->private_key;
    a->ca = g->ca;
    a->server_certificate = g->server_cert;
    if (!psk) {
        return true;
    }
    bool good = hex_parse(g->key, a->key, sizeof(a->key), &a->key_size) && a->key_size > 0;
    return good || complain("--key", "wanted 1 to 64 bytes in hex, two digits each"); /* not repeated: it is a secret */
}

bool arguments_read(arguments *a, int argc, char **argv) {
    given g = {0};
    memset(a, 0, sizeof(*a));
    if (!collect(a, &g, argc, argv) || a->help) {
        return a->help;
    }
    a->endpoint = g.endpoint;
    a->store = g.store;
    if (g.endpoint == NULL || g.endpoint[0] == '\0' || strlen(g.endpoint) > ENDPOINT_MAX) {
        return complain("--endpoint", "wanted the name that the server knows this client by");
    }
    if (g.bind != NULL && doze_parse_port(g.bind, &a->bind_port) != DOZE_OK) {
        return complain("--bind", "wanted a port, 1 to 65535");
    }
    return read_uri(a, g.uri) && read_credentials(a, &g) &&
           read_count("--lifetime", g.lifetime, DEFAULT_LIFETIME, &a->lifetime) &&
           read_count("--cycles", g.cycles, 0, &a->cycles) && read_count("--refusals", g.refusals, 0, &a->refusals) &&
           read_seconds("--sleep", g.sleep, LWM2M_UNTIL_UPDATE, &a->sleep) &&
           read_seconds("--awake", g.awake, LWM2M_AWAKE_TIME, &a->awake) &&
           read_seconds("--handshake-timer-max", g.timer_max, 0, &a->handshake_timer_max);
}
