"""Bundles: where an instance file may stand, a reduction with its source, its target and its trace may stand too.

The instance that claims are about is the target, with one exception. A continuous target (of the rule dnnt-to-cnnt) is
never solved itself: its source is, and the certificate is that of the source. So there the instance is the source, or
what the source stands for if it is a bundle again. The rest of a bundle is of no importance to a claim and is not
looked at, beyond its form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dnnt_check.budget import Invalid
from dnnt_check.reading import Place, fault, header, record, text

#: Bundles may be nested this deep.
MAXIMUM_NESTING = 100

#: The rules of reductions.
RULES = ("slp-to-dnnt", "dnnt-to-cnnt", "subset-sum-to-dnnt", "csp-to-dnnt", "exact-cover-to-dnnt")


@dataclass(frozen=True, slots=True)
class Subject:
    """The JSON form of the instance that claims are about.

    Attributes:
        value: it.
        place: where in the file it is; the empty text for the whole file.
        digests: SHA-256 digests in hexadecimal, one of which a certificate has to name.
    """

    value: Any
    place: Place
    digests: frozenset[str]


def is_digest(value: str) -> bool:
    """Does the text have the form of a SHA-256 in hexadecimal?"""
    return len(value) == 64 and not set(value.lower()) - set("0123456789abcdef")


def subject_of(value: Any, digest: str) -> Subject:
    """What the claims about a file are about; `digest` is that of its bytes.

    Raises:
        Invalid: it is a malformed bundle.
    """
    place: Place = ""
    digests = {digest}
    depth = 0
    while isinstance(value, dict) and value.get("format") == "dnnt-reduction":
        header(value, place or "the file", "dnnt-reduction")
        parts = ("rule", "variant", "source", "target", "trace")
        record(value, place or "the file", ("format", "version", *parts))
        rule = text(value["rule"], (place, "rule"))
        if rule not in RULES:
            raise fault((place, "rule"), "unknown rule")
        text(value["variant"], (place, "variant"))
        for part in parts[2:]:
            if not isinstance(value[part], dict):
                raise fault((place, part), "an object is expected")
        if rule != "dnnt-to-cnnt":
            return Subject(value["target"], (place, "target"), frozenset(digests))
        if "source_sha256" in value["trace"]:
            # The digest of the file that the source was read from. It is believed: it only says which files the
            # certificate may name. The claim is proved again about the source that is written here.
            named = text(value["trace"]["source_sha256"], ((place, "trace"), "source_sha256"))
            if not is_digest(named):
                raise fault(((place, "trace"), "source_sha256"), "64 hexadecimal digits are expected")
            digests.add(named.lower())
        value, place = value["source"], (place, "source")
        depth += 1
        if depth >= MAXIMUM_NESTING:
            raise Invalid(f"bundles are nested more than {MAXIMUM_NESTING} deep")
    return Subject(value, place, frozenset(digests))
