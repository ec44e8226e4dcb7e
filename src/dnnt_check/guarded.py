"""The guarded loss: the loss of a source network, paid only where everything that its target shows is as it should be.

A target instance of the reduction to continuous training has the values of all vertices and all parameters of its
source among its outputs. Each sample has a tag that names a case, and a case says what must hold: parameters lie in
their spaces, and every vertex has the value that its activation gives. Where all checks hold the loss is that of the
source; where one fails, or the tag names no case, it is a penalty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dnnt_check.activations import Activation, read_activation
from dnnt_check.budget import Work
from dnnt_check.losses import Loss, Vector
from dnnt_check.numbers import SHORT_BITS, Number, add, bits, multiply, product_seconds
from dnnt_check.reading import Place, array, fault, integer, number, numbers, record
from dnnt_check.space_reading import read_finite_space
from dnnt_check.spaces import Space

#: A coefficient, outputs and coordinates of the case's x: the product of all of them.
Term = tuple[Number, tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Check:
    """What an output has to be: an element of `space`, or `activation` of the sum of the terms."""

    output: int
    space: Space | None = None
    activation: Activation | None = None
    terms: tuple[Term, ...] = ()

    def holds(self, outputs: Vector, x: Vector, work: Work) -> bool:
        """Does it hold for these outputs and this input of the case?"""
        value = outputs[self.output]
        work.spend(1e-6 + len(self.terms) * 1e-6)
        if self.space is not None:
            length = bits(value) + bits(self.space.step)
            if length > SHORT_BITS:
                work.spend(product_seconds(length, length) + length * 1e-9)
            return value in self.space
        assert self.activation is not None
        total: Number = 0
        for coefficient, factors, places in self.terms:
            product = coefficient
            for factor in factors:
                product = multiply(product, outputs[factor], work)
            for place in places:
                product = multiply(product, x[place], work)
            total = add(total, product, work)
            work.spend((len(factors) + len(places)) * 5e-7)
        return self.activation.function(work)(total) == value


@dataclass(frozen=True, slots=True)
class Case:
    """What is paid where a sample's tag names this case: base + weight * loss."""

    base: Number
    weight: Number
    x: Vector
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Guarded:
    """The parts of a guarded loss; `tag` and `outputs` are positions of outputs."""

    tag: int
    penalty: Number
    outputs: tuple[int, ...]
    loss: Loss
    checks: tuple[Check, ...]
    cases: tuple[Case, ...]

    def case_of(self, labels: Vector) -> Case | None:
        """The case that the tag names."""
        tag = labels[self.tag]
        return self.cases[tag - 1] if type(tag) is int and 1 <= tag <= len(self.cases) else None

    def function(self, work: Work) -> Callable[[Vector, Vector], Number]:
        """The loss as a function of (outputs, labels)."""
        inside = self.loss.function(work)

        def guarded(outputs: Vector, labels: Vector) -> Number:
            work.spend(1e-6 + len(outputs) * 1e-7)
            if outputs == labels:
                return 0
            case = self.case_of(labels)
            if case is None:
                return self.penalty
            for checks in (self.checks, case.checks):
                for check in checks:
                    if not check.holds(outputs, case.x, work):
                        return self.penalty
            if not case.weight:
                return case.base
            f = tuple([outputs[place] for place in self.outputs])
            y = tuple([labels[place] for place in self.outputs])
            return add(case.base, multiply(case.weight, inside(f, y), work), work)

        return guarded


def read_guarded(
    value: Any, outputs: int, place: Place, read_loss: Callable[[Any, int, Place], Loss], work: Work
) -> Guarded:
    """A guarded loss from its JSON form; `read_loss` reads the loss inside for a number of outputs."""
    record(value, place, ("kind", "tag", "penalty", "outputs", "loss", "checks", "cases"))
    tag = _position(value["tag"], outputs, (place, "tag"))
    penalty = _amount(value["penalty"], (place, "penalty"), work)
    items = array(value["outputs"], (place, "outputs"))
    places = [_position(item, outputs, ((place, "outputs"), i)) for i, item in enumerate(items)]
    if len(set(places)) != len(places):
        raise fault((place, "outputs"), "an output is repeated")
    work.spend(len(places) * 1e-6)
    loss = read_loss(value["loss"], len(places), (place, "loss"))
    cases: list[Case] = []
    for i, item in enumerate(array(value["cases"], (place, "cases"))):
        here: Place = ((place, "cases"), i)
        record(item, here, ("base", "weight", "x", "checks"))
        x = numbers(item["x"], (here, "x"), work)
        base = _amount(item["base"], (here, "base"), work)
        weight = _amount(item["weight"], (here, "weight"), work)
        checks = _read_checks(item["checks"], outputs, len(x), (here, "checks"), work)
        cases.append(Case(base, weight, x, checks))
    # Common checks may use what every case has; without cases they are never made.
    common = min([len(case.x) for case in cases], default=None)
    checks = _read_checks(value["checks"], outputs, common, (place, "checks"), work)
    return Guarded(tag, penalty, tuple(places), loss, checks, tuple(cases))


def _position(value: Any, outputs: int, place: Place) -> int:
    position = integer(value, place, 0)
    if position >= outputs:
        raise fault(place, "there is no such output")
    return position


def _amount(value: Any, place: Place, work: Work) -> Number:
    result = number(value, place, work)
    if result < 0:
        raise fault(place, "a number >= 0 is expected")
    return result


def _read_checks(value: Any, outputs: int, inputs: int | None, place: Place, work: Work) -> tuple[Check, ...]:
    """A list of checks whose terms may use so many coordinates of x; None for any number."""
    result: list[Check] = []
    for i, item in enumerate(array(value, place)):
        here: Place = (place, i)
        if isinstance(item, dict) and "in" in item:
            record(item, here, ("output", "in"))
            space = read_finite_space(item["in"], (here, "in"), work)
            result.append(Check(_position(item["output"], outputs, (here, "output")), space))
            continue
        record(item, here, ("output", "activation", "terms"))
        position = _position(item["output"], outputs, (here, "output"))
        activation = read_activation(item["activation"], (here, "activation"), work)
        terms = tuple(
            [
                _read_term(term, outputs, inputs, ((here, "terms"), k), work)
                for k, term in enumerate(array(item["terms"], (here, "terms")))
            ]
        )
        result.append(Check(position, None, activation, terms))
        work.spend(3e-6)
    return tuple(result)


def _read_term(value: Any, outputs: int, inputs: int | None, place: Place, work: Work) -> Term:
    parts = array(value, place)
    if len(parts) != 3:
        raise fault(place, "a triple [coefficient, outputs, positions of x] is expected")
    coefficient = number(parts[0], (place, 0), work)
    factors = [_position(item, outputs, ((place, 1), i)) for i, item in enumerate(array(parts[1], (place, 1)))]
    coordinates: list[int] = []
    for i, item in enumerate(array(parts[2], (place, 2))):
        coordinate = integer(item, ((place, 2), i), 0)
        if inputs is not None and coordinate >= inputs:
            raise fault(((place, 2), i), "x has no such coordinate")
        coordinates.append(coordinate)
    work.spend(3e-6 + (len(factors) + len(coordinates)) * 5e-7)
    return coefficient, tuple(factors), tuple(coordinates)
