"""What people read: singular and plural, predictions that are guesses, and rows that would say nothing."""

from __future__ import annotations

import pytest

from dnnt.choice import choose
from dnnt.errors import MethodUnsuitable
from dnnt.exact import power, several
from dnnt.formats import instance_file
from tests.cli.commands import DEEP, HALF, XOR, Body, Dnnt, Instance, instance, layer, parameters

ONE = instance(
    inputs=1,
    layers=[layer(1, "sign", [-1, 1], [0])],
    samples=[{"x": [1], "y": [1]}],
    loss="zero_one",
)
"""One of everything."""

THREE = instance(
    inputs=1,
    layers=[*(layer(2, "relu", [-1, 0, 1]) for _ in range(2)), layer(1, "identity", [-1, 0, 1])],
    samples=[{"x": [1], "y": [1]}],
    loss="squared",
)


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0 nodes"), (1, "1 node"), (2000, "2,000 nodes"), (10**20, "about 10^20 nodes")]
)
def test_several(value: int, words: str) -> None:
    assert several(value, "node") == words


def test_powers() -> None:
    assert (power(0.0, "choice"), power(1.0, "choice"), power(85.88, "choice")) == (
        "1 choice",
        "10 choices",
        "about 10^85.9 choices",
    )


def test_one_of_everything(dnnt: Dnnt, save: Instance) -> None:
    out = " ".join(dnnt("info", save(ONE)).out.split())
    for words in ("1 unit, 1 edge, depth 1", "1 coordinate; 1 sample", "2 choices on 1 distinct input"):
        assert words in out
    for plural in ("1 units", "1 edges", "1 samples", "1 columns", "1 points", "1 coordinates", "10^0"):
        assert f" {plural}" not in out


def test_guesses_are_called_so(dnnt: Dnnt, save: Instance) -> None:
    """The time of local search is a guess, that of clauses the encoding's alone; `most` is not past all measure."""
    file = save(XOR)
    out = dnnt("info", file).out
    for words in ("(a guess)", "(encoding only)", "perhaps far more"):
        assert words in out
    assert "at most past all measure" not in out
    notes = {each["name"]: each["note"] for each in dnnt("info", file, "--json").object["methods"]}
    assert (notes["sat"], notes["search"], notes["columns"]) == ("encoding only", "a guess", None)
    plan = dnnt("solve", file, "--explain", "--method", "sat").out
    assert "the seconds are for the encoding only" in " ".join(plan.split())


def test_a_bound_of_0_says_nothing(dnnt: Dnnt, save: Instance) -> None:
    file = save(DEEP)
    assert "only that no loss is negative" in dnnt("solve", file, "--time-limit", "0").out
    no = dnnt("solve", save({**HALF, "gamma": 0})).out
    assert "no loss is negative" not in no.replace("the fact that no loss is negative", "")


def test_a_claim_is_not_called_proved(dnnt: Dnnt, save: Instance) -> None:
    out = dnnt("solve", save({**HALF, "gamma": 2}), "--no-check").out
    assert "no: every choice" in out
    assert "checked by" not in out


@pytest.mark.parametrize(("bias", "words"), [(0, "1 value: all that"), (None, "nothing: every entry")])
def test_fixed_values(bias: int | None, words: str, dnnt: Dnnt, save: Instance) -> None:
    fixed = save(parameters({"weights": [None], "bias": bias}), "fixed.json")
    assert words in dnnt("solve", save(HALF), "--fix", fixed).out


@pytest.mark.parametrize("body", [DEEP, THREE])
def test_a_refusal_names_what_auto_would_choose(body: Body, dnnt: Dnnt, save: Instance) -> None:
    file = save(body)
    best = choose(instance_file.read(file), "auto", 1 << 34).method.name
    refused = dnnt("solve", file, "--method", "reachable")
    assert refused.status == 2
    assert refused.complaint.endswith(f"take --method {best}")
    assert refused.complaint.count("brute-force") == (best == "brute-force")


def test_a_refusal_knows_of_parts(dnnt: Dnnt, save: Instance) -> None:
    """One neuron each is what `branch` takes, but one of the outputs is more."""
    edges = [
        {"from": "s", "to": "a", "weights": [[-1, 0, 1]], "bias": [0]},
        {"from": "s", "to": "h", "weights": [[-1, 0, 1]], "bias": [0]},
        {"from": "h", "to": "b", "weights": [[-1, 0, 1]], "bias": [0, 1]},
    ]
    body = instance(
        inputs=1,
        vertices=[{"id": name, "activation": "relu"} for name in "ahb"],
        outputs=["a", "b"],
        edges=edges,
        samples=[{"x": [1], "y": [1, 2]}, {"x": [2], "y": [1, 2]}],
        loss="squared",
    )
    refused = dnnt("solve", save(body), "--method", "branch")
    assert refused.status == 2
    assert "take --method auto, which solves its 2 independent parts one by one" in refused.complaint
    with pytest.raises(MethodUnsuitable, match="independent parts"):
        choose(instance_file.read(save(body)), "branch", 1 << 34)


def test_xor_has_no_parts(dnnt: Dnnt, save: Instance) -> None:
    assert "independent parts" not in dnnt("info", save(XOR)).out
