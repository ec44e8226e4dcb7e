"""Spoiled certificates: the checker passes no false claim, and true ones with the true numbers only.

The ways to spoil are those of `dnnt.testing.corruptions`; the truth comes from the oracle and from `evaluate`.
`benchmarks/corrupt_certificates.py` runs the same on hundreds of instances.
"""

from __future__ import annotations

import json
from functools import cache
from random import Random

import pytest

import dnnt
from dnnt.checking import Verdict
from dnnt.instance import Instance
from dnnt.testing import certificates as certificates_module, oracle, random_two_layer
from dnnt.testing.certificates import Case, Spoiled, certificates, outcome, true_claim
from dnnt.testing.corruptions import KINDS, spoil
from dnnt.testing.many_instances import random_many, small_windows

GROUNDS = {
    "empty",
    "nonnegative",
    "enumeration",
    "reachable points",
    "reachable targets",
    "reachable cuts",
    "reachable slack",
    "reachable boxes",
    "upper alone",
    "fixed, enumeration",
    "fixed, reachable points",
}
"""What the certificates rest on."""

ONLY_TRUE = {
    "bound lowered by 1",
    "bound lowered by 10^-40",
    "loss or bound written otherwise",
    "upper part removed",
    "lower part removed",
    "grounds nonnegative",
    "grounds enumeration",
    "grounds reachable, made up",
    "size one less",
    "size 0",
    "size 10^100",
    "left changed",
    "last flipped",
    "rest changed",
    "cuts changed",
    "residues added",
    "window added",
    "slack lowered",
    "slack 0",
    "slack a little less",
    "slack raised",
    "slack 10^100",
    "another cut with the slack",
    "a window of boxes emptied",
    "a window of boxes narrowed",
    "a cut of boxes changed",
    "the times of a cut of boxes changed",
    "a split of boxes moved",
    "a split of boxes at another coordinate",
    "boxes made up",
    "a box dropped",
    "a box added",
}
"""Ways after which every claim that is left is true."""

HONEST = {"parameter changed, loss restated"}
"""Ways after which what is left is nearly always true."""


MANY = (1, 7, 9, 11)
"""Seeds of instances with very many units whose certificates have windows, cuts and splits."""


@cache
def drawn(seed: int, empty: bool = False) -> Instance:
    """A random instance without parameters, or with several losses."""
    rng = Random(seed)
    while True:
        instance = random_two_layer(rng)
        truth = oracle(instance)
        if instance.has_empty_space if empty else len(truth.losses) > 3 and truth.choices < 200:
            return instance


@cache
def cases() -> tuple[Case, ...]:
    """Sound certificates of a dozen instances and of one without parameters."""
    found = [case for seed in range(10) for case in certificates(drawn(seed), Random(seed))]
    found += [case for y in (9, -30) for case in certificates(far(y), Random(y))]
    with small_windows():
        found += [case for seed in MANY for case in certificates(random_many(Random(seed)), Random(seed))]
    return (*found, *certificates(drawn(3, empty=True), Random(3)))


def far(y: int) -> Instance:
    """Labels far outside of what can be reached: the certificate looks at states near a face only."""
    layers = [
        {"units": 2, "activation": "relu", "weights": [-1, 1], "bias": [0, 1]},
        {"units": 1, "activation": "identity", "weights": [-1, 1], "bias": [0]},
    ]
    return dnnt.layered(1, layers, [([1], [y]), ([3], [y + 4])])


def test_sound_certificates_pass() -> None:
    assert {case.grounds for case in cases()} == GROUNDS
    for case in cases():
        raw = json.dumps(case.body).encode()
        assert outcome(Spoiled(case.instance, raw), True) == "true, passed", case
    claims = [true_claim(Spoiled(case.instance, json.dumps(case.body).encode())) for case in cases()]
    words = {(claim[0].split()[1], claim[3]) for claim in claims if claim is not None}
    assert {("optimal", False), ("infeasible", False), ("loss", False), ("loss", True)} <= words
    assert any(claim is not None and " <= loss <= " in claim[0] for claim in claims)
    assert any(claim is not None and " < loss <= " in claim[0] for claim in claims)


def test_there_are_many_ways() -> None:
    assert len(KINDS) >= 60
    assert set(KINDS) >= ONLY_TRUE


@pytest.mark.parametrize("kind", KINDS)
def test_spoiled(kind: str) -> None:
    outcomes: dict[str, int] = {}
    for index, case in enumerate(cases()):
        rng = Random(f"{kind} {index}")
        spoiled = spoil(kind, case, rng, drawn(50 + index % 5))
        if spoiled is None:
            continue
        said = outcome(spoiled, KINDS[kind].readable)
        assert not said.startswith("WRONG"), f"{case.grounds}: {said}\n{case.raw.decode()}\n{spoiled.raw.decode()}"
        outcomes[said] = outcomes.get(said, 0) + 1
    assert sum(outcomes.values()) >= 5
    if kind in ONLY_TRUE:
        assert "rejected" not in outcomes
    elif kind not in HONEST:
        assert outcomes["rejected"] >= 3
    if not KINDS[kind].readable:
        assert set(outcomes) == {"rejected"}


def test_a_credulous_checker_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge can fail: a checker that passes everything is found wrong."""
    case = next(case for case in cases() if case.grounds == "enumeration")

    def credulous(instance: bytes, certificate: bytes, budget: float) -> Verdict:
        return Verdict(True, "optimal 0", 0, 0, False, "VALID optimal 0")

    monkeypatch.setattr(certificates_module, "verdict", credulous)
    for kind in ("loss raised by 1", "bound just above the least loss", "cut off", "parameter outside its space"):
        spoiled = spoil(kind, case, Random(1), case.instance)
        assert spoiled is not None
        assert outcome(spoiled, KINDS[kind].readable).startswith("WRONG")
