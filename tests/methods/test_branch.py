"""Method `branch`: against the oracle, on losses and numbers of all kinds, under limits, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import pytest

import dnnt
from dnnt.methods import method
from dnnt.methods.base import Cost
from dnnt.neuron import engines
from dnnt.neuron.bounds import Fields, Tables, bounds_of
from dnnt.neuron.engines import SphereEngine, engine_of
from dnnt.neuron.levels import levels_of, values_of
from dnnt.neuron.neuron import Neuron, neuron_of
from dnnt.neuron.quadratic import factor_of, quadratic_of
from dnnt.neuron.search import Box
from dnnt.running import Run, Stop
from dnnt.simplify.building import form_of
from dnnt.testing import check_method, oracle, random_any, random_two_layer, takers

BRANCH = method("branch")

ACTIVATIONS: tuple[Any, ...] = (
    *("identity", "relu", "sign", "step", "abs", "square", "floor"),
    {"kind": "scale", "factor": "-1/2"},
    {"kind": "clip", "low": -1, "high": 2},
    {"kind": "table", "values": [[0, 1], [1, "1/2"]], "otherwise": -1},
    {"kind": "piecewise_linear", "points": [[-1, 2], [1, 0], [2, 3]], "left": 0, "right": "-1/3"},
)
LOSSES: tuple[Any, ...] = (
    *("squared", "squared", "absolute", "maximum", "zero_one", "misclassified"),
    {"kind": "hinge", "margin": "3/2"},
    {"kind": "table", "values": [{"f": [1], "y": [1], "loss": 0}, {"f": [0], "y": [1], "loss": "1/3"}], "otherwise": 2},
)


def drawn(seed: int) -> dnnt.Instance:
    """A random instance of the generators whose normal form has one unit."""
    rng = Random(seed)
    while True:
        instance = (random_any if seed % 2 else random_two_layer)(rng)
        if not instance.has_empty_space and "branch" in takers(instance):
            return instance


def neuron(seed: int) -> dnnt.Instance:
    """One neuron of every activation and loss, with weights of samples, repeated inputs and long biases."""
    rng = Random(seed)
    inputs = rng.randint(1, 3)
    loss = rng.choice(LOSSES)

    def number() -> Any:
        return rng.choice([rng.randint(-4, 4), rng.randint(-4, 4), Fraction(rng.randint(-9, 9), rng.choice([2, 3]))])

    xs = [tuple(number() for _ in range(inputs)) for _ in range(rng.randint(1, 4))]
    samples = []
    for _ in range(rng.randint(1, 6)):
        y = rng.choice([-1, 1]) if loss == "misclassified" else number()
        samples.append((rng.choice(xs), (y,), rng.choice([1, 1, 2, Fraction(1, 3), 0])))
    weights: list[Any] = [rng.choice([[-1, 0, 1], [0, 1], [Fraction(-1, 2), 0, 3], [-1, 1]]) for _ in range(inputs)]
    bias: Any = rng.choice([[0], [-1, 0, 1], {"from": -7, "to": 5}, {"from": "-1/2", "to": 20, "step": "1/2"}])
    vertices = [("t", rng.choice(ACTIVATIONS))]
    gamma = rng.choice([None, number(), abs(number())])
    return dnnt.graph(
        inputs, vertices, ["t"], [{"from": "s", "to": "t", "weights": weights, "bias": bias}], samples, loss, gamma
    )


@pytest.mark.parametrize("seed", range(50))
def test_drawn(seed: int) -> None:
    instance = drawn(seed)
    check_method(instance, "branch", oracle(instance))


@pytest.mark.parametrize("seed", range(80))
def test_neurons(seed: int) -> None:
    instance = neuron(seed)
    if any(sample.weight for sample in instance.samples) and "branch" in takers(instance):
        check_method(instance, "branch", oracle(instance))
    else:
        assert isinstance(BRANCH.assess(instance), str)


def of(instance: dnnt.Instance) -> Neuron:
    made = neuron_of(form_of(instance))
    assert isinstance(made, Neuron)
    return made


def boxes() -> Iterator[tuple[Box, Box]]:
    """Boxes of small neurons, with both kinds of bounds where there are two."""
    for seed in range(40):
        instance = neuron(seed)
        if "branch" in takers(instance):
            made = of(instance)
            levels = levels_of(made)
            from dnnt.neuron.bounds import _steps
            from dnnt.neuron.levels import gains_of

            gains = [gains_of(made, level) for level in levels]
            steps = _steps(made.points, 10_000)
            tables = Tables(made.points, gains, 1e-6)
            fields = tables if steps is None else Fields(steps, made.points, gains)
            yield Box(made, levels, tables), Box(made, levels, fields)


def test_bounds_never_exceed_losses() -> None:
    """The bound of each node is at most the loss of every choice below it, and no smaller than its parent's."""
    kinds = set()
    for pair in boxes():
        for box in pair:
            bounds, levels = box.bounds, box.levels
            kinds.add(type(bounds).__name__)
            for choices in product(*[range(len(level.offsets)) for level in levels]):
                state, last = bounds.root, bounds.scale * box.least
                for depth, index in enumerate(choices):
                    bound, _, state = bounds.expand(state, depth)[index]
                    assert bound >= last
                    last = bound
                total = box.neuron.total(values_of(levels, choices, len(box.neuron.values)))
                assert last <= total * bounds.scale
                assert not bounds.exact or last == total * bounds.scale
                assert box.loss(choices, bounds.state_of(choices)) == total
    assert kinds == {"Fields", "Tables"}


@pytest.mark.parametrize("count", [*range(2, 12), 41, 100])
def test_levels_reach_every_value(count: int) -> None:
    bias = {"from": -3, "to": 2 * count - 5, "step": 2}
    layer = {"units": 1, "activation": "identity", "weights": [0, 1], "bias": bias}
    made = of(dnnt.layered(1, [layer], [((1,), (5,)), ((2,), (6,))]))
    levels = levels_of(made)
    reached = {values_of(levels, choices, 2) for choices in product(*[range(len(level.offsets)) for level in levels])}
    assert reached == set(product(*made.values))


def least_squares(inputs: int, samples: int, seed: int, values: Any = (-1, 0, 1)) -> dnnt.Instance:
    rng = Random(seed)
    drawn = [(tuple(rng.randint(-9, 9) for _ in range(inputs)), (rng.randint(-27, 27),)) for _ in range(samples)]
    layer = {"units": 1, "activation": "identity", "weights": list(values), "bias": [0]}
    return dnnt.layered(inputs, [layer], drawn, "squared")


@pytest.mark.parametrize("inputs", [2, 5])
def test_factor_is_exact(inputs: int) -> None:
    """The form is the loss, and the rows of the factor bound it within the slack."""
    made = of(least_squares(inputs, 4, inputs, values=[-2, "1/2", 1]))
    quadratic = quadratic_of(made)
    assert quadratic is not None
    factor = factor_of(quadratic)
    scale = 4**factor.bits
    assert factor.slack < scale / 4
    for t in product(*quadratic.steps):
        form = quadratic.form(t)
        assert quadratic.loss(form) == made.total(quadratic.values(t))
        u = [1, *[t[j] for j in factor.order]]
        rows = [sum(a * b for a, b in zip(row, u, strict=False)) for row in factor.rows]
        assert abs(scale * form - sum(z * z for z in rows)) <= factor.slack


def test_sphere_and_box_agree() -> None:
    for seed in range(6):
        made = of(least_squares(7, 5 + seed, seed))
        engine = engine_of(made)
        assert isinstance(engine, SphereEngine)
        boxed = engines.BoxEngine(made)
        losses = []
        for each in (engine, boxed):
            best = [each.loss]

            def found(values: tuple[Any, ...], loss: Any, best: list[Any] = best, made: Neuron = made) -> Any:
                assert made.total(values) == loss
                best.append(loss)
                return loss

            each.explore(each.loss, True, found, lambda best=best: best[-1], lambda bound, why: None)  # type: ignore[misc]
            losses.append(best[-1])
        assert losses[0] == losses[1]


@pytest.mark.parametrize("inputs,samples", [(24, 24), (30, 60)])
def test_least_squares_of_many_inputs(inputs: int, samples: int) -> None:
    answer = dnnt.solve(least_squares(inputs, samples, 1), method="branch")
    assert (answer.status, answer.assurance, answer.stats["way"]) == ("optimal", "checked", "sphere decoding")


def test_squares_with_a_fractional_bias_are_checked() -> None:
    """The matrix has a common divisor with its denominator: a factor belongs to the one in lowest terms."""
    for step in ("1/2", "1/10"):
        whole = least_squares(8, 30, 2)
        layer = {"units": 1, "activation": "identity", "weights": [-1, 0, 1]}
        bias = {"from": -3, "to": 3, "step": step}
        samples = [(sample.x, sample.y) for sample in whole.samples]
        answer = dnnt.solve(dnnt.layered(8, [{**layer, "bias": bias}], samples, "squared"), method="branch")
        assert (answer.status, answer.assurance, answer.stats["way"]) == ("optimal", "checked", "sphere decoding")


def errors(inputs: int, samples: int, seed: int, noise: float = 0.2) -> dnnt.Instance:
    """Labels of a random ternary neuron, some of them wrong."""
    rng = Random(seed)
    weights = [rng.choice([-1, 0, 1]) for _ in range(inputs)]
    drawn = []
    for _ in range(samples):
        x = tuple(rng.randint(-5, 5) for _ in range(inputs))
        right = 1 if sum(a * b for a, b in zip(weights, x, strict=True)) > 0 else -1
        drawn.append((x, (right if rng.random() > noise else -right,)))
    layer = {"units": 1, "activation": "identity", "weights": [-1, 0, 1], "bias": {"from": -20, "to": 20}}
    return dnnt.layered(inputs, [layer], drawn, "misclassified")


def test_errors_of_many_samples() -> None:
    answer = dnnt.solve(errors(7, 300, 1), method="branch")
    assert (answer.status, answer.assurance, answer.stats["way"]) == ("optimal", "checked", "box bounds")
    assert isinstance(bounds_of(of(errors(7, 300, 1)), levels_of(of(errors(7, 300, 1)))), Fields)


def test_a_time_limit_leaves_parameters_and_a_bound() -> None:
    answer = dnnt.solve(least_squares(48, 48, 1), method="branch", time_limit=3)
    assert (answer.status, answer.stop, answer.assurance) == ("feasible", "time", "checked")
    assert answer.loss is not None and answer.bound is not None
    assert 0 < answer.bound < answer.loss


def test_an_interrupt_leaves_parameters() -> None:
    run = Run()
    polls = []

    def poll() -> None:
        polls.append(1)
        if len(polls) > 20:
            raise Stop("interrupt")

    run.poll = poll  # type: ignore[method-assign]
    from dnnt.methods.base import Goal

    with pytest.raises(Stop):
        BRANCH.solve(errors(16, 300, 2), Goal("minimize", None), run)
    assert run.incumbent is not None and run.proof is not None
    assert run.proof.bound is not None and run.proof.bound <= run.incumbent.loss


def test_a_memory_limit_is_told() -> None:
    answer = dnnt.solve(errors(7, 300, 1), method="branch", memory_limit=1)
    assert answer.stop == "memory"
    assert answer.parameters is not None


@pytest.mark.parametrize("loss", ["squared", "absolute", "zero_one"])
@pytest.mark.parametrize("activation", ["identity", "relu", "sign"])
def test_long_numbers(loss: str, activation: str) -> None:
    """Numbers far past every float are as good as others."""
    long = 10**700
    layer = {"units": 1, "activation": activation, "weights": [-long, 1, Fraction(long, 3)], "bias": [0, long]}
    samples = [((long, 1), (1,)), ((2, long + 1), (-1,)), ((3, 5), (Fraction(1, long),))]
    instance = dnnt.layered(2, [layer], samples, loss)
    check_method(instance, "branch", oracle(instance))


def test_refusals() -> None:
    two = dnnt.layered(1, [{"units": 2, "activation": "relu", "weights": [0, 1], "bias": [0]}], [((1,), (1, 1))])
    assert "2 units" in str(BRANCH.assess(two))
    real = dnnt.layered(1, [{"units": 1, "activation": "relu", "weights": "real", "bias": [0]}], [((1,), (1,))])
    assert "real number" in str(BRANCH.assess(real))
    nothing = dnnt.layered(1, [{"units": 1, "activation": "relu", "weights": [0, 1], "bias": [0]}], [])
    assert "0 units" in str(BRANCH.assess(nothing))
    long = dnnt.layered(1, [{"units": 1, "activation": "relu", "weights": [0, 10**2000], "bias": [0]}], [((1,), (1,))])
    assert "bits" in str(BRANCH.assess(long))
    unknown = dnnt.layered(
        1,
        [
            {
                "units": 1,
                "activation": lambda z: z % 7,
                "weights": {"from": 0, "to": 10**5},
                "bias": {"from": 0, "to": 5},
            }
        ],
        [((x,), (x,)) for x in range(1, 9)],
    )
    assert "nothing is known" in str(BRANCH.assess(unknown))


def test_losses_without_a_short_common_denominator_are_refused() -> None:
    """Each sample has a long prime of its own below the line: sums of losses would be of any length."""
    layer = {"units": 1, "activation": "identity", "weights": [0, 1], "bias": [0]}
    samples = [((1,), (Fraction(1, 2**521 - 1 + 2 * i),)) for i in range(12)]
    said = BRANCH.assess(dnnt.layered(1, [layer], samples, "squared"))
    assert isinstance(said, str) and "common denominator" in said


def test_hopeless_searches_are_predicted() -> None:
    """An exact cover of 729 sets is for another method."""
    rng = Random(1)
    sets = [sorted(rng.sample(range(324), 4)) for _ in range(729)]
    rows = [tuple(int(element in each) for each in sets) for element in range(324)]
    layer = {"units": 1, "activation": "identity", "weights": [0, 1], "bias": [0]}
    cost = BRANCH.assess(dnnt.layered(729, [layer], [(row, (1,)) for row in rows], "squared", gamma=0))
    assert isinstance(cost, Cost) and cost.seconds > 1000
