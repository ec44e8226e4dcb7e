"""What a check finds: the verdict, and its wording."""

from __future__ import annotations

import json
from dataclasses import dataclass

from dnnt_check.numbers import DECIMAL_BITS, Number, integer_to_digits, written


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a check.

    Attributes:
        valid: everything that the certificate claims was proved again.
        claim: the claim in words, such as "optimal 3"; None if the certificate is not valid.
        upper: some parameters have this loss; None if nothing of the kind is claimed.
        lower: no parameters have a loss below this; None likewise, and if there are no parameters at all.
        strict: none has a loss equal to `lower` either.
        reason: why it is not valid; empty if it is.
        fixed: how many values the claim takes as fixed.
    """

    valid: bool
    claim: str | None = None
    upper: Number | None = None
    lower: Number | None = None
    strict: bool = False
    reason: str = ""
    fixed: int = 0

    @property
    def line(self) -> str:
        """The one line that the command prints."""
        return f"VALID {self.claim}" if self.valid else f"INVALID {self.reason}"

    def json(self) -> str:
        """The JSON object that the command prints, on one line."""
        fields = [
            f'"valid": {"true" if self.valid else "false"}',
            f'"claim": {json.dumps(self.claim)}',
            f'"upper": {_json_number(self.upper)}',
            f'"lower": {_json_number(self.lower)}',
            f'"strict": {"true" if self.strict else "false"}',
        ]
        if self.fixed:
            fields.append(f'"fixed": {self.fixed}')
        if not self.valid:
            fields.append(f'"reason": {json.dumps(self.reason)}')
        return "{" + ", ".join(fields) + "}"


def _json_number(value: Number | None) -> str:
    if value is None:
        return "null"
    if type(value) is int and value.bit_length() <= DECIMAL_BITS:
        return integer_to_digits(value)
    return f'"{written(value)}"'


def proved(upper: Number | None, lower: Number | None, strict: bool, infeasible: bool, fixed: int) -> Verdict:
    """The verdict on a certificate whose parts were all proved."""
    if infeasible:
        claim = "infeasible"
    elif upper is None:
        claim = f"loss {'>' if strict else '>='} {written(lower or 0)}"
    elif lower is None:
        claim = f"loss <= {written(upper)}"
    elif lower == upper:
        claim = f"optimal {written(upper)}"
    else:
        claim = f"{written(lower)} {'<' if strict else '<='} loss <= {written(upper)}"
    if fixed:
        claim += f" with {fixed} values fixed"
    return Verdict(True, claim, upper, lower, strict, fixed=fixed)


def refused(reason: str) -> Verdict:
    """The verdict on a certificate that is not accepted; the reason becomes one line."""
    return Verdict(False, reason=" ".join(reason.split()))
