// SPDX-License-Identifier: Apache-2.0
//
// Headers that are right, and everything that must be refused, with the code and the line.
#include <gmock/gmock.h>

#include "perdita/period.h"
#include "perdita/request.h"
#include "platform/header_fixture.h"

namespace perdita::platform {
namespace {

using testing::ElementsAre;

using BuildTest = HeaderFixture;

TEST_F(BuildTest, TheDemoIsWhatItsHeaderSays) {
  Result<std::vector<uint8_t>> file = build(demo_header());
  ASSERT_TRUE(file) << file.error().message;
  Result<std::shared_ptr<const Platform>> parsed = parse(*file);
  ASSERT_TRUE(parsed);
  const Platform& demo = **parsed;
  const perdita_platform& tables = demo.tables();
  EXPECT_STREQ(tables.name, "demo");
  std::vector<std::string> capabilities(tables.capabilities, tables.capabilities + tables.capability_count);
  EXPECT_THAT(capabilities, ElementsAre("sensors", "leds", "log"));
  ASSERT_EQ(tables.hook_count, 5);
  EXPECT_STREQ(tables.hooks[0].name, "sensor");
  EXPECT_STREQ(tables.hooks[1].name, "packet");
  EXPECT_STREQ(tables.hooks[2].name, "tick");

  const perdita_hook& sensor = tables.hooks[0];
  EXPECT_EQ(sensor.context_size, 16u);
  ASSERT_EQ(sensor.field_count, 3);
  EXPECT_STREQ(sensor.fields[2].name, "value");
  EXPECT_EQ(sensor.fields[2].offset, 12);
  EXPECT_EQ(sensor.fields[2].size, 4);
  EXPECT_EQ(sensor.combine, PERDITA_COMBINE_MAX);
  EXPECT_EQ(sensor.budget_instructions, 200000u);
  EXPECT_EQ(sensor.capabilities, 7u);
  EXPECT_EQ(sensor.result_max, 3);
  EXPECT_EQ(sensor.data_alignment, 1);

  const perdita_hook& packet = tables.hooks[1];
  EXPECT_EQ(packet.fields[0].kind, PERDITA_FIELD_DATA);
  EXPECT_EQ(packet.fields[1].kind, PERDITA_FIELD_DATA_END);
  EXPECT_EQ(packet.data_alignment, 4);
  EXPECT_EQ(packet.packet_max_bytes, 1472u);
  EXPECT_EQ(packet.packet_writable, 0);
  EXPECT_EQ(packet.combine, PERDITA_COMBINE_FIRST_NONZERO);
  EXPECT_EQ(packet.capabilities, 6u);
  EXPECT_EQ(tables.hooks[2].level, 1);
  EXPECT_EQ(tables.hooks[2].period_max_us, 0u);
  EXPECT_EQ(demo.hook_for_section("timer/50ms"), &tables.hooks[3]);
  EXPECT_EQ(tables.hooks[3].request, 0);
  EXPECT_EQ(tables.hooks[4].request, 1);
  EXPECT_EQ(tables.hooks[4].context_size, sizeof(perdita_request));
  EXPECT_EQ(tables.hooks[4].packet_max_bytes, 256u);
  EXPECT_EQ(tables.hooks[3].context_size, sizeof(perdita_period));
  EXPECT_EQ(tables.hooks[3].period_min_us, 10'000u);
  EXPECT_EQ(tables.hooks[3].period_max_us, 3'600'000'000u);

  const perdita_function* read = demo.function("sensor_read");
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->capability, 0);
  EXPECT_EQ(read->result.min, -4000);
  EXPECT_EQ(read->result.max, 12500);
  EXPECT_EQ(read->result.is_signed, 1);
  ASSERT_EQ(read->arg_count, 1);
  EXPECT_EQ(read->args[0].flags, PERDITA_ARG_RANGE);
  EXPECT_EQ(read->args[0].max, 3);
  const perdita_function* log = demo.function("log_text");
  ASSERT_NE(log, nullptr);
  EXPECT_EQ(log->args[0].kind, PERDITA_ARG_MEM_IN);
  EXPECT_EQ(log->args[0].size_arg, 2);
  EXPECT_EQ(log->args[0].size, 64u);
  EXPECT_EQ(log->args[0].flags, 0);
  EXPECT_EQ(log->cost_instructions_per_byte, 40u);
  const perdita_function* fill = demo.function("fill");
  ASSERT_NE(fill, nullptr);
  EXPECT_EQ(fill->args[0].kind, PERDITA_ARG_MEM_OUT);
  EXPECT_EQ(fill->args[0].flags, PERDITA_ARG_ZERO_OK);
  EXPECT_EQ(fill->capability, PERDITA_NO_CAPABILITY);
  EXPECT_EQ(demo.function("led_set")->result.kind, PERDITA_RESULT_VOID);
  EXPECT_EQ(demo.function("led"), nullptr);
  EXPECT_EQ(demo.hook("sens"), nullptr);
}

TEST_F(BuildTest, SectionsNameHooksLongestPatternFirst) {
  auto platform = platform_of(R"(
PERDITA_PLATFORM("p");
struct c { uint32_t a; };
PERDITA_HOOK(first, struct c, PERDITA_SECTIONS("net/*", "x"), PERDITA_BUDGET(0));
PERDITA_HOOK(second, struct c, PERDITA_SECTIONS("net/udp/*", "net/raw"), PERDITA_BUDGET(0));
PERDITA_HOOK(third, struct c, PERDITA_BUDGET(0));
)");
  ASSERT_NE(platform, nullptr);
  auto name = [&](const char* section) {
    const perdita_hook* hook = platform->hook_for_section(section);
    return std::string(hook == nullptr ? "" : hook->name);
  };
  EXPECT_EQ(name("net/tcp"), "first");
  EXPECT_EQ(name("net/"), "first");
  EXPECT_EQ(name("x"), "first");
  EXPECT_EQ(name("net/udp/a"), "second");
  EXPECT_EQ(name("net/raw"), "second");
  EXPECT_EQ(name("net/raw2"), "first");
  EXPECT_EQ(name("third"), "third");
  EXPECT_EQ(name("net"), "");
  EXPECT_EQ(name("third/a"), "");
  EXPECT_EQ(name(""), "");
  EXPECT_THAT(platform->sections(platform->tables().hooks[1]), ElementsAre("net/udp/*", "net/raw"));
}

TEST_F(BuildTest, SharedTypesOfEveryKind) {
  auto platform = platform_of(R"(
PERDITA_PLATFORM("p");
typedef uint16_t port_t;
struct inner { uint8_t a; int8_t b; port_t port; };
typedef struct { uint64_t t; struct inner in; uint32_t list[3] PERDITA_WRITABLE; const int64_t last; } outer_t;
PERDITA_HOOK(h, outer_t, PERDITA_BUDGET(1), PERDITA_RESULT(INT32_MIN, 1 << 4));
struct pair { uint32_t x, y; };
PERDITA_FUNCTION(uint64_t, f, (struct pair* p PERDITA_INOUT, const struct pair* q PERDITA_NULLABLE,
                 const void* r PERDITA_BYTES(12), void* ctx PERDITA_CONTEXT, int64_t n PERDITA_RANGE(-5, 5)),
                 PERDITA_COST(0), PERDITA_STACK(0));
PERDITA_FUNCTION(void, g, (void), PERDITA_COST(7), PERDITA_STACK(8));
)");
  ASSERT_NE(platform, nullptr);
  const perdita_hook& hook = platform->tables().hooks[0];
  ASSERT_EQ(hook.field_count, 6);
  EXPECT_STREQ(hook.fields[1].name, "in.a");
  EXPECT_STREQ(hook.fields[3].name, "in.port");
  EXPECT_EQ(hook.fields[3].offset, 10);
  EXPECT_EQ(hook.fields[4].size, 12);
  EXPECT_EQ(hook.fields[4].writable, 1);
  EXPECT_EQ(hook.fields[5].offset, 24);
  EXPECT_EQ(hook.result_min, INT32_MIN);
  EXPECT_EQ(hook.result_max, 16);
  const perdita_function& f = platform->tables().functions[0];
  ASSERT_EQ(f.arg_count, 5);
  EXPECT_EQ(f.args[0].kind, PERDITA_ARG_MEM_INOUT);
  EXPECT_EQ(f.args[0].size, 8u);
  EXPECT_EQ(f.args[1].flags, PERDITA_ARG_NULL_OK);
  EXPECT_EQ(f.args[2].size, 12u);
  EXPECT_EQ(f.args[3].kind, PERDITA_ARG_CONTEXT);
  EXPECT_EQ(f.args[4].min, -5);
  EXPECT_EQ(f.result.min, INT64_MIN);
  EXPECT_EQ(f.result.max, INT64_MAX);
  EXPECT_EQ(platform->tables().functions[1].arg_count, 0);
}

TEST_F(BuildTest, TheSameHeaderGivesTheSameBytesWhereverItStands) {
  std::string text =
      "#include \"perdita/platform.h\"\n#include \"other.h\"\nPERDITA_PLATFORM(\"p\");\n"
      "static inline int twice(int x) { return 2 * x; }\n"
      "__attribute__((used)) static int uses_it(int x) { return twice(x); }\n"
      "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1));\n";
  std::vector<std::vector<uint8_t>> files;
  for (const char* folder : {"a", "somewhere/else/entirely"}) {
    write(std::string(folder) + "/other.h", "struct c { uint32_t a; };\n");
    Result<std::vector<uint8_t>> file = build(write(std::string(folder) + "/test.platform.h", text));
    ASSERT_TRUE(file) << file.error().message;
    files.push_back(*file);
    std::string bytes(file->begin(), file->end());
    EXPECT_EQ(bytes.find(folder_.filename().string()), std::string::npos);
    EXPECT_EQ(bytes.find("platform.h"), std::string::npos);
  }
  EXPECT_EQ(files[0], files[1]);
}

struct BadHeader {
  const char* code;
  uint32_t line;     // in the header, the include line being 1, the platform's 2 and that of struct c 3
  const char* text;  // from line 4 on
};

// `c` is a good context, `k` the properties that a function must have.
constexpr const char* kGood =
    "PERDITA_PLATFORM(\"p\"); PERDITA_CAPABILITIES(\"leds\");\nstruct c { uint64_t a; uint32_t b, d; };\n";

const BadHeader kBadHeaders[] = {
    // Types that the two machines see differently.
    {"platform-type", 4, "struct s { long x; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 5, "struct s {\n  int x; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 5, "struct s {\n  char x; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 6, "struct s {\n uint32_t y;\n  _Bool x; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 6, "struct s {\n uint32_t y;\n  float x; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 5, "struct s {\n  uintptr_t x; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 5, "struct s {\n  __SIZE_TYPE__ x; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 6, "enum e { A };\nstruct s {\n  enum e x; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 5, "struct s {\n  void* x; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 5, "struct s {\n  void (*x)(void); };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 5, "struct s {\n  volatile uint32_t x; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 5, "struct s {\n  struct c x[2]; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 5, "struct s {\n  uint8_t x[2][2]; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 6,
     "union u { uint32_t a; };\nstruct s {\n union u x; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 4, "PERDITA_HOOK(h, uint32_t, PERDITA_BUDGET(1));"},
    {"platform-type", 5, "struct s;\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-type", 4, "PERDITA_FUNCTION(void, f, (int x), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-type", 4, "PERDITA_FUNCTION(void, f, (double x), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-type", 4, "PERDITA_FUNCTION(long, f, (void), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-type", 4, "PERDITA_FUNCTION(_Bool, f, (void), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-type", 4, "PERDITA_FUNCTION(void, f, (struct c x), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-type", 4, "PERDITA_FUNCTION(void, f, (const unsigned* x), PERDITA_COST(1), PERDITA_STACK(1));"},
    // Layout.
    {"platform-layout", 6,
     "struct s {\n uint32_t y;\n  uint32_t x : 3; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-layout", 6,
     "struct s {\n uint8_t y;\n  uint32_t x; } __attribute__((packed));\nPERDITA_HOOK(h, struct s, "
     "PERDITA_BUDGET(1));"},
    {"platform-layout", 6,
     "struct s {\n uint32_t y;\n  uint8_t x; } __attribute__((packed));\nPERDITA_HOOK(h, struct s, "
     "PERDITA_BUDGET(1));"},
    {"platform-layout", 5,
     "struct s {\n  uint32_t x[0]; uint32_t y; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-layout", 5,
     "struct s { uint32_t a; uint8_t b; };\nPERDITA_FUNCTION(void, f, (const struct s* x), PERDITA_COST(1), "
     "PERDITA_STACK(1));"},
    {"platform-limit", 4, "struct s {};\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-limit", 4, "struct s { uint8_t x[70000]; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    // Names.
    {"platform-name", 4, "struct s {\n  struct { uint32_t a; }; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-name", 5,
     "struct s {\n  uint32_t abcdefghijklmnopqrstuvwxyz012345; };\nPERDITA_HOOK(h, struct s, PERDITA_BUDGET(1));"},
    {"platform-name", 4, "PERDITA_HOOK(abcdefghijklmnopqrstuvwxyz012345, struct c, PERDITA_BUDGET(1));"},
    {"platform-name", 4,
     "PERDITA_FUNCTION(void, abcdefghijklmnopqrstuvwxyz012345, (void), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-duplicate", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_BUDGET(2));"},
    {"platform-duplicate", 5,
     "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1));\nPERDITA_HOOK(i, struct c, PERDITA_SECTIONS(\"h\"), "
     "PERDITA_BUDGET(1));"},
    // Hooks.
    {"platform-property-missing", 4, "PERDITA_HOOK(h, struct c, PERDITA_LEVEL(0));"},
    {"platform-range", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_LEVEL(4));"},
    {"platform-range", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_LEVEL(-1));"},
    {"platform-range", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(4294967296));"},
    {"platform-range", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_RESULT(1, 0));"},
    {"platform-range", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_COMBINE(\"min\"));"},
    {"platform-request", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_REQUEST);"},
    {"platform-request", 4,
     "PERDITA_HOOK(h, struct perdita_request, PERDITA_BUDGET(1), PERDITA_REQUEST, PERDITA_RESULT(-1, 9), "
     "PERDITA_PACKET(1, 9));"},
    {"platform-request", 4,
     "PERDITA_HOOK(h, struct perdita_request, PERDITA_BUDGET(1), PERDITA_REQUEST, PERDITA_RESULT(-1, 9), "
     "PERDITA_PACKET(4, 9), PERDITA_PACKET_WRITABLE);"},
    {"platform-request", 4,
     "PERDITA_HOOK(h, struct perdita_request, PERDITA_BUDGET(1), PERDITA_REQUEST, PERDITA_RESULT(-1, 9), "
     "PERDITA_PACKET(1, 1025), PERDITA_PACKET_WRITABLE);"},
    {"platform-request", 4,
     "PERDITA_HOOK(h, struct perdita_request, PERDITA_BUDGET(1), PERDITA_REQUEST, PERDITA_RESULT(-1, 9), "
     "PERDITA_PACKET(1, 9), PERDITA_LEVEL(1), PERDITA_PACKET_WRITABLE);"},
    {"platform-request", 4,
     "PERDITA_HOOK(h, struct perdita_request, PERDITA_BUDGET(1), PERDITA_REQUEST, PERDITA_RESULT(-1, 10), "
     "PERDITA_PACKET(1, 9), PERDITA_PACKET_WRITABLE);"},
    {"platform-request", 4,
     "PERDITA_HOOK(h, struct perdita_request, PERDITA_BUDGET(1), PERDITA_REQUEST, PERDITA_PACKET(1, 9), "
     "PERDITA_PACKET_WRITABLE);"},
    {"platform-periodic", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_PERIODIC(1, 2));"},
    {"platform-range", 4, "PERDITA_HOOK(h, struct perdita_period, PERDITA_BUDGET(1), PERDITA_PERIODIC(0, 2));"},
    {"platform-range", 4, "PERDITA_HOOK(h, struct perdita_period, PERDITA_BUDGET(1), PERDITA_PERIODIC(3, 2));"},
    {"platform-range", 4, "PERDITA_HOOK(h, struct perdita_period, PERDITA_BUDGET(1), PERDITA_PERIODIC(1, 1 << 32));"},
    {"platform-section", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_SECTIONS(\"a*b\"));"},
    {"platform-section", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_SECTIONS(\"*\"));"},
    {"platform-section", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_SECTIONS(\"\"));"},
    {"platform-section", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_SECTIONS(\"a b\"));"},
    {"platform-section", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_SECTIONS());"},
    {"platform-capability", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_ALLOWS(\"led\"));"},
    {"platform-tag-malformed", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(LIMIT));"},
    {"platform-tag-malformed", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(\"1\"));"},
    {"platform-tag-malformed", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_ALLOWS(1));"},
    {"platform-tag-malformed", 4,
     "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), btf_decl_tag(\"perdita.combine(\\\"max\\\", \\\"last\\\")\"));"},
    {"platform-tag-misplaced", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_COST(1));"},
    {"platform-tag-misplaced", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), btf_decl_tag(\"perdita.speed(1)\"));"},
    {"platform-packet", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_PACKET(4, 100));"},
    {"platform-packet", 4, "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1), PERDITA_PACKET_WRITABLE);"},
    {"platform-packet", 6,
     "struct s { uint64_t a PERDITA_DATA;\n uint64_t b PERDITA_DATA_END; };\nPERDITA_HOOK(h, struct s, "
     "PERDITA_BUDGET(1));"},
    {"platform-packet", 6,
     "struct s { uint64_t a PERDITA_DATA;\n uint64_t b PERDITA_DATA_END; };\nPERDITA_HOOK(h, struct s, "
     "PERDITA_PACKET(3, 9), PERDITA_BUDGET(1));"},
    {"platform-packet", 6,
     "struct s { uint64_t a PERDITA_DATA;\n uint64_t b PERDITA_DATA_END; };\nPERDITA_HOOK(h, struct s, "
     "PERDITA_PACKET(4, 0), PERDITA_BUDGET(1));"},
    {"platform-packet", 6,
     "struct s { uint64_t a PERDITA_DATA;\n uint64_t b PERDITA_DATA; };\nPERDITA_HOOK(h, struct s, PERDITA_PACKET(4, "
     "9), PERDITA_BUDGET(1));"},
    {"platform-packet", 5,
     "struct s {\n uint32_t a PERDITA_DATA; uint32_t b PERDITA_DATA_END; };\nPERDITA_HOOK(h, struct s, "
     "PERDITA_PACKET(4, 9), PERDITA_BUDGET(1));"},
    {"platform-packet", 5,
     "struct s {\n uint64_t a PERDITA_DATA PERDITA_WRITABLE; uint64_t b PERDITA_DATA_END; };\nPERDITA_HOOK(h, struct "
     "s, PERDITA_PACKET(4, 9), PERDITA_BUDGET(1));"},
    // Functions.
    {"platform-property-missing", 4, "PERDITA_FUNCTION(void, f, (void), PERDITA_COST(1));"},
    {"platform-property-missing", 4, "PERDITA_FUNCTION(void, f, (void), PERDITA_STACK(1));"},
    {"platform-range", 4, "PERDITA_FUNCTION(void, f, (void), PERDITA_COST(-1), PERDITA_STACK(1));"},
    {"platform-range", 4,
     "PERDITA_FUNCTION(void, f, (uint8_t a PERDITA_RANGE(0, 256)), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-range", 4,
     "PERDITA_FUNCTION(void, f, (int8_t a PERDITA_RANGE(-129, 0)), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-range", 4,
     "PERDITA_FUNCTION(void, f, (uint64_t a PERDITA_RANGE(-1, 0)), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-range", 4,
     "PERDITA_FUNCTION(uint8_t, f, (void), PERDITA_RESULT(0, 300), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-range", 4,
     "PERDITA_FUNCTION(void, f, (void), PERDITA_RESULT(0, 1), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-capability", 4,
     "PERDITA_FUNCTION(void, f, (void), PERDITA_COST(1), PERDITA_STACK(1), PERDITA_NEEDS(\"log\"));"},
    {"platform-limit", 4,
     "PERDITA_FUNCTION(void, f, (uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t g), "
     "PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-pointer", 4, "PERDITA_FUNCTION(void*, f, (void), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-pointer", 4, "PERDITA_FUNCTION(void, f, (void* const* p), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-pointer", 4, "PERDITA_FUNCTION(void, f, (uint32_t* p), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-pointer", 4,
     "PERDITA_FUNCTION(void, f, (const uint32_t* p PERDITA_OUT), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-pointer", 4,
     "PERDITA_FUNCTION(void, f, (uint32_t* p PERDITA_OUT PERDITA_INOUT), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-pointer", 4,
     "PERDITA_FUNCTION(void, f, (struct c* p PERDITA_CONTEXT), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-size", 4, "PERDITA_FUNCTION(void, f, (const void* p), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-size", 4, "PERDITA_FUNCTION(void, f, (const char* p), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-size", 4,
     "PERDITA_FUNCTION(void, f, (const void* p, int32_t n PERDITA_SIZE(0, 9)), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-size", 4,
     "PERDITA_FUNCTION(void, f, (uint32_t n PERDITA_SIZE(0, 9)), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-size", 4,
     "PERDITA_FUNCTION(void, f, (const void* p PERDITA_BYTES(4), uint32_t n PERDITA_SIZE(0, 9)), PERDITA_COST(1), "
     "PERDITA_STACK(1));"},
    {"platform-size", 4,
     "PERDITA_FUNCTION(void, f, (const struct c* p PERDITA_BYTES(4)), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-size", 4,
     "PERDITA_FUNCTION(void, f, (const void* p PERDITA_NULLABLE, uint32_t n PERDITA_SIZE(1, 9)), PERDITA_COST(1), "
     "PERDITA_STACK(1));"},
    {"platform-range", 4,
     "PERDITA_FUNCTION(void, f, (const void* p, uint8_t n PERDITA_SIZE(0, 256)), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-range", 4,
     "PERDITA_FUNCTION(void, f, (const void* p, uint32_t n PERDITA_SIZE(2, 9)), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-tag-misplaced", 4,
     "PERDITA_FUNCTION(void, f, (uint32_t n PERDITA_OUT), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-tag-misplaced", 4,
     "PERDITA_FUNCTION(void, f, (const uint32_t* n PERDITA_RANGE(0, 1)), PERDITA_COST(1), PERDITA_STACK(1));"},
    {"platform-tag-misplaced", 5,
     "struct s {\n uint32_t a PERDITA_WRITABLE; };\nPERDITA_FUNCTION(void, f, (const struct s* p), PERDITA_COST(1), "
     "PERDITA_STACK(1));"},
    // C itself.
    {"platform-header-error", 4, "struct nonsense"},
    {"platform-header-error", 5, "\n#include \"is_not_there.h\""},
    {"platform-header-error", 4, "PERDITA_FUNCTION(void, f, (), PERDITA_COST(1), PERDITA_STACK(1));"},
};

TEST_F(BuildTest, WhatIsWrongIsRefusedWithCodeAndLine) {
  for (const BadHeader& bad : kBadHeaders) {
    Result<std::vector<uint8_t>> file = build_text(std::string(kGood) + bad.text + "\n");
    ASSERT_FALSE(file) << bad.text;
    const Diagnostic& error = file.error();
    EXPECT_EQ(error.code, bad.code) << bad.text << "\n" << error.message;
    EXPECT_EQ(error.outcome, Outcome::unusable_input);
    EXPECT_EQ(error.place.line, bad.line) << bad.text << "\n" << error.message;
    EXPECT_EQ(error.place.file, (folder_ / "test.platform.h").string());
    EXPECT_FALSE(error.message.empty());
    EXPECT_FALSE(error.place.source.empty()) << bad.text;
  }
}

// Limits of counts: at the limit it builds, one more is refused.
TEST_F(BuildTest, CountsHaveLimits) {
  auto hooks = [](int count) {
    std::string text = "PERDITA_PLATFORM(\"p\");\nstruct c { uint32_t a; };\n";
    for (int i = 0; i < count; i++) text += "PERDITA_HOOK(h" + std::to_string(i) + ", struct c, PERDITA_BUDGET(1));\n";
    return text;
  };
  auto capabilities = [](int count) {
    std::string text = "PERDITA_PLATFORM(\"p\");\nPERDITA_CAPABILITIES(\"c\"";
    for (int i = 1; i < count; i++) text += ", \"c" + std::to_string(i) + "\"";
    return text + ");\n";
  };
  auto members = [](int count) {
    std::string text = "PERDITA_PLATFORM(\"p\");\nstruct c {\n";
    for (int i = 0; i < count; i++) text += "  uint8_t m" + std::to_string(i) + ";\n";
    return text + "};\nPERDITA_HOOK(h, struct c, PERDITA_BUDGET(1));\n";
  };
  EXPECT_TRUE(build_text(hooks(16)));
  EXPECT_TRUE(build_text(capabilities(32)));
  EXPECT_TRUE(build_text(members(64)));
  for (const std::string& text : {hooks(17), capabilities(33), members(65)}) {
    Result<std::vector<uint8_t>> file = build_text(text);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, "platform-limit") << file.error().message;
  }
}

// A context whose canonical form does not fit the boards' buffer, though none of its counts is too large.
TEST_F(BuildTest, AHookTooLongForItsDigestIsRefused) {
  std::string text = "PERDITA_PLATFORM(\"p\");\nstruct c {\n";
  for (int i = 0; i < 40; i++) text += "  uint8_t long_name_of_a_member_" + std::to_string(i) + ";\n";
  Result<std::vector<uint8_t>> file = build_text(text + "};\nPERDITA_HOOK(h, struct c, PERDITA_BUDGET(1));\n");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, "platform-limit");
}

TEST_F(BuildTest, AHeaderWithoutPlatformIsRefused) {
  for (const char* text : {"", "PERDITA_CAPABILITIES(\"a\");\n", "PERDITA_PLATFORM(\"not a name\");\n",
                           "PERDITA_PLATFORM(\"p\");\nPERDITA_CAPABILITIES(\"a\", \"a\");\n",
                           "PERDITA_PLATFORM(\"p\");\nPERDITA_CAPABILITIES(\"a b\");\n"}) {
    Result<std::vector<uint8_t>> file = build_text(text);
    ASSERT_FALSE(file) << text;
    EXPECT_EQ(file.error().place.file, (folder_ / "test.platform.h").string());
  }
  Result<std::vector<uint8_t>> missing = build(folder_ / "none.h");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "platform-header-missing");
}

class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    const char* before = std::getenv(name);
    if (before != nullptr) before_ = before;
    had_ = before != nullptr;
    setenv(name, value, 1);
  }
  ~Environment() { had_ ? setenv(name_, before_.c_str(), 1) : unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::string before_;
  bool had_ = false;
};

TEST_F(BuildTest, WhatTheMachineLacksIsNamed) {
  {
    Environment clang("PERDITA_CLANG", "/nowhere/clang");
    Result<std::vector<uint8_t>> file = build(demo_header());
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, "platform-clang-missing");
  }
  {
    Environment clang("PERDITA_CLANG", "false");
    Result<std::vector<uint8_t>> file = build(demo_header());
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, "platform-header-error");
    EXPECT_EQ(file.error().have, "exit code 1");
  }
  {
    Environment clang("PERDITA_CLANG", "true");
    Result<std::vector<uint8_t>> file = build(demo_header());
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, "platform-header-error");
  }
  {
    Environment include("PERDITA_INCLUDE", "/nowhere");
    Result<std::vector<uint8_t>> file = build(demo_header());
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, "platform-include-missing");
  }
  {
    Environment scratch("TMPDIR", "/nowhere");
    Result<std::vector<uint8_t>> file = build(demo_header());
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, "platform-scratch");
  }
}

// What only another system has is refused of a firmware, one at a time.
TEST_F(BuildTest, OnlyVerifyOnlyPlatformsHaveWhatNoFirmwareHas) {
  const std::string head = "PERDITA_PLATFORM(\"p\");\n";
  const char* const kOthers[] = {
      "PERDITA_TAIL_CALLS(100, 512);",
      "struct object { uint32_t a; }; PERDITA_OBJECT(thing, struct object);",
      "PERDITA_HELPER(5, uint64_t, now, (void), PERDITA_COST(1), PERDITA_STACK(1));",
      "struct c { uint32_t a; }; PERDITA_HOOK(h, struct c, PERDITA_BUDGET(0), PERDITA_LEGACY_LOADS);",
      "struct c { uint32_t a PERDITA_HIDDEN; uint32_t b; }; PERDITA_HOOK(h, struct c, PERDITA_BUDGET(0));",
      "struct c { uint64_t a PERDITA_SYSTEM; }; PERDITA_HOOK(h, struct c, PERDITA_BUDGET(0));",
      "PERDITA_FUNCTION(void, f, (uint64_t a PERDITA_ANY), PERDITA_COST(1), PERDITA_STACK(1));",
      "PERDITA_FUNCTION(void, f, (void *c PERDITA_CONTEXT PERDITA_MOVES_PACKET), PERDITA_COST(1), PERDITA_STACK(1));",
      "PERDITA_FUNCTION(void, f, (const void *m PERDITA_MAP(1)), PERDITA_COST(1), PERDITA_STACK(1));",
  };
  for (const char* other : kOthers) {
    auto firmware = build_text(head + other + "\n");
    ASSERT_FALSE(firmware) << other;
    EXPECT_EQ(firmware.error().code, "platform-verify-only") << other;
  }
  auto narrow = build_text(head +
                           "struct c { uint32_t a PERDITA_DATA; uint32_t b PERDITA_DATA_END; };"
                           "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(0), PERDITA_PACKET(1, 64));\n");
  ASSERT_FALSE(narrow);
  EXPECT_EQ(narrow.error().code, "platform-packet");
}

TEST_F(BuildTest, AVerifyOnlyPlatformDescribesAnotherSystem) {
  auto platform = platform_of(
      "PERDITA_PLATFORM(\"other\"); PERDITA_VERIFY_ONLY; PERDITA_TAIL_CALLS(100, 64);\n"
      "struct object { uint32_t a[4]; }; PERDITA_OBJECT(thing, struct object);\n"
      "struct c { uint32_t data PERDITA_DATA; uint32_t end PERDITA_DATA_END; uint64_t t PERDITA_TO_OBJECT(\"thing\");\n"
      "           uint64_t u PERDITA_ALWAYS_TO_OBJECT(\"thing\"); };\n"
      "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(0), PERDITA_PACKET(1, 64), PERDITA_LEGACY_LOADS,\n"
      "             PERDITA_SECTIONS(\"x\", \"*\"));\n"
      "PERDITA_HELPER(1, void *, find, (const void *m PERDITA_MAP(1, 31), const void *k PERDITA_MAP_KEY),\n"
      "               PERDITA_GIVES_MAP_VALUE_OR_NULL, PERDITA_COST(0), PERDITA_STACK(0));\n");
  ASSERT_NE(platform, nullptr);
  EXPECT_TRUE(platform->verify_only());
  EXPECT_EQ(platform->tail_calls().instructions, 100u);
  const perdita_hook* hook = platform->hook_for_section("whatever");
  ASSERT_NE(hook, nullptr);
  EXPECT_TRUE(platform->legacy_loads(*hook));
  EXPECT_TRUE(platform->object_of(*hook, hook->fields[2]).or_null);
  EXPECT_FALSE(platform->object_of(*hook, hook->fields[3]).or_null);
  EXPECT_EQ(platform->object(0).size, 16u);
  const perdita_function* find = platform->helper(1);
  ASSERT_NE(find, nullptr);
  EXPECT_EQ(find->args[0].map_types, 1u << 1 | 1u << 31);
  EXPECT_EQ(find->result.kind, PERDITA_RESULT_MAP_VALUE_OR_NULL);
  EXPECT_EQ(platform->function("find"), nullptr);
  EXPECT_NE(platform->helper(5), nullptr);  // those of Perdita are there where the header says nothing else
}

}  // namespace
}  // namespace perdita::platform
