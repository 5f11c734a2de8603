// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What spawnd prints: its own lines, and the words of domains that cannot reach the console. They
// go to the console as of any other client, so that lines of several cores do not mix; before it is
// there, and if it is lost, to the CPU driver. spawnd waits for nobody: what the console does not
// take at once is kept, and what there is no room for is left out, which is said. But nobody hears of a domain's end
// before what was said for it is shown: the console is asked to tell when it is.
#include "spawnd.h"

#include "barrelfish/console.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/terminal.h"
#include "barrelfish/threads.h"
#include "barrelfish/waitset_chan.h"
#include "if/console_defs.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_BYTES 4096u
#define WRITE_BYTES ((size_t)console__write_text_MAX_ARGUMENT_SIZE)
#define LEFT_OUT "spawnd: words of domains were left out\n"

static volatile enum { SAY_ALONE, SAY_BINDING, SAY_BOUND } state;
static struct console_binding *binding;
static struct console_flush__call flush; ///< while `asked`
static struct waitset_chanstate bound_chan;
static errval_t bound_err;
static char kept[KEPT_BYTES];
static size_t kept_bytes;
static bool left_out; ///< there was no room for something, which is to be said
static bool waiting;  ///< for room in the ring
static void (*on_more_shown)(void);

static uint64_t said;                    ///< bytes ever, kept or sent
static uint64_t shown;                   ///< of them; at least so many
static uint64_t last_words[DOMAINS_MAX]; ///< `said` after a domain's, by its index in the table
static bool wanted;                      ///< the console is to be asked ...
static bool asked;                       ///< ... and was
static uint64_t asked_said;              ///< `said` then

/// Rarely do two domains speak at a time: spawnd's memory does not go up and down for one.
static struct words usual_words;
static bool usual_taken;

static void say_kept(void)
{
    (void)sys_print(kept, kept_bytes);
    kept_bytes = 0;
}

static void lost(void)
{
    if (state == SAY_BOUND)
        console_close(binding);
    state = SAY_ALONE;
    say_kept();
    wanted = asked = false;
    shown = said;
    on_more_shown();
}

static void on_shown(void *arg)
{
    (void)arg;
    if (!asked)
        return;
    if (err_is_fail(flounder_result(&flush.async))) {
        lost();
        return;
    }
    asked = false;
    shown = asked_said;
    on_more_shown();
}

static errval_t ask(void)
{
    errval_t err = console_flush__start(binding, &flush, 0, MKCLOSURE(on_shown, NULL));
    if (err_is_ok(err)) {
        wanted = false;
        asked = true;
        asked_said = said;
    }
    return err;
}

static void keep(const char *text, size_t bytes)
{
    left_out = left_out || bytes > sizeof(kept) - kept_bytes;
    if (bytes <= sizeof(kept) - kept_bytes) {
        memcpy(kept + kept_bytes, text, bytes);
        kept_bytes += bytes;
        said += bytes;
    }
}

static errval_t send_kept(void)
{
    size_t sent = 0;
    errval_t err = SYS_ERR_OK;
    while (sent < kept_bytes && err_is_ok(err)) {
        size_t left = kept_bytes - sent, bytes = left < WRITE_BYTES ? left : WRITE_BYTES;
        err = console_write__tx(binding, NOP_CONT, bytes < left, kept + sent, bytes);
        sent += err_is_ok(err) ? bytes : 0;
    }
    kept_bytes -= sent;
    memmove(kept, kept + sent, kept_bytes);
    return err;
}

static void push(void *arg)
{
    (void)arg;
    waiting = false;
    errval_t err = send_kept();
    if (err_is_ok(err) && left_out) {
        left_out = false;
        keep(LEFT_OUT, sizeof(LEFT_OUT) - 1);
        err = send_kept();
    }
    if (err_is_ok(err) && wanted && !asked)
        err = ask();
    if (err_no(err) == FLOUNDER_ERR_TX_BUSY) {
        err = binding->register_send(binding, get_default_waitset(), MKCLOSURE(push, NULL));
        waiting = err_is_ok(err);
    }
    if (err_is_fail(err))
        lost();
}

static void on_end(struct console_binding *ended, errval_t err)
{
    (void)ended, (void)err;
    if (state == SAY_BOUND)
        lost();
}

static void on_bound(void *arg)
{
    if (err_is_fail(bound_err)) {
        lost();
    } else {
        binding->error_handler = on_end;
        state = SAY_BOUND;
        push(arg);
    }
}

/// A thread of its own waits until the console is there, at boot, so that nobody else does. What it
/// has to hand over is an event of the thread that all else runs in.
static int connect(void *arg)
{
    (void)arg;
    iref_t iref;
    if (err_is_fail(nameservice_blocking_lookup(CONSOLE_NAME, &iref)))
        return 0; // It stays alone.
    state = SAY_BINDING;
    bound_err = console_bind_blocking(iref, get_default_waitset(), IDC_BIND_FLAG_UMP, &binding);
    (void)!waitset_chan_trigger_closure(get_default_waitset(), &bound_chan,
                                        MKCLOSURE(on_bound, NULL));
    return 0;
}

static size_t say_alone(const char *text, size_t bytes)
{
    say_kept();
    (void)sys_print(text, bytes);
    return bytes;
}

static size_t say(const char *text, size_t bytes)
{
    if (state == SAY_ALONE)
        return say_alone(text, bytes);
    keep(text, bytes);
    if (state == SAY_BOUND && !waiting)
        push(NULL);
    return bytes;
}

void say_init(void (*more_shown)(void))
{
    on_more_shown = more_shown;
    (void)terminal_set_write(say);
    waitset_chanstate_init(&bound_chan, CHANTYPE_OTHER);
    struct thread *thread = thread_create(connect, NULL);
    if (thread != NULL)
        (void)thread_detach(thread);
}

/// The console that init has started: anybody may start its program once more.
static bool is_console(domainid_t id)
{
    const struct domain *domain = domain_table_find(&domains, id);
    return domain != NULL && domain->parent == DOMAIN_FIRST &&
           strcmp(domain->name, CONSOLE_NAME) == 0;
}

void say_death(domainid_t id)
{
    if (is_console(id) && state != SAY_ALONE)
        lost();
}

void say_was_of(const struct domain *domain)
{
    last_words[domain_table_index(&domains, domain)] = said;
}

bool say_is_shown(const struct domain *domain)
{
    return last_words[domain_table_index(&domains, domain)] <= shown;
}

void say_ask(void)
{
    wanted = true;
    if (state == SAY_BOUND && !waiting)
        push(NULL);
}

void say_words(struct client *client, const uint64_t words[SPAWND_WORDS])
{
    size_t bytes = words[1] & UINT32_MAX;
    if (client->words == NULL) {
        client->words = usual_taken ? malloc(sizeof(*client->words)) : &usual_words;
        usual_taken = true;
        if (client->words != NULL)
            memset(client->words, 0, sizeof(*client->words));
    }
    if (client->words == NULL || bytes > SPAWND_PIECE_BYTES)
        return;
    const char *piece = (const char *)&words[SPAWND_PIECE_WORD];
    if (words_add(client->words, piece, bytes, (words[1] & SPAWND_PRINT_MORE) != 0)) {
        // The console's own words cannot go there.
        (is_console(client->domain) ? say_alone : say)(client->words->text, client->words->used);
        client->words->used = 0;
        const struct domain *domain = domain_table_find(&domains, client->domain);
        if (domain != NULL)
            say_was_of(domain);
    }
}

void say_forget(struct client *client)
{
    if (client->words == &usual_words)
        usual_taken = false;
    else
        free(client->words);
    client->words = NULL;
}
