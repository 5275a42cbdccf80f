/* national_east.c - the rules of the Low Countries, the North, the East, Asia, Africa and Oceania. */
#include "filters/detect/national.h"

#include "filters/detect/national_parts.h"

/* ---- the Low Countries and the North ---- */

bool national_nl_bsn(struct str s)
{
    unsigned sum = check_weighted(s, "98765432");
    return !all_same(s) && sum >= digit(s, 8) && (sum - digit(s, 8)) % 11 == 0;
}

bool national_be_nrn(struct str s)
{
    uint64_t n = number(s, 0, 9), check = number(s, 9, 2);
    unsigned month = check_number(s, 2, 2) % 20, day = check_number(s, 4, 2);
    return month <= 12 && day <= 31 && (97 - n % 97 == check || 97 - (2000000000 + n) % 97 == check);
}

bool national_se_pn(struct str s)
{
    s = str_from(s, s.len - 10);
    char digits[10];
    memcpy(digits, s.at, 10);
    if (digits[4] >= '6')
        digits[4] = (char)(digits[4] - 6); /* a co-ordination number */
    return is_ymd(str_of(digits, 10), 0) && check_luhn(s);
}

bool national_dk_cpr(struct str s)
{
    return is_dmy(s, 0);
}

bool national_fi_hetu(struct str s)
{
    char digits[9];
    memcpy(digits, s.at, 6);
    memcpy(digits + 6, s.at + s.len - 4, 3);
    struct str n = str_of(digits, 9);
    return check_all_digits(n) && is_dmy(n, 0) && "0123456789ABCDEFHJKLMNPRSTUVWXY"[number(n, 0, 9) % 31] == s.at[s.len - 1];
}

bool national_no_fnr(struct str s)
{
    char digits[11];
    memcpy(digits, s.at, 11);
    if (digits[0] >= '4' && digits[0] <= '7')
        digits[0] = (char)(digits[0] - 4); /* a D-number */
    unsigned one = 11 - check_weighted(s, "376189452") % 11, two = 11 - check_weighted(s, "5432765432") % 11;
    return is_dmy(str_of(digits, 11), 0) && (one == 11 ? 0 : one) == digit(s, 9) && (two == 11 ? 0 : two) == digit(s, 10);
}

bool national_ee_code(struct str s)
{
    unsigned check = check_weighted(s, "1234567891") % 11;
    if (check == 10)
        check = check_weighted(s, "3456789123") % 11 % 10;
    return s.at[0] >= '1' && s.at[0] <= '8' && is_ymd(s, 1) && check == digit(s, 10);
}

/* Since 2017 they begin with 32 to 39 and tell no date */
bool national_lv_code(struct str s)
{
    return (s.at[0] == '3' && s.at[1] >= '2' ? !all_same(s) : is_dmy(s, 0) && s.at[6] <= '2') &&
           (1 + check_weighted(s, "A584216379")) % 11 % 10 == digit(s, 10);
}

/* ---- Middle and Eastern Europe ---- */

bool national_pl_pesel(struct str s)
{
    unsigned month = check_number(s, 2, 2) % 20;
    return check_date(check_number(s, 0, 2), month, check_number(s, 4, 2)) &&
           (10 - check_weighted(s, "1379137913") % 10) % 10 == digit(s, 10);
}

bool national_pl_nip(struct str s)
{
    return !all_same(s) && check_weighted(s, "657234567") % 11 == digit(s, 9);
}

bool national_cz_rc(struct str s)
{
    unsigned month = check_number(s, 2, 2);
    month = month > 70 ? month - 70 : month > 50 ? month - 50 : month > 20 ? month - 20 : month;
    return check_date(check_number(s, 0, 2), month, check_number(s, 4, 2)) && (s.len == 9 || number(s, 0, 10) % 11 == 0);
}

bool national_bg_egn(struct str s)
{
    unsigned month = check_number(s, 2, 2);
    month = month > 40 ? month - 40 : month > 20 ? month - 20 : month;
    return check_date(check_number(s, 0, 2), month, check_number(s, 4, 2)) &&
           (check_number(s, 0, 1) * 2 + digit(s, 1) * 4 + digit(s, 2) * 8 + digit(s, 3) * 5 + digit(s, 4) * 10 + digit(s, 5) * 9 +
            digit(s, 6) * 7 + digit(s, 7) * 3 + digit(s, 8) * 6) % 11 % 10 == digit(s, 9);
}

bool national_hr_oib(struct str s)
{
    return !all_same(s) && iso_11_10(s);
}

bool national_hu_tax(struct str s)
{
    unsigned sum = check_weighted(s, "123456789") % 11;
    return s.at[0] == '8' && sum == digit(s, 9);
}

/* Of the health insurance */
bool national_hu_taj(struct str s)
{
    return !all_same(s) && check_weighted(s, "37373737") % 10 == digit(s, 8);
}

bool national_gr_amka(struct str s)
{
    return is_dmy(s, 0) && check_luhn(s);
}

bool national_ru_snils(struct str s)
{
    unsigned sum = check_weighted(s, "987654321") % 101;
    return !all_same(s) && (sum == 100 ? 0 : sum) == check_number(s, 9, 2);
}

bool national_ru_inn(struct str s)
{
    return !all_same(s) && check_weighted(s, "724A359468") % 11 % 10 == digit(s, 10) &&
           check_weighted(s, "3724A359468") % 11 % 10 == digit(s, 11);
}

/* JMBG, JMB, EMBG, EMŠO: the day, the year without its thousand, the region, a number among those of one day */
bool national_jmbg(struct str s)
{
    unsigned check = 11 - check_weighted(s, "765432765432") % 11;
    return check_date(check_number(s, 4, 3) % 100, check_number(s, 2, 2), check_number(s, 0, 2)) && (check == 11 ? 0 : check) == digit(s, 12);
}

/* The weight of the first is -1, which is ten modulo eleven; the first five are the days since the end of 1899 */
bool national_ua_rnokpp(struct str s)
{
    return !all_same(s) && check_weighted(s, "A57946A57") % 11 % 10 == digit(s, 9);
}

/* The seventh is the century and the sex, 0 for foreigners; with a rest of ten the weights go on by two */
bool national_kz_iin(struct str s)
{
    unsigned check = check_weighted(s, "123456789A0") % 11;
    if (check == 10)
        check = check_weighted(s, "3456789A012") % 11;
    return is_ymd(s, 0) && s.at[6] <= '6' && check == digit(s, 11);
}

bool national_tr_id(struct str s)
{
    unsigned odd = digit(s, 0) + digit(s, 2) + digit(s, 4) + digit(s, 6) + digit(s, 8);
    unsigned even = digit(s, 1) + digit(s, 3) + digit(s, 5) + digit(s, 7), sum = 0;
    for (size_t i = 0; i < 10; i++)
        sum += digit(s, i);
    return s.at[0] != '0' && (odd * 7 + 100 - even) % 10 == digit(s, 9) && sum % 10 == digit(s, 10);
}

/* ---- Asia, Africa, Oceania ---- */

bool national_in_aadhaar(struct str s)
{
    return s.at[0] >= '2' && !all_same(s) && check_verhoeff(s);
}

bool national_in_pan(struct str s)
{
    return memchr("ABCFGHLJPTE", s.at[3], 11) != NULL && check_number(s, 5, 4) > 0;
}

bool national_cn_id(struct str s)
{
    static const unsigned char WEIGHTS[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
    unsigned sum = 0, region = check_number(s, 0, 2);
    for (size_t i = 0; i < 17; i++)
        sum += digit(s, i) * WEIGHTS[i];
    return region >= 11 && region <= 83 && check_date(check_number(s, 6, 4), check_number(s, 10, 2), check_number(s, 12, 2)) &&
           "10X98765432"[sum % 11] == s.at[17];
}

/* Numbers given since October 2020 have no check digit any more */
bool national_kr_rrn(struct str s)
{
    return is_ymd(s, 0) && s.at[6] >= '1' && s.at[6] <= '8';
}

bool national_jp_number(struct str s)
{
    unsigned rest = check_weighted(s, "65432765432") % 11;
    return !all_same(s) && (rest <= 1 ? 0 : 11 - rest) == digit(s, 11);
}

bool national_tw_id(struct str s)
{
    static const unsigned char CODES[] = { 10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33 };
    unsigned code = CODES[s.at[0] - 'A'];
    unsigned sum = code / 10 + code % 10 * 9 + check_weighted(str_from(s, 1), "876543211");
    return (s.at[1] == '1' || s.at[1] == '2' || s.at[1] == '8' || s.at[1] == '9') && sum % 10 == 0;
}

bool national_sg_nric(struct str s)
{
    unsigned sum = check_weighted(str_from(s, 1), "2765432");
    char kind = s.at[0];
    sum += kind == 'T' || kind == 'G' ? 4 : kind == 'M' ? 3 : 0;
    const char *letters = kind == 'S' || kind == 'T' ? "JZIHGFEDCBA" : kind == 'M' ? "KLJNPQRTUWX" : "XWUTRQPNMLK";
    unsigned at = kind == 'M' ? 10 - sum % 11 : sum % 11;
    return letters[at] == s.at[8];
}

bool national_hk_id(struct str s)
{
    unsigned sum = s.len == 8 ? 36 * 9 : 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned value = ascii_is_digit(s.at[i]) ? digit(s, i) : (unsigned)(s.at[i] - 'A') + 10;
        sum += value * (unsigned)(s.len - i);
    }
    return sum % 11 == 0;
}

bool national_au_tfn(struct str s)
{
    return !all_same(s) && (check_weighted(s, "14375869") + digit(s, 8) * 10) % 11 == 0;
}

bool national_au_medicare(struct str s)
{
    return s.at[0] >= '2' && s.at[0] <= '6' && check_weighted(s, "13791379") % 10 == digit(s, 8);
}

bool national_nz_ird(struct str s)
{
    char nine[9];
    nine[0] = '0';
    memcpy(nine + 9 - s.len, s.at, s.len);
    struct str n = str_of(nine, 9);
    unsigned rest = check_weighted(n, "32765432") % 11, check = rest ? 11 - rest : 0;
    if (check == 10) {
        rest = check_weighted(n, "74325276") % 11;
        check = rest ? 11 - rest : 0;
    }
    return number(n, 0, 9) >= 10000000 && number(n, 0, 9) <= 150000000 && check == digit(n, 8);
}

bool national_za_id(struct str s)
{
    return is_ymd(s, 0) && s.at[10] <= '2' && check_luhn(s);
}

bool national_il_id(struct str s)
{
    unsigned sum = 0;
    for (size_t i = 0; i < 9; i++) {
        unsigned product = digit(s, i) * (i & 1 ? 2 : 1);
        sum += product > 9 ? product - 9 : product;
    }
    return !all_same(s) && sum % 10 == 0;
}

/* Weights from 13 down to 2, modulo eleven */
bool national_th_id(struct str s)
{
    return !all_same(s) && (11 - check_weighted(s, "210A98765432") % 11) % 10 == digit(s, 12);
}

/* No check digit: the date and the place of birth */
bool national_my_ic(struct str s)
{
    unsigned place = check_number(s, 6, 2);
    bool is_place = place && place != 17 && place != 18 && place != 19 && place != 20 && place != 69 && place != 70 && place != 73 &&
                    place != 80 && place != 81 && place < 94;
    return is_ymd(s, 0) && (is_place || place >= 98);
}

/* No check digit: province, regency, district, date of birth (forty more for women), a number that is never zero */
bool national_id_nik(struct str s)
{
    unsigned province = check_number(s, 0, 2), day = check_number(s, 6, 2);
    return province >= 11 && province <= 97 && check_number(s, 2, 2) && check_number(s, 12, 4) &&
           check_date(check_number(s, 10, 2), check_number(s, 8, 2), day > 40 ? day - 40 : day);
}

/* Emirates ID: 784, the year of birth, seven digits, Luhn */
bool national_ae_id(struct str s)
{
    unsigned year = check_number(s, 3, 4);
    return year >= 1900 && year < 2100 && check_luhn(s);
}
