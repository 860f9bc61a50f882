"""A path in a file stays inside the project of that file."""

from __future__ import annotations

import pytest

from haihe.errors import InputError
from haihe.project import find_bundled, find_project_root, resolve_inside, show_text


@pytest.fixture
def root(tmp_path):
    (tmp_path / "project" / "scenarios").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("2025,1")
    return tmp_path / "project"


@pytest.mark.parametrize(
    "text",
    [
        "../secret.csv",
        "scenarios/../../secret.csv",
        "/etc/passwd",
        "//server/share",
        "C:/windows/win.ini",
        "c:x.csv",
        "..\\secret.csv",
        "~/secret.csv",
        "a\0.csv",
        "a\n.csv",
        "a\u202e.csv",
        "nul",
        "CON.csv",
        "data/Com1.csv",
        "lpt².csv",
        "x" * 300,
        "x" * 300 + "/a.csv",
        "海" * 100 + ".csv",
        "a?.csv",
        "a.csv:stream",
        "a. ",
        "data./a.csv",
        "",
        "   ",
    ],
)
def test_path_is_refused(root, text):
    with pytest.raises(InputError) as caught:
        resolve_inside(root, text)
    assert "\0" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["a.csv", "data/a.csv", "scenarios/../a.csv", "./a.csv", "海河/规划 方案.csv", "a..csv"]
)
def test_path_inside_is_taken(root, text):
    assert resolve_inside(root, text) == (root / text).resolve()


def test_path_is_relative_to_the_file_that_names_it(root):
    found = resolve_inside(root, "../data/a.csv", root / "scenarios")
    assert found == (root / "data" / "a.csv").resolve()


def test_link_that_leaves_is_refused(root, tmp_path):
    (root / "link.csv").symlink_to(tmp_path / "secret.csv")
    (root / "linked").symlink_to(tmp_path)
    for text in ("link.csv", "linked/secret.csv"):
        with pytest.raises(InputError, match="leaves the project"):
            resolve_inside(root, text)


def test_link_that_goes_in_a_circle_is_refused(root):
    (root / "loop").symlink_to(root / "loop")
    with pytest.raises(InputError):
        resolve_inside(root, "loop/a.csv")


def test_link_inside_is_followed(root):
    (root / "real.csv").write_text("1")
    (root / "link.csv").symlink_to(root / "real.csv")
    assert resolve_inside(root, "link.csv") == (root / "real.csv").resolve()


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("scenarios/a.yaml", "."),
        ("scenarios/studies/a.yaml", "."),
        ("models/tianjin/a.mdl", "."),
        ("a.yaml", "."),
        ("mine/a.yaml", "mine"),
    ],
)
def test_project_of_a_file(tmp_path, file, expected):
    assert find_project_root(tmp_path / file) == (tmp_path / expected).resolve()


def test_bundled_folders_are_found():
    assert (find_bundled("models") / "tianjin").is_dir()


def test_shown_text_cannot_command_a_terminal():
    assert show_text("a\x1b[2Jb") == "`a\\x1b[2Jb`"
    assert len(show_text("x" * 300)) < 70
