"""Literals with a meaning, and clauses with their reasons: what an encoding writes and a certificate quotes.

A literal says that a quantity of the normal form lies in an interval; docs/certificates.md (kind `clauses`) lists the
quantities and the reasons. A clause gets its reason when it is made, so a certificate needs no second thought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dnnt.exact import Number, to_json

Key = tuple[Any, ...]
"""A quantity: a letter and indices."""

Reason = str | int | tuple[str, int]
"""A letter, the index of a relation, ("e", point), or ("u", exchange)."""

Relation = tuple[tuple[Number, Key], ...]

TRUE = 1 << 40
FALSE = -TRUE
"""Literals that are known."""

MOST_CLAUSES = 4_000_000
"""More clauses than that are not made."""


LONG_PROOF = 10_000
TEXT_NUMBERS = 50_000
"""Proofs of so many numbers are written as texts of so many."""


class TooManyClauses(Exception):
    """The encoding is too large; the text says how large."""


class Book:
    """Literals, sums, relations and clauses, numbered in the order in which they are made."""

    def __init__(self) -> None:
        self.literals: list[tuple[Key, Number | None, Number | None]] = []
        self._index: dict[tuple[Key, Number | None, Number | None], int] = {}
        self.sums: list[tuple[tuple[Number, Key], ...]] = []
        self.relations: list[Relation] = []
        self.flat: list[int] = []
        self.reasons: list[Reason] = []
        self.swaps: Sequence[tuple[tuple[int, int], ...]] = ()
        self.order: tuple[tuple[int, ...], tuple[Number, ...]] | None = None

    def literal(self, key: Key, low: Number | None, high: Number | None) -> int:
        """The literal that says that a quantity lies in [low, high]."""
        name = (key, low, high)
        found = self._index.get(name)
        if found is None:
            self.literals.append(name)
            found = self._index[name] = len(self.literals)
        return found

    def known(self, key: Key, low: Number | None, high: Number | None) -> int:
        """The same, or 0 where there is none."""
        return self._index.get((key, low, high), 0)

    def sum(self, parts: tuple[tuple[Number, Key], ...]) -> Key:
        """A new sum of atoms, as a quantity."""
        self.sums.append(parts)
        return ("s", len(self.sums) - 1)

    def relation(self, parts: Relation) -> int:
        """A new relation: this sum of quantities is a constant."""
        self.relations.append(parts)
        return len(self.relations) - 1

    def clause(self, reason: Reason, literals: Iterable[int]) -> None:
        """One of the literals holds; known ones are left out."""
        flat = self.flat
        start = len(flat)
        for literal in literals:
            if literal == TRUE:
                del flat[start:]
                return
            if literal != FALSE:
                flat.append(literal)
        made = set(flat[start:])
        if len(made) < len(flat) - start:
            flat[start:] = sorted(made)
        if any(-literal in made for literal in made):
            del flat[start:]
            return
        flat.append(0)
        self.reasons.append(reason)
        if len(self.reasons) > MOST_CLAUSES:
            raise TooManyClauses(f"more than {MOST_CLAUSES:,} clauses")

    def implied(self, reason: Reason, premises: Sequence[int], literal: int) -> None:
        """If all premises hold, so does the literal."""
        self.clause(reason, [*[-premise for premise in premises], literal])

    def __len__(self) -> int:
        return len(self.reasons)


def body_of(
    book: Book,
    used: Sequence[int],
    clauses: Sequence[Sequence[int]],
    renamed: Callable[[Mapping[int, int]], Sequence[int | str]],
    extra: Sequence[tuple[Reason, Sequence[int]]] = (),
) -> dict[str, Any]:
    """The grounds: the clauses numbered `used` (from 0) of the book, extra ones after them, and a proof from them.

    `renamed` makes the proof, once the numbers are known that the book's literals have in the grounds.
    """
    number: dict[int, int] = {}
    sums: dict[int, int] = {}
    relations: dict[int, int] = {}
    swaps: dict[int, int] = {}

    def quantity(key: Key) -> list[Any]:
        if key[0] == "s":
            return ["s", sums.setdefault(key[1], len(sums))]
        return list(key)

    made: list[Any] = []
    for reason, clause in (*zip([book.reasons[index] for index in used], clauses, strict=True), *extra):
        said: Any = reason
        if isinstance(reason, int):
            said = relations.setdefault(reason, len(relations))
        elif isinstance(reason, tuple):
            said = ["u", swaps.setdefault(reason[1], len(swaps))] if reason[0] == "u" else list(reason)
        named = [number.setdefault(abs(each), len(number) + 1) for each in clause]
        made.append([said, *[name if each > 0 else -name for name, each in zip(named, clause, strict=True)]])
    literals = []
    for index in number:
        key, low, high = book.literals[index - 1]
        literals.append([quantity(key), _end(low), _end(high)])
    spelled = [[[to_json(c), quantity(key)] for c, key in book.relations[index]] for index in relations]
    body: dict[str, Any] = {
        "sums": [[[to_json(c), list(key)] for c, key in book.sums[index]] for index in sums],
        "literals": literals,
        "relations": spelled,
        "clauses": made,
        "proof": renamed(number),
    }
    if swaps:
        body["swaps"] = [[list(pair) for pair in book.swaps[index]] for index in swaps]
    if book.order is not None and any(book.reasons[index] == "y" for index in used):
        body["order"] = [list(book.order[0]), [to_json(q) for q in book.order[1]]]
    return body


def written(proof: Sequence[int]) -> Sequence[int | str]:
    """A proof as grounds hold it: long ones as texts, which are quicker to write and to read."""
    if len(proof) < LONG_PROOF:
        return proof
    starts = range(0, len(proof), TEXT_NUMBERS)
    return [",".join(map(str, proof[start : start + TEXT_NUMBERS])) for start in starts]


def _end(end: Number | None) -> int | str | None:
    return None if end is None else to_json(end)
