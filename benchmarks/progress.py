"""A progress bar on standard error, where that is a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")


def followed(results: Iterable[T], count: int, doing: str) -> Iterator[T]:
    """The results, of which there are `count`, with a bar that shows how many have come."""
    console = Console(stderr=True)
    yield from track(results, doing, count, console=console, transient=True, disable=not console.is_terminal)
