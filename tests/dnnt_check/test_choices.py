"""What a vertex can contribute, however often and in whatever order it is asked."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import pytest

from dnnt_check import choices
from dnnt_check.activations import Activation
from dnnt_check.budget import Work
from dnnt_check.choices import VertexChoices
from dnnt_check.columns import Column, Vector
from dnnt_check.network import SOURCE, Link, Vertex
from dnnt_check.spaces import Space, listed

POINTS = 2


def expected(vertex: Vertex, columns: list[Vector], values: list[Vector]) -> set[Vector]:
    """All choices of all slots."""
    slots = []
    for link in vertex.incoming:
        slots.append([(b,) * POINTS for b in link.bias.values()])
        for i, space in enumerate(link.weights):
            column = columns[i] if link.source == SOURCE else values[link.source]
            slots.append([tuple([w * c for c in column]) for w in space.values()])
    found = set()
    for choice in itertools.product(*slots):
        total = [sum([vector[i] for vector in choice]) for i in range(POINTS)]
        found.add(tuple([max(z, 0) for z in total] if vertex.activation.kind == "relu" else total))
    return found


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("room", [0, 30, 100, 10**6])
def test_every_visit_gives_all_choices(seed: int, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered from earlier visits is used only where it still holds."""
    rng = random.Random(seed)
    monkeypatch.setattr(choices, "LARGEST_SET", room)
    monkeypatch.setattr(choices, "MANY", rng.choice([0, 100]))
    numbers: list[int | Fraction] = [-2, -1, 0, 1, 3, Fraction(1, 2)]
    columns: list[Vector] = [tuple(rng.choices(numbers, k=POINTS)) for _ in range(2)]

    def space(most: int) -> Space:
        return listed(rng.choices(numbers, k=rng.randint(1, most)))

    links = [
        Link(source, tuple([space(3) for _ in range(2 if source == SOURCE else 1)]), space(2))
        for source in rng.choices([SOURCE, 0, 1, 2], k=rng.randint(0, 4))
    ]
    vertex = Vertex(Activation(rng.choice(["relu", "identity"])), tuple(links), 3)
    work = Work()
    positions = {0: 0, 1: 1, 2: 2}
    tested = VertexChoices(vertex, POINTS, [Column(column, work) for column in columns], positions, work)
    pool: list[Vector] = [(0, 0), (1, 2), (3, -1), (Fraction(1, 3), 0)]
    values = [rng.choice(pool) for _ in range(3)]
    for _ in range(25):
        values[rng.choice([0, 1, 2, 2])] = rng.choice(pool)
        found = list(tested.vectors(values))
        assert set(found) == expected(vertex, columns, values)
