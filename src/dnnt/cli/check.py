"""`dnnt check FILE CERTIFICATE`: runs the independent checker in a process of its own."""

from __future__ import annotations

import click

from dnnt import exits
from dnnt.cli import fail
from dnnt.cli.options import json_flag
from dnnt.interrupts import latched


@click.command("check", short_help="Check a certificate, as the separate program does.")
@click.argument("file", metavar="FILE")
@click.argument("certificate", metavar="CERTIFICATE")
@json_flag
@click.option("--budget", default=600.0, help="Seconds of work allowed (default 600).")
def command(file: str, certificate: str, as_json: bool, budget: float) -> int:
    """Check CERTIFICATE against the instance FILE; the same as python -m dnnt_check FILE CERTIFICATE."""
    import subprocess
    import sys

    arguments = [
        sys.executable,
        "-m",
        "dnnt_check",
        "--budget",
        str(budget),
        *(["--json"] if as_json else []),
    ]
    with latched() as latch, subprocess.Popen([*arguments, "--", file, certificate]) as process:
        latch.forward(process.terminate)
        status = process.wait()
    return fail("interrupted", exits.LIMIT) if latch.asked else status
