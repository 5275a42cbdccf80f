#!/usr/bin/env python3
"""Prints ../vowelless_table.c: what words of scrambled_words.txt are without their vowels, with and without the first letter's.

Of words that are the same without them one is taken: those of COMMON come first, then those that tell an attack, then the shorter ones.
"""
import os
import re
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
COMMON = ("for no our you your the to this that not do what with rules rule tell show write print say from and any are all is it in on my me be can will "
          "would have has been more here there then them they was were about above user code key send give secret token list").split()
WORDS = "a i by my or as an in on at if of up try why cry dry fly sky shy hmm pm am mr mrs dr".split()


def bare(word):
    return re.sub("[aeiou]", "", word)


def main():
    telling, others, short = (part.split() for part in open(os.path.join(HERE, "scrambled_words.txt")).read().split("\n\n"))
    order = COMMON + telling + sorted(others + short, key=len)
    table = {}
    for form in (lambda w: w[0] + bare(w[1:]), bare):
        for w in order:
            if form(w) != w and form(w) not in WORDS and len(form(w)) > (0 if w in COMMON else 1):
                table.setdefault(form(w), w)
    print("/* vowelless_table.c - words by what they are without their vowels, in order; printed by tools/make_vowelless.py. */")
    print('#include "proxy/text/misspelt.h"\n')
    print("const struct vowelless VOWELLESS[] = {")
    print(textwrap.fill(" ".join('{"%s","%s"},' % pair for pair in sorted(table.items())), 140, initial_indent="    ", subsequent_indent="    "))
    print("};\nconst size_t VOWELLESS_COUNT = ARRAY_LEN(VOWELLESS);")
    assert all(len(k) <= 10 and len(w) <= 14 for k, w in table.items()), max(map(len, table))


if __name__ == "__main__":
    main()
