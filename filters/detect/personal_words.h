/* personal_words.h - what numbers are called that nothing but their names tells: one of these, between bars, stands before them. As texts
 * have them, since case is undone for ASCII alone. Private to personal.c. */
#ifndef DETECT_PERSONAL_WORDS_H
#define DETECT_PERSONAL_WORDS_H

#define SAID_US_SSN "ssn|social security|social security number|social|soc sec|ss#|ss #|ssn#"
#define SAID_US_NPI "npi|national provider|provider identifier"
#define SAID_US_ROUTING "routing|routing number|aba|rtn|transit|wire"
#define SAID_CA_SIN "sin|social insurance|nas|assurance sociale"
#define SAID_GB_NHS "nhs|nhs number|national health|health service"
#define SAID_DE_TAX \
    "steuer|steuer-id|steuerid|steuer-idnr|steueridentifikationsnummer|steuerliche|idnr|tin|tax|tax id|steuernummer|" \
    "identifikationsnummer"
#define SAID_NL_BSN "bsn|burgerservicenummer|sofinummer|sofi|burger service|citizen service"
#define SAID_PL_NIP "nip|numer identyfikacji podatkowej"
#define SAID_SE_PN "personnummer|person number|personal number|samordningsnummer|personal identity|pnr"
#define SAID_DK_CPR "cpr|cpr-nr|cpr-nummer|cpr nummer|personnummer|cpr number"
#define SAID_AT_SVNR \
    "svnr|sozialversicherungsnummer|sv-nummer|sv-nr|versicherungsnummer|sozialversicherung|social insurance|" \
    "social security"
#define SAID_PT_NIF "nif|contribuinte|número de contribuinte|numero de contribuinte|fiscal|tax"
#define SAID_IE_PPS "pps|ppsn|pps number|personal public service"
#define SAID_BR_CPF "cpf|cadastro de pessoas"
#define SAID_IN_AADHAAR "aadhaar|aadhar|uid|uidai|आधार"
#define SAID_JP_NUMBER "my number|mynumber|マイナンバー|個人番号|individual number"
#define SAID_HK_ID "hkid|hong kong id|identity card|身份證|身份证|id card"
#define SAID_AU_TFN "tfn|tax file|tax file number"
#define SAID_AU_MEDICARE "medicare|medicare card|medicare number"
#define SAID_NZ_IRD "ird|ird number|inland revenue"
#define SAID_IL_ID "teudat zehut|israeli id|identity number|id number|תעודת זהות|ת.ז|ת\"ז|t.z"
#define SAID_BG_EGN "egn|егн|ЕГН|единен граждански номер|personal number|uniform civil"
#define SAID_HR_OIB "oib|osobni identifikacijski broj"
#define SAID_EE_CODE "isikukood|personal code|asmens kodas|personal identification|id code|personal id"
#define SAID_RU_INN "inn|инн|ИНН|taxpayer"
#define SAID_HU_TAX "adóazonosító|adóazonosító jel|tax|adoazonosito"
#define SAID_HU_TAJ "taj|taj szám|taj-szám|tajszám|társadalombiztosítási"
#define SAID_CZ_RC "rodné číslo|rodne cislo|rodné čísla|birth number"
#define SAID_BE_NRN "niss|insz|rijksregisternummer|registre national|numéro national|national register|national number"
#define SAID_AR_CUIL "cuil|cuit"
#define SAID_AR_DNI "dni|documento nacional"
#define SAID_MX_RFC "rfc|registro federal"
#define SAID_LV_CODE "personas kods|pers. kods|personas koda|personal code|personas identifikācijas|p.k"
#define SAID_JMBG "jmbg|jmb|emšo|emso|embg|matični broj|maticni broj|матични број|матичен број|јмбг|ЈМБГ|ембг|ЕМБГ"
#define SAID_UA_RNOKPP \
    "рнокпп|РНОКПП|іпн|ІПН|ідентифікаційний код|ідентифікаційний номер|податковий номер|" \
    "rnokpp|ипн|ИПН|ipn|taxpayer"
#define SAID_KZ_IIN "иин|ИИН|жсн|ЖСН|iin|individual identification|идентификационный номер"
#define SAID_TH_ID "เลขประจำตัวประชาชน|บัตรประชาชน|เลขบัตรประชาชน|thai id|citizen id|national id|id card"
#define SAID_MY_IC "mykad|nric|ic number|ic no|ic no.|no. ic|no ic|i/c|kad pengenalan|identity card"
#define SAID_ID_NIK "nik|no. nik|nomor nik|nomor induk kependudukan|ktp|e-ktp|no. ktp|nomor ktp"
#define SAID_EC_CEDULA "cédula|cedula|cédula de identidad|cedula de identidad|c.i|número de cédula"
#define SAID_CO_CC "cédula|cedula|cédula de ciudadanía|cedula de ciudadania|c.c|número de cédula"
#define SAID_CO_NIT "nit|número de identificación tributaria|numero de identificacion tributaria"
#define SAID_ACCOUNT \
    "account number|account no|account #|acct|acct #|account num|bank account|checking account|savings account|a/c|a/c no|" \
    "kontonummer|konto-nr|número de cuenta|numero de cuenta|conta corrente|numéro de compte|rekeningnummer|numero di conto|account is|bsb"
#define SAID_SORT_CODE "sort code|sort-code|sortcode|s/c"
#define SAID_BIC "bic|swift|swift code|bic/swift"
#define SAID_PASSPORT \
    "passport|passport number|passport no|passport #|reisepass|passnummer|passeport|pasaporte|passaporto|paspoort|paszport|" \
    "passaporte|护照|パスポート|паспорт"
#define SAID_LICENCE \
    "driver's license|drivers license|driver license|driver's licence|driving licence|driving license|drivers licence|" \
    "driver licence|dl number|dl #|dln|führerschein|permis de conduire|permiso de conducir|carnet de conducir|patente di guida|" \
    "rijbewijs|prawo jazdy"
#define SAID_BIRTH \
    "born|birth|birthday|birthdate|birth date|birth_date|dob|d.o.b|d.o.b.|date_of_birth|dateofbirth|geboren|geb.|geburtsdatum|" \
    "geburtstag|naissance|né le|née le|nacido|nacida|nacimiento|nato il|nata il|nascita|nascimento|nascido|nascida|geboortedatum|" \
    "urodzony|urodzona|urodzenia|född|født|syntynyt|syntymäaika|fødselsdato|födelsedatum|doğum|出生|生日|生年月日|дата рождения|" \
    "родился|родилась"

#endif
