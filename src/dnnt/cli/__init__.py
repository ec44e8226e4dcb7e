"""The command line: one file a command. It parses and prints; it decides nothing.

Commands load when they are called, so `dnnt --help` stays light.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

import click

from dnnt import exits
from dnnt._version import __version__
from dnnt.errors import InternalError, InvalidInput, MethodUnsuitable, TooLarge, printable

COMMANDS = (
    "solve",
    "evaluate",
    "check",
    "info",
    "count",
    "sample",
    "enumerate",
    "reduce",
    "extract",
    "lift",
    "reductions",
    "slp",
    "demo",
)


class _Commands(click.Group):
    """A group whose commands are modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"dnnt.cli.{cmd_name}").command
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dnnt")
def program() -> None:
    """Exact training of neural networks whose weights come from finite sets.

    dnnt finds the best weights, or proves that none are good enough, and writes a certificate that the separate program
    dnnt_check checks. Start with: dnnt demo
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the program and exit with the contract's exit status, at once.

    All is said and every process ended by then. The interpreter's own end would search all that was made for cycles,
    and wait for (or tear down) what libraries still do in threads: loading compiled loops that a limit came before.
    """
    status = run(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):  # All is said: what comes now changes nothing.
        signal.signal(number, signal.SIG_IGN)
    if sys.stdout is not None:
        with suppress(OSError, ValueError):  # Where it takes no more, that has been said.
            sys.stdout.flush()
    os._exit(status)


def run(arguments: list[str] | None = None) -> int:
    """Run the program; returns the exit status. Errors are one line on standard error, never a traceback."""
    if sys.stdout is None:
        return fail("standard output is closed; redirect it to a file or to /dev/null", exits.INPUT)
    _escape_what_streams_cannot_show()
    try:
        status = program.main(arguments, prog_name="dnnt", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return exits.USAGE
    except click.UsageError as error:
        command = "dnnt" if error.ctx is None else error.ctx.command_path
        return fail(f"{error.format_message()} ({command} --help shows how it is called)", exits.USAGE)
    except InvalidInput as error:
        return fail(str(error), exits.INPUT)
    except MethodUnsuitable as error:
        return fail(str(error), exits.USAGE)
    except TooLarge as error:
        return fail(str(error), exits.LIMIT)
    except (KeyboardInterrupt, click.Abort):
        return fail("interrupted", exits.LIMIT)
    except InternalError as error:
        return fail(f"internal error: {error}", exits.INTERNAL)
    except Exception as error:  # The outermost frame: whatever else comes here is a fault of dnnt, reported as one.
        if isinstance(error, OSError) and error.filename is None:  # Only the streams have no name.
            return _unwritable(error)
        if os.environ.get("DNNT_TRACEBACK"):
            traceback.print_exc()
        where = traceback.extract_tb(error.__traceback__)[-1]
        return fail(
            f"internal error: {type(error).__name__}: {error} ({os.path.basename(where.filename)}:{where.lineno}); "
            "please report it with the command and the files; DNNT_TRACEBACK=1 shows more",
            exits.INTERNAL,
        )


def _escape_what_streams_cannot_show() -> None:
    """Have characters that the encoding of standard output lacks written as escapes: no answer is lost for one."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _unwritable(error: OSError) -> int:
    """Standard output takes no more: its reader has gone, or the disk is full. Only the latter is worth a word."""
    # Python would try once more when it closes the stream.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return exits.INPUT
    return fail(f"standard output cannot be written ({error.strerror or error}); redirect it elsewhere", exits.INPUT)


def fail(message: str, status: int) -> int:
    """Print one line on standard error; returns the status."""
    click.echo("dnnt: " + " ".join(printable(message).split()), err=True)
    return status
