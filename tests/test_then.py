"""The second goals of `solve`: of all parameters that reach the goal those of least cost, against every choice."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest

import dnnt
from dnnt.annotations.cheapest import cost_of
from dnnt.evaluation import evaluate
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.testing import random_any, random_two_layer
from dnnt.testing.oracle import all_parameters
from tests.cli.commands import CONTINUOUS, XOR, run

SCHEMA = json.loads((Path(dnnt.__file__).parent / "formats/schemas/answer.schema.json").read_text(encoding="utf-8"))


def _written(folder: Path, body: Any) -> Path:
    file = folder / "some.dnnt.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    return file


def _least(of: Instance, threshold: Number, kind: str) -> Number | None:
    costs = [cost_of(p, kind) for p in all_parameters(of) if evaluate(of, p).total <= threshold]
    return min(costs, default=None)


@pytest.mark.parametrize("kind", ["sparsest", "smallest"])
@pytest.mark.parametrize("seed", range(12))
def test_least_cost(seed: int, kind: str) -> None:
    """Value, parameters and loss agree with all choices, for both goals."""
    rng = Random(seed)
    of = random_two_layer(rng) if seed % 2 else random_any(rng)
    answer = dnnt.solve(of, goal="minimize", then=kind)
    assert answer.then is not None and answer.then.proved and answer.exit_code == 0
    if answer.parameters is None:
        assert answer.then.value is None
        return
    assert answer.loss is not None and evaluate(of, answer.parameters).total == answer.loss
    assert answer.then.value == cost_of(answer.parameters, kind) == _least(of, answer.loss, kind)
    assert (answer.status, answer.assurance) == ("optimal", "checked")
    if of.gamma is None:
        return
    decided = dnnt.solve(of, goal="decide", then=kind)
    assert decided.then is not None and decided.then.proved
    assert decided.then.value == _least(of, of.gamma, kind)
    if decided.answer == "yes":
        assert decided.parameters is not None and evaluate(of, decided.parameters).total <= of.gamma
        assert decided.then.value == cost_of(decided.parameters, kind)


def test_command(tmp_path: Path) -> None:
    """The field `then`, and the line that people see."""
    file = _written(tmp_path, XOR)
    ended = run("solve", file, "--then", "sparsest", "--json")
    said = ended.object
    jsonschema.validate(said, SCHEMA)
    assert said["then"]["proved"] is True and said["then"]["assurance"] == "claimed" and ended.status == 0
    assert "nonzero weights" in run("solve", file, "--then", "sparsest").out


def test_refusals(tmp_path: Path) -> None:
    """An unknown kind, and continuous instances."""
    file = _written(tmp_path, XOR)
    assert run("solve", file, "--then", "best").status == 2
    assert run("solve", _written(tmp_path, CONTINUOUS), "--then", "sparsest").status == 2


def test_limit_between_the_goals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit after the first goal: the answer stands, the second goal is not proved, exit status 3."""
    from dnnt import pipeline
    from dnnt.running import Stop

    def stopped(*_: object) -> None:
        raise Stop("time")

    monkeypatch.setattr(pipeline, "cheapest_parameters", stopped)
    layers = [{"units": 1, "activation": "relu", "weights": [-1, 0, 1], "bias": [0]}]
    of = dnnt.layered(1, [*layers, {**layers[0], "activation": "identity"}], [((1,), (1,))])
    answer = dnnt.solve(of, then="sparsest")
    assert answer.then is not None and not answer.then.proved and answer.parameters is not None
    assert (answer.status, answer.exit_code) == ("optimal", 3)
    assert answer.then.value == cost_of(answer.parameters, "sparsest")
