"""Certificate files: `Certificate` -> JSON text (optionally gzipped), and back for Python users."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dnnt.certificate import (
    FORM_KINDS,
    BoxSplit,
    BoxWindow,
    CaseGrounds,
    CaseSplit,
    Certificate,
    DirectionBound,
    Empty,
    Enumeration,
    Grounds,
    InParts,
    Lower,
    Nonnegative,
    OfForm,
    PartBound,
    ReachableStates,
    Restricted,
    Signs,
    ThinGrounds,
    Upper,
)
from dnnt.errors import InvalidCertificate, InvalidInput, shown
from dnnt.exact import MAX_DIGITS, Number, bits, number, to_json
from dnnt.formats import json_text
from dnnt.formats.instance_file import check_head
from dnnt.parameters import parameters

FORMAT = "dnnt-certificate"
VERSION = 1


def to_bytes(certificate: Certificate) -> bytes:
    """The bytes of a certificate file."""
    body: dict[str, Any] = {"format": FORMAT, "version": VERSION, "sha256": certificate.sha256}
    if certificate.upper is not None:
        body["upper"] = {
            "parameters": certificate.upper.parameters.to_json(),
            "loss": _number(certificate.upper.loss),
        }
        if certificate.upper.signs is not None:
            body["upper"]["signs"] = certificate.upper.signs.to_json()
    if certificate.lower is not None:
        bound = certificate.lower.bound
        body["lower"] = {
            "bound": None if bound is None else _number(bound),
            "strict": certificate.lower.strict,
            "grounds": certificate.lower.grounds.to_json(),
        }
    if certificate.fixed:
        body["fixed"] = [[edge, slot, to_json(value)] for edge, slot, value in certificate.fixed]
    return (json_text.dumps(body) + "\n").encode()


def _number(value: Number) -> int | str:
    """As in every file, but hexadecimal where the decimal form is longer than a reader takes."""
    if bits(value) < 3.3 * MAX_DIGITS:
        return to_json(value)
    if isinstance(value, int):
        return hex(value)
    return f"{value.numerator:#x}/{value.denominator:#x}"


def read(path: str | Path) -> Certificate:
    """Read a certificate file for inspection; only dnnt_check says whether it is valid. Raises `InvalidCertificate`."""
    try:
        return from_json(json_text.parse(json_text.read_bytes(path)))
    except InvalidInput as error:
        raise InvalidCertificate(error.fault, error.remedy, error.place, str(path)) from None
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidCertificate(f"not a certificate ({error})", "see docs/certificates.md", "", str(path)) from None


def from_json(body: Any) -> Certificate:
    """The certificate that a parsed JSON object means."""
    check_head(body, FORMAT, VERSION)
    upper, lower = body.get("upper"), body.get("lower")
    return Certificate(
        body["sha256"],
        None
        if upper is None
        else Upper(parameters(upper["parameters"]), _read_number(upper["loss"]), _signs(upper.get("signs"))),
        None
        if lower is None
        else Lower(
            None if lower["bound"] is None else _read_number(lower["bound"]),
            lower["strict"],
            _grounds(lower["grounds"]),
        ),
        tuple((edge, slot, number(value)) for edge, slot, value in body.get("fixed", [])),
    )


def _grounds(given: Any) -> Grounds:
    kind = given["kind"]
    if kind == "reachable":
        return ReachableStates(
            tuple((first, count) for first, count in given["left"]),
            given["last"],
            tuple(given["sizes"].items()),
            tuple(tuple(cut) for cut in given.get("cuts", ())),
            tuple((tuple(vector), modulus) for vector, modulus in given.get("residues", ())),
            given.get("window", False),
            _read_number(given["slack"]) if "slack" in given else None,
            tuple(
                ThinGrounds(position, number(most), tuple(tuple(map(number, vector)) for vector in slopes))
                for position, most, slopes in given.get("thin", ())
            ),
            tuple(map(_case, given.get("cases", ()))),
            tuple(map(_box, given.get("boxes", ()))),
            given.get("rest", 0),
        )
    if kind == "restricted":
        return Restricted(_signs(given.get("signs")))
    if kind == "parts":
        return InParts(
            tuple(
                PartBound(tuple(outputs), _read_number(bound), strict, _grounds(grounds))
                for outputs, bound, strict, grounds in given["parts"]
            )
        )
    if kind in FORM_KINDS:
        return OfForm(kind, {key: value for key, value in given.items() if key != "kind"})
    simple: dict[str, Grounds] = {
        "empty": Empty(),
        "nonnegative": Nonnegative(),
        "enumeration": Enumeration(),
    }
    if kind not in simple:
        raise InvalidInput(
            f"unknown grounds {shown(kind)}",
            f"known are {', '.join(('reachable', 'restricted', 'parts', *FORM_KINDS, *simple))}",
            "lower.grounds",
        )
    return simple[kind]


def _case(given: Any) -> CaseSplit | CaseGrounds:
    if isinstance(given, list):
        position, kind, count = given
        return CaseSplit(position, kind, count)
    return CaseGrounds(
        tuple(given["cut"]),
        tuple(
            (position, tuple(None if top is None else (number(top[0]), tuple(map(number, top[1]))) for top in tops))
            for position, tops in given["kinds"]
        ),
    )


def _box(given: Any) -> BoxSplit | BoxWindow | DirectionBound:
    if isinstance(given, list):
        coordinate, value = given
        return BoxSplit(coordinate, number(value))
    if "window" in given:
        return BoxWindow(tuple(given["window"]), tuple(map(tuple, given.get("cuts", ()))))
    return DirectionBound(tuple(given.get("cut", ())), number(given.get("times", 0)))


def _signs(given: Any) -> Signs | None:
    if given is None:
        return None
    return Signs(
        given["bits"],
        tuple(
            (i, node, tuple((each[0], each[1]) if isinstance(each, list) else each for each in replaced))
            for i, node, replaced in given["expand"]
        ),
        tuple((i, d, v, sign, u) for i, d, v, sign, u in given.get("differences", [])),
    )


def _read_number(value: Any) -> Number:
    if isinstance(value, str) and "0x" in value:
        above, _, below = value.partition("/")
        return number(int(above, 16)) if not below else number(_fraction(int(above, 16), int(below, 16)))
    return number(value)


def _fraction(above: int, below: int) -> Number:
    from fractions import Fraction

    return Fraction(above, below)
