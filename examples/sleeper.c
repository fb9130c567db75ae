/* SPDX-License-Identifier: Apache-2.0 */
#include <doze/doze.h>
#include <stdio.h>

int main(void) {
    doze_udp udp;
    doze_dtls dtls;
    doze_dtls_config config;
    char answer[64];
    size_t size = 0;
    const doze_udp_settings below = {.net = doze_posix_net(), .resolver = doze_posix_resolver()};
    const doze_dtls_settings settings = {.clock = doze_posix_clock(),
                                         .random = doze_posix_random(),
                                         .psk = {.identity = {"doze", 4}, .key = {"0123456789abcdef", 16}}};
    doze_udp_init(&udp, &below);
    doze_dtls_config_init(&config, &settings);
    doze_dtls_init(&dtls, &config, &udp.socket);
    doze_socket *s = &dtls.socket;
    doze_result result = doze_connect_wait(s, "127.0.0.1", 5684, 30000);
    for (int wake = 0; wake < 3 && result == DOZE_OK; wake++) {
        doze_send(s, "hello\n", 6);
        result = doze_recv_wait(s, answer, sizeof(answer), &size);
        printf("from port %u: %.*s", doze_local_port(s), (int)size, answer);
        doze_shutdown(s); /* hours may pass here: no kernel socket, nothing on the wire */
        result = result ? result : doze_resume_wait(s, 30000);
    }
    puts(doze_strerror(result));
    doze_deinit(s);
    doze_deinit(&udp.socket);
    doze_dtls_config_deinit(&config);
    return result != DOZE_OK;
}
