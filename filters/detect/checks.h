/* checks.h - check digits, over the letters and digits of a number without what separates them. */
#ifndef DETECT_CHECKS_H
#define DETECT_CHECKS_H

#include "proxy/base/str.h"

bool check_luhn(struct str digits);
/* ISO 7064 mod 97-10 of the text with its first four moved to the end, letters as 10…35: IBAN. */
bool check_iban(struct str s);
/* How long those of a country are; 0 when it has none. */
size_t check_iban_length(const char country[2]);
bool check_verhoeff(struct str digits);
/* Sum of digit × weight; weights are one digit each, 'A' is ten. */
unsigned check_weighted(struct str digits, const char *weights);
bool check_all_digits(struct str s);
/* Is it a card's number: length and first digits of an issuer, and Luhn? */
bool check_card(struct str digits);
/* Is there such a day? Years of two digits are any. */
bool check_date(unsigned year, unsigned month, unsigned day);
unsigned check_number(struct str s, size_t at, size_t digits);
/* The six characters that end a token of GitHub: CRC-32 of what stands before them, in base 62. */
void check_github_digits(struct str s, char out[6]);
/* Base58Check and Bech32: wallets. */
bool check_base58(struct str s);
bool check_bech32(struct str s);

#endif
