"""Which features of the instance format an instance uses: to see that random instances use them all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from dnnt.activations import KINDS
from dnnt.exact import Number
from dnnt.formats import json_text
from dnnt.instance import Instance
from dnnt.losses.guarded import Case, Check, Equation, Member
from dnnt.network import SOURCE, Layered, Network
from dnnt.profile import shape
from dnnt.reachable.from_graph import fixed_values
from dnnt.reachable.program import distinct_inputs
from dnnt.spaces import Values
from dnnt.testing.oracle import Oracle

HUGE_DIGITS = 30


def features(instance: Instance, truth: Oracle) -> frozenset[str]:
    """The names of the features that the instance uses (see `FEATURES`)."""
    facts = _Facts(instance, truth)
    named = {name for name, has in FEATURES.items() if has(facts)}
    network = facts.network
    named |= {f"activation {vertex.activation.kind}" for vertex in network.vertices}
    return frozenset(named | {f"loss {instance.loss.kind}"})


class _Facts:
    """An instance with what several features ask about."""

    def __init__(self, instance: Instance, truth: Oracle) -> None:
        self.instance = instance
        self.truth = truth
        self.network: Network = instance.network.graph()
        self.body: Mapping[str, Any] = json_text.parse(instance.source or b"{}")
        self.outputs = set(self.network.outputs)
        self.live = self.network.live
        self.empty = instance.has_empty_space
        fixed = {} if self.empty else fixed_values(self.network, distinct_inputs(instance), self.live)
        self.fixed = {self.network.vertices[v].id for v in fixed}
        self.edges = self.network.edges
        self.xs = [sample.x for sample in instance.samples]

    def kind(self, name: str) -> str:
        """The kind of a vertex's activation."""
        return self.network.vertices[self.network.position[name]].activation.kind

    def irregular(self, name: str) -> bool:
        """Whether nothing is known of the range of a vertex."""
        kind = self.kind(name)
        return kind in KINDS and not KINDS[kind].regular

    def cases(self) -> tuple[Case, ...]:
        """The cases of a guarded loss; none for another loss."""
        found = dict(self.instance.loss.arguments)
        return found["cases"] if self.instance.loss.kind == "guarded" else ()

    def checks(self) -> tuple[Check, ...]:
        """All checks of a guarded loss; none for another loss."""
        found = dict(self.instance.loss.arguments) if self.instance.loss.kind == "guarded" else {}
        return (*found.get("checks", ()), *(check for case in self.cases() for check in case.checks))

    def is_live(self, name: str) -> bool:
        return self.live[self.network.position[name]]

    def is_unit(self, name: str) -> bool:
        """A live vertex that depends on parameters and feeds a live vertex."""
        return (
            self.is_live(name)
            and name not in self.fixed
            and any(e.source == name and self.is_live(e.target) for e in self.edges)
        )

    def numbers(self) -> list[Number]:
        inst = self.instance
        values = [v for of in self.spaces() for v in of]
        return values + [v for s in inst.samples for v in (*s.x, *s.y, s.weight)]

    def spaces(self) -> list[Values]:
        return [of for e in self.edges for of in e.slots if not self.empty and isinstance(of, Values)]

    def written(self) -> list[Any]:
        """Spaces as the file writes them, names too."""
        if "layers" in self.body:
            return [layer[key] for layer in self.body["layers"] for key in ("weights", "bias")]
        return [of for e in self.body.get("edges", ()) for of in (*e["weights"], e["bias"])]


def _skip(facts: _Facts) -> bool:
    """An edge from s past a vertex to a vertex that has longer paths."""
    fed = {e.target for e in facts.edges if e.source == SOURCE}
    return any(e.source != SOURCE and e.source in fed and e.target in fed for e in facts.edges)


def _conflicting(facts: _Facts) -> bool:
    samples = facts.instance.samples
    return any(a.x == b.x and a.y != b.y for a in samples for b in samples)


def _equal_units(facts: _Facts) -> bool:
    def looks(name: str) -> Any:
        into = Counter((e.source, e.slots) for e in facts.edges if e.target == name)
        out = Counter((e.target, e.weights) for e in facts.edges if e.source == name)
        vertex = facts.network.vertices[facts.network.position[name]]
        return vertex.activation, frozenset(into.items()), frozenset(out.items())

    units = [looks(v.id) for v in facts.network.vertices if facts.is_unit(v.id)]
    return len(set(units)) < len(units)


def _names_no_case(facts: _Facts) -> bool:
    """A tag that is no case."""
    found = dict(facts.instance.loss.arguments)
    named = range(1, len(facts.cases()) + 1)
    return "tag" in found and any(sample.y[found["tag"]] not in named for sample in facts.instance.samples)


def _gamma(sign: int) -> Callable[[_Facts], bool]:
    def has(facts: _Facts) -> bool:
        gamma, least = facts.instance.gamma, facts.truth.least
        if gamma is None or least is None:
            return False
        return (gamma > least) - (gamma < least) == sign

    return has


FEATURES: Mapping[str, Callable[[_Facts], bool]] = {
    "graph form": lambda f: "edges" in f.body,
    "layered shorthand": lambda f: isinstance(f.instance.network, Layered),
    "parallel edges": lambda f: max(Counter((e.source, e.target) for e in f.edges).values(), default=0) > 1,
    "skip edges": _skip,
    "output with outgoing edges": lambda f: any(e.source in f.outputs for e in f.edges),
    "output that feeds an output": lambda f: any(e.source in f.outputs and e.target in f.outputs for e in f.edges),
    "constant output": lambda f: bool(f.fixed & f.outputs),
    "vertex without in-edges": lambda f: bool({v.id for v in f.network.vertices} - {e.target for e in f.edges}),
    "fixed vertex that feeds a unit": lambda f: any(e.source in f.fixed and f.is_unit(e.target) for e in f.edges),
    "unit that feeds a fixed vertex": lambda f: any(
        e.target in f.fixed and e.source in f.outputs | {u.id for u in f.network.vertices if f.is_unit(u.id)}
        for e in f.edges
    ),
    "dead vertex": lambda f: not all(f.live),
    "equal hidden units": _equal_units,
    "empty space": lambda f: f.empty,
    "d = 0": lambda f: f.instance.network.inputs == 0,
    "no samples": lambda f: not f.xs,
    "no outputs": lambda f: not f.outputs,
    "several outputs": lambda f: len(f.outputs) > 1,
    "duplicate inputs": lambda f: len(set(f.xs)) < len(f.xs),
    "conflicting labels": _conflicting,
    "equal columns": lambda f: bool(f.xs) and len(set(zip(*f.xs, strict=True))) < len(f.xs[0]),
    "column of zeros": lambda f: bool(f.xs) and any(not any(column) for column in zip(*f.xs, strict=True)),
    "fractions": lambda f: any(v.denominator > 1 for v in f.numbers()),
    "huge numbers": lambda f: any(abs(v.numerator) >= 10 ** (HUGE_DIGITS - 1) for v in f.numbers()),
    "JSON decimals": lambda f: bool(re.search(rb"[ \[]-?[0-9]+\.[0-9]", f.instance.source or b"")),
    "range": lambda f: any(isinstance(of, dict) for of in f.written()),
    "range with step": lambda f: any(isinstance(of, dict) and "step" in of for of in f.written()),
    "named space": lambda f: any(isinstance(of, str) for of in f.written()),
    "repeated value in a list": lambda f: any(
        isinstance(of, list) and len(of) > 1 and len({str(v) for v in of}) < len(of) for of in f.written()
    ),
    "sample weight 0": lambda f: any(s.weight == 0 for s in f.instance.samples),
    "fractional sample weight": lambda f: any(s.weight.denominator > 1 for s in f.instance.samples),
    "gamma below the least loss": _gamma(-1),
    "gamma at the least loss": _gamma(0),
    "gamma above the least loss": _gamma(1),
    "no gamma": lambda f: f.instance.gamma is None,
    "least loss above 0": lambda f: f.truth.least is not None and f.truth.least > 0,
    "one choice": lambda f: f.truth.choices == 1,
    "output of unknown range": lambda f: any(f.irregular(name) for name in f.outputs),
    "unit of unknown range": lambda f: any(f.is_unit(v.id) and f.irregular(v.id) for v in f.network.vertices),
    "digit code that is read": lambda f: any(
        e.source != SOURCE and f.kind(e.source) == "digit_code" and f.kind(e.target) == "digit_product" for e in f.edges
    ),
    "check of a space": lambda f: any(isinstance(check, Member) for check in f.checks()),
    "check of an equation": lambda f: any(isinstance(check, Equation) for check in f.checks()),
    "case of weight 0": lambda f: any(case.weight == 0 for case in f.cases()),
    "tag that is no case": _names_no_case,
    "depth 3 or more": lambda f: shape(f.network)[0] >= 3,
}
