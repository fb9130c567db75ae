# SPDX-License-Identifier: Apache-2.0
# Installs library, headers, the CMake package and doze.pc. A Mbed TLS that was built here installs itself beside them:
# the layout of doze's structures is that of this very Mbed TLS.

include(CMakePackageConfigHelpers)
set(doze_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/doze")

install(TARGETS doze EXPORT dozeTargets)
install(DIRECTORY include/doze TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
install(EXPORT dozeTargets NAMESPACE doze:: DESTINATION "${doze_package_dir}")

configure_package_config_file(cmake/doze-config.cmake.in doze-config.cmake INSTALL_DESTINATION "${doze_package_dir}")
write_basic_package_version_file(doze-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/doze-config.cmake" "${CMAKE_CURRENT_BINARY_DIR}/doze-config-version.cmake"
    DESTINATION "${doze_package_dir}")

# ---- doze.pc ----
# Mbed TLS is named library by library: its own .pc files leave out the parts of a static crypto library.

set(doze_pc_libs "")
set(doze_pc_cflags "")
if(DOZE_MBEDTLS_ORIGIN STREQUAL PACKAGE)
    set(doze_pc_libs " -L$<TARGET_LINKER_FILE_DIR:MbedTLS::mbedtls>")
    get_target_property(doze_includes MbedTLS::mbedtls INTERFACE_INCLUDE_DIRECTORIES)
    list(TRANSFORM doze_includes PREPEND " -I" OUTPUT_VARIABLE doze_pc_cflags)
    list(JOIN doze_pc_cflags "" doze_pc_cflags)
endif()
foreach(doze_name IN ITEMS mbedtls mbedx509 tfpsacrypto mbedcrypto everest p256m)
    if(DOZE_MBEDTLS_ORIGIN STREQUAL PACKAGE)
        if(TARGET MbedTLS::${doze_name})
            string(APPEND doze_pc_libs " -l${doze_name}")
        endif()
    elseif(TARGET ${doze_mbedtls_prefix}${doze_name})
        get_target_property(doze_type ${doze_mbedtls_prefix}${doze_name} TYPE)
        if(doze_type STREQUAL STATIC_LIBRARY) # in 4.x some are mere object files of others
            string(APPEND doze_pc_libs " -l$<TARGET_LINKER_FILE_BASE_NAME:${doze_mbedtls_prefix}${doze_name}>")
        endif()
    endif()
endforeach()

set(doze_pc_requires "")
if(DOZE_HAVE_ARES)
    set(doze_pc_requires " libcares")
endif()
# Who links a static doze needs all of it, and should not have to say --static.
if(BUILD_SHARED_LIBS)
    set(doze_pc_needs "Requires.private:${doze_pc_requires}\nLibs: -L\${libdir} -ldoze\nLibs.private:${doze_pc_libs}")
else()
    set(doze_pc_needs "Requires:${doze_pc_requires}\nLibs: -L\${libdir} -ldoze${doze_pc_libs}")
endif()

# An installed tree may be moved, unless its folders were given as absolute paths.
set(doze_pc_prefix "${CMAKE_INSTALL_PREFIX}")
set(doze_pc_libdir "${CMAKE_INSTALL_FULL_LIBDIR}")
set(doze_pc_includedir "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" AND NOT IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    file(RELATIVE_PATH doze_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
    string(REGEX REPLACE "/$" "" doze_up "${doze_up}")
    set(doze_pc_prefix "\${pcfiledir}/${doze_up}")
    set(doze_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
    set(doze_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
configure_file(cmake/doze.pc.in doze.pc.in @ONLY)
file(GENERATE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/doze.pc" INPUT "${CMAKE_CURRENT_BINARY_DIR}/doze.pc.in")
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/doze.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
