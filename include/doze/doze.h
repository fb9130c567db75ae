/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that a program on a POSIX host needs, certificates aside (doze/x509.h). */
#ifndef DOZE_DOZE_H
#define DOZE_DOZE_H

#include "doze/dtls.h"
#include "doze/platform.h"
#include "doze/posix.h"
#include "doze/result.h"
#include "doze/socket.h"
#include "doze/store.h"
#include "doze/udp.h"

#endif
