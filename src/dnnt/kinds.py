"""Reading a named kind with arguments: `"relu"`, or `{"kind": "clip", "low": 0, "high": 1}`.

Activations and losses are both tables of kinds; this is what their readers share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from dnnt.errors import InvalidInput, at, shown


class Row(Protocol):
    """A row of a table of kinds: the keys that a file gives."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys, in the order in which they are written."""


def arguments_of(
    given: object, rows: Mapping[str, Row], noun: str, convert: Callable[[str, str, object], Any]
) -> tuple[str, dict[str, Any]]:
    """The kind that `given` names, and its arguments, each converted by `convert(kind, key, value)`.

    Raises `InvalidInput` for an unknown kind, an unknown or a missing key, or what `convert` refuses.
    """
    kind, arguments = _split(given, rows, noun)
    keys = rows[kind].keys
    known = "no keys but kind" if not keys else "the keys " + ", ".join(f'"{key}"' for key in keys)
    for key in arguments:
        if key not in keys:
            raise InvalidInput(f"unknown key {shown(key)}", f'"{kind}" has {known}')
    exact: dict[str, Any] = {}
    for key in keys:
        if key not in arguments:
            written = ", ".join(f'"{each}": …' for each in ("kind", *keys)).replace("…", f'"{kind}"', 1)
            raise InvalidInput(f'missing key "{key}"', f'"{kind}" has {known}: write {{{written}}}')
        with at(key):
            exact[key] = convert(kind, key, arguments[key])
    return kind, exact


def called(function: Callable[..., Any]) -> str:
    """The name of a function given from Python, for an error line."""
    return getattr(function, "__name__", type(function).__name__)


def _split(given: object, rows: Mapping[str, Row], noun: str) -> tuple[str, dict[str, object]]:
    arguments: dict[str, object] = {}
    kind: object = given
    if isinstance(given, dict):
        arguments = dict(given)
        if "kind" not in arguments:
            raise InvalidInput('missing key "kind"', f"kinds are {', '.join(rows)}")
        kind = arguments.pop("kind")
        if isinstance(kind, str) and kind in rows and not rows[kind].keys:
            raise InvalidInput(f'"{kind}" has no arguments', f'write "{kind}" in place of the object')
    elif not isinstance(given, str):
        raise InvalidInput(f"{shown(given)} is no {noun}", 'write a name, or an object with "kind"')
    if not isinstance(kind, str):
        raise InvalidInput(f"{shown(kind)} is not a string", f"known are {', '.join(rows)}", "kind")
    if kind not in rows:
        raise InvalidInput(f"unknown {noun} {shown(kind)}", f"known are {', '.join(rows)}")
    return kind, arguments
