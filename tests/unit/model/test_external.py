"""Numbers beside the model: where they are read from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from haihe.errors import InputError, Location
from haihe.model.external import (
    column_letters,
    column_number,
    read_constant,
    read_elements,
    read_series,
)

WHERE = Location("m.mdl", 7)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_scalar_row_column_and_table(tmp_path: Path) -> None:
    write(tmp_path, "data/t.csv", "name,a,b,c\nx,1,2,3\ny,4,5,6\nz,7,8,9\n")
    assert read_constant(tmp_path, "data/t.csv", ",", "C3", ()) == 5.0
    row = read_constant(tmp_path, "data/t.csv", ",", "B2", (3,))
    column = read_constant(tmp_path, "data/t.csv", ",", "B2*", (3,))
    table = read_constant(tmp_path, "data/t.csv", ",", "B2", (2, 3))
    turned = read_constant(tmp_path, "data/t.csv", ",", "B2*", (3, 2))
    np.testing.assert_array_equal(row, [1, 2, 3])
    np.testing.assert_array_equal(column, [1, 4, 7])
    np.testing.assert_array_equal(table, [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(turned, [[1, 4], [2, 5], [3, 6]])


def test_a_dimension_of_one_keeps_its_place(tmp_path: Path) -> None:
    write(tmp_path, "t.csv", "1,2\n3,4\n")
    assert read_constant(tmp_path, "t.csv", ",", "A1", (1, 2)).shape == (1, 2)
    assert read_constant(tmp_path, "t.csv", ",", "A1*", (1,)).shape == (1,)


def test_blank_lines_count_as_rows_and_quotes_hold(tmp_path: Path) -> None:
    write(tmp_path, "t.csv", '"a, b",1\n\n"c",3\n')
    assert read_constant(tmp_path, "t.csv", ",", "B3", ()) == 3.0


def test_byte_order_mark_and_other_delimiters(tmp_path: Path) -> None:
    (tmp_path / "bom.csv").write_bytes("﻿1;2\n".encode())
    assert read_constant(tmp_path, "bom.csv", ";", "A1", ()) == 1.0
    write(tmp_path, "t.tab", "1\t2\n")
    assert read_constant(tmp_path, "t.tab", "", "B1", ()) == 2.0


@pytest.mark.parametrize(
    ("text", "cell", "message"),
    [
        ("1,\n", "B1", "cell B1 of t.csv is empty"),
        ("1,2\n", "C1", "cell C1 of t.csv is empty"),
        ("1,2\n", "A9", "cell A9 of t.csv is empty"),
        ("x,2\n", "A1", "not a number"),
        ("nan,2\n", "A1", "not a number"),
        ("1e999,2\n", "A1", "not a number"),
        ("1_000,2\n", "A1", "not a number"),
        ("9" * 5000 + ",2\n", "A1", "not a number"),
        ("1,2\n", "1A", "no cell"),
        ("1,2\n", "A0", "no cell"),
    ],
)
def test_what_is_no_number_is_refused(tmp_path: Path, text: str, cell: str, message: str) -> None:
    write(tmp_path, "t.csv", text)
    with pytest.raises(InputError, match=message) as caught:
        read_constant(tmp_path, "t.csv", ",", cell, (), WHERE)
    assert caught.value.where == WHERE


@pytest.mark.parametrize(
    "name",
    ["../out.csv", "/etc/hostname", "a/../../out.csv", "C:\\out.csv", "..\\out.csv", "", "?x"],
)
def test_nothing_is_read_outside_of_the_folder(tmp_path: Path, name: str) -> None:
    write(tmp_path, "out.csv", "1\n")
    inside = tmp_path / "model"
    inside.mkdir()
    with pytest.raises(InputError, match=r"may not read|empty|not supported"):
        read_constant(inside, name, ",", "A1", (), WHERE)


def test_a_link_does_not_lead_out(tmp_path: Path) -> None:
    write(tmp_path, "out.csv", "1\n")
    inside = tmp_path / "model"
    inside.mkdir()
    (inside / "in.csv").symlink_to(tmp_path / "out.csv")
    with pytest.raises(InputError, match="outside of its own folder"):
        read_constant(inside, "in.csv", ",", "A1", ())


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    write(tmp_path, "data/costs.csv", "1\n")
    with pytest.raises(InputError, match=r"did you mean data/costs\.csv"):
        read_constant(tmp_path, "data/cost.csv", ",", "A1", (), WHERE)


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", "1\n")
    assert read_constant(tmp_path, "t.csv", ",", "A1", ()) == 1.0
    path.write_text("25\n", encoding="utf-8")
    assert read_constant(tmp_path, "t.csv", ",", "A1", ()) == 25.0


def test_gbk_says_so_with_a_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"1\n" + "天津".encode("gbk") + b",2\n")
    with pytest.raises(InputError, match=r"t\.csv:2: the data file is not UTF-8"):
        read_constant(tmp_path, "t.csv", ",", "A1", ())


def test_series_down_and_across(tmp_path: Path) -> None:
    write(tmp_path, "d.csv", "year,a,b\n2010,1,10\n2015,2,20\n2020,3,30\n")
    x, y = read_series(tmp_path, "d.csv", ",", "A", "B2", (2,))
    np.testing.assert_array_equal(x, [2010, 2015, 2020])
    np.testing.assert_array_equal(y, [[1, 10], [2, 20], [3, 30]])
    write(tmp_path, "a.csv", "year,2010,2015\na,1,2\nb,10,20\n")
    x, y = read_series(tmp_path, "a.csv", ",", "1", "B2", (2,))
    np.testing.assert_array_equal(x, [2010, 2015])
    np.testing.assert_array_equal(y, [[1, 10], [2, 20]])


@pytest.mark.parametrize(
    ("filling", "expected"),
    [
        ("interpolate", [1, 1, 2, 3, 3]),
        ("hold_backward", [1, 1, 1, 3, 3]),
        ("look_forward", [1, 1, 3, 3, 3]),
        ("raw", [np.nan, 1, np.nan, 3, np.nan]),
    ],
)
def test_gaps(tmp_path: Path, filling: str, expected: list[float]) -> None:
    write(tmp_path, "d.csv", "2010,\n2011,1\n2012,\n2013,3\n2014,\n,\n")
    x, y = read_series(tmp_path, "d.csv", ",", "A", "B1", (), filling)  # type: ignore[arg-type]
    assert x.size == 5
    np.testing.assert_array_equal(y, expected)


def test_series_are_sorted_and_x_comes_once(tmp_path: Path) -> None:
    write(tmp_path, "d.csv", "2,20\n1,10\n")
    x, y = read_series(tmp_path, "d.csv", ",", "A", "B1")
    np.testing.assert_array_equal(np.stack([x, y]), [[1, 2], [10, 20]])
    write(tmp_path, "twice.csv", "1,20\n1,10\n")
    with pytest.raises(InputError, match="stands twice"):
        read_series(tmp_path, "twice.csv", ",", "A", "B1")


def test_elements(tmp_path: Path) -> None:
    write(tmp_path, "e.csv", "fuel,note\ncoal,x\ngas,\noil,y\n")
    assert read_elements(tmp_path, "e.csv", ",", "A2", "A4") == ("coal", "gas", "oil")
    assert read_elements(tmp_path, "e.csv", ",", "A2", "A", "f ") == ("f coal", "f gas", "f oil")
    assert read_elements(tmp_path, "e.csv", ",", "A3", "3") == ("gas",)


def test_workbook(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    for row in (["year", 2010, 2020], ["a", 1.5, 2.5], ["b", 3, 4]):
        sheet.append(row)
    name = openpyxl.workbook.defined_name.DefinedName("values", attr_text="Data!$B$2:$C$3")
    book.defined_names["values"] = name
    book.save(tmp_path / "b.xlsx")
    assert read_constant(tmp_path, "b.xlsx", "data", "C2", ()) == 2.5
    np.testing.assert_array_equal(
        read_constant(tmp_path, "b.xlsx", "Data", "values", (2, 2)), [[1.5, 2.5], [3, 4]]
    )
    x, y = read_series(tmp_path, "b.xlsx", "Data", "1", "B2", (2,))
    np.testing.assert_array_equal(x, [2010, 2020])
    np.testing.assert_array_equal(y, [[1.5, 3], [2.5, 4]])
    with pytest.raises(InputError, match="no sheet Dat; expected one of Data"):
        read_constant(tmp_path, "b.xlsx", "Dat", "C2", ())


def test_columns_have_letters() -> None:
    assert [column_number(c) for c in ("A", "Z", "AA", "ZZ", "AAA")] == [0, 25, 26, 701, 702]
    assert all(column_number(column_letters(i)) == i for i in range(0, 20000, 7))
