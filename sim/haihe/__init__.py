"""haihe: a system-dynamics scenario simulator for a city's green transition."""

from __future__ import annotations

__version__ = "0.1.0"
