# SPDX-License-Identifier: Apache-2.0
# Finds c-ares; DOZE_HAVE_ARES tells whether it is used, as the target PkgConfig::DOZE_CARES.

set(DOZE_HAVE_ARES OFF)
if(DOZE_POSIX AND (DOZE_ARES STREQUAL "AUTO" OR DOZE_ARES))
    set(doze_required "")
    if(NOT DOZE_ARES STREQUAL "AUTO")
        set(doze_required REQUIRED)
    endif()
    find_package(PkgConfig QUIET ${doze_required})
    if(PkgConfig_FOUND)
        pkg_check_modules(DOZE_CARES QUIET ${doze_required} IMPORTED_TARGET GLOBAL libcares)
    endif()
    if(DOZE_CARES_FOUND)
        set(DOZE_HAVE_ARES ON)
    endif()
endif()
message(STATUS "c-ares: ${DOZE_HAVE_ARES}")
