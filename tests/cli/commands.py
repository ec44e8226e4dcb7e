"""Starting dnnt, what it said, and the instances that the tests of the command line give to it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

SOURCE = Path(__file__).parents[2] / "src"

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONFAULTHANDLER": "1"}

FIELDS = [
    "file", "name", "sha256", "goal", "answer", "status", "loss", "bound", "gamma", "parameters", "assurance",
    "bound_assurance", "method", "reason", "stop", "seconds", "stats", "version",
]  # fmt: skip
"""The fields of an answer, in the order of docs/commands.md."""

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended: its exit status and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[Body]:
        """The JSON objects on standard output, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def object(self) -> Body:
        """The one JSON object on standard output."""
        (line,) = self.out.splitlines()
        body = json.loads(line)
        assert isinstance(body, dict)
        return body

    @property
    def complaint(self) -> str:
        """The one line on standard error."""
        (line,) = self.err.splitlines()
        assert line.startswith("dnnt: ")
        assert "Traceback" not in line
        return line


class Dnnt(Protocol):
    """The fixture `dnnt`."""

    def __call__(self, *arguments: object) -> Ended:
        """Run dnnt with these arguments."""


class Instance(Protocol):
    """The fixture `save`."""

    def __call__(self, body: object, name: str = "instance.dnnt.json") -> Path:
        """Write an instance to a file of this name."""


def write(path: Path, body: object) -> Path:
    """Write JSON (or text as it is) to a file, gzipped where its name ends in .gz."""
    text = body if isinstance(body, str) else json.dumps(body)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def start(*arguments: object, **more: Any) -> subprocess.Popen[str]:
    """Start dnnt in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "dnnt", *map(str, arguments)],
        text=True,
        **{"env": ENVIRONMENT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},
    )


def finished(process: subprocess.Popen[str], timeout: float = 60.0) -> Ended:
    """Wait for a process, and what it wrote."""
    out, err = process.communicate(timeout=timeout)
    return Ended(process.returncode, out, err)


def run(*arguments: object, stdin: bytes | None = None, timeout: float = 60.0) -> Ended:
    """Run dnnt in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "dnnt", *map(str, arguments)],
        env=ENVIRONMENT,
        input=stdin,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def unread(*arguments: object) -> Ended:
    """Run dnnt with a standard output whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dnnt", *map(str, arguments)],
            env=ENVIRONMENT,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writer)
    return Ended(done.returncode, "", done.stderr)


def instance(**more: Any) -> Body:
    """The body of an instance file."""
    return {"format": "dnnt-instance", "version": 1, **more}


def parameters(*edges: Body) -> Body:
    """The body of a parameters file."""
    return {"format": "dnnt-parameters", "version": 1, "edges": list(edges)}


def layer(units: int, activation: Any, weights: Any, bias: Any = (0,)) -> Body:
    """A layer of the shorthand."""
    return {"units": units, "activation": activation, "weights": weights, "bias": bias}


XOR = instance(
    name="xor",
    inputs=2,
    layers=[layer(2, "relu", [-1, 0, 1], [-1, 0, 1]), layer(1, "identity", [-1, 0, 1])],
    samples=[{"x": [a, b], "y": [a ^ b]} for a in (0, 1) for b in (0, 1)],
    loss="squared",
)
"""The least loss is 0."""

HALF = instance(
    inputs=1,
    layers=[layer(1, "identity", [-1, 0, 1], [0, 1])],
    samples=[{"x": [1], "y": ["7/2"]}],
    loss="squared",
)
"""The outputs are -1, 0, 1 and 2, so the least loss is (2 - 7/2)² = 9/4."""

EMPTY = instance(
    inputs=1,
    layers=[layer(1, "identity", [], [0])],
    samples=[{"x": [1], "y": [1]}],
    loss="squared",
)
"""There are no parameters."""

CONTINUOUS = instance(
    inputs=1,
    layers=[layer(1, "identity", "real")],
    samples=[{"x": [1], "y": [1]}],
    loss="squared",
    gamma=0,
)

DEEP = instance(
    inputs=2,
    layers=[
        *(layer(3, kind, [-1, 0, 1]) for kind in ("relu", "relu", "square")),
        layer(1, "identity", [-1, 0, 1]),
    ],
    samples=[{"x": [1, 2], "y": ["1/2"]}, {"x": [3, -1], "y": ["7/2"]}, {"x": [-2, 5], "y": ["11/2"]}],
    loss="squared",
)
"""About 10^12.9 choices, and only brute force takes it; the loss is at least 3/4."""

TOTAL_AT_ZERO = "171/4"
"""The loss of `DEEP` where all weights are 0."""


def wide(reach: int, samples: int) -> Body:
    """Two layers whose reachable states are far more than fit into any memory."""
    return instance(
        inputs=4,
        layers=[layer(8, "relu", {"from": -reach, "to": reach}), layer(1, "identity", [-1, 0, 1])],
        samples=[
            {"x": [(7919 * i * j + 31 * i + j * j) % 1999 - 999 for j in range(1, 5)], "y": [(104729 * i) % 99991]}
            for i in range(1, samples + 1)
        ],
        loss="absolute",
    )


def slow_to_check(reach: int, samples: int = 4) -> Body:
    """One neuron with (2 · reach + 1)³ reachable states: quickly searched with arrays, slowly checked without.

    The activation of the output keeps the loss from being convex, so that the hull of the states says nothing.
    With seven samples the states do not fit into 62 bits, and the search is slow too.
    """
    return instance(
        inputs=2,
        layers=[layer(1, "abs", {"from": -reach, "to": reach}, {"from": -reach, "to": reach})],
        samples=[
            {"x": [(37 * k**2 + 11) % 97, (53 * k**3 + 29) % 89], "y": [f"{1009 * k % 499}/2"]}
            for k in range(1, samples + 1)
        ],
        loss="absolute",
    )


def chain(samples: int) -> Body:
    """A hundred vertices one after the other: many samples take a while to evaluate."""
    return instance(
        inputs=1,
        vertices=[{"id": str(index), "activation": "relu"} for index in range(100)],
        outputs=["99"],
        edges=[
            {"from": str(index - 1) if index else "s", "to": str(index), "weights": [[1]], "bias": [0]}
            for index in range(100)
        ],
        samples=[{"x": [index], "y": [0]} for index in range(samples)],
        loss="absolute",
    )
