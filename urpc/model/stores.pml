// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory that two processors share, with x86's order (Sewell et al., x86-TSO, CACM 2010). A
// side's stores wait in its queue and reach memory in order, one by one, at any time; a fence
// waits until all have. Loads are done in order. No side loads a word that it stores (urpc/
// layout.h, I1), so a queue never answers a load. Release and acquire cost no instruction on x86;
// what they ask for is which store or load comes first.
//
// When a store reaches memory can be seen only by a load of that word. So a load chooses how many
// of the stores to its word have arrived, which brings what stands before them in the queue; all
// others may as well arrive later. This leaves out no result of a load and saves most states.

#define HALF_0(line) (3 * (line)) // a line: two words that carry the payload, and the header
#define HALF_1(line) (3 * (line) + 1)
#define HEADER(line) (3 * (line) + 2)
#define CONSUMED (3 * N)
#define FLAG_RECV (3 * N + 1)
#define FLAG_ROOM (3 * N + 2)
#define CLOSED (3 * N + 3)
#define WORDS (3 * N + 4)

typedef area {
    byte word[WORDS]
};

area memory[2]; // [s] is written by side s alone
chan queue[2] = [STORES] of {byte, byte};

hidden byte at, value; // scratch, within an atomic sequence

// In what follows `me` is the side that does it.

inline arrive(s)
{
    queue[s]?at, value;
    memory[s].word[at] = value
}

inline store(to, what)
{
    if
    :: full(queue[me]) -> arrive(me)
    :: nfull(queue[me])
    fi;
    queue[me]!to, what
}

inline fence()
{
    do
    :: nempty(queue[me]) -> arrive(me)
    :: empty(queue[me]) -> break
    od
}

// Makes shown(from) what a load of that word gets.
inline load(from)
{
    do
    :: queue[1 - me]??[eval(from), _] ->
        at = WORDS;
        do
        :: at != from -> arrive(1 - me)
        :: at == from -> break
        od
    :: break
    od
}

#define shown(from) memory[1 - me].word[from]
