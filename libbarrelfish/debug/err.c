// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Errors in words, out of the list in kpi/errors.h.

#include "barrelfish/err.h"

static const char *const texts[] = {
#define ERROR_TEXT(code, text) [code] = text,
    STAVE_ERRORS(ERROR_TEXT)
#undef ERROR_TEXT
};

static const char *const codes[] = {
#define ERROR_CODE(code, text) [code] = #code,
    STAVE_ERRORS(ERROR_CODE)
#undef ERROR_CODE
};

const char *err_getstring(errval_t err)
{
    unsigned code = err_no(err);
    return code < ERR_CODES_COUNT ? texts[code] : "unknown error";
}

const char *err_getcode(errval_t err)
{
    unsigned code = err_no(err);
    return code < ERR_CODES_COUNT ? codes[code] : "unknown error";
}
