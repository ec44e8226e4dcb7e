"""Guides that are malformed, hostile or damaged: refused soon and in clear words, and never believed."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import dnnt_check
from dnnt_check import polynomials
from tests.dnnt_check.cases import encode
from tests.dnnt_check.circuits import Net, backwards, both, claims, guide, line
from tests.dnnt_check.test_hostile_files import mutations

GOOD = guide(100, [0, 2, [1, 0]])
BUNDLE = {
    "format": "dnnt-reduction",
    "version": 1,
    "rule": "slp-to-dnnt",
    "variant": "repaired",
    "source": {},
    "trace": {},
}
SCHEMA = Draft202012Validator(
    json.loads(files("dnnt").joinpath("formats", "schemas", "certificate.schema.json").read_text(encoding="utf-8"))
)


def changed(path: tuple[Any, ...], new: Any) -> Any:
    result = copy.deepcopy(GOOD)
    inner: Any = result
    for key in path[:-1]:
        inner = inner[key]
    if new is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return result


@pytest.mark.parametrize(
    ("path", "new", "reason"),
    [
        (("bits",), 15, "signs.bits: an integer >= 16 is expected"),
        (("bits",), 10**7 + 1, "signs.bits: an integer <= 10000000 is expected"),
        (("bits",), 10**4000, "signs.bits: an integer <= 10000000 is expected"),
        (("bits",), "100", "signs.bits: an integer is expected, not '100'"),
        (("bits",), True, "signs.bits: an integer is expected, not true"),
        (("bits",), ..., "signs: the key 'bits' is missing"),
        (("expand",), ..., "signs: the key 'expand' is missing"),
        (("expand",), {}, "signs.expand: a list is expected, not an object"),
        (("more",), 1, "signs: unknown key 'more'"),
        (("expand", 0), [0, 2], "signs.expand[0]: a triple"),
        (("expand", 0), [0, 2, [], 1], "signs.expand[0]: a triple"),
        (("expand", 0, 0), -1, "signs.expand[0][0]: an integer >= 0"),
        (("expand", 0, 0), 1, "signs.expand[0]: there are only 1 distinct inputs"),
        (("expand", 0, 0), 10**1000, "signs.expand[0]: there are only 1 distinct inputs"),
        (("expand", 0, 1), 3, "signs.expand[0][1]: only sums, which have even numbers, are expanded"),
        (("expand", 0, 1), 10**6, "signs.expand[0]: there are only 2 vertices"),
        (("expand", 0, 1), "2", "signs.expand[0][1]: an integer is expected"),
        (("expand", 0, 2), 1, "signs.expand[0][2]: a list is expected"),
        (("expand", 0, 2), [1, -1], "signs.expand[0][2][1]: an integer >= 0"),
        (("expand", 0, 2), [4], "signs.expand[0]: there are only 2 vertices"),
        (("expand", 0, 2), [[1]], "signs.expand[0][2][0]: a node, or a pair [node, difference], is expected"),
        (("expand",), [[0, 2, []], [0, 0, []], [0, 2, []]], "signs.expand[2]: this node is expanded twice"),
    ],
)
def test_malformed_guides(path: tuple[Any, ...], new: Any, reason: str) -> None:
    net = Net()
    net.add("identity", (net.one, 3))
    instance = net.instance([1])
    assert both(instance, 1, GOOD) == {"valid"}
    assert SCHEMA.is_valid(claims(instance, 1, GOOD))
    # A schema does not know how many inputs and vertices there are, nor that two entries are about one node.
    beyond = "there are only" in reason or "twice" in reason
    assert SCHEMA.is_valid(claims(instance, 1, changed(path, new))) == beyond
    for part, place in (("upper", "upper."), ("lower", "lower.grounds.")):
        found = line(instance, claims(instance, 1, changed(path, new), part))
        assert found.startswith("INVALID ")
        assert place + reason in found
        assert len(found) < 200


def test_a_guide_has_its_place() -> None:
    net = Net()
    instance = net.instance([net.one])
    claim = claims(instance, 1, None)
    assert SCHEMA.is_valid(claim)
    claim["lower"]["grounds"] = {"kind": "enumeration", "signs": GOOD}
    assert not SCHEMA.is_valid(claim)
    assert "unknown key 'signs'" in line(instance, claim)
    claim["lower"]["grounds"] = {"kind": "restricted", "left": []}
    assert "unknown key 'left'" in line(instance, claim)
    claim = claims(instance, 1, None)
    claim["signs"] = GOOD
    assert "unknown key 'signs'" in line(instance, claim)


def test_each_guide_is_checked() -> None:
    """A good guide of one part does not make up for a bad one of the other."""
    net = Net()
    a = net.tower(3, 60)
    zero = net.add("identity", (net.times(a, a), 1), (net.add("quarter_square", (a, 2)), -1))
    instance = net.instance([zero])
    good = guide(300, [0, 2 * zero, backwards(zero - 1, a + 1)])
    for part, other in (("upper", "lower"), ("lower", "upper")):
        claim = claims(instance, 2, good)
        (claim["lower"]["grounds"] if part == "lower" else claim["upper"])["signs"] = guide(300)
        assert line(instance, claim).startswith("INVALID")
        assert line(instance, claims(instance, 2, good, other)).startswith("VALID")
    claim = claims(instance, 2, good)
    claim["lower"]["grounds"] = {"kind": "restricted"}
    assert line(instance, claim, 5).startswith("INVALID too much work")


def test_hostile_expansions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polynomials that explode, sums to large powers, and codes in sums are refused soon."""
    monkeypatch.setattr(polynomials, "MAXIMUM_TERMS", 5000)
    net = Net()
    xs = [net.tower(k, 60) for k in range(3, 23)]
    last = net.add("identity", *[(x, 1) for x in xs])
    for _ in range(12):
        last = net.add("quarter_square", (last, 1))
    top = net.add("identity", (last, 1))
    instance = net.instance([top])
    names = backwards(top - 1, xs[-1] + 1)
    found = line(instance, claims(instance, 1, guide(300, [0, 2 * top, names]), "upper"), 20)
    assert f"expansion of {2 * top}: a sum of several terms would be raised to a power above 1000" in found
    few = [name for name in names if name < 2 * (xs[-1] + 6)]
    middle = xs[-1] + 6
    found = line(instance, claims(instance, 1, guide(300, [0, 2 * middle, few]), "upper"), 60)
    assert "a polynomial has more than 5000 terms" in found
    net = Net()
    a = net.tower(3, 60)
    code = net.add("digit_code", (net.add("quarter_square", (a, 2)), 1))
    zero = net.add("identity", (code, 1), (a, 1))
    instance = net.instance([zero])
    found = line(instance, claims(instance, 1, guide(300, [0, 2 * zero, [2 * code + 1]]), "upper"))
    assert found == f"INVALID upper.signs: input 0: expansion of {2 * zero}: node {2 * code + 1} has no definition"


@pytest.mark.parametrize("bits", [10**6, 10**7])
def test_hostile_precision(bits: int) -> None:
    """What takes too long is given up, and what would take too much memory too."""
    net = Net()
    last = net.tower("1/3", 400)
    instance = net.instance([last])
    found = line(instance, claims(instance, 1, guide(bits), "upper"), 3)
    assert found.startswith("INVALID too much work") or (found == "VALID loss <= 1" and bits == 10**6)
    verdict = dnnt_check.check(
        encode(instance), encode(claims(instance, 1, guide(10**6), "upper")), budget=60, memory=2**22
    )
    assert verdict.line.startswith("INVALID too much work: the values of all vertices need")


def test_damaged_guides_prove_nothing_false() -> None:
    """Random damage to a guide: a valid verdict is still a true one."""
    net = Net()
    a = net.tower(3, 60)
    plus, minus = net.add("identity", (a, 1), (net.one, 1)), net.add("identity", (a, 1), (net.one, -1))
    last = net.add("identity", (net.times(plus, minus), 1), (net.times(a, a), -1))
    instance = net.instance([last])
    names = backwards(last - 1, a + 1)
    rng = random.Random(5)
    valid = 0
    for _ in range(150):
        damaged = list(names)
        for _ in range(rng.randint(1, 2)):
            place = rng.randrange(len(damaged))
            kind = rng.random()
            if kind < 0.4:
                damaged[place] = rng.randrange(2 * last + 2)
            elif kind < 0.8:
                damaged.insert(place, rng.randrange(2 * last + 2))
            else:
                del damaged[place]
        signs = guide(rng.choice([16, 60, 300]), [0, 2 * last, damaged])
        valid += line(instance, claims(instance, 2, signs, "upper")).startswith("VALID")
        assert line(instance, claims(instance, 1, signs, "upper")).startswith("INVALID")
    assert 0 < valid < 150


@pytest.mark.parametrize("seed", range(8))
def test_damaged_text(seed: int) -> None:
    """Random damage to a bundle or to a certificate with guides never raises; what is still accepted is true."""
    net = Net()
    a = net.tower(3, 60)
    zero = net.add("identity", (net.times(a, a), 1), (net.add("quarter_square", (a, 2)), -1))
    instance = net.instance([zero])
    data = encode({**BUNDLE, "target": instance})
    names = backwards(zero - 1, a + 1)
    claim = encode(claims(instance, 2, guide(300, [0, 2 * zero, names])) | {"sha256": hashlib.sha256(data).hexdigest()})
    assert dnnt_check.check(data, claim).line == "VALID optimal 2"
    rng = random.Random(seed)
    for _ in range(40):
        verdict = dnnt_check.check(data, mutations(claim, rng), budget=20)
        if verdict.valid:
            assert verdict.upper in (None, 2)
            assert verdict.lower is None or verdict.lower <= 2
        damaged = mutations(data, rng)
        renamed = claim.replace(hashlib.sha256(data).hexdigest().encode(), hashlib.sha256(damaged).hexdigest().encode())
        dnnt_check.check(damaged, renamed, budget=20)
