"""Restricted networks whose signs only a guide can prove: true claims and false ones."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest

from dnnt_check import intervals
from tests.dnnt_check.cases import Naive, random_activation, random_loss, text
from tests.dnnt_check.circuits import Net, backwards, both, claims, guide, line, parameters

Q = Fraction
OPEN = "INVALID certificate: upper.signs: the guide proves only that the loss lies in some interval"


# ---------------------------------------------------------------- towers


@pytest.mark.parametrize("squarings", [0, 5, 40, 2000])
@pytest.mark.parametrize(("sign", "loss"), [(1, 1), (-1, 2)])
def test_the_sign_of_a_tower(squarings: int, sign: int, loss: int) -> None:
    net = Net()
    last = net.tower("-7/3", squarings) if squarings else net.tower("7/3", 0)
    last = net.add("identity", (last, sign))
    instance = net.instance([last])
    signs = guide(2 * squarings + 128)
    assert both(instance, loss, signs) == {"valid"}
    wrong = 3 - loss
    assert line(instance, claims(instance, wrong, signs, "upper")) == (
        f"INVALID certificate: upper.loss: {wrong} is claimed, the parameters have {loss}"
    )
    if loss == 1:
        assert (
            line(instance, claims(instance, 2, signs, "lower")) == "INVALID lower: the only parameters have the loss 1"
        )
    assert line(instance, claims(instance, loss, signs, "lower", True)).startswith("INVALID lower")
    if squarings == 2000:
        assert line(instance, claims(instance, loss, guide(1000), "upper")) == OPEN
        assert line(instance, claims(instance, loss, None, "upper")).startswith("INVALID too much work")


@pytest.mark.parametrize(("constant", "loss"), [(0, 2), (1, 2), (2, 1)])
@pytest.mark.parametrize("squarings", [3, 40, 300])
def test_what_cancels_is_expanded(constant: int, loss: int, squarings: int) -> None:
    """(a + 1)(a - 1) - a a + c = c - 1, with products by quarter squares."""
    net = Net()
    a = net.tower(3, squarings)
    plus, minus = net.add("identity", (a, 1), (net.one, 1)), net.add("identity", (a, 1), (net.one, -1))
    left, right = net.times(plus, minus), net.times(a, a)
    last = net.add("identity", (left, 1), (right, -1), (net.one, constant))
    instance = net.instance([last], [5])
    names = backwards(last - 1, a + 1)
    bits = 2 * squarings + 128
    assert both(instance, loss, guide(bits, [0, 2 * last, names])) == {"valid"}
    assert both(instance, 3 - loss, guide(bits, [0, 2 * last, names])) != {"valid"}
    if squarings < 40:
        assert both(instance, loss, guide(16)) == {"valid"}  # All numbers are short enough.
        return
    # Without the expansion, with a part of it, or in an order that does not end, the sign stays open.
    for expand in ([], [[0, 2 * last, []]], [[0, 2 * last, names[:6]]], [[0, 2 * last, names[::-1]]]):
        assert line(instance, claims(instance, loss, guide(bits, *expand), "upper")) == OPEN
        found = line(instance, claims(instance, loss, guide(bits, *expand), "lower"))
        assert found == "INVALID lower: the guide does not prove that the loss is as large as the bound"
    # What does not occur is passed over.
    more = [names[0], names[0], *names, 0, 1, 2 * last, *names]
    assert both(instance, loss, guide(bits, [0, 2 * last, more])) == {"valid"}
    # Other sums may be expanded too.
    others = [[0, 2 * left, backwards(left - 1, a + 1)], [0, 2 * right, backwards(right - 1, a + 1)]]
    assert both(instance, loss, guide(bits, *others, [0, 2 * last, names])) == {"valid"}
    assert both(instance, loss, guide(16, [0, 2 * last, names])) == {"valid"}


def test_zero_is_an_exact_value() -> None:
    """A difference that vanishes is 0 and not only small: all losses see it."""
    net = Net()
    a = net.tower(3, 50)
    zero = net.add("identity", (net.times(a, a), 1), (net.add("quarter_square", (a, 2)), -1))
    signs = guide(300, [0, 2 * zero, backwards(zero - 1, a + 1)])
    half = net.add("identity", (zero, 5), (net.one, "1/2"))
    for outputs, y, loss, value in [
        ([zero], [0], "zero_one", 0),
        ([zero], [3], "squared", 9),
        ([zero, half], [0, 0], "absolute", "1/2"),
        ([half], [0], "maximum", "1/2"),
        ([zero], [1], "misclassified", 1),
        ([half, zero], [1, 0], "misclassified", 0),
        ([half], [2], {"kind": "hinge", "margin": 2}, 1),
        ([half], [1], {"kind": "table", "values": [{"f": ["1/2"], "y": [1], "loss": 7}], "otherwise": 0}, 7),
        ([zero, half], [1, 1], "positive", 2),
    ]:
        assert both(net.instance(outputs, y, loss), value, signs) == {"valid"}


@pytest.mark.parametrize("loss", ["squared", "zero_one", "absolute", "maximum", {"kind": "hinge", "margin": 0}])
def test_exact_intervals_cancel_to_numbers(loss: Any) -> None:
    """2^(2^90) is an interval of one number; less a copy of itself it is 0, without an expansion."""
    net = Net()
    a = net.tower(2, 90)
    zero = net.add("identity", (a, "1/2"), (net.add("identity", (a, 1)), "-1/2"))
    assert both(net.instance([zero], [0], loss), 0, guide(16)) == {"valid"}
    half = net.add("identity", (a, 1), (net.add("identity", (a, 1)), -1), (net.one, "1/2"))
    top = net.add("relu", (half, 1))
    assert both(net.instance([top], ["1/2"], "squared"), 0, guide(16)) == {"valid"}


@pytest.mark.parametrize(
    ("activation", "value", "closed"),
    [
        ("relu", 0, True),
        ("abs", 1, False),
        ("sign", -1, True),
        ("step", 0, True),
        ({"kind": "leaky_relu", "slope": 0}, 0, True),
        ({"kind": "leaky_relu", "slope": "1/2"}, -1, False),
        ({"kind": "clip", "low": -2, "high": "1/2"}, -2, True),
        ({"kind": "clip", "low": 5, "high": 5}, 5, True),
        ({"kind": "scale", "factor": -3}, 1, False),
        ({"kind": "scale", "factor": 0}, 0, True),
        ({"kind": "constant", "value": 4}, 4, True),
        ("square", 1, False),
        ({"kind": "piecewise_linear", "points": [[0, 0], [1, 2]], "left": 0, "right": 1}, 0, True),
        ({"kind": "piecewise_linear", "points": [[0, -1], [1, 2]], "left": 1, "right": 0}, -1, False),
    ],
)
def test_activations_of_a_long_number(activation: Any, value: Any, closed: bool) -> None:
    """Of -3^(2^200): a number where the piece is constant, else of the sign of the value."""
    net = Net()
    minus = net.add("identity", (net.tower(3, 200), -1))
    last = net.add(activation, (minus, 1))
    loss = 1 if Q(value) > 0 else 2
    assert both(net.instance([last], [7]), loss, guide(300)) == {"valid"}
    if closed:
        assert both(net.instance([last], [value], "zero_one"), 0, guide(300)) == {"valid"}
    instance = net.instance([last], [7])
    few = line(instance, claims(instance, loss, guide(16), "upper"))
    assert (
        few == OPEN or "bend" in few or activation in ({"kind": "scale", "factor": 0}, {"kind": "constant", "value": 4})
    )


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("floor", "is not known exactly"),
        ("printed_code", "is not known exactly"),
        ("digit_product", "is not known exactly"),
        ({"kind": "table", "values": [], "otherwise": 1}, "is not known exactly"),
        ({"kind": "windows", "inside": "relu", "bound": 1, "zero": []}, "is not known exactly"),
        ("relu", "bend"),
        ("sign", "bend"),
        ("abs", "bend"),
        ({"kind": "clip", "low": -1, "high": 1}, "bend"),
        ({"kind": "piecewise_linear", "points": [[0, 0]], "left": 0, "right": 1}, "bend"),
    ],
)
def test_activations_that_cannot_be_decided(kind: Any, reason: str) -> None:
    net = Net()
    a = net.tower(3, 60)
    zero = net.add("identity", (net.times(a, a), 1), (net.add("quarter_square", (a, 2)), -1))
    last = net.add(kind, (zero, 1))
    found = line(net.instance([last]), claims(net.instance([last]), 2, guide(300), "upper"))
    assert found.startswith("INVALID upper.signs: input 0: ")
    assert reason in found
    assert f"vertex {last}" in found
    value = {"sign": 1}.get(kind, 0) if isinstance(kind, str) else 1 if kind["kind"] == "table" else 0
    known = guide(300, [0, 2 * zero, backwards(zero - 1, a + 1)])
    assert both(net.instance([last], [value], "zero_one"), 0, known) == {"valid"}


# ---------------------------------------------------------------- digit codes


@pytest.mark.parametrize("squarings", [2, 60])
@pytest.mark.parametrize(("constant", "loss"), [(0, 2), (1, 2), (2, 1)])
def test_products_by_digit_codes(squarings: int, constant: int, loss: int) -> None:
    """(a + 1)(a - 1) - a a + c again (R1a): a code that nobody can write is only a factor."""
    net = Net()
    a = net.add("identity", (net.one, -3))
    for _ in range(squarings):
        a = net.coded_times(a, a)
    plus, minus = net.add("identity", (a, 1), (net.one, 1)), net.add("identity", (a, 1), (net.one, -1))
    left, right = net.coded_times(plus, minus), net.coded_times(a, a)
    last = net.add("identity", (left, 1), (right, -1), (net.one, constant))
    instance = net.instance([last], [5])
    signs = guide(300, [0, 2 * last, backwards(last - 1, a + 1)])
    assert both(instance, loss, signs) == {"valid"}
    assert both(instance, 3 - loss, signs) != {"valid"}
    if squarings == 2:
        assert both(instance, loss) == {"valid"}
    else:
        assert line(instance, claims(instance, loss, guide(300), "upper")) == OPEN


@pytest.mark.parametrize("fault", ["weight", "fraction", "quarter", "two codes", "half", "bias", "no code"])
def test_codes_of_another_form_are_not_factors(fault: str) -> None:
    net = Net()
    a = net.add("identity", (net.one, 3))
    for _ in range(60):
        a = net.coded_times(a, a)
    source = net.add({"kind": "scale", "factor": "1/2"}, (a, 1)) if fault == "fraction" else a
    if fault == "quarter":
        source = net.add("quarter_square", (a, 1))
    code = net.add("digit_code", (source, 1))
    incoming: list[tuple[Any, Any]] = [(a, 1), (code, 2 if fault == "weight" else 1)]
    if fault == "two codes":
        incoming.append((net.add("digit_code", (source, 1)), 1))
    if fault == "half":
        incoming.append((a, "1/2"))
    if fault == "no code":
        incoming.pop()
    last = net.add("digit_product", *incoming, bias="1/2" if fault == "bias" else 0)
    instance = net.instance([last])
    found = line(instance, claims(instance, 1, guide(300), "upper"))
    assert (
        found
        == f"INVALID upper.signs: input 0: the pre-activation of vertex {last} (digit_product) is not known exactly"
    )
    good = net.add("digit_product", (a, 1), (net.add("digit_code", (a, 1)), 1))
    assert both(net.instance([good]), 1, guide(300)) == {"valid"}


def test_a_code_lies_between_zero_and_one() -> None:
    net = Net()
    a = net.add("identity", (net.one, 3))
    for _ in range(60):
        a = net.coded_times(a, a)
    code = net.add("digit_code", (a, 1))
    below = net.add("identity", (code, 1), (net.one, -2))
    assert both(net.instance([below]), 2, guide(300)) == {"valid"}
    # It may be 0 and it may be 1, as far as is known.
    instance = net.instance([code], [5])
    assert line(instance, claims(instance, 1, guide(300), "lower")) == "VALID loss >= 1"
    assert line(instance, claims(instance, 1, guide(300), "lower", True)).startswith("INVALID lower")
    assert line(instance, claims(instance, 2, guide(300), "lower")).startswith("INVALID lower")
    for loss in (1, 2):
        assert line(instance, claims(instance, loss, guide(300), "upper")) == OPEN
    for kind, valid in (("sign", False), ("step", False), ("relu", True), ("abs", True)):
        instance = net.instance([net.add(kind, (code, 1), (net.one, -1))], [5])
        found = line(instance, claims(instance, 1, guide(300), "lower"))
        assert found == "VALID loss >= 1" if valid else "bend" in found


# ---------------------------------------------------------------- losses of long numbers


@pytest.mark.parametrize(
    ("loss", "y", "value"),
    [
        ("zero_one", [1, 1], 1),
        ("misclassified", [1, 0], 0),
        ("misclassified", [0, 1], 1),
        ({"kind": "pairs", "size": 2, "allowed": [[[1, 1]], [[1, 1]]]}, [1, 1], 2),
        ({"kind": "printed_pairs", "size": 2, "allowed": [[], []]}, [1, 1], 2),
        ({"kind": "table", "values": [{"f": [1, 1], "y": [1, 1], "loss": 9}], "otherwise": 3}, [1, 1], 3),
    ],
)
def test_losses_with_few_values(loss: Any, y: list[int], value: int) -> None:
    """Of 3^(2^60) and -3^(2^60)."""
    net = Net()
    a = net.tower(3, 60)
    b = net.add("identity", (a, -1))
    assert both(net.instance([a, b], y, loss), value, guide(300)) == {"valid"}
    assert both(net.instance([a, b], y, loss), value + 1, guide(300)) != {"valid"}


@pytest.mark.parametrize("loss", ["squared", "absolute", "maximum", {"kind": "hinge", "margin": 3}])
def test_losses_that_are_distances(loss: Any) -> None:
    """Of a^2 = 3^(2^61) and -a^2: the bounds are good, the loss itself is no number that can be claimed."""
    net = Net()
    a = net.tower(3, 61)
    instance = net.instance([a, net.add("identity", (a, -1))], [1, 1], loss)
    for bound in (10**30, 2**1000):
        assert line(instance, claims(instance, bound, guide(300), "lower")).startswith("VALID loss >=")
        assert line(instance, claims(instance, bound, guide(300), "lower", True)).startswith("VALID loss >")
    assert line(instance, claims(instance, 3, guide(300), "upper")) == OPEN
    # Right to the last bits: of 3^(2^6), made inexact, the loss is known up to about 2^-100 of it.
    distance = 3**64 - 1 + 3**64 + 1
    exact = {"squared": (3**64 - 1) ** 2 + (3**64 + 1) ** 2, "absolute": distance, "maximum": 3**64 + 1}
    total = exact.get(loss, 3 + 3**64) if isinstance(loss, str) else 3 + 3**64
    small = Net()
    b = small.tower(3, 6)
    instance = small.instance([b, small.add("identity", (b, -1))], [1, 1], loss)
    assert both(instance, total, guide(16)) == {"valid"}


def test_inexact_distances_are_enclosed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "ALWAYS_EXACT", 0)
    net = Net()
    b = net.tower(3, 6)
    for loss, total in [
        ("squared", (3**64 - 1) ** 2 + (3**64 + 1) ** 2),
        ("absolute", 2 * 3**64),
        ("maximum", 3**64 + 1),
        ({"kind": "hinge", "margin": 3}, 3 + 3**64),
    ]:
        instance = net.instance([b, net.add("identity", (b, -1))], [1, 1], loss)
        little = total // 2**70
        assert line(instance, claims(instance, total - little, guide(16), "lower")).startswith("VALID")
        assert line(instance, claims(instance, total + little, guide(16), "lower")).startswith("INVALID lower")
        assert line(instance, claims(instance, total, guide(16), "upper")) == OPEN
        assert both(instance, total, guide(300)) == {"valid"}


def test_several_inputs() -> None:
    """Expansions belong to one distinct input; inputs of weight 0 are not counted."""
    net = Net()
    start = net.add("identity", ("s", 1))
    a = start
    for _ in range(60):
        a = net.add("quarter_square", (a, 2))
    zero = net.add("identity", (net.times(a, a), 1), (net.add("quarter_square", (a, 2)), -1))
    instance = net.instance([zero], [0], "zero_one")
    instance["samples"] = [
        {"x": [3], "y": [0]},
        {"x": [1], "y": [0]},
        {"x": [5], "y": [0], "weight": 0},
        {"x": [7], "y": [2], "weight": "1/2"},
        {"x": [3], "y": [1]},
    ]
    names = backwards(zero - 1, a + 1)
    # The vertex `one` is x here, and not used any more.
    good = guide(300, [0, 2 * zero, names], [2, 2 * zero, names])
    assert both(instance, "3/2", good) == {"valid"}
    for bad in (guide(300, [0, 2 * zero, names]), guide(300, [1, 2 * zero, names], [2, 2 * zero, names])):
        assert line(instance, claims(instance, "3/2", bad, "upper")) == OPEN
    found = line(instance, claims(instance, "3/2", guide(300, [3, 2 * zero, names]), "upper"))
    assert found == "INVALID upper.signs.expand[0]: there are only 3 distinct inputs"


# ---------------------------------------------------------------- random networks


@pytest.mark.parametrize("seed", range(60))
def test_random_restricted_networks(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With enough bits a guide finds what exact evaluation finds; with few it finds the same or nothing."""
    rng = random.Random(seed)
    net = Net()
    for _ in range(rng.randint(1, 8)):
        activation = rng.choice(["square", "quarter_square", "identity", "relu", "abs", random_activation(rng)])
        sources = rng.sample(range(len(net.vertices)), min(len(net.vertices), rng.randint(1, 3)))
        net.add(
            activation, *[(source, rng.choice([1, -1, 3, "5/7"])) for source in sources], bias=rng.choice([0, "1/3"])
        )
    count = len(net.vertices)
    outputs = rng.sample(range(count), rng.randint(1, min(count, 2)))
    y: list[Any] = [rng.choice([0, 1, "1/2"]) for _ in outputs]
    loss = random_loss(rng, len(outputs), [y])
    if loss == "misclassified":
        y = [1] + [0] * (len(outputs) - 1)
    instance = net.instance(outputs, y, loss, x=rng.choice([2, -3, "7/5", 10**12 + 1]))
    value = Naive(instance).loss(parameters(instance))
    assert both(instance, text(value)) == {"valid"}
    assert both(instance, text(value), guide(4096)) == {"valid"}
    monkeypatch.setattr(intervals, "ALWAYS_EXACT", 0)
    expand = [[0, 2 * v, backwards(v - 1, rng.randrange(v))] for v in range(1, count) if rng.random() < 0.5]
    for bits in (16, 60):
        signs = guide(bits, *expand)
        for part in ("upper", "lower"):
            for claimed, strict in ((value, False), (value + Q(1, 10**40), False), (value, True)):
                found = line(instance, claims(instance, claimed, signs, part, strict))
                if found.startswith("VALID"):
                    assert claimed == value
                    assert not strict or part == "upper"
