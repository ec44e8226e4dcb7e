"""Upper parts: exact evaluation, run-length encoded parameters, and layers that nobody could write out."""

from __future__ import annotations

import hashlib
import random
from fractions import Fraction
from typing import Any

import pytest

import dnnt_check
from tests.dnnt_check.cases import Naive, certificate, encode, random_case, reachable, text

HUGE = 10**100


def verdict(instance: dict[str, Any], upper: Any = None, lower: Any = None) -> dnnt_check.Verdict:
    data = encode(instance)
    claim: dict[str, Any] = certificate(data, None, lower)
    if upper is not None:
        claim["upper"] = {"parameters": upper[0], "loss": upper[1]}
    return dnnt_check.check(data, encode(claim))


@pytest.mark.parametrize("seed", range(60))
def test_random_parameters(seed: int) -> None:
    """The loss of any choice is found exactly, and no other is accepted."""
    instance, _, _ = random_case(seed, seed % 2 == 0)
    data = encode(instance)
    naive = Naive(instance)
    rng = random.Random(seed)
    for _ in range(5):
        parameters = [[rng.choice(slot) for slot in edge] for edge in naive.slots]
        loss = naive.loss(parameters)
        good = dnnt_check.check(data, encode(certificate(data, (parameters, loss))))
        assert good.line == f"VALID loss <= {text(loss)}"
        assert good.upper == loss
        wrong = dnnt_check.check(data, encode(certificate(data, (parameters, loss + Fraction(1, 99)))))
        assert "upper.loss" in wrong.line


@pytest.mark.parametrize("seed", range(60))
def test_runs_of_layers(seed: int) -> None:
    """Runs may cross units and layers; what they mean is the same as written out."""
    rng = random.Random(seed)
    inputs = rng.choice([0, 1, 1, 2])
    sizes = [rng.randint(1, 4) for _ in range(rng.randint(1, 3))]
    instance = {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": inputs,
        "layers": [
            {
                "units": size,
                "activation": rng.choice(["relu", "identity", "sign"]),
                "weights": rng.choice([[0, 1], [-1, 2], {"from": 0, "to": 1, "step": "1/2"}]),
                "bias": rng.choice([[0], [0, 1]]),
            }
            for size in sizes
        ],
        "samples": [
            {"x": [rng.randint(-3, 3) for _ in range(inputs)], "y": [rng.randint(0, 2) for _ in range(sizes[-1])]}
            for _ in range(2)
        ],
        "loss": rng.choice(["squared", "absolute", "maximum"]),
    }
    naive = Naive(instance)
    for density in (0.1, 0.5, 0.9):
        parameters = [
            [slot[0] if rng.random() < density else rng.choice(slot) for slot in edge] for edge in naive.slots
        ]
        loss = naive.loss(parameters)
        data = encode(instance)
        assert dnnt_check.check(data, encode(certificate(data, (parameters, loss)))).valid
        edge = rng.randrange(len(parameters))
        slot = rng.randrange(len(parameters[edge]))
        parameters[edge][slot] += 7
        assert "outside its space" in dnnt_check.check(data, encode(certificate(data, (parameters, loss)))).line


def huge(first: Any, second: Any, y: int = 5, outputs: int = 1) -> dict[str, Any]:
    """10^100 hidden units."""
    return {
        "format": "dnnt-instance",
        "version": 1,
        "inputs": 1,
        "layers": [
            {"units": HUGE, "activation": "relu", **first},
            {"units": outputs, "activation": "identity", **second},
        ],
        "samples": [{"x": [2], "y": [y] * outputs}],
        "loss": "absolute",
    }


CHOICE = {"weights": [0, 1], "bias": [0, 1]}


def run(weight: int, bias: int, repeat: int) -> dict[str, Any]:
    return {"weights": [weight], "bias": bias, "repeat": repeat}


def test_huge_layers_are_evaluated_by_runs() -> None:
    instance = huge(CHOICE, CHOICE)
    # One unit counts, with the value 2 * 1 + 1.
    runs = [run(1, 1, HUGE), run(0, 0, HUGE - 1), run(1, 0, 1)]
    assert verdict(instance, (runs, 2)).line == "VALID loss <= 2"
    # A run over all hidden units and the first edge of the output: bias 1 there.
    runs = [run(1, 1, HUGE + 1), run(0, 0, HUGE - 1)]
    assert verdict(instance, (runs, 1)).line == "VALID loss <= 1"
    # All of them.
    runs = [run(1, 0, 2 * HUGE)]
    loss = 2 * HUGE - 5
    assert verdict(instance, (runs, loss)).line == f"VALID loss <= {loss}"
    assert not verdict(instance, (runs, loss + 1)).valid


@pytest.mark.parametrize(
    "runs",
    [
        [run(1, 0, 2 * HUGE - 1)],
        [run(1, 0, 2 * HUGE + 1)],
        [run(1, 1, HUGE + 2), run(0, 0, HUGE - 2)],
        [run(1, 1, HUGE), run(0, 0, HUGE - 1), run(1, 1, 1)],
        [run(2, 0, HUGE), run(0, 0, HUGE)],
        [run(1, 0, HUGE), run(0, 0, HUGE - 1), run(3, 0, 1)],
        [{"weights": [1, 1], "bias": 0, "repeat": 2 * HUGE}],
        [run(1, 0, HUGE), {"weights": [], "bias": 0, "repeat": HUGE}],
    ],
)
def test_huge_layers_with_wrong_parameters(runs: list[Any]) -> None:
    assert "upper.parameters" in verdict(huge(CHOICE, CHOICE), (runs, 0)).line


def test_three_huge_layers() -> None:
    instance = huge(CHOICE, CHOICE)
    instance["layers"].insert(1, {"units": HUGE, "activation": "relu", **CHOICE})
    runs = [run(1, 0, HUGE), run(0, 1, 1), run(0, 0, HUGE**2 - 1), run(1, 0, 1), run(0, 0, HUGE - 1)]
    # The first unit of the second layer has the value 1, and the output takes it.
    assert verdict(instance, (runs, 4)).line == "VALID loss <= 4"


@pytest.mark.parametrize("last", ["points", "targets"])
def test_huge_groups_in_reachability(last: str) -> None:
    """Units that can only be 0 add nothing, 10^100 of them and over any weights."""
    dead = {"weights": [-1, -2], "bias": [0]}
    instance = huge(dead, {"weights": {"from": 0, "to": 10**50}, "bias": [0, 1]}, outputs=2)
    grounds = reachable([[0, HUGE // 2]], last)
    assert verdict(instance, None, (8, False, grounds)).line == "VALID loss >= 8"
    assert not verdict(instance, None, (8, True, grounds)).valid


@pytest.mark.parametrize("grounds", [{"kind": "enumeration"}, reachable([[7, HUGE - 9]], "targets")])
def test_huge_groups_without_choice(grounds: dict[str, Any]) -> None:
    one = {"weights": [1], "bias": [0]}
    instance = huge(one, {"weights": [2], "bias": [0, 1]}, y=4 * HUGE - 1)
    assert verdict(instance, None, (1, False, grounds)).line == "VALID loss >= 1"
    assert not verdict(instance, None, (1, True, grounds)).valid


@pytest.mark.parametrize("grounds", [{"kind": "enumeration"}, reachable([], "points"), reachable([], "targets")])
def test_what_cannot_be_held_is_refused(grounds: dict[str, Any]) -> None:
    instance = huge(CHOICE, CHOICE, y=-5)
    found = verdict(instance, None, (6, False, grounds))
    assert not found.valid


def test_many_equal_units_are_doubled() -> None:
    instance = huge({"weights": [0, 1], "bias": [0]}, {"weights": [0, 1], "bias": [0]})
    instance["layers"][0]["units"] = 50_000
    for last in ("points", "targets"):
        grounds = reachable([[0, 25_000]], last)
        assert verdict(instance, None, (1, False, grounds)).line == "VALID loss >= 1"
        assert not verdict(instance, None, (1, True, grounds)).valid


def test_fixed_values_in_huge_layers() -> None:
    instance = huge(CHOICE, CHOICE)
    data = encode(instance)
    runs = [run(1, 1, HUGE), run(0, 0, HUGE - 1), run(1, 0, 1)]
    claim = {
        "format": "dnnt-certificate",
        "version": 1,
        "sha256": hashlib.sha256(data).hexdigest(),
        "upper": {"parameters": runs, "loss": 2},
        "fixed": [[2 * HUGE - 1, 0, 1], [HUGE - 1, 1, 1]],
    }
    assert dnnt_check.check(data, encode(claim)).line == "VALID loss <= 2 with 2 values fixed"
    claim["fixed"] = [[2 * HUGE - 1, 0, 0]]
    assert "fixed[0]" in dnnt_check.check(data, encode(claim)).line
    claim["fixed"] = [[2 * HUGE, 0, 0]]
    assert "no such edge" in dnnt_check.check(data, encode(claim)).line
    # Only the first edge of an output has the bias space; the others have [0].
    claim["fixed"] = [[HUGE + 1, 1, 1]]
    assert "outside its space" in dnnt_check.check(data, encode(claim)).line


def test_long_numbers() -> None:
    """Numbers beyond the limit of Python's own conversion, in and out; very long ones in hexadecimal."""
    value = 10**9_999 + 1
    instance = huge(CHOICE, CHOICE)
    instance["layers"] = [{"units": 1, "activation": "identity", "weights": [1], "bias": [0]}]
    instance["samples"] = [{"x": [2], "y": [0]}]
    data = encode(instance).replace(b'"x": [2]', b'"x": [1' + b"0" * 9_998 + b"1]")
    claim = encode(certificate(data)).replace(
        b"}", b', "upper": {"parameters": [{"weights": [1], "bias": 0}], "loss": L}}'
    )
    found = dnnt_check.check(data, claim.replace(b"L", b"1" + b"0" * 9_998 + b"1"))
    assert found.line == "VALID loss <= 1" + "0" * 9_998 + "1"
    assert found.upper == value
    assert found.json() == '{"valid": true, "claim": "loss <= 1' + "0" * 9_998 + '1", "upper": 1' + (
        "0" * 9_998 + '1", "lower": null, "strict": false}'
    ).replace('1", "lower', '1, "lower')
    found = dnnt_check.check(data, claim.replace(b"L", f'"{value:#x}"'.encode()))
    assert found.valid
    instance["layers"] = [{"units": 1, "activation": "square", "weights": [1], "bias": [0]} for _ in range(20)]
    data = encode(instance)
    runs = b'[{"weights": [1], "bias": 0, "repeat": 20}]'
    number = 2 ** (2**20)
    claim = encode(certificate(data)).replace(b"}", b', "upper": {"parameters": ' + runs + b', "loss": "L"}}')
    found = dnnt_check.check(data, claim.replace(b"L", f"{number:#x}".encode()))
    assert found.line == f"VALID loss <= {number:#x}"


def test_a_run_over_edges_with_different_spaces() -> None:
    """Each edge of a run is compared with its own spaces."""
    good, other = [0, 1], [0, 2]

    def instance(spaces: list[tuple[Any, Any]]) -> dict[str, Any]:
        return {
            "format": "dnnt-instance",
            "version": 1,
            "inputs": 1,
            "vertices": [{"id": "t", "activation": "identity"}],
            "outputs": ["t"],
            "edges": [{"from": "s", "to": "t", "weights": [w], "bias": b} for w, b in spaces],
            "samples": [{"x": [1], "y": [0]}],
            "loss": "absolute",
        }

    runs = [run(1, 1, 3)]
    assert verdict(instance([(good, good)] * 3), (runs, 6)).valid
    for place in range(3):
        for pair in ((other, good), (good, other)):
            spaces: list[tuple[Any, Any]] = [(good, good)] * 3
            spaces[place] = pair
            assert f"of edge {place} is 1, outside" in verdict(instance(spaces), (runs, 6)).line
