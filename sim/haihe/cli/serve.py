"""`haihe serve`: the local app, on this machine's own address."""

from __future__ import annotations

from pathlib import Path

import click

from haihe.cli.console import say, write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.text import Text


@click.command(
    "serve",
    cls=Command,
    words=Text(
        "在本机打开应用：编辑情景和研究、运行、比较、看成果。\n\n"
        "只在 127.0.0.1 上监听，为当前文件夹的项目服务；只写入 scenarios/ 和 output/。"
        "Ctrl-C 结束，正在运行的任务随之停止（研究可续算）。--listen-anywhere 使其他机器"
        "也能访问：须用带口令的地址，且连接不加密。",
        "Open the app on this machine: edit scenarios and studies, run, compare, look at "
        "results.\n\nListens on 127.0.0.1 alone, for the project in the current folder; writes "
        "into scenarios/ and output/ alone. Ctrl-C ends it and stops what is running (a study can "
        "go on later). --listen-anywhere lets other machines in: they need the address with its "
        "token, and nothing is encrypted.",
    ),
    example="haihe serve\nhaihe serve --port 0 --lang zh",
)
@option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8350,
    show_default=True,
    zh="端口；0 为任一空闲端口。",
    en="Port; 0 takes a free one.",
)
@option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    zh="监听的地址；本机以外的地址须加 --listen-anywhere。",
    en="Address to listen on; one beyond this machine needs --listen-anywhere.",
)
@option(
    "--listen-anywhere",
    is_flag=True,
    zh="允许 --host 为其他机器可达的地址。",
    en="Allow a --host that other machines can reach.",
)
@option(
    "--token",
    is_flag=True,
    zh="只有打开所印地址（含口令）的人可以进入，供多人共用的机器使用。",
    en="Let in only who opens the printed address with its token: for a machine with many users.",
)
@option(
    "--workers",
    type=click.IntRange(1, 8),
    default=1,
    show_default=True,
    zh="同时运行的任务数。",
    en="Jobs that run at the same time.",
)
@option("--open", "browse", is_flag=True, zh="同时打开浏览器。", en="Open a browser too.")
@common_options
@click.pass_context
def command(
    context: click.Context,
    port: int,
    host: str,
    listen_anywhere: bool,
    token: bool,
    workers: int,
    browse: bool,
    as_json: bool,
) -> None:
    """Serve the project in the current folder."""
    from haihe.serve.server import listen, serve

    lang = settings_of(context).lang
    with listen(host, port, listen_anywhere, token) as listening:
        if listening.access.anywhere:
            say(
                Text(
                    "其他机器可以访问本应用：有口令者可改动情景、占用本机；连接不加密。",
                    "Other machines can reach this: whoever has the token can change scenarios "
                    "and use this computer; nothing is encrypted.",
                ).get(lang)
            )
        if as_json:
            write_json({"address": listening.address, "port": listening.port})
        else:
            ends = Text("Ctrl-C 结束", "Ctrl-C ends it").get(lang)
            click.echo(f"{listening.address}  ({ends})")

        def ready(_: object) -> None:
            if browse:
                import webbrowser

                webbrowser.open(listening.address)

        serve(listening, Path.cwd(), lang, workers, ready)
    say(Text("已结束", "ended").get(lang))
