"""Checkpoints: a directory that holds what a run has found and proved, whole at every moment, to go on from.

`task.json` says what is being solved; `best` and `bound` are certificate files, each with one side; `claimed.json` has
what a library says of the bound and nobody proves; `finished.json` is there once nothing is left to do. Every file is
written beside its place and then put there, so a kill leaves the old one or the new one. The directory is locked while
a run uses it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from dnnt.answer import Answer
from dnnt.certificate import Certificate, Lower, Nonnegative, Upper
from dnnt.checking import verdict
from dnnt.errors import InvalidInput, MethodUnsuitable
from dnnt.evaluation import loss_of
from dnnt.exact import number, to_json
from dnnt.formats import certificate_file, instance_file, json_text
from dnnt.instance import Instance
from dnnt.parameters import check_shape, inside
from dnnt.running import Claim, Incumbent, Observer, Proof, Run, Stop

FORMAT = "dnnt-checkpoint"
VERSION = 1

TASK, BEST, BOUND, FINISHED, LOCK = "task.json", "best.dnnt.cert.json", "bound.dnnt.cert.json", "finished.json", "lock"
SAID = "claimed.json"

TOLD = ("method", "reason", "stop", "stats", "then")
"""The fields of an answer that `finished.json` holds; the others follow from what is kept beside it."""

_CALLED = {"sha256": "instance", "then": "second goal", "fixed": "set of fixed values", "version": "format"}

REST = 5.0
"""After a write no other one begins for so many times as long as it took."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is asked for: a directory goes with the same only. The file's digest, the goal, and options that
    change what is looked for; fixed values and a hint by their digests.
    """

    sha256: str
    goal: str
    method: str
    then: str | None
    seed: int
    fixed: str | None
    hint: str | None

    def to_json(self) -> dict[str, Any]:
        """The object in `task.json`."""
        return {"format": FORMAT, "version": VERSION, **{name: getattr(self, name) for name in self.__slots__}}


def digest(value: Any) -> str | None:
    """A short name for a JSON value; None for None."""
    return None if value is None else hashlib.sha256(json_text.dumps(value).encode()).hexdigest()


class Checkpoint:
    """The directory of one run, locked from `__enter__` to `__exit__`.

    Raises `MethodUnsuitable` for a directory of another task or in use, `InvalidInput` where it cannot be made or
    holds what is not whole.
    """

    def __init__(self, folder: str | Path, wanted: Wanted) -> None:
        self._folder = Path(folder)
        self._wanted = wanted
        self._lock = -1
        self._saved: tuple[Incumbent | None, Proof | None, Claim | None] = (None, None, None)
        self._next = 0.0
        self._fixed: tuple[Any, ...] = ()
        self.trouble = ""
        self.found = False
        self.finished: Mapping[str, Any] | None = None

    def __enter__(self) -> Checkpoint:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._claim()
        except OSError as error:
            raise InvalidInput(
                f"cannot be used ({error.strerror or error})",
                "name a directory that can be made and written to",
                "",
                str(self._folder),
            ) from None
        return self

    def __exit__(self, *error: object) -> None:
        self._release()

    def _claim(self) -> None:
        """Lock the directory, and see that it is one of this task, or an empty one."""
        there = {path.name for path in self._folder.iterdir() if not path.name.endswith(".part")}
        if TASK not in there and there - {LOCK}:
            raise MethodUnsuitable(f"{self._folder}: no checkpoint, but not empty; name a new directory")
        if TASK in there:
            self._compare()
        self._lock = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._release()
            raise MethodUnsuitable(f"{self._folder}: another run is using it; wait, or name another one") from None
        for path in self._folder.glob(".*.part"):  # What a kill left behind.
            path.unlink(missing_ok=True)
        if TASK not in there:
            self._write(TASK, self._wanted.to_json())
        elif (self._folder / FINISHED).exists():
            self.finished = self._read(FINISHED, json.loads)  # With figures as floats, as they were written.

    def _release(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _compare(self) -> None:
        known, wanted = self._read(TASK), self._wanted.to_json()
        for name in wanted:
            if known.get(name) != wanted[name]:
                what = _CALLED.get(name, name)
                raise MethodUnsuitable(f"{self._folder}: a checkpoint of another {what}; name another directory")

    def _read(self, name: str, parse: Callable[[bytes], Any] = json_text.parse) -> Mapping[str, Any]:
        path = self._folder / name
        try:
            body = parse(json_text.read_bytes(path))
        except ValueError as error:
            raise InvalidInput(str(error), "remove the directory to begin anew", "", str(path)) from None
        if not isinstance(body, dict):
            raise InvalidInput("not an object", "remove the directory to begin anew", "", str(path))
        return body

    def _write(self, name: str, body: Mapping[str, Any]) -> None:
        json_text.write_bytes(self._folder / name, (json_text.dumps(body) + "\n").encode())

    # ---------------------------------------------------------------- keeping

    def keep(self, run: Run, fixed: tuple[Any, ...]) -> None:
        """From now on write what the run finds and proves; certificates name these fixed values."""
        self._fixed = fixed
        self._saved = run.incumbent, run.proof, run.claimed
        told = run.observer

        def state(run: Run) -> None:
            self.save(run)
            told.state(run)

        run.observer = Observer(told.message, state)

    def save(self, run: Run, at_once: bool = False) -> None:
        """Write what is new; a moment later where the last write has taken long."""
        now = monotonic()
        if (run.incumbent, run.proof, run.claimed) == self._saved or self.trouble or (now < self._next and not at_once):
            return
        incumbent, proof, claimed = run.incumbent, run.proof, run.claimed
        try:
            if incumbent is not None and incumbent != self._saved[0]:
                upper = Upper(incumbent.parameters, incumbent.loss, incumbent.signs)
                self._write_certificate(BEST, Certificate(self._wanted.sha256, upper, None, self._fixed))
            if proof is not None and proof != self._saved[1] and not isinstance(proof.grounds, Nonnegative):
                lower = Lower(proof.bound, proof.strict, proof.grounds)
                self._write_certificate(BOUND, Certificate(self._wanted.sha256, None, lower, self._fixed))
            if claimed is not None and claimed != self._saved[2]:
                self._write(SAID, {"bound": to_json(claimed.bound), "strict": claimed.strict})
        except InvalidInput as error:  # The run goes on, and its answer says so.
            self.trouble = f"nothing more is kept in the checkpoint: {error}"
        self._saved = incumbent, proof, claimed
        self._next = now + REST * (monotonic() - now)

    def _write_certificate(self, name: str, certificate: Certificate) -> None:
        json_text.write_bytes(self._folder / name, certificate_file.to_bytes(certificate))

    def finish(self, answer: Answer) -> None:
        """Write how the run ended: nothing is left to do."""
        if self.trouble:
            return
        try:
            said = answer.to_json()
            self._write(FINISHED, {name: said[name] for name in TOLD if name in said})
        except InvalidInput as error:
            self.trouble = f"the checkpoint does not say that it is finished: {error}"

    # ---------------------------------------------------------------- going on

    def restore(self, given: Instance, instance: Instance, run: Run) -> None:
        """Offer and prove what the directory holds; parameters are evaluated again, a bound goes through the checker.

        `given` is the instance as it was read, `instance` the one with fixed values. What is only claimed stays a
        claim; so does the bound of a finished run where its check is too much work.
        """
        best, bound = self._certificate(BEST), self._certificate(BOUND)
        self.found = best is not None or bound is not None
        if best is not None and best.upper is not None:
            upper = best.upper
            check_shape(instance.network, upper.parameters)
            if not inside(instance.network, upper.parameters) or (
                upper.signs is None and loss_of(instance, upper.parameters) != upper.loss
            ):
                raise self._damaged(BEST)
            run.offer(upper.parameters, upper.loss, upper.signs)
        if (self._folder / SAID).exists():
            self._restore_claim(run)
        if bound is not None and bound.lower is not None:
            raw = certificate_file.to_bytes(replace(bound, upper=None))
            try:
                said = verdict(instance_file.to_bytes(given), raw, watch=run.check_first)
            except Stop:
                return  # No time to look at it; it stays where it is.
            if said.too_much:
                if self.finished is not None and bound.lower.bound is not None:
                    run.claim(bound.lower.bound, bound.lower.strict)
                return
            if not said.valid:
                raise self._damaged(BOUND)
            run.prove(bound.lower.bound, bound.lower.strict, bound.lower.grounds)

    def _restore_claim(self, run: Run) -> None:
        said = self._read(SAID)
        try:
            bound = number(said.get("bound"))
        except InvalidInput:
            raise self._damaged(SAID) from None
        known = None if run.incumbent is None else run.incumbent.loss
        if not isinstance(said.get("strict"), bool) or (known is not None and not 0 <= bound <= known):
            raise self._damaged(SAID)
        run.claim(bound, said["strict"])

    def _certificate(self, name: str) -> Certificate | None:
        path = self._folder / name
        return certificate_file.read(path) if path.exists() else None

    def _damaged(self, name: str) -> InvalidInput:
        return InvalidInput(
            "holds what is not true of the instance", "remove the directory to begin anew", "", str(self._folder / name)
        )
