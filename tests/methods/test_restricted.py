"""Method `restricted`: one option for every parameter, with numbers short and long; every answer is checked."""

from __future__ import annotations

from random import Random

import pytest

from dnnt import pipeline
from dnnt.answer import CHECKED, Answer
from dnnt.certificate import Certificate, Restricted, Signs, Upper
from dnnt.checking import verdict
from dnnt.choice import choose
from dnnt.errors import MethodUnsuitable
from dnnt.evaluation import evaluate
from dnnt.formats import certificate_file, instance_file, json_text
from dnnt.instance import Instance, layered
from dnnt.methods import restricted
from dnnt.parameters import first_choice
from dnnt.problems.straight_line import StraightLineProgram
from dnnt.reductions import reduction
from dnnt.running import Run
from dnnt.signs import from_network
from dnnt.signs.decide import decide
from dnnt.testing.programs import KINDS, Steps, neighbours_of_a_power
from tests.signs.test_from_network import random_restricted, squares


def network(steps: Steps, variant: str) -> Instance:
    return reduction("slp-to-dnnt", variant).reduce(StraightLineProgram(tuple(steps))).instance()


def check(instance: Instance, certificate: Certificate | None) -> str:
    assert certificate is not None
    return verdict(instance_file.to_bytes(instance), certificate_file.to_bytes(certificate)).line


def decided(steps: Steps, variant: str) -> Answer:
    answer = pipeline.solve(network(steps, variant))
    assert answer.answer == ("yes" if decide(steps).sign == 1 else "no")
    assert answer.assurance == CHECKED
    return answer


@pytest.mark.parametrize("variant", ["repaired", "digits"])
@pytest.mark.parametrize("plus", [0, 1, 2])
def test_neighbours_of_a_power(variant: str, plus: int) -> None:
    answer = decided(neighbours_of_a_power(300, plus), variant)
    assert (answer.method, answer.stop) == ("restricted", "proved")


@pytest.mark.parametrize("variant", ["repaired", "digits"])
@pytest.mark.parametrize("kind", ["powers of near numbers", "a telescoping product", "one computation twice"])
def test_programs_that_need_differences(kind: str, variant: str) -> None:
    """What is computed twice cancels term by term, and the certificate says how."""
    differences = 0
    for seed in (2, 3):
        answer = decided(KINDS[kind](Random(f"{kind} 100 {seed}"), 100), variant)
        assert answer.certificate is not None
        upper, lower = answer.certificate.upper, answer.certificate.lower
        for part in (upper, None if lower is None else lower.grounds):
            if isinstance(part, Upper | Restricted) and part.signs is not None:
                differences += len(part.signs.differences)
    assert differences or kind == "one computation twice"


@pytest.mark.parametrize("variant", ["repaired", "digits"])
@pytest.mark.parametrize(
    "kind", ["the last 3 values", "the last 10 values", "mostly differences", "mostly products", "identities in a soup"]
)
def test_programs(kind: str, variant: str) -> None:
    random = Random(kind)
    for length in (40, 150):
        decided(KINDS[kind](random, length), variant)


def test_minimising_proves_the_loss_of_the_only_choice() -> None:
    instance = network(neighbours_of_a_power(200), "repaired")
    answer = pipeline.solve(instance, "minimize")
    assert (answer.status, answer.loss, answer.bound, answer.assurance) == ("optimal", 2, 2, CHECKED)
    certificate = answer.certificate
    assert certificate is not None and certificate.upper is not None and certificate.lower is not None
    assert isinstance(certificate.lower.grounds, Restricted)
    assert certificate.upper.signs == certificate.lower.grounds.signs != Signs(16)


def test_certificates_are_read_as_they_were_written() -> None:
    answer = pipeline.solve(network(neighbours_of_a_power(200), "repaired"), "minimize")
    assert answer.certificate is not None
    again = certificate_file.from_json(json_text.parse(certificate_file.to_bytes(answer.certificate)))
    assert again == answer.certificate


def test_losses_too_long_to_write() -> None:
    """The loss has 10^300 digits: a bound on it decides, and minimising ends with what is known."""
    large = squares(1000, 3, "identity", "squared", 1)
    small = Instance(large.network, large.samples, large.loss, 10**50)
    answer = pipeline.solve(small)
    assert (answer.answer, answer.status, answer.bound, answer.assurance) == ("no", "infeasible", 10**50, CHECKED)
    answer = pipeline.solve(large, "minimize")
    assert (answer.status, answer.loss, answer.bound, answer.stop) == ("unknown", None, 2**256, "exhausted")
    assert answer.bound_assurance == CHECKED


def test_what_cannot_be_found_is_unknown() -> None:
    deep = squares(1000, 3, "floor", "squared", 1)
    answer = pipeline.solve(Instance(deep.network, deep.samples, deep.loss, 0))
    assert (answer.answer, answer.status, answer.loss, answer.stop) == ("unknown", "unknown", None, "exhausted")
    assert answer.parameters == first_choice(deep.network)


@pytest.mark.parametrize("seed", range(12))
def test_short_numbers(seed: int) -> None:
    random = Random(seed)
    for _ in range(5):
        instance = random_restricted(random)
        total = evaluate(instance, first_choice(instance.network)).total
        answer = pipeline.solve(instance, "minimize", "restricted")
        assert (answer.status, answer.loss, answer.assurance) == ("optimal", total, CHECKED)


@pytest.mark.parametrize("seed", range(15))
def test_guides_pass_the_checker(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short numbers are taken for long ones; what is proved of them is proved again."""
    monkeypatch.setattr(restricted, "MAX_BITS", 1)
    monkeypatch.setattr(from_network, "LADDER", ((0, 20), (0, 48)))
    random = Random(100 + seed)
    for _ in range(6):
        instance = random_restricted(random)
        total = evaluate(instance, first_choice(instance.network)).total
        run = Run()
        restricted.METHOD.solve(instance, pipeline._goal(instance, "minimize"), run)
        if run.incumbent is not None:
            assert run.incumbent.loss == total
        if run.proof is not None and run.proof.bound is not None:
            assert run.proof.bound <= total
        answer = pipeline._certificate(
            pipeline.Task(instance, None, instance), pipeline._goal(instance, "minimize"), run
        )
        if answer is not None and (answer.upper is not None or answer.lower is not None):
            assert check(instance, answer).startswith("VALID")


def test_a_layered_network() -> None:
    layers = [{"units": 2, "activation": "square", "weights": [2], "bias": [1]} for _ in range(200)]
    layers.append({"units": 1, "activation": "identity", "weights": [1], "bias": [0]})
    answer = pipeline.solve(layered(1, layers, [([1], [1])], "positive", 1))
    assert (answer.answer, answer.method, answer.assurance) == ("yes", "restricted", CHECKED)


def test_who_is_taken() -> None:
    free = layered(1, [{"units": 1, "activation": "square", "weights": [1, 2], "bias": [0]}], [([1], [1])])
    assert isinstance(restricted.METHOD.assess(free), str)
    with pytest.raises(MethodUnsuitable, match="more than one option"):
        pipeline.solve(free, "minimize", "restricted")
    short = network([("+", 0, 0)], "repaired")
    assert choose(short, "auto", 1 << 30).method.name == "brute-force"
    assert choose(network(neighbours_of_a_power(100), "repaired"), "auto", 1 << 30).method.name == "restricted"


def test_limits() -> None:
    instance = network(KINDS["the last 3 values"](Random(3), 1500), "digits")
    answer = pipeline.solve(instance, run=Run(time_limit=0.3))
    assert answer.stop in ("time", "proved")
    assert answer.seconds < 3
