"""Writes the corpus files that no text editor can make.

All other files of the corpus are plain text, made by hand; they are their own source. Those made
here are compressed, binary, not UTF-8, or too long to type; the malformed ones are entered into
`malformed/expected.json`. Run `python tests/corpus/make_corpus.py` after a change; the files are
committed.
"""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

CORPUS = Path(__file__).parent
DIGITS = 100_000
"""The most digits that a number may have where it is read."""

LAYERS = '"layers": [{"units": 1, "activation": "identity", "weights": [0, 1], "bias": [0]}]'
TEXT = """{
  "format": "dnnt-instance", "version": 1,
  "inputs": 1,
  @,
  "samples": [{"x": [1], "y": [1]}],
  "loss": "squared",
  "gamma": 0
}
""".replace("@", LAYERS)

BUNDLE = """{
  "format": "dnnt-reduction", "version": 1, "rule": "subset-sum-to-dnnt", "variant": "repaired",
  "source": {"format": "dnnt-problem", "version": 1, "kind": "subset-sum", "items": [1], "target": 1},
  "target": @,
  "trace": {}
}
""".replace("@", TEXT.rstrip())


def changed(old: str, new: str) -> bytes:
    """The good instance with one replacement."""
    if TEXT.count(old) != 1:
        raise ValueError(f"{old!r} is not there once")
    return TEXT.replace(old, new).encode()


def packed(data: bytes) -> bytes:
    """`data` compressed, without a time in the header: the same input gives the same file."""
    return gzip.compress(data, 9, mtime=0)


def valid() -> dict[str, bytes]:
    """The legal files: name -> bytes."""
    long = "7" * DIGITS
    decimals = f"0.{'0' * (DIGITS - 2)}3"
    return {
        "compressed.dnnt.json.gz": packed(TEXT.encode()),
        "compressed-in-two-members.dnnt.json.gz": packed(TEXT[:50].encode()) + packed(TEXT[50:].encode()),
        "compressed-with-byte-order-mark.dnnt.json.gz": packed(b"\xef\xbb\xbf" + TEXT.encode()),
        "bundle-compressed.dnnt.json.gz": packed(BUNDLE.encode()),
        "numbers-longest-integer.dnnt.json": changed('"gamma": 0', f'"gamma": {long}'),
        "numbers-longest-string.dnnt.json": changed('"gamma": 0', f'"gamma": "-{long}"'),
        "numbers-longest-decimal.dnnt.json": changed('"gamma": 0', f'"gamma": {decimals}'),
        "numbers-largest-exponent.dnnt.json": changed('"gamma": 0', f'"gamma": 1e{DIGITS - 1}'),
        "layered-units-of-5000-digits.dnnt.json": changed(
            '"layers": [{"units": 1,',
            f'"layers": [{{"units": 1{"0" * 5000}, "activation": "sign", "weights": [-1, 1], '
            '"bias": [0]}, {"units": 1,',
        ),
    }


def malformed() -> dict[str, tuple[bytes, str, str]]:
    """The faulty files: name -> bytes, what is wrong, the place that the error line names."""
    noise = random.Random(1)
    rubbish = bytes([0xFF]) + noise.randbytes(999)
    whole = packed(TEXT.encode())
    damaged = bytearray(whole)
    damaged[-8] ^= 0xFF
    long = "9" * (DIGITS + 1)
    deep = 100_000
    return {
        "binary-rubbish.dnnt.json": (rubbish, "random bytes", ""),
        "binary-zeros.dnnt.json": (bytes(100), "a hundred zero bytes", "line 1"),
        "not-utf-8-latin-1.dnnt.json": (
            changed('"inputs"', '"name": "Gr@", "inputs"').replace(b"@", b"\xfc"),
            "Latin-1 in place of UTF-8",
            "line 3",
        ),
        "not-utf-8-overlong.dnnt.json": (
            changed('"inputs"', '"name": "@", "inputs"').replace(b"@", b"\xc0\xaf"),
            "an overlong UTF-8 sequence",
            "line 3",
        ),
        "not-utf-8-surrogate.dnnt.json": (
            changed('"inputs"', '"name": "@", "inputs"').replace(b"@", b"\xed\xa0\x80"),
            "half a surrogate pair as UTF-8",
            "line 3",
        ),
        "not-utf-8-cut-character.dnnt.json": (
            TEXT.encode()[:-2] + b"\xe2\x82",
            "a file that ends inside a character",
            "line 8",
        ),
        "utf-16.dnnt.json": (TEXT.encode("utf-16"), "UTF-16 in place of UTF-8", ""),
        "utf-32-big-endian.dnnt.json": (
            TEXT.encode("utf-32-be"),
            "UTF-32 without a mark",
            "line 1",
        ),
        "gzip-cut-off.dnnt.json.gz": (
            whole[: len(whole) // 2],
            "a compressed file that is cut off",
            "",
        ),
        "gzip-header-alone.dnnt.json.gz": (whole[:10], "the header of a compressed file alone", ""),
        "gzip-checksum.dnnt.json.gz": (
            bytes(damaged),
            "a compressed file with a wrong checksum",
            "",
        ),
        "gzip-trailing-rubbish.dnnt.json.gz": (
            whole + b"rubbish",
            "rubbish after a compressed file",
            "",
        ),
        "gzip-of-rubbish.dnnt.json.gz": (packed(rubbish), "random bytes, compressed", ""),
        "gzip-of-nothing.dnnt.json.gz": (packed(b""), "an empty file, compressed", ""),
        "gzip-of-gzip.dnnt.json.gz": (packed(whole), "a file compressed twice", ""),
        "gzip-of-malformed.dnnt.json.gz": (
            packed(changed('"inputs": 1', '"inputs": -1')),
            "a compressed file with a fault inside",
            "inputs",
        ),
        "gzip-of-malformed-bundle.dnnt.json.gz": (
            packed(BUNDLE.replace('"x": [1]', '"x": [true]').encode()),
            "a compressed bundle with a fault in its target",
            "target.samples[0].x[0]",
        ),
        "bundle-sources-very-deep.dnnt.json": (
            (BUNDLE[: BUNDLE.index('"source"') + 10] * (deep // 50)).encode(),
            "bundles in bundles, too deep for any reader",
            "",
        ),
        "deep-lists.dnnt.json": (b"[" * deep, "100,000 opening brackets", ""),
        "deep-lists-closed.dnnt.json": (
            changed('"gamma": 0', f'"gamma": {"[" * (deep // 2)}{"]" * (deep // 2)}'),
            "50,000 nested lists",
            "",
        ),
        "deep-objects.dnnt.json": (
            changed('"gamma": 0', '"notes": ' + '{"a":' * (deep // 6) + "0" + "}" * (deep // 6)),
            "objects nested too deep for any reader",
            "",
        ),
        "number-of-100001-digits.dnnt.json": (
            changed('"gamma": 0', f'"gamma": {long}'),
            "an integer of 100,001 digits",
            "gamma",
        ),
        "number-string-of-100001-digits.dnnt.json": (
            changed('"x": [1]', f'"x": ["-{long}"]'),
            "a number string of 100,001 digits",
            "samples[0].x[0]",
        ),
        "number-denominator-of-100001-digits.dnnt.json": (
            changed('"gamma": 0', f'"gamma": "1/{long}"'),
            "a denominator of 100,001 digits",
            "gamma",
        ),
        "number-decimal-of-100001-digits.dnnt.json": (
            changed('"gamma": 0', f'"gamma": 0.{long}'),
            "a decimal of 100,001 places",
            "gamma",
        ),
        "layer-units-of-100001-digits.dnnt.json": (
            changed('"units": 1', f'"units": {long}'),
            "a number of units of 100,001 digits",
            "layers[0].units",
        ),
        "vertex-id-very-long.dnnt.json": (
            changed(
                LAYERS,
                f'"vertices": [], "outputs": ["{"v" * 100_000}"], "edges": []',
            ),
            "an unknown output with a name of 100,000 letters",
            "outputs[0]",
        ),
    }


def main() -> None:
    """Write all files made here, and their entries in the manifest."""
    for name, data in valid().items():
        (CORPUS / "valid" / name).write_bytes(data)
    manifest = CORPUS / "malformed" / "expected.json"
    expected = json.loads(manifest.read_text(encoding="utf-8"))
    for name, (data, fault, place) in malformed().items():
        (CORPUS / "malformed" / name).write_bytes(data)
        expected[name] = {"fault": fault, "place": place}
    manifest.write_text(json.dumps(expected, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
