"""The plan of method `reachable`: the states as a tree of sums, and the ladder of the last step.

Nothing large is formed: sizes come from `reachable_cost.estimate`, and where coordinates take few values, boxes, common
divisors and origins are exact (`projections`). Of many groups or parts a few are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf

from dnnt.analysis.folds import BYTES_PER_KEY, folded
from dnnt.analysis.plan import words
from dnnt.analysis.plan.last_step import Summands, last_step
from dnnt.analysis.plan.projections import Projections
from dnnt.analysis.plan.value import Plan, ways_of
from dnnt.analysis.reachable_cost import UNIT_SECONDS, Estimate, bounds_of, estimate, total
from dnnt.exact import several
from dnnt.instance import Instance
from dnnt.reachable.expression import Along, Choose, Image, Node, Spread, Sum
from dnnt.reachable.folding_cost import WIDEST, log2_of, times_of
from dnnt.reachable.packing import Axis, Packing, packing_sum
from dnnt.reachable.program import Program, Unit
from dnnt.spaces import Range

MOST_SHOWN, MOST_GROUPS_SHOWN = 6, 3
"""Parts of a sum, and groups, that are shown: the first ones added, and the last one."""

MOST_COORDINATES, MOST_GROUPS = 16, 32
"""Up to so many coordinates, and groups, the values of single coordinates are looked at."""

MOST_COUNTED = 4096
"""Grid points are counted for boxes of so many coordinates times groups."""


def plan_of_program(instance: Instance, program: Program, room: int) -> Plan:
    """The plan for a program, with `room` bytes of memory left."""
    return _Planner(instance, program, room).states()


@dataclass(slots=True)
class _Planner:
    instance: Instance
    program: Program
    room: int
    projections: Projections = field(default_factory=Projections)

    def states(self) -> Plan:
        """The root: the sum of all groups and the rest. It is formed as a whole only where it is small."""
        program = self.program
        bounds = bounds_of(program)
        (*estimates, rest), whole = bounds.sets, bounds.whole
        axes = self._axes_of_states()
        box = self._box(whole, axes)
        sizes = [self._size(unit.node, e) for unit, e in zip(program.units, estimates, strict=True)]
        order = sorted(range(len(sizes)), key=lambda g: (sizes[g], g))
        shown = _shown(order, MOST_GROUPS_SHOWN)
        children = [self._group(g, estimates[g], whole) for g in shown]
        if len(order) > len(shown):
            left = order[len(shown) - 1 : -1]
            seconds = sum(estimates[g].seconds + UNIT_SECONDS for g in left)
            more = Plan("more", f"… {len(left):,} more groups", elided=len(left), size=sizes[left[-1]], seconds=seconds)
            children.insert(len(children) - 1, more)
        children.append(self._sum(program.rest.node, "rest: output biases and skip edges", "rest"))
        summands = Summands(
            self.instance,
            program,
            bounds,
            tuple(sizes),
            axes,
            [self._axes(unit.node) for unit in program.units] if axes is not None else None,
            self.room,
        )
        ladder = last_step(summands)
        forming = sum(e.seconds for e in estimates) + rest.seconds + UNIT_SECONDS * len(estimates)
        held = max(times_of(e.peak, BYTES_PER_KEY) for e in (*estimates, rest))
        return Plan(
            "states",
            f"reachable states of {several(program.width, 'coordinate')}",
            _order(len(sizes) + 1),
            size=whole.size if box is None else min(whole.size, box),
            box=box,
            seconds=forming + (ladder.seconds or 0.0),
            bytes=held + (ladder.bytes or 0.0),
            rewritings=(*self._left_out(), *(words.of_packing(axes) if axes is not None else ())),
            children=(*children, ladder),
        )

    def _left_out(self) -> tuple[str, ...]:
        """Vertices that are no part of the sum: fixed ones, and those that no output sees."""
        program = self.program
        direct = sum(1 for unit in program.units if unit.node.own is not None)
        used = sum(unit.count for unit in program.units) + program.blocks - direct
        left = self.instance.network.unit_count - used
        if not left:
            return ()
        return (f"{words.number(left)} {'vertex' if left == 1 else 'vertices'} fixed or unseen, left out",)

    def _axes_of_states(self) -> tuple[Axis, ...] | None:
        program = self.program
        if len(program.units) > MOST_GROUPS:
            return None
        made: list[tuple[Packing, int]] = []
        parts: list[tuple[Node, int]] = [(unit.node, unit.count) for unit in program.units]
        for node, times in [*parts, (program.rest.node, 1)]:
            axes = self._axes(node)
            if axes is None:
                return None
            made.append((Packing(axes), times))
        return packing_sum(made, program.width).axes

    def _axes(self, node: Node) -> tuple[Axis, ...] | None:
        width = _width(node)
        return self.projections.axes(node, width) if width <= MOST_COORDINATES else None

    def _box(self, of: Estimate, axes: tuple[Axis, ...] | None) -> float | None:
        """The logarithm of the grid points of a set's box; None where counting them takes long."""
        if axes is not None:
            return sum(log2_of(axis.count) for axis in axes)
        groups = len(self.program.units) + 1
        return of.box.log_count(inf) if of.box.width * groups <= MOST_COUNTED else None

    def _size(self, node: Node, of: Estimate) -> float:
        """A bound on the size, by the exact box where it is known."""
        if len(self.program.units) > MOST_GROUPS:
            return of.size
        axes = self._axes(node)
        return of.size if axes is None else min(of.size, sum(log2_of(axis.count) for axis in axes))

    def _group(self, g: int, of: Estimate, whole: Estimate) -> Plan:
        """A group of equal units, or a single unit."""
        unit = self.program.units[g]
        one = self._contribution(unit, of)
        name = words.units(self.instance, unit)
        if unit.count == 1:
            return replace(one, kind="unit", label=f"{name}: {one.label}", position=g)
        sums = total([(of, unit.count)], self.program.width)
        box = self._group_box(unit, sums)
        assert one.size is not None and one.seconds is not None and one.bytes is not None, "a set has its figures"
        cells = sums.size if box is None else min(sums.size, box)
        fold = folded([(one.size, unit.count)], cells, whole.box.log_count(WIDEST))
        return Plan(
            "group",
            name,
            f"as a power by doubling, {several(fold.steps, 'sumset')}, where all sums are needed",
            position=g,
            times=unit.count,
            size=fold.size,
            box=box,
            seconds=one.seconds + fold.seconds,
            bytes=max(one.bytes, fold.bytes),
            ways=ways_of(fold),
            rewritings=(f"{words.number(unit.count)} equal units joined",),
            children=(one,),
        )

    def _group_box(self, unit: Unit, sums: Estimate) -> float | None:
        axes = self._axes(unit.node)
        if axes is None:
            return self._box(sums, None)
        return self._box(sums, packing_sum([(Packing(axes), unit.count)], len(axes)).axes)

    def _contribution(self, unit: Unit, of: Estimate) -> Plan:
        """What one unit adds to a state."""
        node = unit.node
        axes = self._axes(node)
        blocks = [(b, block) for b, block in enumerate(node.blocks) if block is not None]
        lines = [self._sum(block, f"weight into sum {b + 1}", "weights") for b, block in blocks[:MOST_SHOWN]]
        if len(blocks) > len(lines):
            more = len(blocks) - len(lines)
            lines.append(Plan("more", f"… weights into {more:,} more sums", elided=more))
        to = [several(len(blocks), "sum")] if blocks else []
        if node.own is not None:
            to.append("an output of its own")
        return Plan(
            "contribution",
            f"what one unit adds, spread over {' and '.join(to)}" if to else "what one unit adds",
            size=self._size(node, of),
            box=self._box(of, axes),
            seconds=of.seconds + UNIT_SECONDS,
            bytes=times_of(of.peak, BYTES_PER_KEY),
            rewritings=words.of_packing(axes) if axes is not None else (),
            children=(self._image(node.part), *lines),
        )

    def _image(self, node: Image) -> Plan:
        of = estimate(node)
        return Plan(
            "image",
            f"values of {node.activation.kind}",
            size=self._size(node, of),
            box=self._box(of, self._axes(node)),
            seconds=of.seconds,
            bytes=times_of(of.peak, BYTES_PER_KEY),
            children=(self._sum(node.part, "pre-activation", "sum"),),
        )

    def _sum(self, node: Sum, label: str, kind: str) -> Plan:
        """A sum of parameters times columns; those along one direction are one part, a line of numbers."""
        of = estimate(node)
        axes = self._axes(node)
        parts = [estimate(part) for part, _ in node.parts]
        times = [t for _, t in node.parts]
        sizes = [self._size(part, e) for (part, _), e in zip(node.parts, parts, strict=True)]
        box = self._box(of, axes)
        cells = of.size if box is None else min(of.size, box)
        fold = folded(list(zip(sizes, times, strict=True)), cells, of.box.log_count(WIDEST) if box is None else box)
        order = sorted(range(len(sizes)), key=lambda p: (sizes[p], p))
        shown = _shown(order, MOST_SHOWN)
        children = [self._part(p, *node.parts[p]) for p in shown]
        if len(order) > len(shown):
            left = [sizes[p] for p in order[len(shown) - 1 : -1]]
            more = Plan("more", f"… {len(left):,} more parts", elided=len(left), size=max(left))
            children.insert(len(children) - 1, more)
        zeros = sum(t for part, t in node.parts if isinstance(part, Choose) and not any(part.column))
        said = [f"{several(zeros, 'column')} of zeros left out"] if zeros and node.width else []
        return Plan(
            kind,
            label,
            _order(len(order)) if order else "nothing to choose",
            size=cells,
            box=box,
            seconds=sum(e.seconds for e in parts) + fold.seconds,
            bytes=max([fold.bytes, *(times_of(e.peak, BYTES_PER_KEY) for e in parts)]),
            ways=ways_of(fold),
            rewritings=(*said, *(words.of_packing(axes) if axes is not None else ())),
            children=tuple(children),
        )

    def _part(self, position: int, node: Node, times: int) -> Plan:
        """Parameters times their column, or a line of numbers along a direction."""
        of = estimate(node)
        size, box = self._size(node, of), self._box(of, self._axes(node))
        if isinstance(node, Choose):
            label = f"{several(times, 'parameter')} of {several(node.space.size, 'value')}"
            return Plan(
                "choose", label, f"times {words.vector(node.column)}", position=position, times=times, size=size,
                box=box, seconds=of.seconds, bytes=times_of(size, BYTES_PER_KEY), rewritings=_progression(node),
            )  # fmt: skip
        assert isinstance(node, Along), "a sum is one of choices and of lines"
        line = self._sum(node.line, "numbers", "line")
        return Plan(
            "along",
            f"numbers along {words.vector(node.direction)}",
            line.says,
            position=position,
            times=times,
            size=size,
            box=box,
            seconds=of.seconds,
            bytes=line.bytes,
            ways=line.ways,
            rewritings=_along(node),
            children=line.children,
        )


def _progression(node: Choose) -> tuple[str, ...]:
    """A range stays one, however long it is."""
    held = isinstance(node.space, Range) and any(node.column)
    return (f"progression of {words.number(node.space.size)}",) if held else ()


def _along(node: Along) -> tuple[str, ...]:
    """What was joined in a line of numbers: equal columns, and proportional ones."""
    columns: dict[object, int] = {}
    for part, times in node.line.parts:
        assert isinstance(part, Choose), "a line is a sum of choices"
        columns[part.column] = columns.get(part.column, 0) + times
    said = [f"{words.number(count)} equal columns joined" for count in columns.values() if count > 1]
    if len(columns) > 1:
        said.append(f"{len(columns):,} proportional columns along {words.vector(node.direction)}")
    return tuple(dict.fromkeys(said))


def _shown(order: list[int], most: int) -> list[int]:
    return order if len(order) <= most + 1 else [*order[: most - 1], order[-1]]


def _order(parts: int) -> str:
    return f"{parts:,} summands, added smallest first" if parts > 1 else ""


def _width(node: Node) -> int:
    if isinstance(node, Choose):
        return len(node.column)
    if isinstance(node, Along):
        return len(node.direction)
    if isinstance(node, Image):
        return node.part.width
    return node.part.part.width * len(node.blocks) if isinstance(node, Spread) else node.width
