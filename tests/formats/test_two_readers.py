"""dnnt and dnnt_check read instances with code of their own, and agree on which files are legal.

The certificate used here claims no more than that losses are not negative, so that the checker's
verdict says whether it could read the instance.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import dnnt_check
from dnnt.errors import InvalidInput
from dnnt.formats import json_text

CORPUS = Path(__file__).parents[1] / "corpus"
VALID = sorted(path.name for path in (CORPUS / "valid").iterdir())
MALFORMED = sorted(json.loads((CORPUS / "malformed" / "expected.json").read_text(encoding="utf-8")))


def verdict(path: Path) -> dnnt_check.Verdict:
    """The checker's verdict on the instance file, with a certificate that is true of all."""
    raw = path.read_bytes()
    try:
        plain = json_text.decompressed(raw)
    except InvalidInput:
        plain = raw
    certificate = {
        "format": "dnnt-certificate",
        "version": 1,
        "sha256": hashlib.sha256(plain).hexdigest(),
        "lower": {"bound": 0, "strict": False, "grounds": {"kind": "nonnegative"}},
    }
    return dnnt_check.check(raw, json.dumps(certificate).encode())


@pytest.mark.parametrize("name", VALID)
def test_checker_reads_valid_files(name: str) -> None:
    assert verdict(CORPUS / "valid" / name).line == "VALID loss >= 0"


@pytest.mark.parametrize("name", MALFORMED)
def test_checker_refuses_malformed_files(name: str) -> None:
    result = verdict(CORPUS / "malformed" / name)
    assert not result.valid
    assert "instance" in result.line
    assert len(result.line.splitlines()) == 1
