"""Solving continuous bundles through their sources: optima, bounds, certificates, and what is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt import Bundle, Instance
from dnnt.continuous import NONE
from dnnt.exact import normal
from dnnt.formats import json_text
from dnnt.instance import graph
from dnnt.reductions import reduction
from dnnt.running import Run, Stop
from dnnt.testing import problems
from dnnt.testing.hostile import hostile
from dnnt.testing.oracle import oracle

VARIANTS = ("repaired", "probes")


def neuron(weights: Any, y: int, activation: Any = "identity", **more: Any) -> Instance:
    """One vertex with one weight and the input 1, to give y."""
    edge = {"from": "s", "to": "t", "weights": [weights], "bias": [0]}
    given = {"samples": [([1], [y])], "loss": "squared", "gamma": 0, **more}
    return graph(1, [{"id": "t", "activation": activation}], ["t"], [edge], **given)


def sources() -> list[Instance]:
    rng = Random(7)
    small = list(problems.small_instances())
    made = [*small[:: max(1, len(small) // 25)], *(problems.random_instance(rng, 40) for _ in range(25))]
    return [source for source in made if reduction("dnnt-to-cnnt").accepts(source) is None]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("goal", ["decide", "minimize"])
def test_against_the_source_and_hostile_parameters(variant: str, goal: str) -> None:
    """The answer is the source's; the loss is what the parameters have; no real parameters are below the bound."""
    rng = Random(3)
    for source in sources():
        bundle = dnnt.reduce("dnnt-to-cnnt", source, variant)
        answer = dnnt.solve(bundle, goal=goal)
        least = oracle(source).least
        assert source.gamma is not None and bundle.target.gamma is not None
        solvable = least is not None and least <= source.gamma
        assert answer.answer == ("yes" if solvable else "no")
        assert answer.assurance == "checked"
        for value in (answer.loss, answer.bound):
            assert value is None or type(value) is type(normal(value))
        if answer.parameters is not None:
            assert dnnt.evaluate(bundle, answer.parameters).total == answer.loss
        if answer.status == "optimal":
            assert answer.bound == answer.loss
        if goal == "minimize" and least is not None and solvable:
            assert answer.status == "optimal"
            assert answer.loss == least + bundle.target.gamma - source.gamma
        if answer.bound is not None:
            assert solvable or goal == "minimize" or answer.bound >= bundle.target.gamma
            for real in hostile(bundle, rng, 15):
                assert dnnt.evaluate(bundle, real).total >= answer.bound


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("y", [1, 7])
@pytest.mark.parametrize("goal", ["decide", "minimize"])
def test_certificates(variant: str, y: int, goal: str, tmp_path: Path) -> None:
    """One certificate, checked beside the bundle and beside the source's own file."""
    file, bundle_file = tmp_path / "source.json", tmp_path / "bundle.json"
    text = json.dumps(json.loads(dnnt_text(neuron([0, 1], y))), indent=3)
    file.write_text(text, encoding="utf-8")
    bundle = dnnt.reduce("dnnt-to-cnnt", file, variant)
    dnnt.write(bundle, bundle_file)
    for given in (bundle, bundle_file):
        answer = dnnt.solve(given, goal=goal)
        assert answer.assurance == "checked" and answer.certificate is not None
        assert answer.certificate.sha256 == hashlib.sha256(text.encode()).hexdigest()
        assert answer.sha256 == bundle.sha256 == hashlib.sha256(bundle_file.read_bytes()).hexdigest()
        claims = {dnnt.check(of, answer.certificate).line for of in (file, bundle_file, bundle)}
        (claim,) = claims
        assert claim.startswith("VALID")


def dnnt_text(instance: Instance) -> str:
    """The text of an instance's file."""
    from dnnt.formats import instance_file

    return instance_file.to_bytes(instance).decode()


@pytest.mark.parametrize("variant", VARIANTS)
def test_penalties_may_be_cheaper(variant: str) -> None:
    """Where the source is far above gamma, real parameters that pay the penalty on the one sample are best."""
    bundle = dnnt.reduce("dnnt-to-cnnt", neuron([0, 1], 100), variant)
    answer = dnnt.solve(bundle, goal="minimize")
    samples = len(bundle.target.samples)
    assert answer.answer == "no"
    assert answer.bound == samples + 2 + samples - 1
    assert answer.loss is not None and answer.loss <= samples * (samples + 2)
    assert dnnt.evaluate(bundle, answer.parameters).total == answer.loss
    assert (answer.status == "optimal") == (answer.loss == answer.bound)
    assert answer.bound_assurance == (None if answer.status == "optimal" else "checked")


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_parameters_at_all(variant: str) -> None:
    """An empty space in the source: the target has parameters, and none is within gamma."""
    bundle = dnnt.reduce("dnnt-to-cnnt", neuron([], 1), variant)
    for goal, status in (("decide", "infeasible"), ("minimize", "optimal")):
        answer = dnnt.solve(bundle, goal=goal)
        assert (answer.answer, answer.status, answer.loss, answer.bound) == ("no", status, 0, 0)
        assert dnnt.check(bundle, answer.certificate).line == "VALID infeasible"
        assert bundle.extract(answer).answer == "no"
        stopped = dnnt.solve(bundle, goal=goal, time_limit=0)
        assert stopped.answer in ("no", "unknown")


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("y", [3, 5])
def test_functions_from_python(variant: str, y: int) -> None:
    """They have no file, so nothing is checked; everything else works."""
    for source in (
        neuron([0, 1], y, activation=lambda z: 3 * z),
        neuron([0, 3], y, loss=lambda f, t: abs(f[0] - t[0])),
    ):
        bundle = dnnt.reduce("dnnt-to-cnnt", source, variant)
        for goal in ("decide", "minimize"):
            answer = dnnt.solve(bundle, goal=goal)
            assert (answer.answer, answer.assurance) == ("yes" if y == 3 else "no", "claimed")
            said = bundle.extract(answer)
            assert said.answer == answer.answer
            if y == 3:
                assert said.verified and bundle.extract(bundle.lift(said)) == said
        assert dnnt.info(bundle).continuous
        with pytest.raises(dnnt.InvalidInput, match="cannot be written"):
            dnnt.write(bundle, "nowhere.json")
        assert not Path("nowhere.json").exists()


def test_answers_of_the_target_alone() -> None:
    """A bundle takes the answer to its target, too, as Python has it."""
    for target, answer in ((12, "yes"), (11, "no")):
        bundle = dnnt.reduce("subset-sum-to-dnnt", dnnt.SubsetSum((3, 5, 7), target))
        for given in (bundle, bundle.target, bundle.instance()):
            assert bundle.extract(dnnt.solve(given)).answer == answer
    other = dnnt.reduce("subset-sum-to-dnnt", dnnt.SubsetSum((3, 5, 7), 11))
    with pytest.raises(dnnt.InvalidInput, match="another file"):
        dnnt.reduce("subset-sum-to-dnnt", dnnt.SubsetSum((3, 5, 7), 9)).extract(dnnt.solve(other))


def test_a_limit_before_the_bundle_is_known_to_be_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown, with parameters."""
    bundle = dnnt.reduce("dnnt-to-cnnt", neuron([0, 1], 1))

    def stopped(self: Bundle) -> None:
        raise Stop("memory")

    monkeypatch.setattr(Bundle, "check", stopped)
    answer = dnnt.solve(bundle)
    assert (answer.answer, answer.status, answer.stop, answer.exit_code) == ("unknown", "unknown", "memory", 3)
    assert answer.parameters is not None and answer.sha256 == bundle.sha256
    assert bundle.extract(answer).answer == "unknown"


def test_limits() -> None:
    """The source's search is stopped, and what it knew is lifted."""
    source = problems_of_many_choices()
    bundle = dnnt.reduce("dnnt-to-cnnt", source)
    answer = dnnt.solve(bundle, method="brute-force", time_limit=0.5)
    assert (answer.answer, answer.status, answer.stop) == ("unknown", "unknown", "time")
    assert dnnt.evaluate(bundle, answer.parameters).total == answer.loss
    assert answer.bound is not None and answer.loss is not None and answer.bound <= answer.loss


def problems_of_many_choices() -> Instance:
    """Ten weights of a wide range, whose sum has to be a half."""
    vertices = [{"id": f"h{i}", "activation": "relu"} for i in range(10)] + [{"id": "t", "activation": "identity"}]
    edges = [{"from": "s", "to": f"h{i}", "weights": [{"from": -9, "to": 9}], "bias": [0]} for i in range(10)]
    edges += [{"from": f"h{i}", "to": "t", "weights": [[1, -1]], "bias": [0]} for i in range(10)]
    return graph(1, vertices, ["t"], edges, [([1], ["1/2"])], "squared", "1/8")


def test_what_is_no_bundle_of_ours() -> None:
    plain = neuron("real", 1)
    for refused in (plain, dnnt.reduce("dnnt-to-cnnt", neuron([1], 1)).target):
        with pytest.raises(dnnt.MethodUnsuitable) as error:
            dnnt.solve(refused)
        assert str(error.value) == NONE
    assert dnnt.info(plain).reason == NONE
    bundle = dnnt.reduce("dnnt-to-cnnt", neuron([1], 1))
    assert "Theorem 1.2" in dnnt.info(bundle).reason


def test_the_printed_construction_is_not_solved() -> None:
    """W = {0} and W = {1}: as printed, a no becomes a yes and a yes a no."""
    for weight in (0, 1):
        bundle = dnnt.reduce("dnnt-to-cnnt", neuron([weight], 1), "printed")
        with pytest.raises(dnnt.MethodUnsuitable, match=r"printed.*repaired"):
            dnnt.solve(bundle)
        assert "printed" in dnnt.info(bundle).reason


def test_a_discrete_target_in_place_of_the_continuous_one(tmp_path: Path) -> None:
    """The checker believes the source of such a bundle, so the two have to be compared whatever the target is."""
    body = json_text.parse(dnnt.reduce("dnnt-to-cnnt", neuron([0, 1], 1)).to_bytes())
    body["target"] = json.loads(dnnt_text(neuron([5], 1)))
    for text in (json_text.dumps(body), json_text.dumps(body).replace("dnnt-to", "\\u0064nnt-to")):
        path = tmp_path / "b.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(dnnt.InvalidInput, match="target"):
            dnnt.solve(path)


def test_rule_names_may_be_escaped(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    raw = dnnt.reduce("dnnt-to-cnnt", neuron([0, 1], 1)).to_bytes().decode()
    path.write_text(raw.replace('"dnnt-to-cnnt"', '"\\u0064nnt-to-cnnt"'), encoding="utf-8")
    assert dnnt.solve(path).answer == "yes"


def test_runs_are_those_of_the_source() -> None:
    """A run that is handed in knows the source's losses."""
    from dnnt.continuous import solve

    bundle = dnnt.reduce("dnnt-to-cnnt", neuron([0, 1], 1))
    run = Run()
    answer = solve(bundle.instance(), None, "brute-force", run)
    assert (answer.method, answer.loss) == ("brute-force", 1)
    assert run.incumbent is not None and run.incumbent.loss == 0
