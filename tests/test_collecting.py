"""Work without the collector of cycles: thresholds come back, and what was made is put aside, not searched."""

from __future__ import annotations

import gc

import pytest

from dnnt import collecting
from dnnt.collecting import undisturbed


def test_thresholds_come_back() -> None:
    before = gc.get_threshold()
    with undisturbed():
        assert gc.get_threshold() == collecting.THRESHOLDS
        with undisturbed():
            assert gc.get_threshold() == collecting.THRESHOLDS
        assert gc.get_threshold() == collecting.THRESHOLDS
    assert gc.get_threshold() == before
    with pytest.raises(KeyError), undisturbed():
        raise KeyError
    assert gc.get_threshold() == before


def test_much_is_put_aside_and_searched_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many new values are not searched at the end of the block, but cycles among them are after enough of these."""
    monkeypatch.setattr(collecting, "_aside", 0)
    searched: list[int] = []

    def noted(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            searched.append(info["generation"])

    gc.collect()
    gc.callbacks.append(noted)
    try:
        with undisturbed():
            kept = [[index] for index in range(2 * collecting.MANY)]
        assert not searched and gc.get_freeze_count() == 0
        monkeypatch.setattr(collecting, "MOST", 1)
        with undisturbed():
            kept += [[index] for index in range(2 * collecting.MANY)]
        assert searched == [2]
    finally:
        gc.callbacks.remove(noted)
    assert len(kept) == 4 * collecting.MANY


def test_frozen_values_stay_frozen() -> None:
    """Where somebody has frozen values, they are not taken back."""
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with undisturbed():
            kept = [[index] for index in range(2 * collecting.MANY)]
        assert gc.get_freeze_count() >= frozen - 1000
        assert kept
    finally:
        gc.unfreeze()
