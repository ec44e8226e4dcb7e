"""One run of one side in a process of its own, for cold figures: python -m rivals SIDE FILE [--limit SECONDS]."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rivals.sides import SIDES


def main() -> int:
    """Print the outcome as JSON; exit status 3 where it is not proved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", choices=[name for name, side in SIDES.items() if side.is_there])
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=float, default=60)
    given = parser.parse_args()
    outcome = SIDES[given.side].run(given.file, given.limit, 0)
    print(json.dumps({"loss": outcome.loss, "proved": outcome.proved, "note": outcome.note}))
    return 0 if outcome.proved else 3


if __name__ == "__main__":
    sys.exit(main())
