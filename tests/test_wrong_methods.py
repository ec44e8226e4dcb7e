"""A method that returns parameters with another loss than they have is found out, with and without a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

import dnnt
from dnnt.errors import InternalError
from dnnt.instance import Instance
from dnnt.methods import method
from dnnt.methods.base import Goal
from dnnt.running import Incumbent, Run

METHODS = ("brute-force", "reachable")


def neuron(gamma: int | None = None) -> Instance:
    """A weight of 1 or 3 and an input of 1, where 2 is wanted: the loss is 1 always."""
    return dnnt.graph(
        1,
        [("t", "identity")],
        ["t"],
        [{"from": "s", "to": "t", "weights": [[1, 3]], "bias": [0]}],
        [((1,), (2,))],
        gamma=gamma,
    )


def spoil(monkeypatch: pytest.MonkeyPatch, name: str, loss: int, weight: int) -> None:
    """Let the method report this loss and this weight in the end; what it proves stays."""
    kind = type(method(name))
    right = kind.solve

    def wrong(self: Any, instance: Instance, goal: Goal, run: Run) -> Mapping[str, Any]:
        said = right(self, instance, goal, run)
        assert run.incumbent is not None
        (only,) = run.incumbent.parameters.runs
        run.incumbent = Incumbent(dnnt.Parameters((replace(only, weights=(weight,)),)), loss)
        return said

    monkeypatch.setattr(kind, "solve", wrong)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("loss", "weight"), [(1, 2), (5, 1)], ids=["outside", "another-loss"])
def test_optimum(monkeypatch: pytest.MonkeyPatch, name: str, check: bool, loss: int, weight: int) -> None:
    assert dnnt.solve(neuron(), method=name, check=check).loss == 1
    spoil(monkeypatch, name, loss, weight)
    with pytest.raises(InternalError, match="dnnt_check rejects" if check else "whose loss is another"):
        dnnt.solve(neuron(), method=name, check=check)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("loss", "weight"), [(1, 2), (5, 1)], ids=["outside", "another-loss"])
def test_no(monkeypatch: pytest.MonkeyPatch, name: str, check: bool, loss: int, weight: int) -> None:
    """The certificate of a no says nothing of parameters, but the answer does."""
    assert dnnt.solve(neuron(0), method=name, check=check).answer == "no"
    spoil(monkeypatch, name, loss, weight)
    with pytest.raises(InternalError, match="whose loss is another"):
        dnnt.solve(neuron(0), method=name, check=check)
