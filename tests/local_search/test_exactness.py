"""The compiled loops against the meaning of the normal form: after any moves, loss and values are what it says."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from random import Random

import pytest

import dnnt
from dnnt.kernels.annealing_arrays import ALL, JOINT, LOSS, MADE, PARTS, Aim
from dnnt.local_search import arrays
from dnnt.local_search.arrays import compiled, state_of
from dnnt.local_search.grids import Unfit
from dnnt.simplify.building import form_of
from dnnt.simplify.form import Form
from dnnt.testing import random_any, random_two_layer

ACTIVATIONS = (
    "identity", "relu", "sign", "step", "abs", "square", "quarter_square", "floor",
    {"kind": "clip", "low": "-1/2", "high": 2}, {"kind": "scale", "factor": "2/3"},
    {"kind": "leaky_relu", "slope": "-1/3"},
    {"kind": "table", "values": [[0, "1/2"], [1, -1], ["5/2", 3]], "otherwise": "1/3"},
    {"kind": "piecewise_linear", "points": [[-1, 2], ["1/2", 0], [2, 1]], "left": "1/3", "right": -1},
)  # fmt: skip


def walked(form: Form, seed: int, moves: int = 300) -> None:
    """Walk and compare; `Unfit` where the loops do not take the form."""
    from dnnt.kernels import annealing

    made = compiled(form)
    state = state_of(made.program, seed)
    random = Random(seed)
    aim = Aim(1.0, 0.25, 0.5, 0.0, -1)
    for _ in range(3):
        for k, variable in enumerate(form.variables):
            state.places[k] = random.randrange(len(variable.values))
        annealing.evaluate(made.program, state, aim)
        assert made.loss(state.numbers[LOSS]) == form.total(made.values(state.places))
        if not len(made.program.movable):
            return
        state.numbers[MADE] = 0
        annealing.anneal(made.program, state, aim, moves, 50.0, 0.1, moves, 0.3)
        values = made.values(state.places)
        assert made.loss(state.numbers[LOSS]) == form.total(values)
        columns = form.columns(values)
        for u, column in enumerate(columns):
            by = made.grids[u].value
            assert [Fraction(z, by) for z in state.z[u].tolist()] == list(column)
        assert (state.z == state.new_z).all()


def random_deep(seed: int) -> dnnt.Instance:
    """Up to four layers, any activation, with skip edges and outputs inside, and samples that share inputs."""
    random = Random(seed)
    inputs = random.randint(1, 3)
    vertices, edges, names = [], [], ["s"]
    spaces = ([-1, 0, 1], [-1, 1], [0, "1/2", 2], [-3, "-1/3", 1], [2])
    for v in range(random.randint(2, 6)):
        name = f"v{v}"
        vertices.append({"id": name, "activation": random.choice(ACTIVATIONS)})
        for _ in range(random.randint(1, 3)):
            source = random.choice(names[-3:])
            count = inputs if source == "s" else 1
            weights = [random.choice(spaces) for _ in range(count)]
            edges.append({"from": source, "to": name, "weights": weights, "bias": random.choice([[0], *spaces])})
        names.append(name)
    outputs = random.sample(names[1:], random.randint(1, min(3, len(names) - 1)))
    kinds = ["squared", "absolute", "maximum", "zero_one", {"kind": "hinge", "margin": "3/2"}, "misclassified"]
    loss = random.choice(kinds)
    samples = []
    for _ in range(random.randint(1, 6)):
        x = [random.choice([-1, 0, 1, "1/2", 3]) for _ in range(inputs)]
        y: list[object] = [random.choice([-1, 0, 1, "1/3"]) for _ in outputs]
        if loss == "misclassified":
            hot = random.randrange(len(outputs))
            y = [random.choice([-1, 1])] if len(outputs) == 1 else [int(j == hot) for j in range(len(outputs))]
        samples.append({"x": x, "y": y, "weight": random.choice([1, 1, 2, "2/3"])})
    from dnnt.formats import instance_file, json_text

    body = {
        "format": "dnnt-instance", "version": 1, "inputs": inputs, "vertices": vertices, "outputs": outputs,
        "edges": edges, "samples": samples, "loss": loss,
    }  # fmt: skip
    return instance_file.parse(json_text.dumps(body).encode())


def test_deep_nets() -> None:
    """Every activation and way of counting losses, and next to nothing is refused."""
    taken: Counter[int] = Counter()
    for seed in range(150):
        form = form_of(random_deep(seed))
        try:
            walked(form, seed)
        except Unfit:
            taken[-1] += 1
        else:
            taken[int(compiled(form).program.mode[0])] += 1
    assert taken[-1] <= 40
    assert min(taken[PARTS], taken[ALL], taken[JOINT]) >= 10


@pytest.mark.parametrize("generator", [random_any, random_two_layer])
def test_any_instance(generator: object) -> None:
    taken = 0
    for seed in range(120):
        instance = generator(Random(seed))  # type: ignore[operator]
        if instance.has_empty_space or instance.is_continuous:
            continue
        try:
            walked(form_of(instance), seed)
        except Unfit:
            continue
        taken += 1
    assert taken >= 40


def test_huge_numbers_are_refused() -> None:
    for far in (1 << 59, 10**30):
        layer = {"units": 1, "activation": "square", "weights": [0, far], "bias": [0]}
        form = form_of(dnnt.layered(1, [layer], [((1,), (5,))]))
        with pytest.raises(Unfit):
            compiled(form)
    assert arrays.size(form) > 0
