/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LWM2M_OUTPUT_H
#define LWM2M_OUTPUT_H

#include "events.h"

/* One line on standard output, with the host's time of day; the same fields either way. */
void output_event(const lwm2m_event *event, bool json);

#endif
