"""What is asked about: an instance taken apart once, in whichever way it can be taken.

Four kinds: no parameters at all (an empty space), no samples that count (every choice has loss 0), two layers (the
expression tree with annotations), and any other network, whose choices are tried one by one (`deep`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dnnt.annotations.assembling import Assembler, is_grouped
from dnnt.annotations.free import NONE, Free, all_of, free_of
from dnnt.annotations.reading import Reading, read
from dnnt.annotations.semirings import Semiring
from dnnt.annotations.states import States
from dnnt.annotations.windows import Box, wanted_box
from dnnt.errors import MethodUnsuitable
from dnnt.exact import Number
from dnnt.instance import Instance
from dnnt.reachable.from_layers import program_of
from dnnt.reachable.packing import Packing
from dnnt.reachable.program import Program, distinct_inputs
from dnnt.reachable.terms import terms_of
from dnnt.running import Run

CONTINUOUS = "a parameter may be any real number: such choices are not counted, drawn or listed"

EMPTY, NO_SAMPLES, TWO_LAYERS, DEEP = "empty", "no samples", "two layers", "deep"


@dataclass(frozen=True, slots=True)
class Subject:
    """An instance and its kind; for two layers its program."""

    instance: Instance
    kind: str
    program: Program | None = None

    def read(self, semiring: Semiring, run: Run, threshold: Number | None = None) -> TwoLayers:
        """The annotated sets of an instance of two layers; with a threshold, only states of at most that loss need be
        there. Raises `Stop`.
        """
        program = self.program
        assert program is not None, "only programs are read"

        def wanted(packing: Packing) -> Box | None:
            assert threshold is not None and program is not None, "asked for with a threshold only"
            return wanted_box(terms_of(self.instance, program, packing), packing, threshold)

        given = self.instance.network
        grouped = is_grouped(given, program)
        network = given if grouped else given.graph()
        reading = read(program, network, semiring, run, None if threshold is None else wanted)
        free = NONE if grouped else free_of(given.graph(), program)
        return TwoLayers(self.instance, reading, free, States(self.instance, reading, run))

    @property
    def free(self) -> Free:
        """Where there are no samples that count: all parameters. Raises `TooLarge`."""
        return all_of(self.instance.network.graph())


@dataclass(frozen=True, slots=True)
class TwoLayers:
    """An instance of two layers: its annotated sets, its free parameters, and its states by loss."""

    instance: Instance
    reading: Reading
    free: Free
    states: States
    _made: list[Assembler] = field(init=False, default_factory=list, compare=False, repr=False)

    @property
    def assembler(self) -> Assembler:
        """What makes parameters of values. Raises `TooLarge` where they are too many to list."""
        if not self._made:
            network = self.instance.network
            self._made.append(Assembler(network, self.reading, self.free))
        return self._made[0]


def subject_of(instance: Instance) -> Subject:
    """Take an instance apart. Raises `MethodUnsuitable` for continuous instances."""
    if instance.is_continuous:
        raise MethodUnsuitable(CONTINUOUS)
    if instance.has_empty_space:
        return Subject(instance, EMPTY)
    if not distinct_inputs(instance):
        return Subject(instance, NO_SAMPLES)
    try:
        return Subject(instance, TWO_LAYERS, program_of(instance))
    except MethodUnsuitable:
        return Subject(instance, DEEP)
