"""The random instances of `dnnt.testing`: small, repeatable, and together they use every feature."""

from __future__ import annotations

from collections import Counter
from random import Random

import dnnt
from dnnt import activations, losses
from dnnt.formats import instance_file
from dnnt.testing import all_parameters, oracle, random_any, random_paper, random_two_layer
from dnnt.testing.features import FEATURES, features
from dnnt.testing.instances import MOST_CHOICES

RARE = {"empty space"}


def test_every_feature_is_used() -> None:
    used: Counter[str] = Counter()
    for seed in range(100):
        for generator in (random_two_layer, random_any):
            instance = generator(Random(seed))
            truth = oracle(instance)
            assert truth.choices <= MOST_CHOICES
            used.update(features(instance, truth))
    names = {*FEATURES}
    names |= {f"activation {kind}" for kind in activations.KINDS}
    names |= {f"loss {kind}" for kind in losses.KINDS}
    assert {name for name in names if used[name] < (1 if name in RARE else 2)} == set()


def test_same_seed_same_instance() -> None:
    for generator in (random_two_layer, random_any, random_paper):
        first, second = (generator(Random(11)) for _ in range(2))
        assert instance_file.to_bytes(first) == instance_file.to_bytes(second)
        assert first == second


def test_oracle_by_hand() -> None:
    instance = dnnt.graph(
        inputs=1,
        vertices=[("t", "identity")],
        outputs=["t"],
        edges=[{"from": "s", "to": "t", "weights": [[0, 1, 1]], "bias": {"from": 0, "to": 2}}],
        samples=[((2,), (1,)), ((0,), (1,), 3)],
    )
    truth = oracle(instance)
    # w = 0: bias 0, 1, 2 cost 4, 0, 4; w = 1: 1 + 3, 4 + 0, 9 + 3.
    assert truth.choices == 6
    assert truth.losses == (0, 4, 12)
    assert truth.least == 0
    assert len(set(all_parameters(instance))) == 6
    none = dnnt.layered(1, [{"units": 1, "activation": "relu", "weights": [], "bias": [0]}])
    assert oracle(none).choices == 0
    assert oracle(none).least is None


def test_oracle_of_python_functions() -> None:
    instance = dnnt.layered(
        1,
        [{"units": 1, "activation": lambda z: z * z * z, "weights": [1, 2], "bias": [0]}],
        [((1,), (7,))],
        loss=lambda f, y: abs(f[0] - y[0]),
    )
    assert oracle(instance).losses == (1, 6)
