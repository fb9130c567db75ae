/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a capture as packet analyzers read it, of UDP over IPv4. */
#ifndef PCAP_H
#define PCAP_H

#include <stdio.h>

#include "doze/platform.h"

/* Both return false when the file cannot be written. */
bool pcap_begin(FILE *file);
bool pcap_add(FILE *file, uint64_t time_ms, const doze_endpoint *from, const doze_endpoint *to, const void *data,
              size_t size);

#endif
