"""Parameters files: JSON <-> `Parameters`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dnnt.errors import InvalidInput, InvalidParameters
from dnnt.fixing import Entry, entries
from dnnt.formats import json_text
from dnnt.formats.instance_file import check_head, keys
from dnnt.parameters import Parameters, parameters

FORMAT = "dnnt-parameters"
VERSION = 1


def read(path: str | Path) -> Parameters:
    """Read a parameters file. Raises `InvalidParameters`: one line with file, place, fault and remedy."""
    try:
        return from_json(json_text.parse(json_text.read_bytes(path)))
    except InvalidInput as error:
        raise InvalidParameters(error.fault, error.remedy, error.place, str(path)) from None


def read_entries(path: str | Path) -> tuple[Entry, ...]:
    """Read a parameters file in which values may be null (free). Raises `InvalidParameters`."""
    try:
        body = json_text.parse(json_text.read_bytes(path))
        check_head(body, FORMAT, VERSION)
        keys(body, ("format", "version", "edges"), ("edges",))
        return entries(body["edges"])
    except InvalidInput as error:
        raise InvalidParameters(error.fault, error.remedy, error.place, str(path)) from None


def from_json(body: Any) -> Parameters:
    """The parameters that a parsed JSON object means."""
    check_head(body, FORMAT, VERSION)
    keys(body, ("format", "version", "edges"), ("edges",))
    return parameters(body["edges"])


def to_text(given: Parameters) -> str:
    """The text of a parameters file."""
    return json_text.dumps({"format": FORMAT, "version": VERSION, "edges": given.to_json()}) + "\n"
