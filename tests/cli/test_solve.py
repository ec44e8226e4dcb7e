"""`dnnt solve`: the fields of its answers, exit statuses, several files, and the files that it reads and writes."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import dnnt as package
from dnnt.exact import number, to_json
from dnnt.formats import json_text
from tests.cli.commands import (
    CONTINUOUS,
    DEEP,
    EMPTY,
    FIELDS,
    HALF,
    XOR,
    Body,
    Dnnt,
    Instance,
    instance,
    layer,
    run,
)  # fmt: skip

SCHEMAS = Path(package.__file__).parent / "formats" / "schemas"
SCHEMA = json.loads((SCHEMAS / "answer.schema.json").read_text(encoding="utf-8"))

OPTIMAL = {"goal": "minimize", "answer": None, "status": "optimal", "loss": "9/4", "bound": "9/4", "gamma": None}
YES = {"goal": "decide", "answer": "yes", "status": "feasible", "gamma": "5/2"}
NO = {"goal": "decide", "answer": "no", "status": "infeasible", "gamma": 2}
NONE: Body = {"status": "infeasible", "loss": None, "bound": None, "parameters": None}


@pytest.mark.parametrize("method", ["auto", "brute-force", "reachable"])
@pytest.mark.parametrize(
    ("body", "options", "right"),
    [
        (HALF, [], OPTIMAL),
        (HALF, ["--goal", "minimize"], OPTIMAL),
        ({**HALF, "gamma": "5/2"}, [], YES),
        ({**HALF, "gamma": "9/4"}, [], {**YES, "gamma": "9/4", "loss": "9/4"}),
        ({**HALF, "gamma": 2.5}, ["--goal", "decide"], YES),
        ({**HALF, "gamma": "5/2"}, ["--goal", "minimize"], {**OPTIMAL, "answer": "yes", "gamma": "5/2"}),
        ({**HALF, "gamma": 2}, [], NO),
        ({**HALF, "gamma": -1}, [], {**NO, "gamma": -1}),
        ({**HALF, "gamma": 2}, ["--goal", "minimize"], {**OPTIMAL, "answer": "no", "gamma": 2}),
        ({**HALF, "samples": []}, [], {**OPTIMAL, "loss": 0, "bound": 0}),
        ({**HALF, "samples": [], "gamma": 0}, [], {**YES, "loss": 0, "gamma": 0}),
        (EMPTY, [], {**NONE, "goal": "minimize", "answer": None}),
        ({**EMPTY, "samples": [], "gamma": 5}, [], {**NONE, "goal": "decide", "answer": "no", "gamma": 5}),
        ({**EMPTY, "gamma": 5}, ["--goal", "minimize"], {**NONE, "goal": "minimize", "answer": "no"}),
    ],
)
def test_definite_answers(method: str, body: Body, options: list[str], right: Body, dnnt: Dnnt, save: Instance) -> None:
    """Exactly the fields of docs/commands.md, in that order, with the right values."""
    file = save(body)
    done = dnnt("solve", file, "--json", "--method", method, *options)
    assert (done.status, done.err) == (0, "")
    answer = done.object
    assert list(answer) == FIELDS
    jsonschema.validate(answer, SCHEMA)
    right = {**right, "assurance": "checked", "bound_assurance": None, "stop": "proved"}
    assert {key: answer[key] for key in right} == right
    assert (answer["file"], answer["name"], answer["version"]) == (str(file), None, package.__version__)
    assert answer["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert 0 < answer["seconds"] < 30
    assert method == "auto" or answer["method"] == method
    assert answer["reason"]
    if answer["parameters"] is not None:
        said = package.evaluate(package.read(file), answer["parameters"])
        assert to_json(said.total) == answer["loss"]
        assert said.inside


def test_the_bound_of_a_no(dnnt: Dnnt, save: Instance) -> None:
    """A proved bound above gamma, and the best parameters known, whose loss is above gamma too."""
    answer = dnnt("solve", save({**HALF, "gamma": 2}), "--json").object
    assert number(answer["bound"]) >= 2
    assert number(answer["loss"]) > 2


@pytest.mark.parametrize("goal", ["decide", "minimize"])
def test_unknown(goal: str, dnnt: Dnnt, save: Instance) -> None:
    """A limit came first: exit status 3, the best parameters and the bound."""
    file = save({**DEEP, "gamma": "1/8"})
    done = dnnt("solve", file, "--json", "--time-limit", "0.6", "--goal", goal)
    answer = done.object
    assert done.status == 3
    jsonschema.validate(answer, SCHEMA)
    assert (answer["answer"], answer["stop"]) == ("unknown", "time")
    assert answer["status"] == ("unknown" if goal == "decide" else "feasible")
    assert (answer["bound"], answer["bound_assurance"]) == (0, "checked")
    assert answer["assurance"] == "checked"
    said = package.evaluate(package.read(file), answer["parameters"])
    assert to_json(said.total) == answer["loss"]


def test_not_checked(dnnt: Dnnt, save: Instance) -> None:
    done = dnnt("solve", save(HALF), "--json", "--no-check")
    answer = done.object
    assert (done.status, answer["status"], answer["assurance"], answer["stop"]) == (0, "optimal", "claimed", "claimed")
    assert answer["bound_assurance"] is None


def test_text(dnnt: Dnnt, save: Instance) -> None:
    """For a person: the answer, how sure it is, the method and the parameters."""
    done = dnnt("solve", save(HALF))
    assert (done.status, done.err) == (0, "")
    for word in ("optimal", "9/4", "dnnt_check", "Method", "weights", "instance.dnnt.json"):
        assert word in done.out
    yes = dnnt("solve", save({**HALF, "gamma": "5/2"})).out
    assert "yes: these parameters have a total loss of at most 5/2" in yes
    assert "no: every choice" in dnnt("solve", save({**HALF, "gamma": 2})).out
    assert "no parameters at all" in dnnt("solve", save(EMPTY)).out


def test_several_files(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """A bad file among good ones: one object a file in order, and the largest exit status."""
    good, other = save(HALF, "good.json"), save({**HALF, "gamma": 2}, "other.json")
    bad, missing = save({**HALF, "gamma": "two"}, "bad.json"), tmp_path / "missing.json"
    done = dnnt("solve", good, bad, other, missing, "--json")
    assert done.status == 1
    first, second, third, fourth = done.objects
    assert [o["file"] for o in done.objects] == [str(good), str(bad), str(other), str(missing)]
    assert (first["status"], third["answer"]) == ("optimal", "no")
    for refused in (second, fourth):
        assert list(refused) == ["file", "error"]
        jsonschema.validate(refused, SCHEMA)
    assert "gamma" in second["error"]
    assert len(done.err.splitlines()) == 2
    assert all(line.startswith("dnnt: ") for line in done.err.splitlines())
    for part in (str(bad), "gamma", '"two"'):
        assert part in done.err


@pytest.mark.parametrize(
    ("bodies", "status"),
    [
        ([HALF, CONTINUOUS], 2),
        ([CONTINUOUS, HALF], 2),
        (["{", CONTINUOUS, HALF], 2),
        ([HALF, "{"], 1),
        ([HALF, XOR], 0),
    ],
)
def test_largest_status(bodies: list[Any], status: int, dnnt: Dnnt, save: Instance) -> None:
    files = [save(body, f"{index}.json") for index, body in enumerate(bodies)]
    done = dnnt("solve", *files, "--json")
    assert done.status == status
    assert [o["file"] for o in done.objects] == [str(file) for file in files]
    plain = dnnt("solve", *files)
    assert plain.status == status
    assert plain.out.count("Assurance") == sum("error" not in o for o in done.objects)


def test_limits_are_per_file(dnnt: Dnnt, save: Instance) -> None:
    """A file that runs into the limit takes nothing from the next one."""
    done = dnnt("solve", save(DEEP, "deep.json"), save(XOR, "xor.json"), "--json", "--time-limit", "0.8")
    assert done.status == 3
    assert [o["stop"] for o in done.objects] == ["time", "proved"]
    assert done.objects[1]["assurance"] == "checked"


def test_standard_input() -> None:
    raw = json.dumps(HALF).encode()
    for given in (raw, gzip.compress(raw), b"\xef\xbb\xbf" + raw):
        done = run("solve", "-", "--json", stdin=given)
        answer = done.object
        assert (done.status, answer["file"], answer["loss"]) == (0, "-", "9/4")
        plain = gzip.decompress(given) if given[:2] == b"\x1f\x8b" else given
        assert answer["sha256"] == hashlib.sha256(plain).hexdigest()
        assert answer["assurance"] == "checked"
    for given in (b"", b"{", b"\xff"):
        done = run("solve", "-", "--json", stdin=given)
        assert done.status == 1
        assert done.object["file"] == "-"
        assert len(done.complaint) < 300


def test_gzip(dnnt: Dnnt, save: Instance) -> None:
    """A compressed file is the same instance: the hash is that of the bytes inside."""
    packed, plain = save(HALF, "a.dnnt.json.gz"), save(HALF, "a.dnnt.json")
    one, two = dnnt("solve", packed, "--json").object, dnnt("solve", plain, "--json").object
    assert one["sha256"] == two["sha256"]
    assert (one["loss"], one["parameters"]) == (two["loss"], two["parameters"])


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize(
    ("body", "claim"),
    [
        (HALF, "optimal 9/4"),
        (XOR, "optimal 0"),
        ({**XOR, "gamma": 0}, "loss <= 0"),
        ({**HALF, "gamma": 2}, "loss > 2"),
        (EMPTY, "infeasible"),
    ],
)
def test_written_files(body: Body, claim: str, ending: str, dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """What --certificate and --parameters write is what `dnnt check` and `dnnt evaluate` read."""
    file, certificate, chosen = save(body), tmp_path / f"c.json{ending}", tmp_path / f"p.json{ending}"
    done = dnnt("solve", file, "--json", "--certificate", certificate, "--parameters", chosen)
    answer = done.object
    assert done.status == 0
    assert (certificate.read_bytes()[:2] == b"\x1f\x8b") == bool(ending)
    checked = dnnt("check", file, certificate)
    assert (checked.status, checked.err) == (0, "")
    strict = answer["bound"] == answer["gamma"]
    wanted = {f"VALID {claim}\n"} if strict or not claim.startswith("loss > ") else {"VALID loss >= 9/4\n"}
    assert checked.out in wanted
    if answer["parameters"] is None:
        assert not chosen.exists()
        assert "there are no parameters" in done.err
    else:
        raw = chosen.read_bytes()
        written = json.loads(gzip.decompress(raw) if ending else raw)
        assert written == {"format": "dnnt-parameters", "version": 1, "edges": answer["parameters"]}
        assert dnnt("evaluate", file, chosen, "--json").object["total"] == answer["loss"]


def test_a_limit_writes_files_too(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    file, certificate, chosen = save(DEEP), tmp_path / "c.json", tmp_path / "p.json"
    done = dnnt("solve", file, "--json", "--time-limit", 0.5, "--certificate", certificate, "--parameters", chosen)
    assert done.status == 3
    assert dnnt("evaluate", file, chosen, "--json").object["total"] == done.object["loss"]
    assert dnnt("check", file, certificate).out == f"VALID 0 <= loss <= {done.object['loss']}\n"


def test_files_that_cannot_be_written(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    file = save(HALF)
    for option in ("--certificate", "--parameters"):
        for target in (tmp_path, tmp_path / "missing" / "out.json", f"{file}/x"):
            done = dnnt("solve", file, option, target)
            assert done.status == 1
            assert str(target) in done.complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name]


def test_huge_layer(dnnt: Dnnt, save: Instance, tmp_path: Path) -> None:
    """10^100 equal units: parameters are written as runs, and everything reads them."""
    body = instance(
        inputs=1,
        layers=[layer(10**100, "sign", [1], [0, 1]), layer(1, "identity", [1])],
        samples=[{"x": [3], "y": [5]}],
        loss="absolute",
    )
    file, certificate, chosen = save(body), tmp_path / "c.json", tmp_path / "p.json"
    done = dnnt("solve", file, "--json", "--certificate", certificate, "--parameters", chosen)
    answer = json_text.parse(done.out.encode())
    assert (done.status, answer["loss"], answer["assurance"]) == (0, 10**100 - 5, "checked")
    assert sum(entry.get("repeat", 1) for entry in answer["parameters"]) == 2 * 10**100
    assert dnnt("check", file, certificate).out == f"VALID optimal {10**100 - 5}\n"
    assert dnnt("evaluate", file, chosen, "--json").object == {
        "total": 10**100 - 5,
        "inside": True,
        "samples": [{"output": [10**100], "loss": 10**100 - 5}],
    }
