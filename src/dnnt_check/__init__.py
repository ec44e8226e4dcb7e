"""dnnt_check: re-reads an instance and a certificate with its own code and says whether the claim holds.

It shares nothing with the solver, runs no code from files, and uses the standard library alone. The formats are
described in docs/formats.md and docs/certificates.md; what each module re-proves is said at its head.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dnnt_check.budget import Invalid, Work
from dnnt_check.verdict import Verdict, refused

__all__ = ["Verdict", "check", "load", "predicted_seconds"]


def check(
    instance_bytes: bytes,
    certificate_bytes: bytes,
    budget: float = 600.0,
    memory: int | None = None,
    watch: Callable[[], object] | None = None,
) -> Verdict:
    """Check a certificate against its instance.

    Args:
        instance_bytes: the instance file, possibly gzipped.
        certificate_bytes: the certificate file, possibly gzipped.
        budget: seconds of work after which the verdict is "too much work".
        memory: bytes that the check may build; None for a default of a few GiB.
        watch: called about every 20 milliseconds of work; what it raises passes through.

    Returns:
        The verdict; never an exception, whatever the bytes are (other than what `watch` raises).
    """
    from dnnt_check.checking import check_files

    work = Work(budget, memory, watch)
    try:
        return check_files(instance_bytes, certificate_bytes, work)
    except Invalid as error:
        if work.interrupted:
            raise
        return refused(str(error))
    except MemoryError:
        if work.interrupted:
            raise
        return refused("too much work: the memory is used up")
    except RecursionError:
        if work.interrupted:
            raise
        return refused("a file is nested too deeply")


def load() -> None:
    """Import all that a check needs, for callers whose later time is short."""
    import dnnt_check.checking  # noqa: F401


def predicted_seconds(
    sizes: Mapping[str, int],
    last: str,
    *,
    coordinates: int,
    span: int,
    groups: int = 1,
    copies: int = 1,
    directions_count: int = 0,
    capped_by_cut: bool = False,
    window: Sequence[int] | None = None,
    windows: int = 1,
    boxes: int = 0,
    rest: int = 0,
    file_bytes: int = 0,
) -> float:
    """An upper estimate of the seconds that a check with the grounds `reachable` takes; see `prediction.py`."""
    from dnnt_check import prediction

    return prediction.predicted_seconds(
        sizes,
        last,
        coordinates=coordinates,
        span=span,
        groups=groups,
        copies=copies,
        directions_count=directions_count,
        capped_by_cut=capped_by_cut,
        window=window,
        windows=windows,
        boxes=boxes,
        rest=rest,
        file_bytes=file_bytes,
    )
