/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include <stdbool.h>
#include <string.h>

/* RFC 7252 sections 3 and 5.10, and 12.3 for the format */
enum { CONFIRMABLE_TOKEN_4 = 0x44, POST = 0x02, PAYLOAD = 0xff };
enum { URI_PATH = 11, CONTENT_FORMAT = 12, URI_QUERY = 15 };
#define LINK_FORMAT "\x28"

typedef struct writer {
    unsigned char *at;
    unsigned option; /* the number of the last one */
} writer;

static void put(writer *w, const void *data, size_t size) {
    memcpy(w->at, data, size);
    w->at += size;
}

/* Up to 12 bytes, as more would need a longer header. */
static void put_option(writer *w, unsigned option, const char *value) {
    size_t size = strlen(value);
    *w->at++ = (unsigned char)((option - w->option) << 4 | size);
    w->option = option;
    put(w, value, size);
}

void message_write(message_kind kind, unsigned number, unsigned char out[MESSAGE_SIZE]) {
    bool update = kind == MESSAGE_UPDATE;
    const char *links = update ? "</1>,</3>,</4>,</3303>" : "</1>,</3>";
    unsigned char id[2] = {(unsigned char)(number >> 8), (unsigned char)number};
    writer w = {.at = out};
    memset(out, 0, MESSAGE_SIZE);
    put(&w, (const unsigned char[]){CONFIRMABLE_TOKEN_4, POST, id[0], id[1], 0, 0, id[0], id[1]}, 8);
    put_option(&w, URI_PATH, "rd");
    if (update) {
        put_option(&w, URI_PATH, "doze-demo");
    }
    put_option(&w, CONTENT_FORMAT, LINK_FORMAT);
    put_option(&w, URI_QUERY, "lt=86400");
    put_option(&w, URI_QUERY, "b=UQ");
    if (!update) {
        put_option(&w, URI_QUERY, "lwm2m=1.1");
        put_option(&w, URI_QUERY, "ep=doze-demo");
    }
    *w.at++ = PAYLOAD;
    put(&w, links, strlen(links));
}
