/* SPDX-License-Identifier: Apache-2.0 */
/* A download by blocks (RFC 7959, Block2) that may be suspended at any time: the socket is shut down, and later it goes
 * on with the next block, over the same association, from the same port. Nothing blocks. */
#ifndef EXAMPLE_DOWNLOAD_H
#define EXAMPLE_DOWNLOAD_H

#include "coap/exchange.h"
#include "offline_download/block2.h"

#define DOWNLOAD_ETAG_MAX     8
#define DOWNLOAD_BLOCK_MAX    1024
#define DOWNLOAD_ASK_AGAIN    3     /* times for the same block, before it starts over or fails */
#define DOWNLOAD_START_OVER   3     /* times, before it fails */
#define DOWNLOAD_WAIT         60000 /* ms, where a busy server does not say how long: Max-Age's default */
#define DOWNLOAD_WAIT_LONGEST 86400000

/* Where it is: all that must be kept to go on in another life of the device. All zero: nothing was downloaded yet. */
typedef struct download_mark {
    uint32_t offset; /* bytes that the application has */
    uint8_t szx;     /* of the blocks agreed on: offset is a multiple of block2_size(szx) */
    uint8_t etag_size;
    uint8_t etag[DOWNLOAD_ETAG_MAX]; /* of the representation that these bytes are from */
} download_mark;

typedef enum download_state {
    DOWNLOAD_IDLE,
    DOWNLOAD_GOING,
    DOWNLOAD_SUSPENDED,
    DOWNLOAD_DONE,
    DOWNLOAD_FAILED, /* `reason` says why; download_resume() tries again, from where it was */
} download_state;

/* What can happen on the way. */
typedef enum download_reason {
    DOWNLOAD_ALL_WELL = 0,
    DOWNLOAD_ETAG_CHANGED,      /* what is on the server now is something else */
    DOWNLOAD_NO_ETAG,           /* nothing tells whether it is still the same after a pause */
    DOWNLOAD_OTHER_BLOCK,       /* not the block that was asked for */
    DOWNLOAD_OTHER_SIZE,        /* blocks of another size than agreed */
    DOWNLOAD_PAYLOAD_SIZE,      /* longer than a block, or shorter though more are said to follow */
    DOWNLOAD_BAD_OPTION,        /* Block2 missing or malformed */
    DOWNLOAD_FORGOTTEN,         /* 4.08 or 4.00 in the middle: the server cannot go on from there */
    DOWNLOAD_REFUSED,           /* any other 4.xx */
    DOWNLOAD_BUSY,              /* 5.xx */
    DOWNLOAD_NO_CONTENT,        /* neither 2.05 nor an error */
    DOWNLOAD_RESET,             /* the server rejects the message */
    DOWNLOAD_NO_ANSWER,         /* to anything of a whole exchange */
    DOWNLOAD_NEW_ASSOCIATION,   /* the server had lost the one before */
    DOWNLOAD_ASSOCIATION_ENDED, /* the server ended it */
    DOWNLOAD_SOCKET,            /* `result` says what */
    DOWNLOAD_NOT_TAKEN,         /* `take` said no */
    DOWNLOAD_TOO_LONG,          /* more blocks than Block2 can number */
} download_reason;

/* And what is done about it. */
typedef enum download_deed {
    DOWNLOAD_ASKS_AGAIN,  /* for the same block */
    DOWNLOAD_WAITS,       /* `wait` ms, and asks again; suspend it meanwhile if that is long */
    DOWNLOAD_STARTS_OVER, /* from the first block: forget any mark that was kept, before this returns */
    DOWNLOAD_FAILS,
} download_deed;

const char *download_reason_text(download_reason reason); /* an English sentence */
const char *download_deed_text(download_deed deed);

typedef struct download_settings {
    doze_socket *socket; /* required, like all but `tell` and `block_size` */
    doze_clock clock;
    doze_random random;
    const char *path;    /* "firmware/image"; not copied */
    uint16_t block_size; /* at most; 16 to 1,024; default: 1,024 */
    /* The bytes at `offset`; `size` may be 0. At offset 0, whatever came before is void. False: they cannot be kept. */
    bool (*take)(void *context, uint32_t offset, const uint8_t *data, size_t size);
    void (*tell)(void *context, download_reason reason, download_deed deed);
    void *context; /* of both, which must not call the download */
} download_settings;

typedef struct download {
    download_settings settings;
    exchange exchange;
    download_state state;
    download_mark mark; /* to be kept whenever it likes, once what was taken is */
    download_reason reason;
    doze_result result; /* with DOWNLOAD_SOCKET */
    uint8_t code;       /* of the last response */
    uint32_t wait;      /* ms, with DOWNLOAD_WAITS */
    uint32_t blocks;    /* taken in all */
    uint32_t requests;  /* asked in all, without repetitions by the exchange */
    /* Private. */
    uint64_t due; /* when to ask; by the clock */
    unsigned asked_again;
    unsigned started_over;
    bool first; /* of a sequence: the server may choose smaller blocks now */
} download;

/* DOZE_ERR_ARGUMENT: something is missing, or no block has this size. Must not be moved or copied from here on. */
doze_result download_init(download *d, const download_settings *settings);

/* CONNECTING or CONNECTED. Begins, or goes on from a mark (NULL: none). DOZE_ERR_ARGUMENT: no download has that. */
doze_result download_start(download *d, const download_mark *mark);

/* GOING, FAILED. Shuts the socket down; what is under way is asked for again. */
doze_result download_suspend(download *d);

/* SUSPENDED, FAILED. Wakes the socket if that sleeps, and goes on; DOZE_OK or DOZE_IN_PROGRESS: call download_step().
 * DOZE_ERR_STATE: the socket is CLOSED, or BOUND, as after a first connection that failed; doze_connect() it before. */
doze_result download_resume(download *d);

/* Drives the socket, the exchange and the download. */
download_state download_step(download *d);
int32_t
download_next_timeout(const download *d); /* ms until download_step() wants a call; -1: only doze_fd() matters */

#endif
