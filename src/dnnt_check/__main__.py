"""The command: python -m dnnt_check INSTANCE CERTIFICATE [--json] [--budget SECONDS]."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from dnnt_check import Verdict, check
from dnnt_check.reading import MAXIMUM_BYTES
from dnnt_check.verdict import refused


def main(arguments: list[str] | None = None) -> int:
    """Check two files and print one line; the exit status is 0 if valid, 1 if not, 2 for wrong usage or
    a verdict that could not be printed.
    """
    parser = argparse.ArgumentParser(prog="dnnt_check", description="Check a certificate against its instance.")
    parser.add_argument("instance", metavar="INSTANCE", help="a .dnnt.json file, or - for standard input")
    parser.add_argument("certificate", metavar="CERTIFICATE", help="a .dnnt.cert.json file")
    parser.add_argument("--json", action="store_true", help="print a JSON object")
    parser.add_argument(
        "--budget",
        type=seconds,
        default=600.0,
        metavar="SECONDS",
        help="work after which the verdict is INVALID (default 600)",
    )
    options = parser.parse_args(arguments)
    try:
        verdict = _check_paths(options.instance, options.certificate, options.budget)
    except KeyboardInterrupt:
        verdict = refused("interrupted")
    try:
        print(verdict.json() if options.json else verdict.line, flush=True)
    except OSError as error:
        # The reader has gone, or the disk is full; Python would try once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"dnnt_check: standard output cannot be written ({error.strerror})", file=sys.stderr)
            return 2
    return 0 if verdict.valid else 1


def seconds(text: str) -> float:
    """The value of --budget."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("a number of seconds is expected")
    return value


def _check_paths(instance: str, certificate: str, budget: float) -> Verdict:
    contents: list[bytes] = []
    for name, path in (("instance", instance), ("certificate", certificate)):
        try:
            contents.append(_content(path))
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else None
            return refused(f"{name}: cannot read {path!a}: {why or 'no such path'}")
    return check(contents[0], contents[1], budget=budget)


def _content(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read(MAXIMUM_BYTES + 1)
    with Path(path).open("rb") as file:
        return file.read(MAXIMUM_BYTES + 1)


if __name__ == "__main__":
    sys.exit(main())
