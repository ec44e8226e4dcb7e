"""A loss behind checks: what Theorem 1.2 (repaired) charges a continuous network.

A sample's target at one output, the tag, names a case. If the outputs pass the checks (values that lie in finite
spaces, vertices that obey the equation of the discrete network), the case's base plus the weighted loss of the source
network is paid, else a penalty that is more than gamma allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dnnt import spaces
from dnnt.activations import Activation, activation
from dnnt.errors import InvalidInput, at, shown
from dnnt.exact import Number, normal, number, to_json
from dnnt.losses.coded import entries, whole
from dnnt.losses.loss import Function, Kind, Loss, Vector, vector, vector_json


@dataclass(frozen=True, slots=True)
class Member:
    """Passed if an output's value lies in a space."""

    output: int
    space: spaces.Finite

    def holds(self, f: Vector, x: Vector) -> bool:
        """Whether outputs f pass; x belongs to the case."""
        return f[self.output] in self.space

    def positions(self) -> tuple[int, ...]:
        """The outputs that it looks at."""
        return (self.output,)

    def to_json(self) -> Any:
        """As in a file."""
        return {"output": self.output, "in": spaces.to_json(self.space)}


@dataclass(frozen=True, slots=True)
class Term:
    """coefficient · product of outputs · product of the case's x."""

    coefficient: Number
    outputs: tuple[int, ...]
    inputs: tuple[int, ...] = ()

    def value(self, f: Vector, x: Vector) -> Number:
        """The term for outputs f and a case's x."""
        value = self.coefficient
        for position in self.outputs:
            value = value * f[position]
        for position in self.inputs:
            value = value * x[position]
        return value


@dataclass(frozen=True, slots=True)
class Equation:
    """Passed if an output's value is the activation of a sum of terms."""

    output: int
    activation: Activation
    terms: tuple[Term, ...]

    def holds(self, f: Vector, x: Vector) -> bool:
        """Whether outputs f pass; x belongs to the case."""
        total: Number = sum(term.value(f, x) for term in self.terms)
        return f[self.output] == self.activation(normal(total))

    def positions(self) -> tuple[int, ...]:
        """The outputs that it looks at."""
        return (self.output, *(position for term in self.terms for position in term.outputs))

    def to_json(self) -> Any:
        """As in a file."""
        terms = [[to_json(t.coefficient), list(t.outputs), list(t.inputs)] for t in self.terms]
        return {"output": self.output, "activation": self.activation.to_json(), "terms": terms}


Check = Member | Equation


@dataclass(frozen=True, slots=True)
class Case:
    """What a tag means: base + weight · loss, numbers x for the terms, and further checks."""

    base: Number
    weight: Number
    x: Vector = ()
    checks: tuple[Check, ...] = ()

    def to_json(self) -> Any:
        """As in a file."""
        return {
            "base": to_json(self.base),
            "weight": to_json(self.weight),
            "x": vector_json(self.x),
            "checks": [check.to_json() for check in self.checks],
        }


def _guarded(
    tag: int,
    penalty: Number,
    outputs: tuple[int, ...],
    loss: Loss,
    checks: tuple[Check, ...],
    cases: tuple[Case, ...],
) -> Function:
    for place, value in (("penalty", penalty), *((f"cases[{i}].{k}", v) for i, k, v in _amounts(cases))):
        if value < 0:
            raise InvalidInput(f"negative {shown(value)}", "write 0 or more", place)
    if len(set(outputs)) < len(outputs):
        raise InvalidInput("an output is listed twice", "list each once", "outputs")
    common = _longest(checks)
    for index, case in enumerate(cases):
        if max(common, _longest(case.checks)) > len(case.x):
            raise InvalidInput("a term refers to an x that is not there", "give the case more x", f"cases[{index}]")

    def apply(f: Vector, y: Vector) -> Number:
        if f == y:
            return 0
        number_of_case = normal(y[tag])
        if not isinstance(number_of_case, int) or not 1 <= number_of_case <= len(cases):
            return penalty
        case = cases[number_of_case - 1]
        if not all(check.holds(f, case.x) for check in (*checks, *case.checks)):
            return penalty
        if not case.weight:
            return case.base
        inner = loss(tuple(f[o] for o in outputs), tuple(y[o] for o in outputs))
        return normal(case.base + case.weight * inner)

    return apply


def _longest(checks: tuple[Check, ...]) -> int:
    """How many x the checks refer to."""
    equations = (check for check in checks if isinstance(check, Equation))
    return max((j + 1 for check in equations for term in check.terms for j in term.inputs), default=0)


def _amounts(cases: tuple[Case, ...]) -> list[tuple[int, str, Number]]:
    return [
        (i, key, value) for i, case in enumerate(cases) for key, value in (("base", case.base), ("weight", case.weight))
    ]


def _fits(arguments: dict[str, Any], count: int) -> None:
    checks = (*arguments["checks"], *(check for case in arguments["cases"] for check in case.checks))
    used = {arguments["tag"], *arguments["outputs"], *(p for check in checks for p in check.positions())}
    if max(used) >= count:
        raise InvalidInput(f"output {max(used)} where the network has {count}", "outputs are counted from 0")
    with at("loss"):
        arguments["loss"].check_outputs(len(arguments["outputs"]))


def _allows(arguments: dict[str, Any], count: int, y: Vector) -> None:
    cases, tag, outputs = arguments["cases"], normal(y[arguments["tag"]]), arguments["outputs"]
    if isinstance(tag, int) and 1 <= tag <= len(cases) and cases[tag - 1].weight:
        arguments["loss"].check_targets(len(outputs), tuple(y[o] for o in outputs))


def _convert(key: str, value: Any, exact_floats: bool) -> Any:
    from dnnt.losses import table

    if key == "tag":
        return whole(value)
    if key == "penalty":
        return number(value, exact_floats)
    if key == "outputs":
        return _each(value, whole)
    if key == "loss":
        made = table.loss(value, exact_floats)
        if made.kind == "guarded":
            raise InvalidInput("a guarded loss in a guarded one", "name another loss")
        return made
    return _each(value, _check if key == "checks" else _case)


def _each(value: Any, convert: Any) -> tuple[Any, ...]:
    made = []
    for index, entry in enumerate(entries(value)):
        with at(f"[{index}]"):
            made.append(convert(entry))
    return tuple(made)


def _object(value: Any, keys: tuple[str, ...]) -> None:
    right = f"write an object with {', '.join(keys)}"
    if not isinstance(value, dict):
        raise InvalidInput(f"{shown(value)} is not an object", right)
    for key in value:
        if key not in keys:
            raise InvalidInput(f"unknown key {shown(key)}", right)
    for key in keys:
        if key not in value:
            raise InvalidInput(f'missing key "{key}"', right)


def _case(given: Any) -> Case:
    if isinstance(given, Case):
        return given
    convert: Any
    _object(given, ("base", "weight", "x", "checks"))
    made: dict[str, Any] = {}
    for key, convert in (
        ("base", number),
        ("weight", number),
        ("x", lambda value: vector(value, False)),
        ("checks", lambda value: _each(value, _check)),
    ):
        with at(key):
            made[key] = convert(given[key])
    return Case(**made)


def _check(given: Any) -> Check:
    if isinstance(given, Check):
        return given
    if isinstance(given, dict) and "in" in given:
        _object(given, ("output", "in"))
        with at("output"):
            output = whole(given["output"])
        with at("in"):
            of = spaces.space(given["in"])
            if isinstance(of, spaces.Real):
                raise InvalidInput('"real" holds every number', "write a list or a range")
        return Member(output, of)
    _object(given, ("output", "activation", "terms"))
    with at("output"):
        output = whole(given["output"])
    with at("activation"):
        function = activation(given["activation"])
    with at("terms"):
        return Equation(output, function, _each(given["terms"], _term))


def _term(given: Any) -> Term:
    if isinstance(given, Term):
        return given
    if not isinstance(given, (list, tuple)) or len(given) != 3:
        raise InvalidInput(f"{shown(given)} is no term", "write [coefficient, [outputs], [positions of x]]")
    with at("[0]"):
        coefficient = number(given[0])
    with at("[1]"):
        outputs = _each(given[1], whole)
    with at("[2]"):
        return Term(coefficient, outputs, _each(given[2], whole))


def _write(key: str, value: Any) -> Any:
    if key in ("checks", "cases"):
        return [each.to_json() for each in value]
    if key == "loss":
        return value.to_json()
    return list(value) if key == "outputs" else to_json(value)


GUARDED: Mapping[str, Kind] = {
    "guarded": Kind(
        ("tag", "penalty", "outputs", "loss", "checks", "cases"),
        _guarded,
        False,
        "0 if f = y; else, of the case that the tag's target names, base + weight·loss if all checks hold, or penalty",
        _convert,
        _write,
        _fits,
        _allows,
    ),
}
