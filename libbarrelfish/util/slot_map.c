// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Bit maps of the free slots of a capability space. Slots are handed out from the lowest L2CNode
// that has one and within it from the lowest address, so that a domain's capabilities stay dense
// and the L2CNodes above become empty when it needs fewer.
#include "slot_map.h"

#include <assert.h>
#include <string.h>

/// The chunk of an L1 slot, which the map covers.
static struct slot_chunk *chunk_of(struct slot_map *map, cslot_t root)
{
    return map->chunks[root / SLOT_CHUNK_ROOTS];
}

static bool get(const uint64_t *bits, cslot_t root)
{
    root %= SLOT_CHUNK_ROOTS;
    return (bits[root / 64] >> root % 64 & 1) != 0;
}

static void set(uint64_t *bits, cslot_t root, bool value)
{
    root %= SLOT_CHUNK_ROOTS;
    bits[root / 64] &= ~(1ull << root % 64);
    bits[root / 64] |= (uint64_t)value << root % 64;
}

void slot_map_init(struct slot_map *map, cslot_t taken)
{
    memset(map, 0, sizeof(*map));
    slot_map_extend(map, &map->first);
    for (cslot_t root = 0; root < taken; root++) {
        set(map->first.taken_root, root, true);
        map->roots_free--;
    }
}

void slot_map_extend(struct slot_map *map, struct slot_chunk *chunk)
{
    memset(chunk, 0, sizeof(*chunk));
    memset(chunk->free_bits, 0xff, sizeof(chunk->free_bits));
    map->chunks[map->roots / SLOT_CHUNK_ROOTS] = chunk;
    map->roots += SLOT_CHUNK_ROOTS;
    map->roots_free += SLOT_CHUNK_ROOTS;
}

cslot_t slot_map_take_root(struct slot_map *map)
{
    if (map->roots_free == 0)
        return L1_CNODE_SLOTS_MAX;
    cslot_t root = map->root_hint;
    while (get(chunk_of(map, root)->taken_root, root))
        root++;
    assert(root < map->roots); // SM1
    set(chunk_of(map, root)->taken_root, root, true);
    map->root_hint = root;
    map->roots_free--;
    return root;
}

bool slot_map_put_root(struct slot_map *map, cslot_t root)
{
    if (root >= map->roots || !get(chunk_of(map, root)->taken_root, root))
        return false;
    set(chunk_of(map, root)->taken_root, root, false);
    map->root_hint = root < map->root_hint ? root : map->root_hint;
    map->roots_free++;
    return true;
}

void slot_map_add(struct slot_map *map, cslot_t root)
{
    struct slot_chunk *chunk = chunk_of(map, root);
    cslot_t index = root % SLOT_CHUNK_ROOTS;
    assert(get(chunk->taken_root, root)); // SM2
    map->free_count += L2_CNODE_SLOTS;
    chunk->free_in[index] = L2_CNODE_SLOTS;
    map->hint = root < map->hint ? root : map->hint;
}

bool slot_map_remove(struct slot_map *map, cslot_t root)
{
    struct slot_chunk *chunk = root < map->roots ? chunk_of(map, root) : NULL;
    cslot_t index = root % SLOT_CHUNK_ROOTS;
    if (chunk == NULL || chunk->free_in[index] != L2_CNODE_SLOTS)
        return false;
    assert(map->free_count >= L2_CNODE_SLOTS); // SM3
    chunk->free_in[index] = 0;
    map->free_count -= L2_CNODE_SLOTS;
    return true;
}

capaddr_t slot_map_take(struct slot_map *map)
{
    if (map->free_count == 0)
        return 0;
    while (chunk_of(map, map->hint)->free_in[map->hint % SLOT_CHUNK_ROOTS] == 0)
        map->hint = (map->hint + 1) % map->roots;
    struct slot_chunk *chunk = chunk_of(map, map->hint);
    cslot_t index = map->hint % SLOT_CHUNK_ROOTS;
    uint64_t *words = chunk->free_bits[index];
    unsigned word = 0;
    while (words[word] == 0)
        word++;
    assert(word < L2_CNODE_SLOTS / 64); // SM3
    unsigned bit = (unsigned)__builtin_ctzll(words[word]);
    words[word] &= words[word] - 1;
    chunk->free_in[index]--;
    map->free_count--;
    return map->hint * L2_CNODE_SLOTS + word * 64 + bit;
}

bool slot_map_put(struct slot_map *map, capaddr_t addr)
{
    cslot_t root = addr / L2_CNODE_SLOTS;
    cslot_t slot = addr % L2_CNODE_SLOTS;
    struct slot_chunk *chunk = root < map->roots ? chunk_of(map, root) : NULL;
    cslot_t index = root % SLOT_CHUNK_ROOTS;
    if (chunk == NULL || (chunk->free_bits[index][slot / 64] >> slot % 64 & 1) != 0)
        return false;
    chunk->free_bits[index][slot / 64] |= 1ull << slot % 64;
    assert(chunk->free_in[index] < L2_CNODE_SLOTS); // SM3
    chunk->free_in[index]++;
    map->free_count++;
    map->hint = root < map->hint ? root : map->hint;
    return true;
}
