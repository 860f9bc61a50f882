"""Random numbers that hang on nothing but a seed, a name and a place.

A counter-based generator is started at the place that is asked for: any block of members can be
drawn alone, in any order and on any machine, and a further factor changes nothing of the others.

Sources: Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3, SC '11 (Philox;
unverified, from memory).
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from haihe.model.types import FloatArray

_WORDS = 4
"""Numbers that Philox makes at each count."""


def draw_words(seed: int, stream: str, start: int, stop: int) -> NDArray[np.uint64]:
    """Random 64-bit words of the places `start` to `stop` of a stream."""
    key = hashlib.blake2b(f"{seed}/{stream}".encode(), digest_size=16).digest()
    first = start // _WORDS
    generator = np.random.Philox(
        counter=[first, 0, 0, 0], key=np.frombuffer(key, dtype=np.uint64).copy()
    )
    count = -(-stop // _WORDS) - first
    words = np.asarray(generator.random_raw(max(count, 0) * _WORDS), dtype=np.uint64)
    return words[start - first * _WORDS : stop - first * _WORDS]


def draw_uniforms(seed: int, stream: str, start: int, stop: int) -> FloatArray:
    """Numbers between 0 and 1, never 0 or 1, of the places `start` to `stop` of a stream."""
    # The middle of 2^52 equal parts: 2^53 parts would round the last one up to 1.
    words = draw_words(seed, stream, start, stop) >> np.uint64(12)
    return (words.astype(np.float64) + 0.5) * 2.0**-52


def permute(places: NDArray[np.int64], count: int, seed: int, stream: str) -> NDArray[np.int64]:
    """Where a keyed shuffle of 0 … count-1 puts places, without making the whole shuffle.

    A Feistel network shuffles the next even power of two; what lands outside is sent through again.

    Sources: Black and Rogaway (2002), Ciphers with arbitrary finite domains, CT-RSA (cycle walking;
    unverified, from memory).
    """
    if count <= 1:
        return np.zeros_like(places)
    half = max(1, (int(count - 1).bit_length() + 1) // 2)
    keys = draw_words(seed, f"shuffle/{stream}", 0, 8)
    found = _scramble(places.astype(np.uint64), half, keys)
    while (outside := found >= np.uint64(count)).any():
        found[outside] = _scramble(found[outside], half, keys)
    return found.astype(np.int64)


def _scramble(
    values: NDArray[np.uint64], half: int, keys: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """Eight rounds; each is one to one, so the whole is."""
    bits, mask = np.uint64(half), np.uint64((1 << half) - 1)
    left, right = values >> bits, values & mask
    for key in keys:
        left, right = right, left ^ (_mix(right ^ key) & mask)
    return (left << bits) | right


def _mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64: every bit of a word moves every bit."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def mix_columns(values: FloatArray, matrix: FloatArray) -> FloatArray:
    """Product of values (member, factor) and a matrix (factor, made): the same bits in any block.

    A linear-algebra library adds up in another order for one member than for many.
    """
    made = np.zeros((len(values), matrix.shape[1]))
    for column, row in zip(values.T, matrix):
        used = np.flatnonzero(row)
        made[:, used] += column[:, np.newaxis] * row[used]
    return made
