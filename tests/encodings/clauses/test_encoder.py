"""Every clause is what it says: true of all parameters below the threshold, and together they leave no others."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random

import pytest

import dnnt
from dnnt.encodings.clauses import book as book_module, estimate
from dnnt.encodings.clauses.book import Book, Key, TooManyClauses
from dnnt.encodings.clauses.encoder import Encoding
from dnnt.exact import Number
from dnnt.methods import method
from dnnt.simplify.building import form_of
from dnnt.simplify.form import Form
from dnnt.testing import random_any, random_two_layer


class Meaning:
    """The value of every quantity, for values of the variables."""

    def __init__(self, form: Form, book: Book, chosen: tuple[Number, ...]) -> None:
        self.form, self.book, self.chosen = form, book, chosen
        self.known = form.columns(chosen)

    def value(self, key: Key) -> Number:
        letter, *at = key
        form, chosen, known = self.form, self.chosen, self.known
        if letter == "v":
            return chosen[at[0]]
        if letter == "z":
            return known[at[0]][at[1]]
        if letter == "m":
            return chosen[at[0]] * known[at[1]][at[2]]
        if letter == "p":
            unit, i = form.units[at[0]], at[1]
            pre = unit.constant[i] + sum(chosen[k] * column[i] for k, column in unit.terms)
            for each in unit.products:
                factor = each.factor if each.variable is None else each.factor * chosen[each.variable]
                pre += factor * known[each.source][i]
            return pre
        if letter == "s":
            return sum(c * self.value(atom) for c, atom in self.book.sums[at[0]])
        if letter == "t":
            return form.total(chosen)
        i = at[-1]
        f = tuple([known[of][i] if isinstance(of, int) else of[i] for of in form.outputs])
        if letter == "c":
            return form.point_loss(i, f)
        assert letter == "o"
        return sum(w * form.loss((f[at[0]],), (y[at[0]],)) for w, y in form.samples[i])

    def holds(self, literal: int) -> bool:
        key, low, high = self.book.literals[abs(literal) - 1]
        value = self.value(key)
        return ((low is None or low <= value) and (high is None or value <= high)) == (literal > 0)


def clauses_of(book: Book) -> list[list[int]]:
    made: list[list[int]] = [[]]
    for literal in book.flat:
        if literal:
            made[-1].append(literal)
        else:
            made.append([])
    return made[:-1]


def taken(seed: int) -> dnnt.Instance | None:
    instance = (random_any if seed % 2 else random_two_layer)(Random(seed))
    if instance.is_continuous or instance.has_empty_space or isinstance(method("sat").assess(instance), str):
        return None
    return instance if form_of(instance).choices <= 500 else None


@pytest.mark.parametrize("start", range(0, 80, 10))
def test_clauses_are_true_below_the_threshold(start: int) -> None:
    looked = 0
    for seed in range(start, start + 10):
        instance = taken(seed)
        if instance is None:
            continue
        form = form_of(instance)
        choices = list(product(*[variable.values for variable in form.variables]))
        losses = sorted({form.total(chosen) for chosen in choices})
        threshold = losses[len(losses) // 2]
        strict = bool(seed % 4 > 1)
        encoding = Encoding(form, threshold, strict, lambda: None, lambda a, b: False)
        encoding.forbid(threshold)
        book = encoding.book
        clauses = clauses_of(book)
        for chosen in choices:
            loss = form.total(chosen)
            if loss < threshold or (strict and loss == threshold):
                meaning = Meaning(form, book, chosen)
                assert all(any(meaning.holds(literal) for literal in clause) for clause in clauses)
                looked += 1
        relations = {reason for reason in book.reasons if isinstance(reason, int)}
        for index in relations:
            constants = set()
            for chosen in choices:
                meaning = Meaning(form, book, chosen)
                constants.add(sum(c * meaning.value(key) for c, key in book.relations[index]))
            assert len(constants) == 1
    assert looked


def test_estimates_are_of_the_right_order() -> None:
    rng = Random(7)
    samples = [(tuple(rng.choice((-1, 1)) for _ in range(8)), (rng.choice((-1, 1)),)) for _ in range(20)]
    layer = {"activation": "sign", "weights": [-1, 0, 1], "bias": {"from": -3, "to": 3}}
    instance = dnnt.layered(8, [{"units": 5, **layer}, {"units": 1, **layer}], samples, loss="zero_one", gamma=2)
    form = form_of(instance)
    encoding = Encoding(form, 2, True, lambda: None)
    encoding.forbid(2)
    assert 0.3 < estimate.clauses(form, 2) / len(encoding.book) < 6


def test_what_is_too_large_is_refused() -> None:
    weights = {"from": -100, "to": 100}
    instance = dnnt.layered(
        20,
        [{"units": 50, "activation": "relu", "weights": weights, "bias": weights}] * 2,
        [((1,) * 20, (0,) * 50), (tuple(range(20)), (1,) * 50)],
    )
    said = method("sat").assess(instance)
    assert isinstance(said, str) and "clauses, and the most are" in said


def test_an_encoding_that_grows_too_large_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "MOST_CLAUSES", 100)
    layer = {"activation": "sign", "weights": [-1, 0, 1], "bias": [-1, 0, 1]}
    instance = dnnt.layered(3, [{"units": 3, **layer}], [((1, 2, 3), (1, 1, -1))], loss="zero_one")
    with pytest.raises(TooManyClauses, match="more than 100 clauses"):
        Encoding(form_of(instance), 1, False, lambda: None).forbid(1)


def test_refusals_name_the_reason() -> None:
    def one(activation: object, loss: object = "squared") -> dnnt.Instance:
        layer = {"units": 1, "activation": activation, "weights": [-1, 1], "bias": [0]}
        return dnnt.layered(1, [layer], [((1,), (1,))], loss=loss)

    assert method("sat").assess(one("digit_code")) == "the activation digit_code is not encoded into clauses"
    assert method("sat").assess(one(lambda z: z)) == "the activation custom is not encoded into clauses"
    assert method("sat").assess(one("relu", lambda f, y: 0)) == "the loss custom is not encoded into clauses"
    huge = dnnt.layered(
        1, [{"units": 1, "activation": "relu", "weights": [0, 7**2000], "bias": [0]}], [((1,), (Fraction(1, 3),))]
    )
    assert method("sat").assess(huge) == "numbers of more than 2,000 bits"
