"""Differences in guides: v replaced by s u + d, for true claims, false ones, and hostile lists."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

import dnnt_check
from dnnt_check import intervals
from tests.dnnt_check.cases import Naive, encode, text
from tests.dnnt_check.circuits import Net, both, claims, line, parameters
from tests.dnnt_check.test_hostile_guides import SCHEMA

OPEN = "INVALID certificate: upper.signs: the guide proves only that the loss lies in some interval"


class Powers:
    """a^(2^k) - b^(2^k) + constant, for a = x + shift and b = x = 3^(2^start), with a guide by differences."""

    def __init__(self, squarings: int, shift: int, constant: int = 0, start: int = 200, bits: int = 400) -> None:
        net = Net()
        b = net.tower(3, start)
        a = net.add("identity", (b, 1), (net.one, shift))
        rows = [(a, b)]
        for _ in range(squarings):
            a, b = net.add("square", (a, 1)), net.add("square", (b, 1))
            rows.append((a, b))
        self.last = net.add("identity", (a, 1), (b, -1), (net.one, constant))
        self.net = net
        self.instance = net.instance([self.last], [7])
        first = 2 * len(net.vertices)
        self.names = [first + 2 * k for k in range(len(rows))]
        self.differences = [[0, d, 2 * a + 1, 1, 2 * b + 1] for d, (a, b) in zip(self.names, rows, strict=True)]
        (a, b) = rows[0]
        self.expand: list[Any] = [[0, self.names[0], [2 * a + 1, 2 * a]]]
        for k in range(1, len(rows)):
            (a, b), a0 = rows[k], rows[k - 1][0]
            steps = [2 * a + 1, 2 * b + 1, 2 * a, 2 * b, [2 * a0 + 1, self.names[k - 1]]]
            self.expand.append([0, self.names[k], steps])
        a, b = rows[-1]
        self.expand.append([0, 2 * self.last, [[2 * a + 1, self.names[-1]]]])
        self.guide: dict[str, Any] = {"bits": bits, "differences": self.differences, "expand": self.expand}


@pytest.mark.parametrize("squarings", [0, 1, 60])
@pytest.mark.parametrize(("shift", "constant", "loss"), [(1, 0, 1), (-1, 0, 2), (0, 0, 2), (0, 1, 1), (2, -5, 1)])
def test_powers_of_near_numbers(squarings: int, shift: int, constant: int, loss: int) -> None:
    case = Powers(squarings, shift, constant, 300)
    if (squarings, shift, constant) == (0, 2, -5):
        loss = 2
    assert both(case.instance, loss, case.guide) == {"valid"}
    assert both(case.instance, 3 - loss, case.guide) != {"valid"}
    assert SCHEMA.is_valid(claims(case.instance, loss, case.guide))
    without = {"bits": 400, "expand": [[0, 2 * case.last, []]]}
    assert line(case.instance, claims(case.instance, loss, without, "upper")) == OPEN


def test_order_does_not_matter() -> None:
    case = Powers(40, 1)
    guide = {**case.guide, "differences": case.differences[::-1], "expand": case.expand[::-1]}
    assert both(case.instance, 1, guide) == {"valid"}


def test_long_chains() -> None:
    """More than a thousand differences, each in need of the one before, are no deep recursion."""
    case = Powers(1500, 1, 0, 200, 3500)
    assert both(case.instance, 1, case.guide) == {"valid"}


def test_differences_of_differences_and_sums() -> None:
    """That v + u is -2 for v near -u, by d = v + u and by e = d - 1 besides, with which d is replaced in turn."""
    net = Net()
    u = net.tower(3, 200)
    v = net.add("identity", (u, -1), (net.one, -2))
    one, other = net.add("square", (v, 1)), net.add("square", (u, 1))
    last = net.add("identity", (one, 1), (other, -1))
    top = 2 * len(net.vertices)
    differences = [[0, top, 2 * v + 1, -1, 2 * u + 1], [0, top + 2, top, 1, 2 * net.one + 1]]
    first = [2 * one + 1, 2 * other + 1, 2 * one, 2 * other]
    for steps, valid in (
        ([*first, [2 * v + 1, top]], True),
        ([*first, [2 * v + 1, top], [top, top + 2]], True),
        ([*first, [2 * v + 1, top], top, 2 * v + 1, 2 * v], True),
        (first, False),
    ):
        for inner in ([2 * v + 1, 2 * v], []):
            expand = [[0, top, inner], [0, 2 * last, steps]]
            guide = {"bits": 500, "differences": differences, "expand": expand}
            found = both(net.instance([last], [7]), 1, guide)
            assert (found == {"valid"}) == (valid and (bool(inner) or 2 * v in steps))
            assert both(net.instance([last], [7]), 2, guide) != {"valid"}


BAD: list[tuple[tuple[Any, ...], Any, str]] = [
    (("differences",), {}, "signs.differences: a list is expected"),
    (("differences", 0), [0, 1], "signs.differences[0]: five integers [input, d, v, s, u] are expected"),
    (("differences", 0, 0), -1, "signs.differences[0][0]: an integer >= 0 is expected"),
    (("differences", 0, 0), 1, "signs.differences[0]: there are only 1 distinct inputs"),
    (("differences", 0, 1), 4, "signs.differences[0]: the name belongs to a vertex; names from"),
    (("differences", 0, 1), 10**6 + 1, "signs.differences[0][1]: the name of a difference is even"),
    (("differences", 1, 1), ("names", 0), "signs.differences[1]: this name is given twice"),
    (("differences", 0, 2), 10**6, "signs.differences[0]: there are only"),
    (("differences", 0, 4), 10**6, "signs.differences[0]: there are only"),
    (("differences", 0, 4), "1", "signs.differences[0][4]: an integer is expected"),
    (("differences", 0, 3), 2, "signs.differences[0][3]: 1 or -1 is expected"),
    (("differences", 0, 3), 0, "signs.differences[0][3]: 1 or -1 is expected"),
    (("differences", 0, 3), True, "signs.differences[0][3]: 1 or -1 is expected"),
    (("differences", 0, 3), "1/2", "signs.differences[0][3]: 1 or -1 is expected"),
    (("expand", -1, 2, 0), [4], "signs.expand[3][2][0]: a node, or a pair [node, difference], is expected"),
    (("expand", -1, 2, 0), [4, 6, 8], "signs.expand[3][2][0]: a node, or a pair"),
    (("expand", -1, 2, 0), [4, "6"], "signs.expand[3][2][0][1]: an integer is expected"),
    (("expand", -1, 2, 0), [4, -6], "signs.expand[3][2][0][1]: an integer >= 0"),
    (("expand", -1, 2, 0), [4, 6], "signs.expand[3]: a pair needs a difference"),
    (("expand", -1, 2, 0, 0), 4, "signs.expand[3]: a pair needs a difference"),
    (("expand", -1, 2, 0, 1), 10**6, "signs.expand[3]: a pair needs a difference"),
    (("expand", -1, 1), 10**6, "signs.expand[3]: there are only"),
    (("expand", 0, 2, 0), 10**6, "signs.expand[0]: there are only"),
    (("expand", 0, 1), ("names", 1), "signs.expand[1]: this node is expanded twice"),
]


@pytest.mark.parametrize(("path", "new", "reason"), BAD)
def test_malformed(path: tuple[Any, ...], new: Any, reason: str) -> None:
    case = Powers(2, 1)
    guide = copy.deepcopy(case.guide)
    inner: Any = guide
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = case.names[new[1]] if isinstance(new, tuple) else new
    beyond = any(part in reason for part in ("there are only", "twice", "belongs", "needs a difference"))
    assert SCHEMA.is_valid(claims(case.instance, 1, guide)) == beyond
    for part, place in (("upper", "upper."), ("lower", "lower.grounds.")):
        found = line(case.instance, claims(case.instance, 1, guide, part))
        assert found.startswith("INVALID ") and place + reason in found
        assert len(found) < 200


def test_what_needs_itself() -> None:
    """In its own expansion, in that of one that it uses, as a part of one, and as a part of itself."""
    case = Powers(3, 1)
    a, b = case.differences[-1][2], case.differences[-1][4]
    x, y = case.names[-1], case.names[-1] + 2
    output = [0, 2 * case.last, [[a, x]]]
    for differences, expand in (
        ([[0, x, a, 1, b]], [[0, x, [[a, x]]]]),
        ([[0, x, a, 1, b], [0, y, a, 1, b]], [[0, x, [[a, y]]], [0, y, [[a, x]]]]),
        ([[0, x, a, 1, y], [0, y, x, 1, b]], []),
        ([[0, x, a, 1, y], [0, y, a, 1, b]], [[0, y, [[a, x]]]]),
        ([[0, x, a, 1, x]], []),
    ):
        guide = {"bits": 400, "differences": differences, "expand": [*expand, output]}
        for loss in (1, 2):
            found = line(case.instance, claims(case.instance, loss, guide, "upper"))
            assert found.startswith("INVALID upper.signs: input 0: difference ") and found.endswith("needs itself")


def test_a_node_that_comes_later() -> None:
    case = Powers(3, 1)
    differences = copy.deepcopy(case.differences)
    for later in (2 * case.last + 1, case.differences[3][2]):
        differences[0][4] = later
        # The first power of a is expanded, and asks for what comes out in the end.
        expand = [[0, case.differences[1][2] - 1, [[differences[0][2], case.names[0]]]], *case.expand]
        guide = {"bits": 400, "differences": differences, "expand": expand}
        for loss in (1, 2):
            found = line(case.instance, claims(case.instance, loss, guide, "upper"))
            assert found == (
                f"INVALID upper.signs: input 0: difference {case.names[0]} is needed before node {later} has a value"
            )


def test_unused_differences_change_nothing() -> None:
    """Not evaluated where nothing asks for them: even if they could not be."""
    case = Powers(10, 1, 0, 100)
    top = case.names[-1] + 2
    more = [[0, top + 2 * k, top + 2 * ((k + 1) % 500), 1, top] for k in range(500)]
    guide = {**case.guide, "differences": [*case.differences, *more]}
    assert both(case.instance, 1, guide) == {"valid"}


def test_much_work_is_given_up() -> None:
    """Steps that go in circles, or polynomials that grow, stop at the budget."""
    case = Powers(4, 1)
    a = case.differences[0][2]
    circle = [[a, case.names[0]], case.names[0]] * 200_000
    expand = [*case.expand[:1], [0, case.names[1], [*case.expand[1][2][:4], *circle]], *case.expand[2:]]
    guide = {**case.guide, "expand": expand}
    found = line(case.instance, claims(case.instance, 1, guide, "upper"), 0.1)
    assert found.startswith("INVALID")
    memory = dnnt_check.check(
        encode(case.instance), encode(claims(case.instance, 1, {**case.guide, "bits": 10**5}, "upper")), 60, 2**18
    )
    assert memory.line.startswith("INVALID too much work")


@pytest.mark.parametrize("seed", range(12))
def test_altered_guides_prove_nothing_false(seed: int) -> None:
    """Whatever is changed in a list of differences, a false claim stays invalid."""
    rng = random.Random(seed)
    loss = rng.choice([1, 2])
    case = Powers(4, 1 if loss == 1 else -1, 0, 60)
    names = [*range(0, 2 * len(case.net.vertices)), *case.names, case.names[-1] + 2]
    valid = 0
    for _ in range(40):
        guide = copy.deepcopy(case.guide)
        for _ in range(rng.randint(1, 3)):
            entry = rng.choice(guide["differences"])
            place = rng.randrange(1, 6)
            if place == 3:
                entry[3] = -entry[3]
            elif place < 5:
                entry[place] = rng.choice(names)
            else:
                steps = rng.choice(guide["expand"])[2]
                steps.insert(rng.randrange(len(steps) + 1), rng.choice([rng.choice(names), entry[2:0:-1]]))
        valid += line(case.instance, claims(case.instance, loss, guide, "upper")).startswith("VALID")
        for part in ("upper", "lower"):
            wrong = claims(case.instance, 3 - loss, guide, part)
            found = line(case.instance, wrong, 20)
            assert found.startswith("INVALID") or (part == "lower" and loss == 2)
    assert valid < 40


@pytest.mark.parametrize("seed", range(40))
def test_random_networks_with_random_differences(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Differences of any two nodes, used anywhere: what is valid is what exact evaluation says."""
    monkeypatch.setattr(intervals, "ALWAYS_EXACT", 0)
    rng = random.Random(seed)
    net = Net()
    for _ in range(rng.randint(2, 8)):
        activation = rng.choice(["square", "quarter_square", "identity", "identity", "abs"])
        sources = rng.sample(range(len(net.vertices)), min(len(net.vertices), rng.randint(1, 3)))
        net.add(
            activation, *[(source, rng.choice([1, -1, 3, "5/7"])) for source in sources], bias=rng.choice([0, "1/3"])
        )
    count = len(net.vertices)
    instance = net.instance(
        [count - 1], [rng.choice([0, 1])], rng.choice(["absolute", "squared", "positive"]), 10**9 + 7
    )
    value = Naive(instance).loss(parameters(instance))
    for _ in range(6):
        names = [2 * count + 2 * k for k in range(4)]
        differences: list[list[int]] = []
        for place, d in enumerate(names):
            v, u = (rng.choice([*range(2, 2 * count - 2), *names[:place]]) for _ in range(2))
            differences.append([0, d, v, rng.choice([1, -1]), u])
        expand = []
        for node in [*range(2, 2 * count, 2), *names]:
            steps: list[Any] = list(range(node if node < 2 * count else 2 * count - 2, 1, -1))
            for _ in range(4):
                _, d, v, _, _ = rng.choice(differences)
                steps.insert(rng.randrange(len(steps) + 1), [v, d])
            if rng.random() < 0.5:
                expand.append([0, node, steps[: rng.randrange(len(steps) + 1)]])
        guide = {"bits": rng.choice([16, 60]), "differences": differences, "expand": expand}
        for claimed, strict in ((value, False), (value + 1, False), (value, True)):
            for part in ("upper", "lower"):
                if line(instance, claims(instance, text(claimed), guide, part, strict)).startswith("VALID"):
                    assert claimed == value and (not strict or part == "upper")
