"""Losses that read a code in the outputs: the sign of an integer (Lemma 3.5), pairs of letters (Theorem 1.4).

As repaired, each is 0 exactly where f = y, as the paper demands of a loss; `printed_pairs` is the printed one, which
never is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dnnt.errors import InvalidInput, at, shown
from dnnt.exact import Number, number, to_json
from dnnt.losses.loss import Function, Kind, Vector

Pairs = tuple[tuple[tuple[int, int], ...], ...]


def _positive(f: Vector, y: Vector) -> Number:
    if f == y:
        return 0
    return 1 if all(value > 0 for value in f) else 2


def codes(size: int, allowed: Pairs) -> list[frozenset[Number]]:
    """For each output the numbers low + 2 · size · high of the pairs that are allowed; outputs of one object of pairs
    share theirs.
    """
    made = {id(pairs): frozenset(low + 2 * size * high for low, high in pairs) for pairs in _distinct(allowed)}
    return [made[id(pairs)] for pairs in allowed]


def _decoded(size: int, allowed: Pairs) -> Function:
    numbers = codes(size, allowed)
    return lambda f, y: 1 if all(value in of for value, of in zip(f, numbers, strict=True)) else 2


def _pairs(size: int, allowed: Pairs) -> Function:
    _check(size, allowed)
    decoded = _decoded(size, allowed)
    return lambda f, y: 0 if f == y else decoded(f, y)


def _printed_pairs(size: int, allowed: Pairs) -> Function:
    _check(size, allowed)
    return _decoded(size, allowed)


def _distinct(allowed: Pairs) -> Iterable[tuple[tuple[int, int], ...]]:
    """Each tuple of pairs once: the outputs of a graph's edges share one."""
    return {id(pairs): pairs for pairs in allowed}.values()


def _check(size: int, allowed: Pairs) -> None:
    if all(1 <= low <= size and 1 <= high <= size for pairs in _distinct(allowed) for low, high in pairs):
        return
    for output, pairs in enumerate(allowed):
        for index, pair in enumerate(pairs):
            if not all(1 <= letter <= size for letter in pair):
                raise InvalidInput(
                    f"{list(pair)} is no pair of letters", f"letters are 1 to {size}", f"allowed[{output}][{index}]"
                )


def _fits(arguments: dict[str, Any], outputs: int) -> None:
    if len(arguments["allowed"]) != outputs:
        raise InvalidInput(
            f"{len(arguments['allowed'])} lists for {outputs} outputs", "give one list for each output", "allowed"
        )


def _convert(key: str, value: Any, exact_floats: bool) -> Any:
    if key == "size":
        return whole(value)
    made = []
    known: dict[int, tuple[tuple[int, int], ...]] = {}  # A list that several outputs share is read once.
    for output, pairs in enumerate(entries(value)):
        if id(pairs) not in known:
            with at(f"[{output}]"):
                known[id(pairs)] = tuple(_pair(pair, index) for index, pair in enumerate(entries(pairs)))
        made.append(known[id(pairs)])
    return tuple(made)


def _pair(given: Any, index: int) -> tuple[int, int]:
    if type(given) is list and len(given) == 2 and type(given[0]) is type(given[1]) is int and min(given) >= 0:
        return given[0], given[1]
    with at(f"[{index}]"):
        letters = tuple(whole(letter) for letter in entries(given))
        if len(letters) != 2:
            raise InvalidInput(f"{len(letters)} numbers", "write a pair [l, m]")
        return letters[0], letters[1]


def whole(value: Any) -> int:
    """An integer that is 0 or more. Raises `InvalidInput`."""
    made = value if isinstance(value, str) else number(value)
    if not isinstance(made, int) or made < 0:
        raise InvalidInput(f"{shown(made)} is no integer from 0 on", "write 0 or more")
    return made


def entries(value: Any) -> Any:
    """A list or tuple, perhaps from an array. Raises `InvalidInput`."""
    listed = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(listed, (list, tuple)):
        raise InvalidInput(f"{shown(listed)} is not a list", "write a list")
    return listed


def _write(key: str, value: Any) -> Any:
    if key == "size":
        return to_json(value)
    made = {id(pairs): [list(pair) for pair in pairs] for pairs in _distinct(value)}
    return [made[id(pairs)] for pairs in value]


CODED: Mapping[str, Kind] = {
    "positive": Kind(
        (), lambda: _positive, False, "0 if f = y, else 1 if every output is above 0, else 2", _convert, _write
    ),
    "pairs": Kind(
        ("size", "allowed"),
        _pairs,
        False,
        "0 if f = y, else 1 if every output is l + 2·size·m for an allowed pair [l, m], else 2",
        _convert,
        _write,
        _fits,
    ),
    "printed_pairs": Kind(
        ("size", "allowed"),
        _printed_pairs,
        False,
        "1 if every output is l + 2·size·m for an allowed pair [l, m], else 2",
        _convert,
        _write,
        _fits,
    ),
}
