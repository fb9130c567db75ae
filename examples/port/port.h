/* SPDX-License-Identifier: Apache-2.0 */
/* All that doze needs of a platform, made from what this board has (board.h): one function for each. */
#ifndef PORT_H
#define PORT_H

#include <doze/dtls.h>
#include <doze/platform.h>
#include <doze/store.h>
#include <doze/udp.h>

doze_clock port_clock(void);
doze_random port_random(void);
doze_resolver *port_resolver(void);
doze_net *port_net(void);
doze_store *port_store(void); /* its slots are the board's pages, from 0 on */

#endif
