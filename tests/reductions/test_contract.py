"""Every rule on small and random sources, through files, both ways; and the contract test itself on wrong rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from typing import Any

import pytest

from dnnt.catalogue import EXAMPLES
from dnnt.evaluation import evaluate
from dnnt.parameters import Parameters, first_choice
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.problems.subset_sum import SubsetSum
from dnnt.reductions import all_reductions, reduction
from dnnt.reductions.base import Reduction
from dnnt.reductions.bundle import Bundle
from dnnt.reductions.subset_sum_to_dnnt import SubsetSumToDnnt
from dnnt.testing import problems
from dnnt.testing.reduction_contract import check_reduction, counterexample
from dnnt.testing.shrinking import shrunk

REPAIRED = [each for each in all_reductions() if each.contract.holds]


def named(rule: Reduction) -> str:
    return f"{rule.rule}-{rule.variant}"


def every(count: int, source: Iterator[Any]) -> list[Any]:
    """About `count` of many, evenly spread."""
    listed = list(source)
    return listed[:: max(1, len(listed) // count)]


SMALL: dict[str, Callable[[], list[Any]]] = {
    "subset-sum": lambda: every(150, problems.small_subset_sums()),
    "csp": lambda: every(150, problems.small_csps()),
    "exact-cover": lambda: every(150, problems.small_exact_covers()),
    "slp": lambda: [p for steps in range(3) for p in problems.small_programs(steps)],
    "dnnt": lambda: every(120, problems.small_instances()),
}

DRAWN: dict[str, Callable[[Random], Any]] = {
    "subset-sum": problems.random_subset_sum,
    "csp": problems.random_csp,
    "exact-cover": problems.random_exact_cover,
    "slp": problems.random_program,
    "dnnt": lambda rng: problems.random_instance(rng, 60),
}


@pytest.mark.parametrize("rule", REPAIRED, ids=named)
def test_examples(rule: Reduction) -> None:
    check_reduction(rule.rule, EXAMPLES[rule.source_kind][1](), rule.variant, solve=True)


@pytest.mark.parametrize("rule", REPAIRED, ids=named)
def test_small_sources(rule: Reduction) -> None:
    for index, source in enumerate(SMALL[rule.source_kind]()):
        check_reduction(rule.rule, source, rule.variant, attacks=10, seed=index, solve=index % 15 == 0)


@pytest.mark.parametrize("rule", REPAIRED, ids=named)
@pytest.mark.parametrize("seed", range(3))
def test_random_sources(rule: Reduction, seed: int) -> None:
    rng = Random(seed)
    for index in range(15):
        source = DRAWN[rule.source_kind](rng)
        check_reduction(rule.rule, source, rule.variant, attacks=20, seed=index, solve=index < 3)


@pytest.mark.parametrize("variant", ["repaired", "digits"])
def test_all_programs_of_three_steps(variant: str) -> None:
    arrow = reduction("slp-to-dnnt", variant)
    for program in islice(problems.small_programs(3), 0, None, 2):
        target = arrow.reduce(program).target
        said = evaluate(target, first_choice(target.network))
        assert said.samples[0].output == (program.value(),)
        assert (said.total <= 1) == (program.value() > 0)


class _Wrong(SubsetSumToDnnt):
    """Takes the first item for every solution."""

    def _extract(self, problem: SubsetSum, target: Any, parameters: Parameters) -> Any:
        return (0,) if problem.items else ()


def test_a_wrong_rule_is_found_and_its_source_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = _Wrong()
    monkeypatch.setattr("dnnt.reductions.subset_sum_to_dnnt.REDUCTION", wrong)
    wrong_contract = SubsetSumToDnnt.contract
    assert wrong_contract.holds
    fault = counterexample("subset-sum-to-dnnt", SubsetSum((3, 5, 7), 3))
    assert fault is None, "the first item happens to be right"
    with pytest.raises(AssertionError, match=r"subset-sum-to-dnnt \(repaired\): .*no solution") as caught:
        check_reduction("subset-sum-to-dnnt", SubsetSum((9, 5, 7, 7), 12))
    assert '"items": [1], "target": 0}' in str(caught.value)


class _Large(SubsetSumToDnnt):
    """Declares fewer units than it makes."""

    def letters(self, problem: SubsetSum) -> dict[str, int]:
        return {"n": max(0, len(problem.items) - 1)}


def test_a_size_that_is_not_as_declared_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dnnt.reductions.subset_sum_to_dnnt.REDUCTION", _Large())
    fault = counterexample("subset-sum-to-dnnt", SubsetSum((3, 5), 3))
    assert fault is not None and "units: 3 measured, n + 1 = 2 declared" in fault


class _Deaf(SubsetSumToDnnt):
    """Never lets a solution through."""

    def _lift(self, problem: SubsetSum, target: Any, solution: Any) -> Parameters:
        return super()._lift(problem, target, ())


def test_a_lift_that_loses_the_solution_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dnnt.reductions.subset_sum_to_dnnt.REDUCTION", _Deaf())
    fault = counterexample("subset-sum-to-dnnt", SubsetSum((3, 5), 3))
    assert fault == "the solution [0] lifts to parameters above gamma"


def test_shrinking_ends_at_the_least() -> None:
    def wrong(source: Any) -> bool:
        return bool(sum(source.items) >= 4)

    assert shrunk(SubsetSum((9, 5, 7), 12), wrong) == SubsetSum((4,), 0)

    def negative(source: Any) -> bool:
        return any(value < 0 for value in source.values())

    program = StraightLineProgram((("+", 0, 0), ("*", 1, 1), ("-", 1, 2), ("*", 3, 3), ("+", 4, 2)))
    least = shrunk(program, negative)
    assert isinstance(least, StraightLineProgram) and len(least.steps) == 2


def test_chains() -> None:
    for rule in ("slp-to-dnnt", "subset-sum-to-dnnt", "csp-to-dnnt", "exact-cover-to-dnnt"):
        for variant in ("repaired", "probes"):
            chained = reduction(rule) >> reduction("dnnt-to-cnnt", variant)
            source: Any = EXAMPLES[reduction(rule).source_kind][1]()
            bundle = chained.reduce(source)
            assert isinstance(bundle.source, Bundle) and bundle.origin == source and bundle.is_continuous
            solution = next(iter(source.solutions()))
            found = bundle.extract(bundle.lift(solution))
            assert found.answer == "yes" and found.verified is True
            assert source.verify(found.solution)
