// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The ACPI reader on a machine of four cores and two nodes: what it finds when all is well, what it
// falls back to for each kind of malformed table, its bounds, and random damage under
// AddressSanitizer.
#include "fake_acpi.h"

enum { FUZZ_ROUNDS = 8000, GOOD_TABLES = 5 };
enum { MADT, SRAT, SLIT, FADT, HPET };

static struct acpi_info info;

static void add_core(struct fake_table *madt, uint32_t id, uint8_t flags)
{
    fake_append(madt, (uint8_t[]){0, 8, (uint8_t)(id + 100), (uint8_t)id, flags, 0, 0, 0}, 8);
}

static void add_x2apic_core(struct fake_table *madt, uint32_t id, uint8_t flags)
{
    uint8_t entry[16] = {9, 16, [8] = flags};
    memcpy(entry + 4, &id, 4);
    fake_append(madt, entry, sizeof(entry));
}

static void add_affinity(struct fake_table *srat, uint8_t apic_id, uint8_t domain, uint8_t flags)
{
    fake_append(srat, (uint8_t[16]){0, 16, domain, apic_id, flags}, 16);
}

static void add_memory(struct fake_table *srat, uint32_t domain, uint64_t base, uint64_t bytes)
{
    uint8_t entry[40] = {1, 40, [28] = 1};
    memcpy(entry + 2, &domain, 4);
    memcpy(entry + 8, &base, 8);
    memcpy(entry + 16, &bytes, 8);
    fake_append(srat, entry, sizeof(entry));
}

static void build_madt(struct fake_acpi *fake)
{
    struct fake_table *madt = fake_add(fake, "APIC", 4, 44);
    fake_put32(madt, 36, 0xfee00000);
    add_core(madt, 0, 1);
    add_core(madt, 2, 1);
    add_core(madt, 3, 0);
    add_core(madt, 4, 2);
    add_x2apic_core(madt, 0x12345, 1);
    fake_append(madt, (uint8_t[]){1, 12, 9, 0, 0, 0, 0xc0, 0xfe, 24, 0, 0, 0}, 12);
    fake_append(madt, (uint8_t[]){2, 10, 0, 9, 20, 0, 0, 0, 13, 0}, 10);
    fake_append(madt, (uint8_t[]){4, 6, 255, 0, 0, 1}, 6);
    fake_append(madt, (uint8_t[12]){5, 12, [7] = 0xfd}, 12);
}

static void build_numa(struct fake_acpi *fake)
{
    struct fake_table *srat = fake_add(fake, "SRAT", 3, 48);
    uint8_t x2apic[24] = {2, 24, [4] = 3, [8] = 0x45, 0x23, 1, 0, [12] = 1};
    add_affinity(srat, 2, 3, 1);
    fake_append(srat, x2apic, sizeof(x2apic));
    add_affinity(srat, 0, 1, 1);
    add_affinity(srat, 4, 3, 0);
    add_memory(srat, 1, 0, 0x80000000);
    add_memory(srat, 3, 0x100000000, 0x40000000);
    struct fake_table *slit = fake_add(fake, "SLIT", 1, 36);
    uint64_t domains = 4;
    fake_append(slit, &domains, 8);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            fake_append(slit, &(uint8_t){i == j ? 10 : (uint8_t)(20 + 4 * i + j)}, 1);
}

static void build_good(struct fake_acpi *fake)
{
    fake_begin(fake);
    build_madt(fake);
    build_numa(fake);
    struct fake_table *fadt = fake_add(fake, "FACP", 3, 244);
    fake_put32(fadt, 76, 0x608);
    fadt->data[91] = 4;
    fake_put32(fadt, 112, 1 << 8);
    struct fake_table *hpet = fake_add(fake, "HPET", 1, 56);
    fake_put64(hpet, 44, 0xfed00000);
    fake_finish(fake);
}

static void expect_good(void)
{
    CU_ASSERT_EQUAL(info.local_apic_paddr, 0xfd000000);
    CU_ASSERT_EQUAL(info.core_count, 4);
    CU_ASSERT_EQUAL(info.cores_unusable, 1);
    CU_ASSERT(info.cores[1].apic_id == 2 && info.cores[1].acpi_uid == 102 && info.cores[1].enabled);
    CU_ASSERT(info.cores[1].node == 1 && !info.cores[1].x2apic && !info.cores[1].online_capable);
    CU_ASSERT(info.cores[2].apic_id == 4 && !info.cores[2].enabled && info.cores[2].online_capable);
    CU_ASSERT_EQUAL(info.cores[2].node, 0);
    CU_ASSERT(info.cores[3].apic_id == 0x12345 && info.cores[3].x2apic && info.cores[3].node == 1);
    CU_ASSERT_EQUAL(info.io_apic_count, 1);
    CU_ASSERT_EQUAL(info.io_apics[0].paddr, 0xfec00000);
    CU_ASSERT(info.io_apics[0].id == 9 && info.io_apics[0].gsi_base == 24);
    CU_ASSERT_EQUAL(info.override_count, 1);
    CU_ASSERT_EQUAL(info.overrides[0].source, 9);
    CU_ASSERT(info.overrides[0].gsi == 20 && info.overrides[0].flags == 13);
    CU_ASSERT_EQUAL(info.node_count, 2);
    CU_ASSERT(info.node_domain[0] == 1 && info.node_domain[1] == 3);
    CU_ASSERT_EQUAL(info.memory_count, 2);
    CU_ASSERT(info.memory[1].base == 0x100000000 && info.memory[1].node == 1);
    CU_ASSERT(info.distance[0][1] == 20 + 4 + 3 && info.distance[1][0] == 20 + 12 + 1);
    CU_ASSERT(info.pm_timer_port == 0x608 && info.pm_timer_bits == 32);
    CU_ASSERT_EQUAL(info.hpet_paddr, 0xfed00000);
}

static void test_good(void)
{
    struct fake_acpi fake;
    build_good(&fake);
    CU_ASSERT(fake_parse(&fake, &info));
    expect_good();
    fake.rsdp[15] = 0;
    fake.rsdp_bytes = 20;
    fake_seal_rsdp(&fake);
    CU_ASSERT(fake_parse(&fake, &info));
    expect_good();
    fake_end(&fake);
}

static void expect_nothing(const struct fake_acpi *fake, const char *table, const char *text)
{
    CU_ASSERT_FALSE(fake_parse(fake, &info));
    CU_ASSERT(fake_complained(&info, table, text));
    CU_ASSERT(info.core_count == 1 && info.cores[0].apic_id == 0 && info.node_count == 1);
    CU_ASSERT_EQUAL(info.local_apic_paddr, ACPI_LOCAL_APIC_DEFAULT);
}

static void test_bad_rsdp(void)
{
    struct fake_acpi fake;
    build_good(&fake);
    fake.rsdp[33] ^= 1;
    CU_ASSERT_FALSE(fake_parse(&fake, &info));
    CU_ASSERT(fake_complained(&info, "RSDP", "extended"));
    expect_good();
    fake.rsdp_bytes = 20;
    CU_ASSERT_FALSE(fake_parse(&fake, &info));
    expect_good();
    fake.rsdp[16] ^= 1;
    expect_nothing(&fake, "RSDP", "checksum");
    fake.rsdp[0] = 'r';
    expect_nothing(&fake, "RSDP", "signature");
    fake.rsdp_bytes = 19;
    expect_nothing(&fake, "RSDP", "none given");
    fake.rsdp_bytes = 0;
    expect_nothing(&fake, "RSDP", "none given");
    fake_end(&fake);
}

static void test_bad_root(void)
{
    struct fake_acpi fake;
    build_good(&fake);
    struct fake_table *rsdt = &fake.tables[fake.count - 2];
    struct fake_table *xsdt = &fake.tables[fake.count - 1];
    xsdt->data[40] ^= 1;
    CU_ASSERT_FALSE(fake_parse(&fake, &info));
    CU_ASSERT(fake_complained(&info, "XSDT", "checksum"));
    expect_good();
    memcpy(rsdt->data, "XXXX", 4);
    expect_nothing(&fake, "RSDT", "signature");
    fake.rsdp[19] = 0x7f;
    fake_seal_rsdp(&fake);
    expect_nothing(&fake, "RSDT", "not in accessible memory");
    fake_end(&fake);

    build_good(&fake);
    fake_append(&fake.tables[fake.count - 1], (uint8_t[8]){[7] = 0xff}, 8);
    fake_seal(&fake.tables[fake.count - 1]);
    CU_ASSERT_FALSE(fake_parse(&fake, &info));
    CU_ASSERT(fake_complained(&info, "XSDT", "entry outside"));
    expect_good();
    fake_end(&fake);
}

/// Damage one table of the good machine in each way that any table can be damaged.
static void test_bad_envelope(void)
{
    static const char *const names[GOOD_TABLES] = {"APIC", "SRAT", "SLIT", "FACP", "HPET"};
    static const uint32_t lengths[] = {0, 35, ACPI_TABLE_BYTES_MAX + 1, UINT32_MAX};
    for (int i = 0; i < GOOD_TABLES; i++) {
        struct fake_acpi fake;
        build_good(&fake);
        fake.tables[i].data[20] ^= 1;
        CU_ASSERT_FALSE(fake_parse(&fake, &info));
        CU_ASSERT(fake_complained(&info, names[i], "wrong checksum"));
        CU_ASSERT_EQUAL(info.core_count, i == MADT ? 1 : 4);
        CU_ASSERT_EQUAL(info.node_count, i == SRAT ? 1 : 2);
        CU_ASSERT_EQUAL(info.hpet_paddr, i == HPET ? 0 : 0xfed00000);
        CU_ASSERT_EQUAL(info.pm_timer_port, i == FADT ? 0 : 0x608);
        for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
            fake_put32(&fake.tables[i], 4, lengths[j]);
            CU_ASSERT_FALSE(fake_parse(&fake, &info));
            CU_ASSERT(fake_complained(&info, names[i], "impossible length"));
        }
        fake_put32(&fake.tables[i], 4, (uint32_t)fake.tables[i].bytes + 1);
        CU_ASSERT_FALSE(fake_parse(&fake, &info));
        CU_ASSERT(fake_complained(&info, names[i], "beyond accessible memory"));
        fake_end(&fake);
    }
}

/// Append this entry to a table of the good machine and expect this complaint.
static void expect_bad_entry(int table, const void *entry, size_t bytes, const char *text)
{
    struct fake_acpi fake;
    build_good(&fake);
    fake_append(&fake.tables[table], entry, bytes);
    fake_seal(&fake.tables[table]);
    CU_ASSERT_FALSE(fake_parse(&fake, &info));
    CU_ASSERT(fake_complained(&info, table == MADT ? "APIC" : "SRAT", text));
    CU_ASSERT_EQUAL(info.core_count, table == MADT ? 1 : 4);
    CU_ASSERT_EQUAL(info.node_count, table == SRAT ? 1 : 2);
    CU_ASSERT_EQUAL(info.memory_count, table == SRAT ? 0 : 2);
    fake_end(&fake);
}

static void test_bad_entries(void)
{
    static const uint8_t least[2][10] = {
        [0] = {8, 12, 10, 2, 2, 12, 2, 2, 2, 16}, [1] = {16, 40, 24}};
    for (int table = MADT; table <= SRAT; table++) {
        for (uint8_t type = 0; type < 10; type++) {
            uint8_t length = least[table][type] > 2 ? least[table][type] : 2;
            uint8_t entry[64] = {type, 0};
            expect_bad_entry(table, entry, length, "malformed entry");
            entry[1] = (uint8_t)(length - 1);
            expect_bad_entry(table, entry, entry[1], "malformed entry");
            entry[1] = (uint8_t)(length + 1);
            expect_bad_entry(table, entry, length, "malformed entry");
            expect_bad_entry(table, entry, 1, "malformed entry");
        }
    }
    struct fake_table wrap = {0}, overlap = {0};
    add_memory(&wrap, 1, UINT64_MAX - 0xfff, 0x1000);
    expect_bad_entry(SRAT, wrap.data, wrap.bytes, "wraps");
    add_memory(&overlap, 3, 0x7ffff000, 0x1000);
    expect_bad_entry(SRAT, overlap.data, overlap.bytes, "in two nodes");
}

static void test_bad_numa(void)
{
    static const struct {
        size_t offset;
        uint8_t value;
        const char *text;
    } cases[] = {{44, 11, "distance"},    {45, 9, "distance"},  {36, 5, "larger"},
                 {36, 3, "no distances"}, {39, 0x80, "larger"}, {43, 0x80, "larger"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake_acpi fake;
        build_good(&fake);
        fake.tables[SLIT].data[cases[i].offset] = cases[i].value;
        fake_seal(&fake.tables[SLIT]);
        CU_ASSERT_FALSE(fake_parse(&fake, &info));
        CU_ASSERT(fake_complained(&info, "SLIT", cases[i].text));
        CU_ASSERT(info.node_count == 2 && info.distance[0][1] == ACPI_DISTANCE_REMOTE);
        fake_end(&fake);
    }
    struct fake_acpi fake;
    build_good(&fake);
    fake.tables[SRAT].bytes = 48;
    fake.tables[SLIT].bytes = 40;
    fake_seal(&fake.tables[SRAT]);
    fake_seal(&fake.tables[SLIT]);
    CU_ASSERT_FALSE(fake_parse(&fake, &info));
    CU_ASSERT(fake_complained(&info, "SRAT", "no node") && fake_complained(&info, "SLIT", "short"));
    fake_end(&fake);
}

/// Change bytes of the FADT or HPET and parse.
static void parse_timer(int table, size_t offset, uint32_t value, size_t bytes)
{
    struct fake_acpi fake;
    build_good(&fake);
    fake_put32(&fake.tables[table], offset, value);
    fake.tables[table].bytes = bytes;
    fake_seal(&fake.tables[table]);
    fake_parse(&fake, &info);
    fake_end(&fake);
}

static void test_timers(void)
{
    parse_timer(FADT, 112, 0, 116);
    CU_ASSERT(info.pm_timer_port == 0x608 && info.pm_timer_bits == 24);
    parse_timer(FADT, 112, 1 << 20, 244);
    CU_ASSERT(info.pm_timer_port == 0 && info.problem_count == 0);
    parse_timer(FADT, 88, 0, 244);
    CU_ASSERT_EQUAL(info.pm_timer_port, 0);
    parse_timer(FADT, 76, 0xfffd, 244);
    CU_ASSERT(fake_complained(&info, "FACP", "impossible port"));
    parse_timer(FADT, 76, 0x608, 115);
    CU_ASSERT(fake_complained(&info, "FACP", "too short"));
    parse_timer(HPET, 40, 1, 56);
    CU_ASSERT(fake_complained(&info, "HPET", "not in memory"));
    parse_timer(HPET, 40, 0, 55);
    CU_ASSERT(fake_complained(&info, "HPET", "too short"));
    struct fake_acpi fake;
    build_good(&fake);
    fake.tables[FADT].data[208] = 1;
    fake_put64(&fake.tables[FADT], 212, 0xb008);
    fake_seal(&fake.tables[FADT]);
    CU_ASSERT(fake_parse(&fake, &info));
    CU_ASSERT_EQUAL(info.pm_timer_port, 0xb008);
    fake_end(&fake);
}

static void test_core_bounds(void)
{
    struct fake_acpi fake;
    fake_begin(&fake);
    struct fake_table *madt = fake_add(&fake, "APIC", 4, 44);
    for (uint32_t id = 1; id <= ACPI_CORES_MAX + 3; id++)
        add_x2apic_core(madt, id, 1);
    add_x2apic_core(madt, 1, 1);
    for (uint32_t i = 0; i < ACPI_IO_APICS_MAX + 1; i++) {
        fake_append(madt, (uint8_t[12]){1, 12}, 12);
        fake_append(madt, (uint8_t[10]){2, 10}, 10);
    }
    fake_finish(&fake);
    CU_ASSERT_FALSE(fake_parse(&fake, &info));
    CU_ASSERT_EQUAL(info.core_count, ACPI_CORES_MAX);
    CU_ASSERT_EQUAL(info.cores_dropped, 5);
    CU_ASSERT_EQUAL(info.cores[ACPI_CORES_MAX - 1].apic_id, 0);
    CU_ASSERT_EQUAL(info.io_apic_count, ACPI_IO_APICS_MAX);
    CU_ASSERT_EQUAL(info.override_count, ACPI_OVERRIDES_MAX);
    CU_ASSERT(fake_complained(&info, "APIC", "boot core not listed"));
    CU_ASSERT(fake_complained(&info, "APIC", "too many IO APICs"));
    CU_ASSERT(fake_complained(&info, "APIC", "too many interrupt overrides"));
    CU_ASSERT(fake_complained(&info, "APIC", "listed twice or beyond"));
    fake_end(&fake);
}

static void test_numa_bounds(void)
{
    struct fake_acpi fake;
    for (int excess = 0; excess < 2; excess++) {
        fake_begin(&fake);
        build_madt(&fake);
        struct fake_table *srat = fake_add(&fake, "SRAT", 3, 48);
        for (uint32_t i = ACPI_NODES_MAX + (uint32_t)excess; i > 0; i--)
            add_memory(srat, i * 1000, i * 0x1000000ull, 0x1000000);
        fake_finish(&fake);
        CU_ASSERT_EQUAL(fake_parse(&fake, &info), excess == 0);
        CU_ASSERT_EQUAL(info.node_count, excess ? 1 : ACPI_NODES_MAX);
        CU_ASSERT_EQUAL(fake_complained(&info, "SRAT", "too many nodes"), excess);
        CU_ASSERT(excess || info.node_domain[ACPI_NODES_MAX - 1] == ACPI_NODES_MAX * 1000);
        fake_end(&fake);

        fake_begin(&fake);
        build_madt(&fake);
        srat = fake_add(&fake, "SRAT", 3, 48);
        for (uint32_t i = 0; i < ACPI_MEMORY_MAX + (uint32_t)excess; i++)
            add_memory(srat, i % 2, i * 0x1000000ull, 0x1000000);
        fake_finish(&fake);
        CU_ASSERT_EQUAL(fake_parse(&fake, &info), excess == 0);
        CU_ASSERT_EQUAL(info.memory_count, excess ? 0 : ACPI_MEMORY_MAX);
        CU_ASSERT_EQUAL(fake_complained(&info, "SRAT", "too many memory"), excess);
        fake_end(&fake);
    }
}

/// A node in many pieces that follow one another takes one place in the list.
static void test_numa_pieces(void)
{
    struct fake_acpi fake;
    fake_begin(&fake);
    build_madt(&fake);
    struct fake_table *srat = fake_add(&fake, "SRAT", 3, 48);
    for (uint32_t i = 0; i < 2 * ACPI_MEMORY_MAX; i++)
        add_memory(srat, i / ACPI_MEMORY_MAX, i * 0x1000000ull, 0x1000000);
    fake_finish(&fake);
    CU_ASSERT(fake_parse(&fake, &info));
    CU_ASSERT_EQUAL_FATAL(info.memory_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(info.memory[i].base, i * ACPI_MEMORY_MAX * 0x1000000ull);
        CU_ASSERT_EQUAL(info.memory[i].bytes, ACPI_MEMORY_MAX * 0x1000000ull);
        CU_ASSERT_EQUAL(info.memory[i].node, i);
    }
    fake_end(&fake);
}

static void test_root_bounds(void)
{
    struct fake_acpi fake;
    fake_begin(&fake);
    for (int i = 0; i < 256; i++)
        fake_add(&fake, "\1\xffZZ", 1, 36);
    build_madt(&fake);
    fake_finish(&fake);
    CU_ASSERT_FALSE(fake_parse(&fake, &info));
    CU_ASSERT(fake_complained(&info, "XSDT", "too many tables"));
    CU_ASSERT_EQUAL(info.core_count, 1);
    fake_end(&fake);
}

static void damage(struct test_random *random, struct fake_table *table)
{
    static const uint8_t edges[] = {0, 1, 2, 7, 8, 0x7f, 0x80, 0xff};
    for (uint64_t n = 1 + test_random_below(random, 3); n > 0; n--) {
        size_t at = test_random_below(random, table->bytes);
        if (test_random_below(random, 2) == 0)
            table->data[at] ^= (uint8_t)(1u << test_random_below(random, 8));
        else
            table->data[at] = edges[test_random_below(random, sizeof(edges))];
    }
    if (test_random_below(random, 4) == 0)
        table->bytes -= test_random_below(random, table->bytes);
    // Mostly with a good envelope, or little would get past the checksum. A truncated one may lack
    // its header.
    if (table->bytes >= 10 && test_random_below(random, 4) != 0)
        fake_seal(table);
}

static void test_fuzz(void)
{
    struct test_random random;
    test_random_init(&random, 4);
    struct fake_acpi good;
    build_good(&good);
    static struct fake_table pristine[GOOD_TABLES + 2];
    CU_ASSERT_EQUAL_FATAL(good.count, GOOD_TABLES + 2);
    memcpy(pristine, good.tables, sizeof(pristine));
    unsigned accepted = 0;
    for (int round = 0; round < FUZZ_ROUNDS; round++) {
        size_t victim = test_random_below(&random, good.count);
        damage(&random, &good.tables[victim]);
        accepted += fake_parse(&good, &info);
        good.tables[victim].bytes = pristine[victim].bytes;
        memcpy(good.tables[victim].data, pristine[victim].data, FAKE_TABLE_BYTES);
    }
    CU_ASSERT(accepted > 0 && accepted < FUZZ_ROUNDS);
    fake_end(&good);
}

TEST_SUITE("acpi") = {
    {"a good machine, by XSDT and by RSDT", test_good},
    {"bad root pointer", test_bad_rsdp},
    {"bad root table", test_bad_root},
    {"bad length or checksum of each table", test_bad_envelope},
    {"malformed entries", test_bad_entries},
    {"malformed distances and affinities", test_bad_numa},
    {"timers", test_timers},
    {"more cores than there is room for", test_core_bounds},
    {"more nodes and memory than there is room for", test_numa_bounds},
    {"a node in many pieces", test_numa_pieces},
    {"more tables than are looked at", test_root_bounds},
    {"random damage", test_fuzz},
};
