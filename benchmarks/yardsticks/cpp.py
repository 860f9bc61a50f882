"""C++ with GCC's vector extensions, printed from the same program.

What a careful programmer would write by hand: members in lanes, states in one small array, values
of the time axis and of the run computed once, outputs at saved times only, libmvec for exp, log
and pow, short tables held in registers and read by a permutation (by place, where their points lie
on an even grid). Divisions by what does not change within a run, or is divided by more than once,
become multiplications.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from benchmarks.cases import Subject
from benchmarks.printed import Sections, divide, slopes_of
from benchmarks.yardsticks import MissingError, Yardstick
from benchmarks.yardsticks.tools import call, compile_library, folder, need, runner
from haihe.compile.builtins import TRUTHS
from haihe.compile.ir import Level, Points, Program, StateKind

FLAGS = ("-O3", "-march=native", "-std=c++17", "-fno-math-errno", "-fno-trapping-math",
         "-ffp-contract=off", "-Wno-psabi")  # fmt: skip
_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
_TESTS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}

HEAD = r"""
#include <cmath>
#include <cstdint>
#include <cstring>
typedef double V __attribute__((vector_size(8 * LANES)));
typedef long long I __attribute__((vector_size(8 * LANES)));
#define INLINE static inline __attribute__((always_inline))
#if LANES == 8
#define MATH1(f) _ZGVeN8v_##f
#define MATH2(f) _ZGVeN8vv_##f
#else
#define MATH1(f) _ZGVdN4v_##f
#define MATH2(f) _ZGVdN4vv_##f
#endif
extern "C" V MATH1(exp)(V); extern "C" V MATH1(log)(V); extern "C" V MATH2(pow)(V, V);
INLINE V W(double x) { V v; for (int k = 0; k < LANES; k++) v[k] = x; return v; }
INLINE V W(V x) { return x; }
INLINE V sel(I m, V a, V b) { return m ? a : b; }
INLINE double sel(bool m, double a, double b) { return m ? a : b; }
INLINE V min_(V a, V b) { return a < b ? a : b; }
INLINE V max_(V a, V b) { return a > b ? a : b; }
INLINE double min_(double a, double b) { return a < b ? a : b; }
INLINE double max_(double a, double b) { return a > b ? a : b; }
INLINE V exp_(V x) { return MATH1(exp)(x); }
INLINE V log_(V x) { return MATH1(log)(x); }
INLINE V pow_(V x, V y) { return MATH2(pow)(x, y); }
INLINE double exp_(double x) { return std::exp(x); }
INLINE double log_(double x) { return std::log(x); }
INLINE double pow_(double x, double y) { return std::pow(x, y); }
#define EACH(f) \
  INLINE double f##_(double x) { return std::f(x); } \
  INLINE V f##_(V x) { for (int k = 0; k < LANES; k++) x[k] = std::f(x[k]); return x; }
EACH(fabs) EACH(sqrt) EACH(trunc) EACH(sin) EACH(cos) EACH(tan) EACH(asin) EACH(acos) EACH(atan)
EACH(sinh) EACH(cosh) EACH(tanh)
INLINE double mod_(double a, double b) {
  double r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
INLINE V mod_(V a, V b) { for (int k = 0; k < LANES; k++) a[k] = mod_(a[k], b[k]); return a; }

template <int N> INLINE double look(const double (*t)[N], double x) {
  const double last = t[0][N - 1];
  x = min_(max_(x, t[0][0]), last);
  int j = 0;
  for (int k = 1; k < N; k++) j += x >= t[0][k];
  return t[1][j] + t[2][j] * (x - t[0][j]);
}
INLINE V part(const double *t, int first, int count) {
  V v = {};
  for (int k = 0; k < LANES; k++) v[k] = first + k < count ? t[first + k] : 0.0;
  return v;
}
template <int N> INLINE V look(const double (*t)[N], V x) {
  x = min_(max_(x, W(t[0][0])), W(t[0][N - 1]));
  if (CHAIN || N > 2 * LANES) {
    V a = W(t[0][0]), b = W(t[1][0]), c = W(t[2][0]);
    for (int k = 1; k < N; k++) {
      I m = x >= W(t[0][k]);
      a = m ? W(t[0][k]) : a; b = m ? W(t[1][k]) : b; c = m ? W(t[2][k]) : c;
    }
    return b + c * (x - a);
  }
  I j = {};
  for (int k = 1; k < N; k++) j -= x >= W(t[0][k]);
  V got[3];
  for (int r = 0; r < 3; r++)
    got[r] = N <= LANES ? __builtin_shuffle(part(t[r], 0, N), j)
                        : __builtin_shuffle(part(t[r], 0, N), part(t[r], LANES, N), j);
  return got[1] + got[2] * (x - got[0]);
}
template <int N> INLINE V look_grid(const double (*t)[N], V x, double first, double per) {
  V s = (x - first) * per;
  s = min_(max_(s, W(0.0)), W(N - 1.0));
  const I j = __builtin_convertvector(s, I);
  V got[2];
  for (int r = 0; r < 2; r++)
    got[r] = N <= LANES ? __builtin_shuffle(part(t[r], 0, N), j)
                        : __builtin_shuffle(part(t[r], 0, N), part(t[r], LANES, N), j);
  return got[0] + got[1] * (s - __builtin_convertvector(j, V));
}
"""

BODY = r"""
extern "C" void run(const double *inputs, int64_t stride, int64_t members, double *results,
                    const double *controls, const double *times) {
  static double C[NC + 1], T[(STEPS + 1) * (NT + 1)];
  common(controls, C);
  for (int i = 0; i <= STEPS; i++) on_time(controls, C, times[i], T + i * (NT + 1));
  const double dt = controls[2];
  for (int64_t first = 0; first < members; first += LANES) {
    const int64_t count = members - first < LANES ? members - first : LANES;
    static V in[NIN + 1], R[NR + 1], S[NS + 1], kept[SAVES * CELLS];
    for (int s = 0; s < NIN; s++)
      for (int k = 0; k < LANES; k++)
        in[s][k] = inputs[s * stride + first + (k < count ? k : count - 1)];
    start(controls, C, in, R, S);
    V *out = kept;
    int until = 0;
    for (int i = 0; i <= STEPS; i++) {
      step(controls, C, T + i * (NT + 1), in, R, S, dt, until == 0, out);
      if (until == 0) { out += CELLS; until = EVERY; }
      until--;
    }
    for (int64_t k = 0; k < count; k++) {
      double *to = results + (first + k) * SAVES * CELLS;
      for (int64_t c = 0; c < SAVES * CELLS; c++) to[c] = kept[c][k];
    }
  }
}
"""


class Printer:
    """Writes nodes as C++; lives for one program."""

    def __init__(self, program: Program, lanes: int, chain: bool) -> None:
        self.program = program
        most = 0 if chain else 2 * lanes
        self.grids = [grid_of(points, most) for points in program.tables]
        self.sections: Sections = divide(program)
        self.place: dict[int, str] = {}
        self._number("C", self.sections.common)
        self._number("T", self.sections.time)
        self._number("R", self.sections.run)
        divisors = Counter(
            node.args[1]
            for n, node in enumerate(program.nodes)
            if node.op == "div" and program.levels[n] is Level.STEP
        )
        self.inverted = {
            n for n, count in divisors.items()
            if count > 1 or (program.levels[n] is Level.RUN and program.nodes[n].args)
        }  # fmt: skip

    def _number(self, base: str, nodes: Iterable[int]) -> None:
        self.place |= {n: f"{base}[{i}]" for i, n in enumerate(nodes)}

    def name(self, n: int) -> str:
        """Where a node's value stands."""
        node = self.program.nodes[n]
        if node.op == "const":
            return _literal(node.value)
        if node.op == "control":
            return f"controls[{node.index}]"
        if node.op == "input":
            return f"in[{node.index}]"
        if node.op == "state":
            return f"S[{node.index}]"
        if node.op == "time":
            return "time"
        return self.place.get(n, f"n{n}")

    def value(self, n: int, wide: bool) -> str:
        """A node as a number; `wide` for a vector."""
        return f"W({self.name(n)})" if wide else self.name(n)

    def truth(self, n: int, wide: bool) -> str:
        """A node as a truth."""
        node = self.program.nodes[n]
        if node.op in TRUTHS:
            return f"({self.test(n, wide)})"
        return f"({self.value(n, wide)} != {'W(0.0)' if wide else '0.0'})"

    def test(self, n: int, wide: bool) -> str:
        """The condition of a node whose value is a truth."""
        node = self.program.nodes[n]
        if node.op in _TESTS:
            a, b = (self.value(a, wide) for a in node.args)
            return f"{a} {_TESTS[node.op]} {b}"
        truths = [self.truth(a, wide) for a in node.args]
        if node.op == "not":
            return f"~{truths[0]}" if wide else f"!{truths[0]}"
        return f"{truths[0]} {'&' if node.op == 'and' else '|'} {truths[1]}"

    def expression(self, n: int, wide: bool) -> str:
        """The operation of a node."""
        node = self.program.nodes[n]
        args = [self.value(a, wide) for a in node.args]
        if node.op == "div" and wide and self._multiplies(node.args[1]):
            return f"{args[0]} * {self.inverse(node.args[1])}"
        if node.op in _SIGNS:
            return f"{args[0]} {_SIGNS[node.op]} {args[1]}"
        if node.op in TRUTHS:
            one, zero = ("W(1.0)", "W(0.0)") if wide else ("1.0", "0.0")
            return f"sel({self.test(n, wide)}, {one}, {zero})"
        if node.op == "neg":
            return f"-{args[0]}"
        if node.op == "select":
            return f"sel({self.truth(node.args[0], wide)}, {args[1]}, {args[2]})"
        if node.op == "lookup":
            return self._look(node.index, args[0], wide)
        name = "fabs" if node.op == "abs" else node.op
        return f"{name}_({', '.join(args)})"

    def _look(self, index: int, x: str, wide: bool) -> str:
        grid = self.grids[index]
        if not wide or grid is None:
            return f"look<{len(self.program.tables[index].x)}>(table{index}, {x})"
        place = f"{_literal(grid.first)}, {_literal(grid.per)}"
        return f"look_grid<{len(grid.values)}>(grid{index}, {x}, {place})"

    def _multiplies(self, divisor: int) -> bool:
        return divisor in self.inverted or self.program.levels[divisor] in (
            Level.CONSTANT,
            Level.COMMON,
        )

    def inverse(self, divisor: int) -> str:
        """1 / a node."""
        if divisor in self.inverted and self.program.levels[divisor] is Level.STEP:
            return f"i{divisor}"
        return f"W(1.0 / {self.name(divisor)})"

    def lines(self, nodes: Sequence[int], wide: bool, only: frozenset[int]) -> list[str]:
        """Statements for nodes."""
        kind, written = ("const V" if wide else "const double"), []
        for n in nodes:
            own = f"{kind} {self.name(n)}" if n not in self.place else self.name(n)
            written.append(f"{own} = {self.expression(n, wide)};")
            if n in only:
                written.append(f"const V i{n} = 1.0 / n{n};")
        return written


@dataclass(frozen=True, slots=True)
class Grid:
    """A table whose points lie on an even grid: value at each of its places, rise to the next."""

    first: float
    per: float
    """Places for each unit of x."""
    values: tuple[float, ...]


def grid_of(points: Points, most: int) -> Grid | None:
    """The grid of a table; None where it is uneven, or has more places than a permutation reads."""
    x = np.asarray(points.x)
    if x.size < 2:
        return None
    step = np.diff(x).min()
    places = (x - x[0]) / step
    count = round(places[-1]) + 1
    if count > most or np.abs(places - np.rint(places)).max() > 1e-9:
        return None
    return Grid(float(x[0]), float(1.0 / step),
                tuple(np.interp(np.arange(count), np.rint(places), points.y).tolist()))  # fmt: skip


def _literal(value: float) -> str:
    if np.isnan(value):
        return "NAN"
    if np.isinf(value):
        return "INFINITY" if value > 0 else "(-INFINITY)"
    return f"({value.hex()})" if value < 0 or str(value).startswith("-") else value.hex()


def print_source(subject: Subject, lanes: int, chain: bool) -> str:
    """The whole library as C++."""
    printer = Printer(subject.program, lanes, chain)
    parts = printer.sections
    sizes = {
        "LANES": lanes, "CHAIN": int(chain), "NC": len(parts.common), "NT": len(parts.time),
        "NR": len(parts.run), "NS": len(subject.program.registers),
        "NIN": len(subject.program.slots), "STEPS": subject.steps, "EVERY": subject.every,
        "SAVES": subject.saves, "CELLS": subject.cells,
    }  # fmt: skip
    defines = "\n".join(f"#define {name} {size}" for name, size in sizes.items())
    tables = [_table(i, points) for i, points in enumerate(subject.program.tables)]
    tables += [_grid(i, grid) for i, grid in enumerate(printer.grids) if grid]
    text = [defines, HEAD, *tables, _scalar_functions(printer), _start(printer), _step(printer)]
    return "\n".join([*text, BODY])


def _table(i: int, points: Points) -> str:
    return _rows(f"table{i}", (points.x, points.y, slopes_of(points.x, points.y)))


def _grid(i: int, grid: Grid) -> str:
    return _rows(f"grid{i}", (grid.values, (*np.diff(grid.values).tolist(), 0.0)))


def _rows(name: str, rows: Sequence[Sequence[float]]) -> str:
    text = ", ".join("{" + ", ".join(_literal(float(v)) for v in row) + "}" for row in rows)
    return f"static const double {name}[{len(rows)}][{len(rows[0])}] = {{{text}}};"


def _scalar_functions(printer: Printer) -> str:
    common = "\n  ".join(printer.lines(printer.sections.common, False, frozenset()))
    on_time = "\n  ".join(printer.lines(printer.sections.time, False, frozenset()))
    return (
        f"static void common(const double *controls, double *C) {{\n  {common}\n}}\n"
        "static void on_time(const double *controls, const double *C, double time, double *T)"
        f" {{\n  {on_time}\n  T[NT] = time;\n}}\n"
    )


def _start(printer: Printer) -> str:
    lines = printer.lines(printer.sections.run, True, frozenset())
    for k, register in enumerate(printer.program.registers):
        lines.append(f"S[{k}] = {printer.value(register.initial, True)};")
    body = "\n  ".join(lines)
    return (
        "static void start(const double *controls, const double *C, const V *in, V *R, V *S)"
        f" {{\n  {body}\n}}\n"
    )


def _step(printer: Printer) -> str:
    program, parts = printer.program, printer.sections
    step = {n for n in printer.inverted if program.levels[n] is Level.STEP}
    ahead = printer.lines(parts.ahead, True, frozenset(step))
    read = [f"const V i{n} = 1.0 / {printer.name(n)};" for n in step if not program.nodes[n].args]
    save = printer.lines(parts.save, True, frozenset(step))
    outputs = [n for output in program.outputs for n in output.nodes]
    save += [f"out[{c}] = {printer.value(n, True)};" for c, n in enumerate(outputs)]
    moves = [f"const V m{k} = {_moved(printer, k)};" for k in range(len(program.registers))]
    stores = [f"S[{k}] = m{k};" for k in range(len(program.registers))]
    inside = "\n    ".join(save)
    body = "\n  ".join([*read, *ahead, f"if (saving) {{\n    {inside}\n  }}", *moves, *stores])
    params = (
        "const double *controls, const double *C, const double *T, const V *__restrict in,"
        " const V *__restrict R, V *__restrict S, double dt, bool saving, V *__restrict out"
    )
    return f"INLINE void step({params}) {{\n  const double time = T[NT];\n  {body}\n}}\n"


def _moved(printer: Printer, k: int) -> str:
    register = printer.program.registers[k]
    value = printer.value(register.next, True)
    if register.kind is StateKind.ASSIGN:
        return value
    moved = f"S[{k}] + {value} * dt"
    return moved if register.kind is StateKind.EULER else f"max_({moved}, W(0.0))"


@cache
def _defined() -> frozenset[str]:
    """What g++ says of this processor."""
    text = call([need("g++"), "-march=native", "-dM", "-E", "-x", "c++", "/dev/null"], folder(), 60)
    return frozenset(line.split()[1] for line in text.splitlines())


def _check_processor(lanes: int) -> None:
    needed = {4: "__AVX2__", 8: "__AVX512F__"}[lanes]
    if needed not in _defined():
        raise MissingError(f"C++ with {lanes} lanes: this processor lacks {needed.strip('_')}")


def build(subject: Subject, lanes: int, members: int, chain: bool = False) -> Yardstick:
    """The program as a library made by g++."""
    _check_processor(lanes)
    start = time.perf_counter()
    library = compile_library("g++", FLAGS, print_source(subject, lanes, chain), "cpp")
    run = runner(library, subject.saves, subject.cells, (subject.controls, subject.times))
    took = time.perf_counter() - start
    tables = ", tables by chains" if chain else ""
    return Yardstick(f"C++ vectors, {lanes} lanes{tables}", run, run, members, took)
