"""The examples of docs/formats.md mean what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import dnnt
from dnnt.formats import parameters_file
from dnnt.losses import loss
from tests.formats.test_bundle_schemas import INSTANCE
from tests.formats.test_problem_schemas import REDUCTION

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
BLOCKS = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
FORMATS: list[dict[str, Any]] = [json.loads(block) for block in BLOCKS]


def example(kind: str) -> dict[str, Any]:
    """The first example of a format on the page."""
    return next(body for body in FORMATS if body.get("format") == kind)


def test_instances_and_parameters() -> None:
    solution = parameters_file.from_json(example("dnnt-parameters"))
    assert dnnt.evaluate(dnnt.parse(json.dumps(example("dnnt-instance"))), solution).total == 0
    for body in FORMATS:
        if body.get("format") == "dnnt-instance":
            INSTANCE.validate(body)
            dnnt.parse(json.dumps(body))


def test_guarded_loss() -> None:
    of = loss(next(body for body in FORMATS if body.get("kind") == "guarded"))
    of.check_outputs(3)
    assert of((3, 9, 1), (1, 1, 0)) == 1 + (3 - 1) ** 2
    assert of((0, 9, -1), (0, 1, 0)) == 1
    assert of((0, 9, 1), (4, 2, 0)) == 1 + 16 / 2
    assert of((-2, 9, 1), (4, 2, 0)) == 10


def test_bundle(tmp_path: Path) -> None:
    body = example("dnnt-reduction")
    REDUCTION.validate(body)
    (tmp_path / "bundle.json").write_text(json.dumps(body), encoding="utf-8")
    bundle = dnnt.read_bundle(tmp_path / "bundle.json")
    assert bundle == dnnt.reduce(bundle.rule, bundle.source)
    assert bundle.extract(dnnt.solve(bundle)).solution == (0,)
