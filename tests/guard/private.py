#!/usr/bin/env python3
"""What secrets and personal_data find in the texts of private/, and whether a mask leaves anything of it, by kind.

    private.py BARTIZAN [--missed] [--values] [FILE…]

BARTIZAN is the program itself: texts go through `bartizan scan` with action mask. --missed prints what was not found, found in part, or
found where there is nothing, --values every text as it was judged. A line is a text, with \\n for a new line; "## kind" stands above those of a
kind. ⟨word argument⟩ is a value that private_values.py makes; ⟦…⟧ stands round what is to be hidden. It counts as found when none of
it, or no more than four letters in a row, is left; in near-*.txt nothing is to be found. The lists were written from memory of what
such things look like, before anybody looked at what the filters make of them.
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

from private_values import make


def texts(path):
    kind = ""
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.rstrip("\n")
        if line.startswith("## "):
            kind = line[3:]
        elif line and not line.startswith("# "):
            place = [0]

            def value(m):
                place[0] += 1
                return make(m.group(1), m.group(2) or "", "%s %d %d" % (os.path.basename(path), number, place[0]))
            text = re.sub("⟨(\\w+)(?: ([^⟩]*))?⟩", value, line.replace("\\n", "\n"))
            yield kind, re.findall("⟦(.*?)⟧", text, re.S), re.sub("[⟦⟧]", "", text)


def scanned(program, filters, rows):
    with tempfile.TemporaryFile("w+") as lines:
        lines.writelines(json.dumps({"text": r[2], "source": "user"}) + "\n" for r in rows)
        lines.seek(0)
        out = subprocess.run([program, "scan", "--inspect", filters, "--relay", "none"], stdin=lines, stdout=subprocess.PIPE, check=True).stdout
    told = [json.loads(line) for line in out.decode(errors="replace").splitlines()]
    assert len(told) == len(rows)
    return told


def left_of(secret, text):
    """The longest piece of a secret, five letters and more, that the masked text still has beside its placeholders."""
    text, best = re.sub(r"\[[A-Z_]+_\d+\]", "[]", text), ""
    for piece in re.findall(r"[^\s]+", secret):
        for i in range(len(piece) - 4):
            if piece[i:i + 5] in text:
                n = 5
                while i + n < len(piece) and piece[i:i + n + 1] in text:
                    n += 1
                best = max(best, piece[i:i + n], key=len)
    return best


def main():
    args = [a for a in sys.argv[1:] if not a.startswith("--")]
    if not args:
        print(__doc__)
        return 2
    for path in args[1:] or sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "private", "*.txt"))):
        name = os.path.basename(path)
        filters = "[secrets: {action: mask}]" if "secrets" in name else "[personal_data: {action: mask}]"
        rows, kinds = list(texts(path)), {}
        for (kind, values, text), told in zip(rows, scanned(args[0], filters, rows)):
            found, left = told["verdict"] != "pass", [v for v in (left_of(v, told.get("text", text)) for v in values) if v]
            right = not found if name.startswith("near") else found and not left
            kinds.setdefault(kind, []).append(right)
            if "--values" in sys.argv or "--missed" in sys.argv and not right:
                print("  %-18s %-20s %s%s" % (kind, ",".join(r["rule"] if isinstance(r, dict) else str(r) for r in told.get("rules", [])),
                                              text.replace("\n", "\\n")[:170], "   LEFT " + "|".join(left)[:60] if found and left else ""))
        print("%-20s %3d of %3d right: %s" % (name, sum(map(sum, kinds.values())), len(rows),
                                              ", ".join("%s %d/%d" % (k, sum(v), len(v)) for k, v in kinds.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
