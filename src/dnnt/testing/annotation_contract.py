"""The contract of counts, draws, lists and second goals, against every choice of parameters tried literally.

    check_annotations(random_two_layer(random.Random(1)))

Instances are small enough for `all_parameters`. `forced_ways` has small sets take the ways that only large ones take.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from unittest.mock import patch

from dnnt.annotations import states, tables
from dnnt.annotations.cheapest import cheapest_parameters
from dnnt.annotations.questions import count_within, enumerate_within, sample_within
from dnnt.evaluation import evaluate
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.parameters import Parameters
from dnnt.running import Run
from dnnt.simplify.prices import KINDS, cost_of
from dnnt.testing.oracle import all_parameters

DRAWS = 4
"""Draws of an instance that are looked at."""

WAYS = ("dictionary", "map", "sort", "dense")
"""How sums of annotated sets are formed."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The loss of every choice of parameters."""

    losses: dict[Parameters, Number]

    @property
    def histogram(self) -> dict[Number, int]:
        """How many choices have each loss."""
        return dict(Counter(self.losses.values()))

    @property
    def least(self) -> Number | None:
        """The least loss; None where there are no parameters."""
        return min(self.losses.values(), default=None)

    def good(self, gamma: Number | None) -> dict[Parameters, Number]:
        """The choices with a loss of at most gamma (None: of the least loss)."""
        limit = self.least if gamma is None else gamma
        return {chosen: loss for chosen, loss in self.losses.items() if limit is not None and loss <= limit}


def truth_of(instance: Instance) -> Truth:
    """Try everything."""
    return Truth({chosen: evaluate(instance, chosen).total for chosen in all_parameters(instance)})


@contextmanager
def forced_ways(way: str, affordable: float | None = None) -> Iterator[None]:
    """Form all sums in one way, as far as it is open.

    `affordable`: what a state's loss is said to take, in seconds; the more, the longer states are listed by loss before
    all are formed (0: they are formed at once).
    """
    price = {"dictionary": ("DICTIONARY",), "map": ("MAP", "MAP_CELL"), "sort": ("SORT",), "dense": ("DENSE_CELL",)}
    with ExitStack() as patched:
        patched.enter_context(patch.object(tables, "SMALL_PAIRS", -1))
        for span in ("MAP_SPAN", "DENSE_SPAN"):
            patched.enter_context(patch.object(tables, span, 1 << 14))
        for other, names in price.items():
            for name in names:
                patched.enter_context(patch.object(tables, name, 1e-9 if other == way else 1e6))
        if affordable is not None:
            patched.enter_context(patch.object(states, "FEW_PAIRS", -1))
            patched.enter_context(patch.object(states, "TABLE_CELLS", 5000))
            patched.enter_context(patch.object(states, "LOSS_SECONDS", affordable))
            patched.enter_context(patch.object(tables, "sum_seconds", lambda *_: 0.0))
        yield


def check_annotations(instance: Instance, truth: Truth | None = None) -> None:
    """Hold count, histogram, sample, enumerate and both second goals to what is true. Raises `AssertionError`."""
    truth = truth or truth_of(instance)
    gamma = instance.gamma
    good = truth.good(gamma)
    check_counts(instance, truth)
    listed = [(each.parameters, each.loss) for each in enumerate_within(instance, Run(), gamma)]
    losses = [loss for _, loss in listed]
    assert losses == sorted(losses), "enumerate: losses fall"
    assert len(listed) == len(good), f"enumerate: {len(listed)} choices instead of {len(good)}"
    assert dict(listed) == good, "enumerate: other choices, or with other losses"
    drawn = list(sample_within(instance, DRAWS, 7, Run(), gamma))
    assert len(drawn) == (DRAWS if good else 0), f"sample: {len(drawn)} draws"
    assert all(good.get(each.parameters) == each.loss for each in drawn), "sample: a draw that is not good enough"
    assert drawn == list(sample_within(instance, DRAWS, 7, Run(), gamma)), "sample: other draws for the same seed"
    check_second_goals(instance, truth)


def check_counts(instance: Instance, truth: Truth) -> None:
    """Hold count and histogram to what is true."""
    expected = (len(truth.good(instance.gamma)), truth.least)
    plain = count_within(instance, Run(), instance.gamma)
    assert (plain.count, plain.loss) == expected, f"count: {plain.count}, {plain.loss} instead of {expected}"
    full = count_within(instance, Run(), instance.gamma, histogram=True)
    assert (full.count, full.loss) == expected, f"count with histogram: {full.count} instead of {expected}"
    assert full.histogram == tuple(sorted(truth.histogram.items())), "histogram"


def check_second_goals(instance: Instance, truth: Truth) -> None:
    """Hold the sparsest and the smallest parameters to what is true."""
    limit = truth.least if instance.gamma is None else instance.gamma
    good = truth.good(instance.gamma)
    for kind in KINDS:
        found = cheapest_parameters(instance, kind, 0 if limit is None else limit, Run())
        if found is None or not good:
            assert found is None and not good, f"{kind}: parameters exist, or do not"
            continue
        least = min(cost_of(chosen, kind) for chosen in good)
        assert found[0] == least, f"{kind}: {found[0]} instead of {least}"
        assert cost_of(found[1], kind) == least, f"{kind}: parameters of another cost"
        assert found[1] in good, f"{kind}: parameters that are not good enough"
