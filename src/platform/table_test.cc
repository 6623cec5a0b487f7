// SPDX-License-Identifier: Apache-2.0
//
// The generated C, compiled: for this machine, to compare its tables with the host's and to call its thunks; for a
// Cortex-M3, to prove its assertions and to hold its thunks to what the tables add for them.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>

#include "platform/description.h"
#include "platform/header_fixture.h"
#include "wire/reliance.h"

namespace perdita::platform {
namespace {

constexpr const char* kBoard = "arm-none-eabi-gcc --specs=picolibc.specs -mcpu=cortex-m3 -mthumb ";
constexpr const char* kFlags = "-std=c11 -Wall -Wextra -Wpedantic -Werror -O2 ";

std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

std::string read_all(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

class TableTest : public HeaderFixture {
 protected:
  void TearDown() override {
    if (library_ != nullptr) dlclose(library_);
    HeaderFixture::TearDown();
  }

  // Whether the command ends well; its output is in messages_.
  bool run(const std::string& command) {
    std::filesystem::path log = folder_ / "log";
    int status = std::system((command + " > " + quoted(log) + " 2>&1").c_str());  // NOLINT: our own paths
    messages_ = read_all(log);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  std::string includes() const { return "-I " + quoted(source_folder() / "include") + " -I " + quoted(folder_) + " "; }

  // Compiles table and firmware to a shared object and opens it.
  void open(const Platform& platform, const std::string& header_name, const std::string& firmware) {
    auto c = write("table.c", table(platform, header_name));
    auto h = write("table.h", table_header(platform));
    auto functions = write("firmware.c", "#include \"" + header_name + "\"\n" + firmware);
    auto object = folder_ / "table.so";
    ASSERT_TRUE(run("gcc -shared -fPIC " + std::string(kFlags) + includes() + quoted(c) + " " + quoted(functions) +
                    " -o " + quoted(object)))
        << messages_;
    library_ = dlopen(object.c_str(), RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library_, nullptr) << dlerror();
    std::string symbol = std::string("perdita_platform_") + platform.tables().name;
    generated_ = static_cast<const perdita_platform*>(dlsym(library_, symbol.c_str()));
    ASSERT_NE(generated_, nullptr);
  }

  uint64_t call(const char* name, std::array<uint64_t, 5> args) const {
    for (int i = 0; i < generated_->function_count; i++) {
      if (std::strcmp(generated_->functions[i].name, name) == 0)
        return generated_->functions[i].call(nullptr, args.data());
    }
    ADD_FAILURE() << name;
    return 0;
  }

  void* library_ = nullptr;
  const perdita_platform* generated_ = nullptr;
  std::string messages_;
};

void expect_equal(const perdita_hook& a, const perdita_hook& b) {
  EXPECT_STREQ(a.name, b.name);
  EXPECT_EQ(a.context_size, b.context_size);
  ASSERT_EQ(a.field_count, b.field_count);
  for (int i = 0; i < a.field_count; i++) {
    EXPECT_STREQ(a.fields[i].name, b.fields[i].name);
    EXPECT_EQ(a.fields[i].offset, b.fields[i].offset);
    EXPECT_EQ(a.fields[i].size, b.fields[i].size);
    EXPECT_EQ(a.fields[i].kind, b.fields[i].kind);
    EXPECT_EQ(a.fields[i].writable, b.fields[i].writable);
  }
  EXPECT_EQ(a.level, b.level);
  EXPECT_EQ(a.combine, b.combine);
  EXPECT_EQ(a.data_alignment, b.data_alignment);
  EXPECT_EQ(a.packet_writable, b.packet_writable);
  EXPECT_EQ(a.capabilities, b.capabilities);
  EXPECT_EQ(a.budget_instructions, b.budget_instructions);
  EXPECT_EQ(a.packet_max_bytes, b.packet_max_bytes);
  EXPECT_EQ(a.result_min, b.result_min);
  EXPECT_EQ(a.result_max, b.result_max);
}

void expect_equal(const perdita_function& a, const perdita_function& b) {
  EXPECT_STREQ(a.name, b.name);
  EXPECT_EQ(a.helper, b.helper);
  ASSERT_EQ(a.arg_count, b.arg_count);
  for (int i = 0; i < a.arg_count; i++) {
    EXPECT_EQ(a.args[i].kind, b.args[i].kind);
    EXPECT_EQ(a.args[i].flags, b.args[i].flags);
    EXPECT_EQ(a.args[i].width, b.args[i].width);
    EXPECT_EQ(a.args[i].is_signed, b.args[i].is_signed);
    EXPECT_EQ(a.args[i].size_arg, b.args[i].size_arg);
    EXPECT_EQ(a.args[i].size, b.args[i].size);
    EXPECT_EQ(a.args[i].map_types, b.args[i].map_types);
    EXPECT_EQ(a.args[i].min, b.args[i].min);
    EXPECT_EQ(a.args[i].max, b.args[i].max);
  }
  EXPECT_EQ(a.capability, b.capability);
  EXPECT_EQ(a.result.kind, b.result.kind);
  EXPECT_EQ(a.result.width, b.result.width);
  EXPECT_EQ(a.result.is_signed, b.result.is_signed);
  EXPECT_EQ(a.result.min, b.result.min);
  EXPECT_EQ(a.result.max, b.result.max);
  EXPECT_EQ(a.cost_instructions, b.cost_instructions);
  EXPECT_EQ(a.cost_instructions_per_byte, b.cost_instructions_per_byte);
  EXPECT_EQ(a.stack_bytes, b.stack_bytes);
}

// Field by field, and the canonical forms byte by byte: what packages name by digest.
void expect_equal(const perdita_platform& a, const perdita_platform& b) {
  EXPECT_STREQ(a.name, b.name);
  ASSERT_EQ(a.hook_count, b.hook_count);
  ASSERT_EQ(a.function_count, b.function_count);
  ASSERT_EQ(a.capability_count, b.capability_count);
  for (int i = 0; i < a.capability_count; i++) EXPECT_STREQ(a.capabilities[i], b.capabilities[i]);
  uint8_t one[wire::kRelianceFormBytes], other[wire::kRelianceFormBytes];
  size_t one_size = 0, other_size = 0;
  for (int i = 0; i < a.hook_count; i++) {
    expect_equal(a.hooks[i], b.hooks[i]);
    ASSERT_EQ(wire::hook_form(a, a.hooks[i], MutableBytes(one), one_size), Status::ok);
    ASSERT_EQ(wire::hook_form(b, b.hooks[i], MutableBytes(other), other_size), Status::ok);
    EXPECT_TRUE(equal(Bytes(one, one_size), Bytes(other, other_size)));
  }
  for (int i = 0; i < a.function_count; i++) {
    expect_equal(a.functions[i], b.functions[i]);
    EXPECT_EQ(a.functions[i].call, nullptr);
    EXPECT_NE(b.functions[i].call, nullptr);
    ASSERT_EQ(wire::function_form(a, a.functions[i], MutableBytes(one), one_size), Status::ok);
    ASSERT_EQ(wire::function_form(b, b.functions[i], MutableBytes(other), other_size), Status::ok);
    EXPECT_TRUE(equal(Bytes(one, one_size), Bytes(other, other_size)));
  }
}

constexpr const char* kDemoFirmware = R"(
uint32_t seen[4];
int32_t sensor_read(uint32_t channel) { return channel == 1 ? -4000 : (int32_t)channel; }
void led_set(uint32_t led, uint32_t on) { seen[0] = led; seen[1] = on; }
int32_t log_text(const char *text, uint32_t size) { return text[size - 1]; }
int32_t fill(void *buffer, uint32_t size, uint32_t value) {
  for (uint32_t i = 0; i < size; i++) ((uint8_t *)buffer)[i] = (uint8_t)value;
  return (int32_t)size;
}
)";

TEST_F(TableTest, TheDemosTablesAreTheHosts) {
  Result<std::vector<uint8_t>> file = build(demo_header());
  ASSERT_TRUE(file);
  Result<std::shared_ptr<const Platform>> platform = parse(*file);
  ASSERT_TRUE(platform);
  std::filesystem::copy(demo_header(), folder_ / "demo.platform.h");
  open(**platform, "demo.platform.h", kDemoFirmware);
  expect_equal((*platform)->tables(), *generated_);

  EXPECT_EQ(call("sensor_read", {1}), static_cast<uint64_t>(int64_t{-4000}));
  EXPECT_EQ(call("sensor_read", {0xffffffff00000002}), 2u);  // arguments are cut to their type
  EXPECT_EQ(call("led_set", {3, 1}), 0u);
  char buffer[4] = {};
  EXPECT_EQ(call("fill", {reinterpret_cast<uintptr_t>(buffer), 3, 'x'}), 3u);
  EXPECT_EQ(std::string(buffer), "xxx");
  EXPECT_EQ(call("log_text", {reinterpret_cast<uintptr_t>(buffer), 2}), uint64_t{'x'});

  ASSERT_TRUE(run(kBoard + std::string(kFlags) + includes() + "-c " + quoted(folder_ / "table.c") + " -o " +
                  quoted(folder_ / "board.o")))
      << messages_;
}

constexpr const char* kTypes = R"(
PERDITA_PLATFORM("types");
PERDITA_CAPABILITIES("a", "b");
typedef uint16_t port_t;
struct inner { uint8_t a; int8_t b; port_t port; };
typedef struct { uint64_t t; struct inner in; uint32_t list[3] PERDITA_WRITABLE; const int64_t last; } outer_t;
PERDITA_HOOK(wide, outer_t, PERDITA_BUDGET(0), PERDITA_ALLOWS("b"), PERDITA_LEVEL(3));
struct pair { uint32_t x, y; };
PERDITA_FUNCTION(int8_t, i8, (int8_t x), PERDITA_COST(1), PERDITA_STACK(2));
PERDITA_FUNCTION(int16_t, i16, (int16_t x), PERDITA_COST(1), PERDITA_STACK(2));
PERDITA_FUNCTION(int32_t, i32, (int32_t x), PERDITA_COST(1), PERDITA_STACK(2));
PERDITA_FUNCTION(int64_t, i64, (int64_t x), PERDITA_COST(1), PERDITA_STACK(2));
PERDITA_FUNCTION(uint8_t, u8, (uint8_t x), PERDITA_COST(1), PERDITA_STACK(2));
PERDITA_FUNCTION(port_t, u16, (port_t x), PERDITA_COST(1), PERDITA_STACK(2));
PERDITA_FUNCTION(uint32_t, u32, (uint32_t x), PERDITA_COST(1), PERDITA_STACK(2));
PERDITA_FUNCTION(uint64_t, u64, (uint64_t x), PERDITA_COST(1), PERDITA_STACK(2));
PERDITA_FUNCTION(void, nothing, (void), PERDITA_COST(1), PERDITA_STACK(2));
PERDITA_FUNCTION(uint64_t, widest, (uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e), PERDITA_COST(1),
                 PERDITA_STACK(2));
PERDITA_FUNCTION(int32_t, sum, (const struct pair* p PERDITA_NULLABLE, struct pair* q PERDITA_INOUT,
                 void* ctx PERDITA_CONTEXT), PERDITA_COST(1), PERDITA_STACK(2), PERDITA_NEEDS("b"));
)";

constexpr const char* kTypesFirmware = R"(
int8_t i8(int8_t x) { return x; }
int16_t i16(int16_t x) { return x; }
int32_t i32(int32_t x) { return x; }
int64_t i64(int64_t x) { return x; }
uint8_t u8(uint8_t x) { return x; }
port_t u16(port_t x) { return x; }
uint32_t u32(uint32_t x) { return x; }
uint64_t u64(uint64_t x) { return x; }
void nothing(void) {}
uint64_t widest(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e) { return a ^ b ^ c ^ d ^ e; }
int32_t sum(const struct pair *p, struct pair *q, void *ctx) {
  q->x += 1;
  return (int32_t)((p ? p->x : 0) + q->y) + (ctx != 0);
}
)";

TEST_F(TableTest, ThunksConvertAndExtendByType) {
  auto platform = platform_of(kTypes);
  ASSERT_NE(platform, nullptr);
  open(*platform, "test.platform.h", kTypesFirmware);
  expect_equal(platform->tables(), *generated_);
  for (uint64_t x :
       {uint64_t{0}, uint64_t{1}, uint64_t{0x7f}, uint64_t{0x80}, uint64_t{0xff}, uint64_t{0x7fff}, uint64_t{0x8000},
        uint64_t{0x7fffffff}, uint64_t{0x80000000}, uint64_t{0xffffffff}, uint64_t{0x123456789abcdef0}, UINT64_MAX}) {
    EXPECT_EQ(call("i8", {x}), static_cast<uint64_t>(int64_t{static_cast<int8_t>(x)}));
    EXPECT_EQ(call("i16", {x}), static_cast<uint64_t>(int64_t{static_cast<int16_t>(x)}));
    EXPECT_EQ(call("i32", {x}), static_cast<uint64_t>(int64_t{static_cast<int32_t>(x)}));
    EXPECT_EQ(call("i64", {x}), x);
    EXPECT_EQ(call("u8", {x}), static_cast<uint8_t>(x));
    EXPECT_EQ(call("u16", {x}), static_cast<uint16_t>(x));
    EXPECT_EQ(call("u32", {x}), static_cast<uint32_t>(x));
    EXPECT_EQ(call("u64", {x}), x);
  }
  EXPECT_EQ(call("nothing", {1, 2, 3, 4, 5}), 0u);
  EXPECT_EQ(call("widest", {1, 2, 4, 8, uint64_t{1} << 63}), 15u | uint64_t{1} << 63);
  uint32_t p[2] = {5, 0}, q[2] = {0, 7};
  EXPECT_EQ(call("sum", {reinterpret_cast<uintptr_t>(p), reinterpret_cast<uintptr_t>(q), 1}), 13u);
  EXPECT_EQ(q[0], 1u);
}

// kThunkInstructions and kThunkStackBytes bound what the compiler makes of the worst prototypes, at any optimisation
// that firmware is built with. A thunk has no loops: its length bounds what it executes.
TEST_F(TableTest, ThunksCostWhatTheTablesAdd) {
  auto platform = platform_of(kTypes);
  ASSERT_NE(platform, nullptr);
  auto c = write("table.c", table(*platform, "test.platform.h"));
  for (const char* level : {"-Os ", "-O2 ", "-O3 "}) {
    ASSERT_TRUE(run(kBoard + std::string(kFlags) + level + includes() + "-fstack-usage -c " + quoted(c) + " -o " +
                    quoted(folder_ / "table.o")))
        << messages_;
    std::istringstream usage(read_all(folder_ / "table.su"));
    size_t thunks = 0;
    std::string place, kind;
    for (uint32_t bytes = 0; usage >> place >> bytes >> kind; thunks++) EXPECT_LE(bytes, kThunkStackBytes) << place;
    EXPECT_EQ(thunks, 11u);
    ASSERT_TRUE(run("arm-none-eabi-objdump -d --no-show-raw-insn " + quoted(folder_ / "table.o")));
    std::istringstream lines(messages_);
    std::string function;
    std::map<std::string, uint32_t> instructions;
    for (std::string line; std::getline(lines, line);) {
      size_t name = line.find('<');
      if (line.ends_with(">:"))
        function = line.substr(name + 1, line.size() - name - 3);
      else if (line.find(":\t") != std::string::npos)
        instructions[function]++;
    }
    EXPECT_EQ(instructions.size(), 11u);
    for (const auto& [thunk, count] : instructions) EXPECT_LE(count, kThunkInstructions) << thunk << level;
  }
}

// A header that has moved on since the platform file was made does not compile with its table.
TEST_F(TableTest, AStaleTableDoesNotCompile) {
  const std::string header =
      "#include \"perdita/platform.h\"\nPERDITA_PLATFORM(\"p\");\nstruct c { uint32_t a, b; };\n"
      "PERDITA_HOOK(h, struct c, PERDITA_BUDGET(1));\n"
      "PERDITA_FUNCTION(void, f, (uint32_t x), PERDITA_COST(1), PERDITA_STACK(1));\n";
  auto path = write("test.platform.h", header);
  Result<std::vector<uint8_t>> file = build(path);
  ASSERT_TRUE(file);
  auto c = write("table.c", table(**parse(*file), "test.platform.h"));
  std::string compile = kBoard + std::string(kFlags) + includes() + "-c " + quoted(c) + " -o /dev/null";
  EXPECT_TRUE(run(compile)) << messages_;
  const std::pair<const char*, const char*> edits[] = {{"uint32_t a, b;", "uint32_t b, a;"},
                                                       {"uint32_t a, b;", "uint32_t a, b, c;"},
                                                       {"uint32_t a, b;", "uint32_t a; uint16_t b, d;"},
                                                       {"(uint32_t x)", "(int32_t x)"},
                                                       {"(uint32_t x)", "(uint32_t x, uint32_t y)"},
                                                       {"FUNCTION(void", "FUNCTION(uint32_t"}};
  for (auto [from, to] : edits) {
    std::string changed = header;
    changed.replace(changed.find(from), std::strlen(from), to);
    write("test.platform.h", changed);
    EXPECT_FALSE(run(compile)) << to;
  }
}

// The verifier relies on a context's alignment, so the table asserts it.
TEST_F(TableTest, AContextThatMayBeUnalignedDoesNotCompile) {
  for (const auto& [structure, fine] : {std::pair{"struct c { uint8_t a[8]; };", false},
                                        {"struct c { uint8_t a[8]; } __attribute__((aligned(4)));", true},
                                        {"struct c { uint16_t a[3]; };", true},
                                        {"struct c { uint8_t a[7]; };", true}}) {
    auto path =
        write("test.platform.h", "#include \"perdita/platform.h\"\nPERDITA_PLATFORM(\"p\");\n" +
                                     std::string(structure) + "\nPERDITA_HOOK(h, struct c, PERDITA_BUDGET(1));\n");
    Result<std::vector<uint8_t>> file = build(path);
    ASSERT_TRUE(file) << structure;
    auto c = write("table.c", table(**parse(*file), "test.platform.h"));
    EXPECT_EQ(run(kBoard + std::string(kFlags) + includes() + "-c " + quoted(c) + " -o /dev/null"), fine) << structure;
  }
}

TEST_F(TableTest, APlatformWithoutAnythingStillHasATable) {
  auto platform = platform_of("PERDITA_PLATFORM(\"bare\");\n");
  ASSERT_NE(platform, nullptr);
  open(*platform, "test.platform.h", "");
  EXPECT_EQ(generated_->hook_count, 0);
  EXPECT_EQ(generated_->hooks, nullptr);
  EXPECT_EQ(generated_->functions, nullptr);
}

TEST_F(TableTest, TheHeaderNamesHooksAndCapabilities) {
  auto platform = platform_of(kTypes);
  ASSERT_NE(platform, nullptr);
  write("table.h", table_header(*platform));
  auto c = write("use.c",
                 "#include \"table.h\"\n_Static_assert(PERDITA_HOOK_wide == 0, \"\");\n"
                 "_Static_assert(PERDITA_CAPABILITY_b == 2, \"\");\n"
                 "const perdita_platform *use(void) { return &perdita_platform_types; }\n");
  EXPECT_TRUE(run("gcc " + std::string(kFlags) + includes() + "-c " + quoted(c) + " -o /dev/null")) << messages_;
  EXPECT_TRUE(run("g++ -x c++ -Wall -Wextra -Werror " + includes() + "-fsyntax-only " + quoted(folder_ / "table.h")))
      << messages_;
}

}  // namespace
}  // namespace perdita::platform
