/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop around the client: one socket, one pipe for signals, one time. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "output.h"
#include "transport.h"

enum { EXIT_GOOD, EXIT_BROKEN, EXIT_ARGUMENTS, EXIT_BOOTSTRAP, EXIT_REBOOT };

typedef struct program {
    arguments arguments;
    transport transport;
    memory memory;
    lwm2m_client client;
} program;

static int signal_pipe[2];

static void on_signal(int number) {
    int before = errno;
    const char byte = (char)number;
    ssize_t written = write(signal_pipe[1], &byte, 1);
    (void)written;
    errno = before;
}

static bool catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    return pipe(signal_pipe) == 0 && fcntl(signal_pipe[0], F_SETFL, O_NONBLOCK) == 0 &&
           fcntl(signal_pipe[1], F_SETFL, O_NONBLOCK) == 0 && sigaction(SIGTERM, &action, NULL) == 0 &&
           sigaction(SIGINT, &action, NULL) == 0;
}

/* So that there is something to observe: an invented battery, which loses a percent a wake. */
static void drain_battery(program *p) {
    lwm2m_client_set_battery(&p->client, (uint8_t)(100 - (p->client.cycles_done + 1) % 100));
}

static void on_event(void *context, const lwm2m_event *event) {
    program *p = context;
    output_event(event, p->arguments.json);
    if (event->name == LWM2M_EVENT_AWAKE) {
        drain_battery(p);
    }
}

static void on_save(void *context, const lwm2m_registration *registration) {
    program *p = context;
    if (!memory_save(&p->memory, registration)) {
        (void)fprintf(stderr, "lwm2m_client: %s: the registration is not kept: %s\n", p->memory.directory,
                      strerror(errno));
    }
}

static lwm2m_settings settings_of(program *p, const lwm2m_registration *past) {
    const arguments *a = &p->arguments;
    return (lwm2m_settings){
        .socket = p->transport.socket,
        .dtls = p->transport.secure,
        .clock = doze_posix_clock(),
        .random = doze_posix_random(),
        .host = a->host,
        .port = a->port,
        .endpoint = a->endpoint,
        .lifetime = a->lifetime,
        .sleep = a->sleep,
        .awake = a->awake,
        .cycles = a->cycles,
        .stay = a->stay,
        .expect_cid = !a->no_cid,
        .refusals = a->refusals,
        .past = past,
        .save = on_save,
        .on_event = on_event,
        .context = p,
    };
}

/* Until it has ended; false: by a second signal. */
static bool run(program *p) {
    unsigned signals = 0;
    char bytes[8];
    lwm2m_client_start(&p->client);
    for (;;) {
        lwm2m_client_step(&p->client);
        if (p->client.state == LWM2M_ENDED) {
            return true;
        }
        struct pollfd watched[] = {{.fd = signal_pipe[0], .events = POLLIN},
                                   {.fd = doze_fd(p->transport.socket), .events = POLLIN}};
        (void)poll(watched, 2, lwm2m_client_next_timeout(&p->client));
        ssize_t caught = read(signal_pipe[0], bytes, sizeof(bytes));
        signals += caught > 0 ? (unsigned)caught : 0;
        if (signals > 1) {
            return false;
        }
        if (signals == 1) {
            lwm2m_client_stop(&p->client);
        }
    }
}

static int exit_code(const program *p) {
    static const int codes[] = {[LWM2M_LEFT] = EXIT_GOOD,
                                [LWM2M_BOOTSTRAP_NEEDED] = EXIT_BOOTSTRAP,
                                [LWM2M_REBOOT] = EXIT_REBOOT,
                                [LWM2M_BROKEN] = EXIT_BROKEN};
    return codes[p->client.ending];
}

int main(int argc, char **argv) {
    static program p;
    lwm2m_registration past;
    if (!arguments_read(&p.arguments, argc, argv)) {
        return EXIT_ARGUMENTS;
    }
    if (p.arguments.help) {
        (void)fputs(arguments_help, stdout);
        return EXIT_GOOD;
    }
    if (!catch_signals() || !transport_open(&p.transport, &p.arguments)) {
        return EXIT_BROKEN;
    }
    p.memory = (memory){p.arguments.store, p.arguments.endpoint, p.arguments.host, p.arguments.port};
    (void)memory_load(&p.memory, &past);
    const lwm2m_settings settings = settings_of(&p, &past);
    int code = EXIT_BROKEN;
    if (lwm2m_client_init(&p.client, &settings) == DOZE_OK && run(&p)) {
        code = exit_code(&p);
    }
    transport_close(&p.transport);
    return code;
}
