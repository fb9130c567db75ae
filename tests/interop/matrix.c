/* SPDX-License-Identifier: Apache-2.0 */
#include "matrix.h"

#include <stdio.h>

static const char *const columns[MATRIX_COLUMNS] = {
    [MATRIX_PSK] = "PSK",
    [MATRIX_X509] = "X.509",
    [MATRIX_RESUMPTION] = "resumption",
    [MATRIX_CID] = "Connection ID",
    [MATRIX_WAKE] = "wake on the same port",
    [MATRIX_REBINDING_CID] = "NAT rebinding with Connection ID",
    [MATRIX_REBINDING] = "NAT rebinding without",
    [MATRIX_KNOWN_PORT] = "ClientHello from a known port",
    [MATRIX_WRONG_KEY] = "wrong key",
};

static const char *const outcomes[] = {
    [MATRIX_FAILED] = "FAILED",   [MATRIX_PASSED] = "passed", [MATRIX_NOT_OFFERED] = "not offered",
    [MATRIX_SKIPPED] = "SKIPPED", [MATRIX_NOTED] = "noted",
};

void matrix_skip(matrix_row *row, const char *reason) {
    for (size_t i = 0; i < MATRIX_COLUMNS; i++) {
        row->cells[i].outcome = MATRIX_SKIPPED;
        snprintf(row->cells[i].detail, sizeof(row->cells[i].detail), "%s", reason);
    }
}

void matrix_print(const matrix_row *row) {
    for (size_t i = 0; i < MATRIX_COLUMNS; i++) {
        const matrix_cell *cell = &row->cells[i];
        printf("matrix: %s|%s|%s|%s|%s\n", row->peer, row->version, columns[i], outcomes[cell->outcome], cell->detail);
    }
    fflush(stdout);
}

size_t matrix_count(const matrix_row *rows, size_t count, matrix_outcome outcome, size_t width) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < width; k++) {
            found += rows[i].cells[k].outcome == outcome;
        }
    }
    return found;
}

void matrix_print_figures(const matrix_row *rows, size_t count) {
    printf("figures: matrix_cells=%zu matrix_passed=%zu matrix_not_offered=%zu matrix_skipped=%zu matrix_failed=%zu\n",
           count * MATRIX_CELLS, matrix_count(rows, count, MATRIX_PASSED, MATRIX_CELLS),
           matrix_count(rows, count, MATRIX_NOT_OFFERED, MATRIX_CELLS),
           matrix_count(rows, count, MATRIX_SKIPPED, MATRIX_CELLS),
           matrix_count(rows, count, MATRIX_FAILED, MATRIX_CELLS));
    fflush(stdout);
}
