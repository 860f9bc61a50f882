"""`haihe model functions`: what a model may call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from haihe.cli.console import open_console, write_json
from haihe.text import Lang, Text

if TYPE_CHECKING:
    from haihe.analysis.functions import Known

HEADS = (
    Text("函数", "Function"),
    Text("编译", "Compiled"),
    Text("如何实现", "How"),
    Text("语义出处", "Meaning from"),
    Text("测试", "Test"),
)
YES, NO = Text("是", "yes"), Text("否", "no")


def show_functions(as_json: bool, lang: Lang) -> int:
    """Print the table of functions; the exit code."""
    from haihe.analysis.functions import list_functions

    rows = list_functions()
    if as_json:
        write_json([describe_function(row) for row in rows])
        return 0
    from haihe.analysis.tables import print_rows

    print_rows(open_console(), [head.get(lang) for head in HEADS], (cells(r, lang) for r in rows))
    return 0


def describe_function(row: Known) -> dict[str, Any]:
    """A function as JSON."""
    from haihe.analysis.functions import HOW, TEST

    return {
        "name": row.name,
        "compiled": row.compiled,
        "how": {"zh": HOW[row.how].zh, "en": HOW[row.how].en},
        "source": row.source,
        "tests": [f"{TEST}::test_engine_equals_reference[{name}]" for name in row.tests],
    }


def cells(row: Known, lang: Lang) -> tuple[str, ...]:
    """A function as cells; of several tests the first."""
    from haihe.analysis.functions import HOW

    more = f" +{len(row.tests) - 1}" if len(row.tests) > 1 else ""
    test = f"{row.tests[0]}{more}" if row.tests else "–"
    yes = (YES if row.compiled else NO).get(lang)
    return row.name, yes, HOW[row.how].get(lang), row.source, test
