/* personal.c - the kinds of personal data, and the rows by which they are found. What has no check digit needs its words nearby. */
#include "filters/detect/checks.h"
#include "filters/detect/national.h"
#include "filters/detect/near.h"
#include "filters/detect/personal_parts.h"
#include "filters/detect/personal_words.def"

const char *const PERSONAL_KINDS[] = { "email", "phone", "card", "iban", "bank_account", "national_id", "passport", "driver_licence",
                                       "ip", "device", "wallet", "name", "birth_date", "address", NULL };

const char *const PERSONAL_COUNTRIES[] = {
    "ae", "ar", "at", "au", "ba", "be", "bg", "br", "ca", "ch", "cl", "cn", "co", "cz", "de", "dk", "ec", "ee", "es", "fi", "fr",
    "gb", "gr", "hk", "hr", "hu", "id", "ie", "il", "in", "it", "jp", "kr", "kz", "lv", "me", "mk", "mx", "my", "nl", "no", "nz",
    "pl", "pt", "ro", "rs", "ru", "se", "sg", "si", "th", "tr", "tw", "ua", "us", "za", NULL,
};

/* ---- national numbers: the rule, and for the weak ones what they are called ---- */

enum { NUMBER_MAX = 24 };

static bool holds(struct str text, size_t start, size_t end, national_fn *rule)
{
    char compact[NUMBER_MAX];
    size_t n = near_compact(text, start, end, compact, sizeof compact);
    for (size_t i = 0; i < n; i++)
        compact[i] = ascii_is_lower(compact[i]) ? (char)(compact[i] - 32) : compact[i];
    return n && rule(str_of(compact, n));
}

static bool stands(struct str text, size_t start, size_t end)
{
    return near_begins(text, start) && near_ends(text, end) && !near_is_part_of_number(text, start, end) &&
           !(start > 0 && memchr("-/", text.at[start - 1], 2)) && !(end < text.len && memchr("-/", text.at[end], 2) &&
           end + 1 < text.len && ascii_is_alnum(text.at[end + 1]));
}

#define RULE(rule)                                                                                                                  \
    static bool rule##_holds(struct str text, size_t *start, size_t *end)                                                            \
    {                                                                                                                                \
        return holds(text, *start, *end, rule) && stands(text, *start, *end);                                                        \
    }
/* Of so many digits, which are mostly written without anything between them: lists of numbers ask about each. */
#define RULE_OF_DIGITS(rule, digits)                                                                                                 \
    static bool rule##_holds(struct str text, size_t *start, size_t *end)                                                            \
    {                                                                                                                                \
        bool is = *end - *start == (digits) ? rule(str_of(text.at + *start, digits)) : holds(text, *start, *end, rule);              \
        return is && stands(text, *start, *end);                                                                                     \
    }

/* That begin with a day of birth, YYMMDD or DDMMYY, to which 60 may be added; so do few numbers. */
#define RULE_OF_DAY(rule, year, day)                                                                                                 \
    static bool rule##_holds(struct str text, size_t *start, size_t *end)                                                            \
    {                                                                                                                                \
        struct str s = str_of(text.at + *start, 6);                                                                                  \
        bool may = *end - *start != 11 || check_date(check_number(s, year, 2), check_number(s, 2, 2), check_number(s, day, 2) % 60); \
        return may && holds(text, *start, *end, rule) && stands(text, *start, *end);                                                 \
    }

RULE(national_us_ssn)
RULE(national_us_ssn_named)
RULE(national_us_itin)
RULE(national_us_mbi)
RULE(national_us_npi)
RULE(national_us_routing)
RULE(national_ca_sin)
RULE(national_gb_nino)
RULE(national_gb_nhs)
RULE(national_de_tax)
RULE(national_de_pension)
RULE(national_fr_nir)
RULE(national_es_dni)
RULE(national_it_fiscal)
RULE(national_nl_bsn)
RULE(national_be_nrn)
RULE_OF_DIGITS(national_pl_pesel, 11)
RULE(national_pl_nip)
RULE_OF_DAY(national_se_pn, 0, 4)
RULE_OF_DAY(national_dk_cpr, 4, 0)
RULE_OF_DAY(national_fi_hetu, 4, 0)
RULE_OF_DIGITS(national_no_fnr, 11)
RULE(national_ch_ahv)
RULE(national_at_svnr)
RULE(national_pt_nif)
RULE(national_ie_pps)
RULE_OF_DIGITS(national_br_cpf, 11)
RULE(national_in_aadhaar)
RULE(national_in_pan)
RULE(national_cn_id)
RULE(national_kr_rrn)
RULE(national_jp_number)
RULE(national_tw_id)
RULE(national_sg_nric)
RULE(national_hk_id)
RULE(national_au_tfn)
RULE(national_au_medicare)
RULE(national_nz_ird)
RULE(national_za_id)
RULE_OF_DIGITS(national_tr_id, 11)
RULE(national_il_id)
RULE(national_mx_curp)
RULE(national_ar_cuil)
RULE(national_cl_rut)
RULE(national_cz_rc)
RULE_OF_DIGITS(national_ro_cnp, 13)
RULE(national_bg_egn)
RULE(national_hr_oib)
RULE(national_ee_code)
RULE_OF_DIGITS(national_gr_amka, 11)
RULE(national_ru_snils)
RULE(national_ru_inn)
RULE(national_hu_tax)
RULE(national_hu_taj)
RULE(national_ar_dni)
RULE(national_mx_rfc)
RULE(national_lv_code)
RULE_OF_DIGITS(national_jmbg, 13)
RULE(national_ua_rnokpp)
RULE(national_kz_iin)
RULE(national_th_id)
RULE(national_my_ic)
RULE(national_id_nik)
RULE(national_ae_id)
RULE(national_ec_cedula)
RULE(national_co_cc)
RULE(national_co_nit)

/* ---- expressions that several rows have ---- */

#define LETTER     "(?:[A-Za-z]|[^\\x00-\\x7f])"
#define NAME       LETTER "(?:[A-Za-z.' -]|[^\\x00-\\x7f]){1,40}"
#define LATER      "(?:[A-Za-z0-9.'-]|[^\\x00-\\x7f]){0,24}"
#define WORD       "(?:[A-Z]|[^\\x00-\\x7f])" LATER
/* At the beginning of a word; for \\b a letter beyond ASCII is none. */
#define CAPITAL    "(?:\\b[A-Z]|\\B(?:Á|Ä|Å|Æ|Č|É|Í|Ł|Ó|Ö|Ø|Ś|Š|Ú|Ü|Ž))"
#define DOMAIN     "(?:[A-Za-z0-9]|[^\\x00-\\x7f])(?:[A-Za-z0-9.-]|[^\\x00-\\x7f]){0,120}\\.(?:[A-Za-z]|[^\\x00-\\x7f]){2,24}"
#define MONTH                                                                                                                        \
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|"               \
    "nov(?:ember)?|dec(?:ember)?|janv(?:ier)?|févr(?:ier)?|mars|avr(?:il)?|mai|juin|juil(?:let)?|août|septembre|octobre|"              \
    "novembre|décembre|januar|februar|märz|juni|juli|okt(?:ober)?|dez(?:ember)?)\\.?"
#define ISSUER     "(?:18|2[0-7]|[3-6][0-9]|8[12]|97)" /* how cards begin */
#define GAP        "[ .\\-/]{1,2}"
#define EXTENSION  "(?: ?(?:x|ext\\.? ?|#) ?[0-9]{1,6})?"
#define PHONE_REST "[0-9 ().\\-/]{4,22}[0-9]" EXTENSION
#define LICENCE_GROUP "[A-Za-z]{0,3}[0-9][A-Za-z0-9]{0,7}"
#define GERMAN     "[CFGHJKLMNPRTVWXYZ0-9]" /* of passports and identity cards */
#define UNIT       "(?:[,\\n ]{1,3}(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Building|#)\\.? ?[A-Za-z0-9-]{1,6}){0,2}"
#define CITY       "(?:[,\\n ]{1,3}" WORD "(?: " WORD "){0,2}[,\\n ]{1,4}[A-Z]{2,3}[\\n ,]{1,3}[0-9]{4,5}(?:-[0-9]{4})?)?"
#define TOWN       "(?:,? {1,2}(?:[A-Z]{1,2}-)?[0-9]{4,5} " WORD "(?: " WORD ")?)?"

#define NATIONAL(name, land, expression_, rule, words_, shape_)                                                                      \
    { { name, "national_id", expression_, true, rule##_holds, words_, 0, BEHIND_NO_POINT }, land, "NATIONAL_ID", FAKE_CLASS, shape_, rule }

/* Of the states that were Yugoslavia, told apart by the region behind day, month and the last three digits of the year. */
#define JMBG(name, land, region)                                                                                                      \
    NATIONAL(name, land, "\\b[0-3][0-9][01][0-9](?:9[0-9]{2}|0[0-3][0-9])" region "[0-9]{5}\\b", national_jmbg, NULL, "DDMM=====###c")

/* ---- the rows: of two that begin at the same place with the same length the first is told ---- */

const struct sensitive PERSONAL_ROWS[] = {
    { { "email", "email", "\\b[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@" DOMAIN, false, personal_email, NULL, 64, BEHIND_ANYTHING }, NULL, "EMAIL", FAKE_EMAIL, NULL, NULL },
    { { "card", "card",
        "\\b" ISSUER "(?:[0-9]{10,17}|[0-9]{2}(?:(?:[ .-][0-9]{4}){2,3}|[ -][0-9]{6}[ -][0-9]{4,5}|(?:[ -][0-9]{4}){2,3}[ -][0-9]{1,3}))\\b", false,
        personal_card, NULL, 0, BEHIND_NO_POINT }, NULL, "CARD", FAKE_CLASS, "======", check_card },
    { { "iban", "iban", "\\b[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,31}", false, personal_iban, NULL, 0, BEHIND_ANYTHING }, NULL, "IBAN", FAKE_CLASS, "==cc",
      check_iban },

    NATIONAL("us-ssn", "us", "\\b[0-9]{3}-[0-9]{2}-[0-9]{4}\\b", national_us_ssn, NULL, NULL),
    NATIONAL("us-ssn-said", "us", "\\b[0-9]{3}[ .]?[0-9]{2}[ .]?[0-9]{4}\\b", national_us_ssn, SAID_US_SSN, NULL),
    NATIONAL("us-itin", "us", "\\b9[0-9]{2}-[0-9]{2}-[0-9]{4}\\b", national_us_itin, NULL, "=##=="),
    /* mistyped, or one that is known from advertisements: whoever names it so has written down a person's number */
    NATIONAL("us-ssn-named", "us", "\\b[0-9]{3}-[0-9]{2}-[0-9]{4}\\b", national_us_ssn_named, SAID_US_SSN, NULL),
    NATIONAL("us-mbi", "us", "\\b[1-9][A-Z][A-Z0-9][0-9]-?[A-Z][A-Z0-9][0-9]-?[A-Z]{2}[0-9]{2}\\b", national_us_mbi, NULL, NULL),
    NATIONAL("us-npi", "us", "\\b[12][0-9]{9}\\b", national_us_npi, SAID_US_NPI, "=########c"),
    NATIONAL("ca-sin", "ca", "\\b[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}\\b", national_ca_sin, SAID_CA_SIN, "########c"),
    NATIONAL("gb-nino", "gb", "\\b[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]\\b", national_gb_nino, NULL, "########="),
    NATIONAL("gb-nhs", "gb", "\\b[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}\\b", national_gb_nhs, SAID_GB_NHS, "#########c"),
    NATIONAL("ie-pps", "ie", "\\b[0-9]{7}[A-W][A-IW]?\\b", national_ie_pps, SAID_IE_PPS, "#######c="),
    NATIONAL("de-tax", "de", "\\b[1-9][0-9](?: ?[0-9]{3}){3}\\b", national_de_tax, SAID_DE_TAX, NULL),
    NATIONAL("de-pension", "de", "\\b[0-9]{2} ?[0-9]{6} ?[A-Z] ?[0-9]{3}\\b", national_de_pension, NULL, "##DDMM##@##c"),
    NATIONAL("at-svnr", "at", "\\b[1-9][0-9]{3}[ -]?[0-9]{6}\\b", national_at_svnr, SAID_AT_SVNR, "###cDDMM##"),
    NATIONAL("ch-ahv", "ch", "\\b756[. ]?[0-9]{4}[. ]?[0-9]{4}[. ]?[0-9]{2}\\b", national_ch_ahv, NULL, "===#########c"),
    NATIONAL("fr-nir", "fr", "\\b[123478] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}\\b", national_fr_nir, NULL, "=##MM==######cc"),
    NATIONAL("es-dni", "es", "\\b[0-9]{8}-?[A-Z]\\b", national_es_dni, NULL, "########c"),
    NATIONAL("es-nie", "es", "\\b[XYZ]-?[0-9]{7}-?[A-Z]\\b", national_es_dni, NULL, "=#######c"),
    NATIONAL("it-fiscal", "it", "\\b[A-Z]{6}[0-9]{2}[ABCDEHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]\\b", national_it_fiscal, NULL,
             "########=DD@###c"),
    NATIONAL("nl-bsn", "nl", "\\b[0-9]{4}[. ]?[0-9]{2}[. ]?[0-9]{3}\\b", national_nl_bsn, SAID_NL_BSN, "########c"),
    NATIONAL("be-nrn", "be", "\\b[0-9]{2}\\.[0-9]{2}\\.[0-9]{2}-[0-9]{3}\\.[0-9]{2}\\b", national_be_nrn, NULL, "##MMDD###cc"),
    NATIONAL("be-nrn-said", "be", "\\b[0-9]{2}[. ]?[0-9]{2}[. ]?[0-9]{2}[ -]?[0-9]{3}[. ]?[0-9]{2}\\b", national_be_nrn, SAID_BE_NRN, "##MMDD###cc"),
    NATIONAL("pt-nif", "pt", "\\b[0-9]{3} ?[0-9]{3} ?[0-9]{3}\\b", national_pt_nif, SAID_PT_NIF, "=#######c"),
    NATIONAL("br-cpf", "br", "\\b[0-9]{3}\\.[0-9]{3}\\.[0-9]{3}-[0-9]{2}\\b", national_br_cpf, NULL, "#########cc"),
    NATIONAL("br-cpf-said", "br", "\\b[0-9]{11}\\b", national_br_cpf, SAID_BR_CPF, "#########cc"),
    NATIONAL("ar-cuil", "ar", "\\b2[0347]-[0-9]{8}-[0-9]\\b", national_ar_cuil, NULL, "==########c"),
    NATIONAL("ar-cuil-said", "ar", "\\b2[0347] ?[0-9]{8} ?[0-9]\\b", national_ar_cuil, SAID_AR_CUIL, "==########c"),
    NATIONAL("ar-dni-said", "ar", "\\b[1-9][0-9]?\\.[0-9]{3}\\.[0-9]{3}\\b", national_ar_dni, SAID_AR_DNI, NULL),
    NATIONAL("cl-rut", "cl", "\\b[0-9]{1,2}\\.[0-9]{3}\\.[0-9]{3}-[0-9K]\\b", national_cl_rut, NULL, NULL),
    NATIONAL("ec-cedula", "ec", "\\b[0-3][0-9]{8}-?[0-9]\\b", national_ec_cedula, SAID_EC_CEDULA, "==#######c"),
    NATIONAL("co-cc", "co", "\\b[0-9]{1,3}(?:[.,]?[0-9]{3}){2,3}\\b", national_co_cc, SAID_CO_CC, NULL),
    NATIONAL("co-nit", "co", "\\b[0-9]{3}\\.?[0-9]{3}\\.?[0-9]{3} ?- ?[0-9]\\b", national_co_nit, SAID_CO_NIT, "#########c"),
    NATIONAL("mx-curp", "mx", "\\b[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[A-Z0-9][0-9]\\b", national_mx_curp, NULL, "######MMDD=@@@@@#c"),
    NATIONAL("mx-rfc-said", "mx", "\\b[A-Z]{4}-?[0-9]{6}-?[A-Z0-9]{2}[0-9A]\\b", national_mx_rfc, SAID_MX_RFC, "######MMDD##="),
    NATIONAL("se-personnummer", "se", "\\b(?:19|20)?[0-9]{6}[-+][0-9]{4}\\b", national_se_pn, NULL, NULL),
    NATIONAL("se-personnummer-said", "se", "\\b(?:19|20)?[0-9]{6}[0-9]{4}\\b", national_se_pn, SAID_SE_PN, NULL),
    NATIONAL("dk-cpr", "dk", "\\b[0-9]{6}-[0-9]{4}\\b", national_dk_cpr, NULL, "DDMM######"),
    NATIONAL("dk-cpr-said", "dk", "\\b[0-9]{6} ?[0-9]{4}\\b", national_dk_cpr, SAID_DK_CPR, "DDMM######"),
    { { "fi-hetu", "national_id", "\\b[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y]\\b", true, national_fi_hetu_holds, NULL, 0, BEHIND_NO_POINT }, "fi", "NATIONAL_ID", FAKE_CLASS,
      NULL, national_fi_hetu },
    NATIONAL("no-fnr", "no", "\\b[0-9]{6} ?[0-9]{5}\\b", national_no_fnr, NULL, "DDMM#####cc"),
    NATIONAL("ee-code", "ee", "\\b[1-8][0-9]{10}\\b", national_ee_code, SAID_EE_CODE, "=##MMDD###c"),
    NATIONAL("pl-pesel", "pl", "\\b[0-9]{11}\\b", national_pl_pesel, NULL, "##MMDD####c"),
    NATIONAL("pl-nip", "pl", "\\b[0-9]{3}-?[0-9]{3}-?[0-9]{2}-?[0-9]{2}\\b", national_pl_nip, SAID_PL_NIP, "#########c"),
    NATIONAL("cz-rc", "cz", "\\b[0-9]{6}/[0-9]{3,4}\\b", national_cz_rc, NULL, "##MMDD####"),
    NATIONAL("cz-rc-said", "cz", "\\b[0-9]{6} ?[0-9]{3,4}\\b", national_cz_rc, SAID_CZ_RC, "##MMDD####"),
    NATIONAL("ro-cnp", "ro", "\\b[1-9][0-9]{12}\\b", national_ro_cnp, NULL, "=##MMDD#####c"),
    NATIONAL("bg-egn", "bg", "\\b[0-9]{10}\\b", national_bg_egn, SAID_BG_EGN, "##MMDD###c"),
    NATIONAL("hr-oib", "hr", "\\b[0-9]{11}\\b", national_hr_oib, SAID_HR_OIB, "##########c"),
    NATIONAL("hu-tax", "hu", "\\b8[0-9]{9}\\b", national_hu_tax, SAID_HU_TAX, "=########c"),
    NATIONAL("hu-taj", "hu", "\\b[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}\\b", national_hu_taj, SAID_HU_TAJ, "########c"),
    NATIONAL("gr-amka", "gr", "\\b[0-3][0-9][01][0-9]{8}\\b", national_gr_amka, NULL, "DDMM######c"),
    NATIONAL("ru-snils", "ru", "\\b[0-9]{3}-[0-9]{3}-[0-9]{3} [0-9]{2}\\b", national_ru_snils, NULL, "#########cc"),
    NATIONAL("ru-inn", "ru", "\\b[0-9]{12}\\b", national_ru_inn, SAID_RU_INN, "##########cc"),
    NATIONAL("lv-code", "lv", "\\b[0-3][0-9]{5}-[0-9]{5}\\b", national_lv_code, NULL, "DDMM######c"),
    NATIONAL("lv-code-said", "lv", "\\b[0-3][0-9]{10}\\b", national_lv_code, SAID_LV_CODE, "DDMM######c"),
    JMBG("rs-jmbg", "rs", "[7-9]"),
    JMBG("mk-embg", "mk", "4"),
    JMBG("ba-jmb", "ba", "1"),
    JMBG("me-jmbg", "me", "2"),
    JMBG("si-emso", "si", "5"),
    NATIONAL("ua-rnokpp", "ua", "\\b[0-9]{10}\\b", national_ua_rnokpp, SAID_UA_RNOKPP, "#########c"),
    NATIONAL("kz-iin", "kz", "\\b[0-9]{12}\\b", national_kz_iin, SAID_KZ_IIN, "##MMDD=####c"),
    NATIONAL("tr-id", "tr", "\\b[1-9][0-9]{10}\\b", national_tr_id, NULL, "#########cc"),
    /* not behind another number: rows of groups of four would be asked about at each */
    { { "in-aadhaar", "national_id", "\\b[2-9][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}\\b", false, national_in_aadhaar_holds, NULL, 0, BEHIND_NO_NUMBER }, "in", "NATIONAL_ID",
      FAKE_CLASS, "=##########c", national_in_aadhaar },
    NATIONAL("in-aadhaar-said", "in", "\\b[2-9][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}\\b", national_in_aadhaar, SAID_IN_AADHAAR, "=##########c"),
    { { "in-pan", "national_id", "\\b[A-Z]{5}[0-9]{4}[A-Z]\\b", false, national_in_pan_holds, NULL, 0, BEHIND_ANYTHING }, "in", "NATIONAL_ID", FAKE_CLASS, "@@@=@####@",
      national_in_pan },
    NATIONAL("cn-id", "cn", "\\b[1-8][0-9]{16}[0-9X]\\b", national_cn_id, NULL, "==####==##MMDD###c"),
    NATIONAL("kr-rrn", "kr", "\\b[0-9]{6}-[1-8][0-9]{6}\\b", national_kr_rrn, NULL, "##MMDD=######"),
    NATIONAL("jp-number", "jp", "\\b[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}\\b", national_jp_number, SAID_JP_NUMBER, "###########c"),
    { { "tw-id", "national_id", "\\b[A-Z][1289][0-9]{8}\\b", false, national_tw_id_holds, NULL, 0, BEHIND_ANYTHING }, "tw", "NATIONAL_ID", FAKE_CLASS, "@=#######c",
      national_tw_id },
    { { "sg-nric", "national_id", "\\b[STFGM][0-9]{7}[A-Z]\\b", false, national_sg_nric_holds, NULL, 0, BEHIND_ANYTHING }, "sg", "NATIONAL_ID", FAKE_CLASS, "=#######c",
      national_sg_nric },
    { { "hk-id", "national_id", "\\b[A-Z]{1,2}[0-9]{6}\\([0-9A]\\)", false, national_hk_id_holds, NULL, 0, BEHIND_ANYTHING }, "hk", "NATIONAL_ID", FAKE_CLASS, NULL,
      national_hk_id },
    NATIONAL("hk-id-said", "hk", "\\b[A-Z]{1,2}[0-9]{6}[0-9A]\\b", national_hk_id, SAID_HK_ID, NULL),
    NATIONAL("th-id", "th", "\\b[1-8][ -][0-9]{4}[ -][0-9]{5}[ -][0-9]{2}[ -][0-9]\\b", national_th_id, NULL, "############c"),
    NATIONAL("th-id-said", "th", "\\b[1-8][0-9]{12}\\b", national_th_id, SAID_TH_ID, "############c"),
    NATIONAL("my-ic", "my", "\\b[0-9]{6}-[0-9]{2}-[0-9]{4}\\b", national_my_ic, NULL, "##MMDD==####"),
    NATIONAL("my-ic-said", "my", "\\b[0-9]{6} ?[0-9]{2} ?[0-9]{4}\\b", national_my_ic, SAID_MY_IC, "##MMDD==####"),
    NATIONAL("id-nik", "id", "\\b[1-9][0-9]{5}[ .-]?[0-9]{6}[ .-]?[0-9]{4}\\b", national_id_nik, SAID_ID_NIK, "======DDMM######"),
    NATIONAL("ae-id", "ae", "\\b784-?[0-9]{4}-?[0-9]{7}-?[0-9]\\b", national_ae_id, NULL, "=======#######c"),
    NATIONAL("ae-id-said", "ae", "\\b784 [0-9]{4} [0-9]{7} [0-9]\\b", national_ae_id, SAID_AE_ID, "=======#######c"),
    NATIONAL("au-tfn", "au", "\\b[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}\\b", national_au_tfn, SAID_AU_TFN, "########c"),
    NATIONAL("au-medicare", "au", "\\b[2-6][0-9]{3}[ -]?[0-9]{5}[ -]?[0-9](?:[ /-]?[0-9])?\\b", national_au_medicare, SAID_AU_MEDICARE, "=#######c#"),
    NATIONAL("nz-ird", "nz", "\\b[0-9]{2,3}-?[0-9]{3}-?[0-9]{3}\\b", national_nz_ird, SAID_NZ_IRD, "==######c"),
    NATIONAL("za-id", "za", "\\b[0-9]{6} ?[0-9]{4} ?[0-2][0-9]{2}\\b", national_za_id, NULL, "##MMDD####==c"),
    NATIONAL("il-id", "il", "\\b[0-9]{9}\\b", national_il_id, SAID_IL_ID, "########c"),

    { { "routing-number", "bank_account", "\\b[0-9]{9}\\b", false, national_us_routing_holds, SAID_US_ROUTING, 0, BEHIND_ANYTHING }, "us", "ROUTING_NUMBER", FAKE_CLASS, "==######c",
      national_us_routing },
    { { "sort-code", "bank_account", "\\b[0-9]{2}[- ]?[0-9]{2}[- ]?[0-9]{2}\\b", false, personal_sort_code, SAID_SORT_CODE, 0, BEHIND_ANYTHING }, "gb", "SORT_CODE", FAKE_CLASS,
      NULL, NULL },
    { { "bic", "bank_account", "\\b[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\\b", false, personal_bic, SAID_BIC, 0, BEHIND_ANYTHING }, NULL, "BIC", FAKE_CLASS, "@@@@==##",
      NULL },
    { { "account-number", "bank_account", "\\b[0-9](?:[ -]?[0-9]){5,16}\\b", false, personal_account, SAID_ACCOUNT, 0, BEHIND_ANYTHING }, NULL, "ACCOUNT", FAKE_CLASS, NULL,
      NULL },

    { { "passport", "passport", "\\b(?:[A-Za-z]{0,2}[0-9]{6,9}[A-Za-z]?|[0-9]{2}[A-Za-z]{2}[0-9]{5}|" GERMAN "{9})\\b", false, personal_passport, SAID_PASSPORT, 0, BEHIND_ANYTHING }, NULL, "PASSPORT", FAKE_CLASS, NULL,
      NULL },
    { { "driver-licence", "driver_licence", "\\b[A-Za-z]{0,5}[0-9](?:[A-Za-z0-9]{3,4}(?:[ -]?" LICENCE_GROUP "){1,4}|[A-Za-z0-9]{1,2}[ -]" LICENCE_GROUP
        "(?:[ -]?" LICENCE_GROUP "){0,3})\\b", false,
        personal_licence, SAID_LICENCE, 0, BEHIND_ANYTHING },
      NULL, "DRIVER_LICENCE", FAKE_CLASS, NULL, NULL },

    { { "ip4", "ip", "\\b[0-9]{1,3}(?:\\.[0-9]{1,3}){3}\\b", false, personal_ip4, NULL, 0, BEHIND_NO_POINT }, NULL, "IP", FAKE_IP, NULL, NULL },
    { { "ip6", "ip", "\\b[0-9A-Fa-f]{1,4}:(?:[0-9A-Fa-f]{0,4}:){1,6}(?:[0-9A-Fa-f]{0,4}|[0-9]{1,3}(?:\\.[0-9]{1,3}){3})", false, personal_ip6, NULL, 0, BEHIND_NO_COLON },
      NULL, "IP", FAKE_IP, NULL, NULL },
    { { "mac", "device", "\\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}\\b", false, personal_mac, NULL, 0, BEHIND_NO_COLON }, NULL, "MAC", FAKE_CLASS, "==", NULL },
    { { "mac-dotted", "device", "\\b[0-9A-Fa-f]{4}\\.[0-9A-Fa-f]{4}\\.[0-9A-Fa-f]{4}\\b", false, personal_mac_dotted, "mac|hardware|arp|interface|ethernet", 0, BEHIND_ANYTHING },
      NULL, "MAC", FAKE_CLASS, "==", NULL },
    { { "imei", "device", "\\b[0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{6}[ -]?[0-9]\\b", false, personal_imei, "imei", 0, BEHIND_ANYTHING }, NULL, "IMEI", FAKE_CLASS,
      "==============c", check_luhn },

    { { "bitcoin", "wallet", "\\b[13][1-9A-HJ-NP-Za-km-z]{25,34}\\b", false, personal_base58, NULL, 0, BEHIND_ANYTHING }, NULL, "WALLET", FAKE_LABEL, NULL, NULL },
    { { "bitcoin-bech32", "wallet", "\\bbc1[02-9ac-hj-np-z]{11,71}\\b", true, personal_bech32, NULL, 0, BEHIND_ANYTHING }, NULL, "WALLET", FAKE_LABEL, NULL, NULL },
    { { "ethereum", "wallet", "\\b0x[0-9a-fA-F]{40}\\b", false, personal_ether, NULL, 0, BEHIND_ANYTHING }, NULL, "WALLET", FAKE_CLASS, "==", NULL },

    { { "birth-date", "birth_date",
        "\\b(?:[0-9]{1,2}[/.-] ?[0-9]{1,2}[/.-] ?(?:(?:18|19|20)[0-9]{2}|[0-9]{2})|(?:18|19|20)[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|"
        "[0-9]{1,2}(?:st|nd|rd|th|\\.)? (?:of )?" MONTH ",? (?:18|19|20)[0-9]{2}|" MONTH " [0-9]{1,2}(?:st|nd|rd|th)?,? "
        "(?:18|19|20)[0-9]{2})\\b|\\b(?:18|19|20)[0-9]{2} ?年 ?[0-9]{1,2} ?月 ?[0-9]{1,2} ?日",
        true, personal_birth_date, SAID_BIRTH, 0, BEHIND_ANYTHING },
      NULL, "BIRTH_DATE", FAKE_DATE, NULL, NULL },

    { { "phone-abroad", "phone", "(?:\\+|\\b00)[1-9]" PHONE_REST, false, personal_phone_abroad, NULL, 0, BEHIND_NO_NUMBER }, NULL, "PHONE", FAKE_CLASS, "=====", NULL },
    { { "phone-america", "phone",
        "(?:\\b1[ .-]{1,2}\\(?|\\b|\\()[2-9][0-9]{2}[ )./-]{1,3}[2-9][0-9]{2}[ ./-]{1,3}[0-9]{4}" EXTENSION, false, personal_phone_america, NULL, 0, BEHIND_NO_NUMBER }, "us", "PHONE", FAKE_CLASS, "===", NULL },
    { { "phone-trunk", "phone", "(?:\\b|\\()0" PHONE_REST, false, personal_phone_trunk, NULL, 0, BEHIND_NO_NUMBER }, NULL, "PHONE", FAKE_CLASS, "===", NULL },
    { { "phone-mobile", "phone",
        "\\b[6-9][0-9]{4}" GAP "[0-9]{5}\\b|\\b1[3-9][0-9]" GAP "[0-9]{4}" GAP "[0-9]{4}\\b|\\b[6-9][0-9]{2}(?:" GAP "[0-9]{2}){3}\\b|"
        "\\([0-9]{2}\\) {0,2}[0-9]{4,5}" GAP "[0-9]{4}\\b|\\b8[ (./-]{1,2}[0-9]{3}[ )./-]{1,2}[0-9]{3}" GAP "[0-9]{2}" GAP "[0-9]{2}\\b", false, personal_phone_mobile, NULL, 0, BEHIND_NO_NUMBER }, NULL, "PHONE", FAKE_CLASS, "===", NULL },
    { { "phone-said", "phone", "(?:\\b|\\()[0-9]" PHONE_REST, false, personal_phone_said, PHONE_NEAR, 0, BEHIND_ANYTHING }, NULL, "PHONE", FAKE_CLASS, "==",
      NULL },
    { { "phone-said", "phone", "(?:\\b|\\()[0-9]" PHONE_REST, false, personal_phone_called, PHONE_CLOSE, 0, BEHIND_ANYTHING }, NULL, "PHONE", FAKE_CLASS,
      "==", NULL },

    { { "name-said", "name",
        "(?:\\b(?:(?:my|his|her|their) (?:full |first |last |maiden |sur)?name(?: is|'s)|names? (?:is|are)|maiden name is|i(?:'m| am) called|"
        "call me|mein name ist|ich hei(?:ss|ß)e|je m'appelle|mon nom est|me llamo|mi nombre es|mi chiamo|il mio nome è|mijn naam is|ik heet|"
        "meu nome é|me chamo|nazywam się|mam na imię|jag heter|mitt namn är|jeg he(?:ter|dder)|mit navn er|nimeni on|jmenuji se|"
        "numele meu este|mă numesc|benim adım|signed by)[ :\"'*]{1,4}|(?:(?:М|м)еня зовут|(?:М|м)оё имя|(?:М|м)ене звати|με λένε) ?|我叫|我的名字(?:是|叫)|"
        "私の名前は|제 이름은 ?)" NAME,
        true, personal_said_name, NULL, 0, BEHIND_ANYTHING },
      NULL, "NAME", FAKE_NAME, NULL, NULL },
    { { "name-titled", "name",
        "\\b(?:mrs?\\.?|ms\\.?|miss|mister|dr\\.?|prof\\.|professor|sir|dame|lady|herr|frau|monsieur|madame|mademoiselle|mme|señor(?:a|ita)?|"
        "sra?\\.|srta\\.|doña|signora?|sig\\.(?:ra)?|meneer|mevrouw|dhr\\.|mevr\\.|senhora?|pani?|fru|hr\\.|judge|justice|captain|sergeant|"
        "officer|detective|rev\\.|reverend|senator) " NAME,
        true, personal_titled_name, NULL, 0, BEHIND_ANYTHING },
      NULL, "NAME", FAKE_NAME, NULL, NULL },
    { { "name-labelled", "name",
        "\\b(?:(?:(?:full|first|last|customer|client|patient|contact|employee|applicant|holder|user|tenant|candidate|sender|recipient)[ _-]?|_)?"
        "name|surname|nombre|nom|naam|vorname|nachname|cardholder|account holder|attn|patient|nome|cognome|imię i nazwisko)[\\\\\"'*]{0,4} ?[:=] {0,8}"
        "\\r{0,4}\\n?[\\\\\"'*]{0,4} ?" NAME,
        true, personal_labelled_name, NULL, 0, BEHIND_ANYTHING },
      NULL, "NAME", FAKE_NAME, NULL, NULL },
    { { "name-greeted", "name",
        "\\b(?:(?:dear|hi|hello|hey|lieber?|hallo|cher|chère|bonjour|hola|estimad[oa]|querid[oa]|ciao|car[oa]|beste|olá|prezad[oa]) |"
        "(?:(?:(?:best|kind|warm|kindest|warmest) ?)?regards|sincerely|yours (?:truly|sincerely|faithfully)|many thanks|best wishes|cheers|"
        "mit freundlichen grüßen|viele grüße|cordialement|saludos|atentamente|cordiali saluti|met vriendelijke groet),?"
        "(?:\\r{0,4}\\n ?){1,3})" NAME,
        true, personal_greeted_name, NULL, 0, BEHIND_ANYTHING },
      NULL, "NAME", FAKE_NAME, NULL, NULL },

    { { "street-number-first", "address",
        "\\b[0-9]{1,6}[A-Za-z]?,? (?:[NSEW]\\.? )?(?:(?:(?:[A-Z]|[^\\x00-\\x7f])(?:[A-Za-z0-9'.-]|[^\\x00-\\x7f]){0,24}|[0-9]{1,3}(?:st|nd|rd|th)) ){1,4}"
        "(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Terrace|Parkway|Pkwy|Highway|Hwy|"
        "Circle|Cir|Trail|Crescent|Close|Gardens|Grove|Row|Walk|Mews|Turnpike|Pike|Hill)\\b\\.?(?: [NSEW][EW]?\\b)?" UNIT CITY,
        false, personal_street, NULL, 0, BEHIND_ANYTHING },
      NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "street-french", "address",
        "\\b[0-9]{1,4}(?: ?bis| ?ter)?,? (?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Bb]d|[Pp]lace|[Cc]hemin|[Ii]mpasse|[Aa]llée|[Qq]uai|[Cc]ours|[Rr]oute) "
        "(?:(?:de|du|des|la|le|les) |[ld]'){0,3}" WORD "(?:[ -]" WORD "){0,3}" TOWN,
        false, personal_street, NULL, 0, BEHIND_ANYTHING },
      NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "street-romance", "address",
        "\\b(?:Calle|C/|Avenida|Avda\\.?|Plaza|Paseo|Carrer|Via|Viale|Piazza|Corso|Vicolo|Rua|Travessa|Praça|Largo|[Uu]l\\.|Ulica|Aleja|Strada|"
        "Bulevardul|Calea) (?:(?:de|del|la|las|los|el|da|do|dos|dei|della|delle|di|d') ?){0,3}" WORD "(?: (?:(?:de|da|do|del|di|y|e) )?" WORD
        "){0,4},? (?:n(?:\\.|º|°)? ?|no\\. ?)?[0-9]{1,4}[A-Za-z]?\\b" TOWN,
        false, personal_street, NULL, 0, BEHIND_ANYTHING },
      NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    /* every capital may begin one of these two: what they have at most, in bytes, before the number */
    { { "street-germanic", "address",
        CAPITAL "(?:[a-z-]|[^\\x00-\\x7f]){0,20}(?:stra(?:ß|ss)e|str\\.|weg|platz|allee|gasse|damm|ufer|straat|"
        "laan|plein|gracht|kade|dijk|singel|gatan|vägen|gata|vegen|veien|gate|gade|vej|katu|kuja|polku|gränd) [0-9]{1,4} ?[a-zA-Z]?\\b" UNIT TOWN,
        false, personal_street, NULL, 2 + 20 * 4 + 8, BEFORE_NUMBER },
      NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "street-hungarian", "address",
        CAPITAL LATER "(?: " WORD ")? (?:utca|út|u\\.|tér|körút|ulice|náměstí) [0-9]{1,4}\\b" TOWN, false, personal_street,
        NULL, 2 + 24 * 4 + 1 + 4 + 24 * 4 + 11, BEFORE_NUMBER },
      NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "address-said", "address", "\\baddress(?: is|:)[ \\t\\n]{1,8}[\"'*]{0,2}(?:[A-Z0-9]|[^\\x00-\\x7f])[^\\n]{8,90}", true,
        personal_said_address, NULL, 0, BEHIND_ANYTHING },
      NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "military-address", "address",
        "\\b(?:PSC|Unit|CMR) [0-9]{1,5},? [Bb](?:ox|OX) [0-9]{1,5}(?:[,\\n ]{1,3}(?:APO|FPO|DPO),? (?:AA|AE|AP) [0-9]{5})?", false, personal_box, NULL, 0, BEHIND_ANYTHING },
      "us", "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "po-box", "address", "\\bP\\.? ?O\\.? ?Box [0-9]{1,6}" CITY, false, personal_box, NULL, 0, BEHIND_ANYTHING }, NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "gb-postcode", "address",
        "\\b(?:[A-Z][0-9]{1,2}|[A-Z][A-HJ-Y][0-9]{1,2}|[A-Z][0-9][A-Z]|[A-Z][A-HJ-Y][0-9][A-Z]) [0-9][ABD-HJLNP-UW-Z]{2}\\b", false,
        personal_postcode, NULL, 0, BEHIND_ANYTHING },
      "gb", "POSTCODE", FAKE_CLASS, NULL, NULL },
    { { NULL, NULL, NULL, false, NULL, NULL, 0, BEHIND_ANYTHING }, NULL, NULL, FAKE_LABEL, NULL, NULL },
};
