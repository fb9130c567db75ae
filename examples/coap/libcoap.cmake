# SPDX-License-Identifier: Apache-2.0
# Sets DOZE_COAP_FOUND. Only libcoap's encoding is used, so that any of its builds will do.
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
    pkg_search_module(DOZE_COAP QUIET IMPORTED_TARGET libcoap-3-notls libcoap-3-openssl libcoap-3-gnutls libcoap-3)
endif()
