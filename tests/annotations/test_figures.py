"""Figures that were computed in another way, and instances far too large to try every choice."""

from __future__ import annotations

from itertools import islice
from random import Random
from time import monotonic

import pytest

import dnnt
from dnnt.annotations import windows
from dnnt.annotations.cheapest import cheapest_parameters
from dnnt.errors import InvalidInput, MethodUnsuitable, TooLarge
from dnnt.running import Run
from dnnt.simplify.prices import cost_of
from dnnt.testing.xor import networks_for_xor, xor


@pytest.mark.parametrize(
    ("hidden", "bias", "count"),
    [(2, (0,), 2), (3, (-1, 0, 1), 708), (4, (0,), 39_012), (6, (0,), 340_610_850), (6, (-1, 0, 1), 787_576_740)],
)
def test_ternary_networks_that_compute_xor(hidden: int, bias: tuple[int, ...], count: int) -> None:
    assert dnnt.count(xor(hidden, bias), gamma=0).count == count == networks_for_xor(hidden, bias)


def test_the_histogram_adds_up_to_all_choices() -> None:
    found = dnnt.count(xor(6), histogram=True)
    assert found.histogram is not None
    assert sum(count for _, count in found.histogram) == 3**24
    assert found.histogram[0] == (0, found.count)


def test_long_counts() -> None:
    """12 units: more choices than 64 bits hold, counted by polynomials or dictionaries of long integers."""
    found = dnnt.count(xor(12, (-1, 0, 1)))
    assert (found.loss, found.count) == (0, 240_031_162_482_391_217_124)


def test_the_first_of_very_many() -> None:
    instance = xor(12)
    started = monotonic()
    first = list(islice(dnnt.enumerate_(instance), 10))
    assert monotonic() - started < 20
    assert len({each.parameters for each in first}) == 10
    assert all(each.loss == 0 == dnnt.evaluate(instance, each.parameters).total for each in first)
    assert [each.parameters for each in islice(dnnt.enumerate_(instance), 10)] == [each.parameters for each in first]


def test_draws_of_very_many() -> None:
    instance = xor(12)
    drawn = dnnt.sample(instance, 20, seed=4)
    assert len({each.parameters for each in drawn}) == 20
    assert all(dnnt.evaluate(instance, each.parameters).total == 0 for each in drawn)


@pytest.mark.parametrize("kind", ["sparsest", "smallest"])
def test_the_sparsest_xor(kind: str) -> None:
    """relu(a - b) + relu(b - a): six weights, all others 0."""
    found = cheapest_parameters(xor(8), kind, 0, Run())
    assert found is not None
    assert found[0] == 6
    assert dnnt.evaluate(xor(8), found[1]).total == 0


def test_many_units_without_samples() -> None:
    units = 10**6
    instance = dnnt.layered(1, [{"units": units, "activation": "relu", "weights": [0, 1], "bias": [0]}])
    assert dnnt.count(instance).count == 2**units


def test_long_ranges_that_matter_to_nobody() -> None:
    instance = dnnt.layered(
        2,
        [{"units": 1, "activation": "identity", "weights": {"from": 1, "to": 10**60}, "bias": [0, 1]}],
        [((0, 0), (1,))],
    )
    assert dnnt.count(instance).count == 10**120
    (drawn,) = dnnt.sample(instance, 1, seed=1)
    assert drawn.loss == 0
    assert len(list(islice(dnnt.enumerate_(instance), 5))) == 5


def test_too_many_choices_of_a_deep_network() -> None:
    deep = dnnt.layered(
        3,
        [{"units": 6, "activation": "relu", "weights": [-1, 0, 1], "bias": [0]} for _ in range(4)],
        [((1, 2, 3), (1,) * 6)],
    )
    found = dnnt.count(deep)
    assert (found.count, found.stop) == (None, "unsuitable")
    assert "deeper than two layers" in found.reason
    with pytest.raises(TooLarge):
        dnnt.sample(deep)
    with pytest.raises(TooLarge):
        next(dnnt.enumerate_(deep))


def test_refusals() -> None:
    real = dnnt.layered(1, [{"units": 1, "activation": "identity", "weights": "real", "bias": [0]}], [((1,), (1,))])
    for ask in (dnnt.count, dnnt.sample, dnnt.enumerate_):
        with pytest.raises(MethodUnsuitable):
            ask(real)
    with pytest.raises(MethodUnsuitable):
        cheapest_parameters(xor(2), "prettiest", 0, Run())
    for wrong in (-1, 1.5, True, "1"):
        with pytest.raises(InvalidInput):
            dnnt.sample(xor(2), wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        dnnt.count(xor(2), gamma=0.5)


def test_limits() -> None:
    found = dnnt.count(xor(12), time_limit=0)
    assert (found.count, found.stop, found.reason) == (None, "time", "the time limit of 0 s came first")
    with pytest.raises(TimeoutError):
        dnnt.sample(xor(12), time_limit=0)
    with pytest.raises(TimeoutError):
        next(dnnt.enumerate_(xor(12), time_limit=0))


@pytest.mark.parametrize("kind", ["sparsest", "smallest"])
@pytest.mark.parametrize("outputs", [1, 2])
def test_windows_of_equal_units(kind: str, outputs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few enough units to form all sums: the windows for very many give the same costs."""
    for seed in range(8):
        rng = Random(seed)
        units = rng.choice((2, 3, 5, 8, 13) if outputs == 1 else (2, 3, 4))
        instance = dnnt.layered(
            1,
            [
                {"units": units, "activation": rng.choice(("relu", "abs")), "weights": [-1, "1/2", 2], "bias": [0, 1]},
                {"units": outputs, "activation": "identity", "weights": [-1, 0, 2], "bias": [0, 1]},
            ],
            [((1,), [rng.randint(-units, 2 * units) for _ in range(outputs)]) for _ in range(3 - outputs)],
            loss="absolute",
        )
        least = dnnt.count(instance).loss
        assert least is not None
        for threshold in (least, least + 1):
            plain = cheapest_parameters(instance, kind, threshold, Run())
            with monkeypatch.context() as patched:
                patched.setattr(windows, "MANY_UNITS", 2)
                windowed = cheapest_parameters(instance, kind, threshold, Run())
                assert cheapest_parameters(instance, kind, least - 1, Run()) is None
            assert plain is not None and windowed is not None
            assert plain[0] == windowed[0] == cost_of(windowed[1], kind)
            found = dnnt.evaluate(instance, windowed[1])
            assert found.inside and found.total <= threshold


@pytest.mark.parametrize("units", [10**6, 10**100])
def test_very_many_equal_units(units: int) -> None:
    instance = dnnt.layered(
        1,
        [
            {"units": units, "activation": "relu", "weights": [-1, 0, 1], "bias": [0]},
            {"units": 1, "activation": "identity", "weights": [0, 1], "bias": [0]},
        ],
        [((2,), (units // 3 * 2 + 1,))],
    )
    found = cheapest_parameters(instance, "sparsest", 1, Run())
    assert found is not None
    assert found[0] == 2 * (units // 3), "each unit that adds 2 has two weights"
    assert dnnt.evaluate(instance, found[1]).total == 1
    if units > 10**6:
        counted = dnnt.count(instance)
        assert (counted.count, counted.stop) == (None, "memory")
        assert "MiB" in counted.reason
