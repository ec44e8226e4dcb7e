"""The plan of method `subset-sum`: how a line of numbers is simplified, and which algorithm decides a target."""

from __future__ import annotations

from math import log2

from dnnt.analysis.plan import words
from dnnt.analysis.plan.value import Plan, Way
from dnnt.exact import several
from dnnt.reachable.as_sums import Line
from dnnt.reachable.folding_cost import log2_of
from dnnt.sums.parts import Part, atoms_of, common_divisor, total_of
from dnnt.sums.plan import lattice_prediction, predictions


def plan_of_sums(line: Line, room: int) -> Plan:
    """The plan for a line, with `room` bytes of memory left. The figures are those of a target in the middle."""
    copies: dict[int, int] = {}
    for _, item, most in line.items:
        copies[item] = copies.get(item, 0) + most
    atoms = atoms_of(copies).values
    parts: list[Part] = [*((0, value) for value in atoms), *(digits for _, digits in line.choices)]
    divisor = max(1, common_divisor(parts))
    parts = [tuple(value // divisor for value in part) for part in parts]
    said = list(words.of_packing((line.axis,)))
    progressions = sum(1 for _, _, most in line.items if most > 1)
    items = [
        f"{several(len(line.items), 'item')}, {progressions:,} of them with copies" if progressions else "",
        several(len(line.items), "item") if line.items and not progressions else "",
        several(len(line.choices), "choice") if line.choices else "",
    ]
    fewer = (f"copies as {several(len(atoms), 'part')} of their own",) if progressions else ()
    # Bounds on the choices of all parts: the sums are no more than either.
    size = min(log2_of(line.axis.count), sum(log2(len(part)) for part in parts))
    deciding = _deciding(parts, room)
    return Plan(
        "sums",
        "subset sums of single numbers",
        ", ".join(each for each in items if each) or "nothing to choose",
        size=size,
        box=log2_of(line.axis.count),
        seconds=deciding.seconds,
        bytes=deciding.bytes,
        rewritings=(*said, *fewer),
        children=(
            Plan("order", "outputs in order of increasing loss", "each is a target; ends with the first that is a sum"),
            Plan(
                "easy",
                "a target is made easy first",
                "bounds, the complement of what is more than half of everything, items that are too large, the "
                "greatest common divisor of those that are left",
            ),
            deciding,
            Plan(
                "nearest",
                "nearest sums",
                "where targets are missed again and again, the sums on either side are looked for at once",
            ),
        ),
    )


def _deciding(parts: list[Part], room: int) -> Plan:
    """The algorithm that decides what stays open, and what the others would cost."""
    made = predictions(parts, total_of(parts) // 2)
    fitting = [pair for pair in made if pair[0].bytes <= room]
    chosen = fitting[0] if fitting else min(made, key=lambda pair: pair[0].bytes, default=None)
    lattice = lattice_prediction(parts)
    if chosen is None:
        if lattice is None:
            return Plan("algorithm", "an interval of sums, or residues", "no other algorithm takes so many long items")
        return Plan("algorithm", "lattice", "few items of many bits: LLL", seconds=lattice.seconds, bytes=lattice.bytes)
    prediction, row = chosen
    # Those that would be quicker do not fit into memory, and are no alternatives.
    ways = [Way(each.name, each.seconds) for each, _ in made if each.seconds >= prediction.seconds]
    children: tuple[Plan, ...] = ()
    if lattice is not None and 2 * lattice.seconds < prediction.seconds:
        says = "tried before, as it is quick where items are few and long; it proves a yes only"
        children = (Plan("algorithm", "lattice", says, seconds=lattice.seconds, bytes=lattice.bytes),)
    return Plan(
        "algorithm",
        row.name,
        row.reason,
        seconds=prediction.seconds,
        bytes=prediction.bytes,
        ways=tuple(ways),
        children=children,
    )
