/* SPDX-License-Identifier: Apache-2.0 */
#include "dtls/image.h"

#include <string.h>

#define IMAGE_VERSION 1

void doze_code_number(doze_cursor *c, uint64_t *value, size_t size) {
    if (!c->good || (size_t)(c->end - c->at) < size) {
        c->good = false;
        return;
    }
    uint64_t got = 0;
    for (size_t i = 0; i < size; i++) {
        if (!c->reading) {
            c->at[i] = (uint8_t)(*value >> 8 * (size - 1 - i));
        }
        got = got << 8 | c->at[i];
    }
    *value = got;
    c->at += size;
}

void doze_code_u8(doze_cursor *c, uint8_t *value, uint8_t most) {
    uint64_t wide = *value;
    doze_code_number(c, &wide, 1);
    *value = (uint8_t)wide;
    c->good = c->good && *value <= most;
}

void doze_code_u16(doze_cursor *c, uint16_t *value) {
    uint64_t wide = *value;
    doze_code_number(c, &wide, 2);
    *value = (uint16_t)wide;
}

void doze_code_u32(doze_cursor *c, uint32_t *value) {
    uint64_t wide = *value;
    doze_code_number(c, &wide, 4);
    *value = (uint32_t)wide;
}

void doze_code_bytes(doze_cursor *c, uint8_t *value, size_t size) {
    if (!c->good || (size_t)(c->end - c->at) < size) {
        c->good = false;
        return;
    }
    memcpy(c->reading ? value : c->at, c->reading ? c->at : value, size);
    c->at += size;
}

void doze_code_state(doze_cursor *c, doze_tls_state *state) {
    uint8_t head = (uint8_t)(IMAGE_VERSION << 4 | state->fragment_length << 1 | state->has_cid);
    doze_code_u8(c, &head, UINT8_MAX);
    state->fragment_length = head >> 1 & 7;
    state->has_cid = (head & 1) != 0;
    c->good = c->good && head >> 4 == IMAGE_VERSION && state->fragment_length <= 4;
    doze_code_u16(c, &state->suite);
    doze_code_u16(c, &state->mtu);
    doze_code_number(c, &state->window[0], 6);
    doze_code_number(c, &state->window[1], 8);
    doze_code_number(c, &state->next_sequence, 6);
    doze_code_bytes(c, state->master, sizeof(state->master));
    doze_code_bytes(c, state->randoms, sizeof(state->randoms));
    doze_code_u8(c, &state->session_id_size, sizeof(state->session_id));
    doze_code_bytes(c, state->session_id, state->session_id_size);
    doze_code_u8(c, &state->own_cid_size, sizeof(state->own_cid));
    doze_code_bytes(c, state->own_cid, state->own_cid_size);
    doze_code_u8(c, &state->peer_cid_size, sizeof(state->peer_cid));
    doze_code_bytes(c, state->peer_cid, state->peer_cid_size);
}
