"""Least losses against plain Python."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dnnt.kernels import losses, members
from dnnt.kernels.words import Keys

FEW = settings(max_examples=60)

COUNTS = st.lists(st.sampled_from([1, 2, 3, 5, 9, 64, 70]), max_size=4).filter(lambda counts: np.prod(counts) < 20_000)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[list[int], list[Keys], dict[int, int]]:
    """(counts, tables, the loss of every key)."""
    counts = draw(COUNTS)
    scale = draw(st.sampled_from([1, 3, 50, 2**58]))
    rng = Random(draw(st.integers(0, 10**6)))
    listed = [[rng.randint(-1, 9) * scale // draw(st.sampled_from([1, 4])) for _ in range(n)] for n in counts]
    all_losses = {}
    for key, digits in enumerate(product(*(range(n) for n in reversed(counts)))):
        all_losses[key] = sum(table[d] for table, d in zip(listed, reversed(digits), strict=True))
    return counts, [np.array(table, np.int64) for table in listed], all_losses


Box = tuple[list[int], list[Keys], dict[int, int]]


@pytest.mark.parametrize("work", [1, 1 << 21])
@FEW
@given(boxes(), st.data())
def test_least(work: int, box: Box, data: st.DataObject) -> None:
    counts, tables, all_losses = box
    share = data.draw(st.sampled_from([0.0, 0.01, 0.3, 1.0]))
    rng = Random(data.draw(st.integers(0, 10**6)))
    inside = [key for key in all_losses if rng.random() <= share]
    below = data.draw(st.sampled_from([losses.NONE, 0, 5, *list(all_losses.values())[:2]]))
    wanted = min(((all_losses[key], key) for key in inside if all_losses[key] < below), default=(below, -1))
    keys = np.array(inside, np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(losses, "KEYS", work)
        patch.setattr(losses, "WORK", work)
        assert losses.least_of_keys(keys, counts, tables, below) == wanted
        assert losses.least_of_bits(members.scatter(keys, len(all_losses)), counts, tables, below) == wanted
