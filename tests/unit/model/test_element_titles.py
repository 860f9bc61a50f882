"""What an element is called where its own dimension says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from haihe.model.catalogue import name_element, read_catalogue
from haihe.text import Text

CATALOGUE = """
title: {zh: 模型, en: Model}
dimensions:
  source:
    title: {zh: 电源, en: Source}
    elements: {solar: {zh: 光伏, en: Solar PV}, gas: {zh: 气电, en: Gas power}}
  plant:
    title: {zh: 装机, en: Plant}
    elements: {solar: {zh: 光伏, en: Solar PV}}
  fuel:
    title: {zh: 燃料, en: Fuel}
    elements: {gas: {zh: 天然气, en: Natural gas}}
"""


@pytest.mark.parametrize(
    ("element", "dim", "expected"),
    [
        ("gas", "fuel", Text("天然气", "Natural gas")),
        ("solar", "renewable", Text("光伏", "Solar PV")),
        ("gas", "thermal", Text("gas", "gas")),  # two dimensions call it by different names
        ("wind", "source", Text("wind", "wind")),
    ],
)
def test_title_of_an_element(tmp_path: Path, element: str, dim: str, expected: Text) -> None:
    path = tmp_path / "catalogue.yaml"
    path.write_text(CATALOGUE, encoding="utf-8")
    assert name_element(read_catalogue(path), element, dim) == expected
