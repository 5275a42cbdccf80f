#!/usr/bin/env python3
"""Values that private.py puts into its texts: made up, from a seed of their place, with the check digits that real ones have.

Nothing that looks like a secret lies in the tree so, and every run has the same values.
"""
import base64
import hashlib
import json
import random
import string
import zlib

ALNUM = string.ascii_letters + string.digits
SMALL, LARGE = string.ascii_lowercase, string.ascii_uppercase
SETS = {"b64": ALNUM + "+/", "b64u": ALNUM + "-_", "an": ALNUM, "lo": SMALL + string.digits, "up": LARGE + string.digits,
        "hex": "0123456789abcdef", "HEX": "0123456789ABCDEF", "b32": LARGE + "234567", "b32l": SMALL + "234567", "d": string.digits,
        "b58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", "l": SMALL, "L": LARGE, "pw": ALNUM + "!#%*~._-"}


def chars(r, alphabet, n):
    """n of them, never a run that could be called a pattern; a digit and a letter where there is room."""
    while True:
        s = "".join(r.choice(alphabet) for _ in range(n))
        if n < 12 or len(set(s)) > min(5, len(alphabet) // 2) and any(c.isdigit() for c in s) >= ("1" in alphabet):
            return s


def fill(r, pattern):
    """# a digit, @ a capital, anything else itself."""
    return "".join(r.choice("0123456789") if c == "#" else r.choice(string.ascii_uppercase) if c == "@" else c for c in pattern)


def digits_of(s):
    return [int(c) for c in s if c.isdigit()]


def luhn_sum(d):
    return sum(v if i % 2 == 0 else sum(divmod(2 * v, 10)) for i, v in enumerate(reversed(d)))


def checked(r, pattern, holds):
    """Fills until a check holds; a few hundred tries at the most for mod 97 or 11."""
    while True:
        s = fill(r, pattern)
        if holds(s):
            return s


def mod97(s):
    s = "".join(c for c in s if c.isalnum())
    return int("".join(str(int(c, 36)) for c in s[4:] + s[:4])) % 97


def iban(r, pattern):
    """CC and the BBAN as fill() has it; blanks of the pattern stay."""
    s = fill(r, pattern[:2] + "00" + pattern[2:])
    return s[:2] + "%02d" % (98 - mod97(s)) + s[4:]


def weights(*w, mod=11, total=0):
    return lambda s: sum(a * b for a, b in zip(w, digits_of(s))) % mod == total


def last(f):
    """A check whose last digit is f of those before it."""
    return lambda s: digits_of(s)[-1] == f(digits_of(s)[:-1])


def w(d, *ws):
    return sum(a * b for a, b in zip(ws, d))


def verhoeff(s):
    d = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6], [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
         [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1], [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
         [8, 7, 6, 5, 9, 3, 2, 1, 0, 4], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]]
    p = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
    while len(p) < 8:
        p.append([p[-1][p[1][j]] for j in range(10)])
    c = 0
    for i, n in enumerate(reversed(digits_of(s))):
        c = d[c][p[i % 8][n]]
    return c == 0


def two_steps(first, second, n=11):
    """Baltic: weights, and other weights where the rest is 10."""
    def holds(s):
        d = digits_of(s)
        a = w(d, *first) % n
        a = w(d, *second) % n % 10 if a == 10 else a
        return d[-1] == a
    return holds


def cpf(s):
    d = digits_of(s)
    return all(d[n] == w(d, *range(n + 1, 1, -1)) * 10 % 11 % 10 for n in (9, 10))


def cnpj(s):
    d, ws = digits_of(s), [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]
    return all(d[n] == (lambda t: 0 if t < 2 else 11 - t)(w(d, *ws[13 - n:]) % 11) for n in (12, 13))


def steuer_id(s):
    d = digits_of(s)
    counts = sorted(d[:10].count(x) for x in set(d[:10]))
    if d[0] == 0 or counts[-1] != 2 or counts.count(2) != 1:
        return False
    p = 10
    for x in d[:10]:
        t = (x + p) % 10 or 10
        p = 2 * t % 11
    return d[10] == (11 - p) % 10


def oib(s):
    p = 10
    for x in digits_of(s)[:10]:
        p = ((x + p) % 10 or 10) * 2 % 11
    return (11 - p) % 10 == digits_of(s)[10]


def tckn(s):
    d = digits_of(s)
    return d[0] and d[9] == (7 * sum(d[0:9:2]) - sum(d[1:8:2])) % 10 and d[10] == sum(d[:10]) % 10


def fodselsnummer(s):
    d = digits_of(s)
    return weights(3, 7, 6, 1, 8, 9, 4, 5, 2, 1)(s) and w(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1) % 11 == 0


def codice(r, front):
    s = fill(r, front)
    odd = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20,
                                                              11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]))
    t = sum(odd[c] if i % 2 == 0 else (int(c) if c.isdigit() else ord(c) - 65) for i, c in enumerate(s))
    return s + chr(65 + t % 26)


def curp(r, front):
    s = fill(r, front)
    order = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    return s + str(-sum(order.index(c) * (18 - i) for i, c in enumerate(s)) % 10)


def rut(r, pattern):
    s = fill(r, pattern)
    k = 11 - sum(v * (2 + i % 6) for i, v in enumerate(reversed(digits_of(s)))) % 11
    return s + "-" + {11: "0", 10: "K"}.get(k, str(k))


def china(r, front):
    s = fill(r, front)
    return s + "10X98765432"[w(digits_of(s), 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2) % 11]


def nric(r, front):
    s = fill(r, front)
    t = w(digits_of(s), 2, 7, 6, 5, 4, 3, 2) + (4 if s[0] in "TG" else 0)
    return s + ("JZIHGFEDCBA" if s[0] in "ST" else "XWUTRQPNMLK")[t % 11]


def hkid(r, front):
    s = fill(r, front)
    c = -(36 * 9 + (ord(s[0]) - 55) * 8 + w(digits_of(s), 7, 6, 5, 4, 3, 2)) % 11
    return s + "(" + ("A" if c == 10 else str(c)) + ")"


def taiwan(s):
    n = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(s[0]) + 10
    return (n // 10 + n % 10 * 9 + w(digits_of(s), 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0


def hetu(r, front):
    s = fill(r, front)
    return s + "0123456789ABCDEFHJKLMNPRSTUVWXY"[int("".join(c for c in s if c.isdigit())) % 31]


def dni(r, front):
    s = fill(r, front)
    n = s.replace("X", "0").replace("Y", "1").replace("Z", "2")
    return s + "TRWAGMYFPDXBNJZSQVHLCKE"[int("".join(c for c in n if c.isdigit())) % 23]


def pps(r, front):
    s = fill(r, front)
    return s + "WABCDEFGHIJKLMNOPQRSTUV"[w(digits_of(s), 8, 7, 6, 5, 4, 3, 2) % 23]


def nir(r, front):
    s = fill(r, front)
    n = int("".join(c for c in s if c.isdigit()))
    return s + (" " if " " in s else "") + "%02d" % (97 - n % 97)


def belgium(s):
    n = "".join(c for c in s if c.isdigit())
    return 97 - int(n[:9]) % 97 == int(n[9:])


def snils(s):
    d = digits_of(s)
    return w(d, 9, 8, 7, 6, 5, 4, 3, 2, 1) % 101 % 100 == d[9] * 10 + d[10]


def inn12(s):
    d = digits_of(s)
    return (d[10] == w(d, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8) % 11 % 10 and d[11] == w(d, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8) % 11 % 10)


def ecuador(s):
    d = digits_of(s)
    return d[9] == -sum(sum(divmod(2 * v, 10)) if i % 2 == 0 else v for i, v in enumerate(d[:9])) % 10


def my_number(s):
    d = digits_of(s)
    t = sum(v * (i + 2 if i < 6 else i - 4) for i, v in enumerate(reversed(d[:11]))) % 11
    return d[11] == (0 if t <= 1 else 11 - t)


CHECKS = {
    "luhn": lambda s: luhn_sum(digits_of(s)) % 10 == 0,
    "luhn10": lambda s: luhn_sum(digits_of(s)[-10:]) % 10 == 0,          # personnummer, with or without its century
    "badluhn": lambda s: luhn_sum(digits_of(s)) % 10 != 0,
    "nhs": weights(10, 9, 8, 7, 6, 5, 4, 3, 2, 1), "bsn": weights(9, 8, 7, 6, 5, 4, 3, 2, -1), "steuer": steuer_id,
    "nif": last(lambda d: (lambda t: 0 if t < 2 else 11 - t)(w(d, 9, 8, 7, 6, 5, 4, 3, 2) % 11)), "rrn": belgium,
    "ahv": last(lambda d: -w(d, *[1, 3] * 6) % 10), "pesel": weights(1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1, mod=10),
    "svnr": lambda s: w(digits_of(s), 3, 7, 9, 0, 5, 8, 4, 2, 1, 6) % 11 == digits_of(s)[3],
    "mod11": lambda s: int("".join(map(str, digits_of(s)))) % 11 == 0, "taj": last(lambda d: w(d, *[3, 7] * 4) % 10),
    "cnp": last(lambda d: w(d, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11 % 10 + (w(d, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11 == 10)),
    "egn": last(lambda d: w(d, 2, 4, 8, 5, 10, 9, 7, 3, 6) % 11 % 10), "fnr": fodselsnummer,
    "cpr": weights(4, 3, 2, 7, 6, 5, 4, 3, 2, 1),
    "baltic": two_steps([1, 2, 3, 4, 5, 6, 7, 8, 9, 1], [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]),
    "latvia": last(lambda d: (1101 - w(d, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11), "oib": oib,
    "jmbg": last(lambda d: (lambda m: 0 if m > 9 else m)(11 - w(d, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11)), "tckn": tckn,
    "cpf": cpf, "cnpj": cnpj, "cuil": last(lambda d: -w(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11), "verhoeff": verhoeff, "taiwan": taiwan,
    "thai": last(lambda d: (11 - w(d, *range(13, 1, -1)) % 11) % 10), "korea": last(lambda d: (11 - w(d, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5) % 11) % 10),
    "mynumber": my_number, "tfn": weights(1, 4, 3, 7, 5, 8, 6, 9, 10), "snils": snils, "inn": inn12, "ecuador": ecuador,
    "medicare": lambda s: w(digits_of(s), 1, 3, 7, 9, 1, 3, 7, 9) % 10 == digits_of(s)[8], "aba": weights(3, 7, 1, 3, 7, 1, 3, 7, 1, mod=10),
    "ird": last(lambda d: -w(d, 3, 2, 7, 6, 5, 4, 3, 2) % 11), "rnokpp": last(lambda d: w(d, -1, 5, 7, 9, 4, 6, 10, 5, 7) % 11 % 10),
    "iin": two_steps([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]),
}
MADE = {"iban": iban, "codice": codice, "curp": curp, "rut": rut, "china": china, "nric": nric, "hkid": hkid, "hetu": hetu, "dni": dni,
        "pps": pps, "nir": nir, "fill": fill}


def base62(n, length):
    s = ""
    while n:
        n, c = divmod(n, 62)
        s = (string.digits + string.ascii_uppercase + string.ascii_lowercase)[c] + s
    return s.rjust(length, "0")


def crc(r, prefix):
    """As GitHub and npm end their tokens: CRC-32 of the thirty before it, in base 62."""
    body = chars(r, ALNUM, 30)
    return prefix + body + base62(zlib.crc32(body.encode()), 6)


def jwt(r, _):
    part = lambda b: base64.urlsafe_b64encode(b).rstrip(b"=").decode()
    head = json.dumps({"alg": "RS256", "typ": "JWT", "kid": chars(r, ALNUM, 12)}, separators=(",", ":")).encode()
    body = json.dumps({"sub": chars(r, string.digits, 10), "aud": "api://orders", "exp": 1900000000}, separators=(",", ":")).encode()
    return ".".join((part(head), part(body), part(r.randbytes(64))))


def pem(r, kind):
    body = base64.b64encode(b"\x30\x82" + r.randbytes(300)).decode()
    return "-----BEGIN %s-----\n%s\n-----END %s-----" % (kind, "\n".join(body[i:i + 64] for i in range(0, len(body), 64)), kind)


def base58check(r, version):
    raw = bytes([int(version)]) + r.randbytes(20)
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    n, s = int.from_bytes(raw, "big"), ""
    while n:
        n, c = divmod(n, 58)
        s = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[c] + s
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + s


def make(word, argument, seed):
    """The value that a text calls ⟨word argument⟩."""
    r = random.Random(seed)
    if word in SETS:
        return chars(r, SETS[word], int(argument))
    if word in CHECKS:
        return checked(r, argument, CHECKS[word])
    if word in MADE:
        return MADE[word](r, argument)
    if word == "uuid":
        h = chars(r, SETS["hex"], 32)
        return "-".join((h[:8], h[8:12], "4" + h[13:16], r.choice("89ab") + h[17:20], h[20:]))
    if word == "bytes":
        return base64.b64encode(r.randbytes(int(argument))).decode()
    if word == "bytesu":
        return base64.urlsafe_b64encode(r.randbytes(int(argument))).decode().rstrip("=")
    if word == "pem64":
        return base64.b64encode(pem(r, argument).encode()).decode()
    if word == "b64of":
        return base64.b64encode(fill(r, argument).encode()).decode()
    return {"crc": crc, "jwt": jwt, "pem": pem, "coin": base58check}[word](r, argument)
