"""Reading a certificate file into checked values; nothing in it is believed yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dnnt_check.budget import Invalid, Work
from dnnt_check.bundles import is_digest
from dnnt_check.form_grounds import FORM_KINDS
from dnnt_check.guides import Guide, read_guide
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number
from dnnt_check.parts import read_parts
from dnnt_check.reachable_grounds import Grounds, read_reachable
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


@dataclass(frozen=True, slots=True)
class Run:
    """`repeat` consecutive edges with equal parameters."""

    weights: Vector
    bias: Number
    repeat: int


@dataclass(frozen=True, slots=True)
class Upper:
    """Parameters and the total loss that they are said to have."""

    runs: tuple[Run, ...]
    loss: Number
    signs: Guide | None = None


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
    signs = read_guide(value["signs"], "upper.signs", work) if "signs" in value else None
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


def _read_lower(value: Any, work: Work) -> Lower:
    record(value, "lower", ("bound", "strict", "grounds"))
    bound: Number | None = None
    if value["bound"] is not None:
        bound = number(value["bound"], "lower.bound", work, True)
    strict = boolean(value["strict"], "lower.strict")
    grounds = _read_grounds(value["grounds"], "lower.grounds", work)
    if (bound is None) != (grounds.kind == "empty"):
        raise fault("lower", 'a bound of null goes with the grounds "empty", and they with it')
    if bound is None and strict:
        raise fault("lower.strict", "goes with a bound")
    return Lower(bound, strict, grounds)


def _read_grounds(value: Any, place: Place, work: Work) -> Grounds:
    if not isinstance(value, dict):
        raise fault(place, "an object is expected")
    kind = value.get("kind")
    if kind in ("empty", "nonnegative", "enumeration"):
        record(value, place, ("kind",))
        return Grounds(str(kind))
    if kind == "restricted":
        record(value, place, ("kind",), ("signs",))
        signs = read_guide(value["signs"], (place, "signs"), work) if "signs" in value else None
        return Grounds(str(kind), signs=signs)
    if kind == "parts":
        return read_parts(value, place, work, _read_grounds)
    if isinstance(kind, str) and kind in FORM_KINDS:
        return Grounds(kind, body=FORM_KINDS[kind].read(value, place, work))
    if kind != "reachable":
        raise fault((place, "kind"), "unknown kind of grounds")
    return read_reachable(value, place, work)


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
