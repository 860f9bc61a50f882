"""`python -m benchmarks` is `python -m benchmarks.engine`."""

from benchmarks.engine import main

main()
