// SPDX-License-Identifier: Apache-2.0
//
// Programs made for Linux, judged for the platform tests/platforms/linux: those of tests/verifier/linux, in the style
// of the years before BTF; small ones as text; and what a verify-only platform refuses.
#include <gmock/gmock.h>

#include "compiler/compile.h"
#include "isa/assemble.h"
#include "program_fixture.h"

namespace perdita::verifier {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const platform::Platform> linux_platform() {
  static const std::shared_ptr<const platform::Platform> platform = [] {
    auto loaded = platform::load(source_folder() / "tests/platforms/linux");
    EXPECT_TRUE(loaded) << render(loaded.error(), false);
    return loaded ? *loaded : nullptr;
  }();
  return platform;
}

// The file in the folder is what the header gives: a measurement, or a user, takes the folder.
TEST(LinuxPlatform, FileIsUpToDate) {
  auto built = platform::build(source_folder() / "tests/platforms/linux/linux.platform.h");
  ASSERT_TRUE(built) << render(built.error(), false);
  EXPECT_TRUE(*built == linux_platform()->bytes())
      << "build it again: perdita platform build tests/platforms/linux/linux.platform.h -o "
         "tests/platforms/linux/linux.platform";
  EXPECT_TRUE(linux_platform()->verify_only());
}

class LinuxPrograms : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(LinuxPrograms, HaveTheirVerdict) {
  const Expected expected = expected_of(GetParam());
  auto module = object::load(compiled(GetParam()), GetParam().filename().string(), linux_platform().get());
  ASSERT_TRUE(module) << render(module.error(), false);
  const Verdict verdict = verify(*module, *linux_platform(), {});
  ASSERT_FALSE(verdict.progs.empty());
  EXPECT_EQ(verdict.accepted, expected.code.empty());
  for (const ProgVerdict& prog : verdict.progs) {
    for (const Diagnostic& diagnostic : prog.diagnostics) {
      EXPECT_EQ(diagnostic.code, expected.code) << render(diagnostic, false);
      EXPECT_EQ(diagnostic.place.line, expected.line) << render(diagnostic, false);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, LinuxPrograms, ::testing::ValuesIn(programs_in("tests/verifier/linux")), name_of);

object::Module module_of(const std::string& text, const std::string& section) {
  object::Module module;
  module.judged = true;
  auto code = isa::assemble(text);
  EXPECT_TRUE(code) << code.error().message;
  object::Prog prog;
  prog.name = "prog";
  prog.section = section;
  if (code) prog.code = *code;
  prog.subprograms = {{"prog", 0, static_cast<uint32_t>(prog.code.size())}};
  module.progs.push_back(std::move(prog));
  return module;
}

ProgVerdict judge(const object::Module& module) { return verify(module, *linux_platform(), {}).progs.at(0); }

std::string codes_of(const ProgVerdict& verdict) {
  std::string codes;
  for (const Diagnostic& diagnostic : verdict.diagnostics) codes += (codes.empty() ? "" : " ") + diagnostic.code;
  return codes;
}

struct TextProgram {
  const char* name;
  const char* section;
  const char* code;
  const char* codes;  // of its diagnostics; empty: accepted
};

std::ostream& operator<<(std::ostream& out, const TextProgram& program) { return out << program.name; }

// __sk_buff: data at 76, data_end at 80, sk at 168; helpers by number.
constexpr TextProgram kTextPrograms[] = {
    {"NarrowPacketSlots", "classifier",
     "r2 = *(u32 *)(r1 + 76)\nr3 = *(u32 *)(r1 + 80)\nr4 = r2\nr4 += 4\nr0 = 0\nif r4 > r3 goto out\n"
     "r0 = *(u32 *)(r2 + 0)\nout:\nexit\n",
     ""},
    {"HalfOfAPacketSlot", "classifier", "r0 = *(u16 *)(r1 + 76)\nexit\n", "context-pointer-slot"},
    {"AcrossTwoFields", "classifier", "r0 = *(u64 *)(r1 + 0)\nexit\n", "out-of-bounds"},
    {"PacketPointerReturned", "classifier", "r0 = *(u32 *)(r1 + 76)\nexit\n", "pointer-leaked"},
    {"SizeOfThePacketBeforeItMoved", "classifier",
     "r6 = r1\nr7 = *(u32 *)(r1 + 80)\nr2 = *(u32 *)(r1 + 76)\nr7 -= r2\nr2 = 100\ncall 39\n"
     "r0 = 0\nif r7 < 8 goto out\nr2 = *(u32 *)(r6 + 76)\nr0 = *(u8 *)(r2 + 7)\nout:\nexit\n",
     "out-of-bounds"},
    {"SpilledSizeOfThePacketBeforeItMoved", "classifier",
     "r6 = r1\nr7 = *(u32 *)(r1 + 80)\nr2 = *(u32 *)(r1 + 76)\nr7 -= r2\n*(u64 *)(r10 - 8) = r7\nr2 = 100\ncall 39\n"
     "r7 = *(u64 *)(r10 - 8)\nr0 = 0\nif r7 < 8 goto out\nr2 = *(u32 *)(r6 + 76)\nr0 = *(u8 *)(r2 + 7)\nout:\nexit\n",
     "out-of-bounds"},
    {"ADistanceBeforeThePacketMoved", "classifier",
     "r6 = r1\nr9 = *(u32 *)(r1 + 8)\nr9 &= 63\nr8 = *(u32 *)(r1 + 80)\nr2 = *(u32 *)(r1 + 76)\nr2 += r9\nr8 -= r2\n"
     "r2 = 100\ncall 39\nr0 = 0\nif r8 s< 8 goto out\nr2 = *(u32 *)(r6 + 76)\nr2 += r9\nr0 = *(u8 *)(r2 + 7)\nout:\n"
     "exit\n",
     "out-of-bounds"},
    {"ADistance", "classifier",
     "r6 = r1\nr9 = *(u32 *)(r1 + 8)\nr9 &= 63\nr8 = *(u32 *)(r1 + 80)\nr2 = *(u32 *)(r1 + 76)\nr2 += r9\nr8 -= r2\n"
     "r0 = 0\nif r8 s< 8 goto out\nr2 = *(u32 *)(r6 + 76)\nr2 += r9\nr0 = *(u8 *)(r2 + 7)\nout:\nexit\n",
     ""},
    {"SpilledPointerIsGone", "classifier",
     "r2 = *(u32 *)(r1 + 76)\n*(u64 *)(r10 - 8) = r2\nr2 = 1\ncall 39\nr2 = *(u64 *)(r10 - 8)\n"
     "r0 = *(u8 *)(r2 + 0)\nexit\n",
     "use-after-release"},
    {"HalfOfAPointerBeforeThePacketMoved", "classifier",
     "r6 = r1\nr2 = *(u32 *)(r1 + 76)\nw7 = w2\nr2 = 100\ncall 39\nr2 = *(u32 *)(r6 + 76)\nw8 = w2\nw8 -= w7\n"
     "r0 = 0\nexit\n",
     "use-after-release"},
    {"HalfOfTheEndBeforeThePacketMoved", "classifier",
     "r6 = r1\nr2 = *(u32 *)(r1 + 80)\nw7 = w2\nr2 = 100\ncall 39\nr2 = *(u32 *)(r6 + 76)\nw7 -= w2\nr0 = 0\nexit\n",
     "use-after-release"},
    {"SpilledHalfIsGone", "classifier",
     "r2 = *(u32 *)(r1 + 76)\nw7 = w2\n*(u64 *)(r10 - 8) = r7\nr2 = 100\ncall 39\nr7 = *(u64 *)(r10 - 8)\nw0 = w7\n"
     "r0 = 0\nexit\n",
     "use-after-release"},
    {"SizeByHalvesBeforeThePacketMoved", "classifier",
     "r6 = r1\nr7 = *(u32 *)(r1 + 80)\nr2 = *(u32 *)(r1 + 76)\nw7 -= w2\nr2 = 100\ncall 39\n"
     "r0 = 0\nif w7 < 8 goto out\nr2 = *(u32 *)(r6 + 76)\nr0 = *(u8 *)(r2 + 7)\nout:\nexit\n",
     "out-of-bounds"},
    {"SizeByHalves", "classifier",
     "r6 = r1\nr7 = *(u32 *)(r1 + 80)\nr2 = *(u32 *)(r1 + 76)\nw7 -= w2\n"
     "r0 = 0\nif w7 < 8 goto out\nr2 = *(u32 *)(r6 + 76)\nr0 = *(u8 *)(r2 + 7)\nout:\nexit\n",
     ""},
    {"AFactAboutTheSizeBeforeThePacketMoved", "classifier",
     "r6 = r1\nr7 = *(u32 *)(r1 + 80)\nr2 = *(u32 *)(r1 + 76)\nr7 -= r2\nr8 = *(u32 *)(r1 + 8)\nr8 &= 63\n"
     "r0 = 0\nif r8 >= r7 goto out\nr2 = 100\ncall 39\nr2 = *(u32 *)(r6 + 76)\nr2 += r8\nr0 = *(u8 *)(r2 + 0)\nout:\n"
     "exit\n",
     "out-of-bounds"},
    {"AFactAboutTheSize", "classifier",
     "r6 = r1\nr7 = *(u32 *)(r1 + 80)\nr2 = *(u32 *)(r1 + 76)\nr7 -= r2\nr8 = *(u32 *)(r1 + 8)\nr8 &= 63\n"
     "r0 = 0\nif r8 >= r7 goto out\nr2 = *(u32 *)(r6 + 76)\nr2 += r8\nr0 = *(u8 *)(r2 + 0)\nout:\nexit\n",
     ""},
    {"ALoopThatMovesThePacket", "classifier",
     "r6 = r1\nr8 = 0\nr2 = *(u32 *)(r6 + 76)\nr3 = *(u32 *)(r6 + 80)\nr4 = r2\nr4 += 1\nr0 = 0\nif r4 > r3 goto out\n"
     "again:\nr0 = *(u8 *)(r2 + 0)\nr1 = r6\nr2 = 100\ncall 39\nr2 = *(u32 *)(r6 + 76)\nr8 += 1\n"
     "if r8 < 2000 goto again\nout:\nr0 = 0\nexit\n",
     "out-of-bounds"},
    {"WriteToASocketFiltersPacket", "socket",
     "r2 = *(u32 *)(r1 + 76)\nr3 = *(u32 *)(r1 + 80)\nr4 = r2\nr4 += 4\nr0 = 0\nif r4 > r3 goto out\n"
     "*(u8 *)(r2 + 0) = 1\nout:\nexit\n",
     "read-only"},
    {"SocketOfTheContext", "classifier",
     "r1 = *(u64 *)(r1 + 168)\nr0 = 0\nif r1 == 0 goto out\nr0 = *(u32 *)(r1 + 4)\nout:\nexit\n", ""},
    {"SocketUnchecked", "classifier", "r1 = *(u64 *)(r1 + 168)\nr0 = *(u32 *)(r1 + 4)\nexit\n", "null-unchecked"},
    {"BehindTheSocket", "classifier",
     "r1 = *(u64 *)(r1 + 168)\nr0 = 0\nif r1 == 0 goto out\nr0 = *(u32 *)(r1 + 80)\nout:\nexit\n", "out-of-bounds"},
    {"SocketWritten", "classifier",
     "r1 = *(u64 *)(r1 + 168)\nr0 = 0\nif r1 == 0 goto out\n*(u32 *)(r1 + 16) = 1\nout:\nexit\n", "read-only"},
    {"NotTheSocketsStart", "classifier",
     "r1 = *(u64 *)(r1 + 168)\nr0 = 0\nif r1 == 0 goto out\nr1 += 4\ncall 95\nr0 = 0\nout:\nexit\n", "argument-type"},
    {"BorrowedSocketReleased", "classifier",
     "r1 = *(u64 *)(r1 + 168)\nr0 = 0\nif r1 == 0 goto out\ncall 86\nr0 = 0\nout:\nexit\n", "argument-type"},
    {"ProbeOfAnyAddress", "kprobe/x",
     "r3 = *(u64 *)(r1 + 8)\nr1 = r10\nr1 += -8\nr2 = 8\ncall 4\nr0 = *(u64 *)(r10 - 8)\nexit\n", ""},
    {"ProbeBeyondTheStack", "kprobe/x", "r3 = 0\nr1 = r10\nr1 += -8\nr2 = 9\ncall 4\nr0 = 0\nexit\n", "out-of-bounds"},
    {"LengthOfATextIsLimited", "kprobe/x",
     "r3 = 0\nr1 = r10\nr1 += -16\nr2 = 16\ncall 45\nr1 = r0\nr0 = 0\nif r1 s< 1 goto out\nr2 = r10\nr2 -= r1\n"
     "r0 = *(u8 *)(r2 + 0)\nout:\nexit\n",
     ""},
    {"ArgumentThatIsNotThere", "kprobe/x", "*(u64 *)(r10 - 8) = 0\nr1 = r10\nr1 += -8\nr2 = 8\ncall 6\nr0 = 0\nexit\n",
     ""},
    {"AddressPrinted", "kprobe/x",
     "r3 = r10\n*(u64 *)(r10 - 8) = 0\nr1 = r10\nr1 += -8\nr2 = 8\ncall 6\nr0 = 0\nexit\n", "pointer-leaked"},
    {"HelperOfNobody", "kprobe/x", "call 9999\nr0 = 0\nexit\n", "unknown-function"},
    {"HiddenPartOfATracepoint", "tracepoint/x/y", "r0 = *(u64 *)(r1 + 0)\nexit\n", "out-of-bounds"},
    {"AnySection", "from-netdev", "r0 = *(u32 *)(r1 + 8)\nexit\n", ""},
};

class LinuxText : public ::testing::TestWithParam<TextProgram> {};

TEST_P(LinuxText, HasItsVerdict) {
  const ProgVerdict verdict = judge(module_of(GetParam().code, GetParam().section));
  EXPECT_EQ(codes_of(verdict), GetParam().codes);
  EXPECT_EQ(verdict.accepted, verdict.diagnostics.empty());
}

INSTANTIATE_TEST_SUITE_P(All, LinuxText, ::testing::ValuesIn(kTextPrograms),
                         [](const auto& program) { return std::string(program.param.name); });

isa::Insn packet_access(uint8_t mode, uint8_t size, uint8_t src, int32_t imm) {
  isa::Insn insn{};
  insn.opcode = static_cast<uint8_t>(isa::kLd | mode | size);
  insn.regs = isa::make_regs(0, src);
  insn.imm = imm;
  return insn;
}

// The program of `text`, with such an access in place of its instruction number `at`.
object::Module with_access(const std::string& text, const std::string& section, size_t at, const isa::Insn& access) {
  object::Module module = module_of(text, section);
  module.progs[0].code.at(at) = access;
  return module;
}

TEST(LegacyLoad, GivesANumberOfItsSize) {
  const isa::Insn half = packet_access(isa::kAbs, isa::kH, 0, 12);
  EXPECT_EQ(codes_of(judge(with_access("r6 = r1\nr0 = 0\nexit\n", "socket", 1, half))), "");
  // At most 65535: a byte of the stack is initialised for each value of its low two bits only.
  const char* index =
      "r6 = r1\nr0 = 0\n*(u32 *)(r10 - 4) = 0\nr0 &= 3\nr1 = r10\nr1 -= r0\nr0 = *(u8 *)(r1 - 1)\nexit\n";
  EXPECT_EQ(codes_of(judge(with_access(index, "socket", 1, half))), "");
}

// The largest number of each size is seen, and none beyond it.
TEST(LegacyLoad, GivesAnyNumberOfItsSize) {
  for (auto [size, most] : {std::pair{isa::kB, uint64_t{UINT8_MAX}}, {isa::kH, UINT16_MAX}, {isa::kW, UINT32_MAX}}) {
    const isa::Insn access = packet_access(isa::kAbs, size, 0, 0);
    auto codes = [&access](const std::string& relation, uint64_t number) {
      std::string text = "r6 = r1\nr0 = 0\nr1 = " + std::to_string(number) + " ll\nif r0 " + relation +
                         " r1 goto seen\nr0 = 0\nexit\nseen:\nr0 = *(u8 *)(r10 - 1)\nexit\n";
      return codes_of(judge(with_access(text, "socket", 1, access)));
    };
    EXPECT_EQ(codes("==", most), "uninitialised-stack") << most;
    EXPECT_EQ(codes(">", most), "") << most;
  }
}

TEST(LegacyLoad, GoesLikeACall) {
  const isa::Insn byte = packet_access(isa::kAbs, isa::kB, 0, 0);
  EXPECT_EQ(codes_of(judge(with_access("r6 = r1\nr0 = 0\nr0 = r1\nr0 = 0\nexit\n", "socket", 1, byte))),
            "uninitialised-register");
  EXPECT_EQ(codes_of(judge(with_access("r0 = 0\nexit\n", "socket", 0, byte))), "uninitialised-register");
  EXPECT_EQ(codes_of(judge(with_access("r6 = r1\nr6 += 4\nr0 = 0\nexit\n", "socket", 2, byte))), "legacy-load");
  EXPECT_EQ(codes_of(judge(with_access("r6 = r1\nr2 = r10\nr0 = 0\nexit\n", "socket", 2,
                                       packet_access(isa::kInd, isa::kB, 2, 0)))),
            "pointer-leaked");
  EXPECT_EQ(codes_of(judge(
                with_access("r6 = r1\nr0 = 0\nr0 = 0\nexit\n", "socket", 1, packet_access(isa::kInd, isa::kB, 2, 0)))),
            "uninitialised-register");
}

TEST(LegacyLoad, ReadsTheContextBehindABranch) {
  const char* text = "r6 = r1\nr0 = *(u32 *)(r1 + 0)\nif r0 == 0 goto out\nr0 = 0\nout:\nr0 = 0\nexit\n";
  EXPECT_EQ(codes_of(judge(with_access(text, "socket", 3, packet_access(isa::kAbs, isa::kB, 0, 0)))), "");
}

TEST(LegacyLoad, IsWhereTheHookHasIt) {
  const isa::Insn byte = packet_access(isa::kAbs, isa::kB, 0, 0);
  EXPECT_EQ(codes_of(judge(with_access("r6 = r1\nr0 = 0\nexit\n", "xdp", 1, byte))), "legacy-load");
}

// What it holds would be lost where the access ends the program.
TEST(LegacyLoad, MayEndTheProgram) {
  const char* held =
      "r6 = r1\n*(u64 *)(r10 - 8) = 0\n*(u64 *)(r10 - 16) = 0\nr2 = r10\nr2 += -16\nr3 = 12\nr4 = 0\nr5 = 0\ncall 84\n"
      "r7 = r0\nif r7 == 0 goto out\nr0 = 0\nr1 = r7\ncall 86\nout:\nr0 = 0\nexit\n";
  EXPECT_EQ(codes_of(judge(module_of(held, "classifier"))), "");
  const isa::Insn byte = packet_access(isa::kAbs, isa::kB, 0, 0);
  EXPECT_EQ(codes_of(judge(with_access(held, "classifier", 11, byte))), "reservation-leaked");
}

TEST(LegacyLoad, ReservedFieldsAreZero) {
  isa::Insn access = packet_access(isa::kAbs, isa::kB, 3, 0);
  EXPECT_EQ(codes_of(judge(with_access("r6 = r1\nr0 = 0\nexit\n", "socket", 1, access))), "invalid-instruction");
}

TEST(VerifyOnly, NothingIsCompiled) {
  const object::Module module = module_of("r0 = 0\nexit\n", "socket");
  const Verdict verdict = verify(module, *linux_platform(), {});
  ASSERT_TRUE(verdict.accepted);
  auto image = compiler::compile(module, *linux_platform(), &verdict, "");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, "compile-verify-only");
  EXPECT_THAT(image.error().message, HasSubstr("'linux'"));
}

TEST(VerifyOnly, GlobalFunctionsAreJudgedWhereTheyAreNamed) {
  auto module = object::load(compiled(source_folder() / "tests/verifier/linux/on_demand.bpf.c"), "on_demand.o",
                             linux_platform().get());
  ASSERT_TRUE(module);
  EXPECT_EQ(verify(*module, *linux_platform(), {}).progs.size(), 1u);
  // Called with the context, or with any numbers, as their types say.
  for (const char* name : {"reads", "adds"}) {
    Options options;
    options.prog = name;
    const Verdict named = verify(*module, *linux_platform(), options);
    ASSERT_EQ(named.progs.size(), 1u);
    EXPECT_TRUE(named.accepted);
    EXPECT_EQ(named.progs[0].name, name);
  }
}

}  // namespace
}  // namespace perdita::verifier
