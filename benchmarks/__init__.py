"""Ratios against peers, measured side by side: see `docs/performance.md`."""
