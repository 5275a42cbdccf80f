#!/usr/bin/env python3
"""Prints ../scrambled_table.c: words whose inner letters may be in any order, out of scrambled_words.txt beside this file.

The words are those that English rules are made of and attacks use often, without those that scrambled are others (form, from).
Before the first empty line stand the words by which a scrambled text is noticed; they are long, so that few texts have others like them.
Behind the second are short ones, by which words that ran together are parted.
"""
import codecs
import os
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))


# Words by which a text is noticed that is written backwards, or in rot13.
TOLD = ("ignore previous instruction instructions prompt prompts disregard forget password restrictions guidelines message "
        "respond output assistant hidden response everything override bypass jailbreak developer harmful system reveal answer "
        "please without should anything always following character continue question questions secret instead remember repeat pretend "
        "sentence translate content understand").split()
# … and one that is spelt out by the radio's alphabet.
RADIO = "charlie foxtrot juliet juliett november quebec sierra whiskey yankee".split()


# … and those that tell it when they have a letter too many, or too few: of those in slips.c the ones that few words are like.
SLIPS = ("instruction instructions system reveal forget guidelines restrictions previous assistant question questions confidential "
         "developer password override everything hidden harmful jailbreak original output unrestricted unethical yourself repeat answer "
         "always without illegal initial language guardrails responses content context translate previously bypass "
         "anything pretend request ignore instead understand disregard").split()
# Words beside which it is told that words stand in reverse order, without those that ordinary texts have often.
ORDER = ("assistant bypass character chatgpt disregard forget guidelines hidden ignore initial instruction instructions original output "
         "override password policies pretend previous prompt prompts repeat respond responses restrictions reveal secret").split()
# What most texts have that the letters of those above could be.
ORDINARY = ("include contains structure sentiment relevant related argument config package statement script elements concise generates "
            "friends across family according client interaction weight resources topics actions otherwise improve detailed designed").split()

KNOWN_BITS, KNOWN_MIX = 9, 0x9e3779b97f4a7c15  # of scrambled.h


def mix(letter):
    return (ord(letter) - 96) ** 5 * 2654435761 & 0xffffffff


def key(word):
    """scrambled_key of scrambled.c"""
    return (sum(map(mix, word)) + (mix(word[0]) << 7) + (mix(word[-1]) << 13)) & 0xffffffff


def print_ends(words):
    ends = [[0] * 32 for _ in range(32)]
    for w in words:
        ends[ord(w[0]) & 31][ord(w[-1]) & 31] |= 1 << len(w)
    for first, row in enumerate(ends):
        if any(row):
            text = ", ".join("['%s' & 31] = %d" % (chr(96 + i), n) for i, n in enumerate(row) if n)
            print(textwrap.fill("['%s' & 31] = { %s }," % (chr(96 + first), text), 140, initial_indent="    ", subsequent_indent="        "))


def known_hash(text):
    """of scrambled_kind"""
    first, last = (int.from_bytes(text[i:i + 8].encode(), "little") for i in (0, 8))
    return (last + 3 * first) * KNOWN_MIX & (1 << 64) - 1


def print_known(kinds):
    """Each word in a slot of its own: those that share a row of SCRAMBLED_STEPS take the first step that finds them all free ones."""
    rows = [[] for _ in range(1 << KNOWN_BITS - 2)]
    for kind, words in kinds:
        for w in words:
            h = known_hash(w.rjust(16))
            rows[h >> 48 & len(rows) - 1].append((h >> 64 - KNOWN_BITS, kind + w.rjust(15)))
    slots, steps = {}, [0] * len(rows)
    for i, row in sorted(enumerate(rows), key=lambda r: -len(r[1])):
        while len({h ^ steps[i] for h, _ in row} - slots.keys()) < len(row):
            steps[i] += 1
        slots.update({h ^ steps[i]: text for h, text in row})
    assert max(slots) < 1 << KNOWN_BITS and max(steps) < 256
    print("};\n\nconst uint8_t SCRAMBLED_STEPS[1 << (SCRAMBLED_KNOWN_BITS - 2)] = {")
    print(textwrap.fill(" ".join("%d," % n for n in steps), 140, initial_indent="    ", subsequent_indent="    "))
    print("};\n\nconst char SCRAMBLED_KNOWN[1 << SCRAMBLED_KNOWN_BITS][16] = {")
    cells = ['[%d] = "%s",' % cell for cell in sorted(slots.items())]
    for i in range(0, len(cells), 5):
        print("    " + " ".join(cells[i:i + 5]))


def main():
    telling, others, short = ([w for w in part.split()] for part in open(os.path.join(HERE, "scrambled_words.txt")).read().split("\n\n"))
    words = sorted({(key(w), w) for w in telling + others + short})
    assert len({k for k, _ in words}) == len(words)
    assert all(6 <= len(w) <= 14 for w in TOLD) and all(6 <= len(w) for w in telling) and all(4 <= len(w) <= 14 for w in telling + others) and all(len(w) < 4 for w in short)
    print("/* scrambled_table.c - words whose inner letters may be in any order; printed by tools/make_scrambled.py. */")
    print('#include "proxy/text/scrambled.h"\n')
    print("const uint32_t SCRAMBLED_MIX[26] = {")
    print(textwrap.fill(" ".join("0x%08x," % mix(chr(97 + i)) for i in range(26)), 136, initial_indent="    ", subsequent_indent="    "))
    slips = [w[0] * n + w[-1] for w in SLIPS for n in (len(w) - 2, len(w)) if n > 4]
    turned, rotated = [w[::-1] for w in TOLD], [codecs.encode(w, "rot13") for w in TOLD]
    for name, ends in ("ENDS", telling + slips + turned + rotated + RADIO + ORDER), ("ALL_ENDS", telling + others + short):
        print("};\n\nconst scrambled_ends SCRAMBLED_%s = {" % name)
        print_ends(ends)
    told = {(w[0], w[-1], len(w)) for w in telling + turned + rotated + RADIO + ORDER}
    spelt = [w for w in telling + others if (w[0], w[-1], len(w)) in told]
    print_known(((" ", sorted({*spelt, *ORDINARY} - {*ORDER})), ("=", ORDER), ("<", turned), (">", rotated), ("~", RADIO)))
    print("};\n\nconst struct scrambled_word SCRAMBLED_WORDS[] = {")
    print(textwrap.fill(" ".join('{0x%08x,"%s"},' % w for w in words), 140, initial_indent="    ", subsequent_indent="    "))
    starts = [sum(k >> 24 < i for k, _ in words) for i in range(257)]
    print("};\n\nconst uint16_t SCRAMBLED_FROM[257] = {")
    print(textwrap.fill(" ".join("%d," % i for i in starts), 140, initial_indent="    ", subsequent_indent="    "))
    print("};")


if __name__ == "__main__":
    main()
