// SPDX-License-Identifier: Apache-2.0
#include "compiler/sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "perdita/perdita.h"

namespace perdita::verifier {

// A test takes this one; the archive's, where there is one, is then not linked.
std::string_view version() { return "sample-1"; }

}  // namespace perdita::verifier

namespace perdita::sample {

namespace {

constexpr perdita_field kTickFields[] = {{"now", 0, 8, PERDITA_FIELD_SCALAR, 0},
                                         {"count", 8, 4, PERDITA_FIELD_SCALAR, 1}};
constexpr perdita_field kPacketFields[] = {{"data", 0, 8, PERDITA_FIELD_DATA, 0},
                                           {"data_end", 8, 8, PERDITA_FIELD_DATA_END, 0}};
constexpr perdita_hook kHooks[] = {
    {"tick", 16, kTickFields, 2, 0, PERDITA_COMBINE_LAST, 1, 0, 3, 20000, 0, INT32_MIN, INT32_MAX, 0, 0, 0},
    {"packet", 16, kPacketFields, 2, 1, PERDITA_COMBINE_MAX, 4, 1, 1, 50000, 1514, 0, 2, 0, 0, 0},
};
constexpr perdita_arg kReadArgs[] = {
    {PERDITA_ARG_SCALAR, PERDITA_ARG_RANGE, 4, 0, 0, 0, 0, 0, 3},
    {PERDITA_ARG_MEM_OUT, 0, 0, 0, 3, 64, 0, 0, 0},
    {PERDITA_ARG_SCALAR, 0, 4, 0, 0, 0, 0, 0, 0},
};
constexpr perdita_arg kLedArgs[] = {{PERDITA_ARG_SCALAR, 0, 1, 0, 0, 0, 0, 0, 0}};
constexpr perdita_function kFunctions[] = {
    {"read_sensor", 0, nullptr, kReadArgs, 3, 0, {PERDITA_RESULT_SCALAR, 4, 1, -40, 125}, 300, 4, 64},
    {"set_led", 0, nullptr, kLedArgs, 1, 1, {PERDITA_RESULT_VOID, 0, 0, 0, 0}, 20, 0, 16},
};
constexpr const char* kCapabilities[] = {"sensor", "led"};
constexpr perdita_platform kTables = {"sample", kHooks, kFunctions, kCapabilities, 2, 2, 2};

class SamplePlatform final : public platform::Platform {
 public:
  const perdita_platform& tables() const override { return kTables; }
  const perdita_hook* hook(std::string_view name) const override {
    const auto* found =
        std::find_if(std::begin(kHooks), std::end(kHooks), [&](const auto& h) { return h.name == name; });
    return found == std::end(kHooks) ? nullptr : found;
  }
  const perdita_function* function(std::string_view name) const override {
    const auto* found =
        std::find_if(std::begin(kFunctions), std::end(kFunctions), [&](const auto& f) { return f.name == name; });
    return found == std::end(kFunctions) ? nullptr : found;
  }
  const perdita_hook* hook_for_section(std::string_view section) const override {
    if (section == "tick") return &kHooks[0];
    return section.starts_with("packet") ? &kHooks[1] : nullptr;
  }
  const std::vector<std::string>& sections(const perdita_hook& hook) const override {
    static const std::vector<std::string> tick = {"tick"};
    static const std::vector<std::string> packet = {"packet*"};
    return &hook == &kHooks[0] ? tick : packet;
  }
  const std::string& digest() const override { return digest_; }
  const std::vector<uint8_t>& btf() const override { return empty_; }
  const std::vector<uint8_t>& bytes() const override { return empty_; }

 private:
  std::string digest_ = std::string(64, '0');
  std::vector<uint8_t> empty_;
};

isa::Insn insn(uint8_t opcode, unsigned dst, unsigned src, int16_t offset, int32_t imm) {
  return {opcode, isa::make_regs(dst, src), offset, imm};
}

constexpr uint8_t kMovImm = isa::kAlu64 | isa::kMov | isa::kK;
constexpr uint8_t kCall = isa::kJmp | isa::kCall;
constexpr uint8_t kExit = isa::kJmp | isa::kExit;

compiler::SigningKey key(std::string name, uint8_t roles, uint8_t first, int step) {
  std::array<uint8_t, 32> seed;
  for (size_t i = 0; i < seed.size(); i++) seed[i] = static_cast<uint8_t>(first + step * static_cast<int>(i));
  return std::move(compiler::SigningKey::from_seed(std::move(name), roles, seed).value());
}

}  // namespace

const platform::Platform& platform() {
  static const SamplePlatform platform;
  return platform;
}

object::Module small_module() {
  object::Module module;
  module.name = "small";
  module.progs.push_back({"zero", "tick", {insn(kMovImm, 0, 0, 0, 0), insn(kExit, 0, 0, 0, 0)}, {{"zero", 0, 2}}, {}});
  return module;
}

object::Module full_module() {
  object::Module module;
  module.name = "full";
  module.functions = {"set_led", "read_sensor"};
  module.maps = {
      {"counts", {isa::MapType::array, 4, 8, 16, 0}, object::MapOrigin::defined, false, {}},
      {"shared",
       {isa::MapType::hash, 6, 12, 32, 0},
       object::MapOrigin::defined,
       true,
       {},
       0,
       0,
       {},
       {{1, 2, 3, 4, 5, 6, 7, 8}}},
      {".rodata",
       {isa::MapType::array, 4, 5, 1, isa::kMapReadOnlyForProg},
       object::MapOrigin::rodata,
       false,
       {'h', 'e', 'l', 'l', 'o'}},
      {".data", {isa::MapType::array, 4, 8, 1, 0}, object::MapOrigin::data, false, {1, 2, 3, 4, 5, 6, 7, 8}},
      {".bss", {isa::MapType::array, 4, 24, 1, 0}, object::MapOrigin::bss, false, {}},
  };
  object::Prog tick;
  tick.name = "on_tick";
  tick.section = "tick";
  tick.code = {
      insn(isa::kLddw, 1, isa::kLddwMapValue, 0, 2),
      insn(0, 0, 0, 0, 1),  // r1 = &.rodata + 1
      insn(kMovImm, 1, 0, 0, 1),
      insn(kCall, 0, isa::kCallFunction, 0, 0),  // set_led
      insn(kCall, 0, isa::kCallHelper, 0, 7),    // get_prandom_u32
      insn(kCall, 0, isa::kCallHelper, 0, 5),    // ktime_get_ns
      insn(kCall, 0, isa::kCallLocal, 0, 1),     // subprogram
      insn(kExit, 0, 0, 0, 0),
      insn(kMovImm, 0, 0, 0, 3),
      insn(kExit, 0, 0, 0, 0),
  };
  tick.subprograms = {{"on_tick", 0, 8}, {"three", 8, 2}};
  object::Prog packet;
  packet.name = "on_packet";
  packet.section = "packet/ingress";
  packet.code = {
      // A second half that looks like a call of helper 6 must not import it.
      insn(isa::kLddw, 2, isa::kLddwImm, 0, -1),
      insn(0, 0, 0, 0, 6),
      insn(kMovImm, 0, 0, 0, 0),
      insn(kExit, 0, 0, 0, 0),
  };
  packet.subprograms = {{"on_packet", 0, 4}};
  module.progs = {tick, packet};
  return module;
}

verifier::Verdict verdict_on(const object::Module& module) {
  verifier::Verdict verdict;
  verdict.accepted = true;
  for (const object::Prog& prog : module.progs) {
    verifier::ProgVerdict one;
    one.name = prog.name;
    one.section = prog.section;
    one.hook = platform().hook_for_section(prog.section)->name;
    one.accepted = true;
    one.instructions = static_cast<uint32_t>(prog.code.size());
    one.bounds.instructions = prog.code.size() + 1;
    one.bounds.stack_bytes = 16;
    one.bounds.machine_instructions = {{"armv7m/interpreter", 1000}, {"armv7m/guarded", 3000}, {"x/i", 7}};
    one.subprogram_stack_bytes.assign(prog.subprograms.size(), 8);
    if (prog.name == "on_tick") one.capabilities = {"led", "sensor"};
    verdict.progs.push_back(one);
  }
  return verdict;
}

compiler::SigningKey author() { return key("author", PERDITA_ROLE_AUTHOR, 1, 1); }
compiler::SigningKey verifier() { return key("verifier", PERDITA_ROLE_VERIFIER, 255, -1); }
compiler::SigningKey both() { return key("both", PERDITA_ROLE_AUTHOR | PERDITA_ROLE_VERIFIER, 7, 0); }

std::vector<perdita_key> trusted_keys() {
  std::vector<perdita_key> keys;
  const compiler::SigningKey all[] = {author(), verifier(), both()};
  for (const auto& signing : all) {
    const compiler::PublicKey& from = signing.public_key();
    perdita_key to{};
    std::copy(from.bytes.begin(), from.bytes.end(), to.public_key);
    const auto id = from.id();
    std::copy(id.begin(), id.end(), to.id);
    to.roles = from.roles;
    keys.push_back(to);
  }
  return keys;
}

compiler::SealOptions options() {
  compiler::SealOptions options;
  options.name = "demo";
  options.sequence = 7;
  options.addressee.vendor_id = {0xcf, 0xbf, 0xf0, 0xd1, 0x93, 0x75, 0x56, 0x85,
                                 0x96, 0x8c, 0x48, 0xce, 0x8b, 0x15, 0xae, 0x17};
  options.addressee.class_id = {0xd0, 0xeb, 0xaf, 0x8a, 0x70, 0xf2, 0x5b, 0x0e,
                                0xb8, 0x7d, 0x39, 0x83, 0x80, 0x9e, 0x11, 0x1c};
  return options;
}

std::string hex(const std::vector<uint8_t>& bytes) {
  std::string digits;
  for (const uint8_t byte : bytes) digits += fmt::format("{:02x}", byte);
  return digits;
}

std::vector<uint8_t> unhex(std::string_view digits) {
  std::vector<uint8_t> bytes;
  std::string pair;
  for (const char c : digits) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) continue;
    pair += c;
    if (pair.size() == 2) {
      bytes.push_back(static_cast<uint8_t>(std::stoul(pair, nullptr, 16)));
      pair.clear();
    }
  }
  return bytes;
}

}  // namespace perdita::sample
