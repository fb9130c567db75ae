/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "doze/result.h"

typedef struct text {
    doze_result result;
    const char *text;
} text;

static const text texts[] = {
    {DOZE_OK, "done"},
    {DOZE_IN_PROGRESS, "begun, not done yet: call doze_step() when fd is readable or next_timeout is over"},
    {DOZE_WOULD_BLOCK, "nothing there yet, or no room: wait for fd, then repeat the call"},
    {DOZE_NEW_CONTEXT, "not sent: the association is a new one; register anew, then send"},
    {DOZE_ERR_ARGUMENT, "an argument is NULL, empty or out of range: see the declaration of the function"},
    {DOZE_ERR_STATE, "this verb is not for the state that the socket is in: ask doze_get_state()"},
    {DOZE_ERR_OPTION, "this socket has no such option, or it is read-only, out of range or not readable now"},
    {DOZE_ERR_UNSUPPORTED, "this platform or this build cannot do that: choose another setting"},
    {DOZE_ERR_HOST, "the host is empty or longer than the memory for names: give a name that fits"},
    {DOZE_ERR_PORT, "the port is not a decimal number from 1 to 65535"},
    {DOZE_ERR_ADDRESS,
     "the address to bind is not written as IPv4 or IPv6, or lacks its interface: names cannot be bound"},
    {DOZE_ERR_ALREADY_BOUND, "a port is bound already: close the socket first"},
    {DOZE_ERR_NO_LAST_PORT, "there is no last port, as there never was a connection: use connect or bind"},
    {DOZE_ERR_NO_PEER, "there is no peer to wake up to: none was connected to, or stored: use connect"},
    {DOZE_ERR_TOO_LONG, "too long for one datagram, or for the buffer: ask DOZE_OPT_PAYLOAD_MTU"},
    {DOZE_ERR_HOST_UNKNOWN, "the name of the host does not exist: check its spelling"},
    {DOZE_ERR_RESOLVER, "the name service did not answer: try again later"},
    {DOZE_ERR_PORT_TAKEN, "another socket has this local port: bind another, or resume to go on from a new one"},
    {DOZE_ERR_ADDRESS_GONE, "this host does not have that local address or interface now: bind another"},
    {DOZE_ERR_UNREACHABLE, "no route to the peer now: try again when the network is up"},
    {DOZE_ERR_REFUSED, "the peer's host says that nobody listens there (a hint): not sent, try again later"},
    {DOZE_ERR_NO_BUFFERS, "the host has no room for another datagram: not sent, repeat it"},
    {DOZE_ERR_BLOCKED, "a firewall of this host forbids it: not sent, change its rules"},
    {DOZE_ERR_NOT_PERMITTED, "this process may not use that port, address or interface"},
    {DOZE_ERR_NO_DESCRIPTORS, "this process or host has no free descriptor: close some"},
    {DOZE_ERR_NO_MEMORY, "out of memory"},
    {DOZE_ERR_IO, "the platform reports a failure that doze has no answer to: see the cause"},
    {DOZE_ERR_TIMEOUT, "no answer came in time: try again later"},
    {DOZE_ERR_TRUNCATED, "the datagram was longer than the buffer: the rest is lost, give more room"},
    {DOZE_ERR_CONFIG, "the configuration is incomplete or contradicts itself"},
    {DOZE_ERR_IDENTITY, "the PSK identity is missing or longer than 128 bytes"},
    {DOZE_ERR_KEY, "the key is missing, malformed, too long, or not of the kind that is needed"},
    {DOZE_ERR_KEY_MISMATCH, "the private key does not belong to the certificate"},
    {DOZE_ERR_CERTIFICATE, "a certificate is malformed or not of the kind that is needed"},
    {DOZE_ERR_CRL, "the certificate revocation list is malformed"},
    {DOZE_ERR_SUITE, "a ciphersuite is unknown to this Mbed TLS, of another mode, or not AEAD"},
    {DOZE_ERR_NAME, "there is no server name to check: give one, or say any_server_name"},
    {DOZE_ERR_RANDOM, "the random source failed"},
    {DOZE_ERR_HANDSHAKE, "the handshake failed: see the cause"},
    {DOZE_ERR_VERIFY, "the server's certificate is not accepted: DOZE_OPT_VERIFY_FLAGS says why"},
    {DOZE_ERR_ALERT, "the peer sent a fatal alert: DOZE_OPT_ALERT has its number"},
    {DOZE_ERR_CLOSED_BY_PEER, "the peer ended the association: connect again"},
    {DOZE_ERR_EXHAUSTED, "the sequence numbers of this association are used up: connect again"},
    {DOZE_ERR_STORE, "the store could not be read or written, or another process has it: see the cause, try again"},
};

const char *doze_strerror(doze_result result) {
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].result == result) {
            return texts[i].text;
        }
    }
    return "not a result of doze";
}
