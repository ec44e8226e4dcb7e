"""What is claimed of an instance and on what grounds: data only (see docs/certificates.md).

The claims are checked by the separate program `dnnt_check`, which shares no code with this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dnnt.exact import Number, to_json
from dnnt.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Empty:
    """Some space has no element: there are no parameters at all."""

    def to_json(self) -> dict[str, Any]:
        """The grounds as the certificate file holds them."""
        return {"kind": "empty"}


@dataclass(frozen=True, slots=True)
class Nonnegative:
    """Losses and sample weights are never negative."""

    def to_json(self) -> dict[str, Any]:
        """The grounds as the certificate file holds them."""
        return {"kind": "nonnegative"}


@dataclass(frozen=True, slots=True)
class Enumeration:
    """Every choice of parameters was tried."""

    def to_json(self) -> dict[str, Any]:
        """The grounds as the certificate file holds them."""
        return {"kind": "enumeration"}


@dataclass(frozen=True, slots=True)
class ThinGrounds:
    """Of the unit at this position (and all equal ones) only vectors near the face of the cut are formed.

    `most` is the greatest value that they give to the cut; `slopes` has a vector for each cell (docs/certificates.md).
    """

    position: int
    most: Number
    slopes: tuple[tuple[Number, ...], ...]


@dataclass(frozen=True, slots=True)
class CaseSplit:
    """Of the units equal to the one at this position at most `count` are of this kind; in the second branch more."""

    position: int
    kind: int
    count: int


@dataclass(frozen=True, slots=True)
class CaseGrounds:
    """A case with its cut: for each position of `kinds`, and each kind there, what its vectors give to the cut at most
    and slopes that show it (None for kinds that there cannot be).
    """

    cut: tuple[int, ...]
    kinds: tuple[tuple[int, tuple[tuple[Number, tuple[Number, ...]] | None, ...]], ...]

    def to_json(self) -> dict[str, Any]:
        """The case as the certificate file holds it."""
        kinds = [
            [position, [None if top is None else [to_json(top[0]), list(map(to_json, top[1]))] for top in tops]]
            for position, tops in self.kinds
        ]
        return {"cut": list(self.cut), "kinds": kinds}


@dataclass(frozen=True, slots=True)
class BoxSplit:
    """In the part that follows a coordinate of the state is at most this value, in the part after that more."""

    coordinate: int
    value: Number

    def to_json(self) -> Any:
        """The split as the certificate file holds it."""
        return [self.coordinate, to_json(self.value)]


@dataclass(frozen=True, slots=True)
class BoxWindow:
    """All states of the box are listed, by these coordinates; cuts say which vectors of units do not matter there."""

    coordinates: tuple[int, ...]
    cuts: tuple[tuple[int, ...], ...] = ()

    def to_json(self) -> Any:
        """The leaf as the certificate file holds it."""
        body: dict[str, Any] = {"window": list(self.coordinates)}
        return body | {"cuts": [list(cut) for cut in self.cuts]} if self.cuts else body


@dataclass(frozen=True, slots=True)
class DirectionBound:
    """The loss is large in the box by the cut and so many times it; no cut: wherever states are."""

    cut: tuple[int, ...]
    times: Number

    def to_json(self) -> Any:
        """The leaf as the certificate file holds it."""
        return {"cut": list(self.cut), "times": to_json(self.times)} if self.cut else {}


@dataclass(frozen=True, slots=True)
class ReachableStates:
    """The reachable states of a two-layer network, in two halves (Theorem 1.6, repaired).

    `left`: runs (first, count) of positions of vertices; `last`: `points`, `targets`, or `ranges` where states are
    single numbers; the sizes are upper bounds on the sets that the checker rebuilds. The first `rest` slots of the
    rest, in order of edges, belong to the left half too (without the other keys). With `targets` there may be `cuts`
    c (no reachable state exceeds their greatest values), `residues` (c, m) (c · v has one residue modulo m) and a
    `window` (L is found only where it is needed); vectors have n coordinates for each sum, then n for each unit that
    is an output. With `points`, one cut and a `slack` only states that fall at most so much short of the cut's
    greatest value are looked at; `thin` says of which units only the vectors near the face are formed. With `targets`
    there may be `cases` instead: splits and cases, in preorder, each case with a cut of its own. With `last` =
    `boxes` there are `boxes`: splits and leaves.
    """

    left: tuple[tuple[int, int], ...]
    last: str
    sizes: tuple[tuple[str, int], ...]
    cuts: tuple[tuple[int, ...], ...] = ()
    residues: tuple[tuple[tuple[int, ...], int], ...] = ()
    window: bool = False
    slack: Number | None = None
    thin: tuple[ThinGrounds, ...] = ()
    cases: tuple[CaseSplit | CaseGrounds, ...] = ()
    boxes: tuple[BoxSplit | BoxWindow | DirectionBound, ...] = ()
    rest: int = 0

    def to_json(self) -> dict[str, Any]:
        """The grounds as the certificate file holds them."""
        body: dict[str, Any] = {
            "kind": "reachable",
            "left": [list(run) for run in self.left],
            "last": self.last,
            "sizes": dict(self.sizes),
        }
        if self.cuts:
            body["cuts"] = [list(cut) for cut in self.cuts]
        if self.residues:
            body["residues"] = [[list(vector), modulus] for vector, modulus in self.residues]
        if self.window:
            body["window"] = True
        if self.slack is not None:
            body["slack"] = to_json(self.slack)
        if self.thin:
            body["thin"] = [
                [unit.position, to_json(unit.most), [list(map(to_json, slopes)) for slopes in unit.slopes]]
                for unit in self.thin
            ]
        if self.cases:
            body["cases"] = [
                [case.position, case.kind, case.count] if isinstance(case, CaseSplit) else case.to_json()
                for case in self.cases
            ]
        if self.boxes:
            body["boxes"] = [each.to_json() for each in self.boxes]
        if self.rest:
            body["rest"] = self.rest
        return body


@dataclass(frozen=True, slots=True)
class Signs:
    """How to prove signs of numbers that cannot be written: the bits of intervals, and which sums to expand.

    `expand`: (index of the distinct input, node, nodes to be substituted in its sum, in this order); vertex v has the
    nodes 2v (its pre-activation) and 2v + 1 (its value). `differences`: (index of the input, d, v, s, u): one more node
    d = v - s · u, with s = 1 or -1; where a pair (v, d) is to be substituted, v is replaced by s · u + d.
    """

    bits: int
    expand: tuple[tuple[int, int, tuple[int | tuple[int, int], ...]], ...] = ()
    differences: tuple[tuple[int, int, int, int, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The guide as the certificate file holds it."""
        body: dict[str, Any] = {"bits": self.bits}
        if self.differences:
            body["differences"] = [list(each) for each in self.differences]
        body["expand"] = [
            [i, node, [list(each) if isinstance(each, tuple) else each for each in replaced]]
            for i, node, replaced in self.expand
        ]
        return body


@dataclass(frozen=True, slots=True)
class Restricted:
    """Every parameter has one option, so its loss is the only one; `signs` where numbers are too long to write."""

    signs: Signs | None = None

    def to_json(self) -> dict[str, Any]:
        """The grounds as the certificate file holds them."""
        return {"kind": "restricted", **({} if self.signs is None else {"signs": self.signs.to_json()})}


@dataclass(frozen=True, slots=True)
class OfForm:
    """Grounds that speak of the variables and units of the normal form (`dnnt.simplify.form`).

    `body` holds the keys that docs/certificates.md gives for this `kind`, as JSON; `seconds` is about how long the
    check will take at most, None where it is short.
    """

    kind: str
    body: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = field(default=None, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The grounds as the certificate file holds them."""
        return {"kind": self.kind, **self.body}


FORM_KINDS: tuple[str, ...] = (
    "branch",
    "clauses",
    "columns",
    "splits",
)
"""The kinds of grounds that speak of the normal form."""


@dataclass(frozen=True, slots=True)
class PartBound:
    """A bound on the loss of some outputs (indices) alone, with its grounds."""

    outputs: tuple[int, ...]
    bound: Number
    strict: bool
    grounds: Grounds


@dataclass(frozen=True, slots=True)
class InParts:
    """Bounds on the losses of disjoint sets of outputs: they add up, or (for joint losses) each bounds the whole."""

    parts: tuple[PartBound, ...]

    def to_json(self) -> dict[str, Any]:
        """The grounds as the certificate file holds them."""
        parts = [[list(each.outputs), to_json(each.bound), each.strict, each.grounds.to_json()] for each in self.parts]
        return {"kind": "parts", "parts": parts}


Grounds = Empty | Nonnegative | Enumeration | ReachableStates | Restricted | OfForm | InParts


@dataclass(frozen=True, slots=True)
class Upper:
    """These parameters have this total loss; `signs` where numbers are too long to evaluate them."""

    parameters: Parameters
    loss: Number
    signs: Signs | None = None


@dataclass(frozen=True, slots=True)
class Lower:
    """No parameters have a loss below `bound` (with `strict`: nor equal to it); None: there are no parameters at
    all.
    """

    bound: Number | None
    strict: bool
    grounds: Grounds


@dataclass(frozen=True, slots=True)
class Certificate:
    """Claims about the instance with this SHA-256, perhaps with some values fixed: (edge, slot, value)."""

    sha256: str
    upper: Upper | None = None
    lower: Lower | None = None
    fixed: tuple[tuple[int, int, Number], ...] = ()
