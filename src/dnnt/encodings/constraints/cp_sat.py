"""A model for CP-SAT, and its search in a thread of its own.

The library runs compiled code for a long time: it works in a second thread, what it reports is put into a queue, and
the thread that waits polls limits, and ends the search where one has come. Nothing of what it reports is believed here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from threading import Thread
from typing import Any

from dnnt.encodings.constraints.integer_model import (
    Affine,
    AtMostOne,
    Clause,
    Domain,
    ExactlyOne,
    Largest,
    Linear,
    Listed,
    Literal,
    Model,
    Product,
)
from dnnt.errors import InternalError

WAIT = 0.02
"""Seconds between two polls."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The values of the variables that were asked for."""

    values: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Bound:
    """A lower bound on the objective, as the solver says it."""

    objective: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How the search ended: `optimal`, `feasible`, `infeasible` or `unknown`, and the solver's figures."""

    status: str
    figures: Mapping[str, Any]


Event = Solution | Bound | Ended


class Translation:
    """The model in ortools' own form; `poll` is called often while it is made."""

    def __init__(self, model: Model, poll: Callable[[], None] = lambda: None) -> None:
        from ortools.sat.python import cp_model

        self._library = cp_model
        self.model = cp_model.CpModel()
        self.variables: list[Any] = []
        for domain in model.domains:
            poll()
            self.variables.append(self._variable(domain))
        for constraint in model.constraints:
            poll()
            self._add(constraint)
        if model.objective is not None:
            self.model.minimize(self._expression(model.objective))

    def _variable(self, domain: Domain) -> Any:
        if domain == ((0, 1),):
            return self.model.new_bool_var("")
        if len(domain) == 1:
            return self.model.new_int_var(*domain[0], "")
        return self.model.new_int_var_from_domain(self._domain(domain), "")

    def _domain(self, domain: Domain) -> Any:
        return self._library.Domain.from_intervals([list(interval) for interval in domain])

    def _expression(self, of: Affine) -> Any:
        made = self._library.LinearExpr.weighted_sum([self.variables[v] for v, _ in of.terms], [c for _, c in of.terms])
        return made + of.constant if of.constant else made

    def _literal(self, literal: Literal) -> Any:
        return self.variables[literal - 1] if literal > 0 else ~self.variables[-literal - 1]

    def _literals(self, literals: Sequence[Literal]) -> list[Any]:
        return [self._literal(literal) for literal in literals]

    def _add(self, constraint: object) -> None:
        match constraint:
            case Linear(expression, domain, when):
                if len(domain) == 1:
                    added = self.model.add_linear_constraint(self._expression(expression), *domain[0])
                else:
                    added = self.model.add_linear_expression_in_domain(
                        self._expression(expression), self._domain(domain)
                    )
                if when:
                    added.only_enforce_if(*self._literals(when))
            case Clause(literals):
                self.model.add_bool_or(self._literals(literals))
            case AtMostOne(literals):
                self.model.add_at_most_one(self._literals(literals))
            case ExactlyOne(literals):
                self.model.add_exactly_one(self._literals(literals))
            case Largest(variable, expressions):
                self.model.add_max_equality(self.variables[variable], [self._expression(each) for each in expressions])
            case Product(variable, left, right):
                self.model.add_multiplication_equality(
                    self.variables[variable], [self.variables[left], self.variables[right]]
                )
            case Listed(variables, rows):
                self.model.add_allowed_assignments([self.variables[v] for v in variables], rows)
            case _:
                raise InternalError(f"no translation of {constraint!r}")

    def hint(self, values: Mapping[int, int]) -> None:
        """Values of variables from which the search starts."""
        for v, value in values.items():
            self.model.add_hint(self.variables[v], value)


def search(
    translation: Translation, wanted: Sequence[int], workers: int, seed: int, poll: Callable[[], None]
) -> Generator[Event, None, None]:
    """What CP-SAT reports, as it comes, of each solution the values of the variables that are wanted; `poll` is called
    often, and what it raises ends the search, as does whoever stops listening.
    """
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed % (1 << 31)
    # Else Ctrl-C would end this search alone, and look like a limit.
    solver.parameters.catch_sigint_signal = False
    events: deque[Event] = deque()
    solver.best_bound_callback = lambda bound: events.append(Bound(_up(bound)))
    asked = {v: translation.variables[v] for v in wanted}

    class Listener(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
        def on_solution_callback(self) -> None:
            events.append(Solution({v: self.value(variable) for v, variable in asked.items()}))

    said: list[Any] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            said.append(solver.solve(translation.model, Listener()))
        except BaseException as error:
            failed.append(error)

    thread = Thread(target=work, name="dnnt-cp-sat", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(WAIT)
            yield from _drained(events)
            poll()
        yield from _drained(events)
    finally:
        while thread.is_alive():  # Asked again, for a search that has not begun does not hear it.
            solver.stop_search()
            thread.join(WAIT)
    if failed:
        raise failed[0]
    words = {
        cp_model.OPTIMAL: "optimal",
        cp_model.FEASIBLE: "feasible",
        cp_model.INFEASIBLE: "infeasible",
        cp_model.UNKNOWN: "unknown",
    }
    status = words.get(said[0])
    if status is None:
        raise InternalError(f"CP-SAT refuses the model: {translation.model.validate()}")
    figures = {"branches": solver.num_branches, "conflicts": solver.num_conflicts}
    if status != "infeasible" and translation.model.has_objective():
        yield Bound(_up(solver.best_objective_bound))
    yield Ended(status, figures)


def _drained(events: deque[Event]) -> Iterator[Event]:
    while events:
        yield events.popleft()


def _up(bound: float) -> int:
    """The least integer that a bound, given as a float, may mean: objectives are integers below 2^48."""
    return ceil(bound - 1e-3)
