"""Tests keep nothing between runs and find nothing that others kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of the test run's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAIHE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
