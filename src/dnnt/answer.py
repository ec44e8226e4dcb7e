"""The answer to an instance: status, loss, bound, parameters, how sure they are, and why the run ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dnnt import exits
from dnnt.certificate import Certificate
from dnnt.exact import Number, to_json
from dnnt.parameters import Parameters

CHECKED = "checked"
CLAIMED = "claimed"


@dataclass(frozen=True, slots=True)
class Second:
    """How a second goal ended: its kind (`sparsest`, `smallest`), the cost of the parameters, whether it is least, and
    what all parameters that reach the goal cost at least (None: not known), which is as sure as `assurance` says.
    """

    kind: str
    value: Number | None
    proved: bool
    assurance: str = CLAIMED
    bound: Number | None = None

    def to_json(self) -> dict[str, Any]:
        """The field `then` of `solve --json`."""
        value = None if self.value is None else to_json(self.value)
        return {"kind": self.kind, "value": value, "proved": self.proved, "assurance": self.assurance}


@dataclass(frozen=True, slots=True)
class Answer:
    """What `solve` returns; the fields are those of `solve --json` (docs/commands.md).

    `answer` is `yes`, `no`, `unknown` or None (no gamma); `status` is `optimal`, `feasible`, `infeasible` or `unknown`;
    `loss` and `bound` are exact numbers or None; `assurance` is `checked` or `claimed`; `stop` is `proved`, `claimed`,
    `exhausted`, `time`, `memory` or `interrupt`; `seconds` is wall-clock time. `then` and `fixed` (how many values were
    fixed) are None where they were not asked for.
    """

    file: str | None
    name: str | None
    sha256: str
    goal: str
    answer: str | None
    status: str
    loss: Number | None
    bound: Number | None
    gamma: Number | None
    parameters: Parameters | None
    assurance: str
    bound_assurance: str | None
    method: str
    reason: str
    stop: str
    seconds: float
    version: str
    stats: Mapping[str, Any] = field(default_factory=dict)
    certificate: Certificate | None = None
    then: Second | None = None
    fixed: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The object that `solve --json` prints."""
        return {
            "file": self.file,
            "name": self.name,
            "sha256": self.sha256,
            "goal": self.goal,
            "answer": self.answer,
            "status": self.status,
            "loss": None if self.loss is None else to_json(self.loss),
            "bound": None if self.bound is None else to_json(self.bound),
            "gamma": None if self.gamma is None else to_json(self.gamma),
            "parameters": None if self.parameters is None else self.parameters.to_json(),
            "assurance": self.assurance,
            "bound_assurance": self.bound_assurance,
            "method": self.method,
            "reason": self.reason,
            "stop": self.stop,
            "seconds": round(self.seconds, 6),
            "stats": dict(self.stats),
            "version": self.version,
            **({} if self.then is None else {"then": self.then.to_json()}),
            **({} if self.fixed is None else {"fixed": self.fixed}),
        }

    @property
    def settled(self) -> bool:
        """Whether the first goal is: the least loss, or whether a loss of at most gamma is possible."""
        return self.status in ("optimal", "infeasible") if self.goal == "minimize" else self.answer in ("yes", "no")

    @property
    def exit_code(self) -> int:
        """The contract's exit status: 0 for a definite answer, 3 where a limit came first."""
        if self.then is not None and not self.then.proved:
            return exits.LIMIT
        return exits.DEFINITE if self.stop in ("proved", "claimed") else exits.LIMIT
