/* national.h - the numbers by which states know people: each as a rule over its letters and digits, upper case, without what
 * separates them. The rules are those of the issuing offices; where a number has no check digit, its date or ranges are looked at. */
#ifndef DETECT_NATIONAL_H
#define DETECT_NATIONAL_H

#include "proxy/base/str.h"

typedef bool national_fn(struct str number);

national_fn national_us_ssn, national_us_ssn_named, national_us_itin, national_ca_sin, national_gb_nino,
    national_gb_nhs, national_de_tax,
    national_de_pension, national_fr_nir, national_es_dni, national_it_fiscal, national_nl_bsn, national_be_nrn, national_pl_pesel,
    national_pl_nip, national_se_pn, national_dk_cpr, national_fi_hetu, national_no_fnr, national_ch_ahv, national_at_svnr,
    national_pt_nif, national_ie_pps, national_br_cpf, national_in_aadhaar, national_in_pan, national_cn_id, national_kr_rrn,
    national_jp_number, national_tw_id, national_sg_nric, national_hk_id, national_au_tfn, national_au_medicare, national_nz_ird,
    national_za_id, national_tr_id, national_il_id, national_mx_curp, national_ar_cuil, national_cl_rut, national_cz_rc,
    national_ro_cnp, national_bg_egn, national_hr_oib, national_ee_code, national_gr_amka, national_ru_snils, national_ru_inn,
    national_hu_tax, national_hu_taj, national_ar_dni, national_mx_rfc, national_us_mbi, national_us_npi, national_us_routing,
    national_lv_code, national_jmbg, national_ua_rnokpp, national_kz_iin, national_th_id, national_my_ic, national_id_nik,
    national_ae_id, national_ec_cedula, national_co_cc, national_co_nit;

#endif
