/* checks.c - check digits as their standards define them. */
#include "filters/detect/checks.h"

#include <openssl/sha.h>
#include <zlib.h>

static unsigned digit(char c)
{
    return (unsigned)(c - '0');
}

bool check_all_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_digit(s.at[i]))
            return false;
    return s.len > 0;
}

unsigned check_number(struct str s, size_t at, size_t digits)
{
    unsigned n = 0;
    for (size_t i = at; i < at + digits && i < s.len; i++)
        n = n * 10 + digit(s.at[i]);
    return n;
}

/* ISO/IEC 7812-1 annex B */
bool check_luhn(struct str s)
{
    unsigned sum = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned d = digit(s.at[s.len - 1 - i]);
        d = i & 1 ? d * 2 : d;
        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
}

/* ISO 13616-1, and the registry's lengths */
size_t check_iban_length(const char country[2])
{
    static const char LENGTHS[] =
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27"
        "GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22"
        "MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28"
        "TL23TN24TR26UA29VA22VG24XK20YE30";
    for (const char *row = LENGTHS; *row; row += 4)
        if ((country[0] & ~0x20) == row[0] && (country[1] & ~0x20) == row[1])
            return (size_t)(row[2] - '0') * 10 + (size_t)(row[3] - '0');
    return 0;
}

bool check_iban(struct str s)
{
    if (s.len < 15 || s.len != check_iban_length(s.at))
        return false;
    unsigned rest = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[(i + 4) % s.len];
        if (ascii_is_digit(c))
            rest = (rest * 10 + digit(c)) % 97;
        else
            rest = (rest * 100 + (unsigned)(ascii_lower(c) - 'a') + 10) % 97;
    }
    return rest == 1;
}

/* Verhoeff, 1969: the dihedral group of the pentagon */
bool check_verhoeff(struct str s)
{
    static const unsigned char D[10][10] = {
        { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, { 1, 2, 3, 4, 0, 6, 7, 8, 9, 5 }, { 2, 3, 4, 0, 1, 7, 8, 9, 5, 6 },
        { 3, 4, 0, 1, 2, 8, 9, 5, 6, 7 }, { 4, 0, 1, 2, 3, 9, 5, 6, 7, 8 }, { 5, 9, 8, 7, 6, 0, 4, 3, 2, 1 },
        { 6, 5, 9, 8, 7, 1, 0, 4, 3, 2 }, { 7, 6, 5, 9, 8, 2, 1, 0, 4, 3 }, { 8, 7, 6, 5, 9, 3, 2, 1, 0, 4 },
        { 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 },
    };
    static const unsigned char P[8][10] = {
        { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, { 1, 5, 7, 6, 2, 8, 3, 0, 9, 4 }, { 5, 8, 0, 3, 7, 9, 6, 1, 4, 2 },
        { 8, 9, 1, 6, 0, 4, 3, 5, 2, 7 }, { 9, 4, 5, 3, 1, 2, 6, 8, 7, 0 }, { 4, 2, 8, 6, 5, 7, 3, 9, 0, 1 },
        { 2, 7, 9, 3, 8, 0, 6, 4, 1, 5 }, { 7, 0, 4, 6, 9, 1, 3, 2, 5, 8 },
    };
    unsigned c = 0;
    for (size_t i = 0; i < s.len; i++)
        c = D[c][P[i % 8][digit(s.at[s.len - 1 - i])]];
    return c == 0;
}

unsigned check_weighted(struct str s, const char *weights)
{
    unsigned sum = 0;
    for (size_t i = 0; weights[i] && i < s.len; i++)
        sum += digit(s.at[i]) * (weights[i] == 'A' ? 10 : digit(weights[i]));
    return sum;
}

bool check_card(struct str s)
{
    static const struct {
        unsigned first, last; /* of the first four digits */
        unsigned short shortest, longest;
    } ISSUERS[] = {
        { 1800, 1800, 15, 15 }, { 2131, 2131, 15, 15 }, { 2014, 2014, 15, 15 }, { 2149, 2149, 15, 15 },
        { 2200, 2204, 16, 19 }, { 2221, 2720, 16, 16 }, { 3000, 3059, 14, 19 }, { 3088, 3094, 16, 19 },
        { 3095, 3095, 14, 19 }, { 3096, 3102, 16, 19 }, { 3112, 3120, 16, 19 }, { 3158, 3159, 16, 19 },
        { 3337, 3349, 16, 19 }, { 3400, 3499, 15, 15 }, { 3500, 3599, 16, 19 }, { 3600, 3699, 14, 19 },
        { 3700, 3799, 15, 15 }, { 3800, 3999, 14, 19 }, { 4000, 4999, 16, 16 }, { 4000, 4999, 13, 13 },
        { 4000, 4999, 19, 19 }, { 5000, 5099, 12, 19 }, { 5100, 5599, 16, 16 }, { 5600, 5899, 12, 19 },
        { 6000, 6010, 12, 19 }, { 6011, 6011, 16, 19 }, { 6012, 6299, 12, 19 }, { 6300, 6439, 12, 19 },
        { 6440, 6599, 16, 19 }, { 6600, 6799, 12, 19 }, { 8100, 8299, 16, 19 }, { 9792, 9792, 16, 16 },
    };
    if (s.len < 12 || s.len > 19 || !check_all_digits(s) || !check_luhn(s))
        return false;
    unsigned head = check_number(s, 0, 4);
    bool known = false;
    for (size_t i = 0; i < ARRAY_LEN(ISSUERS); i++)
        known |= head >= ISSUERS[i].first && head <= ISSUERS[i].last && s.len >= ISSUERS[i].shortest &&
                 s.len <= ISSUERS[i].longest;
    return known;
}

bool check_date(unsigned year, unsigned month, unsigned day)
{
    static const unsigned char DAYS[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return (year < 100 || (year >= 1880 && year <= 2099)) && month >= 1 && month <= 12 && day >= 1 && day <= DAYS[month - 1];
}

static uint32_t crc32_of(struct str s)
{
    return (uint32_t)crc32(crc32(0, NULL, 0), (const unsigned char *)s.at, (unsigned)s.len);
}

void check_github_digits(struct str s, char out[6])
{
    static const char BASE62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint32_t crc = crc32_of(s);
    for (size_t i = 6; i-- > 0; crc /= 62)
        out[i] = BASE62[crc % 62];
}

/* ---- wallets ---- */

bool check_base58(struct str s)
{
    static const char ALPHABET[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    unsigned char bytes[25] = { 0 }, once[SHA256_DIGEST_LENGTH], twice[SHA256_DIGEST_LENGTH];
    for (size_t i = 0; i < s.len; i++) {
        const char *at = s.at[i] ? strchr(ALPHABET, s.at[i]) : NULL;
        if (!at)
            return false;
        unsigned carry = (unsigned)(at - ALPHABET);
        for (size_t k = sizeof bytes; k-- > 0; carry >>= 8) {
            carry += bytes[k] * 58U;
            bytes[k] = (unsigned char)carry;
        }
        if (carry)
            return false;
    }
    SHA256(bytes, 21, once);
    SHA256(once, sizeof once, twice);
    return memcmp(twice, bytes + 21, 4) == 0;
}

/* BIP 173 and BIP 350 */
bool check_bech32(struct str s)
{
    static const char ALPHABET[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    static const uint32_t GENERATOR[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
    size_t mark = s.len;
    while (mark > 0 && s.at[mark - 1] != '1')
        mark--;
    if (mark < 2 || s.len - mark < 6)
        return false;
    uint32_t sum = 1;
    for (size_t i = 0; i < 2 * (mark - 1) + 1 + (s.len - mark); i++) {
        uint32_t value;
        if (i < mark - 1) {
            value = (unsigned char)ascii_lower(s.at[i]) >> 5;
        } else if (i == mark - 1) {
            value = 0;
        } else if (i < 2 * mark - 1) {
            value = (unsigned char)ascii_lower(s.at[i - mark]) & 31;
        } else {
            char c = ascii_lower(s.at[i - (mark - 1)]);
            const char *at = c ? strchr(ALPHABET, c) : NULL;
            if (!at)
                return false;
            value = (uint32_t)(at - ALPHABET);
        }
        uint32_t top = sum >> 25;
        sum = (sum & 0x1ffffff) << 5 ^ value;
        for (unsigned k = 0; k < 5; k++)
            sum ^= top >> k & 1 ? GENERATOR[k] : 0;
    }
    return sum == 1 || sum == 0x2bc830a3;
}
