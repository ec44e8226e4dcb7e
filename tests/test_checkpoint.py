"""Checkpoints: what is kept survives any end of the run, is looked at again before use, and goes with one task."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from random import Random
from time import sleep
from typing import Any

import pytest

import dnnt
from dnnt import checkpoint, confirming
from dnnt.checking import Verdict
from dnnt.formats import instance_file, json_text
from dnnt.instance import Instance
from dnnt.methods import method
from dnnt.parameters import first_choice
from dnnt.running import Run
from tests.cli.commands import XOR, finished, run, start, write

KEPT = {"task.json", "best.dnnt.cert.json", "bound.dnnt.cert.json", "claimed.json", "finished.json", "lock"}


def slow(name: str = "slow") -> Instance:
    """Some seconds of plain search, with incumbents on the way."""
    rng = Random(3)
    edges = [
        {"from": "s", "to": "h", "weights": [[-2, -1, 0, 1, 2]] * 4, "bias": [0]},
        {"from": "h", "to": "g", "weights": [[-1, 1, 2, 3]], "bias": [-1, 0, 1]},
        {"from": "g", "to": "t", "weights": [[-2, -1, 1, 2]], "bias": [-1, 0, 1]},
    ]
    samples = [([rng.randint(-9, 9) for _ in range(4)], [rng.randint(-40, 40)]) for _ in range(4)]
    vertices = [("h", "relu"), ("g", "abs"), ("t", "identity")]
    return dnnt.graph(4, vertices, ["t"], edges, samples, "absolute", name=name)


def test_a_finished_run_is_checked_again_and_printed(tmp_path: Path) -> None:
    file = write(tmp_path / "xor.dnnt.json", XOR)
    folder = tmp_path / "made" / "kept"
    for option in ([], ["--then", "sparsest"]):
        here = folder / str(len(option))
        arguments = ["solve", file, "--goal", "minimize", "--checkpoint", here, "--json", *option]
        (first,) = run(*arguments).objects
        assert {path.name for path in here.iterdir()} <= KEPT
        (again,) = run(*arguments, "--time-limit", 50, "--threads", 1, "--certificate", tmp_path / "c.json").objects
        for name in first:
            if name not in ("seconds", "stats"):
                assert again[name] == first[name]
        assert again["assurance"] == "checked"
        assert run("check", file, tmp_path / "c.json").out == "VALID optimal 0\n"


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (["--goal", "minimize", "--then", "smallest"], "another second goal"),
        (["--goal", "minimize", "--method", "brute-force"], "another method"),
        (["--goal", "minimize", "--seed", "5"], "another seed"),
        (["--goal", "decide"], "another goal"),
    ],
)
def test_another_task_is_refused_and_the_directory_left_alone(more: list[str], fault: str, tmp_path: Path) -> None:
    file = write(tmp_path / "xor.dnnt.json", {**XOR, "gamma": 0})
    folder = tmp_path / "kept"
    assert run("solve", file, "--goal", "minimize", "--checkpoint", folder).status == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    ended = run("solve", file, "--checkpoint", folder, *more)
    assert (ended.status, ended.err.count("\n")) == (2, 1)
    assert fault in ended.err
    other = write(tmp_path / "other.dnnt.json", {**XOR, "gamma": 0, "name": "other"})
    assert "another instance" in run("solve", other, "--goal", "minimize", "--checkpoint", folder).err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_other_directories_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "xor.dnnt.json", XOR)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear", encoding="utf-8")
    ended = run("solve", file, "--checkpoint", tmp_path / "full")
    assert (ended.status, ended.err.count("\n")) == (2, 1)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter.txt"]
    ended = run("solve", file, "--checkpoint", file)
    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert "cannot be used" in ended.err


def test_one_run_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "slow.dnnt.json"
    dnnt.write(slow(), file)
    arguments = ["solve", file, "--method", "brute-force", "--checkpoint", tmp_path / "kept"]
    first = start(*arguments)
    while not (tmp_path / "kept" / "best.dnnt.cert.json").exists():
        assert first.poll() is None
        sleep(0.01)
    ended = run(*arguments)
    first.kill()
    finished(first)
    assert (ended.status, "another run is using it" in ended.err) == (2, True)


def test_kills_lose_nothing(tmp_path: Path) -> None:
    """The loss and the bound never get worse, every file is whole, and the end is that of a run in peace."""
    instance = slow()
    file = tmp_path / "slow.dnnt.json"
    dnnt.write(instance, file)
    folder = tmp_path / "kept"
    arguments = ["solve", file, "--method", "brute-force", "--checkpoint", folder, "--json"]
    rng = Random(1)
    losses: list[Any] = []
    for _ in range(6):
        process = start(*arguments, start_new_session=True)
        sleep(0.3 + 1.2 * rng.random())
        os.killpg(process.pid, signal.SIGKILL)
        finished(process)
        for path in folder.glob("*.json"):
            json.loads(path.read_text(encoding="utf-8"))
        best = folder / "best.dnnt.cert.json"
        if best.exists():
            losses.append(json.loads(best.read_text(encoding="utf-8"))["upper"]["loss"])
    assert losses == sorted(losses, reverse=True)
    ended = run(*arguments)
    (said,) = ended.objects
    assert (said["status"], said["assurance"]) == ("optimal", "checked")
    assert said["loss"] == dnnt.solve(instance, method="brute-force").loss
    assert {path.name for path in folder.iterdir()} <= KEPT


def test_limits_may_differ_and_nothing_is_lost(tmp_path: Path) -> None:
    instance = slow()
    folder = tmp_path / "kept"
    first = dnnt.solve(instance, method="brute-force", time_limit=0.3, checkpoint=folder)
    assert first.stop == "time" and first.loss is not None
    again = dnnt.solve(instance, method="brute-force", time_limit=0, checkpoint=folder)
    assert again.loss is not None and again.loss <= first.loss
    last = dnnt.solve(instance, method="brute-force", checkpoint=folder)
    assert (last.status, last.assurance) == ("optimal", "checked")


def test_what_is_not_true_is_not_believed(tmp_path: Path) -> None:
    instance = dnnt.parse(json.dumps(XOR))
    folder = tmp_path / "kept"
    dnnt.solve(instance, checkpoint=folder)
    best = folder / "best.dnnt.cert.json"
    body = json.loads(best.read_text(encoding="utf-8"))
    best.write_text(json.dumps({**body, "upper": {**body["upper"], "loss": -1}}), encoding="utf-8")
    with pytest.raises(dnnt.InvalidInput, match="not true of the instance"):
        dnnt.solve(instance, checkpoint=folder)
    best.write_text(json.dumps(body), encoding="utf-8")
    lower = {"bound": 3, "strict": False, "grounds": {"kind": "enumeration"}}
    claim = {name: value for name, value in body.items() if name != "upper"}
    (folder / "bound.dnnt.cert.json").write_text(json.dumps({**claim, "lower": lower}), encoding="utf-8")
    with pytest.raises(dnnt.InvalidInput, match="not true of the instance"):
        dnnt.solve(instance, checkpoint=folder)
    (folder / "bound.dnnt.cert.json").write_text("{", encoding="utf-8")
    with pytest.raises(dnnt.InvalidInput):
        dnnt.solve(instance, checkpoint=folder)
    (folder / "bound.dnnt.cert.json").unlink()
    assert dnnt.solve(instance, checkpoint=folder).assurance == "checked"


def test_fixed_values_are_part_of_the_task(tmp_path: Path) -> None:
    instance = instance_file.parse(json.dumps(XOR).encode())
    fixed = [{"weights": [1, None], "bias": None}, None, None, None]
    first = dnnt.solve(instance, fix=fixed, checkpoint=tmp_path / "kept")
    again = dnnt.solve(instance, fix=fixed, checkpoint=tmp_path / "kept")
    assert (again.loss, again.fixed, again.assurance) == (first.loss, 1, "checked")
    with pytest.raises(dnnt.MethodUnsuitable, match="another set of fixed values"):
        dnnt.solve(instance, checkpoint=tmp_path / "kept")
    with pytest.raises(dnnt.MethodUnsuitable, match="another hint"):
        dnnt.solve(instance, fix=fixed, hint=first_choice(instance.network), checkpoint=tmp_path / "kept")


def test_a_full_disk_does_not_lose_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, raw: bytes) -> None:
        if not str(path).endswith("task.json"):
            raise dnnt.InvalidInput("no space left on device", file=str(path))
        path.write_bytes(raw)

    monkeypatch.setattr(json_text, "write_bytes", full)
    answer = dnnt.solve(instance_file.parse(json.dumps(XOR).encode()), checkpoint=tmp_path / "kept")
    assert (answer.status, answer.assurance) == ("optimal", "checked")
    assert "nothing more is kept in the checkpoint" in answer.reason


def test_figures_of_a_finished_run_are_figures_again(tmp_path: Path) -> None:
    """Those that are no integers, too."""
    instance = slow()
    first = dnnt.solve(instance, method="columns", checkpoint=tmp_path / "kept")
    body = json.loads((tmp_path / "kept" / "finished.json").read_text(encoding="utf-8"))
    body["stats"]["share"] = 0.25
    (tmp_path / "kept" / "finished.json").write_text(json.dumps(body), encoding="utf-8")
    again = dnnt.solve(instance, method="columns", checkpoint=tmp_path / "kept")
    assert (again.loss, again.stats["share"], again.assurance) == (first.loss, 0.25, "checked")
    assert json_text.dumps(again.to_json()).count("0.25") == 1
    (tmp_path / "kept" / "finished.json").write_text("{", encoding="utf-8")
    with pytest.raises(dnnt.InvalidInput, match="remove the directory"):
        dnnt.solve(instance, method="columns", checkpoint=tmp_path / "kept")


def claiming(bound: int, strict: bool) -> Any:
    """A method that finds nothing and says a bound, as a library does that proves nothing."""

    def solve(self: Any, instance: Instance, goal: Any, run: Run) -> dict[str, Any]:
        run.claim(bound, strict)
        return {}

    return solve


@pytest.mark.parametrize(
    ("goal", "bound", "stop"), [("minimize", 1, "exhausted"), ("decide", 5, "exhausted"), ("decide", 6, "claimed")]
)
def test_claimed_bounds_are_printed_again(
    goal: str, bound: int, stop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a library claims is no certificate, and yet it is the same when a finished run is printed again."""
    spaces = [{"from": "s", "to": "t", "weights": [[1, 3]], "bias": [0]}]
    instance = dnnt.graph(1, [("t", "identity")], ["t"], spaces, [((1,), (10,))], "absolute", 5)
    monkeypatch.setattr(type(method("search")), "solve", claiming(bound, False))
    first = dnnt.solve(instance, goal=goal, method="search", checkpoint=tmp_path / "kept")
    assert (first.stop, first.bound, first.loss) == (stop, bound, 9)
    monkeypatch.undo()
    again = dnnt.solve(instance, goal=goal, method="search", checkpoint=tmp_path / "kept")
    for name in ("status", "answer", "bound", "loss", "assurance", "bound_assurance", "stop", "reason"):
        assert getattr(again, name) == getattr(first, name)
    kept = tmp_path / "kept" / "claimed.json"
    for broken in ('{"bound": 10, "strict": false}', '{"bound": "x", "strict": false}', '{"bound": 1}', "[]", "{"):
        kept.write_text(broken, encoding="utf-8")
        with pytest.raises(dnnt.InvalidInput):
            dnnt.solve(instance, goal=goal, method="search", checkpoint=tmp_path / "kept")


@pytest.mark.parametrize(("name", "stop"), [("auto", "exhausted"), ("reachable", "claimed")])
def test_a_proof_that_is_too_much_work_is_printed_again(
    name: str, stop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no damage to the directory, and the answer is the same claim; a bound that is refused proves nothing."""
    instance = dnnt.parse(json.dumps({**XOR, "samples": [*XOR["samples"], {"x": [0, 0], "y": [3]}]}))
    refused = Verdict(False, "", None, None, False, "INVALID too much work: a set of 10^30 vectors")
    monkeypatch.setattr(confirming, "verdict", lambda *_: refused)
    monkeypatch.setattr(checkpoint, "verdict", lambda *_, **__: refused)
    first = dnnt.solve(instance, method=name, checkpoint=tmp_path / "kept")
    assert (first.status, first.stop, first.assurance) == ("optimal", stop, "claimed")
    again = dnnt.solve(instance, method=name, checkpoint=tmp_path / "kept")
    for field in ("status", "bound", "loss", "assurance", "bound_assurance", "stop", "reason"):
        assert getattr(again, field) == getattr(first, field)
