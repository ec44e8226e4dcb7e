"""The activations and losses that reductions need: hand-computed values, legal and illegal forms, long numbers."""

from __future__ import annotations

import copy
import random
import time
from fractions import Fraction
from typing import Any

import pytest

import dnnt_check
from dnnt_check.activations import read_activation
from dnnt_check.budget import Invalid, Work
from dnnt_check.decimals import decimal_places, digit_count
from dnnt_check.loss_reading import check_labels, read_loss
from dnnt_check.numbers import normal
from tests.dnnt_check.cases import Naive, activate, certificate, encode, reachable, sample_loss
from tests.dnnt_check.reduction_cases import DIGIT_KINDS
from tests.dnnt_check.test_lower_parts import agree, edge, line, network

Q = Fraction


def value(activation: Any, z: Any) -> Any:
    """What the checker's activation gives."""
    work = Work()
    return read_activation(activation, "here", work).function(work)(normal(Q(z)))


WINDOWS = {"kind": "windows", "inside": "square", "bound": 5, "zero": [[5, 7], [10, "21/2"]]}


@pytest.mark.parametrize(
    ("activation", "z", "expected"),
    [
        ("digit_code", 0, 0),
        ("digit_code", 7, "0.71"),
        ("digit_code", -7, "0.72"),
        ("digit_code", 10, "0.101"),
        ("digit_code", -999, "0.9992"),
        ("digit_code", 1000, "0.10001"),
        ("digit_code", "1/2", 0),
        ("digit_code", "-7/3", 0),
        ("digit_product", 5, 0),
        ("digit_product", 0, 0),
        ("digit_product", "7.71", 49),
        ("digit_product", "7.72", -49),
        ("digit_product", "-6.29", -49),
        ("digit_product", "-6.28", 49),
        ("digit_product", "7.101", 70),
        ("digit_product", "22/3", 0),
        ("digit_product", "3.5", 0),
        ("digit_product", "1.0021", 2),
        ("digit_product", "1.125", -12),
        ("printed_code", 0, 0),
        ("printed_code", 7, "0.7"),
        ("printed_code", 10, "0.10"),
        ("printed_code", -12, "-0.12"),
        ("printed_code", "25/2", "0.125"),
        ("printed_code", "1/3", "1/30"),
        ("printed_code", "-0.5", "-0.05"),
        ("printed_product", "7.7", 49),
        ("printed_product", "7.1", 7),
        ("printed_product", "2.8", 16),
        ("printed_product", "-2.5", -15),
        ("printed_product", "9/7", 0),
        ("printed_product", 4, 0),
        (WINDOWS, 3, 9),
        (WINDOWS, "-9/2", "81/4"),
        (WINDOWS, 5, 0),
        (WINDOWS, -7, 0),
        (WINDOWS, "15/2", "15/2"),
        (WINDOWS, -8, -8),
        (WINDOWS, "-21/2", 0),
        ({**WINDOWS, "bound": 0}, 0, 0),
        ({**WINDOWS, "inside": {"kind": "constant", "value": 3}, "zero": [[0, 100]]}, 2, 3),
    ],
)
def test_activation_by_hand(activation: Any, z: Any, expected: Any) -> None:
    assert value(activation, z) == Q(expected)
    assert activate(activation, Q(z)) == Q(expected)


def test_products_of_codes() -> None:
    """Lemma 3.5, repaired: an integer plus the code of an integer gives their product."""
    rng = random.Random(1)
    for _ in range(400):
        a, b = (rng.choice([0, 1, -1, 10, -100, rng.randint(-(10**6), 10**6)]) for _ in range(2))
        assert value("digit_product", a + value("digit_code", b)) == a * b


@pytest.mark.parametrize("kind", DIGIT_KINDS)
def test_digits_against_texts(kind: str) -> None:
    rng = random.Random(2)
    for _ in range(600):
        below = 2 ** rng.randint(0, 6) * 5 ** rng.randint(0, 6) * rng.choice([1, 1, 1, 3])
        z = Q(rng.randint(-(10**9), 10**9), below) / rng.choice([1, 10**6])
        assert value(kind, z) == activate(kind, z)


def test_digit_counts() -> None:
    work = Work()
    for exponent in [*range(1, 60), 999, 1000, 4321]:
        for near in (-1, 0, 1):
            number = 10**exponent + near
            assert digit_count(number, work) == digit_count(-number, work) == exponent + (near >= 0)
    for length in range(1, 400):
        for number in (2**length - 1, 2**length):
            assert digit_count(number, work) == len(str(number))


def test_decimal_places() -> None:
    work = Work()
    for twos in range(0, 90, 7):
        for fives in range(90):
            assert decimal_places(2**twos * 5**fives, work) == (twos, fives)
            for other in (3, 7, 9):
                assert decimal_places(2**twos * 5**fives * other, work) is None
    assert decimal_places(5**40 + 2, work) is None


@pytest.mark.parametrize(
    "activation",
    [
        "digitcode",
        {"kind": "digit_code"},
        {"kind": "windows", "inside": "relu", "bound": 1},
        {**WINDOWS, "bound": -1},
        {**WINDOWS, "inside": WINDOWS},
        {**WINDOWS, "bound": None},
        {**WINDOWS, "inside": "sine"},
        {**WINDOWS, "zero": [[2, 1]]},
        {**WINDOWS, "zero": [[1, 2, 3]]},
        {**WINDOWS, "zero": {}},
        {**WINDOWS, "more": 1},
    ],
)
def test_illegal_activations(activation: Any) -> None:
    with pytest.raises(Invalid):
        read_activation(activation, "here", Work())


@pytest.mark.parametrize("kind", DIGIT_KINDS)
def test_long_numbers_are_charged(kind: str) -> None:
    """Numbers of 10^5 digits take a moment, and far longer ones are given up, not waited for."""
    for z in (Q(3**209_000), Q(3**209_000, 10**90_000), Q(10**99_999 + 7, 2**300_000), Q(1, 5**140_000)):
        begun = time.monotonic()
        work = Work(20)
        read_activation(kind, "here", work).function(work)(normal(z))
        assert time.monotonic() - begun < 10


@pytest.mark.parametrize("kind", ["digit_code", "printed_code"])
def test_very_long_numbers_are_given_up(kind: str) -> None:
    begun = time.monotonic()
    work = Work(2)
    with pytest.raises(Invalid, match="too much work"):
        read_activation(kind, "here", work).function(work)((1 << 90_000_000) - 1)
    assert time.monotonic() - begun < 10


# ---------------------------------------------------------------- losses


def loss_of(loss: Any, f: list[Any], y: list[Any]) -> Any:
    """What the checker's loss gives."""
    work = Work()
    return read_loss(loss, len(f), "here", work).function(work)(
        tuple([normal(Q(v)) for v in f]), tuple([normal(Q(v)) for v in y])
    )


# Allowed: 1 + 4 * 2 = 9 and 2 + 4 * 1 = 6 at the first output, 1 + 4 * 1 = 5 at the second.
PAIRS = {"kind": "pairs", "size": 2, "allowed": [[[1, 2], [2, 1]], [[1, 1]]]}
PRINTED = {**PAIRS, "kind": "printed_pairs"}
GUARDED: dict[str, Any] = {
    "kind": "guarded",
    "tag": 2,
    "penalty": 9,
    "outputs": [0],
    "loss": "absolute",
    "checks": [{"output": 1, "in": [0, 1, "1/2"]}],
    "cases": [
        {
            "base": 1,
            "weight": "1/2",
            "x": [3, -1],
            "checks": [{"output": 0, "activation": "relu", "terms": [[2, [1], [0]], ["1/2", [], []], [1, [1, 1], []]]}],
        },
        {"base": 2, "weight": 0, "x": [5], "checks": [{"output": 0, "in": {"from": -1, "to": 1, "step": "1/3"}}]},
    ],
}


@pytest.mark.parametrize(
    ("loss", "f", "y", "expected"),
    [
        ("positive", [3], [3], 0),
        ("positive", [-3], [-3], 0),
        ("positive", ["1/9"], [3], 1),
        ("positive", [0], [3], 2),
        ("positive", [1, -1], [1, 1], 2),
        ("positive", [1, 2], [1, 1], 1),
        ("positive", [], [], 0),
        (PAIRS, [9, 5], [0, 0], 1),
        (PAIRS, [6, 5], [0, 0], 1),
        (PAIRS, [5, 5], [0, 0], 2),
        (PAIRS, [9, "11/2"], [0, 0], 2),
        (PAIRS, [0, 0], [0, 0], 0),
        (PAIRS, [9, 5], [9, 5], 0),
        (PRINTED, [9, 5], [9, 5], 1),
        (PRINTED, [0, 0], [0, 0], 2),
        ({"kind": "pairs", "size": 0, "allowed": [[]]}, [1], [0], 2),
        ({"kind": "pairs", "size": 0, "allowed": []}, [], [], 0),
        ({"kind": "printed_pairs", "size": 0, "allowed": []}, [], [], 1),
        # 2 * 1/2 * 3 + 1/2 + 1/4 = 15/4.
        (GUARDED, ["15/4", "1/2", 0], [3, 0, 1], Q(11, 8)),
        (GUARDED, ["15/4", "1/2", 0], ["15/4", "1/2", 0], 0),
        (GUARDED, ["15/4", "1/2", 1], ["15/4", "1/2", 1], 0),
        (GUARDED, [4, "1/2", 0], [3, 0, 1], 9),
        (GUARDED, ["15/4", "1/3", 0], [3, 0, 1], 9),
        (GUARDED, ["1/2", 0, 0], [3, 0, 1], Q(9, 4)),
        (GUARDED, ["1/3", 1, 7], [3, 0, 2], 2),
        (GUARDED, ["1/2", 1, 7], [3, 0, 2], 9),
        (GUARDED, ["1/3", 1, 7], [3, 0, 3], 9),
        (GUARDED, ["1/3", 1, 7], [3, 0, 0], 9),
        (GUARDED, ["1/3", 1, 7], [3, 0, "3/2"], 9),
    ],
)
def test_loss_by_hand(loss: Any, f: list[Any], y: list[Any], expected: Any) -> None:
    assert loss_of(loss, f, y) == expected
    assert sample_loss(loss, [Q(v) for v in f], [Q(v) for v in y]) == expected


def changed(value: Any, *path: Any, new: Any) -> Any:
    result = copy.deepcopy(value)
    inner = result
    for key in path[:-1]:
        inner = inner[key]
    if new is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return result


CASE = ("cases", 0)
CHECK = ("cases", 0, "checks", 0)
TERM = (*CHECK, "terms", 0)


@pytest.mark.parametrize(
    ("loss", "path", "new"),
    [
        (PAIRS, ("size",), -1),
        (PAIRS, ("size",), 1),
        (PAIRS, ("size",), "2"),
        (PAIRS, ("allowed",), [[]]),
        (PAIRS, ("allowed",), [[]] * 3),
        (PAIRS, ("allowed",), {}),
        (PAIRS, ("allowed", 0, 0), [0, 1]),
        (PAIRS, ("allowed", 0, 0), [3, 1]),
        (PAIRS, ("allowed", 0, 0), [1]),
        (PAIRS, ("allowed", 0, 0), [1, "1"]),
        (PAIRS, ("allowed", 0, 0), [1, 1.5]),
        (PAIRS, ("values",), []),
        (PAIRS, ("kind",), "pair"),
        (GUARDED, ("tag",), 3),
        (GUARDED, ("tag",), -1),
        (GUARDED, ("tag",), ...),
        (GUARDED, ("penalty",), -1),
        (GUARDED, ("outputs",), [0, 0]),
        (GUARDED, ("outputs",), [3]),
        (GUARDED, ("loss",), "unknown"),
        (GUARDED, ("loss",), PAIRS),
        (GUARDED, ("loss",), {**GUARDED, "tag": 0, "outputs": [0], "checks": [], "cases": []}),
        (GUARDED, ("more",), 1),
        (GUARDED, ("checks", 0, "output"), 3),
        (GUARDED, ("checks", 0, "in"), "name"),
        (GUARDED, ("checks", 0, "in"), "real"),
        (GUARDED, ("checks", 0, "in"), {"from": 2, "to": 1}),
        (GUARDED, ("checks", 0, "terms"), []),
        (GUARDED, ("checks", 0), {"output": 0, "activation": "relu", "terms": [[1, [], [1]]]}),
        (GUARDED, ("cases",), {}),
        (GUARDED, (*CASE, "base"), -1),
        (GUARDED, (*CASE, "weight"), "-1/2"),
        (GUARDED, (*CASE, "x"), 3),
        (GUARDED, (*CASE, "x"), []),
        (GUARDED, (*CASE, "y"), []),
        (GUARDED, (*CHECK, "activation"), "sine"),
        (GUARDED, (*CHECK, "activation"), ...),
        (GUARDED, TERM, [1, [1]]),
        (GUARDED, TERM, [1, [3], []]),
        (GUARDED, TERM, [1, [1], [2]]),
        (GUARDED, TERM, [1, [1], [-1]]),
        (GUARDED, TERM, ["one", [], []]),
        (GUARDED, TERM, [1, 1, []]),
    ],
)
def test_illegal_losses(loss: Any, path: tuple[Any, ...], new: Any) -> None:
    outputs = 2 if "allowed" in loss else 3
    read_loss(loss, outputs, "here", Work())
    with pytest.raises(Invalid, match=r"^here"):
        read_loss(changed(loss, *path, new=new), outputs, "here", Work())


def test_common_checks_may_use_what_every_case_has() -> None:
    common = {"output": 0, "activation": "identity", "terms": [[1, [], [0]]]}
    read_loss(changed(GUARDED, "checks", 0, new=common), 3, "here", Work())
    shorter = changed(changed(GUARDED, "checks", 0, new=common), "cases", 1, "x", new=[])
    with pytest.raises(Invalid, match="x has no such coordinate"):
        read_loss(shorter, 3, "here", Work())


def test_labels_of_a_guarded_loss() -> None:
    """Labels have to suit the loss inside where a case with a weight pays it."""
    loss = read_loss(changed(GUARDED, "loss", new="misclassified"), 3, "loss", Work())
    check_labels(loss, (1, 7, 1), "y")
    check_labels(loss, (3, 7, 2), "y")
    check_labels(loss, (3, 7, 3), "y")
    with pytest.raises(Invalid, match="misclassified needs a label"):
        check_labels(loss, (3, 7, 1), "y")


# ---------------------------------------------------------------- reachability


def test_activations_without_breaks_at_an_output() -> None:
    """They are not bisected: every digit is looked at, or the proof is refused."""
    space = {"from": -4, "to": 4, "step": "1/4"}
    losses: list[Any] = ["squared", "absolute", "maximum", "zero_one", "positive", {"kind": "hinge", "margin": 2}]
    losses.append({"kind": "pairs", "size": 2, "allowed": [[[1, 1], [2, 2]]]})
    losses.append({"kind": "printed_pairs", "size": 1, "allowed": [[[1, 1]]]})
    for kind in (*DIGIT_KINDS, {**WINDOWS, "inside": "digit_code", "bound": 3, "zero": [[3, "7/2"]]}, "identity"):
        for loss in losses:
            samples = [([1], ["1/10"]), ([1], ["7/2"]), ([2], [-3])]
            instance = network({"t": kind}, ["t"], [edge("s", "t", [space], [0, 1])], samples, loss=loss)
            least, _ = Naive(instance).best()
            assert least is not None
            agree(instance, least, reachable([], "targets"), random.Random(0))
            agree(instance, least, reachable([], "points"), random.Random(0))
    long = {"from": 0, "to": 10**15}
    instance = network({"t": "digit_code"}, ["t"], [edge("s", "t", [long], [0])], [([1], [2])])
    found = line(instance, Q(1), False, reachable([], "targets", right=10**18))
    assert found.startswith("INVALID too much work: 1e+15 digits of an output with the activation digit_code")


@pytest.mark.parametrize("loss", ["positive", {"kind": "pairs", "size": 10**6, "allowed": [[[3, 4], [5, 10**6]]]}])
def test_targets_of_these_losses_in_a_long_box(loss: Any) -> None:
    """With other activations they are bisected: the box has 10^12 digits and more."""
    items = [3**25 + i * i for i in range(12)]
    names = [f"h{i}" for i in range(12)]
    edges = [edge("s", name, [[0, item]], [0]) for name, item in zip(names, items, strict=True)]
    edges += [edge(name, "t", [[-1]], [0]) for name in names]
    vertices = {**dict.fromkeys(names, "identity"), "t": "identity"}
    instance = network(vertices, ["t"], edges, [([1], [sum(items) + 1])], loss=loss)
    assert line(instance, Q(2), False, reachable([[0, 6]], "targets")) == "VALID loss >= 2"
    assert line(instance, Q(2), True, reachable([[0, 6]], "targets")).startswith("INVALID")
    if loss == "positive":
        return  # There is a target for every number above 0.
    edges[-1]["bias"] = [0, 3 + 2 * 10**6 * 4]
    reached = "INVALID lower: a state with the loss 1 is reachable"
    assert line(instance, Q(1), True, reachable([[0, 6]], "targets")) == reached


def test_hidden_units_need_no_order() -> None:
    """Digit functions of hidden units, also where sets are long integers."""
    space = {"from": -12, "to": 12}
    for kind in DIGIT_KINDS:
        hidden = [edge("s", "h", [space, [0, "1/2"]], [0]), edge("h", "t", [{"from": -3, "to": 3}], [0])]
        instance = network({"h": kind, "t": "identity"}, ["t"], hidden, [([1, 1], [5]), ([2, 1], [3])])
        least, parameters = Naive(instance).best()
        assert least is not None
        assert parameters is not None
        for last in ("points", "targets") if "product" in kind else ("points",):
            agree(instance, least, reachable([[0, 1]], last), random.Random(0))
        data = encode(instance)
        assert dnnt_check.check(data, encode(certificate(data, (parameters, least)))).upper == least


def test_only_true_targets_of_a_guarded_loss_are_counted() -> None:
    """All digits of an output are looked at; those whose loss is small enough are the targets."""
    case = {"base": 1, "weight": 0, "x": [], "checks": [{"output": 0, "in": [7, "1/2", 1000]}]}
    guarded = {"kind": "guarded", "tag": 0, "penalty": 3, "outputs": [], "loss": "squared", "checks": []}
    samples = [([1], [1])]
    space = {"from": 2, "to": 99}
    for cases, least in (([case], 1), ([{**case, "checks": [{"output": 0, "in": [0]}]}], 3)):
        loss = {**guarded, "cases": cases}
        instance = network({"t": "identity"}, ["t"], [edge("s", "t", [space], [0])], samples, loss=loss)
        for strict, size in ((False, 0), (True, 1)):
            found = line(instance, Q(least), strict, reachable([], "targets", last=size))
            assert found == f"VALID loss >= {least}" if not strict else found.startswith("INVALID lower")
    assert line(instance, Q(2), True, reachable([], "targets", last=0)) == "VALID loss > 2"
