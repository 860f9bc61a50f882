"""The python blocks of the pages under docs/ run as written, each page in one go.

A page that goes on from a store finds one; what stands before it is told in `BEFORE`. A block that
needs a package that haihe does not ask for is left out, and only those.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOREIGN = re.compile(r"^(?:from|import) (?:dask_jobqueue|dask_kubernetes|pyam)\b", re.MULTILINE)
PAGES = [
    page for page in sorted(ROOT.glob("docs/**/*.md")) if BLOCK.search(page.read_text("utf-8"))
]
OPEN = """
from haihe.cli.inputs import open_scenarios
from haihe.scenario.design import build_batch
opened, scenarios = open_scenarios(["plan"])
model, catalogue = opened.model, opened.catalogue
batch = build_batch(model, catalogue, scenarios)
"""
BEFORE = {"studies.md": OPEN}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models, scenarios, a store like the tutorial's, and that of a study."""
    from haihe.cli.gallery import sweep_example
    from haihe.cli.sweep import Where, open_work, sweep_into
    from haihe.run.study_work import lay_out_study

    folder = tmp_path_factory.mktemp("checkout")
    for name in ("models", "scenarios"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "output").mkdir()
    sweep_example(folder / "output", "three")
    (folder / "output" / "three.zarr").rename(folder / "output" / "first.zarr")
    work = open_work(str(folder / "scenarios" / "studies" / "plan-uncertainty.yaml"), False)
    store = folder / "output" / "plan-uncertainty.zarr"
    sweep_into(store, work, lay_out_study(work, 0), Where(1), "en", False, None)
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_of_a_page_runs(page: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    names: dict[str, object] = {"__name__": "page"}
    exec(BEFORE.get(page.name, ""), names)
    ran = 0
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        if not FOREIGN.search(block):
            exec(block, names)
            ran += 1
    assert ran
