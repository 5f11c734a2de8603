// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The mapping database: for each class of objects an AVL tree (Adelson-Velsky and Landis, 1962)
// whose nodes are the slots themselves. A slot has no room for a link to its parent, so every
// operation descends from the root by key and keeps the path. Each node also knows the greatest end
// in its subtree, as in the interval trees of Cormen et al., "Introduction to Algorithms",
// chapter 14.
//
// M1  In-order, slots are sorted by (base ascending, bytes descending, type's order, the part of
//     extra that names the object, hold, mark, badge, address). So an ancestor comes before its
//     descendants, and copies stand together: those that are not held first, among these unmarked
//     ones first, and of those the ones with the same badge. What has a badge has no mark.
// M2  The heights of a node's two subtrees differ by one at most; level is the node's own.
// M3  max_end is the greatest end in the node's subtree.
// M4  Two objects are disjoint or one covers the other. The innermost object that covers a place is
//     hence the last one in order that begins before it and ends after it.

#include "caps/mdb.h"
#include "lib/kassert.h"

/// An AVL tree of height 64 has more nodes than 2^40 bytes have slots.
#define MDB_PATH_MAX 64

/// What orders the copies of an object before their badges. A type has one mark at most.
#define ORDER_FLAGS (CAPFLAG_HELD | MDB_MARKS)
_Static_assert(CAPFLAG_HELD > MDB_MARKS, "M1: those that are held come last");

/// Flags of a key that is before all copies with the mark that their type has.
#define ANY_MARK 1u

/// A place in the order.
struct key {
    uint64_t base, bytes, extra, badge;
    uintptr_t address;
    uint8_t order;
    uint8_t flags; ///< ORDER_FLAGS
};

static uint64_t badge_of(const struct cap *cap)
{
    return cap->extra & cap_type(cap->type)->badge_mask;
}

static bool same_object(const struct cap *a, const struct cap *b)
{
    return a->type == b->type && a->base == b->base && a->bytes == b->bytes &&
           ((a->extra ^ b->extra) & cap_type(a->type)->extra_mask) == 0;
}

static bool is_marked(const struct cap *cap)
{
    return (cap->flags & MDB_MARKS) != 0;
}

/// The key before the copies of an object with these flags.
static struct key key_among(const struct cap *cap, unsigned flags)
{
    const struct cap_type *type = cap_type(cap->type);
    return (struct key){.base = cap->base,
                        .bytes = cap->bytes,
                        .extra = cap->extra & type->extra_mask,
                        .order = type->order,
                        .flags = (uint8_t)flags};
}

static struct key key_of(const struct cte *cte)
{
    struct key key = key_among(&cte->cap, cte->cap.flags & ORDER_FLAGS);
    key.badge = badge_of(&cte->cap);
    key.address = (uintptr_t)cte;
    return key;
}

/// The key before all copies of an object.
static struct key key_before(const struct cap *cap)
{
    return key_among(cap, 0);
}

/// The key after all objects of this range whose order is not above `order`.
static struct key key_after(const struct cap *cap, uint8_t order)
{
    return (struct key){.base = cap->base,
                        .bytes = cap->bytes,
                        .extra = UINT64_MAX,
                        .badge = UINT64_MAX,
                        .address = UINTPTR_MAX,
                        .order = order,
                        .flags = UINT8_MAX};
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/// The same as compare() where the ranges are equal. A search comes here at its end only.
static __attribute__((noinline)) int compare_rest(const struct key *key, const struct cte *cte)
{
    const struct cap *cap = &cte->cap;
    const struct cap_type *type = cap_type(cap->type);
    if (key->order != type->order)
        return key->order < type->order ? -1 : 1;
    uint64_t extra = cap->extra & type->extra_mask;
    if (key->extra != extra)
        return compare_numbers(key->extra, extra);
    unsigned flags = cap->flags & ORDER_FLAGS;
    if (key->flags != flags)
        return key->flags < flags ? -1 : 1;
    if (key->badge != (cap->extra & type->badge_mask))
        return compare_numbers(key->badge, cap->extra & type->badge_mask);
    return compare_numbers(key->address, (uintptr_t)cte);
}

/// Negative if the key comes before the node, positive if after.
static inline int compare(const struct key *key, const struct cte *cte)
{
    const struct cap *cap = &cte->cap;
    if (key->base != cap->base)
        return key->base < cap->base ? -1 : 1;
    if (key->bytes != cap->bytes)
        return key->bytes > cap->bytes ? -1 : 1;
    return compare_rest(key, cte);
}

static unsigned level_of(const struct cte *cte)
{
    return cte == NULL ? 0 : cte->cap.level;
}

static inline void update(struct cte *cte)
{
    const struct cte *left = cte->left, *right = cte->right;
    unsigned below = level_of(left);
    uint64_t end = cap_end(&cte->cap);
    if (left != NULL && left->max_end > end)
        end = left->max_end;
    if (right != NULL) {
        below = right->cap.level > below ? right->cap.level : below;
        end = right->max_end > end ? right->max_end : end;
    }
    cte->cap.level = (uint8_t)(1 + below);
    cte->max_end = end;
}

static void rotate_right(struct cte **link)
{
    struct cte *down = *link, *up = down->left;
    down->left = up->right;
    up->right = down;
    *link = up;
    update(down);
    update(up);
}

static void rotate_left(struct cte **link)
{
    struct cte *down = *link, *up = down->right;
    down->right = up->left;
    up->left = down;
    *link = up;
    update(down);
    update(up);
}

/// Restores M2 for a node whose subtrees differ in height by two.
static __attribute__((noinline)) void rotate(struct cte **link)
{
    struct cte *cte = *link;
    if (level_of(cte->left) > level_of(cte->right)) {
        if (level_of(cte->left->right) > level_of(cte->left->left))
            rotate_left(&cte->left);
        rotate_right(link);
    } else {
        if (level_of(cte->right->left) > level_of(cte->right->right))
            rotate_right(&cte->right);
        rotate_left(link);
    }
}

/// Restores M2 and M3 for a node whose subtrees satisfy them and differ in height by two at most.
/// False: what the node above goes by is as before.
static inline bool rebalance(struct cte **link)
{
    struct cte *cte = *link;
    uint64_t max_end = cte->max_end;
    unsigned level = cte->cap.level;
    unsigned left = level_of(cte->left), right = level_of(cte->right);
    if (left > right + 1 || right > left + 1)
        rotate(link);
    else
        update(cte);
    return (*link)->cap.level != level || (*link)->max_end != max_end;
}

static unsigned class_of(const struct cap *cap)
{
    return cap_type(cap->type)->class;
}

void mdb_insert(struct mdb *mdb, struct cte *cte)
{
    struct cte **path[MDB_PATH_MAX];
    struct cte **link = &mdb->root[class_of(&cte->cap)];
    struct key key = key_of(cte);
    unsigned depth = 0;
    while (*link != NULL) {
        int order = compare(&key, *link);
        kassert(order != 0 && depth < MDB_PATH_MAX); // M1, M2
        path[depth++] = link;
        link = order < 0 ? &(*link)->left : &(*link)->right;
    }
    cte->left = cte->right = NULL;
    *link = cte;
    update(cte);
    mdb->count++;
    while (depth > 0 && rebalance(path[depth - 1]))
        depth--;
}

void mdb_replace(struct mdb *mdb, struct cte *to, const struct cte *from)
{
    struct cte **link = &mdb->root[class_of(&from->cap)];
    struct key key = key_of(from);
    while (*link != from) {
        kassert(*link != NULL); // M1
        link = compare(&key, *link) < 0 ? &(*link)->left : &(*link)->right;
    }
    *to = *from;
    *link = to;
}

void mdb_remove(struct mdb *mdb, struct cte *cte)
{
    struct cte **path[MDB_PATH_MAX];
    struct cte **link = &mdb->root[class_of(&cte->cap)];
    struct key key = key_of(cte);
    unsigned depth = 0, place;
    while (*link != cte) {
        kassert(*link != NULL && depth < MDB_PATH_MAX); // M1, M2
        path[depth++] = link;
        link = compare(&key, *link) < 0 ? &(*link)->left : &(*link)->right;
    }
    place = depth;
    if (cte->left == NULL || cte->right == NULL) {
        *link = cte->left != NULL ? cte->left : cte->right;
    } else {
        // The next node in order takes its place; the path goes on to where that one was.
        path[depth++] = link;
        struct cte **next_link = &cte->right;
        while ((*next_link)->left != NULL) {
            kassert(depth < MDB_PATH_MAX); // M2
            path[depth++] = next_link;
            next_link = &(*next_link)->left;
        }
        struct cte *next = *next_link;
        *next_link = next->right;
        next->left = cte->left;
        next->right = cte->right;
        next->max_end = cte->max_end;
        next->cap.level = cte->cap.level;
        *link = next;
        if (depth > place + 1)
            path[place + 1] = &next->right;
    }
    mdb->count--;
    // A node that is as it was ends the way up, but not below `place`, where another one stands now.
    while (depth > 0 && (rebalance(path[depth - 1]) || depth - 1 > place))
        depth--;
}

static bool reaches(const struct cte *cte, uint64_t end)
{
    return cte != NULL && cte->max_end > end;
}

/// The first node in a subtree that ends after `end`; there is one.
static struct cte *first_ending_after(struct cte *cte, uint64_t end)
{
    for (;;)
        if (reaches(cte->left, end))
            cte = cte->left;
        else if (cap_end(&cte->cap) > end)
            return cte;
        else
            cte = cte->right;
}

static struct cte *last_ending_after(struct cte *cte, uint64_t end)
{
    for (;;)
        if (reaches(cte->right, end))
            cte = cte->right;
        else if (cap_end(&cte->cap) > end)
            return cte;
        else
            cte = cte->left;
}

/// The first node after the key other than `except`, or NULL.
static struct cte *next_after(struct cte *root, const struct key *key, const struct cte *except)
{
    struct cte *next = NULL, *above = NULL; // where `next` has no right subtree, `above` follows it
    for (struct cte *cte = root; cte != NULL;) {
        if (compare(key, cte) < 0) {
            above = next;
            next = cte;
            cte = cte->left;
        } else {
            cte = cte->right;
        }
    }
    if (next == NULL || next != except)
        return next;
    return next->right != NULL ? first_ending_after(next->right, 0) : above;
}

/// The first node after the key that ends after `end`, or NULL.
static struct cte *next_ending_after(struct cte *root, const struct key *key, uint64_t end)
{
    // Of the nodes on the way to the key that come after it, the lowest one that qualifies, or has
    // one that does in its right subtree.
    struct cte *lowest = NULL;
    for (struct cte *cte = root; cte != NULL;) {
        bool after = compare(key, cte) < 0;
        if (after && (cap_end(&cte->cap) > end || reaches(cte->right, end)))
            lowest = cte;
        cte = after ? cte->left : cte->right;
    }
    if (lowest == NULL || cap_end(&lowest->cap) > end)
        return lowest;
    return first_ending_after(lowest->right, end);
}

/// The last node before the key that ends after `end`, or NULL.
static struct cte *last_ending_after_before(struct cte *root, const struct key *key, uint64_t end)
{
    // Of the nodes on the way to the key that come before it, the lowest one that qualifies, or has
    // one that does in its left subtree.
    struct cte *lowest = NULL;
    for (struct cte *cte = root; cte != NULL;) {
        bool before = compare(key, cte) > 0;
        if (before && (cap_end(&cte->cap) > end || reaches(cte->left, end)))
            lowest = cte;
        cte = before ? cte->right : cte->left;
    }
    if (lowest == NULL || cap_end(&lowest->cap) > end)
        return lowest;
    return last_ending_after(lowest->left, end);
}

/// The first copy after the key other than `except`, or NULL. It is the next of all: there is
/// nothing between copies.
static struct cte *next_copy(const struct mdb *mdb, const struct cap *cap, struct key key,
                             const struct cte *except)
{
    struct cte *found = next_after(mdb->root[class_of(cap)], &key, except);
    return found != NULL && same_object(&found->cap, cap) ? found : NULL;
}

struct cte *mdb_find_copy(const struct mdb *mdb, const struct cap *cap, const struct cte *except)
{
    return next_copy(mdb, cap, key_before(cap), except);
}

struct cte *mdb_find_badged(const struct mdb *mdb, const struct cap *cap, const struct cte *except)
{
    struct cte *found = NULL;
    for (unsigned held = 0; held <= CAPFLAG_HELD && found == NULL; held += CAPFLAG_HELD) {
        struct key key = key_among(cap, held);
        key.badge = badge_of(cap);
        found = next_copy(mdb, cap, key, except);
        if (found != NULL && badge_of(&found->cap) != badge_of(cap))
            found = NULL;
    }
    return found;
}

struct cte *mdb_find_marked(const struct mdb *mdb, const struct cap *cap, bool marked)
{
    struct cte *found = NULL;
    for (unsigned held = 0; held <= CAPFLAG_HELD && found == NULL; held += CAPFLAG_HELD) {
        found = next_copy(mdb, cap, key_among(cap, held | (marked ? ANY_MARK : 0)), NULL);
        if (found != NULL && is_marked(&found->cap) != marked)
            found = NULL;
    }
    return found;
}

struct cte *mdb_find_held(const struct mdb *mdb, const struct cap *cap)
{
    struct cte *found = next_copy(mdb, cap, key_among(cap, CAPFLAG_HELD), NULL);
    if (found == NULL || badge_of(&found->cap) == 0 || badge_of(&found->cap) == badge_of(cap))
        return found;
    // The first one has another badge. One without a badge could still be an own one.
    found = next_copy(mdb, cap, key_among(cap, CAPFLAG_HELD | ANY_MARK), NULL);
    if (found != NULL)
        return found;
    struct key key = key_among(cap, CAPFLAG_HELD);
    key.badge = badge_of(cap);
    found = next_copy(mdb, cap, key, NULL);
    return found != NULL && badge_of(&found->cap) == badge_of(cap) ? found : NULL;
}

struct cte *mdb_find_ancestor(const struct mdb *mdb, const struct cap *cap)
{
    struct cte *found;
    do {
        // A Mapping covers what was retyped out of the frame that it maps, but is only its sibling.
        struct key key = key_before(cap);
        key.extra = 0;
        found = last_ending_after_before(mdb->root[class_of(cap)], &key, cap->base);
        cap = found != NULL ? &found->cap : NULL;
    } while (found != NULL && cap_type(found->cap.type)->leaf);
    return found;
}

struct cte *mdb_find_descendant(const struct mdb *mdb, const struct cap *cap)
{
    if (cap_type(cap->type)->leaf)
        return NULL;
    struct key key = key_after(cap, cap_type(cap->type)->order);
    struct cte *found = next_after(mdb->root[class_of(cap)], &key, NULL);
    return found != NULL && found->cap.base < cap_end(cap) ? found : NULL;
}

struct cte *mdb_find_inner(const struct mdb *mdb, const struct cap *cap, uint64_t base,
                           uint64_t end)
{
    struct key key = key_after(cap, cap_type(cap->type)->order);
    struct cte *found = next_ending_after(mdb->root[class_of(cap)], &key, base);
    if (found != NULL && found->cap.type == ObjType_Mapping && found->cap.base == cap->base &&
        found->cap.bytes == cap->bytes) {
        key = key_after(cap, UINT8_MAX);
        found = next_ending_after(mdb->root[class_of(cap)], &key, base);
    }
    return found != NULL && found->cap.base < end ? found : NULL;
}

struct cte *mdb_find_mapping(const struct mdb *mdb, const struct cap *cap)
{
    struct cap mapping = {.base = cap->base, .bytes = cap->bytes, .type = ObjType_Mapping};
    struct key key = key_before(&mapping);
    struct cte *found = next_after(mdb->root[MDB_MEMORY], &key, NULL);
    bool fits = found != NULL && found->cap.type == ObjType_Mapping &&
                found->cap.base == cap->base && found->cap.bytes == cap->bytes;
    return fits ? found : NULL;
}

bool mdb_crosses(const struct mdb *mdb, const struct cap *cap)
{
    struct key key = key_before(cap);
    struct cte *before = last_ending_after_before(mdb->root[class_of(cap)], &key, cap->base);
    if (before != NULL && cap_end(&before->cap) < cap_end(cap))
        return true;
    struct cte *beyond = next_ending_after(mdb->root[class_of(cap)], &key, cap_end(cap));
    return beyond != NULL && beyond->cap.base < cap_end(cap);
}

/// Checks M4 in a subtree of a tree that is otherwise valid.
static bool subtree_nested(const struct mdb *mdb, const struct cte *cte)
{
    return cte == NULL || (!mdb_crosses(mdb, &cte->cap) && subtree_nested(mdb, cte->left) &&
                           subtree_nested(mdb, cte->right));
}

/// Checks M1 to M3 in a subtree; *last is the slot before it in order and is moved to its last one.
static bool subtree_valid(const struct cte *cte, unsigned depth, const struct cte **last,
                          uint64_t *count)
{
    if (cte == NULL)
        return true;
    if (depth >= MDB_PATH_MAX || cte->cap.type == ObjType_Null || cte->cap.type >= ObjType_Num ||
        !subtree_valid(cte->left, depth + 1, last, count))
        return false;
    struct key key = key_of(cte);
    if (*last != NULL && compare(&key, *last) <= 0) // M1
        return false;
    struct cte again = *cte;
    update(&again); // M2, M3
    unsigned left = level_of(cte->left), right = level_of(cte->right);
    if (again.cap.level != cte->cap.level || again.max_end != cte->max_end || left > right + 1 ||
        right > left + 1)
        return false;
    *last = cte;
    *count += 1;
    return subtree_valid(cte->right, depth + 1, last, count);
}

bool mdb_valid(const struct mdb *mdb)
{
    uint64_t count = 0;
    for (unsigned class = 0; class < MDB_CLASSES; class ++) {
        const struct cte *last = NULL;
        if (!subtree_valid(mdb->root[class], 0, &last, &count) ||
            !subtree_nested(mdb, mdb->root[class]))
            return false;
    }
    return count == mdb->count;
}
