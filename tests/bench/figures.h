/* SPDX-License-Identifier: Apache-2.0 */
/* What the benchmarks share. Figures are printed as lines "name value". */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

void die(const char *what);

void report_day(void);   /* day.c */
void report_scale(void); /* scale.c */

#endif
