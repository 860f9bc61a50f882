/* What the C that SDEverywhere generates calls. Written for this benchmark, because the package that
   holds the original is not in the registry: same meaning, same way to search a table (from where the
   last search ended, if x has not decreased). One file with the model, so that GCC can inline it. */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double _time, _initial_time, _final_time, _time_step, _saveper;
static const double _epsilon = 1e-6;
static double *sde_out;

#define _NA_ (-DBL_MAX)
#define bool_cond(c) ((double)(c) != 0.0)
#define _ABS(x) fabs(x)
#define _ARCCOS(x) acos(x)
#define _ARCSIN(x) asin(x)
#define _ARCTAN(x) atan(x)
#define _COS(x) cos(x)
#define _EXP(x) exp(x)
#define _IF_THEN_ELSE(c, yes, no) (bool_cond(c) ? (yes) : (no))
#define _INTEG(value, rate) ((value) + (rate) * _time_step)
#define _INTEGER(x) trunc(x)
#define _LN(x) log(x)
#define _MAX(a, b) fmax(a, b)
#define _MIN(a, b) fmin(a, b)
#define _MODULO(a, b) fmod(a, b)
#define _POWER(a, b) pow(a, b)
#define _SIN(x) sin(x)
#define _SQRT(x) sqrt(x)
#define _TAN(x) tan(x)
#define _SAMPLE_IF_TRUE(now, condition, input) (bool_cond(condition) ? (input) : (now))
#define _STEP(height, at) (_time + _time_step / 2.0 > (at) ? (height) : 0.0)
#define PRINIT(v)
#define PRAUX(v, t)

static double _XIDZ(double a, double b, double x) { return fabs(b) < _epsilon ? x : a / b; }
static double _ZIDZ(double a, double b) { return fabs(b) < _epsilon ? 0.0 : a / b; }

static double _RAMP(double slope, double start, double end) {
  if (_time <= start) return 0.0;
  return slope * ((_time < end || start > end ? _time : end) - start);
}

static double _PULSE(double start, double width) {
  double middle = _time + _time_step / 2.0;
  return middle > start && middle < start + (width == 0.0 ? _time_step : width) ? 1.0 : 0.0;
}

typedef struct {
  const double *data; /* x, y, x, y, ... */
  size_t size, found;
  double last;
} Lookup;

static Lookup *__new_lookup(size_t pairs, bool copy, double *data) {
  Lookup *made = malloc(sizeof(Lookup));
  *made = (Lookup){data, 2 * pairs, 0, DBL_MAX};
  return made;
}

static inline double __lookup(Lookup *table, double x) {
  const double *data = table->data;
  for (size_t i = x >= table->last ? table->found : 0; i < table->size; i += 2) {
    if (data[i] >= x) {
      table->last = x;
      table->found = i;
      if (i == 0 || data[i] == x) return data[i + 1];
      return data[i - 1] + (data[i + 1] - data[i - 1]) / (data[i] - data[i - 2]) * (x - data[i - 2]);
    }
  }
  table->last = x;
  table->found = table->size;
  return data[table->size - 1];
}
#define _LOOKUP(table, x) __lookup(table, x)
#define _WITH_LOOKUP(x, table) __lookup(table, x)

static inline void outputVar(double value) { *sde_out++ = value; }
