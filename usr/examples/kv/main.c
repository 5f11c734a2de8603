// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A server that keeps values by name, and its client: `kv serve &`; then, on any core, `kv put NAME
// VALUE` and `kv get NAME`. `kv die NAME` ends in a call. Whatever a client does, the others go on.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/nameservice_client.h"
#include "if/kv_defs.h"

static struct entry {
    char key[kv__put_key_MAX_ARGUMENT_SIZE];
    uint8_t value[kv__put_value_MAX_ARGUMENT_SIZE];
    size_t length;
} entries[64];

static void check(errval_t err, const char *what)
{
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "%s", what);
}

/// The entry of a key, or else a free one; NULL: there is none.
static struct entry *find(const char *key)
{
    struct entry *empty = NULL;
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        if (strcmp(entries[i].key, key) == 0)
            return &entries[i];
        if (entries[i].key[0] == '\0')
            empty = &entries[i];
    }
    return empty;
}

static errval_t on_put(struct kv_binding *binding, const char *key, const uint8_t *value,
                       size_t length, kv_put_result_t *result)
{
    struct entry *entry = key != NULL && key[0] != '\0' ? find(key) : NULL;
    *result = entry == NULL ? kv_FULL : entry->key[0] == '\0' ? kv_NEW : kv_REPLACED;
    if (entry != NULL) {
        strcpy(entry->key, key); // no longer than the interface says
        memcpy(entry->value, value, length);
        entry->length = length;
    }
    return SYS_ERR_OK;
}

static errval_t on_get(struct kv_binding *binding, const char *key, uint8_t *value, size_t *length,
                       bool *found)
{
    const struct entry *entry = key != NULL ? find(key) : NULL;
    *found = entry != NULL && entry->key[0] != '\0';
    *length = *found ? entry->length : 0;
    if (*found)
        memcpy(value, entry->value, entry->length);
    return SYS_ERR_OK;
}

static errval_t on_connect(void *st, struct kv_binding *binding)
{
    binding->rpc_rx_vtbl = (struct kv_rpc_rx_vtbl){.put_call = on_put, .get_call = on_get};
    return SYS_ERR_OK;
}

static int client(const char *what, const char *key, const char *text)
{
    struct kv_binding *binding;
    uint8_t value[kv__get_value_MAX_ARGUMENT_SIZE];
    kv_put_result_t result = kv_FULL;
    size_t length;
    bool found = false;
    iref_t iref;
    check(nameservice_blocking_lookup("kv", &iref), "finding the server");
    check(kv_bind_blocking(iref, get_default_waitset(), 0, &binding), "binding");
    if (strcmp(what, "die") == 0)
        exit(err_is_ok(kv_get_call__tx(binding, NOP_CONT, key)) ? 7 : EXIT_FAILURE);
    if (text != NULL)
        check(kv_put(binding, key, (const uint8_t *)text, strlen(text), &result), "putting");
    else
        check(kv_get(binding, key, value, &length, &found), "getting");
    if (found)
        printf("%.*s\n", (int)length, value);
    return found || result != kv_FULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
    iref_t iref;
    if (argc > 2 && strcmp(argv[1], "serve") != 0)
        return client(argv[1], argv[2], argv[3]);
    if (argc != 2 || strcmp(argv[1], "serve") != 0)
        return printf("usage: kv serve, kv put NAME VALUE, kv get NAME, kv die NAME\n") > 0 ? 2 : 1;
    check(kv_export_blocking(NULL, on_connect, get_default_waitset(), &iref), "exporting");
    check(nameservice_register("kv", iref), "registering");
    messages_handler_loop();
}
