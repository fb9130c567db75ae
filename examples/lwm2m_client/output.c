/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "output.h"

#include <stdio.h>
#include <time.h>

#include "coap/coap.h"

static const char *rung_text(const doze_report *report) {
    static const char *const texts[] = {"none", "kept", "thawed", "resumed", "handshake", "fresh_port", "next_address"};
    return report->rung < sizeof(texts) / sizeof(texts[0]) ? texts[report->rung] : "unknown";
}

static const char *reason_text(const doze_report *report) {
    static const char *const texts[DOZE_REASONS] = {"none",         "first",  "ended",   "image",
                                                    "stopped",      "store",  "port",    "local_address",
                                                    "peer_address", "asleep", "silence", "caller"};
    return report->reason < DOZE_REASONS ? texts[report->reason] : "unknown";
}

static void put_string(bool json, const char *text) {
    for (; json && *text != '\0'; text++) {
        if ((unsigned char)*text < ' ') {
            (void)printf("\\u%04x", (unsigned)*text);
        } else {
            (void)printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
        }
    }
    if (!json) {
        (void)fputs(text, stdout);
    }
}

static void text_field(bool json, const char *name, const char *text) {
    if (text == NULL || *text == '\0') {
        return;
    }
    (void)printf(json ? ",\"%s\":\"" : " %s=", name);
    put_string(json, text);
    (void)fputs(json ? "\"" : "", stdout);
}

static void number_field(bool json, const char *name, double number) {
    (void)printf(json ? ",\"%s\":%.15g" : " %s=%.15g", name, number);
}

static void flag_field(bool json, const char *name, bool flag) {
    (void)printf(json ? ",\"%s\":%s" : " %s=%s", name, flag ? "true" : "false");
}

static void put_report(bool json, const lwm2m_event *event) {
    const doze_report *report = event->report;
    text_field(json, "rung", rung_text(report));
    text_field(json, "reason", reason_text(report));
    number_field(json, "datagrams", report->datagrams_sent + report->datagrams_received);
    number_field(json, "bytes", (double)report->bytes_sent + (double)report->bytes_received);
    number_field(json, "milliseconds", report->milliseconds);
    flag_field(json, "context_continued", report->context_continued);
    flag_field(json, "port_kept", report->port_kept);
    flag_field(json, "connection_id", event->connection_id);
}

static void put_time(bool json) {
    struct timespec now = {0};
    struct tm parts = {0};
    char text[32];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    (void)printf(json ? "{\"time\":\"%s.%03ldZ\",\"event\":" : "%s.%03ldZ ", text, now.tv_nsec / 1000000);
}

static bool has_seconds(lwm2m_event_name name) {
    return name == LWM2M_EVENT_REGISTERED || name == LWM2M_EVENT_UPDATED || name == LWM2M_EVENT_ASLEEP ||
           name == LWM2M_EVENT_BACKING_OFF;
}

void output_event(const lwm2m_event *event, bool json) {
    char code[MESSAGE_CODE_TEXT_SIZE];
    put_time(json);
    (void)printf(json ? "\"%s\"" : "%s", lwm2m_event_text(event->name));
    text_field(json, "location", event->location);
    text_field(json, "operation", event->operation);
    text_field(json, "path", event->path);
    if (event->code != CODE_EMPTY) {
        text_field(json, "code", message_code_text(event->code, code));
    }
    if (has_seconds(event->name)) {
        number_field(json, "seconds", event->seconds);
    }
    if (event->attempt != 0) {
        number_field(json, "attempt", event->attempt);
    }
    if (event->port != 0) {
        number_field(json, "port", event->port);
    }
    if (event->report != NULL) {
        put_report(json, event);
    }
    if (event->result != DOZE_OK) {
        number_field(json, "result", event->result);
    }
    if (event->alert > 0) {
        number_field(json, "alert", event->alert);
    }
    text_field(json, "why", event->why);
    (void)puts(json ? "}" : "");
    (void)fflush(stdout);
}
