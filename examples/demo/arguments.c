/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <string.h>

#include "complain.h"
#include "hex.h"

const char arguments_help[] =
    "usage: demo [--json] [--server HOST:PORT --identity ID --key HEX] [--message HEX]\n"
    "\n"
    "A client registers with a server over DTLS, then sleeps and wakes 5 times with and\n"
    "5 times without Connection ID. Then, with and without again, something happens while it\n"
    "sleeps: a NAT box moves it to another port, the server restarts, its port is taken, its\n"
    "address changes, the server's address changes, it loses its memory; and its power goes\n"
    "while it is awake. What that cost is counted on the wire.\n"
    "\n"
    "  --json              one JSON object a wake on standard output, and nothing else\n"
    "  --server HOST:PORT  a server of yours instead of the test server; [::1]:5684 for IPv6.\n"
    "                      All that happens there is the NAT box and the loss of memory, with\n"
    "                      Connection ID\n"
    "  --identity ID       the identity of the pre-shared key there\n"
    "  --key HEX           the pre-shared key\n"
    "  --message HEX       what to send; without it, a Register and Updates of LwM2M, 60 bytes each.\n"
    "                      Anything that comes back is taken for the answer.\n"
    "  --help              this\n"
    "\n"
    "Exit code: 0 all went well, 1 something did not, 2 the arguments are wrong.\n";

typedef struct given {
    const char *server;
    const char *identity;
    const char *key;
    const char *message;
} given;

/* Where the value of the option goes that `text` names, NULL when there is none of that name. */
static const char **find_option(given *g, const char *text, size_t size) {
    const struct {
        const char *name;
        const char **value;
    } options[] = {
        {"--server", &g->server}, {"--identity", &g->identity}, {"--key", &g->key}, {"--message", &g->message}};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strlen(options[i].name) == size && memcmp(options[i].name, text, size) == 0) {
            return options[i].value;
        }
    }
    return NULL;
}

/* Takes `--name VALUE` and `--name=VALUE`. */
static bool collect(arguments *a, given *g, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "--json") == 0) {
            *(argv[i][2] == 'h' ? &a->help : &a->json) = true;
            continue;
        }
        size_t name_size = strcspn(argv[i], "=");
        const char **value = find_option(g, argv[i], name_size);
        if (value == NULL) {
            return complain("%s: no such argument; --help lists them", argv[i]);
        }
        if (*value != NULL) {
            return complain("%.*s: given twice", (int)name_size, argv[i]);
        }
        if (argv[i][name_size] == '=') {
            *value = argv[i] + name_size + 1;
        } else if (i + 1 < argc) {
            *value = argv[++i];
        } else {
            return complain("%s: its value is missing", argv[i]);
        }
    }
    return true;
}

/* HOST:PORT or [ADDRESS]:PORT, where an IPv6 address needs the brackets. */
static bool read_server(arguments *a, const char *text) {
    const char *colon = strrchr(text, ':');
    if (colon == NULL) {
        return complain("--server %s: wanted HOST:PORT, but there is no port", text);
    }
    const char *host = text;
    size_t size = (size_t)(colon - text);
    if (size >= 2 && host[0] == '[' && host[size - 1] == ']') {
        host++;
        size -= 2;
    } else if (memchr(host, ':', size) != NULL) {
        return complain("--server %s: an IPv6 address is written in brackets, as [::1]:5684", text);
    }
    if (size == 0 || size > DOZE_HOSTNAME_MAX) {
        return complain("--server %s: the host is %s", text, size == 0 ? "missing" : "too long");
    }
    if (doze_parse_port(colon + 1, &a->port) != DOZE_OK) {
        return complain("--server %s: the port must be a number from 1 to 65535", text);
    }
    memcpy(a->host, host, size);
    a->host[size] = '\0';
    a->server = text;
    return true;
}

/* The value is not repeated: it may be a key. */
static bool read_bytes(const char *option, const char *text, unsigned char *out, size_t capacity, size_t *size) {
    if (!hex_read(text, strlen(text), out, capacity, size)) {
        return complain("%s: wanted 1 to %zu bytes in hex, two digits each", option, capacity);
    }
    return true;
}

static bool read_credentials(arguments *a, const given *g) {
    if (g->identity == NULL || g->key == NULL) {
        return complain("--server: needs %s too", g->identity == NULL ? "--identity" : "--key");
    }
    size_t size = strlen(g->identity);
    if (size == 0 || size > DOZE_IDENTITY_MAX) {
        return complain("--identity: wanted 1 to %d bytes, these are %zu", DOZE_IDENTITY_MAX, size);
    }
    a->identity = g->identity;
    return read_bytes("--key", g->key, a->key, sizeof(a->key), &a->key_size);
}

bool arguments_read(arguments *a, int argc, char **argv) {
    given g = {0};
    memset(a, 0, sizeof(*a));
    if (!collect(a, &g, argc, argv)) {
        return false;
    }
    if (g.message != NULL && !read_bytes("--message", g.message, a->message, MESSAGE_MAX, &a->message_size)) {
        return false;
    }
    if (g.server == NULL && (g.identity != NULL || g.key != NULL)) {
        return complain("%s: is for a server of yours; --server is missing",
                        g.identity != NULL ? "--identity" : "--key");
    }
    return g.server == NULL || (read_server(a, g.server) && read_credentials(a, &g));
}
