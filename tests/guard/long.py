#!/usr/bin/env python3
"""How the guard does on long texts: prompts of the corpora one after the other, and attacks hidden in them.

    long.py JUDGE [CORPORA] [FOLDER…]

Prints the share that the default threshold refuses: of harmless texts by their length, apart for corpora that were read while rules were
written and for others, and for files in the FOLDERs (manuals, code); and of attacks by where they stand in the harmless texts of others.
Macro averages over the corpora of attacks.
"""
import collections
import gzip
import json
import os
import random
import sys

from evaluate import APART, FAMILY, HELD, refused

SIZES = (2000, 20000, 200000)


def in_a_row(texts, size):
    parts, length = [], 0
    while length < size:
        parts.append(random.choice(texts))
        length += len(parts[-1]) + 2
    return "\n\n".join(parts)[:size]


def hide(attack, carrier, where):
    at = {"start": 0, "middle": carrier.find("\n", len(carrier) // 2), "end": len(carrier)}[where]
    return carrier[:at] + "\n\n" + attack + "\n\n" + carrier[at:]


def main():
    random.seed(11)
    folder = sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(__file__), "..", "..", "..", "shared", "corpora")
    rows = [json.loads(line) for line in gzip.open(os.path.join(folder, "prompts.jsonl.gz"), "rt", encoding="utf-8")]
    harmless = [r for r in rows if r["label"] == "benign" and r["corpus"] not in APART]
    kinds = {name: [r["text"] for r in harmless if (r["corpus"] in HELD) == held] for name, held in (("read", False), ("not read", True))}
    groups = {(name, size): [in_a_row(texts, size) for _ in range(200)] for name, texts in kinds.items() for size in SIZES}
    for path in sys.argv[3:]:
        for here, _, files in os.walk(path):
            for f in files:
                text = open(os.path.join(here, f), encoding="utf-8", errors="replace").read(SIZES[-1])
                groups.setdefault((path, next((s for s in SIZES if len(text) <= s), SIZES[-1])), []).append(text)
    attacks = collections.defaultdict(list)
    for r in rows:
        if r["label"] == "attack" and len(r["text"]) < 6000:
            attacks[FAMILY.get(r["corpus"], r["corpus"])].append(r["text"])
    carriers = [in_a_row(kinds["not read"], SIZES[-1]) for _ in range(24)]
    for family, texts in attacks.items():
        for attack in random.sample(texts, min(60, len(texts))):
            groups.setdefault(("alone", 0, family), []).append(attack)
            for size in SIZES[1:]:
                for where in ("start", "middle", "end"):
                    groups.setdefault((where, size, family), []).append(hide(attack, random.choice(carriers)[:size], where))
    everything = [(key, text) for key, texts in groups.items() for text in texts]
    shares = collections.defaultdict(list)
    for (key, _), is_refused in zip(everything, refused(sys.argv[1], [text for _, text in everything])):
        shares[key].append(is_refused)
    macro = collections.defaultdict(list)
    for key, got in shares.items():
        macro[key[:2]].append(sum(got) / len(got))
    for (name, size), got in macro.items():
        print("%-24s %8d  %.3f" % (name, size, sum(got) / len(got)))


if __name__ == "__main__":
    main()
