"""How quick a live page is: `python tests/browser/measure_live.py PAGE.html` prints it as JSON.

A move is a slider that is pushed by the script; it is painted when a timer that was set within the
next frame comes due. Time of the processor is that of the page's main thread.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from test_live_page import MOVE, MOVES, read_clock, set_levers, settle, wait

from conftest import FLAGS, find_chromium


def measure(path: Path) -> dict[str, float]:
    """Medians [ms] of a move, and of the futures after it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        begin = time.monotonic()
        tab.goto(path.resolve().as_uri())
        wait(tab, "document.documentElement.dataset.drawn")
        opened = time.monotonic() - begin
        settle(tab)
        clock = tab.context.new_cdp_session(tab)
        clock.send("Performance.enable", {"timeDomain": "threadTicks"})
        rounds = []
        for _ in range(5):
            before = read_clock(clock)["ThreadTime"]
            found = tab.evaluate(MOVE, MOVES)
            rounds.append(
                {
                    "painted": statistics.median(found["painted"]),
                    "drawn": statistics.median(move["drawn"] for move in found["moves"]),
                    "simulated": statistics.median(move["simulated"] for move in found["moves"]),
                    "processor": 1000 * (read_clock(clock)["ThreadTime"] - before) / MOVES,
                }
            )
        for k in range(5):
            set_levers(tab, {"rail sidings": 40 + k})
            settle(tab)
        futures = tab.evaluate("() => window.haiheLive.answered.slice(-5)")
        browser.close()
    return {
        "bytes": path.stat().st_size,
        "opened": 1000 * opened,
        **{key: statistics.median(one[key] for one in rounds) for key in rounds[0]},
        "futures": statistics.median(futures),
    }


if __name__ == "__main__":
    print(json.dumps({k: round(v, 1) for k, v in measure(Path(sys.argv[1])).items()}))
