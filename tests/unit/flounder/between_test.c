// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the compiler makes of an interface between monitors: each construct into words and back, each
// refusal, who handles what, and how messages are printed.
#include <if/between_defs.h>
#include <stdlib.h>
#include <string.h>
#include <testlib/testlib.h>

static uint64_t words[BETWEEN_WORDS_MAX];
static unsigned count;
static struct between_message got;

static const struct capability frame = {
    .base = 0x100000, .bytes = 0x2000, .type = ObjType_Frame, .owner = 3};

static between_point_t point_at(int32_t x)
{
    return (between_point_t){x, true, between_BLUE, {1, 2}, frame, {'a', 'b', 'c', 'd', 'e'}};
}

/// A message as words and back.
static void pass(const struct between_message *message)
{
    memset(words, 0xff, sizeof(words));
    CU_ASSERT_TRUE_FATAL(between_encode(message, words, &count));
    CU_ASSERT_TRUE_FATAL(count <= BETWEEN_WORDS_MAX);
    CU_ASSERT_TRUE(between_decode(words, count, message->op, &got));
    CU_ASSERT_EQUAL(got.op, message->op);
}

static uint8_t *row(void)
{
    return (uint8_t *)words;
}

static void put32(size_t at, uint32_t number)
{
    memcpy(row() + at, &number, sizeof(number));
}

static void expect_refused(enum between_op op)
{
    CU_ASSERT_FALSE(between_decode(words, count, op, &got));
}

/// Fewer words, more words, and those of no message.
static void expect_exact(enum between_op op)
{
    unsigned right = count;
    for (count = 0; count < right; count++)
        expect_refused(op);
    words[right] = 0;
    count = right + 1;
    expect_refused(op);
    count = right;
    expect_refused(0);
    expect_refused(BETWEEN_OPS_COUNT);
    CU_ASSERT_TRUE(between_decode(words, count, op, &got));
}

static void test_nothing(void)
{
    pass(&(struct between_message){.op = BETWEEN_NOTHING});
    CU_ASSERT_EQUAL(count, 0);
    expect_exact(BETWEEN_NOTHING);
}

static void test_numbers(void)
{
    pass(&(struct between_message){BETWEEN_NUMBERS, .numbers = {1, -2, 3, -4, 'e', 6, 7, 8}});
    const struct between_numbers *numbers = &got.numbers;
    CU_ASSERT_EQUAL(count, 5); // 34 bytes
    CU_ASSERT(numbers->a == 1 && numbers->b == -2 && numbers->c == 3 && numbers->d == -4);
    CU_ASSERT(numbers->e == 'e' && numbers->f == 6 && numbers->g == 7 && numbers->h == 8);
    CU_ASSERT_EQUAL(memcmp(words, "\1\376\377\3\0\0\0\374", 8), 0); // without gaps
    expect_exact(BETWEEN_NUMBERS);
    for (unsigned at = 34; at < 40; at++) { // nothing behind the last
        row()[at] = 1;
        expect_refused(BETWEEN_NUMBERS);
        row()[at] = 0;
    }
}

static void test_flags(void)
{
    pass(&(struct between_message){BETWEEN_FLAGS, .flags = {true, false}});
    CU_ASSERT(got.flags.first && !got.flags.last);
    expect_exact(BETWEEN_FLAGS);
    for (unsigned value = 2; value < 256; value++) {
        row()[1] = (uint8_t)value;
        expect_refused(BETWEEN_FLAGS);
    }
}

static void test_paint(void)
{
    pass(&(struct between_message){BETWEEN_PAINT, .paint = {between_RED, between_BLUE}});
    CU_ASSERT(got.paint.first == between_RED && got.paint.last == between_BLUE);
    expect_exact(BETWEEN_PAINT);
    put32(4, 3);
    expect_refused(BETWEEN_PAINT);
    put32(4, UINT32_MAX);
    expect_refused(BETWEEN_PAINT);
}

static void test_caps(void)
{
    struct between_message message = {BETWEEN_CAPS, .caps = {frame, frame, {0}}};
    message.caps.given.owner = 9;
    pass(&message);
    CU_ASSERT_EQUAL(count, 12);
    CU_ASSERT_EQUAL(memcmp(&got.caps, &message.caps, sizeof(got.caps)), 0);
    CU_ASSERT_PTR_EQUAL(between_carried(&got), &got.caps.given);
    expect_exact(BETWEEN_CAPS);
    row()[offsetof(struct capability, type)] = ObjType_Num; // no type
    expect_refused(BETWEEN_CAPS);
    pass(&(struct between_message){BETWEEN_PRESENT, .present = {frame}});
    CU_ASSERT_PTR_EQUAL(between_carried(&got), &got.present.given);
    got.op = BETWEEN_FLAGS;
    CU_ASSERT_PTR_NULL(between_carried(&got));
}

static void test_texts(void)
{
    struct between_message message = {BETWEEN_TEXTS, .texts = {"seven77", ""}};
    pass(&message);
    CU_ASSERT_EQUAL(count, 3); // 4 + 8 + 4 + 1 bytes
    CU_ASSERT_STRING_EQUAL(got.texts.brief, "seven77");
    CU_ASSERT_STRING_EQUAL(got.texts.wide, "");
    expect_exact(BETWEEN_TEXTS);
    row()[11] = 'x'; // no end
    expect_refused(BETWEEN_TEXTS);
    row()[11] = 0;
    row()[10] = 0; // an end before the end
    expect_refused(BETWEEN_TEXTS);
    row()[10] = '7';
    put32(0, 9); // too long
    expect_refused(BETWEEN_TEXTS);
    put32(0, 8);
    put32(12, 0); // none at all
    expect_refused(BETWEEN_TEXTS);
    CU_ASSERT_STRING_EQUAL(got.texts.wide, "");
    memset(message.texts.wide, 'w', 254);
    pass(&message);
    CU_ASSERT_EQUAL(strlen(got.texts.wide), 254);
    expect_exact(BETWEEN_TEXTS);
}

static void test_figures(void)
{
    struct between_message message = {
        BETWEEN_FIGURES,
        .figures = {point_at(-1), {point_at(2), point_at(3)}, {{1, 2}, {3, 4}}, "ab"}};
    pass(&message);
    CU_ASSERT_EQUAL(got.figures.at.x, -1);
    CU_ASSERT_EQUAL(got.figures.around[1].x, 3);
    CU_ASSERT(got.figures.around[1].solid && got.figures.around[1].paint == between_BLUE);
    CU_ASSERT_EQUAL(memcmp(&got.figures.around[1].what, &frame, sizeof(frame)), 0);
    CU_ASSERT_EQUAL(got.figures.spans[1][0], 3);
    CU_ASSERT_STRING_EQUAL(got.figures.name, "ab");
    expect_exact(BETWEEN_FIGURES);
    size_t point = 4 + 1 + 4 + 4 + 32 + 5;
    row()[2 * point + 4] = 2; // solid, of the last corner
    expect_refused(BETWEEN_FIGURES);
    row()[2 * point + 4] = 1;
    put32(2 * point + 5, 3); // its paint
    expect_refused(BETWEEN_FIGURES);
}

static struct between_message make_lists(void)
{
    return (struct between_message){BETWEEN_LISTS,
                                    .lists = {.data = {1, 2, 3},
                                              .length = 3,
                                              .points = {point_at(1), point_at(2), point_at(3)},
                                              .count = 3,
                                              .ends = {{1, 2}},
                                              .ends_count = 1,
                                              .marks = {true},
                                              .marks_count = 1,
                                              .held = {frame},
                                              .held_count = 1}};
}

static void test_lists(void)
{
    struct between_message message = make_lists();
    pass(&message);
    CU_ASSERT(got.lists.length == 3 && memcmp(got.lists.data, "\1\2\3", 4) == 0);
    CU_ASSERT(got.lists.count == 3 && got.lists.points[2].x == 3);
    CU_ASSERT(got.lists.ends_count == 1 && got.lists.ends[0][1] == 2);
    CU_ASSERT(got.lists.marks_count == 1 && got.lists.marks[0]);
    CU_ASSERT(got.lists.held_count == 1 && got.lists.held[0].owner == 3);
    expect_exact(BETWEEN_LISTS);
    put32(7, 4); // one point more than may be
    expect_refused(BETWEEN_LISTS);
    put32(7, 2); // then the rest is something else
    expect_refused(BETWEEN_LISTS);
    put32(0, 41);
    expect_refused(BETWEEN_LISTS);
    pass(&(struct between_message){.op = BETWEEN_LISTS}); // all empty
    CU_ASSERT_EQUAL(count, 3);
    CU_ASSERT(got.lists.length == 0 && got.lists.held_count == 0);
}

static void test_full(void)
{
    struct between_message message = {BETWEEN_FULL, .full = {.last = 77}};
    pass(&message);
    CU_ASSERT_EQUAL(count, 255);
    CU_ASSERT_EQUAL(got.full.last, 77);
    expect_refused(BETWEEN_LISTS);
}

static void expect_not_encoded(const struct between_message *message)
{
    CU_ASSERT_FALSE(between_encode(message, words, &count));
}

/// What is not as it was declared is not sent either.
static void test_encode_refuses(void)
{
    struct between_message message = {BETWEEN_TEXTS, .texts = {"12345678", ""}}; // no end
    expect_not_encoded(&message);
    message = (struct between_message){BETWEEN_PAINT, .paint = {3, between_RED}};
    expect_not_encoded(&message);
    message = (struct between_message){BETWEEN_CAPS, .caps = {.last = {.type = ObjType_Num}}};
    expect_not_encoded(&message);
    message = make_lists();
    message.lists.length = 41;
    expect_not_encoded(&message);
    message = make_lists();
    message.lists.count = SIZE_MAX;
    expect_not_encoded(&message);
    message = make_lists();
    message.lists.points[2].paint = 3;
    expect_not_encoded(&message);
    expect_not_encoded(&(struct between_message){.op = 0});
    expect_not_encoded(&(struct between_message){.op = BETWEEN_OPS_COUNT});
}

struct between_header {
    unsigned handled;
};

static void handle(const struct between_header *header, const struct between_message *message)
{
    CU_ASSERT_PTR_EQUAL(message, &got);
    ((struct between_header *)header)->handled++;
}

static void test_dispatch(void)
{
    struct between_header header = {0};
    const struct between_handlers handlers = {.flags = handle, .full = handle};
    unsigned handled = 0;
    for (unsigned op = 0; op <= BETWEEN_OPS_COUNT; op++) {
        bool has = op == BETWEEN_FLAGS || op == BETWEEN_FULL;
        got.op = op;
        CU_ASSERT_EQUAL(between_dispatch(&handlers, &header, &got), has);
        handled += has;
        CU_ASSERT_EQUAL(header.handled, handled);
    }
}

/// The text, in places of each size.
static void expect_printed(const struct between_message *message, const char *expected)
{
    size_t length = strlen(expected);
    for (size_t bytes = 0; bytes <= length + 1; bytes++) {
        char *text = malloc(bytes);
        CU_ASSERT_EQUAL(between_print(text, bytes, message), length);
        if (bytes > 0) {
            CU_ASSERT_EQUAL(strlen(text), bytes - 1);
            CU_ASSERT_EQUAL(strncmp(text, expected, bytes - 1), 0);
        }
        if (bytes == length + 1)
            CU_ASSERT_STRING_EQUAL(text, expected);
        free(text);
    }
}

static void test_print(void)
{
    struct between_message message = {.op = BETWEEN_NOTHING};
    expect_printed(&message, "nothing");
    message = (struct between_message){BETWEEN_NUMBERS,
                                       .numbers = {1, -2, 65535, -4, 'e', 65536, 7, 1ull << 63}};
    expect_printed(&message, "numbers a=1 b=-2 c=65535 d=-4 e=101 f=0x10000 g=7 "
                             "h=0x8000000000000000");
    message = (struct between_message){BETWEEN_FLAGS, .flags = {true, false}};
    expect_printed(&message, "flags first=true last=false");
    message = (struct between_message){BETWEEN_PAINT, .paint = {between_GREEN, 3}};
    expect_printed(&message, "paint first=GREEN last=?");
    message = (struct between_message){BETWEEN_CAPS, .caps = {frame, {.type = ObjType_Num}, {0}}};
    expect_printed(&message, "caps first=Frame(0x100000+0x2000 of 3) given=?(0+0 of 0) last=Null");
    message = (struct between_message){BETWEEN_TEXTS, .texts = {"12345678", "a\"\\\n\x7f\xc3"}};
    expect_printed(&message, "texts brief=\"12345678\" wide=\"a\\x22\\x5c\\x0a\\x7f\\xc3\"");
    expect_printed(&(struct between_message){.op = 99}, "no message 99");
}

static void test_print_many(void)
{
    struct between_message message = make_lists();
    message.lists.count = 1;
    message.lists.marks_count = 12; // no more than there are
    expect_printed(&message,
                   "lists data=[1 2 3] points=[{x=1 solid=true paint=BLUE ends=[1 2] "
                   "what=Frame(0x100000+0x2000 of 3) name=\"abcde\"}] ends=[[1 2]] marks=[true "
                   "false false false false false false false false] "
                   "held=[Frame(0x100000+0x2000 of 3)]");
    message = (struct between_message){.op = BETWEEN_LISTS};
    expect_printed(&message, "lists data=[] points=[] ends=[] marks=[] held=[]");
    message = (struct between_message){BETWEEN_FIGURES, .figures = {.spans = {{1, 2}, {3, 4}}}};
    char text[512];
    (void)between_print(text, sizeof(text), &message);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " spans=[[1 2] [3 4]] name=\"\""));
}

TEST_SUITE("between monitors") = {
    {"no argument", test_nothing},
    {"numbers", test_numbers},
    {"bools", test_flags},
    {"enums", test_paint},
    {"capabilities", test_caps},
    {"texts", test_texts},
    {"structs and arrays in one another", test_figures},
    {"arrays with a length", test_lists},
    {"the longest message", test_full},
    {"what is not encoded", test_encode_refuses},
    {"who handles what", test_dispatch},
    {"printed", test_print},
    {"structs and arrays, printed", test_print_many},
};
