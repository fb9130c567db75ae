/* SPDX-License-Identifier: Apache-2.0 */
/* As much of HTTP as it takes to ask a server on this host, and of JSON to read what it says. */
#ifndef LESHAN_HTTP_H
#define LESHAN_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The status, with what was answered in `answer`; -1: there was no answer, or one that does not fit. `body` may be
 * NULL. */
int http_ask(uint16_t port, const char *method, const char *target, const char *body, char *answer, size_t capacity);

/* Replaces what a query or a path cannot have. */
void http_escape(const char *text, char *out, size_t capacity);

/* The first member of this name, wherever it is; false: there is none, or it does not fit. */
bool json_get(const char *json, const char *name, char *value, size_t capacity);

#endif
