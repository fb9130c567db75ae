/* SPDX-License-Identifier: Apache-2.0 */
/* Text from a user: ports, addresses, hosts.
 * Input: what kind of text it is, then the text. */
#include <string.h>

#include "doze/posix.h"
#include "fuzz/fuzz_rig.h"

static void parse_port(const char *text) {
    uint16_t port = 0;
    char again[8];
    if (doze_parse_port(text, &port) != DOZE_OK) {
        fuzz_expect(port == 0, "a refused port is not told");
        return;
    }
    fuzz_expect(port != 0, "port 0 is none");
    size_t digits = 0;
    for (unsigned rest = port; rest > 0; rest /= 10) {
        again[digits++] = (char)('0' + rest % 10);
    }
    const char *first = text + strspn(text, "0");
    fuzz_expect(strlen(first) == digits, "a port is its digits and nothing else");
    for (size_t i = 0; i < digits; i++) {
        fuzz_expect(first[i] == again[digits - 1 - i], "a port is what its digits say");
    }
}

static void parse_address(const doze_net_ops *ops, doze_net *net, const char *text) {
    doze_endpoint end = {0};
    doze_endpoint again = {0};
    char written[DOZE_ADDRESS_TEXT_SIZE] = "";
    if (!ops->parse(net, text, &end)) {
        return;
    }
    fuzz_expect(end.family == DOZE_FAMILY_IPV4 || end.family == DOZE_FAMILY_IPV6, "an address has a family");
    fuzz_expect(end.port == 0, "the port is not touched");
    fuzz_expect(doze_host_is_address(text), "what parses is written as an address");
    fuzz_expect(ops->format(net, &end, written, sizeof(written)), "the text of an address fits");
    fuzz_expect(ops->parse(net, written, &again) && doze_same_address(&end, &again), "both ways are one");
    for (size_t size = 1; size <= strlen(written); size++) {
        char small[DOZE_ADDRESS_TEXT_SIZE];
        fuzz_expect(!ops->format(net, &end, small, size), "a text that does not fit is refused");
    }
}

static void format_address(const doze_net_ops *ops, doze_net *net, const fuzz_field *text) {
    doze_endpoint end = {0};
    doze_endpoint again = {0};
    char written[DOZE_ADDRESS_TEXT_SIZE] = "";
    size_t size = text->size < sizeof(end.address) ? text->size : sizeof(end.address);
    memcpy(end.address, text->data, size);
    end.family = size <= 4 ? DOZE_FAMILY_IPV4 : DOZE_FAMILY_IPV6;
    end.scope = size == 16 && text->data[0] == 0xfe && text->data[1] == 0x80 ? text->data[15] : 0;
    fuzz_expect(ops->format(net, &end, written, sizeof(written)), "any address has a text");
    fuzz_expect(ops->parse(net, written, &again) && doze_same_address(&end, &again), "both ways are one");
}

/* No datagram is sent: to connect a UDP socket is to choose. */
static void connect_to(doze_net *net, const char *host, bool is_short) {
    char memory[DOZE_HOSTNAME_MAX + 1];
    char text[DOZE_ADDRESS_TEXT_SIZE] = "";
    doze_udp udp;
    doze_udp_settings settings = {.net = net};
    if (!is_short) {
        settings.hostname_memory = memory;
        settings.hostname_memory_size = sizeof(memory);
    }
    fuzz_expect(doze_udp_init(&udp, &settings) == DOZE_OK, "UDP starts");
    doze_result result = doze_connect(&udp.socket, host, FUZZ_PORT);
    if (result == DOZE_OK) {
        fuzz_expect(doze_host_is_address(host), "only an address connects without a resolver");
        fuzz_expect(strcmp(doze_remote_hostname(&udp.socket), host) == 0, "the name is as given");
        fuzz_expect(doze_remote_host(&udp.socket, text, sizeof(text)) == DOZE_OK, "the address has a text");
    } else {
        fuzz_expect(result < 0, "nothing is waited for without a resolver");
        fuzz_expect(doze_get_state(&udp.socket) == DOZE_STATE_CLOSED, "an error changes nothing");
    }
    doze_close(&udp.socket);
    result = doze_bind(&udp.socket, host, 0);
    fuzz_expect(result <= 0, "a port is bound or it is not");
    doze_deinit(&udp.socket);
}

static void connect_in_a_world(const char *host, bool is_short) {
    world w;
    world_init(&w, 1);
    connect_to(world_host_net(world_add_host(&w, FUZZ_HOST)), host, is_short);
    world_deinit(&w);
}

int fuzz_text(const uint8_t *data, size_t size) {
    fuzz_input in = {data, size};
    doze_net *net = doze_posix_net();
    uint8_t kind = fuzz_u8(&in);
    fuzz_field text = fuzz_take_text(&in);
    const char *string = (const char *)text.data;
    switch (kind % 4) {
    case 0:
        parse_port(string);
        break;
    case 1:
        parse_address(net->ops, net, string);
        format_address(net->ops, net, &text);
        break;
    case 2:
        connect_to(net, string, kind >= 128);
        break;
    default:
        connect_in_a_world(string, kind >= 128);
    }
    fuzz_give_back(&text);
    return 0;
}
