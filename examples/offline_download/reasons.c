/* SPDX-License-Identifier: Apache-2.0 */
#include "offline_download/download.h"

const char *download_reason_text(download_reason reason) {
    static const char *const texts[] = {
        [DOWNLOAD_ALL_WELL] = "all is well",
        [DOWNLOAD_ETAG_CHANGED] = "the ETag is another one: the content on the server has changed",
        [DOWNLOAD_NO_ETAG] = "the server gives no ETag, so nobody knows whether it is the same content after a pause",
        [DOWNLOAD_OTHER_BLOCK] = "the answer has another block than the one asked for",
        [DOWNLOAD_OTHER_SIZE] = "the answer has another block size than agreed",
        [DOWNLOAD_PAYLOAD_SIZE] = "the payload is longer than a block, or shorter although more are to follow",
        [DOWNLOAD_BAD_OPTION] = "the Block2 option of the answer is missing or malformed",
        [DOWNLOAD_FORGOTTEN] = "the server cannot go on from this block",
        [DOWNLOAD_REFUSED] = "the server refuses: check path and rights",
        [DOWNLOAD_BUSY] = "the server has a problem of its own",
        [DOWNLOAD_NO_CONTENT] = "the server answers, but not with content",
        [DOWNLOAD_RESET] = "the server rejects the message",
        [DOWNLOAD_NO_ANSWER] = "no answer to any repetition: is the server up?",
        [DOWNLOAD_NEW_ASSOCIATION] = "the server had lost the association, there is a new one",
        [DOWNLOAD_ASSOCIATION_ENDED] = "the server ended the association",
        [DOWNLOAD_SOCKET] = "the socket failed",
        [DOWNLOAD_NOT_TAKEN] = "what came cannot be kept",
        [DOWNLOAD_TOO_LONG] = "it is longer than blocks of this size can be numbered: ask for larger ones",
    };
    return (unsigned)reason < sizeof(texts) / sizeof(texts[0]) ? texts[reason] : "no such reason";
}

const char *download_deed_text(download_deed deed) {
    static const char *const texts[] = {
        [DOWNLOAD_ASKS_AGAIN] = "asking again",
        [DOWNLOAD_WAITS] = "waiting",
        [DOWNLOAD_STARTS_OVER] = "starting over",
        [DOWNLOAD_FAILS] = "giving up",
    };
    return (unsigned)deed < sizeof(texts) / sizeof(texts[0]) ? texts[deed] : "no such deed";
}
