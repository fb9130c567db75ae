/* SPDX-License-Identifier: Apache-2.0 */
/* Names without blocking, by c-ares. All lookups share one channel; its sockets are gathered in one epoll descriptor,
 * of which each lookup has a duplicate, so that every socket has a descriptor of its own to poll. */
#define _DEFAULT_SOURCE 1
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <ares.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <unistd.h>

#include "doze/posix.h"
#include "posix/answers.h"
#include "posix/resolver_ares.h"

#define EVENTS_AT_ONCE 16

typedef struct ares_resolver {
    doze_resolver base;   /* first, as in `lookup`: a pointer to it is one to the whole */
    ares_channel channel; /* while there are lookups: each time a device wakes, its name servers may be others */
    int epoll;
    size_t unfinished; /* lookups that their sockets still have */
    char *servers;     /* instead of the host's; NULL: those */
} ares_resolver;

typedef struct lookup {
    doze_lookup base;
    doze_answers answers;
    doze_result result;
    int fd;
    bool abandoned; /* finished before c-ares called back, which then frees it */
    char host[];
} lookup;

static doze_result result_of(int status) {
    switch (status) {
    case ARES_SUCCESS:
        return DOZE_OK;
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_ENONAME:
    case ARES_EBADNAME:
        return DOZE_ERR_HOST_UNKNOWN;
    case ARES_ENOMEM:
        return DOZE_ERR_NO_MEMORY;
    default:
        return DOZE_ERR_RESOLVER;
    }
}

/* c-ares says which of its sockets wait for what; with nothing left to wait for, it is about to close one. */
static void watch(void *context, ares_socket_t socket, int readable, int writable) {
    ares_resolver *self = context;
    struct epoll_event event = {.data = {.fd = socket}};
    event.events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U);
    if (event.events == 0) {
        (void)epoll_ctl(self->epoll, EPOLL_CTL_DEL, socket, &event);
    } else if (epoll_ctl(self->epoll, EPOLL_CTL_MOD, socket, &event) != 0) {
        (void)epoll_ctl(self->epoll, EPOLL_CTL_ADD, socket, &event); /* if this fails, the query times out */
    }
}

static doze_result collect(doze_answers *answers, const struct ares_addrinfo_node *node) {
    for (; node != NULL; node = node->ai_next) {
        if (!doze_answers_add(answers, node->ai_addr)) {
            return DOZE_ERR_NO_MEMORY;
        }
    }
    return answers->count > 0 ? DOZE_OK : DOZE_ERR_HOST_UNKNOWN;
}

static void free_lookup(lookup *done) {
    doze_answers_free(&done->answers);
    free(done);
}

static void called_back(void *context, int status, int timeouts, struct ares_addrinfo *info) {
    (void)timeouts;
    lookup *done = context;
    done->result = result_of(status);
    if (done->result == DOZE_OK && !done->abandoned) {
        done->result = collect(&done->answers, info->nodes);
    }
    ares_freeaddrinfo(info);
    if (done->abandoned) {
        free_lookup(done);
    }
}

static int open_channel(ares_resolver *self) {
    char lookups[] = "fb"; /* the hosts file first: the other way round, it would hide that no server answered */
    struct ares_options options = {.lookups = lookups, .sock_state_cb = watch, .sock_state_cb_data = self};
    int status = ares_init_options(&self->channel, &options, ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS) {
        self->channel = NULL;
    } else if (self->servers != NULL) {
        status = ares_set_servers_ports_csv(self->channel, self->servers);
    }
    return status;
}

/* Calls back for what was abandoned. */
static void close_unused_channel(ares_resolver *self) {
    if (self->unfinished == 0 && self->channel != NULL) {
        ares_destroy(self->channel);
        self->channel = NULL;
    }
}

static lookup *make_lookup(const char *host) {
    size_t size = strlen(host) + 1;
    lookup *made = calloc(1, sizeof(*made) + size);
    if (made != NULL) {
        made->result = DOZE_IN_PROGRESS;
        memcpy(made->host, host, size);
        made->base.host = made->host;
    }
    return made;
}

static doze_result ask(ares_resolver *self, lookup *asked, doze_family family) {
    struct ares_addrinfo_hints hints = {.ai_socktype = SOCK_DGRAM};
    hints.ai_family = family == DOZE_FAMILY_IPV4 ? AF_INET : family == DOZE_FAMILY_IPV6 ? AF_INET6 : AF_UNSPEC;
    int status = self->channel == NULL ? open_channel(self) : ARES_SUCCESS;
    if (status != ARES_SUCCESS) {
        return result_of(status);
    }
    asked->fd = fcntl(self->epoll, F_DUPFD_CLOEXEC, 0);
    if (asked->fd < 0) {
        return DOZE_ERR_NO_DESCRIPTORS;
    }
    self->unfinished++;
    ares_getaddrinfo(self->channel, asked->host, NULL, &hints, called_back, asked);
    return DOZE_OK;
}

static doze_result start(doze_resolver *resolver, const char *host, doze_family family, doze_lookup **out) {
    ares_resolver *self = (ares_resolver *)resolver;
    lookup *made = make_lookup(host);
    if (made == NULL) {
        return DOZE_ERR_NO_MEMORY;
    }
    doze_result result = ask(self, made, family);
    if (result != DOZE_OK) {
        close_unused_channel(self);
        free_lookup(made);
        return result;
    }
    *out = &made->base;
    return DOZE_OK;
}

static ares_socket_t if_any(uint32_t events, uint32_t wanted, ares_socket_t socket) {
    return (events & (wanted | EPOLLERR | EPOLLHUP)) != 0 ? socket : ARES_SOCKET_BAD;
}

static doze_result step(doze_resolver *resolver, doze_lookup *asked) {
    ares_resolver *self = (ares_resolver *)resolver;
    lookup *mine = (lookup *)asked;
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(self->epoll, events, EVENTS_AT_ONCE, 0);
    for (int i = 0; i < count; i++) {
        ares_process_fd(self->channel, if_any(events[i].events, EPOLLIN, events[i].data.fd),
                        if_any(events[i].events, EPOLLOUT, events[i].data.fd));
    }
    ares_process_fd(self->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what timed out */
    return mine->result;
}

static bool answer(doze_resolver *resolver, const doze_lookup *asked, size_t index, doze_endpoint *out) {
    (void)resolver;
    return doze_answers_get(&((const lookup *)asked)->answers, index, out);
}

/* c-ares cannot cancel one lookup of several: it goes on, unheard, until the last one is finished. */
static void finish(doze_resolver *resolver, doze_lookup *asked) {
    ares_resolver *self = (ares_resolver *)resolver;
    lookup *done = (lookup *)asked;
    close(done->fd);
    if (done->result == DOZE_IN_PROGRESS) {
        done->abandoned = true;
    } else {
        free_lookup(done);
    }
    self->unfinished--;
    close_unused_channel(self);
}

static int fd(const doze_resolver *resolver, const doze_lookup *asked) {
    (void)resolver;
    return ((const lookup *)asked)->fd;
}

/* Another lookup's step may have had our answer. */
static int32_t next_timeout(const doze_resolver *resolver, const doze_lookup *asked) {
    const ares_resolver *self = (const ares_resolver *)resolver;
    struct timeval left = {0};
    if (((const lookup *)asked)->result != DOZE_IN_PROGRESS) {
        return 0;
    }
    if (ares_timeout(self->channel, NULL, &left) == NULL) {
        return -1;
    }
    int64_t ms = (int64_t)left.tv_sec * 1000 + (left.tv_usec + 999) / 1000; /* rounded up: no call before it is time */
    return ms > INT32_MAX ? INT32_MAX : (int32_t)ms;
}

doze_result doze_ares_set_servers(doze_resolver *resolver, const char *servers) {
    ares_resolver *self = (ares_resolver *)resolver;
    free(self->servers);
    self->servers = strdup(servers);
    return self->servers != NULL ? DOZE_OK : DOZE_ERR_NO_MEMORY;
}

doze_resolver *doze_ares_create(void) {
    static const doze_resolver_ops ops = {
        .start = start,
        .step = step,
        .answer = answer,
        .finish = finish,
        .fd = fd,
        .next_timeout = next_timeout,
    };
    ares_resolver *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    self->base.ops = &ops;
    self->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (self->epoll < 0) {
        free(self);
        return NULL;
    }
    return &self->base;
}

void doze_ares_destroy(doze_resolver *resolver) {
    ares_resolver *self = (ares_resolver *)resolver;
    if (self == NULL) {
        return;
    }
    self->unfinished = 0; /* by contract, and nothing of c-ares may outlive this */
    close_unused_channel(self);
    close(self->epoll);
    free(self->servers);
    free(self);
}
