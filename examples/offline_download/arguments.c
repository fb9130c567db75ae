/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "offline_download/arguments.h"

#include <doze/doze.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NUMBER_MAX = 1000000 };

static const char usage[] =
    "usage: offline_download [options] HOST PORT PATH FILE\n"
    "Gets coap://HOST:PORT/PATH by blocks into FILE, and may sleep in between.\n"
    "  -i IDENTITY -k KEY  over DTLS (coaps), with this pre-shared key: both text\n"
    "  -b SIZE             blocks of at most 16, 32, 64 … 1024 bytes (default: 1024)\n"
    "  -n BLOCKS           suspends the download after so many blocks, again and again\n"
    "  -t SECONDS          and sleeps so long (default: 2)\n"
    "  -s DIRECTORY        keeps there what is needed to go on after a reboot; run it again to do so\n"
    "  -x                  ends instead of sleeping, as a device does that loses its power (with -n and -s)\n"
    "Exit code: 0 all of it is there, 1 something failed, 2 the arguments are wrong, 3 it sleeps (-x).\n";

static bool complain(const char *what, const char *value, const char *why) {
    (void)fprintf(stderr, "offline_download: %s%s%s: %s\n%s", what, value[0] != '\0' ? " " : "", value, why, usage);
    return false;
}

static bool read_number(const char *option, const char *text, uint32_t least, uint32_t *value) {
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || number < (long)least || number > NUMBER_MAX) {
        return complain(option, text, "not a number that makes sense here");
    }
    *value = (uint32_t)number;
    return true;
}

static bool read_block_size(arguments *a, const char *text) {
    uint32_t size = 0;
    if (!read_number("-b", text, 16, &size)) {
        return false;
    }
    if (size > 1024 || (size & (size - 1)) != 0) {
        return complain("-b", text, "a block has 16, 32, 64, 128, 256, 512 or 1024 bytes");
    }
    a->block_size = (uint16_t)size;
    return true;
}

static bool read_option(arguments *a, int option) {
    switch (option) {
    case 'i':
        a->identity = optarg;
        return true;
    case 'k':
        a->key = optarg;
        return true;
    case 's':
        a->directory = optarg;
        return true;
    case 'x':
        a->power_off = true;
        return true;
    case 'b':
        return read_block_size(a, optarg);
    case 'n':
        return read_number("-n", optarg, 1, &a->blocks);
    case 't':
        return read_number("-t", optarg, 0, &a->seconds);
    default: /* getopt() has complained */
        (void)fputs(usage, stderr);
        return false;
    }
}

static bool make_sense(const arguments *a) {
    if ((a->identity == NULL) != (a->key == NULL)) {
        return complain(a->key == NULL ? "-i" : "-k", "", "identity and key are needed both, or neither");
    }
    return !a->power_off || (a->blocks > 0 && a->directory != NULL) ||
           complain("-x", "", "needs -n, to say when, and -s, to go on from there");
}

bool arguments_read(arguments *a, int argc, char **argv) {
    int option = 0;
    *a = (arguments){.seconds = 2};
    while ((option = getopt(argc, argv, "i:k:s:b:n:t:x")) != -1) {
        if (!read_option(a, option)) {
            return false;
        }
    }
    if (argc - optind != 4) {
        return complain("arguments", "", "there must be four, behind the options");
    }
    a->host = argv[optind];
    a->path = argv[optind + 2];
    a->file = argv[optind + 3];
    if (doze_parse_port(argv[optind + 1], &a->port) != DOZE_OK) {
        return complain("PORT", argv[optind + 1], doze_strerror(DOZE_ERR_PORT));
    }
    return make_sense(a);
}
