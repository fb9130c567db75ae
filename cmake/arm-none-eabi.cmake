# SPDX-License-Identifier: Apache-2.0
# For CMAKE_TOOLCHAIN_FILE: a Cortex-M without an operating system, with Debian's gcc-arm-none-eabi and
# picolibc-arm-none-eabi. DOZE_CPU is any that the compiler knows.

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(DOZE_CPU cortex-m4 CACHE STRING "What -mcpu says")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES DOZE_CPU)

set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # there is nothing that a program could start on
set(CMAKE_C_FLAGS_INIT "-mcpu=${DOZE_CPU} -mthumb --specs=picolibc.specs")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,--gc-sections")

# Programs of the host's serve here, its libraries do not.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
