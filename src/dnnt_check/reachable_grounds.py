"""Reading why no state is said to have a small loss: the grounds `reachable` of a lower part, with cuts and cases."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dnnt_check.budget import Work
from dnnt_check.guides import Guide
from dnnt_check.numbers import Number, shown
from dnnt_check.reading import Place, array, fault, integer, number, numbers, record, text

#: What `sizes` of the reachable grounds declares.
SIZES = ("pre", "unit", "left", "right", "last")

#: So many cuts, and so many residues, may be there; their integers have at most so many bits.
MOST_DIRECTIONS = 1_000
DIRECTION_BITS = 10_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """Declared upper bounds on the sets of a reachability proof."""

    pre: int
    unit: int
    left: int
    right: int
    last: int


@dataclass(frozen=True, slots=True)
class Thin:
    """Of the units like the one at this position only vectors near the face of the cut are formed.

    `most` is what they give to the cut at most, `slopes` has a vector for each cell: see `thin`.
    """

    position: int
    most: Number
    slopes: tuple[tuple[Number, ...], ...]


@dataclass(frozen=True, slots=True)
class Split:
    """Of the units like the one at this position at most `count` are of this kind; in the second branch more are."""

    position: int
    kind: int
    count: int


@dataclass(frozen=True, slots=True)
class KindTop:
    """What vectors of a kind give to the cut at most, and the slopes that help to prove it: see `kinds`."""

    most: Number
    slopes: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A case with its cut: for units at these positions a bound for each kind, None for kinds that there cannot be."""

    cut: tuple[int, ...]
    kinds: tuple[tuple[int, tuple[KindTop | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class BoxSplit:
    """In the first branch a coordinate of the state is at most this value, in the second it is more."""

    coordinate: int
    value: Number


@dataclass(frozen=True, slots=True)
class BoxWindow:
    """All states of the box are listed, by these coordinates; the cuts say which vectors of units do not matter."""

    coordinates: tuple[int, ...]
    cuts: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class BoxBound:
    """The loss is large in the box, by so many times the cut; an empty cut: it is so without one."""

    cut: tuple[int, ...] = ()
    times: Number = 0


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a lower part is said to hold; `signs` belongs to the kind `restricted`, `body` to those that speak of the
    normal form, the others to `reachable`.
    """

    kind: str
    left: tuple[tuple[int, int], ...] = ()
    last: str = ""
    sizes: Sizes | None = None
    signs: Guide | None = None
    cuts: tuple[tuple[int, ...], ...] = ()
    residues: tuple[tuple[tuple[int, ...], int], ...] = ()
    window: bool = False
    slack: Number | None = None
    thin: tuple[Thin, ...] = ()
    cases: tuple[Split | Case, ...] = ()
    boxes: tuple[BoxSplit | BoxWindow | BoxBound, ...] = ()
    rest: int = 0
    body: object = None


def read_reachable(value: Any, place: Place, work: Work) -> Grounds:
    """The grounds in this object, whose kind is `reachable`."""
    optional = ("cuts", "residues", "window", "slack", "thin", "cases", "boxes", "rest")
    record(value, place, ("kind", "left", "last", "sizes"), optional)
    runs: list[tuple[int, int]] = []
    for i, item in enumerate(array(value["left"], (place, "left"))):
        here: Place = ((place, "left"), i)
        pair = array(item, here)
        if len(pair) != 2:
            raise fault(here, "a pair [first, count] is expected")
        runs.append((integer(pair[0], (here, 0), 0), integer(pair[1], (here, 1), 0)))
    ordered = sorted(run for run in runs if run[1] > 0)
    for before, after in pairwise(ordered):
        if before[0] + before[1] > after[0]:
            raise fault((place, "left"), "runs overlap")
    last = text(value["last"], (place, "last"))
    if last not in ("points", "targets", "ranges", "boxes"):
        raise fault((place, "last"), 'is "points", "targets", "ranges" or "boxes"')
    if ("boxes" in value) != (last == "boxes"):
        raise fault((place, "boxes"), 'goes with "last" = "boxes", and it with "boxes"')
    for tree, goes_with in (("cases", "targets"), ("boxes", "boxes")):
        if tree in value:
            for key in optional:
                if key in value and key != tree:
                    raise fault((place, key), f'does not go with "{tree}"')
            if last != goes_with:
                raise fault((place, tree), f'goes with "last" = "{goes_with}"')
    sizes = record(value["sizes"], (place, "sizes"), SIZES)
    declared = {key: integer(sizes[key], ((place, "sizes"), key), 0) for key in SIZES}
    if last in ("points", "ranges"):
        for key in ("residues", "window") if last == "points" else ("cuts", "residues", "window", "slack"):
            if key in value:
                raise fault((place, key), 'goes with "last" = "targets"')
    if last == "points":
        if ("cuts" in value) != ("slack" in value):
            raise fault((place, "cuts"), 'goes with a "slack", and it with one cut, if "last" = "points"')
    elif last == "targets" and "slack" in value:
        raise fault((place, "slack"), 'goes with "last" = "points"')
    cuts, residues = _directions(value, place, "cuts"), _directions(value, place, "residues")
    if value.get("window", True) is not True:
        raise fault((place, "window"), "true is expected")
    return Grounds(
        "reachable",
        tuple(ordered),
        last,
        Sizes(**declared),
        cuts=tuple([_read_direction(item, ((place, "cuts"), i), work) for i, item in enumerate(cuts)]),
        residues=tuple([_read_residue(item, ((place, "residues"), i), work) for i, item in enumerate(residues)]),
        window="window" in value,
        slack=_read_slack(value, len(cuts), place, work),
        thin=_read_thin(value, place, work),
        cases=_read_cases(value, place, work),
        boxes=_read_boxes(value, place, work),
        rest=_read_rest(value, place),
    )


def _read_rest(value: Any, place: Place) -> int:
    """How many slots of the rest belong to the left half."""
    if "rest" not in value:
        return 0
    for key in ("cuts", "residues", "window"):
        if key in value:
            raise fault((place, "rest"), f'does not go with "{key}"')
    return integer(value["rest"], (place, "rest"), 1)


def _read_boxes(value: Any, place: Place, work: Work) -> tuple[BoxSplit | BoxWindow | BoxBound, ...]:
    result: list[BoxSplit | BoxWindow | BoxBound] = []
    if "boxes" not in value:
        return ()
    place = (place, "boxes")
    for i, item in enumerate(array(value["boxes"], place)):
        here: Place = (place, i)
        work.spend(5e-6)
        if isinstance(item, list):
            if len(item) != 2:
                raise fault(here, "a pair [coordinate, number], or an object, is expected")
            result.append(BoxSplit(integer(item[0], (here, 0), 0), number(item[1], (here, 1), work, True)))
            continue
        record(item, here, (), ("cut", "times", "window", "cuts"))
        if "window" in item:
            if "cut" in item or "times" in item:
                raise fault(here, 'no "cut" goes with a "window", but "cuts" may')
            chosen = array(item["window"], (here, "window"))
            found = tuple([integer(entry, ((here, "window"), k), 0) for k, entry in enumerate(chosen)])
            if not found or any(a >= b for a, b in pairwise(found)):
                raise fault((here, "window"), "at least one coordinate, in increasing order, is expected")
            vectors = enumerate(_directions(item, here, "cuts"))
            cuts = [_read_direction(vector, ((here, "cuts"), k), work) for k, vector in vectors]
            result.append(BoxWindow(found, tuple(cuts)))
        elif "cuts" in item:
            raise fault((here, "cuts"), 'goes with a "window"')
        elif ("cut" in item) != ("times" in item):
            raise fault(here, '"cut" and "times" go together')
        elif "cut" in item:
            times = number(item["times"], (here, "times"), work, True)
            if times < 0:
                raise fault((here, "times"), "a number >= 0 is expected")
            result.append(BoxBound(_read_direction(item["cut"], (here, "cut"), work), times))
        else:
            result.append(BoxBound())
    if not result:
        raise fault(place, "at least one box is expected")
    return tuple(result)


def _read_cases(value: Any, place: Place, work: Work) -> tuple[Split | Case, ...]:
    result: list[Split | Case] = []
    if "cases" not in value:
        return ()
    place = (place, "cases")
    for i, item in enumerate(array(value["cases"], place)):
        here: Place = (place, i)
        work.spend(5e-6)
        if isinstance(item, list):
            if len(item) != 3:
                raise fault(here, "a triple [position, kind, count], or an object, is expected")
            position, kind, count = (integer(entry, (here, k), 0) for k, entry in enumerate(item))
            result.append(Split(position, kind, count))
            continue
        record(item, here, ("cut", "kinds"), ())
        cut = _read_direction(item["cut"], (here, "cut"), work)
        kinds: dict[int, tuple[KindTop | None, ...]] = {}
        for k, pair in enumerate(array(item["kinds"], (here, "kinds"))):
            there: Place = ((here, "kinds"), k)
            if len(array(pair, there)) != 2:
                raise fault(there, "a pair [position, [bound, ...]] is expected")
            position = integer(pair[0], (there, 0), 0)
            if position in kinds:
                raise fault((there, 0), "this position is given twice")
            kinds[position] = tuple(
                [_read_top(top, ((there, 1), j), work) for j, top in enumerate(array(pair[1], (there, 1)))]
            )
        result.append(Case(cut, tuple(kinds.items())))
    if not result:
        raise fault(place, "at least one case is expected")
    return tuple(result)


def _read_top(value: Any, place: Place, work: Work) -> KindTop | None:
    if value is None:
        return None
    pair = array(value, place)
    if len(pair) != 2:
        raise fault(place, "a pair [number, [number, ...]], or null, is expected")
    slopes = numbers(pair[1], (place, 1), work, True)
    most = number(pair[0], (place, 0), work, True)
    for entry in (most, *slopes):
        _short(entry.numerator, place)
        _short(entry.denominator, place)
    work.spend(4e-6)
    return KindTop(most, slopes)


def _read_thin(value: Any, place: Place, work: Work) -> tuple[Thin, ...]:
    if "thin" not in value:
        return ()
    place = (place, "thin")
    if "slack" not in value:
        raise fault(place, 'goes with a "slack"')
    found: dict[int, Thin] = {}
    for i, item in enumerate(array(value["thin"], place)):
        here: Place = (place, i)
        triple = array(item, here)
        if len(triple) != 3:
            raise fault(here, "a triple [position, number, [vector, ...]] is expected")
        position = integer(triple[0], (here, 0), 0)
        if position in found:
            raise fault((here, 0), "this position is given twice")
        slopes: list[tuple[Number, ...]] = []
        for k, vector in enumerate(array(triple[2], (here, 2))):
            numbers_ = numbers(vector, ((here, 2), k), work, True)
            for entry in numbers_:
                _short(entry.numerator, ((here, 2), k))
                _short(entry.denominator, ((here, 2), k))
            slopes.append(numbers_)
            work.spend(2e-6)
        found[position] = Thin(position, number(triple[1], (here, 1), work, True), tuple(slopes))
    return tuple(found.values())


def _read_slack(value: Any, cuts: int, place: Place, work: Work) -> Number | None:
    if "slack" not in value:
        return None
    if cuts != 1:
        raise fault((place, "slack"), "goes with one cut")
    slack = number(value["slack"], (place, "slack"), work, True)
    if slack < 0:
        raise fault((place, "slack"), "a number >= 0 is expected")
    return slack


def _directions(value: Any, place: Place, key: str) -> list[Any]:
    """The list at an optional key."""
    if key not in value:
        return []
    items = array(value[key], (place, key))
    if not 1 <= len(items) <= MOST_DIRECTIONS:
        raise fault((place, key), f"1 to {MOST_DIRECTIONS} entries are expected")
    return items


def _read_residue(value: Any, place: Place, work: Work) -> tuple[tuple[int, ...], int]:
    pair = array(value, place)
    if len(pair) != 2:
        raise fault(place, "a pair [vector, modulus] is expected")
    return _read_direction(pair[0], (place, 0), work), _short(integer(pair[1], (place, 1), 2), (place, 1))


def _read_direction(value: Any, place: Place, work: Work) -> tuple[int, ...]:
    vector: list[int] = []
    for i, item in enumerate(array(value, place)):
        if type(item) is not int:
            raise fault((place, i), f"an integer is expected, not {shown(item)}")
        vector.append(_short(item, (place, i)))
        work.spend(3e-7)
    if not any(vector):
        raise fault(place, "a vector that is not zero is expected")
    return tuple(vector)


def _short(value: int, place: Place) -> int:
    if value.bit_length() > DIRECTION_BITS:
        raise fault(place, f"an integer of at most {DIRECTION_BITS} bits is expected")
    return value
