"""Instance files (`*.dnnt.json`, also gzipped, `-` for standard input): JSON <-> `Instance`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from dnnt import spaces
from dnnt.collecting import undisturbed
from dnnt.errors import InvalidInput, InvalidInstance, at, shown
from dnnt.exact import to_json
from dnnt.formats import json_text
from dnnt.instance import Instance
from dnnt.network import SOURCE, Edge, Layer, Layered, Network, Vertex
from dnnt.rules import RULES, variants
from dnnt.spaces import Space, Values

FORMAT = "dnnt-instance"
VERSION = 1

BUNDLE = "dnnt-reduction"
"""The format of a bundle: a source, a target, and the reduction between them (see `dnnt.reductions`)."""

DEEPEST = 100
"""How deeply notes may be nested where they are written: what is written can be read."""

WHOLE = frozenset((int,))

_COMMON = ("format", "version", "name", "inputs", "spaces", "samples", "loss", "gamma", "notes")
_GRAPH = ("vertices", "outputs", "edges")
_LAYER_KEYS = ("units", "activation", "weights", "bias")
_VERTEX_KEYS = ("id", "activation")
_EDGE_KEYS = ("from", "to", "weights", "bias")


def read(path: str | Path) -> Instance:
    """Read an instance file. Raises `InvalidInstance`: one line with file, place, fault and remedy."""
    try:
        return parse(json_text.read_bytes(path))
    except InvalidInput as error:
        raise InvalidInstance(error.fault, error.remedy, error.place, error.file or str(path)) from None


def parse(raw: bytes) -> Instance:
    """The instance in the (decompressed) bytes of an instance file; of a bundle, its target."""
    with undisturbed():
        body = json_text.parse(raw)
        if isinstance(body, dict) and body.get("format") == BUNDLE:
            check_bundle(body)
            with at("target"):
                return from_json(body["target"]).read_from(raw)
        return from_json(body).read_from(raw)


def check_bundle(body: Any) -> None:
    """Raise unless the body is an object with a bundle's head and keys, a known rule, a source and a trace."""
    check_head(body, BUNDLE, VERSION)
    known = ("format", "version", "rule", "variant", "source", "target", "trace")
    keys(body, known, known)
    rule, variant = body["rule"], body["variant"]
    if rule not in RULES:
        raise InvalidInput(f"unknown rule {shown(rule)}", f"rules are {', '.join(RULES)}", "rule")
    if variant not in variants(rule):
        raise InvalidInput(f"unknown variant {shown(variant)}", f"{rule} has {', '.join(variants(rule))}", "variant")
    for key in ("source", "trace"):
        if not isinstance(body[key], dict):
            raise InvalidInput(f"{shown(body[key])} is not an object", "write an object", key)


def from_json(body: Any) -> Instance:
    """The instance that a parsed JSON object means."""
    check_head(body, FORMAT, VERSION)
    layered = "layers" in body
    keys(
        body,
        (*_COMMON, "layers") if layered else (*_COMMON, *_GRAPH),
        ("inputs", "samples", "loss"),
    )
    named = _named_spaces(body.get("spaces", {}))
    network: Network | Layered
    if layered:
        network = Layered(body["inputs"], tuple(_layers(body["layers"], named)))
    else:
        if not any(key in body for key in _GRAPH):
            raise InvalidInstance(
                'missing key "layers"', "describe the network by layers, or by vertices, outputs and edges"
            )
        keys(body, tuple(body), _GRAPH)
        network = Network(
            body["inputs"],
            tuple(_vertices(body["vertices"])),
            tuple(_list(body["outputs"], "outputs")),
            tuple(_edges(body["edges"], named)),
        )
    if "gamma" in body and body["gamma"] is None:
        raise InvalidInstance("null is not a number", "write a number, or leave gamma out", "gamma")
    name, notes = body.get("name"), body.get("notes")
    if not isinstance(name, str | None) or ("name" in body and name is None):
        raise InvalidInstance(f"{shown(name)} is not a string", "write a string, or leave it out", "name")
    if not isinstance(notes, dict | None) or ("notes" in body and notes is None):
        raise InvalidInstance(f"{shown(notes)} is not an object", "write an object, or leave it out", "notes")
    samples = tuple(_list(body["samples"], "samples"))
    for index, sample in enumerate(samples):
        if not isinstance(sample, dict):
            raise InvalidInstance(
                f"{shown(sample)} is not an object",
                'write {"x": [..], "y": [..]}',
                f"samples[{index}]",
            )
    return Instance(network, samples, body["loss"], body.get("gamma"), name, notes)


def check_head(body: Any, name: str, version: int) -> None:
    """Raise unless the body is an object with this `format` and `version`."""
    if not isinstance(body, dict):
        raise InvalidInput(f"{shown(body)} is not an object", f'write an object with "format": "{name}"')
    if "format" not in body:
        raise InvalidInput('missing key "format"', f'write "format": "{name}"')
    if body["format"] != name:
        raise InvalidInput(f"{shown(body['format'])} is another format", f'write "{name}"', "format")
    if "version" not in body:
        raise InvalidInput('missing key "version"', f'write "version": {version}')
    if type(body["version"]) is not int or body["version"] != version:
        raise InvalidInput(
            f"{shown(body['version'])} is an unknown version",
            f"this program reads {version}",
            "version",
        )


def keys(body: dict[str, Any], known: tuple[str, ...], needed: tuple[str, ...]) -> None:
    """Raise for the first unknown or missing key."""
    for key in body:
        if key not in known:
            hint = (
                "layers stand in place of vertices, outputs and edges"
                if key in _GRAPH
                else f"known are {', '.join(known)}"
            )
            raise InvalidInput(f"unknown key {shown(key)}", hint)
    for key in needed:
        if key not in body:
            raise InvalidInput(f'missing key "{key}"', f'add "{key}"')


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidInstance(f"{shown(value)} is not a list", "write a list", place)
    return value


def _named_spaces(given: Any) -> dict[str, Space]:
    if not isinstance(given, dict):
        raise InvalidInstance(f"{shown(given)} is not an object", "write an object of named spaces", "spaces")
    named = {}
    for name, of in given.items():
        with at(f"spaces.{name}"):
            if name == "real":
                raise InvalidInstance(
                    'a space is named "real"', 'take another name; "real" is the space of all real numbers'
                )
            if isinstance(of, str) and of != "real":
                raise InvalidInstance(f"{shown(of)} is a name", "a named space is a list, a range or real")
            named[name] = spaces.space(of)
    return named


def _space(given: Any, named: dict[str, Space]) -> Space:
    if isinstance(given, str):
        if given in named:
            return named[given]
        if given != "real":
            raise InvalidInstance(f"unknown space {shown(given)}", 'define it under "spaces", or write a list')
    elif not isinstance(given, (list, dict)):
        raise InvalidInstance(f"{shown(given)} is no space", 'write a list, {"from": a, "to": b} or a name')
    return spaces.space(given)


def _vertices(given: Any) -> list[Vertex]:
    made = []
    known: dict[str, Any] = {}  # Activations by name.
    for index, entry in enumerate(_list(given, "vertices")):
        if type(entry) is dict and tuple(entry) == _VERTEX_KEYS:
            name, named = entry.values()
            if type(name) is str and name != SOURCE and type(named) is str and named in known:
                made.append(Vertex(name, known[named]))
                continue
        with at(f"vertices[{index}]"):
            _object(entry, _VERTEX_KEYS)
            if not isinstance(entry["id"], str):
                raise InvalidInstance(f"{shown(entry['id'])} is not a string", "write a name", "id")
            named = entry["activation"]
            vertex = Vertex(entry["id"], known.get(named, named) if isinstance(named, str) else named)
            if isinstance(named, str):
                known[named] = vertex.activation
            made.append(vertex)
    return made


def _edges(given: Any, named: dict[str, Space]) -> list[Edge]:
    made = []
    known: dict[tuple[int, ...], Space] = {}
    for index, entry in enumerate(_list(given, "edges")):
        plain = _plain_edge(entry, known)
        if plain is not None:
            made.append(plain)
            continue
        with at(f"edges[{index}]"):
            _object(entry, _EDGE_KEYS)
            for key in ("from", "to"):
                if not isinstance(entry[key], str):
                    raise InvalidInstance(f"{shown(entry[key])} is not a string", "name a vertex", key)
            weights = []
            for slot, of in enumerate(_list(entry["weights"], "weights")):
                found = _known(of, known)
                if found is None:
                    with at(f"weights[{slot}]"):
                        found = _space(of, named)
                weights.append(found)
            bias = _known(entry["bias"], known)
            if bias is None:
                with at("bias"):
                    bias = _space(entry["bias"], named)
            made.append(Edge(entry["from"], entry["to"], tuple(weights), bias))
    return made


def _plain_edge(entry: Any, known: dict[tuple[int, ...], Space]) -> Edge | None:
    """The edge in an entry in which nothing is wrong or unusual, and there may be very many; None for others."""
    if type(entry) is not dict or tuple(entry) != _EDGE_KEYS:
        return None
    source, target, weights, bias = entry.values()
    if type(source) is not str or type(target) is not str or target == SOURCE or type(weights) is not list:
        return None
    found = [_known(of, known) for of in weights]
    biased = _known(bias, known)
    if biased is None or None in found:
        return None
    return Edge(source, target, tuple([of for of in found if of is not None]), biased)


def _known(given: Any, known: dict[tuple[int, ...], Space]) -> Space | None:
    """The space of a short list of integers, one value for all equal lists; None for others."""
    if type(given) is not list or len(given) > 8 or not WHOLE.issuperset(map(type, given)):
        return None
    key = tuple(given)
    found = known.get(key)
    if found is None:
        plain = len(key) == 1 or (len(key) == 2 and key[0] < key[1])
        found = known[key] = Values(key) if plain else spaces.listed(key)
    return found


def _layers(given: Any, named: dict[str, Space]) -> list[Layer]:
    made = []
    for index, entry in enumerate(_list(given, "layers")):
        with at(f"layers[{index}]"):
            _object(entry, _LAYER_KEYS)
            of = {}
            for key in ("weights", "bias"):
                with at(key):
                    of[key] = _space(entry[key], named)
            made.append(Layer(entry["units"], entry["activation"], of["weights"], of["bias"]))
    return made


def _object(entry: Any, known: tuple[str, ...]) -> None:
    if type(entry) is dict and tuple(entry) == known:
        return
    if not isinstance(entry, dict):
        raise InvalidInstance(f"{shown(entry)} is not an object", f"write an object with {', '.join(known)}")
    keys(entry, known, known)


def to_json_object(instance: Instance) -> dict[str, Any]:
    """The JSON object of an instance. Raises `InvalidInput` for functions given from Python."""
    body: dict[str, Any] = {"format": FORMAT, "version": VERSION}
    if instance.name is not None:
        body["name"] = instance.name
    network = instance.network
    body["inputs"] = network.inputs
    if isinstance(network, Layered):
        body["layers"] = [
            {
                "units": layer.units,
                "activation": layer.activation.to_json(),
                "weights": spaces.to_json(layer.weights),
                "bias": spaces.to_json(layer.bias),
            }
            for layer in network.layers
        ]
    else:
        body["vertices"] = [{"id": v.id, "activation": v.activation.to_json()} for v in network.vertices]
        body["outputs"] = list(network.outputs)
        body["edges"] = [
            {
                "from": e.source,
                "to": e.target,
                "weights": [spaces.to_json(of) for of in e.weights],
                "bias": spaces.to_json(e.bias),
            }
            for e in network.edges
        ]
    body["samples"] = [
        {"x": [to_json(q) for q in s.x], "y": [to_json(q) for q in s.y]}
        | ({} if s.weight == 1 else {"weight": to_json(s.weight)})
        for s in instance.samples
    ]
    body["loss"] = instance.loss.to_json()
    if instance.gamma is not None:
        body["gamma"] = to_json(instance.gamma)
    if instance.notes is not None:
        body["notes"] = {key: _note(value, 1) for key, value in instance.notes.items()}
    return body


def _note(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise InvalidInstance("nested too deeply to be written", f"keep to {DEEPEST} levels", "notes")
    if isinstance(value, dict):
        return {key: _note(v, depth + 1) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_note(v, depth + 1) for v in value]
    return to_json(value) if hasattr(value, "denominator") and not isinstance(value, bool) else value


def to_bytes(instance: Instance) -> bytes:
    """The bytes of the file that the instance was read from, or else of a file that means the same."""
    if instance.source is not None:
        return instance.source
    return (json_text.dumps(to_json_object(instance)) + "\n").encode()


def sha256(instance: Instance) -> str:
    """The SHA-256 of `to_bytes`: what a certificate names."""
    return hashlib.sha256(to_bytes(instance)).hexdigest()
