"""What count, sample and enumerate hand out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dnnt.answer import CLAIMED
from dnnt.exact import Number, to_json
from dnnt.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Chosen:
    """One choice of parameters and its exact total loss."""

    loss: Number
    parameters: Parameters

    def to_json(self) -> dict[str, Any]:
        """The contract's line."""
        return {"loss": to_json(self.loss), "parameters": self.parameters.to_json()}


@dataclass(frozen=True, slots=True)
class Count:
    """How many choices of parameters have a total loss of at most `gamma` (of the least loss, where gamma is None).

    `loss` is the least loss of all (None where there are no parameters, or where it is not known). `histogram` has a
    pair (loss, count) for each loss of any choice, increasing, where it was asked for. Where a limit came first,
    `count` is None, `stop` (`time`, `memory`, `interrupt`, or `unsuitable` for what was not begun, since it would take
    months) and `reason` say why, and at least `at_least` choices are known.
    """

    file: str | None
    sha256: str
    gamma: Number | None
    loss: Number | None
    count: int | None
    histogram: tuple[tuple[Number, int], ...] | None = None
    assurance: str = CLAIMED
    stop: str | None = None
    reason: str = ""
    at_least: int = 0

    def to_json(self) -> dict[str, Any]:
        """The contract's object."""
        body: dict[str, Any] = {
            "file": self.file,
            "sha256": self.sha256,
            "gamma": None if self.gamma is None else to_json(self.gamma),
            "loss": None if self.loss is None else to_json(self.loss),
            "count": self.count,
            "assurance": self.assurance,
        }
        if self.histogram is not None:
            body["histogram"] = [{"loss": to_json(loss), "count": count} for loss, count in self.histogram]
        if self.stop is not None:
            body |= {"stop": self.stop, "reason": self.reason, "at_least": self.at_least}
        return body
