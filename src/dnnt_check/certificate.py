"""Reading a certificate file into checked values; nothing in it is believed yet."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dnnt_check.budget import Invalid, Work
from dnnt_check.bundles import is_digest
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, shown
from dnnt_check.reading import (
    Place,
    array,
    boolean,
    fault,
    header,
    integer,
    number,
    numbers,
    parse,
    record,
    text,
)

#: What `sizes` of the reachable grounds declares.
SIZES = ("pre", "unit", "left", "right", "last")

#: So many cuts, and so many residues, may be there; their integers have at most so many bits.
MOST_DIRECTIONS = 1_000
DIRECTION_BITS = 10_000

#: What a guide may ask for.
LEAST_BITS, MOST_BITS = 16, 10**7


@dataclass(frozen=True, slots=True)
class Run:
    """`repeat` consecutive edges with equal parameters."""

    weights: Vector
    bias: Number
    repeat: int


#: A node to be replaced by its definition; or (v, d), a node to be replaced by s * u + d, where d = v - s * u.
Step = int | tuple[int, int]


@dataclass(frozen=True, slots=True)
class Guide:
    """How to enclose numbers that cannot be written.

    Attributes:
        bits: the precision of intervals.
        expand: (distinct input, node, what is to be replaced in its sum, in this order).
        differences: (distinct input, d, v, s, u): one more node d = v - s * u.
    """

    bits: int
    expand: tuple[tuple[int, int, tuple[Step, ...]], ...]
    differences: tuple[tuple[int, int, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Upper:
    """Parameters and the total loss that they are said to have."""

    runs: tuple[Run, ...]
    loss: Number
    signs: Guide | None = None


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
class Grounds:
    """Why a lower part is said to hold; `signs` belongs to the kind `restricted`, the others to `reachable`."""

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


@dataclass(frozen=True, slots=True)
class Lower:
    """A bound, or None if there are said to be no parameters at all."""

    bound: Number | None
    strict: bool
    grounds: Grounds


@dataclass(frozen=True, slots=True)
class FixedValue:
    """A value that is fixed: of the edge, in its slot (the weights in order, then the bias)."""

    edge: int
    slot: int
    value: Number


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says."""

    sha256: str
    upper: Upper | None
    lower: Lower | None
    fixed: tuple[FixedValue, ...]


def read_certificate(data: bytes, work: Work) -> Certificate:
    """The certificate in the bytes of a file.

    Raises:
        Invalid: the bytes are no certificate; the text begins with "certificate".
    """
    try:
        return _read(parse(data, "the file", work), work)
    except Invalid as error:
        if work.interrupted or type(error) is not Invalid:
            raise
        raise Invalid(f"certificate: {error}") from None


def _read(value: Any, work: Work) -> Certificate:
    header(value, "the file", "dnnt-certificate")
    record(value, "the file", ("format", "version", "sha256"), ("upper", "lower", "fixed"))
    digest = text(value["sha256"], "sha256")
    if not is_digest(digest):
        raise fault("sha256", "64 hexadecimal digits are expected")
    upper = _read_upper(value["upper"], work) if "upper" in value else None
    lower = _read_lower(value["lower"], work) if "lower" in value else None
    if upper is None and lower is None:
        raise Invalid("it claims nothing: neither upper nor lower is there")
    fixed = _read_fixed(value["fixed"], work) if "fixed" in value else ()
    if upper is not None and lower is not None:
        if lower.bound is None:
            raise Invalid("the parts contradict each other: parameters, and no parameters at all")
        if lower.bound > upper.loss or (lower.strict and lower.bound == upper.loss):
            raise Invalid("the parts contradict each other: the bound excludes the loss")
    return Certificate(digest.lower(), upper, lower, fixed)


def _read_upper(value: Any, work: Work) -> Upper:
    record(value, "upper", ("parameters", "loss"), ("signs",))
    signs = _read_guide(value["signs"], "upper.signs", work) if "signs" in value else None
    runs: list[Run] = []
    items = array(value["parameters"], "upper.parameters")
    for i, item in enumerate(items):
        place: Place = ("upper.parameters", i)
        record(item, place, ("weights", "bias"), ("repeat",))
        runs.append(
            Run(
                numbers(item["weights"], (place, "weights"), work, True),
                number(item["bias"], (place, "bias"), work, True),
                integer(item.get("repeat", 1), (place, "repeat"), 1),
            )
        )
        work.spend(3e-6)
    return Upper(tuple(runs), number(value["loss"], "upper.loss", work, True), signs)


def _read_guide(value: Any, place: Place, work: Work) -> Guide:
    record(value, place, ("bits", "expand"), ("differences",))
    precision = integer(value["bits"], (place, "bits"), LEAST_BITS)
    if precision > MOST_BITS:
        raise fault((place, "bits"), f"an integer <= {MOST_BITS} is expected")
    differences = _read_differences(value.get("differences", []), (place, "differences"), work)
    expand: list[tuple[int, int, tuple[Step, ...]]] = []
    seen: set[tuple[int, int]] = set()
    for i, item in enumerate(array(value["expand"], (place, "expand"))):
        here: Place = ((place, "expand"), i)
        triple = array(item, here)
        if len(triple) != 3:
            raise fault(here, "a triple [input, node, [node, ...]] is expected")
        index = integer(triple[0], (here, 0), 0)
        node = integer(triple[1], (here, 1), 0)
        if node % 2:
            raise fault((here, 1), "only sums, which have even numbers, are expanded")
        if (index, node) in seen:
            raise fault(here, "this node is expanded twice")
        seen.add((index, node))
        steps = tuple([_read_step(step, ((here, 2), k), work) for k, step in enumerate(array(triple[2], (here, 2)))])
        expand.append((index, node, steps))
        work.spend(3e-6)
    return Guide(precision, tuple(expand), differences)


def _read_step(value: Any, place: Place, work: Work) -> Step:
    work.spend(4e-7)
    if not isinstance(value, list):
        return integer(value, place, 0)
    if len(value) != 2:
        raise fault(place, "a node, or a pair [node, difference], is expected")
    work.spend(1e-6)
    return integer(value[0], (place, 0), 0), integer(value[1], (place, 1), 0)


def _read_differences(value: Any, place: Place, work: Work) -> tuple[tuple[int, int, int, int, int], ...]:
    result: list[tuple[int, int, int, int, int]] = []
    seen: set[tuple[int, int]] = set()
    for i, item in enumerate(array(value, place)):
        here: Place = (place, i)
        entry = array(item, here)
        if len(entry) != 5:
            raise fault(here, "five integers [input, d, v, s, u] are expected")
        index, d, v, u = (integer(entry[k], (here, k), 0) for k in (0, 1, 2, 4))
        if type(entry[3]) is not int or entry[3] not in (1, -1):
            raise fault((here, 3), "1 or -1 is expected")
        if d % 2:
            raise fault((here, 1), "the name of a difference is even, as that of every sum is")
        if (index, d) in seen:
            raise fault(here, "this name is given twice")
        seen.add((index, d))
        result.append((index, d, v, entry[3], u))
        work.spend(6e-6)
    return tuple(result)


def _read_lower(value: Any, work: Work) -> Lower:
    record(value, "lower", ("bound", "strict", "grounds"))
    bound: Number | None = None
    if value["bound"] is not None:
        bound = number(value["bound"], "lower.bound", work, True)
    strict = boolean(value["strict"], "lower.strict")
    grounds = _read_grounds(value["grounds"], work)
    if (bound is None) != (grounds.kind == "empty"):
        raise fault("lower", 'a bound of null goes with the grounds "empty", and they with it')
    if bound is None and strict:
        raise fault("lower.strict", "goes with a bound")
    return Lower(bound, strict, grounds)


def _read_grounds(value: Any, work: Work) -> Grounds:
    place = "lower.grounds"
    if not isinstance(value, dict):
        raise fault(place, "an object is expected")
    kind = value.get("kind")
    if kind in ("empty", "nonnegative", "enumeration"):
        record(value, place, ("kind",))
        return Grounds(str(kind))
    if kind == "restricted":
        record(value, place, ("kind",), ("signs",))
        signs = _read_guide(value["signs"], (place, "signs"), work) if "signs" in value else None
        return Grounds(str(kind), signs=signs)
    if kind != "reachable":
        raise fault((place, "kind"), "unknown kind of grounds")
    return _read_reachable(value, place, work)


def _read_reachable(value: Any, place: Place, work: Work) -> Grounds:
    record(value, place, ("kind", "left", "last", "sizes"), ("cuts", "residues", "window", "slack", "thin", "cases"))
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
    if last not in ("points", "targets"):
        raise fault((place, "last"), 'is "points" or "targets"')
    if "cases" in value:
        for key in ("cuts", "residues", "window", "slack", "thin"):
            if key in value:
                raise fault((place, key), 'does not go with "cases"')
        if last != "targets":
            raise fault((place, "cases"), 'goes with "last" = "targets"')
    sizes = record(value["sizes"], (place, "sizes"), SIZES)
    declared = {key: integer(sizes[key], ((place, "sizes"), key), 0) for key in SIZES}
    if last != "targets":
        for key in ("residues", "window"):
            if key in value:
                raise fault((place, key), 'goes with "last" = "targets"')
        if ("cuts" in value) != ("slack" in value):
            raise fault((place, "cuts"), 'goes with a "slack", and it with one cut, if "last" = "points"')
    elif "slack" in value:
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
    )


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


def _read_fixed(value: Any, work: Work) -> tuple[FixedValue, ...]:
    result: list[FixedValue] = []
    seen: set[tuple[int, int]] = set()
    for i, item in enumerate(array(value, "fixed")):
        place: Place = ("fixed", i)
        triple = array(item, place)
        if len(triple) != 3:
            raise fault(place, "a triple [edge, slot, value] is expected")
        edge = integer(triple[0], (place, 0), 0)
        slot = integer(triple[1], (place, 1), 0)
        if (edge, slot) in seen:
            raise fault(place, "this slot is fixed twice")
        seen.add((edge, slot))
        result.append(FixedValue(edge, slot, number(triple[2], (place, 2), work, True)))
        work.spend(2e-6)
    return tuple(result)
