/* secrets_parts.h - the validators of secrets. Private to this folder. */
#ifndef DETECT_SECRETS_PARTS_H
#define DETECT_SECRETS_PARTS_H

#include "filters/detect/sensitive.h"

/* Does it only show where a password goes? As near_is_placeholder, but for the signs inside of it that people like in passwords and
 * percent encoding has. */
bool secret_is_shown(struct str word);
/* What a program reads a secret from: calls, paths of members, variables. */
bool secret_is_code(struct str s);

bool secret_unmistakable(struct str text, size_t *start, size_t *end);
bool secret_marked(struct str text, size_t *start, size_t *end);
bool secret_signed(struct str text, size_t *start, size_t *end);
bool secret_aws(struct str text, size_t *start, size_t *end);
bool secret_aws_pair(struct str text, size_t *start, size_t *end);
bool secret_github(struct str text, size_t *start, size_t *end);
bool secret_jwt(struct str text, size_t *start, size_t *end);
bool secret_pem(struct str text, size_t *start, size_t *end);
bool secret_lines(struct str text, size_t *start, size_t *end);
bool secret_signs(struct str text, size_t *start, size_t *end);
bool secret_basic(struct str text, size_t *start, size_t *end);
bool secret_element(struct str text, size_t *start, size_t *end);
bool secret_hash(struct str text, size_t *start, size_t *end);
bool secret_connection(struct str text, size_t *start, size_t *end);
bool secret_parameter(struct str text, size_t *start, size_t *end);
bool secret_url_token(struct str text, size_t *start, size_t *end);
bool secret_url_key(struct str text, size_t *start, size_t *end);
bool secret_url(struct str text, size_t *start, size_t *end);
bool secret_password(struct str text, size_t *start, size_t *end);
bool secret_said_password(struct str text, size_t *start, size_t *end);
bool secret_bare_password(struct str text, size_t *start, size_t *end);
bool secret_glued_password(struct str text, size_t *start, size_t *end);
bool secret_assigned(struct str text, size_t *start, size_t *end);
bool secret_given(struct str text, size_t *start, size_t *end);
bool secret_env_key(struct str text, size_t *start, size_t *end);
bool secret_bearer(struct str text, size_t *start, size_t *end);

#endif
