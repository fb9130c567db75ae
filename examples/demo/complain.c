/* SPDX-License-Identifier: Apache-2.0 */
#include "complain.h"

#include <stdarg.h>
#include <stdio.h>

bool complain(const char *format, ...) {
    va_list list;
    va_start(list, format);
    (void)fputs("demo: ", stderr);
    (void)vfprintf(stderr, format, list);
    (void)fputc('\n', stderr);
    va_end(list);
    return false;
}
