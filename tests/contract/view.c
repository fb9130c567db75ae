/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

void view_take(view *v, doze_socket *socket) {
    const char *hostname = doze_remote_hostname(socket);
    memset(v, 0, sizeof(*v));
    v->state = doze_get_state(socket);
    v->fd = doze_fd(socket);
    v->next_timeout = doze_next_timeout(socket);
    (void)snprintf(v->hostname, sizeof(v->hostname), "%s", hostname == NULL ? "" : hostname);
    doze_remote_host(socket, v->remote_host, sizeof(v->remote_host));
    doze_local_host(socket, v->local_host, sizeof(v->local_host));
    v->remote_port = doze_remote_port(socket);
    v->local_port = doze_local_port(socket);
    for (int i = 0; i < DOZE_OPT_LIMIT; i++) {
        v->results[i] = doze_get_option(socket, (doze_option)i, &v->options[i]);
    }
}

static void check_ends(const view *before, const view *now) {
    assert_string_equal(now->hostname, before->hostname);
    assert_string_equal(now->remote_host, before->remote_host);
    assert_string_equal(now->local_host, before->local_host);
    assert_int_equal(now->remote_port, before->remote_port);
    assert_int_equal(now->local_port, before->local_port);
}

void view_has_same_ends(const view *before, doze_socket *socket) {
    view now;
    view_take(&now, socket);
    check_ends(before, &now);
}

void view_is_unchanged(const view *before, doze_socket *socket) {
    view now;
    view_take(&now, socket);
    assert_string_equal(doze_state_name(now.state), doze_state_name(before->state));
    assert_int_equal(now.fd, before->fd);
    assert_int_equal(now.next_timeout, before->next_timeout);
    check_ends(before, &now);
    for (int i = 0; i < DOZE_OPT_LIMIT; i++) {
        if (now.results[i] != before->results[i] || now.options[i] != before->options[i]) {
            fail_msg("option %d: %d, %lld was %d, %lld", i, now.results[i], (long long)now.options[i],
                     before->results[i], (long long)before->options[i]);
        }
    }
}
