/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEMO_COMPLAIN_H
#define DEMO_COMPLAIN_H

#include <stdbool.h>

/* Writes a line to standard error and returns false, so that a failing function can say why in its last line. */
__attribute__((format(printf, 1, 2))) bool complain(const char *format, ...);

#endif
