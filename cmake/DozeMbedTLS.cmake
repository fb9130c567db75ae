# SPDX-License-Identifier: Apache-2.0
# Chooses the Mbed TLS that doze is built with: docs/building.md. Sets DOZE_MBEDTLS_ORIGIN (PARENT, SOURCE, PACKAGE or
# FETCHED) and DOZE_MBEDTLS_TARGETS (what to link).

# A package of the system's, or below CMAKE_PREFIX_PATH, that has what doze needs. It is tried in a project of its own:
# imported targets cannot be taken back, and would collide with those of the Mbed TLS that is built instead.
function(doze_probe_mbedtls version result)
    set(pass "")
    foreach(name IN ITEMS CMAKE_TOOLCHAIN_FILE CMAKE_PREFIX_PATH CMAKE_FIND_ROOT_PATH CMAKE_C_COMPILER MbedTLS_DIR MbedTLS_ROOT)
        if(DEFINED ${name} AND NOT "${${name}}" MATCHES "-NOTFOUND$")
            list(APPEND pass "-D${name}:STRING=${${name}}")
        endif()
    endforeach()
    string(REPLACE ";" "\\;" pass "${pass}")
    string(REPLACE "\\;-D" ";-D" pass "${pass}")
    try_compile(usable "${CMAKE_CURRENT_BINARY_DIR}/_probe/${version}" "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/probe" probe
        CMAKE_FLAGS "-DDOZE_PROBE_VERSION=${version}" ${pass})
    set(${result} ${usable} PARENT_SCOPE)
endfunction()

# Adds a source tree. A function, because Mbed TLS's settings have common names that must not reach the rest.
function(doze_add_mbedtls source)
    set(CMAKE_POLICY_DEFAULT_CMP0077 NEW) # these variables count as answers to its options
    set(CMAKE_WARN_DEPRECATED OFF)
    set(ENABLE_TESTING OFF)
    set(ENABLE_PROGRAMS OFF)
    set(MBEDTLS_FATAL_WARNINGS OFF)
    set(USE_STATIC_MBEDTLS_LIBRARY ON)
    set(USE_SHARED_MBEDTLS_LIBRARY OFF)
    set(USE_STATIC_TF_PSA_CRYPTO_LIBRARY ON)
    set(USE_SHARED_TF_PSA_CRYPTO_LIBRARY OFF)
    set(BUILD_SHARED_LIBS OFF)
    set(CMAKE_POSITION_INDEPENDENT_CODE ${doze_pic}) # it may end up in a shared doze
    string(APPEND CMAKE_C_FLAGS " -w -ffunction-sections -fdata-sections") # its warnings are not ours to mend
    set(scope SYSTEM EXCLUDE_FROM_ALL)
    set(DISABLE_PACKAGE_CONFIG_AND_INSTALL ON)
    if(DOZE_INSTALL)
        set(scope SYSTEM)
        set(DISABLE_PACKAGE_CONFIG_AND_INSTALL OFF)
    endif()
    if(NOT PROJECT_IS_TOP_LEVEL)
        set(MBEDTLS_TARGET_PREFIX doze_) # the parent may have targets of these names
    endif()
    add_subdirectory("${source}" "${CMAKE_CURRENT_BINARY_DIR}/_mbedtls/build" ${scope})
    set(doze_mbedtls_prefix "${MBEDTLS_TARGET_PREFIX}" PARENT_SCOPE)
endfunction()

function(doze_edit_mbedtls_config file)
    file(READ "${file}" config)
    string(REPLACE "//#define MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY 16"
        "#define MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY 1" config "${config}")
    string(REGEX REPLACE "//#define MBEDTLS_PSK_MAX_LEN +[0-9]+" "#define MBEDTLS_PSK_MAX_LEN 64" config "${config}")
    if(DOZE_MBEDTLS_PSA)
        string(REPLACE "//#define MBEDTLS_USE_PSA_CRYPTO" "#define MBEDTLS_USE_PSA_CRYPTO" config "${config}")
    endif()
    file(WRITE "${file}" "${config}")
endfunction()

# Fetches and unpacks the pinned release, once a build directory; the edits are in its headers, and so get installed.
function(doze_fetch_mbedtls result)
    set(base "${CMAKE_CURRENT_BINARY_DIR}/_mbedtls")
    set(source "${base}/source")
    if(DOZE_MBEDTLS_PSA)
        string(APPEND source "-psa")
    endif()
    set(${result} "${source}" PARENT_SCOPE)
    if(EXISTS "${source}/CMakeLists.txt")
        return()
    endif()

    set(cache "${base}")
    if(DEFINED ENV{DOZE_CACHE})
        set(cache "$ENV{DOZE_CACHE}")
    endif()
    message(STATUS "Fetching Mbed TLS 3.6")
    execute_process(COMMAND "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/fetch-mbedtls" "${cache}"
        OUTPUT_VARIABLE archive OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "doze needs Mbed TLS 3.6 and found none. Any one of these helps:\n"
            "  - install a package of it, 3.6 or newer (Debian 13: libmbedtls-dev), and name its prefix in CMAKE_PREFIX_PATH;\n"
            "  - unpack a release of it and configure with -DDOZE_MBEDTLS_SOURCE=DIR;\n"
            "  - put mbedtls-3.6.6.tar.bz2 into ${cache}, or give this machine a network.\n")
    endif()
    file(REMOVE_RECURSE "${base}/unpack")
    file(ARCHIVE_EXTRACT INPUT "${archive}" DESTINATION "${base}/unpack")
    file(GLOB unpacked "${base}/unpack/*")
    doze_edit_mbedtls_config("${unpacked}/include/mbedtls/mbedtls_config.h")
    file(RENAME "${unpacked}" "${source}")
endfunction()

set(doze_mbedtls_prefix "")
if(TARGET MbedTLS::mbedtls)
    set(DOZE_MBEDTLS_ORIGIN PARENT)
elseif(DOZE_MBEDTLS_SOURCE)
    set(DOZE_MBEDTLS_ORIGIN SOURCE)
    doze_add_mbedtls("${DOZE_MBEDTLS_SOURCE}")
else()
    set(DOZE_MBEDTLS_ORIGIN FETCHED)
    if(NOT DOZE_MBEDTLS_PSA AND NOT CMAKE_DISABLE_FIND_PACKAGE_MbedTLS)
        foreach(doze_version IN ITEMS 3.6 4)
            doze_probe_mbedtls(${doze_version} doze_usable)
            if(doze_usable)
                set(DOZE_MBEDTLS_ORIGIN PACKAGE)
                find_package(MbedTLS ${doze_version} CONFIG REQUIRED GLOBAL)
                break()
            endif()
        endforeach()
    endif()
    if(DOZE_MBEDTLS_ORIGIN STREQUAL FETCHED)
        doze_fetch_mbedtls(doze_mbedtls_source)
        doze_add_mbedtls("${doze_mbedtls_source}")
    endif()
endif()

# From 4.0 on, the crypto library has another name and comes along with the others.
set(DOZE_MBEDTLS_TARGETS "")
foreach(doze_name IN ITEMS mbedtls mbedx509 mbedcrypto)
    if(TARGET MbedTLS::${doze_mbedtls_prefix}${doze_name})
        list(APPEND DOZE_MBEDTLS_TARGETS MbedTLS::${doze_mbedtls_prefix}${doze_name})
    endif()
endforeach()
message(STATUS "Mbed TLS: ${DOZE_MBEDTLS_ORIGIN}")
