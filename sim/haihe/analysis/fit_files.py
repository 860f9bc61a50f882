"""Write what was fitted: a parameter file that a scenario can extend, and a table of draws."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from haihe import __version__
from haihe.analysis.calibrate import Fit
from haihe.analysis.calibration_schema import FreeParameter
from haihe.analysis.fit_problem import Problem
from haihe.analysis.posterior import Posterior
from haihe.model.types import FloatArray

FITTED = "calibration/fitted.yaml"
POSTERIOR = "calibration/posterior.csv"
"""Where they lie in a model's folder."""


def expand(
    parameters: Sequence[FreeParameter], values: FloatArray
) -> tuple[tuple[str, str, float], ...]:
    """Constants of the model that a set of values makes: variable, element or "", value."""
    found = []
    for parameter, value in zip(parameters, values):
        own = parameter.variable.default
        assert own is not None
        if not parameter.places:
            scale = float(own) if parameter.factor else 1.0
            found.append((parameter.variable.name, "", float(value) * scale))
            continue
        for element, place in zip(parameter.elements, parameter.places):
            scale = float(own[place]) if parameter.factor else 1.0
            found.append((parameter.variable.name, element, float(value) * scale))
    return tuple(found)


def describe_provenance(problem: Problem, until: int, seed: int, today: str) -> list[str]:
    """Lines that say what values came of."""
    fitted = [seen for seen in problem.seen if seen.series.weight and min(seen.years) <= until]
    series = ", ".join(f"{seen.series.series} ({seen.series.name})" for seen in fitted)
    return [
        f"model: {problem.model.name}, digest {problem.model.digest}",
        f"date: {today}; haihe {__version__}; seed: {seed}",
        f"years: {problem.calibration.years[0]}-{until}",
        f"series: {series}",
    ]


def write_fitted(problem: Problem, fitted: Fit, seed: int, today: str) -> str:
    """Text of a scenario file that holds nothing but fitted parameters."""
    lines = [
        f"# Written by `haihe calibrate --until {fitted.until} --write`. A scenario takes it with",
        "#   extends: [plan, ../models/tianjin/calibration/fitted.yaml]",
        "# Where the model's own data say `fitted`, they were taken over from such a file.",
        *(f"# {line}" for line in describe_provenance(problem, fitted.until, seed, today)),
        "#",
        "# parameter: fitted [90 % interval, Laplace], prior median, part of the variance learned",
    ]
    for e in fitted.estimates:
        low, high = e.interval
        bound = ", at a bound" if e.at_bound else ""
        lines.append(
            f"#   {e.name}: {e.value:.4g} [{low:.4g}, {high:.4g}] {e.unit}, prior {e.centre:.4g}, "
            f"{100 * e.learned:.0f} %{bound}"
        )
    if name := find_model_id(problem.model.path):
        lines.append(f"model: {name}")
    lines += [
        f"title: {{zh: 拟合参数（至{fitted.until}年）, en: Parameters fitted to {fitted.until}}}",
        "story:",
        f"  zh: 以先验和{fitted.until}年及以前的观测拟合的参数，来源见文件头。",
        f"  en: Parameters fitted to priors and observations up to {fitted.until}; the head of "
        "the file says from what.",
        "parameters:",
        *_write_parameters(expand(problem.parameters, fitted.values)),
    ]
    return "\n".join(lines) + "\n"


def _write_parameters(constants: Sequence[tuple[str, str, float]]) -> list[str]:
    """YAML of constants; the elements of one variable together."""
    grouped: dict[str, list[str]] = {}
    for name, element, value in constants:
        grouped.setdefault(name, []).append(
            f"{element}: {value:.6g}" if element else f"{value:.6g}"
        )
    return [
        f"  {name}: {{{', '.join(parts)}}}" if ":" in parts[0] else f"  {name}: {parts[0]}"
        for name, parts in grouped.items()
    ]


def find_model_id(path: Path) -> str:
    """Id by which a scenario names a model; "" where it has none."""
    return path.stem if path.parent.name == path.stem else ""


def write_draws(problem: Problem, posterior: Posterior, today: str) -> str:
    """Text of a table of draws: lines of provenance after `#`, then one draw a row.

    A column is a constant of the model, `name` or `name[element]`, as a scenario names it.
    """
    columns = [
        f"{name}[{element}]" if element else name
        for name, element, _ in expand(problem.parameters, posterior.values[0])
    ]
    agree = "; ".join(
        f"{name} R-hat {rhat:.4f} ESS {ess:.0f}"
        for name, rhat, ess in zip(posterior.names, posterior.rhat, posterior.ess)
    )
    head = describe_provenance(problem, posterior.until, posterior.seed, today)
    head += [f"agreement: {agree}", f"acceptance: {posterior.acceptance:.3f}"]
    rows = [f"# {line}" for line in head] + [",".join(["draw", "log_density", *columns])]
    for number, (values, density) in enumerate(zip(posterior.values, posterior.density)):
        cells = [f"{value:.6g}" for _, _, value in expand(problem.parameters, values)]
        rows.append(",".join([str(number), f"{density:.4f}", *cells]))
    return "\n".join(rows) + "\n"
