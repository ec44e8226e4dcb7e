"""The second goals of `solve`: of all parameters that reach the goal those of least cost, against every choice."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest

import dnnt
from dnnt import cli, confirming, pipeline, second_goal
from dnnt.checking import verdict
from dnnt.cli.render import second
from dnnt.cli.solve import _Losses
from dnnt.errors import InternalError, TooLarge
from dnnt.evaluation import evaluate
from dnnt.exact import Number, brief, number
from dnnt.instance import Instance
from dnnt.parameters import Parameters
from dnnt.running import Incumbent, Observer, Run, Stop
from dnnt.simplify.prices import cost_of
from dnnt.testing import random_any, random_two_layer
from dnnt.testing.oracle import all_parameters
from tests.cli.commands import CONTINUOUS, XOR, run
from tests.neuron.test_planes import noisy

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
    assert answer.then.bound == answer.then.value == number(answer.stats["then_bound"])
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
    assert said["stats"]["then_bound"] == said["then"]["value"]
    assert said["then"]["proved"] is True and said["then"]["assurance"] == "claimed" and ended.status == 0
    assert "nonzero weights" in run("solve", file, "--then", "sparsest").out


def test_refusals(tmp_path: Path) -> None:
    """An unknown kind, and continuous instances."""
    file = _written(tmp_path, XOR)
    assert run("solve", file, "--then", "best").status == 2
    assert run("solve", _written(tmp_path, CONTINUOUS), "--then", "sparsest").status == 2


LAYERS = [
    {"units": 1, "activation": "relu", "weights": [-1, 0, 1], "bias": [0]},
    {"units": 1, "activation": "identity", "weights": [-1, 0, 1], "bias": [0, 1]},
]
"""With x = y = 1, w = 1, 1 fits, and so does b = 1 alone, which is sparser."""


@pytest.mark.parametrize(
    ("raised", "stop", "words"),
    [
        (Stop("time"), "time", ""),
        (Stop("interrupt"), "interrupt", ""),
        (Stop("memory", "about 9 MiB are needed", predicted=True), "memory", "sparsest: about 9 MiB"),
        (TooLarge("too many to write down"), "memory", "sparsest: too many"),
        (MemoryError(), "memory", "sparsest: memory ran out"),
    ],
)
@pytest.mark.parametrize("goal", ["minimize", "decide"])
def test_limit_between_the_goals(
    monkeypatch: pytest.MonkeyPatch, goal: str, raised: Exception, stop: str, words: str
) -> None:
    """A limit after the first goal: its answer and its check stand, the second goal is not proved, and `stop` says
    what came.
    """
    checked = []

    def counted(*given: Any) -> Any:
        checked.append(1)
        return verdict(*given)

    def stopped(*_: object) -> None:
        assert checked, "the first goal is checked before the second begins"
        raise raised

    monkeypatch.setattr(confirming, "verdict", counted)
    monkeypatch.setattr(second_goal, "cheapest", stopped)
    answer = dnnt.solve(dnnt.layered(1, LAYERS, [((1,), (1,))], gamma=0), goal=goal, then="sparsest")
    assert answer.then is not None and not answer.then.proved and answer.parameters is not None
    assert (answer.status, answer.exit_code) == ("optimal" if goal == "minimize" else "feasible", 3)
    assert (answer.stop, answer.assurance, answer.loss) == (stop, "checked", 0)
    assert answer.bound == (0 if goal == "minimize" else None)
    assert answer.then.value == cost_of(answer.parameters, "sparsest")
    assert words in answer.reason
    assert answer.certificate is not None and answer.certificate.upper is not None
    assert answer.certificate.upper.parameters == answer.parameters
    jsonschema.validate(answer.to_json(), SCHEMA)


def _bounded(bound: Number, value: Number | None = None) -> Callable[..., None]:
    """A search that tells of a bound, perhaps of parameters of a cost too, before a limit comes."""

    def search(
        instance: Instance, kind: str, threshold: Number, tight: bool, run: Run, better: Any, at_least: Any
    ) -> None:
        at_least(bound)
        if value is not None:
            reached = (p for p in all_parameters(instance) if evaluate(instance, p).total <= threshold)
            better(value, next(p for p in reached if cost_of(p, kind) == value))
        raise Stop("time")

    return search


TWO = [{"units": 1, "activation": "identity", "weights": [0, 1, 2], "bias": [0, 1]}]
"""With x = 1, 1 and y = 4, both weights are 2 or one of them is 1: never fewer than two nonzero weights."""


def test_a_limit_keeps_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the answer, its figures, and the line that people see; floors count, and never fall."""
    of = dnnt.layered(2, TWO, [((1, 1), (4,))], gamma=0)
    file = tmp_path / "some.dnnt.json"
    dnnt.write(of, file)
    for told, kept in ((1, 1), (-1, 0), (Fraction(1, 2), Fraction(1, 2))):
        monkeypatch.setattr(second_goal, "cheapest", _bounded(told))
        answer = dnnt.solve(of, then="sparsest")
        assert answer.then is not None and (answer.then.value, answer.then.bound) == (2, kept)
        assert not answer.then.proved and (answer.exit_code, answer.stop) == (3, "time")
        capsys.readouterr()
        assert cli.run(["solve", str(file), "--then", "sparsest", "--json"]) == 3
        said = json.loads(capsys.readouterr().out)
        jsonschema.validate(said, SCHEMA)
        assert number(said["stats"]["then_bound"]) == kept
        assert cli.run(["solve", str(file), "--then", "sparsest"]) == 3
        assert f"2 nonzero weights, at least {brief(kept)}; a limit" in capsys.readouterr().out


def test_a_bound_that_closes_the_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever came then, the second goal is proved; a bound above a cost is a fault."""
    of = dnnt.layered(2, TWO, [((1, 1), (4,))], gamma=0)
    for kind, value in (("sparsest", 2), ("smallest", 3)):
        monkeypatch.setattr(second_goal, "cheapest", _bounded(value, value))
        answer = dnnt.solve(of, then=kind)
        assert answer.then is not None and answer.then.proved and answer.then.bound == answer.then.value == value
        assert (answer.exit_code, answer.stop) == (0, "proved")
    monkeypatch.setattr(second_goal, "cheapest", _bounded(9))
    with pytest.raises(InternalError, match="cost less than a bound"):
        dnnt.solve(of, then="sparsest")


def test_progress_shows_value_bound_and_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they improve, with what the search is doing."""

    def search(
        instance: Instance, kind: str, threshold: Number, tight: bool, run: Run, better: Any, at_least: Any
    ) -> Any:
        at_least(1)
        run.progress("looking")
        raise Stop("interrupt")

    monkeypatch.setattr(second_goal, "cheapest", search)
    seen: list[str] = []
    watched = Run(observer=Observer(state=lambda run: seen.append(run.doing)))
    pipeline.solve(dnnt.layered(2, TWO, [((1, 1), (4,))], gamma=0), then="sparsest", run=watched)
    assert "sparsest: 2, at least 0, gap 2" in seen and "sparsest: 2, at least 1, gap 1" in seen
    assert seen.index("sparsest: 2, at least 1, gap 1 · looking") > seen.index("sparsest: 2, at least 1, gap 1")


def test_a_finished_run_tells_its_bound_again(tmp_path: Path) -> None:
    of = dnnt.layered(2, TWO, [((1, 1), (4,))], gamma=0)
    first = dnnt.solve(of, then="smallest", checkpoint=tmp_path / "kept")
    again = dnnt.solve(of, then="smallest", checkpoint=tmp_path / "kept")
    assert again.then == first.then and again.then is not None and again.then.bound == again.then.value
    assert again.stats["then_bound"] == first.stats["then_bound"]


def _sum_of_two() -> Instance:
    """A neuron v (u + w) at x = 1, where u + w is to be 3: u and w at once, or one of them alone."""
    return dnnt.graph(
        1,
        [("h", "identity"), ("t", "identity")],
        ["t"],
        [
            {"from": "s", "to": "h", "weights": [[1, 3]], "bias": [0]},
            {"from": "s", "to": "h", "weights": [[0, 2]], "bias": [0]},
            {"from": "h", "to": "t", "weights": [[1]], "bias": [0]},
        ],
        [((1,), (3,))],
    )


def test_limit_in_the_second_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters of the second goal whose check does not fit into the limit are given up for the checked ones."""
    of = _sum_of_two()
    first = dnnt.solve(of)
    monkeypatch.setattr(second_goal, "confirm_parameters", lambda *_: "time")
    other = next(p for p in all_parameters(of) if evaluate(of, p).total == 0 and p != first.parameters)
    monkeypatch.setattr(second_goal, "cheapest", lambda *_: (cost_of(other, "sparsest"), other))
    answer = dnnt.solve(of, then="sparsest")
    assert (answer.status, answer.stop, answer.assurance, answer.exit_code) == ("optimal", "time", "checked", 3)
    assert answer.then is not None and not answer.then.proved
    assert answer.parameters == first.parameters


def test_certificate_after_the_second_goal() -> None:
    """The certificate is about the parameters that are reported, and valid as a whole."""
    for seed in range(20):
        of = random_two_layer(Random(seed))
        answer = dnnt.solve(of, goal="minimize", then="smallest")
        if answer.parameters is None:
            continue
        assert answer.certificate is not None and answer.certificate.upper is not None
        assert answer.certificate.upper.parameters == answer.parameters
        said = dnnt.check(of, answer.certificate)
        assert said.valid and said.upper == said.lower == answer.loss


def test_losses_never_rise(capsys: pytest.CaptureFixture[str]) -> None:
    """With `--competition` the second goal may take parameters of a higher loss within gamma; no `o` line says so."""
    losses = _Losses(Observer())
    watched = Run(observer=losses.observer)
    for loss in (5, 2, 4, 2, 1, 3):
        watched.incumbent = Incumbent(Parameters(), loss)
        watched.observer.state(watched)
    assert capsys.readouterr().out == "o 5\no 2\no 1\n"


@pytest.mark.parametrize("kind", ["sparsest", "smallest"])
def test_competition(tmp_path: Path, kind: str) -> None:
    """The lines of real runs."""
    for seed in range(12):
        of = random_two_layer(Random(seed))
        file = tmp_path / f"{seed}.dnnt.json"
        dnnt.write(of, file)
        lines = run("solve", file, "--competition", "--then", kind).out.splitlines()
        told = [Fraction(line[2:]) for line in lines if line.startswith("o ")]
        assert told == sorted(set(told), reverse=True)


@pytest.mark.parametrize("proved", [True, False])
def test_competition_tells_the_second_goal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], proved: bool
) -> None:
    """A line of its own, before the outcome of the first goal, which stays what it is where a limit comes."""

    def stopped(*_: object) -> None:
        raise Stop("time")

    if not proved:
        monkeypatch.setattr(second_goal, "cheapest", stopped)
    status = cli.run(["solve", str(_written(tmp_path, XOR)), "--competition", "--then", "sparsest"])
    lines = capsys.readouterr().out.splitlines()
    assert [line[0] for line in lines if line[0] != "o"] == ["c", "s", "v"]
    (said,) = [line for line in lines if line.startswith("c ")]
    assert said.startswith("c sparsest: ")
    assert said.endswith("none of these parameters have less" if proved else "before the proof that none have less")
    assert (status, lines[-2]) == (30, "s OPTIMUM FOUND")


def test_the_second_goal_is_not_begun_before_the_first_is_settled() -> None:
    """What the best parameters so far cost says nothing of the cheapest best ones, and the text says so."""
    answer = dnnt.solve(noisy(60, 60, "absolute", 2), method="branch", then="sparsest", time_limit=2)
    assert answer.then is not None and not answer.settled and not answer.then.proved
    assert "not begun" in second(answer.then, answer.settled)
