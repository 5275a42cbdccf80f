#!/usr/bin/env python3
"""How many of the texts in fresh/ the default threshold refuses, by kind.

    fresh.py JUDGE [--missed] [FILE…]

JUDGE is the program judge_lines; --missed prints the attacks that pass and the harmless texts that do not, with what was found in them.
The texts were written from memory of the kinds that public suites have, before anybody looked at what the rules make of them; what was
missed of attacks 1, 2, 3, 5, 6, 8 and 10, and what was refused of all harmless ones but the eighth and the eleventh, was mended for afterwards, and attacks-9 and
harmless-10 were written to try rules that had been read: only attacks-4 and attacks-7, and what you write next, tell about texts that
nobody read. Attacks-11 and harmless-12 were written by somebody who had seen no rule, no set and no corpus, and was asked to avoid what
everybody writes; attacks-12 and harmless-13, then
attacks-13 and harmless-14, by another who had not either, of all kinds of the last years, a third in other languages. The learned model has learned from sets 1 to 3 and harmless-5 alone (learn.py --without fresh: from none).
A line is a text, with \\n for a new line; "## kind" stands above those of a kind, "@tool" behind it where a tool says them.
"""
import glob
import os
import sys

from evaluate import judge


def texts(path):
    kind, source = "", "user"
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if line.startswith("## "):
            kind, _, source = line[3:].partition(" @")
            source = source or "user"
        elif line:
            yield kind, source, line.replace("\\n", "\n")


def main():
    args = [a for a in sys.argv[1:] if a != "--missed"]
    if not args:
        print(__doc__)
        return 2
    for path in args[1:] or sorted(glob.glob(os.path.join(os.path.dirname(__file__), "fresh", "*.txt"))):
        rows, kinds = list(texts(path)), {}
        wanted = "refuse" if os.path.basename(path).startswith("attacks") else "pass"
        for (kind, _, text), got in zip(rows, judge(args[0], [r[2] for r in rows], [r[1] for r in rows])):
            kinds.setdefault(kind, []).append(got[3] == "refuse")
            if "--missed" in sys.argv and (got[3] == "refuse") != (wanted == "refuse"):
                print("  %4s %-40s %s" % (got[0], got[5], text.replace("\n", "\\n")[:140]))
        print("%-16s %3d of %3d refused: %s" % (os.path.basename(path), sum(map(sum, kinds.values())), len(rows),
                                                ", ".join("%s %d/%d" % (k, sum(v), len(v)) for k, v in kinds.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
