"""`python -m haihe`."""

from haihe.cli import main

if __name__ == "__main__":
    main()
