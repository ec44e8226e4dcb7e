"""The Python interface: what README.md and docs/python.md show, run as it is written, and what they say in words."""

from __future__ import annotations

import dataclasses
import gzip
import json
import pickle
import re
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dnnt
from dnnt.testing import all_parameters

ROOT = Path(__file__).parents[1]

LAYERS = [
    {"units": 2, "activation": "relu", "weights": [-1, 0, 1], "bias": [-1, 0, 1]},
    {"units": 1, "activation": "identity", "weights": [-1, 0, 1], "bias": [0]},
]

XOR = [([0, 0], [0]), ([0, 1], [1]), ([1, 0], [1]), ([1, 1], [0])]


def blocks(page: str, language: str) -> list[str]:
    """The code blocks in a language of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def xor_file(folder: Path) -> Path:
    """The file that README.md asks its reader to save."""
    (body,) = (block for block in blocks("README.md", "json") if '"dnnt-instance"' in block)
    path = folder / "xor.dnnt.json"
    path.write_text(body, encoding="utf-8")
    return path


def least(instance: dnnt.Instance) -> dnnt.exact.Number:
    """The least loss, by trying every choice of parameters."""
    return min(dnnt.evaluate(instance, chosen).total for chosen in all_parameters(instance))


def changed(instance: dnnt.Instance, **fields: Any) -> dnnt.Instance:
    """`dataclasses.replace`, which takes whatever an instance may be made of."""
    return dataclasses.replace(instance, **fields)


def test_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every Python block of README.md prints what its comments say."""
    xor_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    python = blocks("README.md", "python")
    assert python
    for block in python:
        exec(compile(block, "README.md", "exec"), {})
        said = [line.rpartition("# ")[2].strip() for line in block.splitlines() if line.startswith("print(")]
        assert capsys.readouterr().out.splitlines() == said


def test_python_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of docs/python.md run one after the other, and mean what the page says."""
    xor_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks("docs/python.md", "python"):
        exec(compile(block, "docs/python.md", "exec"), names)
    answer = names["answer"]
    assert (answer.status, answer.loss, answer.assurance) == ("optimal", 0, "checked")
    assert dnnt.solve(names["layered"]).loss == 0
    graph = dnnt.solve(names["graph"])
    assert (graph.goal, graph.answer, graph.assurance) == ("decide", "yes", "checked")
    assert dnnt.read("graph.dnnt.json") == names["graph"]
    bundle, problem = names["bundle"], names["problem"]
    assert bundle.origin == dnnt.read_problem("sum.json") == problem
    assert problem.verify(bundle.extract(dnnt.solve(bundle)).solution)


def test_exported_names() -> None:
    assert all(getattr(dnnt, name) is not None for name in dnnt.__all__)
    assert set(dnnt.__all__) <= set(dir(dnnt))
    with pytest.raises(AttributeError, match="nothing"):
        dnnt.nothing  # noqa: B018  # looking it up is the test


def test_layers_and_graphs_mean_the_same() -> None:
    layered = dnnt.layered(2, LAYERS, XOR)
    graph = dnnt.Instance(layered.network.graph(), layered.samples, layered.loss)
    for method in ("brute-force", "reachable"):
        one, two = dnnt.solve(layered, method=method), dnnt.solve(graph, method=method)
        assert (one.loss, one.bound, one.assurance) == (two.loss, two.bound, two.assurance) == (0, 0, "checked")


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint8, object])
def test_arrays_of_integers(kind: Any) -> None:
    """Arrays wherever lists are: samples, targets, spaces, parameters."""
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], kind), np.array([[0], [1], [1], [0]], kind)
    ternary = np.array([-1, 0, 1, 1])
    instance = dnnt.layered(
        2,
        [
            {"units": 2, "activation": "relu", "weights": ternary, "bias": ternary},
            {"units": 1, "activation": "identity", "weights": tuple(ternary), "bias": np.zeros(1, int)},
        ],
        zip(x, y, strict=True),
    )
    assert instance == dnnt.layered(2, LAYERS, XOR)
    assert all(type(value) is int for sample in instance.samples for value in (*sample.x, *sample.y))
    answer = dnnt.solve(instance)
    assert answer.parameters is not None
    edges = [{"weights": np.array(run.weights), "bias": np.int64(run.bias)} for run in answer.parameters.edges()]
    assert dnnt.evaluate(instance, edges).total == answer.loss


def test_arrays_in_a_graph() -> None:
    instance = dnnt.graph(
        2,
        [("t", {"kind": "piecewise_linear", "points": np.array([[0, 0], [1, 2]]), "left": 0, "right": 0})],
        np.array(["t"]),
        [{"from": "s", "to": "t", "weights": np.array([[-1, 1], [0, 2]]), "bias": np.array([0])}],
        [{"x": np.array([1, 1]), "y": np.array([2]), "weight": np.int64(3)}],
    )
    assert instance.network.graph().edges[0].weights == (dnnt.space([-1, 1]), dnnt.space([0, 2]))
    assert dnnt.solve(instance).loss == 0


def floats() -> dict[str, Any]:
    """An instance with a float array in every place that may have one."""
    return {
        "inputs": 1,
        "layers": [
            {
                "units": 1,
                "activation": {"kind": "clip", "low": -0.5, "high": 2.5},
                "weights": np.array([0.1, 0.5]),
                "bias": {"from": 0.0, "to": 1.0, "step": 0.25},
            }
        ],
        "samples": [(np.array([0.3]), np.array([1.5], np.float32), 0.5)],
        "loss": "absolute",
        "gamma": 0.25,
    }


def test_floats_are_refused() -> None:
    """Each float by itself is an error that says how to mean it."""
    plain: dict[str, Any] = {
        "inputs": 1,
        "layers": [{"units": 1, "activation": "identity", "weights": [1], "bias": [0]}],
        "samples": [([1], [1])],
        "loss": "absolute",
        "gamma": None,
    }
    assert dnnt.layered(**plain)
    for key, value in floats().items():
        if key not in ("inputs", "loss"):
            with pytest.raises(dnnt.InvalidInput, match="exact_floats=True"):
                dnnt.layered(**{**plain, key: value})


def test_exact_floats() -> None:
    """Each float is the rational number that it is, which is not always the decimal that it prints as."""
    instance = dnnt.layered(**floats(), exact_floats=True)
    (sample,) = instance.samples
    assert (sample.x, sample.y, sample.weight) == ((Fraction(0.3),), (Fraction(3, 2),), Fraction(1, 2))
    assert sample.x != (Fraction(3, 10),)
    assert instance.gamma == Fraction(1, 4)
    (edge,) = instance.network.graph().edges
    assert edge.weights == (dnnt.space([Fraction(0.1), "1/2"]),)
    assert edge.bias == dnnt.space([0, "1/4", "1/2", "3/4", 1])
    answer = dnnt.solve(instance, goal="minimize")
    assert (answer.loss, answer.assurance) == (least(instance), "checked")
    graph = dnnt.graph(
        1,
        [("t", "identity")],
        ["t"],
        [{"from": "s", "to": "t", "weights": [np.array([0.5])], "bias": [0.0]}],
        [(np.array([1.0]), [0.25])],
        exact_floats=True,
    )
    assert dnnt.solve(graph).loss == Fraction(1, 16)


def test_exact_floats_in_a_loss() -> None:
    loss = {"kind": "hinge", "margin": 0.5}
    with pytest.raises(dnnt.InvalidInput, match="exact_floats=True"):
        dnnt.layered(1, LAYERS[1:], [([1], [1])], loss=loss)
    instance = dnnt.layered(1, LAYERS[1:], [([0], [1])], loss=loss, exact_floats=True)
    assert dnnt.solve(instance).loss == Fraction(1, 2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.array([0.5], np.longdouble), "0.5 is a float"),
        ([np.longdouble("nan")], "nan is not a number"),
        (np.array(["2020-01-01"], "datetime64[ns]"), r"an array of datetime64\[ns\]"),
        ([np.datetime64("2020-01-01")], "is not a number"),
        (np.array([1j]), "an array of complex128"),
        ([float("inf")], "inf is not a number"),
    ],
)
def test_numbers_that_are_none(given: Any, said: str) -> None:
    layers = [{"units": 1, "activation": "relu", "weights": given, "bias": [0]}]
    with pytest.raises(dnnt.InvalidInput, match=rf"layers\[0\].weights.*{said}"):
        dnnt.layered(1, layers)
    if "not a number" in said:
        with pytest.raises(dnnt.InvalidInput, match=rf"layers\[0\].weights.*{said}"):
            dnnt.layered(1, layers, exact_floats=True)


def test_very_many_inputs_without_samples() -> None:
    """What cannot be written down is refused with the figure; the bound 0 is there all the same."""
    for inputs in (10**8, 10**40):
        instance = dnnt.layered(inputs, [{"units": 2, "activation": "relu", "weights": [0, 1], "bias": [0]}])
        answer = dnnt.solve(instance)
        assert (answer.status, answer.bound, answer.stop, answer.assurance) == ("unknown", 0, "memory", "checked")
        assert "weights is too long to write down" in answer.reason
        assert "too many to write out" in dnnt.info(instance).reason


def test_numbers_that_hash_alike() -> None:
    """All multiples of 2^61 - 1 have the same hash; sets of them would take for ever."""
    values = [k * (2**61 - 1) * (1 + k % 2) for k in range(100_000)]
    layers = [{"units": 1, "activation": "identity", "weights": values, "bias": [0]}]
    answer = dnnt.solve(dnnt.layered(1, layers, [([1], [3])], gamma=8), goal="minimize")
    assert (answer.loss, answer.assurance) == (9, "checked")


def test_other_numbers() -> None:
    """Decimals, fractions and strings, in every way of writing, are equal where the numbers are."""
    spaces = ([Decimal("0.5"), "3/2", 1], {"1/2", Fraction(1), "1.5"}, {"from": "1/2", "to": "3/2", "step": "0.5"})
    assert len({dnnt.space(of) for of in spaces}) == 1
    assert dnnt.space(np.array([0.5, 1, 1.5], np.longdouble), exact_floats=True) == dnnt.space(spaces[0])
    assert dnnt.space(np.array(["1/2", "1", "3/2"])) == dnnt.space(spaces[0])
    assert dnnt.space(range(0, 10**50, 2)) == dnnt.space({"from": 0, "to": 10**50 - 1, "step": 2})


@pytest.mark.parametrize("method", ["auto", "brute-force", "reachable"])
@pytest.mark.parametrize("target", [1, Fraction(1, 2)])
def test_own_activation(method: str, target: Any) -> None:
    """Any exact function: the right optimum, and claimed, for the checker cannot run it."""
    instance = dnnt.layered(
        1,
        [{"units": 1, "activation": lambda z: z % 3 + np.int64(z > 4), "weights": range(4), "bias": [0]}],
        [([2], [target]), ([1], [2])],
    )
    right = least(instance)
    goals = (("minimize", None, "optimal"), ("decide", right, "feasible"), ("decide", right - 1, "infeasible"))
    for goal, gamma, status in goals:
        answer = dnnt.solve(changed(instance, gamma=gamma), goal=goal, method=method)
        assert (answer.status, answer.assurance, answer.certificate) == (status, "claimed", None)
        if status != "infeasible":
            assert answer.loss == right
            assert dnnt.evaluate(instance, answer.parameters).total == right
    with pytest.raises(dnnt.InvalidInput, match="Python function"):
        dnnt.write(instance, "never-written.dnnt.json")


@pytest.mark.parametrize("method", ["auto", "brute-force", "reachable"])
def test_own_loss(method: str) -> None:
    """A loss that is no sum over outputs, over two outputs."""
    layers = [{"units": 2, "activation": "abs", "weights": [-1, 0, 2], "bias": [0, 1]}]
    samples = [([3], [5, 2]), ([1], [0, 4])]
    instance = dnnt.layered(1, layers, samples, loss=lambda f, y: max(f[0] - y[0], 0) ** 2 + abs(f[1] - f[0] - y[1]))
    answer = dnnt.solve(instance, method=method)
    assert (answer.status, answer.loss, answer.assurance) == ("optimal", least(instance), "claimed")
    assert answer.bound == answer.loss


def test_functions_that_are_not_exact() -> None:
    """A function that gives a float, or a negative loss, is told so."""
    layers = [{"units": 1, "activation": lambda z: z / 2, "weights": [0, 1], "bias": [0]}]
    with pytest.raises(dnnt.InvalidInput, match=r"activation <lambda> of .*float"):
        dnnt.solve(dnnt.layered(1, layers, [([1], [1])]))
    with pytest.raises(dnnt.InvalidInput, match=r"loss <lambda>: .* 0 or more"):
        dnnt.solve(dnnt.layered(1, LAYERS[1:], [([1], [1])], loss=lambda f, y: f[0] - y[0] - 1))


def halved(z: int | Fraction) -> Fraction:
    """An activation that can be found by its name."""
    return Fraction(z) / 2


def test_copies_for_other_processes() -> None:
    """Instances and answers survive pickling, functions that have a name at the top of a module too."""
    clip = {"kind": "clip", "low": 0, "high": "5/2"}
    table = {"kind": "table", "values": [{"f": ["1/2"], "y": [3], "loss": "1/3"}], "otherwise": 7}
    for activation in ("relu", clip, halved):
        layers = [{"units": 1, "activation": activation, "weights": [0, 1], "bias": [0]}]
        instance = dnnt.layered(1, layers, [([1], [3])], loss=table)
        copy = pickle.loads(pickle.dumps(instance))
        assert copy == instance
        answer = dnnt.solve(copy)
        assert answer.loss == (Fraction(1, 3) if activation is halved else 7)
        assert pickle.loads(pickle.dumps(answer)) == answer


def test_replace() -> None:
    """Values are frozen; `dataclasses.replace` makes another instance, valid at birth too."""
    instance = dnnt.layered(2, LAYERS, XOR)
    with pytest.raises(dataclasses.FrozenInstanceError):
        instance.gamma = 1  # type: ignore[misc]  # the assignment that must fail
    other = changed(instance, gamma=2)
    assert (instance.gamma, other.gamma) == (None, 2)
    assert dnnt.solve(other).goal == "decide"
    assert changed(instance, gamma="1/2").gamma == Fraction(1, 2)
    with pytest.raises(dnnt.InvalidInput):
        changed(instance, samples=[([1], [1])])


def test_replace_in_an_instance_that_was_read(tmp_path: Path) -> None:
    """The changed instance is what is solved, checked and written, not the file that it came from."""
    instance = dnnt.read(xor_file(tmp_path))
    other = changed(instance, samples=[([0, 0], [5]), ([1, 1], [0])], gamma=3)
    answer = dnnt.solve(other)
    assert (answer.goal, answer.answer, answer.assurance) == ("decide", "no", "checked")
    assert answer.certificate is not None
    assert dnnt.check(other, answer.certificate).valid
    assert not dnnt.check(instance, answer.certificate).valid
    path = tmp_path / "other.dnnt.json"
    dnnt.write(other, path)
    assert dnnt.read(path) == other


def test_read_write_and_parse(tmp_path: Path) -> None:
    instance = dnnt.layered(2, LAYERS, XOR, gamma="1/2", name="xor", notes={"by": "hand", "list": [1, None, "x"]})
    answer = dnnt.solve(instance)
    for ending in ("", ".gz"):
        file, chosen, claim = (tmp_path / f"{name}.json{ending}" for name in ("i", "p", "c"))
        for value, path in ((instance, file), (answer.parameters, chosen), (answer.certificate, claim)):
            assert value is not None
            dnnt.write(value, path)
            assert (path.read_bytes()[:2] == b"\x1f\x8b") == bool(ending)
        again = dnnt.read(str(file))
        assert again == instance
        assert again.notes == instance.notes
        assert dnnt.read_parameters(chosen) == answer.parameters
        raw = gzip.decompress(file.read_bytes()) if ending else file.read_bytes()
        assert dnnt.parse(raw) == dnnt.parse(raw.decode()) == dnnt.parse(gzip.compress(raw)) == instance
        for given in (file, instance, again):
            for certificate in (claim, answer.certificate):
                verdict = dnnt.check(given, certificate)
                assert (verdict.valid, verdict.claim, verdict.upper) == (True, f"loss <= {answer.loss}", answer.loss)


def test_answer(tmp_path: Path) -> None:
    """The fields of `solve --json`, as exact values."""
    file = xor_file(tmp_path)
    answer = dnnt.solve(str(file), goal="minimize", method="reachable", time_limit=100, memory_limit=100_000)
    assert (answer.file, answer.name, answer.goal, answer.method) == (str(file), "xor", "minimize", "reachable")
    assert (answer.answer, answer.gamma, answer.stop, answer.exit_code) == (None, None, "proved", 0)
    assert isinstance(answer.parameters, dnnt.Parameters)
    assert json.loads(json.dumps(answer.to_json()))["parameters"] == answer.parameters.to_json()
    assert len(list(answer.parameters.edges())) == 4 == sum(run.repeat for run in answer.parameters.runs)
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.loss = 1  # type: ignore[misc]  # the assignment that must fail
    assert dnnt.solve(file, check=False).assurance == "claimed"


def test_a_limit_is_no_exception(capsys: pytest.CaptureFixture[str]) -> None:
    layers = [{"units": 4, "activation": "relu", "weights": [-1, 0, 1], "bias": [0]}] * 3
    instance = dnnt.layered(2, [*layers, {**layers[0], "units": 1}], [([1, 2], ["7/2"])], gamma=0)
    for options in ({"time_limit": 0.4, "progress": True}, {"memory_limit": 1.0}):
        answer = dnnt.solve(instance, **options)  # type: ignore[arg-type]  # the options have different types
        assert (answer.answer, answer.status, answer.exit_code) == ("unknown", "unknown", 3)
        assert answer.stop == ("time" if "time_limit" in options else "memory")
        assert dnnt.evaluate(instance, answer).total == answer.loss
        assert answer.bound == 0
    out, _ = capsys.readouterr()
    assert out == ""


def test_info() -> None:
    instance = dnnt.layered(2, LAYERS, XOR)
    said = dnnt.info(instance)
    assert (said.units, said.edges, said.depth, said.parameter_choices) == (3, 4, 2, 3**8)
    assert said.two_layer
    assert said.to_json()["units"] == 3


def test_errors(tmp_path: Path) -> None:
    """Whose fault it is, and one line each."""
    instance = dnnt.layered(2, LAYERS, XOR)
    deep = dnnt.layered(2, [*LAYERS, *LAYERS], XOR)
    missing = tmp_path / "missing.json"
    huge = dnnt.layered(1, [{**LAYERS[1], "units": 10**30}])
    nothings: tuple[Any, ...] = (None, 3, [])
    calls: tuple[Any, ...] = (dnnt.read, dnnt.solve, dnnt.info, dnnt.read_parameters, partial(dnnt.check, instance))
    cases: list[tuple[type[Exception], Any]] = [
        (dnnt.InvalidInstance, lambda: dnnt.read(missing)),
        (dnnt.InvalidInstance, lambda: dnnt.solve(missing)),
        (dnnt.InvalidInput, lambda: dnnt.parse("{")),
        (dnnt.InvalidInput, lambda: dnnt.parse("\ud800")),
        (dnnt.InvalidInput, lambda: dnnt.layered(2, LAYERS, [([1], [1])])),
        (dnnt.InvalidInput, lambda: dnnt.layered(2, LAYERS, XOR, loss="mse")),
        (dnnt.InvalidInput, lambda: dnnt.layered(2, [], XOR)),
        (dnnt.InvalidParameters, lambda: dnnt.read_parameters(missing)),
        (dnnt.InvalidParameters, lambda: dnnt.evaluate(instance, [])),
        (dnnt.InvalidInput, lambda: dnnt.check(missing, missing)),
        *((dnnt.InvalidInput, partial(call, nothing)) for call in calls for nothing in nothings),
        (dnnt.InvalidInput, lambda: dnnt.check(instance, dnnt.solve(instance))),
        (dnnt.InvalidInput, lambda: dnnt.write(3, missing)),  # type: ignore[arg-type]
        (dnnt.InvalidInput, lambda: dnnt.evaluate(None, [])),  # type: ignore[arg-type]
        (dnnt.MethodUnsuitable, lambda: dnnt.solve(deep, method="reachable")),
        (dnnt.MethodUnsuitable, lambda: dnnt.solve(instance, goal="decide")),
        (dnnt.MethodUnsuitable, lambda: dnnt.solve(instance, goal="maximize")),
        (dnnt.MethodUnsuitable, lambda: dnnt.solve(instance, method="simplex")),
        (dnnt.TooLarge, lambda: huge.network.graph()),
    ]
    for kind, call in cases:
        with pytest.raises(kind) as caught:
            call()
        assert isinstance(caught.value, dnnt.DnntError)
        assert len(str(caught.value).splitlines()) == 1
    for kind in (dnnt.InvalidInstance, dnnt.InvalidParameters, dnnt.InvalidCertificate):
        assert issubclass(kind, dnnt.InvalidInput)
    for error in (dnnt.InvalidInput, dnnt.MethodUnsuitable, dnnt.TooLarge, dnnt.InternalError):
        assert issubclass(error, dnnt.DnntError)


def test_every_choice_of_a_small_instance() -> None:
    """`evaluate` on lists and on `Parameters` gives the same, and `solve` the least of them all."""
    instance = dnnt.layered(1, LAYERS[1:], [([2], [1]), ([-1], [3])])
    totals = []
    for (w,) in product([-1, 0, 1]):
        totals.append(dnnt.evaluate(instance, [{"weights": [w], "bias": 0}]).total)
    assert min(totals) == least(instance) == dnnt.solve(instance).loss
