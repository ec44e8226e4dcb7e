"""The grounds "parts": bounds on the losses of disjoint sets of outputs.

Where the loss is a sum over outputs, the total is at least the sum of what is proved of disjoint sets of outputs. The
losses zero_one and maximum of some outputs are at most those of all, so there each bound is one for the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dnnt_check.budget import Invalid, Work
from dnnt_check.form_grounds import FORM_KINDS
from dnnt_check.instance import Instance
from dnnt_check.numbers import Number, add
from dnnt_check.reachable_grounds import Grounds
from dnnt_check.reading import Place, array, boolean, fault, integer, number, record

#: Losses of several outputs that are at least the loss of some of them.
JOINT = ("zero_one", "maximum")


@dataclass(frozen=True, slots=True)
class PartBound:
    """No parameters have a loss of these outputs below the bound (with `strict`: nor equal to it)."""

    outputs: tuple[int, ...]
    bound: Number
    strict: bool
    grounds: Grounds


def read_parts(value: Any, place: Place, work: Work, read: Callable[[Any, Place, Work], Grounds]) -> Grounds:
    """The grounds in this object, whose kind is `parts`; `read` reads those of a part."""
    record(value, place, ("kind", "parts"))
    parts = []
    seen: set[int] = set()
    for i, item in enumerate(array(value["parts"], (place, "parts"))):
        here: Place = ((place, "parts"), i)
        fields = array(item, here)
        if len(fields) != 4:
            raise fault(here, "a list [outputs, bound, strict, grounds] is expected")
        outputs = []
        for j, output in enumerate(array(fields[0], (here, 0))):
            outputs.append(integer(output, ((here, 0), j), 0))
            if outputs[-1] in seen:
                raise fault((here, 0), "an output belongs to two parts")
            seen.add(outputs[-1])
            work.spend(1e-6)
        if not outputs:
            raise fault((here, 0), "a part without outputs")
        grounds = read(fields[3], (here, 3), work)
        if grounds.kind not in ("nonnegative", "enumeration", "reachable") and grounds.kind not in FORM_KINDS:
            raise fault((here, 3), "these grounds do not go with a part")
        parts.append(
            PartBound(tuple(outputs), number(fields[1], (here, 1), work, True), boolean(fields[2], (here, 2)), grounds)
        )
    return Grounds("parts", body=tuple(parts))


def combined(instance: Instance, parts: tuple[PartBound, ...], outputs: int, work: Work) -> tuple[Number, bool]:
    """The bound on the total loss, and whether it is strict, that follows from those of the parts."""
    for i, part in enumerate(parts):
        if max(part.outputs) >= outputs:
            raise Invalid(f"lower.grounds.parts[{i}]: there is no such output")
    if instance.loss.separable:
        total: Number = 0
        for part in parts:
            if part.bound > 0:
                total = add(total, part.bound, work)
        return total, any(part.strict and part.bound >= 0 for part in parts)
    if instance.loss.kind not in JOINT:
        raise Invalid("lower: parts do not go with this loss")
    return max([(part.bound, part.strict) for part in parts], default=(0, False))


def instance_of(instance: Instance, part: PartBound) -> Instance:
    """The instance with the labels of some outputs alone."""
    samples = [
        tuple([(weight, tuple([labels[output] for output in part.outputs])) for weight, labels in of])
        for of in instance.samples
    ]
    return replace(instance, samples=tuple(samples))
