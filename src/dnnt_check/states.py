"""The loss of a state: a key of the box of reachable states, taken apart input by input.

The coordinates of one distinct input are neighbours in a key, so a key is a sequence of blocks, one for each input,
and the total loss is a sum over blocks. The loss of a block is computed once for every block value that occurs.
"""

from __future__ import annotations

from dnnt_check.boxes import Axis
from dnnt_check.budget import Invalid, Work
from dnnt_check.instance import Instance
from dnnt_check.losses import Vector
from dnnt_check.numbers import Number, add, brief, multiply
from dnnt_check.structure import Structure

#: Losses of blocks that are remembered.
REMEMBERED = 1_000_000


class StateLoss:
    """The total loss as a function of keys, compared with a bound.

    Attributes:
        axes: the coordinates: for each distinct input one for every state row.
        rows: how many state rows there are.
        cost: predicted seconds for one state.
    """

    def __init__(
        self,
        instance: Instance,
        structure: Structure,
        axes: tuple[Axis, ...],
        bound: Number,
        strict: bool,
        work: Work,
    ) -> None:
        self.instance = instance
        self.structure = structure
        self.axes = axes
        self.rows = len(structure.rows)
        self.bound = bound
        self.strict = strict
        self.work = work
        self.samples = instance.samples
        self.loss = instance.loss.function(work)
        self.activations = [None if activation is None else activation.function(work) for activation in structure.rows]
        self.blocks = [self._block_size(i * self.rows, (i + 1) * self.rows) for i in range(len(self.samples))]
        self.known: list[dict[int, Number]] = [{} for _ in self.samples]
        self.values: list[dict[int, Number]] = [{} for _ in axes]
        # The state row of every output, if none of them has known values.
        self.all_rows = [item for item in structure.outputs if isinstance(item, int)]
        self.no_known = len(self.all_rows) == len(structure.outputs)
        self.room = REMEMBERED
        self.cost = 4e-7 + len(self.samples) * 2.5e-7

    def _block_size(self, first: int, end: int) -> int:
        size = 1
        for axis in self.axes[first:end]:
            size *= axis.radix
        return size

    def too_small(self, loss: Number) -> bool:
        """Does a reachable state with this loss refute the bound?"""
        return loss < self.bound or (self.strict and loss == self.bound)

    def check(self, key: int) -> None:
        """Refuse the proof if the loss of a reachable state is too small."""
        total = self.total(key)
        if self.too_small(total):
            raise Invalid(f"lower: a state with the loss {brief(total)} is reachable")

    def total(self, key: int) -> Number:
        """The total loss of a state."""
        work = self.work
        work.spend(self.cost)
        total: Number = 0
        for i, size in enumerate(self.blocks):
            key, block = divmod(key, size)
            loss = self.known[i].get(block)
            if loss is None:
                loss = self.block_loss(i, block)
                if self.room > 0:
                    self.room -= 1
                    self.known[i][block] = loss
            total = add(total, loss, work)
        return total

    def block_loss(self, i: int, block: int) -> Number:
        """The weighted loss of the samples with the distinct input i."""
        outputs: list[Number] = []
        for row in range(self.rows):
            block, digit = divmod(block, self.axes[i * self.rows + row].radix)
            outputs.append(self.output(i, row, digit))
        return self.loss_of_rows(i, outputs)

    def output(self, i: int, row: int, digit: int) -> Number:
        """The output that a digit of a coordinate stands for."""
        known = self.values[i * self.rows + row]
        value = known.get(digit)
        if value is None:
            axis = self.axes[i * self.rows + row]
            value = add(axis.low, multiply(axis.step, digit, self.work), self.work)
            activation = self.activations[row]
            if activation is not None:
                value = activation(value)
            self.work.spend(1e-6)
            if self.room > 0:
                self.room -= 1
                known[digit] = value
        return value

    def loss_of_rows(self, i: int, values: list[Number]) -> Number:
        """The weighted loss at input i, given the output of every state row."""
        work = self.work
        if self.no_known:
            f: Vector = tuple([values[row] for row in self.all_rows])
        else:
            f = tuple([values[item] if isinstance(item, int) else item[i] for item in self.structure.outputs])
        total: Number = 0
        for weight, labels in self.samples[i]:
            total = add(total, multiply(weight, self.loss(f, labels), work), work)
        work.spend(2e-6 + len(self.samples[i]) * (1e-6 + len(f) * 5e-7))
        return total
