/* national.c - one rule after the other: of the Americas, Britain, Ireland, and the German and Romance countries. Each is shown what its
 * pattern lets through: the length is right already. national_east.c has the others. */
#include "filters/detect/national.h"

#include "filters/detect/national_parts.h"

/* ---- North America ---- */

bool national_us_ssn(struct str s)
{
    unsigned area = check_number(s, 0, 3);
    return area && area != 666 && area < 900 && check_number(s, 3, 2) && check_number(s, 5, 4) && !all_same(s) &&
           !str_eq(s, STR("078051120")) && !str_eq(s, STR("219099999"));
}

bool national_us_ssn_named(struct str s)
{
    return !all_same(s);
}

bool national_us_itin(struct str s)
{
    unsigned group = check_number(s, 3, 2);
    return s.at[0] == '9' && ((group >= 50 && group <= 65) || (group >= 70 && group <= 88) || (group >= 90 && group != 93));
}

/* Medicare beneficiary identifier: the shape says it all, S L O I B Z never occur */
bool national_us_mbi(struct str s)
{
    static const char SHAPE[] = "1LA0LA0LL00", LETTERS[] = "ACDEFGHJKMNPQRTUVWXY";
    for (size_t i = 0; i < s.len; i++) {
        bool letter = memchr(LETTERS, s.at[i], sizeof LETTERS - 1) != NULL, numeral = ascii_is_digit(s.at[i]);
        char want = SHAPE[i];
        if (want == 'L' ? !letter : want == 'A' ? !letter && !numeral : !numeral || (want == '1' && s.at[i] == '0'))
            return false;
    }
    return s.len == 11;
}

/* National provider identifier: Luhn with 80840 in front */
bool national_us_npi(struct str s)
{
    char whole[15];
    if (s.len != 10)
        return false;
    memcpy(whole, "80840", 5);
    memcpy(whole + 5, s.at, 10);
    return check_luhn(str_of(whole, 15));
}

bool national_us_routing(struct str s)
{
    unsigned head = check_number(s, 0, 2);
    return (head <= 12 || (head >= 21 && head <= 32) || (head >= 61 && head <= 72) || head == 80) && !all_same(s) &&
           check_weighted(s, "371371371") % 10 == 0;
}

bool national_ca_sin(struct str s)
{
    return s.at[0] != '0' && s.at[0] != '8' && !all_same(s) && check_luhn(s);
}

bool national_mx_curp(struct str s)
{
    static const char ALPHABET[] = "0123456789ABCDEFGHIJKLMN_OPQRSTUVWXYZ"; /* _ for the letter beyond ASCII */
    unsigned sum = 0;
    for (size_t i = 0; i < 17; i++) {
        const char *at = strchr(ALPHABET, s.at[i]);
        if (!at)
            return false;
        sum += (unsigned)(at - ALPHABET) * (unsigned)(18 - i);
    }
    return is_ymd(s, 4) && ascii_is_digit(s.at[17]) && (10 - sum % 10) % 10 == digit(s, 17);
}

/* The office has given out some whose check digit is wrong, so only the date is looked at */
bool national_mx_rfc(struct str s)
{
    return is_ymd(s, 4);
}

/* ---- Britain and Ireland ---- */

bool national_gb_nino(struct str s)
{
    static const char *const NEVER[] = { "BG", "GB", "KN", "NK", "NT", "TN", "ZZ" };
    if (memchr("DFIQUV", s.at[0], 6) || memchr("DFIQUVO", s.at[1], 7))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(NEVER); i++)
        if (str_starts(s, str_c(NEVER[i])))
            return false;
    return true;
}

bool national_gb_nhs(struct str s)
{
    unsigned check = 11 - check_weighted(s, "A98765432") % 11;
    return !all_same(s) && (check == 11 ? 0 : check) == digit(s, 9);
}

bool national_ie_pps(struct str s)
{
    unsigned sum = check_weighted(str_first(s, 7), "8765432");
    if (s.len == 9 && s.at[8] != 'W')
        sum += (unsigned)(s.at[8] - 'A' + 1) * 9;
    return "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23] == s.at[7];
}

/* ---- the German-speaking ---- */

/* Ten digits of which one stands there twice or three times, and a check digit of ISO 7064 mod 11,10 */
bool national_de_tax(struct str s)
{
    unsigned counts[10] = { 0 }, absent = 0, twice = 0, thrice = 0;
    for (size_t i = 0; i < 10; i++)
        counts[digit(s, i)]++;
    for (size_t i = 0; i < 10; i++) {
        absent += counts[i] == 0;
        twice += counts[i] == 2;
        thrice += counts[i] == 3;
    }
    bool fits = (absent == 1 && twice == 1) || (absent == 2 && thrice == 1 && twice == 0);
    return s.at[0] != '0' && fits && iso_11_10(s);
}

/* Rentenversicherungsnummer: the letter counts as two digits, digit sums of products */
bool national_de_pension(struct str s)
{
    static const char WEIGHTS[] = "212571212121";
    char whole[13];
    unsigned sum = 0, letter = (unsigned)(s.at[8] - 'A' + 1);
    memcpy(whole, s.at, 8);
    whole[8] = (char)('0' + letter / 10);
    whole[9] = (char)('0' + letter % 10);
    memcpy(whole + 10, s.at + 9, 3);
    for (size_t i = 0; i < 12; i++) {
        unsigned product = (unsigned)(whole[i] - '0') * (unsigned)(WEIGHTS[i] - '0');
        sum += product / 10 + product % 10;
    }
    unsigned day = check_number(s, 2, 2);
    return (is_dmy(s, 2) || day > 31) && sum % 10 == (unsigned)(whole[12] - '0');
}

bool national_at_svnr(struct str s)
{
    unsigned sum = digit(s, 0) * 3 + digit(s, 1) * 7 + digit(s, 2) * 9 + digit(s, 4) * 5 + digit(s, 5) * 8 + digit(s, 6) * 4 +
                   digit(s, 7) * 2 + digit(s, 8) + digit(s, 9) * 6;
    return s.at[0] != '0' && is_dmy(s, 4) && sum % 11 == digit(s, 3);
}

bool national_ch_ahv(struct str s)
{
    unsigned sum = check_weighted(s, "131313131313");
    return str_starts(s, STR("756")) && (10 - sum % 10) % 10 == digit(s, 12);
}

/* ---- the Romance-speaking ---- */

bool national_fr_nir(struct str s)
{
    char digits[15];
    memcpy(digits, s.at, 15);
    /* Corsica: 2A counts as 19, 2B as 18 */
    if (digits[6] == 'A' || digits[6] == 'B') {
        digits[5] = '1';
        digits[6] = digits[6] == 'A' ? '9' : '8';
    }
    struct str n = str_of(digits, 15);
    unsigned month = check_number(n, 3, 2);
    bool fits = check_all_digits(n) && memchr("123478", digits[0], 6) &&
                ((month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50);
    return fits && 97 - number(n, 0, 13) % 97 == number(n, 13, 2);
}

bool national_es_dni(struct str s)
{
    static const char LETTERS[] = "TRWAGMYFPDXBNJZSQVHLCKE";
    char digits[8];
    memcpy(digits, s.at, 8);
    if (s.at[0] >= 'X')
        digits[0] = (char)('0' + (s.at[0] - 'X'));
    struct str n = str_of(digits, 8);
    return check_all_digits(n) && number(n, 0, 8) && LETTERS[number(n, 0, 8) % 23] == s.at[8];
}

bool national_it_fiscal(struct str s)
{
    static const unsigned char ODD[] = { 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23 };
    unsigned sum = 0, day = check_number(s, 9, 2);
    for (size_t i = 0; i < 15; i++) {
        unsigned value = ascii_is_digit(s.at[i]) ? digit(s, i) : (unsigned)(s.at[i] - 'A');
        sum += i & 1 ? value : ODD[value];
    }
    bool plain = ascii_is_digit(s.at[9]) && ascii_is_digit(s.at[10]); /* letters in place of digits tell twins apart */
    return (!plain || (day >= 1 && day <= 31) || (day >= 41 && day <= 71)) && sum % 26 == (unsigned)(s.at[15] - 'A');
}

bool national_pt_nif(struct str s)
{
    unsigned check = 11 - check_weighted(s, "98765432") % 11;
    return memchr("1235689", s.at[0], 7) && !all_same(s) && (check >= 10 ? 0 : check) == digit(s, 8);
}

bool national_ro_cnp(struct str s)
{
    unsigned check = check_weighted(s, "279146358279") % 11;
    return s.at[0] != '0' && is_ymd(s, 1) && (check == 10 ? 1 : check) == digit(s, 12);
}

bool national_br_cpf(struct str s)
{
    unsigned one = check_weighted(s, "A98765432") * 10 % 11 % 10;
    unsigned sum = 0;
    for (size_t i = 0; i < 10; i++)
        sum += digit(s, i) * (unsigned)(11 - i);
    return !all_same(s) && one == digit(s, 9) && sum * 10 % 11 % 10 == digit(s, 10);
}

bool national_ar_cuil(struct str s)
{
    unsigned check = 11 - check_weighted(s, "5432765432") % 11, head = check_number(s, 0, 2);
    return (head == 20 || head == 23 || head == 24 || head == 27) && (check == 11 ? 0 : check == 10 ? 9 : check) == digit(s, 10);
}

/* Has no check digit: how it is grouped and what it is called must do */
bool national_ar_dni(struct str s)
{
    return !all_same(s);
}

bool national_cl_rut(struct str s)
{
    unsigned sum = 0;
    for (size_t i = 0; i + 1 < s.len; i++)
        sum += digit(s, s.len - 2 - i) * (unsigned)(2 + i % 6);
    unsigned check = 11 - sum % 11;
    return (check == 11 ? '0' : check == 10 ? 'K' : (char)('0' + check)) == s.at[s.len - 1];
}

/* The first two digits are a province, or 30 for who was registered abroad */
bool national_ec_cedula(struct str s)
{
    unsigned province = check_number(s, 0, 2);
    return ((province >= 1 && province <= 24) || province == 30) && s.at[2] < '6' && check_luhn(s);
}

/* Has no check digit, as the Argentine one */
bool national_co_cc(struct str s)
{
    return s.len >= 6 && s.len <= 10 && s.at[0] != '0' && !all_same(s);
}

bool national_co_nit(struct str s)
{
    static const unsigned char WEIGHTS[] = { 41, 37, 29, 23, 19, 17, 13, 7, 3 };
    unsigned sum = 0;
    for (size_t i = 0; i < 9; i++)
        sum += digit(s, i) * WEIGHTS[i];
    return !all_same(s) && (sum % 11 < 2 ? sum % 11 : 11 - sum % 11) == digit(s, 9);
}
