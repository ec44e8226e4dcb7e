"""The list of reductions for people: theorem, direction, sizes, and a small example that is reduced on the spot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dnnt.instance import Instance, graph
from dnnt.problems.base import Problem
from dnnt.problems.csp import CSP, Constraint, relation
from dnnt.problems.exact_cover import ExactCover
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.problems.subset_sum import SubsetSum
from dnnt.reductions import RULES, reduction, variants
from dnnt.reductions.base import Reduction


def _triangle() -> CSP:
    different = relation([(a, b) for a in "rgb" for b in "rgb" if a != b], 2)
    edges = [("x", "y"), ("y", "z"), ("x", "z")]
    return CSP(tuple("rgb"), tuple("xyz"), tuple(Constraint(e, different) for e in edges))


def _edge() -> Instance:
    edge = {"from": "s", "to": "t", "weights": [[0, 1]], "bias": [0]}
    return graph(1, [{"id": "t", "activation": "identity"}], ["t"], [edge], [([1], [1])], "squared", 0)


EXAMPLES: Mapping[str, tuple[str, Callable[[], Problem | Instance]]] = {
    "slp": (
        "1, 1 + 1 = 2, 2 · 2 = 4, 4 - 1 = 3: positive",
        lambda: StraightLineProgram((("+", 0, 0), ("*", 1, 1), ("-", 2, 0))),
    ),
    "subset-sum": ("12 from 3, 5, 7: 5 + 7", lambda: SubsetSum((3, 5, 7), 12)),
    "csp": ("a triangle in three colors", _triangle),
    "exact-cover": (
        "{1, 2, 3} by 2 of {1}, {1, 2}, {2, 3}, {3}: {1} and {2, 3}",
        lambda: ExactCover((1, 2, 3), ((1,), (1, 2), (2, 3), (3,)), 2),
    ),
    "dnnt": ("s -> t with weight 0 or 1, to map 1 to 1", _edge),
}
"""For each kind of source a small one."""


WORDS: Mapping[str, str] = {
    "slp": "sign of a straight-line program",
    "subset-sum": "subset sum",
    "csp": "binary constraint satisfaction",
    "exact-cover": "exact cover",
    "dnnt": "discrete training",
    "cnnt": "continuous training",
}
"""The kinds of problems in words."""


def entry(rule: Reduction) -> dict[str, Any]:
    """What is said of a rule, as JSON."""
    words, source = EXAMPLES[rule.source_kind]
    bundle = rule.reduce(source())
    return {
        "rule": rule.rule,
        "variant": rule.variant,
        "theorem": rule.contract.theorem,
        "source": rule.source_kind,
        "target": rule.target_kind,
        "domain": rule.contract.domain,
        "guarantee": rule.contract.guarantee,
        "holds": rule.contract.holds,
        "letters": rule.letters_meaning,
        "size": {name: str(formula) for name, formula in rule.declared.formulas().items()},
        "example": {"source": words, "measured": dict(bundle.measured)},
    }


def picture() -> str:
    """The graph of problems and rules as SVG."""
    from dnnt.drawing.graph import draw_graph

    arrows = [reduction(rule) for rule in RULES]
    nodes = list(dict.fromkeys(kind for each in arrows for kind in (each.source_kind, each.target_kind)))
    words = [(kind, WORDS[kind]) for kind in nodes]
    return draw_graph(words, [(a.source_kind, a.target_kind, a.rule, a.contract.theorem) for a in arrows])


def pictures() -> Mapping[str, str]:
    """The pictures of docs/reductions.md by file name: the graph of rules, and each rule's example."""
    from dnnt.drawing.network import draw

    made = {"rules.svg": picture()}
    for rule in RULES:
        for variant in variants(rule):
            arrow = reduction(rule, variant)
            if arrow.contract.holds:
                words, source = EXAMPLES[arrow.source_kind]
                made[f"{rule}-{variant}.svg"] = draw(
                    arrow.reduce(source()).target, title=f"{rule} ({variant}): {words}"
                )
    return made
