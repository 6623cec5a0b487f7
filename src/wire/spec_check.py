#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The worked examples of docs/spec, read by somebody else: python3-cbor2 decodes them and encodes them canonically to
the same bytes; structure, digests and alignment are checked against the pages' words, not against our code."""

import hashlib
import pathlib
import re
import sys

import cbor2

SPEC = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "spec"


def examples(page):
    text = (SPEC / page).read_text(encoding="utf-8")
    found = {}
    for name, block in re.findall(r"^```hex (\S+)\n(.*?)^```$", text, re.M | re.S):
        digits = "".join(line.split("#")[0] for line in block.splitlines())
        found[name] = bytes.fromhex(digits)
    return found


def canonical(encoded):
    value = cbor2.loads(encoded)
    again = cbor2.dumps(value, canonical=True)
    assert again == encoded, f"encodes to {again.hex()}, stands as {encoded.hex()}"
    return value


def check_image(image):
    header, claim, pad, blob = canonical(image)
    native = header.get(7)
    assert sorted(header) == [1, 2, 3, 4, 5, 6] + ([7] if native else []) and header[1] == 1
    assert (header[2] == "bytecode") == (native is None)
    assert image.endswith(blob) and (len(image) - len(blob)) % 8 == 0 and not any(pad) and len(pad) < 8
    end = 0
    for name, hook, reliance, offset, count, subprograms in header[3]:
        assert name and hook and len(reliance) == 16 and offset == end
        assert subprograms == [] if native else subprograms[0][0] == 0
        end += (count + 7) // 8 * 8 if native else 8 * count
    assert end == len(blob) and not header[4]
    if claim is not None:
        covered = cbor2.dumps(header, canonical=True) + blob
        assert claim[1] == hashlib.sha256(covered).digest(), "the claim's digest"
        assert len(claim[4]) == len(header[3])
        if 5 in claim:
            assert len(claim[5]) == len(header[3])
            for facts, prog in zip(claim[5], header[3]):
                assert 1 <= len(facts) <= 2 * prog[4]
    return claim is not None


def check_types(form, digest):
    name, version, key, value = canonical(form)
    assert (name, version, key) == ("perdita-map", 1, [1, 4, False])
    kind, size, members = value
    assert (kind, size) == (4, 12) and [member[0] for member in members] == ["least", "most", "steps"]
    assert [member[1] for member in members] == [0, 32, 64] and members[2][3] == [3, 2, [1, 2, True]]
    assert hashlib.sha256(form).digest()[:8] == digest, "the digest of the types"


def check_package(package, kind):
    envelope = canonical(package)
    assert envelope.tag == 107 and set(envelope.value) == {2, 3, "#prog"}
    payload = envelope.value["#prog"]
    manifest = canonical(envelope.value[3])
    digest_item, *signatures = canonical(envelope.value[2])
    wrapped = cbor2.dumps(envelope.value[3])
    assert canonical(digest_item) == [-16, hashlib.sha256(wrapped).digest()], "the manifest's digest"
    assert 1 <= len(signatures) <= 4
    for signature in signatures:
        sign1 = canonical(signature)
        protected, unprotected, detached, value = sign1.value
        header = canonical(protected)
        assert sign1.tag == 18 and unprotected == {} and detached is None and len(value) == 64
        assert header[1] == -19 and len(header[4]) == 8 and len(header) == 2
    common = canonical(manifest[3])
    assert common[2] == [[b"perdita", kind, b"demo"]]
    override, parameters, *conditions = canonical(common[4])
    assert override == 20 and conditions == [1, 15, 2, 15]
    assert canonical(parameters[3]) == [-16, hashlib.sha256(payload).digest()], "the payload's digest"
    assert parameters[14] == len(payload)
    assert canonical(manifest[7]) == [3, 15]
    assert canonical(manifest[20]) == [20, {21: "#prog"}, 21, 2, 3, 15]
    return payload


def check_reliance(forms):
    for kind, size in (("hook", 12), ("function", 10)):
        form = forms[f"{kind}-form"]
        value = canonical(form)
        assert value[:2] == [f"perdita-{kind}", 1] and len(value) == size
        assert hashlib.sha256(form).digest()[:16] == forms[f"{kind}-digest"], f"the {kind}'s digest"


def main():
    images = examples("image.md")
    assert not check_image(images["image-without-claim"])
    assert check_image(images["image-with-claim"])
    assert check_image(images["image-with-facts"])
    assert check_image(images["image-native"])
    native, bytecode = cbor2.loads(images["image-native"]), images["image-with-facts"]
    assert native[0][7] == [hashlib.sha256(bytecode).digest(), 1, 1], "what machine code was made of"
    check_types(images["types-form"], images["types-digest"])
    packages = examples("package.md")
    assert check_package(packages["package"], b"image") == images["image-without-claim"]
    assert canonical(check_package(packages["order"], b"order")) == {1: 2, 2: "zero"}
    check_reliance(examples("reliance.md"))
    print("the examples of docs/spec hold")


if __name__ == "__main__":
    sys.exit(main())
