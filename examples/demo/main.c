/* SPDX-License-Identifier: Apache-2.0 */
/* The main job of doze, to be watched: see --help. */
#include <stdio.h>

#include <mbedtls/platform_util.h>

#include "arguments.h"
#include "server.h"
#include "story.h"

enum { WENT_WELL = 0, FAILED = 1, MISUSED = 2 };

static int run(const arguments *a) {
    server s;
    report r = {.json = a->json};
    if (!server_start(&s, a)) {
        return FAILED;
    }
    bool ok = story_tell(&s, a, &r);
    server_stop(&s);
    return ok ? WENT_WELL : FAILED;
}

int main(int argc, char **argv) {
    arguments a;
    int code = MISUSED;
    if (arguments_read(&a, argc, argv)) {
        code = WENT_WELL;
        if (!a.help) {
            code = run(&a);
        } else if (fputs(arguments_help, stdout) == EOF) {
            code = FAILED;
        }
    }
    mbedtls_platform_zeroize(&a, sizeof(a));
    return code;
}
