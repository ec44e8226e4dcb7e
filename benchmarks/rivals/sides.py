"""Everyone in the race, as one table: each reads an instance file and returns the least loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import dnnt
from rivals import cp_sat, numpy_program
from rivals.two_layer import Unsuitable, two_layer

OURS = "dnnt"
WORKERS = 2
"""Threads of CP-SAT."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended: the least loss found, whether it is proved (as the side proves), and a note.

    `seconds`, where it is not None, is what a run that gave up early counts as.
    """

    loss: int | None
    proved: bool
    note: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One side: `run` gets the file, a limit in seconds and the number of the repetition."""

    name: str
    title: str
    run: Callable[[Path, float, int], Outcome]
    needs: str = "numpy"

    @property
    def is_there(self) -> bool:
        """Whether the library that it needs is installed."""
        return find_spec(self.needs) is not None


def ours(path: Path, limit: float, _: int = 0) -> Outcome:
    """dnnt: read, solve, check."""
    answer = dnnt.solve(dnnt.read(path), goal="minimize", time_limit=limit)
    if answer.stop == "interrupt":
        raise KeyboardInterrupt
    proved = answer.status == "optimal" and answer.stop == "proved" and answer.assurance == "checked"
    loss = answer.loss
    if proved and not isinstance(loss, int):
        raise Unsuitable("a least loss that is no integer")
    return Outcome(int(loss) if loss is not None else None, proved, "" if proved else f"{answer.stop}: {answer.reason}")


def by_cp_sat(encoding: cp_sat.Encoding, path: Path, limit: float, repetition: int = 0) -> Outcome:
    """CP-SAT: read, build the model, solve."""
    found = cp_sat.solve(two_layer(dnnt.read(path)), limit, encoding, WORKERS, seed=repetition + 1)
    return Outcome(found.loss, found.optimal, "" if found.optimal else f"bound {found.bound:g}")


def by_numpy(variant: str, path: Path, limit: float, _: int = 0) -> Outcome:
    """The NumPy program: read, build the sets, look at all losses."""
    try:
        return Outcome(numpy_program.least(two_layer(dnnt.read(path)), limit, variant=variant), True)
    except numpy_program.TooLong as reason:
        return Outcome(None, False, str(reason), reason.seconds)


def by_paper(path: Path, limit: float, _: int = 0) -> Outcome:
    """Algorithm 1 of the paper as printed, filled literally (method `paper-dp`), unchecked."""
    answer = dnnt.solve(dnnt.read(path), goal="minimize", method="paper-dp", time_limit=limit, check=False)
    proved = answer.stop in ("proved", "claimed")
    return Outcome(int(answer.loss) if answer.loss is not None else None, proved, "" if proved else answer.stop)


SIDES = {
    side.name: side
    for side in (
        Side(OURS, "dnnt", ours),
        Side("cp-sat", "CP-SAT", partial(by_cp_sat, cp_sat.WEIGHTS), "ortools"),
        Side("cp-sat-counts", "CP-SAT, counts", partial(by_cp_sat, cp_sat.COUNTS), "ortools"),
        Side("numpy", "NumPy", partial(by_numpy, numpy_program.BEST)),
        Side("numpy-dense", "NumPy, dense", partial(by_numpy, "dense")),
        Side("paper", "Algorithm 1", by_paper),
    )
}
