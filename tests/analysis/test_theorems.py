"""Which theorems speak about which instances: the exact list for small ones, and both sides of every class's border."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.analysis.theorems import ROWS
from dnnt.network import SOURCE
from dnnt.parameters import of_edges
from dnnt.problems.csp import CSP, Constraint
from dnnt.problems.exact_cover import ExactCover
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.problems.subset_sum import SubsetSum
from dnnt.profile import profile
from dnnt.reductions import reduction
from dnnt.testing import all_parameters

LayerGiven = tuple[int, Any, Any, Any]
"""Units, activation, weights, bias."""

REAL, BIT, TERNARY, ONE, NONE = "real", [0, 1], [-1, 0, 1], [1], [0]


def layers(*given: LayerGiven, d: int = 2, n: int = 3, loss: Any = "squared", **more: Any) -> dnnt.Instance:
    """A layered instance with n samples, no two alike in x (if d > 0)."""
    samples = [([i + 1] * d, [1] + [0] * (given[-1][0] - 1)) for i in range(n)]
    keys = ("units", "activation", "weights", "bias")
    return dnnt.layered(
        inputs=d,
        layers=[dict(zip(keys, layer, strict=True)) for layer in given],
        samples=samples,
        loss=loss,
        **more,
    )


def two(
    kinds: tuple[Any, Any],
    k: int = 2,
    t: int = 1,
    weights: Any = REAL,
    bias: tuple[Any, Any] = (REAL, NONE),
    **more: Any,
) -> dnnt.Instance:
    """Two layers: k units, then t outputs."""
    return layers((k, kinds[0], weights, bias[0]), (t, kinds[1], weights, bias[1]), **more)


def bits(kinds: tuple[Any, Any], k: int = 2, t: int = 1, **more: Any) -> dnnt.Instance:
    """The same with weights 0 and 1 and no biases."""
    return two(kinds, k, t, BIT, (NONE, NONE), **more)


def graph(
    edges: Sequence[tuple[str, Any, Any]], outputs: str, d: int = 1, n: int = 3, kind: Any = "identity", **more: Any
) -> dnnt.Instance:
    """A graph on vertices of one letter; an edge is (ends, the space of each weight, that of the bias)."""
    names = sorted({end for ends, _, _ in edges for end in ends if end != SOURCE} | set(outputs))
    return dnnt.graph(
        inputs=d,
        vertices=[(name, kind) for name in names],
        outputs=list(outputs),
        edges=[
            {"from": ends[0], "to": ends[1], "weights": [weights] * (d if ends[0] == SOURCE else 1), "bias": bias}
            for ends, weights, bias in edges
        ],
        samples=[([i + 1] * d, [1] * len(outputs)) for i in range(n)],
        **more,
    )


def ids(instance: dnnt.Instance) -> list[str]:
    return [each.theorem for each in profile(instance).theorems]


def says(instance: dnnt.Instance, theorem: str) -> str:
    (text,) = (each.says for each in profile(instance).theorems if each.theorem == theorem)
    return text


IDENTITY, RELU, STEP = ("identity", "identity"), ("relu", "identity"), ("step", "identity")
P = "previous work: "
SUBSET_SUM = dnnt.layered(
    inputs=1,
    layers=[
        {"units": 3, "activation": "identity", "weights": [0, 3], "bias": [0]},
        {"units": 1, "activation": "identity", "weights": [1], "bias": [0]},
    ],
    samples=[([1], [6])],
)
SUBSET_SUM_DECIDED = dnnt.Instance(SUBSET_SUM.network, SUBSET_SUM.samples, SUBSET_SUM.loss, 0)
SQUARES = [(2, "quarter_square", BIT, NONE)] * 4
CHAIN = [("ab", ONE, BIT), ("bc", ONE, NONE), ("cd", ONE, NONE), ("sd", ONE, NONE)]
"""Constants a, b, c with a choice, and an edge from the source to d: one edge deep, yet no two-layer network."""

WHOLE: list[tuple[str, dnnt.Instance, list[str]]] = [
    ("subset sum", SUBSET_SUM, ["1.3", "1.6"]),
    ("one neuron, many samples", bits(IDENTITY, 1, d=4), ["1.5", "1.6"]),
    ("one neuron without a hidden layer", layers((1, "identity", BIT, NONE)), ["1.5", "1.6"]),
    ("one input, several outputs", bits(IDENTITY, 2, 2, d=1), ["1.4", "1.6"]),
    ("one sample, one input, several outputs", bits(IDENTITY, 2, 2, d=1, n=1), ["1.3", "1.4", "1.6"]),
    ("linear, wider", bits(IDENTITY, 3, d=4), ["nearest: 1.5", "1.6"]),
    ("linear, one sample, many inputs", bits(IDENTITY, 3, d=4, n=1), ["nearest: 1.3", "1.6"]),
    ("ReLU", bits(RELU), ["nearest: 1.5", "1.6", f"nearest: {P}Goel et al. 2021"]),
    ("ReLU, one input", bits(RELU, d=1), ["nearest: 1.3", "1.6", f"nearest: {P}Goel et al. 2021"]),
    ("thresholds", bits(("sign", "step")), ["1.6", f"nearest: {P}Blum and Rivest 1988"]),
    ("other activations", bits(("floor", "square")), ["1.6"]),
    ("a loss that asks for no exact fit", bits(IDENTITY, 1, loss={"kind": "hinge", "margin": 1}), ["1.6"]),
    ("one layer, one input", layers((1, "identity", BIT, BIT), d=1), ["1.6"]),
    ("no inputs", bits(IDENTITY, d=0), ["1.6"]),
    ("deep, linear", layers(*[(2, "identity", BIT, NONE)] * 3), ["1.1"]),
    ("deep, squares", layers(*SQUARES), ["1.1"]),
    ("a chain of constants", graph(CHAIN, "d"), ["1.1"]),
    ("an output that feeds another", graph([("sa", BIT, NONE), ("ab", BIT, NONE)], "ab"), ["1.1"]),
    ("restricted, two layers", two(RELU, weights=ONE, bias=(NONE, NONE)), ["1.1"]),
    ("restricted, deep", layers(*[(2, "square", ONE, NONE)] * 4), ["1.1"]),
    ("no parameters", graph([], "a"), ["1.1"]),
    ("an empty space", layers((1, "identity", [], NONE)), []),
    ("no samples", bits(IDENTITY, n=0), []),
    ("no outputs", graph([("sa", BIT, NONE)], ""), []),
    ("real, no samples", two(RELU, n=0), []),
    (
        "real, one ReLU unit",
        two(RELU, 1),
        ["1.2"] + [P + who for who in (
            "Dey, Wang and Xie 2020", "Froese, Hertrich and Niedermeier 2022", "Arora et al. 2018",
            "Pilanci and Ergen 2020",
        )],
    ),
    (
        "real, one ReLU unit and nothing else",
        layers((1, "relu", REAL, REAL)),
        ["1.2", P + "Dey, Wang and Xie 2020", P + "Froese, Hertrich and Niedermeier 2022"],
    ),
    (
        "real, ReLU",
        two(RELU, 3),
        ["1.2"] + [P + who for who in (
            "Goel et al. 2021", "Froese, Hertrich and Niedermeier 2022", "Froese and Hertrich 2024",
            "Arora et al. 2018", "Pilanci and Ergen 2020",
        )],
    ),
    (
        "real, ReLU, two outputs",
        two(RELU, 3, 2),
        ["1.2", P + "Goel et al. 2021", P + "Froese and Hertrich 2024", P + "Bertschinger et al. 2023"],
    ),
    ("real, ReLU all the way", two(("relu", "relu")), ["1.2", P + "Boob, Dey and Lan 2022"]),
    (
        "real, three thresholds",
        two(("step", "sign"), bias=(REAL, REAL)),
        ["1.2", P + "Blum and Rivest 1988", P + "Megiddo 1988"],
    ),
    ("real, thresholds, two outputs", two(("step", "step"), 2, 2, bias=(REAL, REAL)), ["1.2", P + "Judd 1988"]),
    (
        "real, thresholds below a linear output",
        two(STEP),
        ["1.2", P + "Froese and Hertrich 2024", P + "Khalife, Cheng and Basu 2024"],
    ),
    (
        "real, deep thresholds",
        layers(*[(2, "sign", REAL, REAL)] * 3, (1, "identity", REAL, NONE)),
        ["1.2", P + "Khalife, Cheng and Basu 2024"],
    ),
    ("real, linear, fully connected", two(IDENTITY), ["1.2", "nearest: previous work"]),
    ("real, deep ReLU", layers(*[(2, "relu", REAL, REAL)] * 3), ["1.2", "nearest: previous work"]),
    ("partly real", layers((2, "relu", REAL, REAL), (1, "identity", BIT, NONE)), ["1.2", "nearest: previous work"]),
]  # fmt: skip


@pytest.mark.parametrize(("instance", "right"), [row[1:] for row in WHOLE], ids=[row[0] for row in WHOLE])
def test_exact_lists(instance: dnnt.Instance, right: list[str]) -> None:
    assert ids(instance) == right


SPARSE = [("sa", REAL, REAL), ("sb", REAL, REAL), ("ac", REAL, REAL), ("bd", REAL, REAL)]
FULL = [*SPARSE, ("ad", REAL, REAL), ("bc", REAL, REAL)]
LINEAR = (P + "Abrahamsen, Kleist and Miltzow 2021", graph(SPARSE, "cd", d=2))

TARGETS = [
    ("subset-sum-to-dnnt", SubsetSum((3, 5, 7), 12), {"1.3", "1.6"}),
    ("csp-to-dnnt", CSP((1, 2), ("u", "v"), (Constraint(("u", "v"), ((1, 2),)),) * 2), {"1.3", "1.4", "1.6"}),
    ("exact-cover-to-dnnt", ExactCover((1, 2), ((1,), (2,), (1, 2)), 2), {"1.5", "1.6"}),
    ("slp-to-dnnt", StraightLineProgram((("+", 0, 0), *(("*", i, i) for i in range(1, 9)))), {"1.1"}),
    ("dnnt-to-cnnt", SUBSET_SUM_DECIDED, {"1.2", "nearest: previous work"}),
]


@pytest.mark.parametrize(("rule", "source", "right"), TARGETS, ids=[row[0] for row in TARGETS])
def test_the_targets_of_reductions(rule: str, source: Any, right: set[str]) -> None:
    """What a theorem's own reduction makes is in its class."""
    assert set(ids(reduction(rule).reduce(source).target)) == right


BORDERS: list[tuple[str, dnnt.Instance, list[dnnt.Instance]]] = [
    ("1.1", layers(*SQUARES), [layers(*SQUARES[:2]), layers(*[(2, "square", REAL, NONE)] * 4)]),
    ("1.2", two(RELU), [bits(RELU)]),
    (
        "1.3",
        SUBSET_SUM,
        [
            bits(IDENTITY, d=1, n=2),
            bits(IDENTITY, n=1),
            bits(RELU, d=1, n=1),
            layers((1, "identity", BIT, NONE), d=1, n=1),
            bits(IDENTITY, d=1, n=1, loss={"kind": "hinge", "margin": 1}),
            two(IDENTITY, 1, weights=ONE, bias=(NONE, NONE), d=1, n=1),
        ],
    ),
    ("1.4", bits(IDENTITY, 2, 2, d=1), [bits(IDENTITY, 2, 1, d=1), bits(IDENTITY, 2, 2), bits(RELU, 2, 2, d=1)]),
    (
        "1.5",
        bits(IDENTITY, 1),
        [bits(IDENTITY, 2), bits(IDENTITY, 1, d=1), bits(IDENTITY, 1, n=1), bits(IDENTITY, 1, 2), bits(RELU, 1)],
    ),
    ("1.6", bits(("floor", "abs"), 2, 3), [layers(*SQUARES[:3]), two(RELU), graph(CHAIN, "d")]),
    ("nearest: 1.3", bits(("abs", "identity"), d=1), [bits(("floor", "identity"), d=1), SUBSET_SUM]),
    ("nearest: 1.5", bits(("identity", "relu"), 1), [bits(IDENTITY, 1), bits(RELU, n=1)]),
    (P + "Dey, Wang and Xie 2020", two(RELU, 1), [two(RELU, 2), two(RELU, 1, gamma=0), two(RELU, 1, loss="absolute")]),
    (P + "Goel et al. 2021", two(RELU, 1, gamma=0), [two(RELU, 1, gamma=1), two(("abs", "identity"), gamma=0)]),
    (P + "Boob, Dey and Lan 2022", two(("relu", "relu"), 2), [two(("relu", "relu"), 3), two(RELU)]),
    (
        P + "Froese, Hertrich and Niedermeier 2022",
        two(RELU, 1, loss="zero_one"),
        [two(RELU, 1, gamma=0), two(RELU, 2, 2), two(RELU, loss={"kind": "hinge", "margin": 1})],
    ),
    (P + "Froese and Hertrich 2024", two(STEP), [two(STEP, d=1), two(STEP, 1), two(("sign", "abs"))]),
    (P + "Bertschinger et al. 2023", two(RELU, 3, 2), [two(RELU, 3, 2, d=1), two(RELU, 3), two(IDENTITY, 3, 2)]),
    (
        *LINEAR,
        [
            graph(FULL, "cd", d=2),
            graph([*SPARSE, ("sc", REAL, REAL)], "cd", d=2),
            graph(SPARSE, "cd", d=2, kind="relu"),
        ],
    ),
    (
        P + "Blum and Rivest 1988",
        two(("sign", "step"), bias=(REAL, REAL)),
        [two(("sign", "step"), 3, bias=(REAL, REAL)), two(("sign", "step")), two(STEP, bias=(REAL, REAL))],
    ),
    (
        P + "Megiddo 1988",
        two(("step", "step"), 3, bias=(REAL, REAL)),
        [two(("step", "step"), 1, bias=(REAL, REAL)), two(("step", "step"), 3, 2, bias=(REAL, REAL))],
    ),
    (P + "Judd 1988", two(("step", "sign"), 3, 2, bias=(REAL, REAL)), [two(("step", "sign"), 3, bias=(REAL, REAL))]),
    (P + "Arora et al. 2018", two(RELU, d=1), [two(RELU, 2, 2), two(RELU, loss="zero_one"), two(IDENTITY)]),
    (P + "Pilanci and Ergen 2020", two(RELU), [two(RELU, 2, 2), two(STEP)]),
    (P + "Khalife, Cheng and Basu 2024", two(STEP, 1), [two(RELU), two(STEP, loss="zero_one"), two(("step", "step"))]),
    ("nearest: previous work", two(("floor", "identity")), [two(RELU), bits(("floor", "identity"))]),
    (f"nearest: {P}Goel et al. 2021", bits(RELU), [two(RELU), bits(("abs", "identity"))]),
    (f"nearest: {P}Blum and Rivest 1988", bits(STEP), [two(STEP), bits(("floor", "identity"))]),
]


@pytest.mark.parametrize(("name", "inside", "outside"), BORDERS, ids=[row[0] for row in BORDERS])
def test_both_sides_of_every_border(name: str, inside: dnnt.Instance, outside: list[dnnt.Instance]) -> None:
    assert name in ids(inside)
    for instance in outside:
        assert name not in ids(instance)


def test_every_row_has_its_border() -> None:
    assert [row.theorem for row in ROWS] == sorted({row[0] for row in BORDERS}, key=[r.theorem for r in ROWS].index)


def test_a_graph_and_its_layers_agree() -> None:
    """The same network, written as layers and as a graph, is in the same classes."""
    for _, instance, right in WHOLE:
        written = dnnt.Instance(instance.network.graph(), instance.samples, instance.loss, instance.gamma)
        assert ids(written) == right
        assert profile(written).regime == profile(instance).regime


@pytest.mark.parametrize(
    ("instance", "words"),
    [
        (layers((1, "identity", [], NONE), n=0), ["A space is empty"]),
        (bits(IDENTITY, n=0), ["total loss of every choice is 0."]),
        (bits(IDENTITY, n=0, gamma=0), ["0, so gamma is reached."]),
        (bits(IDENTITY, n=0, gamma=-1), ["0, which is above gamma."]),
        (graph([("sa", BIT, NONE)], ""), ["Without outputs"]),
        (graph([], "a"), ["no parameters", "No output depends"]),
        (two(RELU, weights=ONE, bias=(NONE, NONE)), ["Restricted", "polynomial time"]),
        (layers(*[(1, "square", ONE, NONE)] * 3), ["Restricted", "at 3 vertices", "not known to be in NP"]),
        (bits(("square", "square")), ["two layers", "is in NP"]),
        (layers(*[(1, "floor", BIT, NONE)] * 9), ["(depth 9)", "no activation multiplies", "is in NP"]),
        (layers(*[(1, "relu", BIT, NONE)] * 9, *SQUARES[:2]), ["(depth 11)", "at most twice on a path", "is in NP"]),
        (layers(*SQUARES), ["(depth 4)", "at 4 vertices", "not known to be in NP"]),
        (bits((lambda z: z, "identity")), ["is in NP, as long as the functions given from Python"]),
        (graph([("sa", BIT, NONE), ("ab", BIT, NONE)], "ab"), ["not of the two-layer form", "is in NP"]),
        (two(RELU), ["Continuous", "∃R"]),
        (two(("floor", "identity")), ["Continuous"]),
        (two(RELU, bias=([0, 1], NONE)), ["Mixed", "∃R"]),
    ],
)
def test_regimes(instance: dnnt.Instance, words: list[str]) -> None:
    said = " ".join(profile(instance).regime)
    for word in words:
        assert word in said
    assert ("∃R" in said) == ("∃R" in words)
    assert ("is in NP" in said) == any("is in NP" in word for word in words)


def test_what_the_issue_forbids() -> None:
    """Claims of the paper that are not true, or that do not follow, are not repeated."""
    for _, instance, _ in WHOLE:
        found = profile(instance)
        text = " ".join((*found.regime, *(each.says for each in found.theorems)))
        assert not re.search(r"strictly|harder than NP|always (be )?fit|over-?param|linear activation", text)
        assert len(found.theorems) <= 6
        assert all(len(each.says) < 480 and each.says.endswith(".") for each in found.theorems)


def test_figures() -> None:
    assert "M^O(12) for 4 distinct inputs and 3 outputs" in says(bits(IDENTITY, 2, 3, n=4), "1.6")
    assert "n = 3 distinct" in says(bits(IDENTITY, 1, d=7), "1.5")
    assert "d = 7" in says(bits(IDENTITY, 1, d=7), "1.5")
    assert "here 6" in says(layers(*SQUARES, *SQUARES[:2]), "1.1")
    assert "k = 10" in says(bits(IDENTITY, 2, 10, d=1), "1.4")
    assert "here n = 5, d = 3, k = 4." in says(two(RELU, 4, d=3, n=5), P + "Arora et al. 2018")


def test_zero_one_weights_are_tractable_in_the_width() -> None:
    """The paper's sentence on weights 0 and 1 is false: the bound that is named instead holds."""
    for k, t in product((1, 2, 3), (2, 3)):
        instance = bits(IDENTITY, k, t, d=1, n=1)
        width = max(k, t)
        assert "fixed-parameter tractable" in says(instance, "1.4")
        choices = profile(instance).parameter_choices
        assert choices is not None
        assert choices <= 4 ** (width**2 + 2 * width)
    assert "fixed-parameter" not in says(two(IDENTITY, 2, 2, [0, 1, 2], (NONE, NONE), d=1, n=1), "1.4")
    parallel = [("sa", BIT, NONE)] * 20 + [("ab", BIT, NONE), ("ac", BIT, NONE)]
    assert "fixed-parameter" not in says(graph(parallel, "bc"), "1.4")


@pytest.mark.parametrize("kind", ["relu", "abs", {"kind": "leaky_relu", "slope": "1/3"}])
def test_the_reductions_hold_beyond_the_identity(kind: Any) -> None:
    """What "nearest" claims: subset sum and exact cover meet no negative number, so these act as the identity."""
    random = Random(5)
    for _ in range(10):
        items, target = [random.randint(0, 6) for _ in range(4)], random.randint(0, 14)
        answers = []
        for each in ("identity", kind):
            first = [{"from": "s", "to": f"h{i}", "weights": [[0, a]], "bias": [0]} for i, a in enumerate(items)]
            second = [{"from": f"h{i}", "to": "t", "weights": [[1]], "bias": [0]} for i in range(4)]
            vertices = [(f"h{i}", each) for i in range(4)] + [("t", each)]
            instance = dnnt.graph(1, vertices, ["t"], first + second, [([1], [target])])
            answers.append(least(instance))
        assert answers[0] == answers[1]
        assert (answers[1] == 0) == any(
            sum(a for a, chosen in zip(items, choice, strict=True) if chosen) == target
            for choice in product((0, 1), repeat=4)
        )
        sets = [[random.randint(0, 1) for _ in range(3)] for _ in range(4)]
        rows = [(column, (1,)) for column in zip(*sets, strict=True)] + [((1,) * 4, (2,))]
        covers = [
            dnnt.layered(
                inputs=4,
                layers=[{"units": 1, "activation": each, "weights": w, "bias": [0]} for w in (BIT, ONE)],
                samples=rows,
            )
            for each in ("identity", kind)
        ]
        assert least(covers[0]) == least(covers[1])


def least(instance: dnnt.Instance) -> Any:
    """The least total loss, by trying everything."""
    return min(dnnt.evaluate(instance, given).total for given in all_parameters(instance))


def test_lengths_are_as_the_regime_says() -> None:
    """Numbers in networks "in NP" add to their length with each layer; where they are said to double, they can."""

    def length(kind: str, depth: int) -> int:
        layer = {"units": 1, "activation": kind, "weights": [3], "bias": [0]}
        instance = dnnt.layered(inputs=1, layers=[layer] * depth, samples=[([5], [0])], loss="absolute")
        return int(dnnt.evaluate(instance, of_edges([((3,), 0)] * depth)).total).bit_length()

    assert length("relu", 20) - length("relu", 10) == pytest.approx(length("relu", 40) - length("relu", 30), abs=1)
    assert length("square", 10) > 2 * length("square", 9) - 2


def test_huge_and_wide_instances() -> None:
    """Units are never counted one by one."""
    big = 10**100
    assert ids(two(RELU, big)) == ids(two(RELU, 3))
    assert "here k = about 10^100" in says(two(RELU, big), P + "Goel et al. 2021")
    assert ids(bits(IDENTITY, big, d=1, n=1)) == ["1.3", "1.6"]
    assert ids(layers(*[(big, "square", BIT, NONE)] * 50, (1, "identity", BIT, NONE))) == ["1.1"]


def test_dead_vertices_do_not_count() -> None:
    """What no output depends on changes nothing, whatever its activation."""
    plain, more = (
        dnnt.graph(
            1,
            [("h", "identity"), ("t", "identity"), *((name, "square") for name in "abc")],
            ["t"],
            [{"from": u, "to": v, "weights": [BIT], "bias": NONE} for u, v in edges],
            [([1], [1])],
        )
        for edges in (("sh", "ht"), ("sh", "ht", "ha", "ab", "bc", "sc"))
    )
    assert ids(more) == ids(plain) == ["1.3", "1.6"]
