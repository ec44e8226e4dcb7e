"""The interface of a reduction: one arrow between problems, with solutions carried forward and back.

A final class implements `_refusal`, `_target`, `letters`, `_lift` and `_extract`; what is common to all (checking what
comes in, evaluating parameters exactly, verifying what goes out) is in `Bundle`, which `reduce` returns.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dnnt.errors import InvalidInput, MethodUnsuitable, shown
from dnnt.instance import Instance
from dnnt.parameters import Parameters
from dnnt.problems.base import Problem
from dnnt.reductions.size import Sizes

if TYPE_CHECKING:
    from dnnt.reductions.bundle import Bundle

REPAIRED = "repaired"
PRINTED = "printed"

DNNT = "dnnt"
CNNT = "cnnt"

SOURCE_SHA256 = "source_sha256"
"""The key of a trace under which the digest of the source's own file is kept."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What a rule guarantees: by which theorem, on which sources, and in words. `holds` is False for a printed text
    that is wrong: then `guarantee` says what goes wrong.
    """

    theorem: str
    domain: str
    guarantee: str
    holds: bool = True


class Reduction(ABC):
    """One rule in one variant. `source_kind` is the kind of a problem, or `dnnt`; `target_kind` is `dnnt` or `cnnt`."""

    rule: str
    variant: str = REPAIRED
    source_kind: str
    target_kind: str = DNNT
    contract: Contract
    declared: Sizes
    letters_meaning: str

    def accepts(self, source: Any) -> str | None:
        """None where the rule takes the source (a problem, an instance or a bundle), else why it does not."""
        problem = problem_of(source)
        kind = kind_of(problem)
        if kind != self.source_kind:
            return f"{self.rule} takes {self.source_kind}, and this is {kind}{_taker(kind)}"
        return self._refusal(problem)

    def reduce(self, source: Any) -> Bundle:
        """The bundle of source, target and trace. Raises `MethodUnsuitable` where the rule does not take the source."""
        from dnnt.reductions.bundle import Bundle

        refusal = self.accepts(source)
        if refusal is not None:
            raise MethodUnsuitable(refusal)
        target, trace = self._target(problem_of(source))
        return Bundle(self.rule, self.variant, source, target, {**trace, **_origin(source)})

    def __rshift__(self, other: Reduction) -> Chain:
        """`a >> b`: first a, then b on a's target."""
        return Chain((*_links(self), *_links(other)))

    @abstractmethod
    def letters(self, problem: Any) -> Mapping[str, int]:
        """The sizes of the source that the formulas speak of, by letter."""

    @abstractmethod
    def _refusal(self, problem: Any) -> str | None:
        """Why a source of the right kind is not taken; None where it is."""

    @abstractmethod
    def _target(self, problem: Any) -> tuple[Instance, Mapping[str, Any]]:
        """The target, and a trace (JSON) of what in it stands for what."""

    @abstractmethod
    def _lift(self, problem: Any, target: Instance, solution: Any) -> Parameters:
        """Parameters of the target from a solution that was verified."""

    @abstractmethod
    def _extract(self, problem: Any, target: Instance, parameters: Parameters) -> Any:
        """A solution from any parameters of the target within gamma."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Rules one after the other; `reduce` gives a bundle whose source is a bundle, and so on."""

    links: tuple[Reduction, ...]

    def __post_init__(self) -> None:
        for before, after in zip(self.links, self.links[1:], strict=False):
            if before.target_kind != after.source_kind:
                raise InvalidInput(
                    f"{after.rule} takes {after.source_kind}, and {before.rule} gives {before.target_kind}",
                    "chain rules that fit",
                )

    @property
    def rule(self) -> str:
        """The rules' names."""
        return " >> ".join(link.rule for link in self.links)

    def accepts(self, source: Any) -> str | None:
        """None where the first rule takes the source, else why it does not."""
        return self.links[0].accepts(source)

    def reduce(self, source: Any) -> Bundle:
        """The last rule's bundle. Raises `MethodUnsuitable` where a rule does not take what it gets."""
        made = source
        for link in self.links:
            made = link.reduce(made)
        bundle: Bundle = made
        return bundle

    def __rshift__(self, other: Reduction | Chain) -> Chain:
        """One rule more at the end."""
        return Chain((*self.links, *_links(other)))


def _links(of: Reduction | Chain) -> tuple[Reduction, ...]:
    return of.links if isinstance(of, Chain) else (of,)


def problem_of(source: Any) -> Problem | Instance:
    """What a reduction works on: the source itself, or the target of the bundle that it is."""
    from dnnt.reductions.bundle import Bundle

    if isinstance(source, Bundle):
        return source.target
    if isinstance(source, (Problem, Instance)):
        return source
    raise InvalidInput(f"{shown(source)} is no source of a reduction", "give a problem, an instance or a bundle")


def kind_of(problem: Problem | Instance) -> str:
    """The kind of a problem; `dnnt` or `cnnt` for an instance."""
    if isinstance(problem, Problem):
        return problem.kind
    return CNNT if problem.is_continuous else DNNT


def _taker(kind: str) -> str:
    """Which rule takes sources of a kind, as a remedy."""
    from dnnt.reductions import RULES, reduction

    rule = next((rule for rule in RULES if reduction(rule).source_kind == kind), None)
    return "" if rule is None else f"; take {rule}"


def _origin(source: Any) -> Mapping[str, Any]:
    """The digest of the file that an instance (or a bundle) was read from, or would be written to: certificates of the
    source name it.
    """
    from dnnt.formats import instance_file
    from dnnt.reductions.bundle import Bundle

    if isinstance(source, Problem):
        return {}
    try:
        return {SOURCE_SHA256: source.sha256 if isinstance(source, Bundle) else instance_file.sha256(source)}
    except InvalidInput:  # Functions given from Python have no file form.
        return {}
