/* personal.c - the kinds of personal data, and the rows by which they are found. What has no check digit needs its words nearby. */
#include "filters/detect/checks.h"
#include "filters/detect/national.h"
#include "filters/detect/near.h"
#include "filters/detect/personal_parts.h"

const char *const PERSONAL_KINDS[] = { "email", "phone", "card", "iban", "bank_account", "national_id", "passport", "driver_licence",
                                       "ip", "device", "wallet", "name", "birth_date", "address", NULL };

const char *const PERSONAL_COUNTRIES[] = {
    "ar", "at", "au", "be", "bg", "br", "ca", "ch", "cl", "cn", "cz", "de", "dk", "ee", "es", "fi", "fr", "gb", "gr", "hk", "hr", "hu",
    "ie", "il", "in", "it", "jp", "kr", "mx", "nl", "no", "nz", "pl", "pt", "ro", "ru", "se", "sg", "tr", "tw", "us", "za", NULL,
};

/* ---- national numbers: the rule, and for the weak ones what they are called ---- */

enum { NUMBER_MAX = 24 };

static bool holds(struct str text, size_t start, size_t end, national_fn *rule)
{
    char compact[NUMBER_MAX];
    size_t n = near_compact(text, start, end, compact, sizeof compact);
    for (size_t i = 0; i < n; i++)
        compact[i] = is_lower(compact[i]) ? (char)(compact[i] - 32) : compact[i];
    return n && rule(str_of(compact, n));
}

static bool stands(struct str text, size_t start, size_t end)
{
    return near_begins(text, start) && near_ends(text, end) && !near_is_part_of_number(text, start, end) &&
           !(start > 0 && memchr("-/", text.at[start - 1], 2)) && !(end < text.len && memchr("-/", text.at[end], 2) &&
           end + 1 < text.len && is_alnum(text.at[end + 1]));
}

#define ALONE(rule)                                                                                                                  \
    static bool rule##_alone(struct str text, size_t *start, size_t *end)                                                            \
    {                                                                                                                                \
        return stands(text, *start, *end) && holds(text, *start, *end, rule);                                                        \
    }
#define SAID(rule, words)                                                                                                            \
    static bool rule##_said(struct str text, size_t *start, size_t *end)                                                             \
    {                                                                                                                                \
        return stands(text, *start, *end) && holds(text, *start, *end, rule) && near_before(text, *start, words);                    \
    }

ALONE(national_us_ssn)
SAID(national_us_ssn, "ssn|social security|social security number|social|soc sec|ss#|ss #|ssn#")
ALONE(national_us_itin)
ALONE(national_us_mbi)
SAID(national_us_npi, "npi|national provider|provider identifier")
SAID(national_us_routing, "routing|routing number|aba|rtn|transit|wire")
SAID(national_ca_sin, "sin|social insurance|nas|assurance sociale")
ALONE(national_gb_nino)
SAID(national_gb_nhs, "nhs|nhs number|national health|health service")
SAID(national_de_tax, "steuer|steuer-id|steuerid|steuer-idnr|steueridentifikationsnummer|steuerliche|idnr|tin|tax|tax id|steuernummer|"
                      "identifikationsnummer")
ALONE(national_de_pension)
ALONE(national_fr_nir)
ALONE(national_es_dni)
ALONE(national_it_fiscal)
SAID(national_nl_bsn, "bsn|burgerservicenummer|sofinummer|sofi|burger service|citizen service")
ALONE(national_be_nrn)
ALONE(national_pl_pesel)
SAID(national_pl_nip, "nip|numer identyfikacji podatkowej")
ALONE(national_se_pn)
SAID(national_se_pn, "personnummer|person number|personal number|samordningsnummer|personal identity|pnr")
ALONE(national_dk_cpr)
SAID(national_dk_cpr, "cpr|cpr-nr|cpr-nummer|cpr nummer|personnummer|cpr number")
ALONE(national_fi_hetu)
ALONE(national_no_fnr)
ALONE(national_ch_ahv)
SAID(national_at_svnr, "svnr|sozialversicherungsnummer|sv-nummer|sv-nr|versicherungsnummer|sozialversicherung|social insurance|"
                       "social security")
SAID(national_pt_nif, "nif|contribuinte|número de contribuinte|numero de contribuinte|fiscal|tax")
SAID(national_ie_pps, "pps|ppsn|pps number|personal public service")
ALONE(national_br_cpf)
SAID(national_br_cpf, "cpf|cadastro de pessoas")
ALONE(national_in_aadhaar)
SAID(national_in_aadhaar, "aadhaar|aadhar|uid|uidai|आधार")
ALONE(national_in_pan)
ALONE(national_cn_id)
ALONE(national_kr_rrn)
SAID(national_jp_number, "my number|mynumber|マイナンバー|個人番号|individual number")
ALONE(national_tw_id)
ALONE(national_sg_nric)
ALONE(national_hk_id)
SAID(national_hk_id, "hkid|hong kong id|identity card|身份證|身份证|id card")
SAID(national_au_tfn, "tfn|tax file|tax file number")
SAID(national_au_medicare, "medicare|medicare card|medicare number")
SAID(national_nz_ird, "ird|ird number|inland revenue")
ALONE(national_za_id)
ALONE(national_tr_id)
SAID(national_il_id, "teudat zehut|israeli id|identity number|id number|תעודת זהות|ת.ז|ת\"ז|t.z")
ALONE(national_mx_curp)
ALONE(national_ar_cuil)
ALONE(national_cl_rut)
ALONE(national_cz_rc)
ALONE(national_ro_cnp)
SAID(national_bg_egn, "egn|егн|ЕГН|единен граждански номер|personal number|uniform civil")
SAID(national_hr_oib, "oib|osobni identifikacijski broj")
SAID(national_ee_code, "isikukood|personal code|asmens kodas|personal identification|id code|personal id")
ALONE(national_gr_amka)
ALONE(national_ru_snils)
SAID(national_ru_inn, "inn|инн|ИНН|taxpayer")
SAID(national_hu_tax, "adóazonosító|adóazonosító jel|tax|adoazonosito")

/* ---- expressions that several rows have ---- */

#define LETTER     "(?:[A-Za-z]|[^\\x00-\\x7f])"
#define NAME       LETTER "(?:[A-Za-z.' -]|[^\\x00-\\x7f]){1,40}"
#define WORD       "(?:[A-Z]|[^\\x00-\\x7f])(?:[A-Za-z0-9.'-]|[^\\x00-\\x7f]){0,24}"
#define MONTH                                                                                                                        \
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|"               \
    "nov(?:ember)?|dec(?:ember)?)\\.?"
#define PHONE_REST "[0-9 ().\\-/]{4,22}[0-9](?: ?(?:x|ext\\.? ?|#) ?[0-9]{1,6})?"
#define UNIT       "(?:[,\\n ]{1,3}(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Building|#)\\.? ?[A-Za-z0-9-]{1,6}){0,2}"
#define CITY       "(?:[,\\n ]{1,3}" WORD "(?: " WORD "){0,2}[,\\n ]{1,4}[A-Z]{2,3}[\\n ,]{1,3}[0-9]{4,5}(?:-[0-9]{4})?)?"
#define TOWN       "(?:,? {1,2}(?:[A-Z]{1,2}-)?[0-9]{4,5} " WORD "(?: " WORD ")?)?"

#define NATIONAL(name, land, expression_, rule, how, shape_)                                                                         \
    { { name, "national_id", expression_, true, rule##_##how }, land, "NATIONAL_ID", FAKE_CLASS, shape_, rule }

/* ---- the rows: of two that begin at the same place with the same length the first is told ---- */

const struct sensitive PERSONAL_ROWS[] = {
    { { "email", "email", "\\b[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{1,120}\\.[A-Za-z]{2,24}", false, personal_email },
      NULL, "EMAIL", FAKE_EMAIL, NULL, NULL },
    { { "card", "card", "\\b[0-9](?:[ -]?[0-9]){11,18}", false, personal_card }, NULL, "CARD", FAKE_CLASS, "======", check_card },
    { { "iban", "iban", "\\b[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,31}", false, personal_iban }, NULL, "IBAN", FAKE_CLASS, "==cc",
      check_iban },

    NATIONAL("us-ssn", "us", "\\b[0-9]{3}-[0-9]{2}-[0-9]{4}\\b", national_us_ssn, alone, NULL),
    NATIONAL("us-ssn-said", "us", "\\b[0-9]{3}[ .]?[0-9]{2}[ .]?[0-9]{4}\\b", national_us_ssn, said, NULL),
    NATIONAL("us-itin", "us", "\\b9[0-9]{2}-[0-9]{2}-[0-9]{4}\\b", national_us_itin, alone, "=##=="),
    NATIONAL("us-mbi", "us", "\\b[1-9][A-Z][A-Z0-9][0-9]-?[A-Z][A-Z0-9][0-9]-?[A-Z]{2}[0-9]{2}\\b", national_us_mbi, alone, NULL),
    NATIONAL("us-npi", "us", "\\b[12][0-9]{9}\\b", national_us_npi, said, "=########c"),
    NATIONAL("ca-sin", "ca", "\\b[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}\\b", national_ca_sin, said, "########c"),
    NATIONAL("gb-nino", "gb", "\\b[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]\\b", national_gb_nino, alone, "########="),
    NATIONAL("gb-nhs", "gb", "\\b[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}\\b", national_gb_nhs, said, "#########c"),
    NATIONAL("ie-pps", "ie", "\\b[0-9]{7}[A-W][A-IW]?\\b", national_ie_pps, said, "#######c="),
    NATIONAL("de-tax", "de", "\\b[1-9][0-9](?: ?[0-9]{3}){3}\\b", national_de_tax, said, NULL),
    NATIONAL("de-pension", "de", "\\b[0-9]{2} ?[0-9]{6} ?[A-Z] ?[0-9]{3}\\b", national_de_pension, alone, "##DDMM##@##c"),
    NATIONAL("at-svnr", "at", "\\b[1-9][0-9]{3}[ -]?[0-9]{6}\\b", national_at_svnr, said, "###cDDMM##"),
    NATIONAL("ch-ahv", "ch", "\\b756[. ]?[0-9]{4}[. ]?[0-9]{4}[. ]?[0-9]{2}\\b", national_ch_ahv, alone, "===#########c"),
    NATIONAL("fr-nir", "fr", "\\b[123478] ?[0-9]{2} ?[0-9]{2} ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}\\b", national_fr_nir,
             alone, "=##MM==######cc"),
    NATIONAL("es-dni", "es", "\\b[0-9]{8}-?[A-Z]\\b", national_es_dni, alone, "########c"),
    NATIONAL("es-nie", "es", "\\b[XYZ]-?[0-9]{7}-?[A-Z]\\b", national_es_dni, alone, "=#######c"),
    NATIONAL("it-fiscal", "it", "\\b[A-Z]{6}[0-9]{2}[ABCDEHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]\\b", national_it_fiscal, alone,
             "########=DD@###c"),
    NATIONAL("nl-bsn", "nl", "\\b[0-9]{4}[. ]?[0-9]{2}[. ]?[0-9]{3}\\b", national_nl_bsn, said, "########c"),
    NATIONAL("be-nrn", "be", "\\b[0-9]{2}\\.[0-9]{2}\\.[0-9]{2}-[0-9]{3}\\.[0-9]{2}\\b", national_be_nrn, alone, "##MMDD###cc"),
    NATIONAL("pt-nif", "pt", "\\b[0-9]{3} ?[0-9]{3} ?[0-9]{3}\\b", national_pt_nif, said, "=#######c"),
    NATIONAL("br-cpf", "br", "\\b[0-9]{3}\\.[0-9]{3}\\.[0-9]{3}-[0-9]{2}\\b", national_br_cpf, alone, "#########cc"),
    NATIONAL("br-cpf-said", "br", "\\b[0-9]{11}\\b", national_br_cpf, said, "#########cc"),
    NATIONAL("ar-cuil", "ar", "\\b2[0347]-[0-9]{8}-[0-9]\\b", national_ar_cuil, alone, "==########c"),
    NATIONAL("cl-rut", "cl", "\\b[0-9]{1,2}\\.[0-9]{3}\\.[0-9]{3}-[0-9K]\\b", national_cl_rut, alone, NULL),
    NATIONAL("mx-curp", "mx", "\\b[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[A-Z0-9][0-9]\\b", national_mx_curp, alone, "######MMDD=@@@@@#c"),
    NATIONAL("se-personnummer", "se", "\\b(?:19|20)?[0-9]{6}[-+][0-9]{4}\\b", national_se_pn, alone, NULL),
    NATIONAL("se-personnummer-said", "se", "\\b(?:19|20)?[0-9]{6}[0-9]{4}\\b", national_se_pn, said, NULL),
    NATIONAL("dk-cpr", "dk", "\\b[0-9]{6}-[0-9]{4}\\b", national_dk_cpr, alone, "DDMM######"),
    NATIONAL("dk-cpr-said", "dk", "\\b[0-9]{6} ?[0-9]{4}\\b", national_dk_cpr, said, "DDMM######"),
    { { "fi-hetu", "national_id", "\\b[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y]\\b", true, national_fi_hetu_alone }, "fi", "NATIONAL_ID", FAKE_CLASS,
      NULL, national_fi_hetu },
    NATIONAL("no-fnr", "no", "\\b[0-9]{6} ?[0-9]{5}\\b", national_no_fnr, alone, "DDMM#####cc"),
    NATIONAL("ee-code", "ee", "\\b[1-8][0-9]{10}\\b", national_ee_code, said, "=##MMDD###c"),
    NATIONAL("pl-pesel", "pl", "\\b[0-9]{11}\\b", national_pl_pesel, alone, "##MMDD####c"),
    NATIONAL("pl-nip", "pl", "\\b[0-9]{3}-?[0-9]{3}-?[0-9]{2}-?[0-9]{2}\\b", national_pl_nip, said, "#########c"),
    NATIONAL("cz-rc", "cz", "\\b[0-9]{6}/[0-9]{3,4}\\b", national_cz_rc, alone, "##MMDD####"),
    NATIONAL("ro-cnp", "ro", "\\b[1-9][0-9]{12}\\b", national_ro_cnp, alone, "=##MMDD#####c"),
    NATIONAL("bg-egn", "bg", "\\b[0-9]{10}\\b", national_bg_egn, said, "##MMDD###c"),
    NATIONAL("hr-oib", "hr", "\\b[0-9]{11}\\b", national_hr_oib, said, "##########c"),
    NATIONAL("hu-tax", "hu", "\\b8[0-9]{9}\\b", national_hu_tax, said, "=########c"),
    NATIONAL("gr-amka", "gr", "\\b[0-3][0-9][01][0-9]{8}\\b", national_gr_amka, alone, "DDMM######c"),
    NATIONAL("ru-snils", "ru", "\\b[0-9]{3}-[0-9]{3}-[0-9]{3} [0-9]{2}\\b", national_ru_snils, alone, "#########cc"),
    NATIONAL("ru-inn", "ru", "\\b[0-9]{12}\\b", national_ru_inn, said, "##########cc"),
    NATIONAL("tr-id", "tr", "\\b[1-9][0-9]{10}\\b", national_tr_id, alone, "#########cc"),
    NATIONAL("in-aadhaar", "in", "\\b[2-9][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}\\b", national_in_aadhaar, alone, "=##########c"),
    NATIONAL("in-aadhaar-said", "in", "\\b[2-9][0-9]{11}\\b", national_in_aadhaar, said, "=##########c"),
    { { "in-pan", "national_id", "\\b[A-Z]{5}[0-9]{4}[A-Z]\\b", false, national_in_pan_alone }, "in", "NATIONAL_ID", FAKE_CLASS, "@@@=@####@",
      national_in_pan },
    NATIONAL("cn-id", "cn", "\\b[1-8][0-9]{16}[0-9X]\\b", national_cn_id, alone, "==####==##MMDD###c"),
    NATIONAL("kr-rrn", "kr", "\\b[0-9]{6}-[1-8][0-9]{6}\\b", national_kr_rrn, alone, "##MMDD=######"),
    NATIONAL("jp-number", "jp", "\\b[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}\\b", national_jp_number, said, "###########c"),
    { { "tw-id", "national_id", "\\b[A-Z][1289][0-9]{8}\\b", false, national_tw_id_alone }, "tw", "NATIONAL_ID", FAKE_CLASS, "@=#######c",
      national_tw_id },
    { { "sg-nric", "national_id", "\\b[STFGM][0-9]{7}[A-Z]\\b", false, national_sg_nric_alone }, "sg", "NATIONAL_ID", FAKE_CLASS, "=#######c",
      national_sg_nric },
    { { "hk-id", "national_id", "\\b[A-Z]{1,2}[0-9]{6}\\([0-9A]\\)", false, national_hk_id_alone }, "hk", "NATIONAL_ID", FAKE_CLASS, NULL,
      national_hk_id },
    NATIONAL("hk-id-said", "hk", "\\b[A-Z]{1,2}[0-9]{6}[0-9A]\\b", national_hk_id, said, NULL),
    NATIONAL("au-tfn", "au", "\\b[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}\\b", national_au_tfn, said, "########c"),
    NATIONAL("au-medicare", "au", "\\b[2-6][0-9]{3}[ -]?[0-9]{5}[ -]?[0-9](?:[ /-]?[0-9])?\\b", national_au_medicare, said, "=#######c#"),
    NATIONAL("nz-ird", "nz", "\\b[0-9]{2,3}-?[0-9]{3}-?[0-9]{3}\\b", national_nz_ird, said, "==######c"),
    NATIONAL("za-id", "za", "\\b[0-9]{6} ?[0-9]{4} ?[0-2][0-9]{2}\\b", national_za_id, alone, "##MMDD####==c"),
    NATIONAL("il-id", "il", "\\b[0-9]{9}\\b", national_il_id, said, "########c"),

    { { "routing-number", "bank_account", "\\b[0-9]{9}\\b", false, national_us_routing_said }, "us", "ROUTING_NUMBER", FAKE_CLASS, "==######c",
      national_us_routing },
    { { "sort-code", "bank_account", "\\b[0-9]{2}[- ]?[0-9]{2}[- ]?[0-9]{2}\\b", false, personal_sort_code }, "gb", "SORT_CODE", FAKE_CLASS,
      NULL, NULL },
    { { "bic", "bank_account", "\\b[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\\b", false, personal_bic }, NULL, "BIC", FAKE_CLASS, "@@@@==##",
      NULL },
    { { "account-number", "bank_account", "\\b[0-9](?:[ -]?[0-9]){5,16}\\b", false, personal_account }, NULL, "ACCOUNT", FAKE_CLASS, NULL,
      NULL },

    { { "passport", "passport", "\\b[A-Za-z]{0,2}[0-9]{6,9}[A-Za-z]?\\b", false, personal_passport }, NULL, "PASSPORT", FAKE_CLASS, NULL,
      NULL },
    { { "driver-licence", "driver_licence", "\\b[A-Za-z]{0,5}[0-9][A-Za-z0-9]{1,4}(?:[ -]?[A-Za-z0-9]{1,8}){1,4}\\b", false,
        personal_licence },
      NULL, "DRIVER_LICENCE", FAKE_CLASS, NULL, NULL },

    { { "ip4", "ip", "\\b[0-9]{1,3}(?:\\.[0-9]{1,3}){3}\\b", false, personal_ip4 }, NULL, "IP", FAKE_IP, NULL, NULL },
    { { "ip6", "ip", "\\b[0-9A-Fa-f]{1,4}:(?:[0-9A-Fa-f]{0,4}:){1,6}(?:[0-9A-Fa-f]{0,4}|[0-9]{1,3}(?:\\.[0-9]{1,3}){3})", false, personal_ip6 },
      NULL, "IP", FAKE_IP, NULL, NULL },
    { { "mac", "device", "\\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}\\b", false, personal_mac }, NULL, "MAC", FAKE_CLASS, "==", NULL },
    { { "imei", "device", "\\b[0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{6}[ -]?[0-9]\\b", false, personal_imei }, NULL, "IMEI", FAKE_CLASS,
      "==============c", check_luhn },

    { { "bitcoin", "wallet", "\\b[13][1-9A-HJ-NP-Za-km-z]{25,34}\\b", false, personal_base58 }, NULL, "WALLET", FAKE_LABEL, NULL, NULL },
    { { "bitcoin-bech32", "wallet", "\\bbc1[02-9ac-hj-np-z]{11,71}\\b", true, personal_bech32 }, NULL, "WALLET", FAKE_LABEL, NULL, NULL },
    { { "ethereum", "wallet", "\\b0x[0-9a-fA-F]{40}\\b", false, personal_ether }, NULL, "WALLET", FAKE_CLASS, "==", NULL },

    { { "birth-date", "birth_date",
        "\\b(?:[0-9]{1,2}[/.-] ?[0-9]{1,2}[/.-] ?(?:(?:18|19|20)[0-9]{2}|[0-9]{2})|(?:18|19|20)[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|"
        "[0-9]{1,2}(?:st|nd|rd|th|\\.)? (?:of )?" MONTH ",? (?:18|19|20)[0-9]{2}|" MONTH " [0-9]{1,2}(?:st|nd|rd|th)?,? "
        "(?:18|19|20)[0-9]{2})\\b",
        true, personal_birth_date },
      NULL, "BIRTH_DATE", FAKE_DATE, NULL, NULL },

    { { "phone-abroad", "phone", "(?:\\+|\\b00)[1-9]" PHONE_REST, false, personal_phone_abroad }, NULL, "PHONE", FAKE_CLASS, "=====", NULL },
    { { "phone-america", "phone", "(?:\\b|\\()[0-9]" PHONE_REST, false, personal_phone_america }, "us", "PHONE", FAKE_CLASS, "===", NULL },
    { { "phone-trunk", "phone", "(?:\\b|\\()0" PHONE_REST, false, personal_phone_trunk }, NULL, "PHONE", FAKE_CLASS, "===", NULL },
    { { "phone-mobile", "phone", "(?:\\b|\\()[0-9]" PHONE_REST, false, personal_phone_mobile }, NULL, "PHONE", FAKE_CLASS, "===", NULL },
    { { "phone-said", "phone", "(?:\\b|\\()[0-9]" PHONE_REST, false, personal_phone_said }, NULL, "PHONE", FAKE_CLASS, "==", NULL },

    { { "name-said", "name",
        "(?:\\b(?:(?:my|his|her|their) (?:full |first |last |maiden |sur)?name(?: is|'s)|names? (?:is|are)|maiden name is|i(?:'m| am) called|"
        "call me|mein name ist|ich hei(?:ss|ß)e|je m'appelle|mon nom est|me llamo|mi nombre es|mi chiamo|il mio nome è|mijn naam is|ik heet|"
        "meu nome é|me chamo|nazywam się|mam na imię|jag heter|mitt namn är|jeg he(?:ter|dder)|mit navn er|nimeni on|jmenuji se|"
        "numele meu este|mă numesc|benim adım|signed by)[ :\"'*]{1,4}|(?:меня зовут|моё имя|мене звати|με λένε) ?|我叫|我的名字(?:是|叫)|"
        "私の名前は|제 이름은 ?)" NAME,
        true, personal_said_name },
      NULL, "NAME", FAKE_NAME, NULL, NULL },
    { { "name-titled", "name",
        "\\b(?:mrs?\\.?|ms\\.?|miss|mister|dr\\.?|prof\\.|professor|sir|dame|lady|herr|frau|monsieur|madame|mademoiselle|mme|señor(?:a|ita)?|"
        "sra?\\.|srta\\.|doña|signora?|sig\\.(?:ra)?|meneer|mevrouw|dhr\\.|mevr\\.|senhora?|pani?|fru|hr\\.|judge|justice|captain|sergeant|"
        "officer|detective|rev\\.|reverend|senator) " NAME,
        true, personal_titled_name },
      NULL, "NAME", FAKE_NAME, NULL, NULL },
    { { "name-labelled", "name",
        "\\b(?:(?:(?:full|first|last|customer|client|patient|contact|employee|applicant|holder|user|tenant|candidate|sender|recipient)[ _-]?|_)?"
        "name|surname|nombre|nom|naam|vorname|nachname|cardholder|account holder|attn|patient|nome|cognome|imię i nazwisko)[\"'*]{0,3} ?[:=] {0,8}"
        "\\n?[\"'*]{0,3} ?" NAME,
        true, personal_labelled_name },
      NULL, "NAME", FAKE_NAME, NULL, NULL },
    { { "name-greeted", "name",
        "\\b(?:(?:dear|hi|hello|hey|lieber?|hallo|cher|chère|bonjour|hola|estimad[oa]|querid[oa]|ciao|car[oa]|beste|olá|prezad[oa]) |"
        "(?:(?:(?:best|kind|warm|kindest|warmest) ?)?regards|sincerely|yours (?:truly|sincerely|faithfully)|many thanks|best wishes|cheers|"
        "mit freundlichen grüßen|viele grüße|cordialement|saludos|atentamente|cordiali saluti|met vriendelijke groet),?"
        "(?:(?:\\r?\\n|\\\\n) ?){1,3})" NAME,
        true, personal_greeted_name },
      NULL, "NAME", FAKE_NAME, NULL, NULL },

    { { "street-number-first", "address",
        "\\b[0-9]{1,6}[A-Za-z]?,? (?:[NSEW]\\.? )?(?:(?:[A-Z0-9]|[^\\x00-\\x7f])(?:[A-Za-z0-9'.-]|[^\\x00-\\x7f]){0,24} ){1,4}"
        "(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq|Terrace|Parkway|Pkwy|Highway|Hwy|"
        "Circle|Cir|Trail|Crescent|Close|Gardens|Grove|Row|Walk|Mews|Turnpike|Pike|Hill)\\b\\.?(?: [NSEW][EW]?\\b)?" UNIT CITY,
        false, personal_street },
      NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "street-french", "address",
        "\\b[0-9]{1,4}(?: ?bis| ?ter)?,? (?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Bb]d|[Pp]lace|[Cc]hemin|[Ii]mpasse|[Aa]llée|[Qq]uai|[Cc]ours|[Rr]oute) "
        "(?:(?:de|du|des|la|le|les) |[ld]'){0,3}" WORD "(?:[ -]" WORD "){0,3}" TOWN,
        false, personal_street },
      NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "street-romance", "address",
        "\\b(?:Calle|C/|Avenida|Avda\\.?|Plaza|Paseo|Carrer|Via|Viale|Piazza|Corso|Vicolo|Rua|Travessa|Praça|Largo|[Uu]l\\.|Ulica|Aleja|Strada|"
        "Bulevardul|Calea) (?:(?:de|del|la|las|los|el|da|do|dos|dei|della|delle|di|d') ?){0,3}" WORD "(?: (?:(?:de|da|do|del|di|y|e) )?" WORD
        "){0,4},? (?:n(?:\\.|º|°)? ?|no\\. ?)?[0-9]{1,4}[A-Za-z]?\\b" TOWN,
        false, personal_street },
      NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "street-germanic", "address",
        "\\b(?:[A-Z]|[^\\x00-\\x7f])(?:[a-z-]|[^\\x00-\\x7f]){0,20}(?:stra(?:ß|ss)e|str\\.|weg|platz|allee|gasse|damm|ufer|straat|"
        "laan|plein|gracht|kade|dijk|singel|gatan|vägen|gata|vegen|veien|gate|gade|vej|katu|kuja|polku|gränd) [0-9]{1,4} ?[a-zA-Z]?\\b" UNIT TOWN,
        false, personal_street },
      NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "street-hungarian", "address",
        "\\b" WORD "(?: " WORD ")? (?:utca|út|u\\.|tér|körút|ulice|náměstí) [0-9]{1,4}\\b" TOWN, false, personal_street },
      NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "address-said", "address", "\\baddress(?: is|:)[ \\t\\n]{1,8}[\"'*]{0,2}(?:[A-Z0-9]|[^\\x00-\\x7f])[^\\n]{8,90}", true,
        personal_said_address },
      NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "military-address", "address",
        "\\b(?:PSC|Unit|CMR) [0-9]{1,5},? [Bb](?:ox|OX) [0-9]{1,5}(?:[,\\n ]{1,3}(?:APO|FPO|DPO),? (?:AA|AE|AP) [0-9]{5})?", false, personal_box },
      "us", "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "po-box", "address", "\\bP\\.? ?O\\.? ?Box [0-9]{1,6}" CITY, false, personal_box }, NULL, "ADDRESS", FAKE_ADDRESS, NULL, NULL },
    { { "gb-postcode", "address",
        "\\b(?:[A-Z][0-9]{1,2}|[A-Z][A-HJ-Y][0-9]{1,2}|[A-Z][0-9][A-Z]|[A-Z][A-HJ-Y][0-9][A-Z]) [0-9][ABD-HJLNP-UW-Z]{2}\\b", false,
        personal_postcode },
      "gb", "POSTCODE", FAKE_CLASS, NULL, NULL },
    { { NULL, NULL, NULL, false, NULL }, NULL, NULL, FAKE_LABEL, NULL, NULL },
};
