"""Derivations by unit propagation with hints: each clause follows from earlier ones that are named.

A clause is derived if the falsehood of its literals contradicts: the hints are gone through in order, each of them has
just one literal that is not false yet, which is then true, and the last one has none (reverse unit propagation;
the hints are those of the format LRAT).
"""

from __future__ import annotations

from collections.abc import Sequence

from dnnt_check.budget import Invalid, Work

#: Predicted seconds for a literal that is looked at, for a hint, and for a line.
LOOK = 4e-8
HINT = 3e-7
LINE = 2e-6

#: So many literals may be looked at between two looks at the clock.
CHUNK = 200_000

#: Bytes of a literal in a clause that is kept, and of a clause with the places of its line.
BYTES = 8
TUPLE = 260


def check_derivation(given: Sequence[tuple[int, ...]], proof: Sequence[int], literals: int, work: Work) -> None:
    """Refuse the proof unless it derives the empty clause from the given ones; literals are 1, ..., `literals` and
    their negatives.

    Raises:
        Invalid: a line does not follow, or the last one is not empty.
    """
    if not proof and () in given:
        return
    lines, longest = _lines(given, proof, literals, work)
    # So many hints are followed between two looks at the clock.
    chunk = 1 + CHUNK // (longest + 3)
    # Negative literals are found from the end of the list.
    false = [False] * (2 * literals + 1)
    clauses = list(given)
    clauses.insert(0, ())
    for start, middle, end in lines:
        derived = tuple(proof[start:middle])
        trail = list(derived)
        for literal in derived:
            false[literal] = True
        follows = False
        while not follows:
            if middle + 1 == end:
                raise Invalid(f"{_place(len(clauses) - len(given))}: the hints do not contradict")
            first, middle = middle + 1, min(middle + chunk, end - 1)
            follows = _contradicts(clauses, proof[first : middle + 1], false, trail, len(clauses) - len(given))
            work.spend((middle - first) * HINT)
        for literal in trail:
            false[literal] = False
        clauses.append(derived)
        work.spend(LINE + len(trail) * HINT)
    if not lines or clauses[-1]:
        raise Invalid("lower.grounds.proof: the last line is not the empty clause")


def _contradicts(
    clauses: Sequence[tuple[int, ...]], hints: Sequence[int], false: list[bool], trail: list[int], line: int
) -> bool:
    """Follow hints: is one of these clauses empty? What is true by the others is noted in `false` and `trail`."""
    for hint in hints:
        unit = 0
        for literal in clauses[hint]:
            if false[literal]:
                continue
            if unit:
                raise Invalid(f"{_place(line)}: clause {hint} is neither unit nor empty")
            unit = literal
        if not unit:
            return True
        false[-unit] = True
        trail.append(-unit)
    return False


def _place(line: int) -> str:
    return f"lower.grounds.proof: line {line}"


def _lines(
    given: Sequence[tuple[int, ...]], proof: Sequence[int], literals: int, work: Work
) -> tuple[list[tuple[int, int, int]], int]:
    """Where each line begins, where its literals end, and where its hints end; all numbers are of literals and of
    earlier clauses. The work of following the hints is bounded. Also the length of the longest clause.
    """
    lengths = [0, *map(len, given)]
    work.spend(len(lengths) * 1e-7)
    lines: list[tuple[int, int, int]] = []
    start, seconds, size = 0, 0.0, 0
    while start < len(proof):
        place = _place(len(lines) + 1)
        try:
            middle = proof.index(0, start)
            end = proof.index(0, middle + 1)
        except ValueError:
            raise Invalid(f"{place}: it is cut off") from None
        if middle > start:
            derived = proof[start:middle]
            if max(derived) > literals or min(derived) < -literals:
                raise Invalid(f"{place}: there is no such literal")
        if end > middle + 1:
            hints = proof[middle + 1 : end]
            if max(hints) >= len(lengths) or min(hints) < 1:
                raise Invalid(f"{place}: a hint is no earlier clause")
            seconds += LOOK * sum(map(lengths.__getitem__, hints)) + len(hints) * HINT
        seconds += LINE + (middle - start) * HINT
        size += TUPLE + (middle - start) * BYTES
        lengths.append(middle - start)
        lines.append((start, middle, end))
        start = end + 1
        work.spend(LINE + (end - start) * 6e-8)
    work.require(seconds, "following the proof")
    work.hold(size, "the derived clauses")
    return lines, max(lengths)
