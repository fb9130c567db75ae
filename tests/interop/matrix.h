/* SPDX-License-Identifier: Apache-2.0 */
/* What came of each peer and each thing tried with it, for people and for tests/interop/matrix. */
#ifndef MATRIX_H
#define MATRIX_H

#include <stddef.h>

typedef enum matrix_column {
    MATRIX_PSK,
    MATRIX_X509,
    MATRIX_RESUMPTION,
    MATRIX_CID,
    MATRIX_WAKE,
    MATRIX_REBINDING_CID,
    MATRIX_REBINDING,
    MATRIX_CELLS,                     /* the ones above are counted; those below are noted alone */
    MATRIX_KNOWN_PORT = MATRIX_CELLS, /* a ClientHello from an address and port with an association */
    MATRIX_WRONG_KEY,
    MATRIX_COLUMNS
} matrix_column;

typedef enum matrix_outcome {
    MATRIX_FAILED = 0, /* also what was begun and never ended */
    MATRIX_PASSED,
    MATRIX_NOT_OFFERED, /* by this peer, as `detail` shows */
    MATRIX_SKIPPED,     /* this machine has no such peer */
    MATRIX_NOTED,
} matrix_outcome;

#define MATRIX_DETAIL_MAX 160

typedef struct matrix_cell {
    matrix_outcome outcome;
    char detail[MATRIX_DETAIL_MAX];
} matrix_cell;

typedef struct matrix_row {
    const char *peer;
    char version[MATRIX_DETAIL_MAX];
    matrix_cell cells[MATRIX_COLUMNS];
} matrix_row;

void matrix_skip(matrix_row *row, const char *reason);
/* A line for each cell: `matrix: peer|version|column|outcome|detail`. */
void matrix_print(const matrix_row *row);
size_t matrix_count(const matrix_row *rows, size_t count, matrix_outcome outcome, size_t columns);
void matrix_print_figures(const matrix_row *rows, size_t count);

#endif
