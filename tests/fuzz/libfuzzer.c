/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a fuzzer of the target that the build names. */
#include "fuzz/fuzz.h"

fuzz_function LLVMFuzzerTestOneInput;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    return FUZZ_TARGET(data, size);
}
