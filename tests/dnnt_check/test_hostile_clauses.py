"""Clauses that are meant to hurt: malformed, endless, with long numbers; each gets one clear line."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

import pytest

import dnnt_check
from dnnt.formats import instance_file
from tests.dnnt_check.cases import certificate, encode
from tests.dnnt_check.clause_maker import Maker
from tests.dnnt_check.clause_oracle import Meaning
from tests.dnnt_check.lower import line

Q = Fraction

NET: dict[str, Any] = {
    "format": "dnnt-instance",
    "version": 1,
    "inputs": 1,
    "layers": [
        {"units": 1, "activation": "relu", "weights": [-1, 1], "bias": [0]},
        {"units": 1, "activation": "identity", "weights": [-1, 2], "bias": [0]},
    ],
    "samples": [{"x": [1], "y": [3]}, {"x": [-1], "y": [3]}],
    "loss": "squared",
}
"""The hidden unit is 1 at one of the points, where the output is -1 or 2, and 0 elsewhere: 1 + 9 is the least loss."""

GOOD = Maker(Meaning(instance_file.parse(encode(NET))), 10, False).body()


def said(**changes: Any) -> str:
    """What is said of grounds with some keys changed."""
    return line(NET, Q(10), False, {**GOOD, **changes})


def test_the_grounds_are_good() -> None:
    assert said() == "VALID loss >= 10"
    for count in (1, 2, 7, 10**6):
        pieces = [GOOD["proof"][i : i + count] for i in range(0, len(GOOD["proof"]), count)]
        assert said(proof=["", *(",".join(map(str, piece)) for piece in pieces)]) == "VALID loss >= 10"
    assert line(NET, Q(10), True, GOOD).startswith("INVALID lower.grounds.clauses[")
    assert line(NET, Q(2), False, {**GOOD, "clauses": [], "proof": []}) == "VALID loss >= 2", "by least costs alone"


HUGE = 10**2000

PLACES: list[tuple[dict[str, Any], str]] = [
    ({"sums": 3}, "certificate: lower.grounds.sums: a list is expected, not 3"),
    ({"sums": [3]}, "certificate: lower.grounds.sums[0]: a list is expected, not 3"),
    ({"sums": [[[1]]]}, "certificate: lower.grounds.sums[0][0]: a pair [coefficient, quantity] is expected"),
    ({"sums": [[[1, ["t"]]]]}, "certificate: lower.grounds.sums[0][0][1]: a sum may only be made of v, z, m, o and c"),
    ({"sums": [[[None, ["c", 0]]]]}, "certificate: lower.grounds.sums[0][0][0]: a number is expected, not null"),
    ({"sums": [[[1, ["c", 2]]]]}, "lower: there is no quantity ['c', 2]"),
    ({"literals": {}}, "certificate: lower.grounds.literals: a list is expected, not an object"),
    (
        {"literals": [[["v", 0], 1]]},
        "certificate: lower.grounds.literals[0]: a triple [quantity, low, high] is expected",
    ),
    (
        {"literals": [[["w", 0], 1, 1]]},
        "lower.grounds.literals[0][0]: a quantity is expected: a letter and its indices",
    ),
    ({"literals": [[[], 1, 1]]}, "lower.grounds.literals[0][0]: a quantity is expected: a letter and its indices"),
    ({"literals": [[["v", 0, 0], 1, 1]]}, "literals[0][0]: a quantity is expected: a letter and its indices"),
    ({"literals": [[[["v"], 0], 1, 1]]}, "literals[0][0]: a quantity is expected: a letter and its indices"),
    ({"literals": [[["v", -1], 1, 1]]}, "lower.grounds.literals[0][0]: an index is expected, not -1"),
    ({"literals": [[["v", True], 1, 1]]}, "lower.grounds.literals[0][0]: an index is expected, not true"),
    ({"literals": [[["v", [0]], 1, 1]]}, "lower.grounds.literals[0][0]: an index is expected, not a list"),
    ({"literals": [[["v", 0], "x", 1]]}, "certificate: lower.grounds.literals[0][1]: "),
    ({"literals": [[["v", 0], HUGE, 1]]}, "too much work: clauses about numbers of more than 4096 bits"),
    ({"relations": [[["1/0", ["t"]]]]}, "certificate: lower.grounds.relations[0][0][0]: "),
    ({"relations": [[[1, ["t"]]]], "clauses": []}, "lower.grounds.relations[0]: the sum is not constant"),
    ({"relations": [[[1, ["s", 9]]]], "clauses": []}, "lower: there is no quantity ['s', 9]"),
    ({"relations": [[[HUGE, ["t"]]]]}, "too much work: clauses about numbers of more than 4096 bits"),
    ({"clauses": [[]]}, "certificate: lower.grounds.clauses[0]: a list that begins with a reason is expected"),
    ({"clauses": [3]}, "certificate: lower.grounds.clauses[0]: a list that begins with a reason is expected"),
    ({"clauses": [["x"]]}, "certificate: lower.grounds.clauses[0]: 'x' is no reason"),
    ({"clauses": [[["e"]]]}, "certificate: lower.grounds.clauses[0]: a list is no reason"),
    ({"clauses": [[["e", -1]]]}, "certificate: lower.grounds.clauses[0][0]: an integer >= 0 is expected"),
    ({"clauses": [[["e", 2]]]}, "lower: there is no point 2"),
    ({"clauses": [[["e", HUGE]]]}, "lower: there is no point a number of 6644 bits"),
    ({"literals": [[["v", HUGE], 1, 1]], "clauses": []}, "lower: there is no quantity ['v', a number of 6644 bits]"),
    ({"swaps": [[[0, HUGE]]]}, "lower.grounds.swaps[0]: there is no variable a number of 6644 bits"),
    ({"clauses": [[-1]]}, "certificate: lower.grounds.clauses[0]: -1 is no reason"),
    ({"clauses": [[None]]}, "certificate: lower.grounds.clauses[0]: null is no reason"),
    ({"clauses": [[10**6]]}, "certificate: lower.grounds.clauses[0]: there is no such relation"),
    ({"clauses": [["d", 0]]}, "certificate: lower.grounds.clauses[0]: there is no such literal"),
    ({"clauses": [["d", 10**30]]}, "certificate: lower.grounds.clauses[0]: there is no such literal"),
    ({"clauses": [["d", "1"]]}, "certificate: lower.grounds.clauses[0]: literals are integers"),
    ({"clauses": [["d", True]]}, "certificate: lower.grounds.clauses[0]: literals are integers"),
    ({"clauses": [["y", 1]]}, 'certificate: lower.grounds.clauses[0]: the reason "y" needs an order'),
    ({"clauses": [["d"]]}, "lower.grounds.clauses[0]: it does not hold for this reason"),
    ({"proof": [None]}, "lower.grounds.proof[0]: integers are expected, or texts of integers"),
    ({"proof": [0.5]}, "lower.grounds.proof[0]: integers are expected, or texts of integers"),
    ({"proof": ["1,0", 2]}, "certificate: lower.grounds.proof[1]: integers are expected, or texts of integers"),
    ({"proof": ["1,,0"]}, "lower.grounds.proof[0]: integers with commas between them are expected"),
    ({"proof": ["1,0,"]}, "lower.grounds.proof[0]: integers with commas between them are expected"),
    ({"proof": ["1 0"]}, "lower.grounds.proof[0]: integers with commas between them are expected"),
    ({"proof": ["-"]}, "lower.grounds.proof[0]: integers with commas between them are expected"),
    ({"proof": ["1],[0"]}, "lower.grounds.proof[0]: integers with commas between them are expected"),
    ({"proof": ["٣,0"]}, "lower.grounds.proof[0]: integers with commas between them are expected"),
    ({"proof": ["\ud800"]}, "lower.grounds.proof[0]: integers with commas between them are expected"),
    ({"proof": ["1e5,0"]}, "lower.grounds.proof[0]: integers with commas between them are expected"),
    ({"proof": ["1" * 100]}, "lower.grounds.proof[0]: integers with commas between them are expected"),
    ({"proof": ["1," * 600_000 + "0"]}, "lower.grounds.proof[0]: a text has more than 1000000 characters"),
    ({"proof": []}, "lower.grounds.proof: the last line is not the empty clause"),
    ({"order": []}, "certificate: lower.grounds.order: a pair [variables, values] is expected"),
    ({"more": 1}, "certificate: lower.grounds: unknown key 'more'"),
]


@pytest.mark.parametrize(("changes", "why"), PLACES)
def test_malformed_grounds_get_one_line(changes: dict[str, Any], why: str) -> None:
    found = said(**changes)
    assert found.startswith("INVALID ")
    assert why in found
    assert "\n" not in found
    assert len(found) < 200


@pytest.mark.parametrize("key", ["sums", "literals", "relations", "clauses", "proof"])
def test_each_key_is_needed(key: str) -> None:
    body = {name: value for name, value in GOOD.items() if name != key}
    assert line(NET, Q(10), False, body) == f"INVALID certificate: lower.grounds: the key '{key}' is missing"


def test_quantities_that_there_are_not() -> None:
    for key in (
        ["v", 2],
        ["z", 2, 0],
        ["z", 0, 2],
        ["m", 2, 0, 0],
        ["m", 0, 2, 0],
        ["m", 0, 0, 2],
        ["p", 2, 0],
        ["s", 0],
    ):
        assert said(sums=[], relations=[], clauses=[], literals=[[key, 0, 1]]).startswith(
            "INVALID lower: there is no quantity ["
        )
    joint = {**NET, "loss": "zero_one", "layers": [{**NET["layers"][0], "units": 2}]}
    joint["samples"] = [{"x": [1], "y": [1, 5]}]
    body = {**GOOD, "sums": [], "relations": [], "clauses": [], "literals": [[["o", 0, 0], 0, 0]]}
    # The least costs prove 1 by themselves; beyond it literals are looked at.
    assert line(joint, Q(1), False, body) == "VALID loss >= 1"
    assert line(joint, Q(2), False, body) == "INVALID lower: there is no quantity ['o', 0, 0]"


def test_long_numbers_of_instances_are_refused() -> None:
    for loss, y in (("squared", HUGE), ("absolute", f"1/{HUGE}")):
        body = {**NET, "samples": [{"x": [1], "y": [y]}], "loss": loss}
        assert "clauses about numbers of more than 4096 bits" in line(body, Q(10) ** 5000, False, GOOD)
    squares = [{"units": 1, "activation": "square", "weights": [1, 3], "bias": [0]}] * 16
    found = line({**NET, "layers": squares}, Q(10) ** 9, False, GOOD)
    assert found == "INVALID too much work: clauses about numbers of more than 32768 bits"


def test_values_without_end_are_refused() -> None:
    wide = {"from": 0, "to": 5000}
    layer = {"units": 1, "activation": "digit_code", "weights": wide, "bias": [0]}
    found = line({**NET, "layers": [layer]}, Q(100), False, GOOD)
    assert found == "INVALID lower: digit_code of more than 1000 different numbers: clauses do not apply"


def test_a_proof_without_end_is_too_much_work() -> None:
    """A clause of many literals that is named very often is seen before it is followed."""
    count = 20_000
    body = {
        **{"kind": "clauses", "sums": [], "literals": [[["v", 0], -1, 1]], "relations": []},
        **{"clauses": [["d", *([1] * count)]], "proof": [-1, 0, *([1] * 100_000), 0, 0, 2, 0]},
    }
    data = encode(NET)
    claim = encode(certificate(data, None, (Q(10), False, body)))
    started = time.monotonic()
    found = dnnt_check.check(data, claim, budget=10).line
    assert found.startswith("INVALID too much work: following the proof needs about ")
    assert time.monotonic() - started < 60, "a hang, however slow the machine"


def test_the_memory_is_bounded() -> None:
    data = encode(NET)
    claim = encode(certificate(data, None, (Q(10), False, {**GOOD, "literals": [[["v", 0], 0, 1]] * 3000})))
    found = dnnt_check.check(data, claim, memory=3 * 2**20).line
    assert found.startswith("INVALID too much work: ")
    assert "MiB" in found


def test_the_watch_is_called() -> None:
    class Enough(Exception):
        pass

    def watch() -> None:
        raise Enough

    data = encode(NET)
    with pytest.raises(Enough):
        dnnt_check.check(data, encode(certificate(data, None, (Q(10), False, GOOD))), watch=watch)
