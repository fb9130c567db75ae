/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for Anjay Lite 3.0.0. */
#ifndef ANJ_INIT_H
#define ANJ_INIT_H

#include <anj/anj_config.h>

#endif
