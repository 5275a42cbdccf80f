#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the vocabularies beside this file, from the npm package js-tiktoken (MIT), once.

    npm pack js-tiktoken@1.0.21 && python3 proxy/text/encodings/make.py js-tiktoken-1.0.21.tgz

A vocabulary is a gzip file: for each rank from 0 on one byte of length, then the token's bytes.
"""
import base64
import gzip
import hashlib
import json
import pathlib
import sys
import tarfile

PACKAGE_SHA512 = "biOj/6M5qdgx5TKjDnFT1ymSpM5tbd3ylwDtrQvFQSu0Z7bBYko2dF+W/aUkXUPuk6IVpRxk/3Q2sHOzGlS36g=="
HERE = pathlib.Path(__file__).parent


def tokens(ranks: str) -> list[bytes]:
    found: dict[int, bytes] = {}
    for line in ranks.split("\n"):
        _, first, *words = line.split(" ")
        for i, word in enumerate(words):
            found[int(first) + i] = base64.b64decode(word)
    return [found[rank] for rank in range(len(found))]  # a gap is a KeyError


def main() -> None:
    package = pathlib.Path(sys.argv[1])
    digest = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if digest != PACKAGE_SHA512:
        raise SystemExit(f"{package}: not the package that this was written for")
    with tarfile.open(package) as tar:
        for name in ("o200k_base", "cl100k_base"):
            text = tar.extractfile(f"package/dist/ranks/{name}.cjs").read().decode()
            vocabulary = tokens(json.loads(text.removeprefix("module.exports = ").rstrip().rstrip(";"))["bpe_ranks"])
            packed = b"".join(bytes([len(t)]) + t for t in vocabulary)
            (HERE / f"{name}.gz").write_bytes(gzip.compress(packed, 9, mtime=0))
            print(f"{name}: {len(vocabulary)} tokens, {len(packed)} bytes")


if __name__ == "__main__":
    main()
