/* test_sensitive_rows.c - every row finds what it is for, and leaves alone what only looks like it. */
#include "filters/detect/checks.h"
#include "filters/detect/near.h"
#include "filters/detect/sensitive.h"

#include "tests/harness/check.h"
#include "tests/unit/looking.h"
#include "tests/unit/stand_ins.h"

struct row {
    const char *id;   /* NULL: nothing is found */
    const char *text; /* with [[ and ]] around what is */
};

static bool hit[SENSITIVE_ROWS_MAX];

/* Finds exactly what is between the brackets, as that row; and as the same what stands for it. */
static void check_row(struct looking *l, const struct row *row)
{
    char text[8192];
    size_t n = 0, start = 0, stop = 0;
    for (const char *p = row->text; *p; p++) {
        if (p[0] == '[' && p[1] == '[' && !stop) {
            start = n;
            p++;
        } else if (p[0] == ']' && p[1] == ']') {
            stop = n;
            p++;
        } else {
            text[n++] = *p;
        }
    }
    const struct pattern_match *at;
    size_t found;
    if (!CHECK(pattern_set_find(l->set, l->scratch, str_of(text, n), &at, &found)))
        return;
    bool fits = found == (row->id ? 1 : 0);
    if (fits && row->id)
        fits = strcmp(pattern_set_at(l->set, at[0].pattern)->id, row->id) == 0 && at[0].start == start && at[0].end == stop;
    for (size_t i = 0; i < found; i++)
        hit[at[i].pattern] = true;
    if (fits)
        check_stand_ins(l, str_of(text, n));
    if (CHECK(fits))
        return;
    printf("  [%s] wants %s, has", row->text, row->id ? row->id : "nothing");
    for (size_t i = 0; i < found; i++) {
        struct str value = str_of(text + at[i].start, at[i].end - at[i].start);
        printf(" %s[" STR_F "]", pattern_set_at(l->set, at[i].pattern)->id, STR_A(value));
    }
    printf("\n");
}

static void check_all(struct looking *l, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_row(l, &rows[i]);
}

static const struct row PERSONAL[] = {
    { "email", "write to [[john.doe@example.com]]." },
    { "email", "<[[a.b+c@sub.example.co.uk]]>, please" },
    { "email", "{\"to\":\"x\\n[[jane@example.org]]\"}" },
    { NULL, "icon@2x.png and left-pad@1.3.0 and @user" },
    { NULL, "git@github.com:org/repo.git" },
    { NULL, "user@localhost" },
    { "card", "card [[4111 1111 1111 1111]]" },
    { "card", "[[378282246310005]]" },
    { "card", "[[3782-822463-10005]]," },
    { "card", "no. [[5555555555554444]]." },
    { "card", "[[6011000990139424]]" },
    { "card", "17,[[4111111111111111]],2027,123" },
    { "us-ssn", "id,ssn\n17,[[536-90-4399]],4" },
    { "mac-dotted", "MAC address [[001a.2b3c.4d5e]], not 1234.5678.9012" },
    { "ip4", "200,[[92.168.7.33]],404" },
    { NULL, "4111 1111 1111 1112" },
    { NULL, "411111 1111 111111" },
    { NULL, "0.4111111111111111" },
    { NULL, "order 9999999999999995" },
    { NULL, "1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0" },
    { "iban", "to [[DE89 3704 0044 0532 0130 00]] today" },
    { "iban", "[[GB82WEST12345698765432]]" },
    { "iban", "my iban is [[gb82west12345698765432]]" },
    { "iban", "[[FR14 2004 1010 0505 0001 3M02 606]]." },
    { NULL, "DE89 3704 0044 0532 0130 01" },
    { NULL, "GB82WEST1234569876543" },
    { "us-ssn", "ssn: [[536-90-4399]]" },
    { "us-ssn", "[[536-90-4399]]" },
    { "us-ssn-said", "my social security number is [[536904399]]" },
    { "us-ssn-named", "ssn: [[078-05-1120]]" },
    { "us-ssn-named", "{\"ssn\": \"[[666-90-4399]]\"}" },
    { "us-itin", "ssn: [[912-70-1234]]" },
    { NULL, "SSN: 000-00-0000, or SSN: 111-11-1111" },
    { NULL, "000-90-4399 and 666-90-4399 and 536-00-4399" },
    { NULL, "number 536904399" },
    { "us-itin", "ITIN [[912-70-1234]]" },
    { NULL, "912-10-1234" },
    { "us-mbi", "[[1EG4-TE5-MK73]]" },
    { "us-npi", "NPI [[1234567893]]" },
    { NULL, "NPI 1234567894" },
    { "ca-sin", "SIN: [[130 692 544]]" },
    { NULL, "SIN: 130 692 545" },
    { NULL, "130 692 544 pieces" },
    { "gb-nino", "[[AB 12 34 56 C]]" },
    { NULL, "BG 12 34 56 C, AB 12 34 56 E" },
    { "gb-nhs", "NHS number [[943 476 5919]]" },
    { NULL, "NHS number 9434765918" },
    { "ie-pps", "PPS number [[1234567T]]" },
    { NULL, "PPS number 1234567A" },
    { "de-tax", "Steuer-ID [[86 095 742 719]]" },
    { NULL, "Steuer-ID 86 095 742 718" },
    { "de-pension", "[[15 070649 C 103]]" },
    { NULL, "15 070649 C 104" },
    { "at-svnr", "SVNR [[1237 010180]]" },
    { NULL, "SVNR 1238 010180" },
    { "ch-ahv", "[[756.9217.0769.85]]" },
    { NULL, "756.9217.0769.84" },
    { "fr-nir", "[[2 55 08 14 168 025 38]]" },
    { NULL, "2 55 08 14 168 025 39" },
    { "es-dni", "[[12345678Z]]" },
    { NULL, "12345678A" },
    { "es-nie", "[[X1234567L]]" },
    { NULL, "X1234567M" },
    { "it-fiscal", "[[RSSMRA85T10A562S]]" },
    { NULL, "RSSMRA85T10A562T" },
    { "nl-bsn", "BSN [[111222333]]" },
    { NULL, "BSN 111222334" },
    { "be-nrn", "[[85.07.30-033.28]]" },
    { NULL, "85.07.30-033.29" },
    { "pt-nif", "NIF [[123 456 789]]" },
    { NULL, "NIF 123 456 788" },
    { "br-cpf", "[[529.982.247-25]]" },
    { "br-cpf-said", "CPF [[52998224725]]" },
    { NULL, "529.982.247-24" },
    { "ar-cuil", "[[20-05536168-2]]" },
    { NULL, "20-05536168-3" },
    { "cl-rut", "[[30.686.957-4]]" },
    { NULL, "30.686.957-5" },
    { "mx-curp", "[[HEGG560427MVZRRL04]]" },
    { NULL, "HEGG560427MVZRRL05" },
    { "se-personnummer", "[[811228-9874]]" },
    { "se-personnummer-said", "personnummer [[198112289874]]" },
    { NULL, "811228-9875" },
    { "dk-cpr", "[[311299-4285]]" },
    { "dk-cpr-said", "CPR [[0707614285]]" },
    { "fi-hetu", "[[131052-308T]]" },
    { NULL, "131052-308U" },
    { "no-fnr", "[[15108695088]]" },
    { NULL, "15108695080" },
    { "ee-code", "isikukood [[37605030299]]" },
    { NULL, "isikukood 37605030298" },
    { "pl-pesel", "[[44051401359]]" },
    { NULL, "44051401358" },
    { "pl-nip", "NIP [[123-456-32-18]]" },
    { NULL, "NIP 123-456-32-19" },
    { "cz-rc", "[[710319/2745]]" },
    { NULL, "710319/2746" },
    { "ro-cnp", "[[1630615123457]]" },
    { NULL, "1630615123458" },
    { "bg-egn", "EGN [[7523169263]]" },
    { NULL, "EGN 7523169264" },
    { "hr-oib", "OIB [[33392005961]]" },
    { NULL, "OIB 33392005962" },
    { "gr-amka", "[[01013099997]]" },
    { NULL, "01013099998" },
    { "ru-snils", "[[112-233-445 95]]" },
    { NULL, "112-233-445 96" },
    { "ru-inn", "ИНН [[500100732259]]" },
    { NULL, "ИНН 500100732258" },
    { "tr-id", "[[10000000146]]" },
    { NULL, "10000000147" },
    { "hu-tax", "adóazonosító jel: [[8071592153]]" },
    { "birth-date", "né le [[30 juillet 1985]]" },
    { "birth-date", "née le [[2 février 1990]]" },
    { "birth-date", "geboren am [[3. März 1971]]" },
    { NULL, "né le 31 juin 1985" },
    { NULL, "le 30 juillet 1985" },
    { "account-number", "BSB [[062-000]]" },
    { NULL, "part 062-000" },
    { "passport", "passeport n° [[12AB34567]]" },
    { NULL, "pièce n° 12AB34567" },
    { "name-said", "Меня зовут [[Анна Иванова]]" },
    { "name-labelled", "{\"first_name\": \"[[Ingrid]]\", \"age\": 4}" },
    { "name-labelled", "{\"lastName\":\"[[Bergström]]\"}" },
    { "name-labelled", "vorname='[[Klaus]]'" },
    { NULL, "{\"first_name\": \"String\", \"last_name\": \"Required\"}" },
    { NULL, "firstName: Joi.string(), \"surname\": \"Smith & Sons\", \"last_name\": \"varchar\"" },
    { NULL, "\"file_name\": \"Report\"" },
    { "hu-taj", "TAJ szám: [[111 111 110]]" },
    { NULL, "TAJ szám: 111 111 112" },
    { NULL, "item 111 111 110" },
    { "cz-rc-said", "rodné číslo: [[7103192745]]" },
    { NULL, "rodné číslo: 7103192746" },
    { NULL, "item 7103192745" },
    { "be-nrn-said", "NISS [[85073003328]]" },
    { "be-nrn-said", "rijksregisternummer [[85 07 30 033 28]]" },
    { NULL, "NISS 85073003329" },
    { NULL, "item 85073003328" },
    { "ar-cuil-said", "CUIT: [[20267565393]]" },
    { NULL, "CUIT: 20267565394" },
    { NULL, "item 20267565393" },
    { "ar-dni-said", "DNI: [[30.123.456]]" },
    { NULL, "DNI: 33.333.333" },
    { NULL, "population 30.123.456" },
    { "mx-rfc-said", "RFC: [[GODE561231GR8]]" },
    { NULL, "RFC: GODE561331GR8" },
    { NULL, "part GODE561231GR8" },
    { "in-aadhaar", "[[2341 2341 2346]]" },
    { "in-aadhaar-said", "aadhaar [[234123412346]]" },
    { NULL, "2341 2341 2347" },
    { "in-pan", "[[ABCPE1234F]]" },
    { NULL, "ABCDE1234F" },
    { "cn-id", "[[11010519491231002X]]" },
    { NULL, "110105194912310021" },
    { "kr-rrn", "[[971013-1019902]]" },
    { NULL, "971313-1019902" },
    { "jp-number", "マイナンバー [[1234 5678 9018]]" },
    { NULL, "マイナンバー 1234 5678 9019" },
    { "tw-id", "[[A123456789]]" },
    { NULL, "A123456788" },
    { "sg-nric", "[[S1234567D]]" },
    { NULL, "S1234567A" },
    { "hk-id", "[[A123456(3)]]" },
    { "hk-id-said", "HKID [[A1234563]]" },
    { NULL, "A123456(4)" },
    { "au-tfn", "TFN [[123 456 782]]" },
    { NULL, "TFN 123 456 783" },
    { "au-medicare", "Medicare card [[2123 45670 1]]" },
    { NULL, "Medicare card 2123 45671 1" },
    { "nz-ird", "IRD [[49-091-850]]" },
    { NULL, "IRD 49-091-851" },
    { "za-id", "[[9202204720083]]" },
    { NULL, "9202204720082" },
    { "il-id", "Israeli ID [[123456782]]" },
    { NULL, "Israeli ID 123456783" },
    { "lv-code", "[[161175-19997]]" },
    { NULL, "161175-19998" },
    { NULL, "order 25038512345" },
    { "lv-code-said", "personas kods [[25038512345]]" },
    { "lv-code", "[[326789-01230]]" },
    { "rs-jmbg", "[[0101985710008]]" },
    { "mk-embg", "[[0101006450009]]" },
    { "ba-jmb", "[[2412990123407]]" },
    { "me-jmbg", "[[1503977210106]]" },
    { "si-emso", "[[0101006500502]]" },
    { NULL, "0101006500503" },
    { "ua-rnokpp", "РНОКПП [[1759013930]]" },
    { NULL, "РНОКПП 1759013931" },
    { NULL, "order 1759013930" },
    { "kz-iin", "ИИН: [[850123300451]]" },
    { NULL, "ИИН: 850123300452" },
    { NULL, "order 850123300451" },
    { "th-id", "[[1-2345-67890-12-1]]" },
    { "th-id-said", "Thai ID [[1234567890121]]" },
    { NULL, "1-2345-67890-12-2" },
    { "my-ic", "[[880515-14-5678]]" },
    { "my-ic-said", "MyKad [[880515145678]]" },
    { NULL, "881515-14-5678" },
    { NULL, "880515-00-5678" },
    { "id-nik", "NIK: [[3171234506890123]]" },
    { "id-nik", "KTP [[3273015203950001]]" },
    { NULL, "NIK: 3171233306890123" },
    { NULL, "order 3273015203950001" },
    { "ae-id", "[[784-1987-1234567-1]]" },
    { "ae-id", "[[784198712345671]]" },
    { "ae-id-said", "Emirates ID [[784 1987 1234567 1]]" },
    { NULL, "784-1987-1234567-2" },
    { "ec-cedula", "cédula [[1710034065]]" },
    { "ec-cedula", "C.I. [[171003406-5]]" },
    { NULL, "pedido 1710034065" },
    { "co-nit", "NIT [[213.123.432-1]]" },
    { NULL, "NIT 213123432-2" },
    { "co-cc", "cédula de ciudadanía [[52.345.678]]" },
    { NULL, "población 52.345.678" },
    { "routing-number", "routing number [[021000021]]" },
    { NULL, "routing number 021000022" },
    { "sort-code", "sort code [[12-34-56]]" },
    { "bic", "SWIFT code [[DEUTDEFF500]]" },
    { "account-number", "account number [[12345678]]" },
    { NULL, "there are 12345678 of them" },
    { "passport", "passport number [[C01234567]]" },
    { NULL, "part number C01234567" },
    { "driver-licence", "my driver's license number is [[F162-8235-4011]]" },
    { "ip4", "from [[203.0.113.7]]:8080" },
    { NULL, "version 1.2.3.4, 127.0.0.1, 256.1.1.1, 1.2.3.4.5" },
    { "ip6", "[[2001:db8::8a2e:370:7334]]" },
    { NULL, "12:30:45, std::dead, ::1" },
    { "mac", "[[00:1b:44:11:3a:b7]]" },
    { NULL, "ff:ff:ff:ff:ff:ff" },
    { "imei", "IMEI [[49-015420-323751-8]]" },
    { "bitcoin", "[[1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa]]" },
    { NULL, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb" },
    { "bitcoin-bech32", "[[bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4]]" },
    { NULL, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5" },
    { "ethereum", "[[0x52908400098527886E0F7030069857D2E4169EE7]]" },
    { NULL, "0x0000000000000000000000000000000000000000" },
    { "birth-date", "born on [[12/05/1980]]" },
    { "birth-date", "DOB: [[1980-05-12]]" },
    { "birth-date", "her birthday is [[May 12th, 1980]]" },
    { NULL, "founded on 12/05/1980" },
    { NULL, "born on 45/45/1980" },
    { "phone-abroad", "[[+49 30 901820]]" },
    { "phone-abroad", "[[+1-984-182-0190]]" },
    { "phone-abroad", "[[+46 (0)8 928 571 38]]" },
    { "phone-abroad", "[[0049 30 901820]]" },
    { NULL, "+0123456789" },
    { "phone-america", "[[(212) 555-0123]]" },
    { "phone-america", "at [[541-714-1388]]" },
    { "phone-america", "[[345-899-3560x4587]]" },
    { NULL, "112-555-0123" },
    { "phone-trunk", "[[030 901820 12]]" },
    { "phone-trunk", "[[06 12 34 56 78]]" },
    { "phone-trunk", "[[020 7946 0958]]" },
    { NULL, "on 01.02.2003 at 10" },
    { "phone-mobile", "[[98765 43210]]" },
    { "phone-said", "call me on [[9472 7916]]" },
    { "phone-said", "Phone: [[60-56-85-91]]" },
    { NULL, "9472 7916" },
    { NULL, "call on 2020-06-20" },
    { NULL, "between 1990 2000" },
    { "name-said", "My name is [[Jane Doe]] and I" },
    { "name-said", "my name is [[jane]]." },
    { "name-said", "My name is [[Jane Doe]] 你好" },
    { "name-said", "Ich heiße [[Jürgen Müller-Lüdenscheidt]]," },
    { "name-said", "меня зовут [[Иван Петров]]." },
    { NULL, "my name is not important" },
    { NULL, "my name is on the list" },
    { NULL, "the file's name is too long" },
    { "name-titled", "Mrs. [[Karataev]] said" },
    { "name-titled", "ask Dr. [[Ludwig van Beethoven]]'s help" },
    { "name-titled", "Herr [[Müller]] kommt" },
    { NULL, "Dear Sir or Madam" },
    { NULL, "the doctor is in, Mr. and Mrs. who" },
    { "name-labelled", "Name: [[Jane Q. Doe]]" },
    { "name-labelled", "{\"name\": \"[[Jane Doe]]\", \"age\": 41}" },
    { NULL, "{\"name\": \"Cloud Provider\"}, your name is Detective" },
    { NULL, "name: string" },
    { NULL, "Name: Company" },
    { "name-greeted", "Dear [[Jane]],\nthank you" },
    { "name-greeted", "Best regards,\n[[Jane Doe]]" },
    { NULL, "Dear customer, thank you" },
    { NULL, "Hello World\n" },
    { "street-number-first", "lives at [[221 Baker Street]]" },
    { "street-number-first", "[[1600 Pennsylvania Avenue NW, Washington, DC 20500]]" },
    { NULL, "see section 11.7.3.2 or 9.2.1.4, Apollo 13, Jurassic Park" },
    { NULL, "3 fun street performers" },
    { "street-french", "[[12 rue de la Paix, 75002 Paris]]" },
    { "street-romance", "[[Calle de Alcalá 45]]" },
    { "street-germanic", "in der [[Lindenstraße 77]]" },
    { "street-germanic", "wohnt [[Hauptstraße 5, 10115 Berlin]]" },
    { "street-hungarian", "[[Kossuth Lajos utca 12]]" },
    { "address-said", "Address: [[Apartment 7, Rose Cottage, Leeds]]\nthanks" },
    { NULL, "The IP address is Unknown at 12 now" },
    { "military-address", "[[PSC 3294, Box 9168\nAPO AA 61487]]" },
    { "po-box", "[[P.O. Box 1234]]" },
    { "gb-postcode", "[[SW1A 1AA]]" },
    { NULL, "SW1A1AC 1" },
};

TEST("personal data is found, and what only looks like it is not")
{
    struct looking l = look_for(PERSONAL_ROWS, PERSONAL_KINDS);
    memset(hit, 0, sizeof hit);
    check_all(&l, PERSONAL, ARRAY_LEN(PERSONAL));
    for (uint32_t i = 0; PERSONAL_ROWS[i].pattern.id; i++)
        if (!hit[i])
            printf("  no hit is tried of %s\n", PERSONAL_ROWS[i].pattern.id);
    end(&l);
}

/* The halves stand apart here, so that nobody's scanner takes this file for a leak. */
#define R36 "x7Kq2mVb9TzR4wLc8NpY3sHd6JfGu5Ae1QoW"
#define R20 "qX7vR2mK9bT4wLc8NpYz"
#define R32 "f3a91c7be20d48659a1c5e7d3b8f6042"
/* The bodies of keys of 32 bytes are one line, of which signs take a part. */
#define PEM_BEGIN "-----BEGIN " "PRIVATE KEY-----"
#define PEM_END "-----END " "PRIVATE KEY-----"
#define ED25519 "MC4CAQAwBQYDK2VwBCIEI" "J+t/yvC4g+bZgsD/qhKPC+pgZi/Xfo+pcZit/Gj+6T5"
#define X25519 "MC4CAQAwBQYDK2VuBCIEI" "Phq+Zr/2vLwT9+nB4k/s7Yd+h1PqQ/8zX+mV3tR/c+9"
static const struct row SECRETS[] = {
    { "slack-webhook", "post to https://[[hooks.slack.com/services/T0" "4KX9QWLB/B07RJ2MZP1C/qf8Zt2vLw9XnB4kRs7YdGh1P]]" },
    { "azure-key-64", "key [[" R36 R36 "q+/z" "+AS" "tX9bK2Q==]]" },
    { "azure-key-64", "[[" R36 R36 "q8vz" "AC" "DbX9bK2Q==]]," },
    { "azure-key-32", "[[" R20 "b9TzR4wLc8NpY" "AI" "oTBX9bK2=]]" },
    { "azure-registry", "[[" R36 "q8vz9K+AC" "RBX9bK2]]" },
    { "azure-search", "[[" R36 "q8vz9KAz" "SeBX9bK2]]" },
    { "azure-function", "[[" R36 "q8vz9K_-Az" "FuX9bK2Q==]]" },
    { "azure-annotated", "[[" R36 "q8vz9Kb2M4nQ7rT1" "JQQJ" "99AKAC" R20 "3X]]" },
    { "entra-client-secret", "[[a~X8" "Q~" R20 "b9TzR4wLc8Np]]" },
    { "azure-account-key", "AccountName=x;AccountKey=[[" R36 R36 "q8vz9Kb2M4nQ7r" "==]];Endpoint" },
    { "azure-sas", "?sv=2022-11-02&sig=[[" R36 "q8vz9%3D]]&se=" },
    { "azure-function-url", "/api/f?code=[[" R36 "q8vz9K==]]" },
    { "azure-devops-pat", "AZURE_DEVOPS_PAT [[kq3mvb7tzr4wlc2npy5shd6jfgu7aeqowxk4zb2mvt6rlcwnpy3s]]" },
    { "azure-hex-key", "Ocp-Apim-Subscription-Key [[" R32 "]]" },
    { "aws-access-key-id", "[[AK" "IAQX7VR2MK5BT4WLCN]]" },
    { NULL, "AKIAIOSFODNN7EXAMPLE" },
    { "aws-secret-key", "aws secret access key [[" R36 "q8vz]]" },
    { NULL, "commit " R36 "q8vz" },
    { "gcp-api-key", "[[AI" "za" R20 "b9TzR4wLc8NpY3s]]" },
    { NULL, "AIzaXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX" },
    { "gcp-client-secret", "[[GOCS" "PX-" R20 "b9TzR4wL]]" },
    { "github-token", "[[gh" "p_" R36 "]]" },
    { NULL, "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
    { NULL, "ghp_abcdefghijklmnopqrstuvwxyz0123456789" },
    { "github-fine-token", "[[github_" "pat_" R20 "b9_" R36 "q8vz9Kb2M4nQ7rT1w5Xy3Pd]]" },
    { "gitlab-token", "[[gl" "pat-" R20 "]]" },
    { "slack-token", "[[xox" "b-917342850613-" R20 "]]" },
    { "stripe-key", "[[sk_" "live_" R20 "b9Tz]]" },
    { NULL, "pk_" "live_" R20 "b9Tz" },
    { "anthropic-key", "[[sk-" "ant-api03-" R36 "]]" },
    { "openai-key", "[[sk-" "proj-" R36 "]]" },
    { "openai-key-marked", "[[sk-" R20 "T3Blbk" "FJ" R20 "]]" },
    { NULL, "sk-your-key-here-please-and-thanks-a-lot" },
    { "huggingface-token", "[[hf" "_qXvRmKbTwLcNpYzsHdJfGuAeQoWkZgVtMr]]" },
    { "npm-token", "[[np" "m_" R36 "]]" },
    { "pypi-token", "[[pypi-" "AgE" R36 R20 "]]" },
    { "docker-token", "[[dckr_" "pat_" R20 "b9TzR4w]]" },
    { "databricks-token", "[[da" "pi" R32 "]]" },
    { "telegram-token", "[[1234509876:A" "A" R20 "b9TzR4wLc8Np]]" },
    { "sendgrid-key", "[[SG." R20 "b9." R36 "q8vz9Kb]]" },
    { "twilio-key", "[[S" "K" R32 "]]" },
    { "twilio-auth-token", "twilio auth token [[" R32 "]]" },
    { "vault-token", "[[hv" "s." R36 "]]" },
    { "private-key", "x [[-----BEGIN " "PRIVATE KEY-----\n" R36 R20 "\n" R36 R20 "\n-----END " "PRIVATE KEY-----]] y" },
    { NULL, "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----" },
    { "private-key", "[[" PEM_BEGIN "\n" ED25519 "\n" PEM_END "]]\n" },
    { "private-key", "[[" PEM_BEGIN "\r\n" ED25519 "\r\n" PEM_END "]]\r\n" },
    { "private-key", "{\"key\": \"[[" PEM_BEGIN "\\n" ED25519 "\\n" PEM_END "]]\\n\"}" },
    { "private-key", "KEY=[[" PEM_BEGIN " " ED25519 " " PEM_END "]]" },
    { "private-key", "KEY=[[" PEM_BEGIN ED25519 PEM_END "]]" },
    { "private-key", "key:\n> [[" PEM_BEGIN "\r\n> " ED25519 "\r\n> " PEM_END "]]\r\n" },
    { "private-key", "[[" PEM_BEGIN "\n" X25519 "]]\n\nand so on" },
    { "private-key", "\"[[" PEM_BEGIN "\\n\" +\n  \"" X25519 "\\n\" +\n  \"" PEM_END "]]\\n\"" },
    { "private-key", "{\"key\": \"[[" PEM_BEGIN "\\n" X25519 "]]\", \"id\": \"b2\"}" },
    { NULL, PEM_BEGIN "\nPut the contents of the file here, as the console shows them to you after the first login\n" PEM_END },
    { NULL, PEM_BEGIN "\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC...\n" PEM_END },
    { "jwt", "[[eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." R36 "]]" },
    { NULL, "eyJub3RoaW5nIjoidG8gc2VlIn0.eyJzdWIiOiIxMjM0In0." R36 },
    { "bearer", "Authorization: Bearer [[" R36 "]]" },
    { NULL, "Authorization: Bearer <your-access-token-here>" },
    { "password", "DB_PASSWORD=[[hunter2secure]]" },
    { "password", "\"password\": \"[[Tr0ub4dor&3]]\"," },
    { NULL, "password: string, password = os.environ['PW1'], password=********, password: {{ pw1 }}" },
    { NULL, "password=changeme123 password=<password1>" },
    { "password-said", "my password is [[hunter2secure]]." },
    { NULL, "the password is required" },
    { "assigned-member", "botSecret = \"[[" R36 "]]\";" },
    { "password-member", "tenantPassword: '[[hunter2secure]]'" },
    { "assigned-secret", "MY_API_KEY=[[" R36 "]]" },
    { "assigned-secret", "client_secret: '[[" R36 "]]'" },
    { NULL, "api_key = YOUR_API_KEY_GOES_HERE_123 api_key=config.get_value_1234567" },
    { "url-password", "postgres://app:[[s3cr3tW0rd]]@db.internal:5432/x" },
    { NULL, "postgres://user:password@localhost/db https://u:<pw>@h" },
};

TEST("secrets are found, and placeholders are not")
{
    struct looking l = look_for(SECRET_ROWS, SECRET_KINDS);
    check_all(&l, SECRETS, ARRAY_LEN(SECRETS));
    end(&l);
}

TEST("tokens of GitHub end with their checksum")
{
    char digits[6];
    check_github_digits(STR("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"), digits);
    CHECK_STR(str_of(digits, 6), STR("0mLq17"));
}

TEST("what is drawn at random has another entropy than what is written")
{
    CHECK(near_is_random(STR(R36)) && near_is_random(STR(R32)));
    CHECK(!near_is_random(STR("this_is_how_it_is_called_here")) && !near_is_random(STR("aaaaaaaabbbbbbbbccccccc1")));
    CHECK(near_is_placeholder(STR("<your-key>")) && near_is_placeholder(STR("${API_KEY}")) && near_is_placeholder(STR("abcabcabcabc")));
}
