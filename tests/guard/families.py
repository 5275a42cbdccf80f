#!/usr/bin/env python3
"""What the learned model is worth to families that it has not seen: the table of evaluate.py, every text judged by weights that were
learned without its family, attacks and harmless texts alike.

    families.py JUDGE CORPORA

JUDGE is the program judge_lines. The families are parted into folds, for each of which weights are learned without it
(filters/rules/model/learn.py); families of a licence that nothing is learned from are judged by weights of all others. The folds keep
together what is alike. It takes five minutes. What is chosen about learning is chosen by this.
"""
import os
import random
import sys
import tempfile

from evaluate import judge, report, rows_of

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "filters", "rules", "model"))
import learn

FOLDS = (
    {"itw", "awesome_classic", "opi_benign", "system_prompts"},
    {"hackaprompt_ps", "gsm8k", "ultrachat_ps", "fuzzyai_benign"},
    {"langkit", "taksec", "openai_guardrails_demo", "compass_zh", "bbh", "mt_bench"},
    {"cyberseceval_instruct", "ifeval_ps", "selfinstruct", "fresh"},
    set(), # what nothing is learned from
)


def fold_of(row):
    family = learn.FAMILIES.get(row["corpus"], row["corpus"])
    return next((i for i, families in enumerate(FOLDS) if family in families), len(FOLDS) - 1)


def main():
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    rows = rows_of(os.path.join(sys.argv[2], "prompts.jsonl.gz"))
    judged = [None] * len(rows)
    for i, families in enumerate(FOLDS):
        random.seed(7)
        chosen = [n for n, row in enumerate(rows) if fold_of(row) == i]
        with tempfile.NamedTemporaryFile(suffix=".bin") as weights:
            learn.write(weights.name, *learn.learn(learn.load(sys.argv[2], families)))
            for n, told in zip(chosen, judge(sys.argv[1], [rows[n]["text"] for n in chosen], model=weights.name)):
                judged[n] = told
    report(rows, judged)
    return 0


if __name__ == "__main__":
    sys.exit(main())
