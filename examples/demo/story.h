/* SPDX-License-Identifier: Apache-2.0 */
/* What happens, in which order, and what must come of it. */
#ifndef DEMO_STORY_H
#define DEMO_STORY_H

#include "arguments.h"
#include "report.h"
#include "server.h"

/* False when anything went otherwise than it should; standard error says what. */
bool story_tell(server *s, const arguments *a, report *r);

#endif
