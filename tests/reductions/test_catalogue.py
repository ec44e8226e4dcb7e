"""The list of rules, and the pictures of the documentation."""

from __future__ import annotations

from pathlib import Path

from dnnt.catalogue import entry, picture, pictures
from dnnt.reductions import all_reductions

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


def test_pictures_are_as_drawn_today() -> None:
    """If not: python docs/make_pictures.py, and look at them."""
    drawn = pictures()
    assert {path.name for path in FOLDER.iterdir()} == set(drawn)
    for name, text in drawn.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, name


def test_every_picture_is_shown() -> None:
    page = (FOLDER.parent / "reductions.md").read_text(encoding="utf-8")
    for name in pictures():
        assert f"pictures/{name}" in page


def test_entries() -> None:
    entries = [entry(each) for each in all_reductions()]
    assert [(each["rule"], each["variant"]) for each in entries if not each["holds"]] == [
        ("slp-to-dnnt", "printed"),
        ("dnnt-to-cnnt", "printed"),
        ("csp-to-dnnt", "printed"),
    ]
    for each in entries:
        assert set(each["size"]) == set(each["example"]["measured"])
        assert all(each[key] for key in ("theorem", "domain", "guarantee", "letters"))


def test_the_graph_names_every_rule_and_theorem() -> None:
    drawn = picture()
    for each in all_reductions():
        assert each.rule in drawn and each.contract.theorem in drawn
