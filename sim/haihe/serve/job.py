"""A job as a process of its own: a command of haihe that ends when its server does.

    python -m haihe.serve.job run --json -- plan

The server holds the other end of this process's stdin and writes nothing to it. However the server
ends, also by `kill -9`, the system closes that end; reading then comes to an end, and the process
stops as Ctrl-C would stop it, together with all that it began, and soon after by force.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

from haihe.errors import EXIT_STOPPED

GRACE = 8.0
"""From asking this process and its own to stop until they are made to [s]."""


def watch_server(stream: int = 0) -> None:
    """Wait until nobody holds the other end of `stream`, then end."""
    try:
        while os.read(stream, 64):
            pass
    except OSError:
        pass  # closed already: nobody holds it either
    end_group()


def end_group() -> None:
    """End this process and all that it began: asked first, then made to."""
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGINT)
        time.sleep(GRACE)
        os._exit(EXIT_STOPPED)
    if os.getpgrp() != os.getpid():  # begun by hand: what else is in the group is not ours
        os.kill(os.getpid(), signal.SIGINT)
        return
    os.killpg(0, signal.SIGINT)
    time.sleep(GRACE)
    os.killpg(0, signal.SIGKILL)


def run_job() -> None:
    """Run the command that this process was begun with."""
    threading.Thread(target=watch_server, name="server", daemon=True).start()
    # By name: this layer must not import the command line, which stands above it.
    runpy.run_module("haihe", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    run_job()
