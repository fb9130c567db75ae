/* SPDX-License-Identifier: Apache-2.0 */
/* What an LwM2M client says: CoAP requests, 60 bytes each. */
#ifndef DEMO_MESSAGE_H
#define DEMO_MESSAGE_H

#define MESSAGE_SIZE 60

typedef enum message_kind { MESSAGE_REGISTER, MESSAGE_UPDATE } message_kind;

/* `number` makes message ID and token, so that no server takes it for a repetition. */
void message_write(message_kind kind, unsigned number, unsigned char out[MESSAGE_SIZE]);

#endif
