/* personal_parts.h - the validators of personal data: a file each for what has one idea. Private to this folder. */
#ifndef DETECT_PERSONAL_PARTS_H
#define DETECT_PERSONAL_PARTS_H

#include "filters/detect/sensitive.h"

typedef bool valid_fn(struct str text, size_t *start, size_t *end);

valid_fn personal_email; /* personal_email.c */
valid_fn personal_card, personal_iban, personal_ip4, personal_ip6, personal_mac, personal_mac_dotted, personal_birth_date, personal_imei;
valid_fn personal_base58, personal_bech32, personal_ether;                               /* personal_valid.c */
valid_fn personal_passport, personal_licence, personal_account, personal_sort_code, personal_bic;
valid_fn personal_phone_abroad, personal_phone_america, personal_phone_trunk, personal_phone_mobile, personal_phone_said,
    personal_phone_called; /* personal_phone.c */
valid_fn personal_said_name, personal_titled_name, personal_labelled_name, personal_greeted_name; /* personal_name.c */
valid_fn personal_street, personal_postcode, personal_box, personal_said_address;                           /* personal_address.c */

/* What a telephone number is called in the bytes before it, and what stands right before one. */
#define PHONE_NEAR \
    "phone|phone number|telephone|tel|tel.|mobile|cell|cellphone|fax|whatsapp|telefon|telefonnummer|" \
    "handy|handynummer|rufnummer|téléphone|portable|teléfono|telefono|móvil|movil|celular|cellulare|" \
    "telefoon|mobiel|telefone|telemóvel|telefonu|puhelin|puhelinnumero|mobil|номер телефона|телефон|" \
    "电话|手机|電話|携帯|전화|desk|landline|hotline|phone#|phone no|contact number|office"
#define PHONE_CLOSE \
    "call|call me at|call me on|call us at|text|text me at|sms|messages to|message to|answering at|" \
    "reach me at|reach me on|reached at|reach him at|reach her at|dial|ring|ruf mich|appelez|llame al|" \
    "registered|number is|contact me at"

#endif
