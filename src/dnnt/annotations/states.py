"""Reachable states by increasing loss, with their annotations.

Either all states are formed (L + R) and sorted, or the states of the box are listed by increasing loss and each is
looked up in L + R: far less work where only the best states are asked for. States come by increasing (loss, key) in
both ways, so what is made of them does not depend on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from math import prod
from typing import Protocol

from dnnt.annotations import tables
from dnnt.annotations.reading import Reading
from dnnt.annotations.semirings import Semiring
from dnnt.annotations.tables import Table
from dnnt.exact import Number, normal
from dnnt.instance import Instance
from dnnt.reachable.ordered import ascending, increasing
from dnnt.reachable.search import CELL_SECONDS, LISTING_SECONDS, TABLE_CELLS
from dnnt.reachable.terms import Term, terms_of
from dnnt.running import Run

State = tuple[Number, int, int]
"""A state: its loss, its key, and its annotation."""

FEW_PAIRS = 200_000
"""Up to this many pairs of halves all states are formed."""

LOSS_SECONDS = 6e-7
"""What a term of the loss of one state takes."""


class Formed(Protocol):
    """All states, with their losses."""

    def ascending(self, above: Number | None) -> Iterator[State]:
        """Those with a loss above the given one (None: all), by increasing loss, then by key."""

    def histogram(self, semiring: Semiring) -> dict[Number, int]:
        """Every loss, with the annotations of all states that have it added."""


@dataclass(frozen=True, slots=True)
class FewFormed:
    """Few states: keys in increasing order, losses and annotations."""

    keys: list[int]
    losses: list[Number]
    annotations: list[int]

    def ascending(self, above: Number | None) -> Iterator[State]:
        """See `Formed`."""
        for index in sorted(range(len(self.keys)), key=self.losses.__getitem__):
            if above is None or self.losses[index] > above:
                yield self.losses[index], self.keys[index], self.annotations[index]

    def histogram(self, semiring: Semiring) -> dict[Number, int]:
        """See `Formed`."""
        made: dict[Number, int] = {}
        for loss, annotation in zip(self.losses, self.annotations, strict=True):
            made[loss] = semiring.add(made[loss], annotation) if loss in made else annotation
        return made


class States:
    """The reachable states of a reading."""

    def __init__(self, instance: Instance, reading: Reading, run: Run) -> None:
        self.reading, self._run = reading, run
        self._terms = terms_of(instance, reading.program, reading.packing)
        self._all: Formed | None = None

    def by_loss(self) -> Iterator[State]:
        """All states by increasing loss, then by key."""
        if self._all is None and self._targets_affordable() > 0:
            yield from self._listed()
        else:
            yield from self._formed().ascending(None)

    def histogram(self) -> dict[Number, int]:
        """Every loss of a state, with the annotations of all states that have it added."""
        return self._formed().histogram(self.reading.semiring)

    def _formed(self) -> Formed:
        if self._all is None:
            self._all = self._form()
        return self._all

    def _form(self) -> Formed:
        run, reading = self._run, self.reading
        run.progress("all reachable states", 0.5)
        left, right, span = reading.left.table, reading.right.table, reading.packing.span
        table = tables.summed(left, right, span, reading.semiring, run, "the set of all reachable states")
        run.progress("losses of all reachable states", 0.7)
        if table.at_most * len(self._terms) > tables.SMALL_PAIRS and span < tables.WORD:
            from dnnt.annotations.losses_numpy import formed

            run.need(table.at_most * 64, "the losses of all reachable states")
            return formed(table, reading.packing, self._terms, run.poll)
        run.need(table.at_most * 200, "the losses of all reachable states")
        readers = [(_reader(reading, term), term.cost) for term in self._terms]
        keys, losses, annotations = [], [], []
        for index, (key, annotation) in enumerate(table.items()):
            if index % 500 == 0:
                run.poll()
            loss: Number = 0
            for axes, cost in readers:
                loss += cost(tuple([key // s % c for s, c in axes]))
            keys.append(key)
            losses.append(normal(loss))
            annotations.append(annotation)
        return FewFormed(keys, losses, annotations)

    def _seconds(self) -> float:
        """The predicted time of forming all states and their losses."""
        left, right, span = self.reading.left.table, self.reading.right.table, self.reading.packing.span
        states = min(left.at_most * right.at_most, span)
        return tables.sum_seconds(left, right, span, self.reading.semiring) + states * (
            LOSS_SECONDS * max(1, len(self._terms)) + 1e-6
        )

    def _targets_affordable(self) -> int:
        """How many targets may be looked up before forming all states would have been cheaper."""
        left, right = self.reading.left.table, self.reading.right.table
        if left.at_most * right.at_most <= FEW_PAIRS:
            return 0
        axes = self.reading.packing.axes
        cells = sum(1 if term.convex else prod(axes[axis].count for axis in term.axes) for term in self._terms)
        seconds = self._seconds()
        if cells > TABLE_CELLS or cells * CELL_SECONDS > seconds:
            return 0
        return int(seconds / (LISTING_SECONDS + _lookup_seconds(left, right)))

    def _listed(self) -> Iterator[State]:
        """Targets in order of loss, each looked up; all states, where that turns out dearer."""
        run, reading = self._run, self.reading
        affordable = self._targets_affordable()
        run.progress("losses of single samples")
        ascends = [ascending(term, reading.packing, run.poll) for term in self._terms]
        run.progress("states in order of loss")
        done: Number | None = None
        tested = 0
        for loss, targets in groupby(increasing(ascends), key=lambda entry: entry[0]):
            found = []
            for _, key in targets:
                run.poll()
                tested += 1
                if tested > affordable:
                    yield from self._formed().ascending(done)
                    return
                annotation = tables.at(reading.left.table, reading.right.table, key, reading.semiring)
                if annotation is not None:
                    found.append((loss, key, annotation))
            yield from sorted(found)
            done = loss


def _reader(reading: Reading, term: Term) -> list[tuple[int, int]]:
    return [(reading.packing.strides[axis], reading.packing.axes[axis].count) for axis in term.axes]


def _lookup_seconds(left: Table, right: Table) -> float:
    """The predicted time of looking one key up in a sum of sets."""
    small, large = sorted((left.at_most, right.at_most))
    if isinstance(left, tables.Columns) and isinstance(right, tables.Columns):
        return 1e-5 + small * 1e-8 * max(1, large.bit_length())
    return 1e-6 + small * 2e-7
