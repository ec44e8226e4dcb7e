"""`python -m dnnt` is the command `dnnt`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; a Ctrl-C that comes before it has loaded is one line too."""
    try:
        from dnnt.cli import main as run
    except KeyboardInterrupt:
        sys.stderr.write("dnnt: interrupted\n")
        sys.exit(3)
    run()


if __name__ == "__main__":
    main()
