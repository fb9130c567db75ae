/* SPDX-License-Identifier: Apache-2.0 */
/* RAM of a frozen association, to be read with nm: each object is as large as what it is named after. */
#include <doze/dtls.h>
#include <doze/udp.h>

extern char size_of_udp[sizeof(doze_udp)];
extern char size_of_dtls[sizeof(doze_dtls)];
extern char size_of_keeper[sizeof(doze_keeper)];
extern char size_of_image[DOZE_IMAGE_TYPICAL];
extern char size_of_config[sizeof(doze_dtls_config)];

char size_of_udp[sizeof(doze_udp)];
char size_of_dtls[sizeof(doze_dtls)];
char size_of_keeper[sizeof(doze_keeper)];
char size_of_image[DOZE_IMAGE_TYPICAL];
char size_of_config[sizeof(doze_dtls_config)];
