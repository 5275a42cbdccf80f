#!/usr/bin/env python3
"""How many of the texts in fields/ the filters of values and of answers refuse or change, by kind.

    fields.py BARTIZAN [--missed] [FILE…]

BARTIZAN is the program; --missed prints the attacks that pass and the harmless texts that do not, with what was found in them.
The texts were written from memory before anybody looked at what the rules make of them (what was found then stands in filters/inspect/README.md).
Those of attacks-*.txt and harmless-*.txt are judged by `attacks` with its defaults, as a field of a request; those with "answer" in
the name by `answer`, as what a model answers, where a finding that is only reported counts too. A line is a text, with \\n for a new
line, \\r and \\0 alike; "## kind" stands above those of a kind.
"""
import glob
import json
import os
import subprocess
import sys

from fresh import texts

ANSWER = ["--answer", "--relay", "[answer]"]
FIELD = ["--inspect", "[attacks]", "--relay", "none"]


def scan(program, options, rows):
    lines = "".join(json.dumps({"text": t, "source": "assistant" if "--answer" in options else "user"}) + "\n" for _, t in rows)
    out = subprocess.run([program, "scan"] + options, input=lines.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    told = [json.loads(line) for line in out.decode().splitlines()]
    assert len(told) == len(rows)
    return told


def main():
    args = [a for a in sys.argv[1:] if a != "--missed"]
    if not args:
        print(__doc__)
        return 2
    for path in args[1:] or sorted(glob.glob(os.path.join(os.path.dirname(__file__), "fields", "*.txt"))):
        name, rows, kinds = os.path.basename(path), [(kind, t.replace("\\r", "\r").replace("\\0", "\0")) for kind, _, t in texts(path)], {}
        attack, answer = name.startswith("attacks"), "answer" in name
        for (kind, text), got in zip(rows, scan(args[0], ANSWER if answer else FIELD, rows)):
            found = got["verdict"] != "pass" if answer else got["verdict"] == "refuse"
            kinds.setdefault(kind, []).append(found)
            if "--missed" in sys.argv and found != attack:
                print("  %4s %-40s %s" % (got.get("score", ""), ",".join(map(str, got["rules"])), json.dumps(text, ensure_ascii=False)[:150]))
        print("%-24s %3d of %3d: %s" % (name, sum(map(sum, kinds.values())), len(rows),
                                        ", ".join("%s %d/%d" % (k, sum(v), len(v)) for k, v in kinds.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
