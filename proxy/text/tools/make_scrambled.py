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


SPELT_BITS, SPELT_MIX = 9, 0x9e3779b97f4a7c15  # of scrambled.h


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


def print_spelt(words, ends):
    """The slots of scrambled_is_spelt: of words with one hash the first."""
    slots = {}
    for w in words:
        if (w[0], w[-1], len(w)) in ends:
            slot = (int.from_bytes(w.rjust(16)[8:].encode(), "little") * SPELT_MIX & 0xffffffffffffffff) >> 64 - SPELT_BITS
            slots.setdefault(slot, w.rjust(16))
    cells = ['[%d] = "%s",' % cell for cell in sorted(slots.items())]
    print("};\n\nconst char SCRAMBLED_SPELT[1 << SCRAMBLED_SPELT_BITS][16] = {")
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
    turned, rotated = [w[::-1] for w in TOLD], [codecs.encode(w, "rot13") for w in TOLD]
    for name, ends in ("ENDS", telling + turned + rotated), ("ALL_ENDS", telling + others + short):
        print("};\n\nconst scrambled_ends SCRAMBLED_%s = {" % name)
        print_ends(ends)
    assert not set(turned + rotated) & set(telling + others)
    print_spelt(telling + others, {(w[0], w[-1], len(w)) for w in telling + turned + rotated})
    print("};\n\nconst struct scrambled_word SCRAMBLED_WORDS[] = {")
    print(textwrap.fill(" ".join('{0x%08x,"%s"},' % w for w in words), 140, initial_indent="    ", subsequent_indent="    "))
    for name, listed in ("TURNED", turned), ("ROTATED", rotated):
        print("};\n\nconst struct scrambled_told SCRAMBLED_%s = { .ends = {" % name)
        print_ends(listed)
        print("}, .words = (const char *const[]){")
        print(textwrap.fill(" ".join('"%s",' % w for w in sorted(listed)) + " NULL,", 140, initial_indent="    ", subsequent_indent="    "))
        print("}")
    starts = [sum(k >> 24 < i for k, _ in words) for i in range(257)]
    print("};\n\nconst uint16_t SCRAMBLED_FROM[257] = {")
    print(textwrap.fill(" ".join("%d," % i for i in starts), 140, initial_indent="    ", subsequent_indent="    "))
    print("};")


if __name__ == "__main__":
    main()
