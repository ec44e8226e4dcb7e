"""Draws the pictures of docs/reductions.md anew: python docs/make_pictures.py. A test says when that is due."""

from __future__ import annotations

from pathlib import Path

from dnnt.catalogue import pictures

if __name__ == "__main__":
    folder = Path(__file__).parent / "pictures"
    folder.mkdir(exist_ok=True)
    for name, drawn in pictures().items():
        (folder / name).write_text(drawn, encoding="utf-8")
