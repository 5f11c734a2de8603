// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Bit maps of the free slots of a capability space. Slots are handed out from the lowest L2CNode
// that has one and within it from the lowest address, so that a domain's capabilities stay dense.
// An L2CNode that was added stays: a domain that needed many slots once will need them again.
#include "slot_map.h"

#include <string.h>

void slot_map_init(struct slot_map *map, cslot_t taken)
{
    memset(map, 0, sizeof(*map));
    for (cslot_t root = 0; root < taken && root < L1_CNODE_SLOTS_MIN; root++) {
        map->taken_root[root / 64] |= 1ull << root % 64;
    }
}

cslot_t slot_map_take_root(struct slot_map *map)
{
    for (cslot_t root = 0; root < L1_CNODE_SLOTS_MIN; root++) {
        if ((map->taken_root[root / 64] >> root % 64 & 1) == 0) {
            map->taken_root[root / 64] |= 1ull << root % 64;
            return root;
        }
    }
    return L1_CNODE_SLOTS_MIN;
}

bool slot_map_put_root(struct slot_map *map, cslot_t root)
{
    if (root >= L1_CNODE_SLOTS_MIN || (map->taken_root[root / 64] >> root % 64 & 1) == 0) {
        return false;
    }
    map->taken_root[root / 64] &= ~(1ull << root % 64);
    return true;
}

void slot_map_add(struct slot_map *map, cslot_t root)
{
    map->added[root / 64] |= 1ull << root % 64;
    map->free_count += L2_CNODE_SLOTS - map->free_in[root];
    map->free_in[root] = L2_CNODE_SLOTS;
    memset(map->free_bits[root], 0xff, sizeof(map->free_bits[root]));
    map->hint = root < map->hint ? root : map->hint;
}

capaddr_t slot_map_take(struct slot_map *map)
{
    if (map->free_count == 0) {
        return 0;
    }
    while (map->free_in[map->hint] == 0) {
        map->hint = (map->hint + 1) % L1_CNODE_SLOTS_MIN;
    }
    uint64_t *words = map->free_bits[map->hint];
    unsigned word = 0;
    while (words[word] == 0) {
        word++;
    }
    unsigned bit = (unsigned)__builtin_ctzll(words[word]);
    words[word] &= words[word] - 1;
    map->free_in[map->hint]--;
    map->free_count--;
    return map->hint * L2_CNODE_SLOTS + word * 64 + bit;
}

bool slot_map_put(struct slot_map *map, capaddr_t addr)
{
    cslot_t root = addr / L2_CNODE_SLOTS;
    cslot_t slot = addr % L2_CNODE_SLOTS;
    if (root >= L1_CNODE_SLOTS_MIN || (map->added[root / 64] >> root % 64 & 1) == 0 ||
        (map->free_bits[root][slot / 64] >> slot % 64 & 1) != 0) {
        return false;
    }
    map->free_bits[root][slot / 64] |= 1ull << slot % 64;
    map->free_in[root]++;
    map->free_count++;
    map->hint = root < map->hint ? root : map->hint;
    return true;
}
