/* script.h - the scripts that decide at the shared store, as bytes of this program. */
#ifndef EDGE_STORE_SCRIPT_H
#define EDGE_STORE_SCRIPT_H

#include "proxy/base/str.h"

struct str script_ask(void);    /* ask.lua */
struct str script_settle(void); /* settle.lua */
struct str script_hello(void);  /* hello.lua */

#endif
