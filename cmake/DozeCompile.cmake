# SPDX-License-Identifier: Apache-2.0
# How everything here is compiled.

if(DOZE_SANITIZE)
    set(doze_sanitizer_flags -fsanitize=${DOZE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    # For the whole directory, so that a Mbed TLS that is built here is watched too.
    add_compile_options(${doze_sanitizer_flags})
    add_link_options(${doze_sanitizer_flags})
endif()

set(doze_warnings
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual)

# C11, and warnings for those who work on doze rather than with it.
function(doze_compile_strictly target)
    set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
    if(PROJECT_IS_TOP_LEVEL OR DOZE_WERROR)
        target_compile_options(${target} PRIVATE ${doze_warnings} $<$<BOOL:${DOZE_WERROR}>:-Werror>)
    endif()
endfunction()
