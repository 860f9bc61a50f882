"""`haihe cache`: what is kept between calls, and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from haihe.cli.console import open_console, write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.text import Lang, Text

KINDS: Mapping[str, Text] = {
    "kernels": Text("编译好的内核", "compiled kernels"),
    "models": Text("译好的模型", "translated models"),
    "programs": Text("编译好的程序", "compiled programs"),
    "reference": Text("参照运行的模块", "modules of the reference"),
    "checks": Text("引擎与参照的比较结论", "verdicts about the engine"),
}


@click.command(
    "cache",
    cls=Command,
    words=Text(
        "显示缓存：位置、大小、条目数和上限。\n\n"
        "缓存里的东西都可以重新生成，随时可以清除。环境变量 HAIHE_CACHE 指定位置，off 关闭缓存。",
        "Show the cache: where it is, its size, its entries and its limit.\n\nEverything in it can "
        "be made again, so it may be cleared at any time. The variable HAIHE_CACHE says where it "
        "lies; off keeps nothing.",
    ),
    example="haihe cache\nhaihe cache --clear",
)
@option("--clear", is_flag=True, zh="清除缓存。", en="Forget everything.")
@common_options
@click.pass_context
def command(context: click.Context, clear: bool, as_json: bool) -> None:
    """Show the cache, or clear it."""
    cleared = clear_cache() if clear else None
    about = describe_cache() | ({} if cleared is None else {"cleared": cleared})
    if as_json:
        write_json(about)
    else:
        print_cache(about, settings_of(context).lang)


def clear_cache() -> int:
    """Forget everything; number of entries forgotten."""
    from haihe.cache import forget, list_entries

    entries = list_entries()
    for entry in entries:
        forget(entry.path)
    return len(entries)


def describe_cache() -> dict[str, Any]:
    """Where the cache is, and how much of what it holds."""
    from haihe.cache import LARGEST, cache_root, list_entries

    root, entries = cache_root(), list_entries()
    held = {entry.path.parent.name for entry in entries}
    kinds = {
        kind: [entry.size for entry in entries if entry.path.parent.name == kind]
        for kind in (*KINDS, *sorted(held - set(KINDS)))
    }
    return {
        "folder": None if root is None else str(root),
        "entries": len(entries),
        "bytes": sum(entry.size for entry in entries),
        "limit": LARGEST,
        "kinds": {kind: {"entries": len(s), "bytes": sum(s)} for kind, s in kinds.items()},
    }


def print_cache(about: Mapping[str, Any], lang: Lang) -> None:
    """The cache as a table."""
    from haihe.analysis.tables import print_rows

    console = open_console()
    if about["folder"] is None:
        console.print(
            Text("缓存已关闭（HAIHE_CACHE=off）", "the cache is off (HAIHE_CACHE=off)").get(lang)
        )
        return
    console.print(about["folder"], soft_wrap=True)
    if "cleared" in about:
        console.print(
            Text(f"清除了 {about['cleared']} 项", f"forgot {about['cleared']} entries").get(lang)
        )
    heads = (("内容", "条目", "大小"), ("What", "Entries", "Size"))[0 if lang == "zh" else 1]
    print_rows(
        console,
        heads,
        (
            (
                KINDS[kind].get(lang) if kind in KINDS else kind,
                str(held["entries"]),
                size(held["bytes"]),
            )
            for kind, held in about["kinds"].items()
        ),
    )
    whole, limit = size(about["bytes"]), size(about["limit"])
    console.print(
        Text(f"共 {whole}，上限 {limit}", f"{whole} in all, of {limit} at most").get(lang)
    )


def size(count: int) -> str:
    """Bytes for people."""
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{count / 2**10:.1f} KiB"
