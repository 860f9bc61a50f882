"""The posterior as draws: ensembles of walkers on the compiled model, and whether they agree.

Every step evaluates half an ensemble at once. Several ensembles that know nothing of each other are
run, so that their disagreement can be seen.

Sources: emcee, Foreman-Mackey et al. (2013), PASP 125:306; moves by differential evolution, ter
Braak (2006), Statistics and Computing 16:239; R-hat, Gelman and Rubin (1992), Statistical Science
7:457 (all unverified, from memory).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from haihe.analysis.calibrate import Fit, Progress
from haihe.analysis.fit_problem import (
    NOWHERE_NEAR,
    Problem,
    Whitener,
    find_box,
    find_residuals,
    to_values,
    whiten,
)
from haihe.errors import EnvironmentFault, InputError
from haihe.model.types import FloatArray
from haihe.text import Text

MOST_DRAWS = 1000
ENSEMBLES = 4
WALKERS = 48
STEPS = 1500
"""Steps of each ensemble that are kept; a quarter as many before them are not."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """Draws, and how far they can be trusted."""

    until: int
    names: tuple[str, ...]
    values: FloatArray
    """Values of the free parameters (draw, parameter)."""
    density: FloatArray
    """Logarithm of the posterior density, up to a constant (draw,)."""
    rhat: FloatArray
    """Agreement of the ensembles (parameter,); 1 where they agree, suspicious above 1.01."""
    ess: FloatArray
    """Independent draws that the whole run is worth (parameter,)."""
    acceptance: float
    seed: int


def sample(
    problem: Problem,
    fitted: Fit,
    draws: int,
    seed: int,
    steps: int = STEPS,
    progress: Progress | None = None,
) -> Posterior:
    """Draw from the posterior of a problem.

    Parameters
    ----------
    fitted
        Fit to the same years; walkers start around it.
    draws
        How many are kept, evenly over the run: at most 1,000.
    steps
        Steps of each ensemble that are kept.

    Raises
    ------
    InputError
        For a number of draws that cannot be.
    EnvironmentFault
        Where emcee is not installed.
    """
    if not 1 <= draws <= MOST_DRAWS:
        raise InputError(
            Text(f"抽样次数为 {draws}", f"{draws} draws"),
            expected=Text(f"1 到 {MOST_DRAWS}", f"1 to {MOST_DRAWS}"),
        )
    chains, densities, accepted = [], [], []
    for number in range(ENSEMBLES):
        chain, density, rate = _run_ensemble(problem, fitted, [seed, number], steps)
        chains.append(chain)
        densities.append(density)
        accepted.append(rate)
        if progress:
            progress(number + 1, ENSEMBLES)
    chain, density = np.array(chains), np.array(densities)
    ess = np.array([find_ess(chain[:, :, :, i]) for i in range(chain.shape[-1])])
    flat = chain.reshape(-1, chain.shape[-1])
    kept = np.linspace(0, len(flat) - 1, draws).round().astype(int)
    return Posterior(
        until=fitted.until,
        names=tuple(parameter.name for parameter in problem.parameters),
        values=to_values(problem.parameters, flat[kept]),
        density=density.reshape(-1)[kept],
        rhat=find_rhat(chain),
        ess=ess,
        acceptance=float(np.mean(accepted)),
        seed=seed,
    )


def _run_ensemble(
    problem: Problem, fitted: Fit, seed: list[int], steps: int
) -> tuple[FloatArray, FloatArray, float]:
    """Coordinates (step, walker, parameter), densities (step, walker) and acceptance."""
    emcee = load_emcee()
    draw = np.random.default_rng(seed)
    low, high = find_box(problem.parameters)
    whiteners = whiten(problem, fitted.until)
    count = len(low)
    walkers = max(WALKERS, 2 * count + 2 * (count % 2))
    sampler = emcee.EnsembleSampler(
        walkers,
        count,
        lambda places: find_density(problem, whiteners, places),
        vectorize=True,
        moves=[(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)],
    )
    sampler._random = np.random.RandomState(draw.integers(2**31))
    spread = np.linalg.cholesky(fitted.covariance + 1e-12 * np.diag((high - low) ** 2))
    places = fitted.coordinates + draw.standard_normal((walkers, count)) @ spread.T
    margin = 1e-3 * (high - low)
    # Walkers that start outside are drawn anew within the box, so that no two are alike.
    anew = low + draw.random((walkers, count)) * (high - low)
    inside = (places > low + margin) & (places < high - margin)
    places = np.where(inside, places, anew)
    state = sampler.run_mcmc(places, steps // 4)
    sampler.reset()
    sampler.run_mcmc(state, steps)
    return (
        np.asarray(sampler.get_chain()),
        np.asarray(sampler.get_log_prob()),
        float(np.mean(sampler.acceptance_fraction)),
    )


def find_density(problem: Problem, whiteners: Sequence[Whitener], places: FloatArray) -> FloatArray:
    """Logarithm of the posterior density of coordinates (walker, parameter); -inf outside."""
    low, high = find_box(problem.parameters)
    inside = ((places >= low) & (places <= high)).all(axis=1)
    density = np.full(len(places), -np.inf)
    residuals = find_residuals(problem, whiteners, np.clip(places, low, high))
    squares = (residuals**2).sum(axis=1)
    sound = inside & (squares < NOWHERE_NEAR**2)
    density[sound] = -0.5 * squares[sound]
    return density


def find_rhat(chain: FloatArray) -> FloatArray:
    """Agreement of ensembles (ensemble, step, walker, parameter), each in two halves.

    The halves of all ensembles are the chains: within each, walkers are pooled.
    """
    half = chain.shape[1] // 2
    halves = np.concatenate([chain[:, :half], chain[:, half : 2 * half]])
    pooled = halves.reshape(len(halves), -1, chain.shape[-1])
    within = pooled.var(axis=1, ddof=1).mean(axis=0)
    between = pooled.mean(axis=1).var(axis=0, ddof=1)
    return np.asarray(np.sqrt(1 + between / within))


def find_ess(chain: FloatArray) -> float:
    """Draws that a chain (ensemble, step, walker) of one parameter is worth."""
    emcee = load_emcee()
    times = [
        emcee.autocorr.integrated_time(part[:, :, None], quiet=True, tol=0)[0] for part in chain
    ]
    return float(chain.size / np.mean(times))


def load_emcee() -> Any:
    """The sampler, which is installed with the extra `calibration`.

    Raises
    ------
    EnvironmentFault
        Where it is not installed.
    """
    try:
        import emcee
    except ImportError as fault:
        raise EnvironmentFault(
            Text("抽样程序 emcee 没有安装", "the sampler emcee is not installed"),
            Text('请安装 "haihe[calibration]"', 'install haihe with "haihe[calibration]"'),
        ) from fault
    return emcee
