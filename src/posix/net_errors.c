/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stddef.h>

#include "posix/net_errors.h"

typedef struct row {
    int error;
    doze_result setting;
    doze_result sending;
    doze_result receiving;
} row;

/* Receiving has no trouble of its own: apart from the first rows, what it reports is news that ICMP brought about a
 * datagram sent earlier. Sending meets such news too, but mixed with what the host says about this datagram. */
static const row table[] = {
    {EAGAIN, DOZE_ERR_IO, DOZE_WOULD_BLOCK, DOZE_WOULD_BLOCK},
    {EWOULDBLOCK, DOZE_ERR_IO, DOZE_WOULD_BLOCK, DOZE_WOULD_BLOCK},
    {ENOMEM, DOZE_ERR_NO_MEMORY, DOZE_ERR_NO_BUFFERS, DOZE_ERR_NO_BUFFERS},
    {ENOBUFS, DOZE_ERR_NO_MEMORY, DOZE_ERR_NO_BUFFERS, DOZE_ERR_NO_BUFFERS},
    {EMFILE, DOZE_ERR_NO_DESCRIPTORS, DOZE_ERR_NO_DESCRIPTORS, DOZE_ERR_NO_DESCRIPTORS},
    {ENFILE, DOZE_ERR_NO_DESCRIPTORS, DOZE_ERR_NO_DESCRIPTORS, DOZE_ERR_NO_DESCRIPTORS},

    {EPERM, DOZE_ERR_NOT_PERMITTED, DOZE_ERR_BLOCKED, DOZE_ERR_BLOCKED},
    {EACCES, DOZE_ERR_NOT_PERMITTED, DOZE_ERR_NOT_PERMITTED, DOZE_ERR_REFUSED},

    {EADDRINUSE, DOZE_ERR_PORT_TAKEN, DOZE_ERR_PORT_TAKEN, DOZE_ERR_IO},
    {EADDRNOTAVAIL, DOZE_ERR_ADDRESS_GONE, DOZE_ERR_ADDRESS_GONE, DOZE_ERR_IO},
    {ENODEV, DOZE_ERR_ADDRESS_GONE, DOZE_ERR_ADDRESS_GONE, DOZE_ERR_IO},
    {ENXIO, DOZE_ERR_ADDRESS_GONE, DOZE_ERR_ADDRESS_GONE, DOZE_ERR_IO},
    {EINVAL, DOZE_ERR_ADDRESS, DOZE_ERR_UNREACHABLE, DOZE_ERR_IO}, /* a link-local address without its interface */

    {EAFNOSUPPORT, DOZE_ERR_UNREACHABLE, DOZE_ERR_UNREACHABLE, DOZE_ERR_IO},
    {ENETUNREACH, DOZE_ERR_UNREACHABLE, DOZE_ERR_UNREACHABLE, DOZE_ERR_REFUSED},
    {EHOSTUNREACH, DOZE_ERR_UNREACHABLE, DOZE_ERR_UNREACHABLE, DOZE_ERR_REFUSED},
    {ENETDOWN, DOZE_ERR_UNREACHABLE, DOZE_ERR_UNREACHABLE, DOZE_ERR_UNREACHABLE},
    {EMSGSIZE, DOZE_ERR_IO, DOZE_ERR_TOO_LONG, DOZE_ERR_REFUSED},

    {ECONNREFUSED, DOZE_ERR_IO, DOZE_ERR_REFUSED, DOZE_ERR_REFUSED},
    {ENOPROTOOPT, DOZE_ERR_UNSUPPORTED, DOZE_ERR_REFUSED, DOZE_ERR_REFUSED},
    {EOPNOTSUPP, DOZE_ERR_UNSUPPORTED, DOZE_ERR_REFUSED, DOZE_ERR_REFUSED},
    {EPROTO, DOZE_ERR_IO, DOZE_ERR_REFUSED, DOZE_ERR_REFUSED},
#ifdef EHOSTDOWN
    {EHOSTDOWN, DOZE_ERR_IO, DOZE_ERR_REFUSED, DOZE_ERR_REFUSED},
#endif
#ifdef ENONET
    {ENONET, DOZE_ERR_IO, DOZE_ERR_REFUSED, DOZE_ERR_REFUSED},
#endif
};

doze_result doze_net_result(doze_net_call call, int error) {
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].error == error) {
            return call == DOZE_NET_SETTING   ? table[i].setting
                   : call == DOZE_NET_SENDING ? table[i].sending
                                              : table[i].receiving;
        }
    }
    return DOZE_ERR_IO;
}
