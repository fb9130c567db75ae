/* SPDX-License-Identifier: Apache-2.0 */
#include "blocks.h"

#include <string.h>

#include "offline_download/block2.h"

static blocks_fault fault_now(const blocks *b) {
    bool due = b->requests >= b->fault_from && b->requests - b->fault_from < b->fault_times;
    return due ? b->fault : BLOCKS_NO_FAULT;
}

static void spoil_block(blocks_fault fault, block2 *block, size_t *excess) {
    uint32_t offset = block->number * block2_size(block->szx);
    block->number += fault == BLOCKS_NEXT_BLOCK;
    *excess = fault == BLOCKS_LONG ? 1 : 0;
    if (fault == BLOCKS_SMALLER) {
        block->szx--;
    } else if (fault == BLOCKS_LARGER) {
        block->szx++;
    }
    block->number = fault == BLOCKS_NEXT_BLOCK ? block->number : offset / block2_size(block->szx);
}

static void add_block2(message *response, blocks_fault fault, const block2 *block) {
    static const uint8_t overlong[] = {0, 0, 0, 0x0e};
    block2 said = *block;
    if (fault == BLOCKS_RESERVED_SIZE) {
        said.szx = 7;
    }
    if (fault == BLOCKS_OVERLONG_OPTION) {
        message_add(response, OPTION_BLOCK2, overlong, sizeof(overlong));
    } else if (fault != BLOCKS_NO_OPTION) {
        block2_add(response, &said);
    }
    if (fault == BLOCKS_TWO_OPTIONS) {
        block2_add(response, &said);
    }
}

static void add_content(blocks *b, message *response, block2 block, blocks_fault fault) {
    size_t excess = 0;
    spoil_block(fault, &block, &excess);
    size_t size = block2_size(block.szx);
    size_t offset = block.number * size;
    if (offset > b->size || (offset == b->size && offset > 0)) {
        response->code = CODE_BAD_REQUEST; /* there is no such block */
        return;
    }
    size_t left = b->size - offset;
    block.more = left > size;
    response->code = CODE_CONTENT;
    response->payload = b->body + offset;
    response->payload_size = (block.more ? size : left) + excess - (fault == BLOCKS_SHORT);
    b->bytes += response->payload_size;
    if (b->etag_size > 0 && fault != BLOCKS_NO_ETAG) {
        message_add(response, OPTION_ETAG, b->etag, b->etag_size);
    }
    if (!(b->whole && offset == 0 && !block.more)) {
        add_block2(response, fault, &block);
    }
}

static void answer_get(blocks *b, const message *request, message *response, blocks_fault fault) {
    char path[64];
    block2 block = {.szx = b->szx_max};
    if (!message_get_path(request, OPTION_URI_PATH, path, sizeof(path)) || strcmp(path, BLOCKS_PATH) != 0) {
        response->code = CODE_NOT_FOUND;
        return;
    }
    if (block2_read(request, &block) == BLOCK2_MALFORMED) {
        response->code = CODE_BAD_OPTION;
        return;
    }
    if (block.szx > b->szx_max) {
        block.number <<= block.szx - b->szx_max;
        block.szx = b->szx_max;
    }
    if (fault != BLOCKS_CODE) {
        add_content(b, response, block, fault);
        return;
    }
    response->code = b->code;
    if (b->max_age > 0) {
        message_add_uint(response, OPTION_MAX_AGE, b->max_age);
    }
}

size_t blocks_answer(blocks *b, const uint8_t *data, size_t size, uint8_t *out, size_t capacity) {
    message request;
    message response;
    if (message_parse(&request, data, size) != MESSAGE_OK || request.code != CODE_GET) {
        return 0;
    }
    b->requests++;
    blocks_fault fault = fault_now(b);
    if (fault == BLOCKS_SILENCE) {
        return 0;
    }
    message_begin(&response, fault == BLOCKS_RESET ? MESSAGE_RST : MESSAGE_ACK, CODE_EMPTY);
    response.id = request.id;
    if (fault != BLOCKS_RESET) {
        response.token_size = request.token_size;
        memcpy(response.token, request.token, sizeof(response.token));
        answer_get(b, &request, &response, fault);
    }
    return message_encode(&response, out, capacity);
}
