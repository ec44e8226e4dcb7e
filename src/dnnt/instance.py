"""An instance: a network, samples, a loss and perhaps a threshold gamma. Frozen and valid at birth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import gcd, isfinite
from typing import Any

from dnnt.errors import InvalidInstance, at, shown
from dnnt.exact import Number, is_float, number, numbers, several
from dnnt.losses import Loss, loss
from dnnt.network import Layered, Network
from dnnt.spaces import Real, Values


@dataclass(frozen=True, slots=True)
class Sample:
    """Inputs x, targets y, and a weight >= 0 that multiplies the sample's loss."""

    x: tuple[Number, ...]
    y: tuple[Number, ...]
    weight: Number = 1

    def __post_init__(self) -> None:
        with at("x"):
            object.__setattr__(self, "x", numbers(self.x))
        with at("y"):
            object.__setattr__(self, "y", numbers(self.y))
        with at("weight"):
            object.__setattr__(self, "weight", number(self.weight))
            if self.weight < 0:
                raise InvalidInstance(f"negative weight {shown(self.weight)}", "write 0 or more")


@dataclass(frozen=True, slots=True)
class Instance:
    """A problem of discrete training: minimise the total loss, or decide whether it can be at most `gamma`.

    `network` is a `Network` or `Layered`; `samples` are `Sample` values, pairs (x, y), triples (x, y, weight) or
    dictionaries as in a file; `loss` is a name, a dictionary as in a file, or any exact function of (f, y).
    `source` holds the bytes of the file that the instance was read from; an instance made from it by `replace` has
    none. Raises `InvalidInstance`.
    """

    network: Network | Layered
    samples: tuple[Sample, ...] = ()
    loss: Loss = field(default_factory=lambda: loss("squared"))
    gamma: Number | None = None
    name: str | None = None
    notes: Mapping[str, Any] | None = None
    source: bytes | None = field(init=False, default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.network, (Network, Layered)):
            raise InvalidInstance(
                f"{shown(self.network)} is no network",
                "give a dnnt.Network or dnnt.Layered",
                "network",
            )
        with at("loss"):
            object.__setattr__(self, "loss", loss(self.loss))
            self.loss.check_outputs(self.network.output_count)
        if self.gamma is not None:
            with at("gamma"):
                object.__setattr__(self, "gamma", number(self.gamma))
        samples = []
        for index, given in enumerate(self.samples):
            with at(f"samples[{index}]"):
                samples.append(self._sample(given))
        object.__setattr__(self, "samples", tuple(samples))

    def _sample(self, given: Any) -> Sample:
        sample = given if isinstance(given, Sample) else _sample(given)
        for key, values, count, noun in (
            ("x", sample.x, self.network.inputs, "input"),
            ("y", sample.y, self.network.output_count, "output"),
        ):
            if len(values) != count:
                raise InvalidInstance(
                    f"{several(len(values), 'number')} for {several(count, noun)}",
                    f"give one for each of the {noun}s",
                    key,
                )
        with at("y"):
            self.loss.check_targets(self.network.output_count, sample.y)
        return sample

    def read_from(self, source: bytes) -> Instance:
        """This new instance, with the bytes of the file that it was just read from."""
        object.__setattr__(self, "source", source)
        return self

    @property
    def has_empty_space(self) -> bool:
        """Whether some space is empty, so that there are no parameters at all."""
        return any(count and isinstance(of, Values) and not of.values for of, count in self.network.shared_spaces())

    @property
    def is_continuous(self) -> bool:
        """Whether some parameter may be any real number."""
        return any(count and isinstance(of, Real) for of, count in self.network.shared_spaces())


def _sample(given: Any) -> Sample:
    if isinstance(given, dict):
        for key in given:
            if key not in ("x", "y", "weight"):
                raise InvalidInstance(f"unknown key {shown(key)}", "a sample has x, y and perhaps weight")
        for key in ("x", "y"):
            if key not in given:
                raise InvalidInstance(f'missing key "{key}"', "a sample has x, y and perhaps weight")
        return Sample(given["x"], given["y"], given.get("weight", 1))
    if isinstance(given, (list, tuple)) and len(given) in (2, 3):
        return Sample(*given)
    raise InvalidInstance(f"{shown(given)} is no sample", 'give {"x": [..], "y": [..]} or a pair (x, y)')


def layered(
    inputs: int,
    layers: Iterable[Any],
    samples: Iterable[Any] = (),
    loss: Any = "squared",
    gamma: Any = None,
    name: str | None = None,
    notes: Mapping[str, Any] | None = None,
    exact_floats: bool = False,
) -> Instance:
    """An instance whose network is given layer by layer, as in the file's shorthand.

    `layers`: dictionaries with `units`, `activation`, `weights` and `bias`. With `exact_floats`, floats (in
    samples, spaces
    and gamma) are taken as the rational numbers that they are.
    """
    if exact_floats:
        layers, samples, gamma = exactly(list(layers)), exactly(list(samples)), exactly(gamma)
        loss = exactly(loss)
    return Instance(Layered(inputs, tuple(layers)), tuple(samples), loss, gamma, name, notes)


def graph(
    inputs: int,
    vertices: Iterable[Any],
    outputs: Iterable[str],
    edges: Iterable[Any],
    samples: Iterable[Any] = (),
    loss: Any = "squared",
    gamma: Any = None,
    name: str | None = None,
    notes: Mapping[str, Any] | None = None,
    exact_floats: bool = False,
) -> Instance:
    """An instance whose network is given by vertices and edges, with the file's keys (see `layered` for the rest).

    `vertices`: dictionaries with `id` and `activation`, pairs, or `Vertex` values; `edges`: dictionaries with
    `from`, `to`,
    `weights` and `bias`, or `Edge` values.
    """
    if exact_floats:
        vertices, edges = exactly(list(vertices)), exactly(list(edges))
        samples, gamma, loss = exactly(list(samples)), exactly(gamma), exactly(loss)
    network = Network(inputs, tuple(vertices), tuple(outputs), tuple(edges))
    return Instance(network, tuple(samples), loss, gamma, name, notes)


def mixed_order(count: int) -> list[int]:
    """0 … count - 1 with neighbours far apart: files often list one class after the other, and partial sums of losses
    show sooner that a choice is bad when classes are mixed.
    """
    step = max(1, round(count * 0.618))
    while gcd(step, count) > 1:
        step += 1
    return [index * step % count for index in range(count)]


def exactly(value: Any) -> Any:
    """The value with every float in it (arrays, lists, dictionaries) replaced by the rational number that it is."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if is_float(value):
        # What is no number stays as it is: where it is refused, its place is known.
        return number(value, exact_floats=True) if isfinite(value) else value
    if isinstance(value, (list, tuple)):
        return type(value)(exactly(v) for v in value)
    if isinstance(value, dict):
        return {key: exactly(v) for key, v in value.items()}
    return value
