// SPDX-License-Identifier: Apache-2.0
#include "runtime/test_board.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace perdita::verifier {

// For tests without the verifier; where it is linked, its own counts.
[[gnu::weak]] std::string_view version() { return "test-board-1"; }

}  // namespace perdita::verifier

namespace perdita::runtime {
namespace {

TestBoard* board = nullptr;

constexpr std::array<uint8_t, 16> kVendor = {1, 2, 3};
constexpr std::array<uint8_t, 16> kClass = {4, 5, 6};
constexpr std::array<uint8_t, 16> kDevice = {7, 8, 9};

constexpr perdita_field kSensorFields[] = {{"value", 0, 4, PERDITA_FIELD_SCALAR, 0},
                                           {"out", 4, 4, PERDITA_FIELD_SCALAR, 1}};
constexpr perdita_field kPacketFields[] = {{"data", 0, 8, PERDITA_FIELD_DATA, 0},
                                           {"data_end", 8, 8, PERDITA_FIELD_DATA_END, 0},
                                           {"mark", 16, 4, PERDITA_FIELD_SCALAR, 1}};

uint64_t read_sensor(void* /*invocation*/, const uint64_t* args) { return 20 + static_cast<uint32_t>(args[0]); }
uint64_t set_led(void* /*invocation*/, const uint64_t* args) {
  board->leds.push_back(args[0] & 0xff);
  return 0;
}
uint64_t fill(void* /*invocation*/, const uint64_t* args) {
  memset(reinterpret_cast<void*>(args[0]), 0xab, static_cast<uint32_t>(args[1]));
  return 0;
}
uint64_t call_back(void* /*invocation*/, const uint64_t* /*args*/) { return board->callback(); }

constexpr perdita_arg kReadArgs[] = {{PERDITA_ARG_SCALAR, PERDITA_ARG_RANGE, 4, 0, 0, 0, 0, 0, 3}};
constexpr perdita_arg kLedArgs[] = {{PERDITA_ARG_SCALAR, 0, 1, 0, 0, 0, 0, 0, 0}};
constexpr perdita_arg kFillArgs[] = {{PERDITA_ARG_MEM_OUT, 0, 0, 0, 2, 64, 0, 0, 0},
                                     {PERDITA_ARG_SCALAR, 0, 4, 0, 0, 0, 0, 0, 0}};

std::vector<isa::Insn> counting_code(int32_t step) {
  using namespace isa;
  return {
      insn(kSt | kMem | kW, 10, 0, -4, 0),
      insn(kLddw, 1, kLddwMap, 0, 0),
      insn(0, 0, 0, 0, 0),
      insn(kAlu64 | kMov | kX, 2, 10, 0, 0),
      insn(kAlu64 | kAdd | kK, 2, 0, 0, -4),
      insn(kJmp | kCall, 0, kCallHelper, 0, 1),
      insn(kJmp | kJeq | kK, 0, 0, 4, 0),
      insn(kLdx | kMem | kDw, 1, 0, 0, 0),
      insn(kAlu64 | kAdd | kK, 1, 0, 0, step),
      insn(kStx | kMem | kDw, 0, 1, 0, 0),
      insn(kAlu64 | kMov | kX, 0, 1, 0, 0),
      insn(kJmp | kExit, 0, 0, 0, 0),
  };
}

compiler::SigningKey make_key(const char* name, uint8_t roles, uint8_t seed) {
  std::array<uint8_t, 32> bytes;
  bytes.fill(seed);
  return std::move(*compiler::SigningKey::from_seed(name, roles, bytes));
}

perdita_key trusted(Signer signer, uint8_t roles, uint32_t hooks, uint32_t capabilities) {
  perdita_key key{};
  const compiler::PublicKey& from = signing_key(signer).public_key();
  std::copy(from.bytes.begin(), from.bytes.end(), key.public_key);
  const auto id = from.id();
  std::copy(id.begin(), id.end(), key.id);
  key.roles = roles;
  key.hooks = hooks;
  key.capabilities = capabilities;
  return key;
}

template <typename T>
T expect(Result<T> result) {
  if (result) return std::move(*result);
  ADD_FAILURE() << result.error().code << ": " << result.error().message;
  return {};
}

}  // namespace

// ---- platform ----

TestPlatform::TestPlatform() {
  hooks = {
      {"sensor", sizeof(SensorContext), kSensorFields, 2, 0, PERDITA_COMBINE_LAST, 1, 0, 3, 10000, 0, INT64_MIN,
       INT64_MAX, 0, 0, 0},
      {"packet", sizeof(PacketContext), kPacketFields, 3, 0, PERDITA_COMBINE_FIRST_NONZERO, 1, 1, 1, 0, 64, 0, 2, 0, 0,
       0},
      {"tick", 8, nullptr, 0, 1, PERDITA_COMBINE_MAX, 1, 0, 0, 10000, 0, INT64_MIN, INT64_MAX, 0, 0, 0},
  };
  functions = {
      {"read_sensor", 0, read_sensor, kReadArgs, 1, 0, {PERDITA_RESULT_SCALAR, 4, 1, -40, 125}, 300, 4, 64},
      {"set_led", 0, set_led, kLedArgs, 1, 1, {PERDITA_RESULT_VOID, 0, 0, 0, 0}, 20, 0, 16},
      {"fill", 0, fill, kFillArgs, 2, PERDITA_NO_CAPABILITY, {PERDITA_RESULT_VOID, 0, 0, 0, 0}, 20, 4, 16},
      {"call_back",
       0,
       call_back,
       nullptr,
       0,
       PERDITA_NO_CAPABILITY,
       {PERDITA_RESULT_SCALAR, 8, 0, INT64_MIN, INT64_MAX},
       20,
       0,
       16},
  };
  capabilities = {"sensor", "led"};
}

const perdita_platform& TestPlatform::tables() const {
  tables_ = {"test",
             hooks.data(),
             functions.data(),
             capabilities.data(),
             static_cast<uint8_t>(hooks.size()),
             static_cast<uint8_t>(functions.size()),
             static_cast<uint8_t>(capabilities.size())};
  return tables_;
}

const perdita_hook* TestPlatform::hook(std::string_view name) const {
  const auto found = std::find_if(hooks.begin(), hooks.end(), [&](const auto& hook) { return hook.name == name; });
  return found == hooks.end() ? nullptr : &*found;
}

const perdita_function* TestPlatform::function(std::string_view name) const {
  const auto found =
      std::find_if(functions.begin(), functions.end(), [&](const auto& function) { return function.name == name; });
  return found == functions.end() ? nullptr : &*found;
}

// ---- programs ----

isa::Insn insn(unsigned opcode, unsigned dst, unsigned src, int offset, int32_t imm) {
  return {static_cast<uint8_t>(opcode), isa::make_regs(dst, src), static_cast<int16_t>(offset), imm};
}

object::Prog prog(const std::string& name, const std::string& hook, std::vector<isa::Insn> code) {
  const auto count = static_cast<uint32_t>(code.size());
  return {name, hook, std::move(code), {{name, 0, count}}, {}};
}

object::Module counter(int32_t step, const std::string& hook) {
  object::Module module;
  module.name = "counter";
  module.maps = {{"counts", {isa::MapType::array, 4, 8, 4, 0}, object::MapOrigin::defined, false, {}}};
  module.progs = {prog("count", hook, counting_code(step))};
  return module;
}

object::Module constant(int32_t result, const std::string& hook, const std::string& name) {
  object::Module module;
  module.name = name;
  module.progs = {
      prog(name, hook,
           {insn(isa::kAlu64 | isa::kMov | isa::kK, 0, 0, 0, result), insn(isa::kJmp | isa::kExit, 0, 0, 0, 0)})};
  return module;
}

object::Module caller(const std::string& function, int32_t argument, const std::string& hook) {
  object::Module module;
  module.name = "caller";
  module.functions = {function};
  module.progs = {
      prog("caller", hook,
           {insn(isa::kAlu64 | isa::kMov | isa::kK, 1, 0, 0, argument),
            insn(isa::kJmp | isa::kCall, 0, isa::kCallFunction, 0, 0), insn(isa::kJmp | isa::kExit, 0, 0, 0, 0)})};
  return module;
}

verifier::Verdict verdict(const object::Module& module, std::vector<std::string> capabilities) {
  verifier::Verdict verdict;
  verdict.accepted = true;
  for (const object::Prog& prog : module.progs) {
    verifier::ProgVerdict one;
    one.name = prog.name;
    one.section = prog.section;
    one.hook = prog.section;
    one.accepted = true;
    one.instructions = static_cast<uint32_t>(prog.code.size());
    one.bounds.instructions = 100;
    one.bounds.stack_bytes = 64;
    one.bounds.machine_instructions = {{"armv7m/guarded", 3000}, {"armv7m/interpreter", 1000}};
    one.subprogram_stack_bytes.assign(prog.subprograms.size(), 16);
    one.capabilities = capabilities;
    verdict.progs.push_back(one);
  }
  return verdict;
}

// ---- keys and packages ----

const compiler::SigningKey& signing_key(Signer signer) {
  constexpr uint8_t kBoth = PERDITA_ROLE_AUTHOR | PERDITA_ROLE_VERIFIER;
  static const compiler::SigningKey keys[] = {
      make_key("author", PERDITA_ROLE_AUTHOR, 1),     make_key("sensor-author", PERDITA_ROLE_AUTHOR, 2),
      make_key("verifier", PERDITA_ROLE_VERIFIER, 3), make_key("both", kBoth, 4),
      make_key("stranger", PERDITA_ROLE_AUTHOR, 5),   make_key("false-verifier", kBoth, 6),
  };
  return keys[static_cast<size_t>(signer)];
}

TestBoard::TestBoard(size_t memory_bytes) : memory_(memory_bytes / 8) {
  board = this;
  keys = {
      trusted(Signer::author, PERDITA_ROLE_AUTHOR, 7, 3),
      trusted(Signer::sensor_author, PERDITA_ROLE_AUTHOR, 1u << kSensorHook, 0),
      trusted(Signer::verifier, PERDITA_ROLE_VERIFIER, 0, 0),
      trusted(Signer::both, PERDITA_ROLE_AUTHOR | PERDITA_ROLE_VERIFIER, 7, 3),
      trusted(Signer::false_verifier, PERDITA_ROLE_AUTHOR, 7, 3),
  };
  config.target = "armv7m";
  config.engine = PERDITA_ENGINE_INTERPRETER;
  config.guarded_steps = 1000;
  config.guarded_stack_bytes = 1024;
  std::copy(kVendor.begin(), kVendor.end(), config.vendor_id);
  std::copy(kClass.begin(), kClass.end(), config.class_id);
  std::copy(kDevice.begin(), kDevice.end(), config.device_id);
}

TestBoard::~TestBoard() { board = nullptr; }

void TestBoard::start() {
  config.platform = &platform.tables();
  config.port = &port.port;
  config.keys = keys.data();
  config.key_count = keys.size();
  ASSERT_EQ(perdita_init(&runtime, memory_.data(), memory_.size() * 8, &config), perdita_status_ok);
}

perdita_status TestBoard::deliver(const Envelope& package) {
  const perdita_status status = perdita_deliver(runtime, package.data(), package.size(), &report);
  EXPECT_EQ(report.status, status);
  EXPECT_EQ(port.depth, 0u);
  return status;
}

std::vector<uint8_t> TestBoard::claimed(const object::Module& module, std::vector<std::string> capabilities) const {
  const verifier::Verdict accepted = verdict(module, std::move(capabilities));
  return expect(compiler::compile(module, platform, &accepted, ""));
}

std::vector<uint8_t> TestBoard::unclaimed(const object::Module& module) const {
  return expect(compiler::compile(module, platform, nullptr, ""));
}

namespace {

compiler::SealOptions options(const Sealing& sealing) {
  compiler::SealOptions options;
  options.name = sealing.name;
  options.sequence = sealing.sequence;
  options.attach = sealing.attach;
  options.addressee.vendor_id = sealing.vendor_id.value_or(kVendor);
  options.addressee.class_id = sealing.class_id.value_or(kClass);
  options.addressee.device_id = sealing.device_id;
  return options;
}

Envelope add_signatures(Envelope package, const Sealing& sealing) {
  for (size_t i = 1; i < sealing.signers.size(); i++) {
    package = expect(compiler::add_signature(package, signing_key(sealing.signers[i])));
  }
  return package;
}

}  // namespace

Envelope TestBoard::seal(const std::vector<uint8_t>& image, const Sealing& sealing) const {
  return add_signatures(expect(compiler::seal_image(image, options(sealing), signing_key(sealing.signers[0]))),
                        sealing);
}

Envelope TestBoard::order(const compiler::MapOrder& order, const Sealing& sealing) const {
  return add_signatures(expect(compiler::seal_map_order(order, options(sealing), signing_key(sealing.signers[0]))),
                        sealing);
}

Envelope TestBoard::order(compiler::Order order, const std::string& prog, const Sealing& sealing) const {
  return add_signatures(expect(compiler::seal_order(order, prog, options(sealing), signing_key(sealing.signers[0]))),
                        sealing);
}

perdita_prog_info TestBoard::prog_info(uint32_t index) const {
  perdita_prog_info info{};
  EXPECT_EQ(perdita_prog_at(runtime, index, &info), 1);
  return info;
}

std::string TestBoard::observe() const {
  std::string out;
  perdita_memory_info memory{};
  perdita_memory(runtime, &memory);
  out += fmt::format("memory {} {} {}\n", memory.total_bytes, memory.used_bytes, memory.largest_free_bytes);
  perdita_package_info package{};
  for (uint32_t i = 0; perdita_package_at(runtime, i, &package) == 1; i++) {
    std::array<uint8_t, 32> digest{};
    EXPECT_EQ(perdita_package_digest(runtime, i, digest.data()), 1);
    out +=
        fmt::format("package {} {} {:02x} {} {} {} {} {}\n", package.name, package.sequence, fmt::join(digest, ""),
                    package.image_bytes, package.memory_bytes, package.claimed, package.prog_count, package.map_count);
    out += fmt::format("floor {} {}\n", package.name, perdita_sequence(runtime, package.name));
  }
  for (const char* name : {"demo", "other", "never seen"}) {
    out += fmt::format("floor {} {}\n", name, perdita_sequence(runtime, name));
  }
  perdita_prog_info prog{};
  for (uint32_t i = 0; perdita_prog_at(runtime, i, &prog) == 1; i++) {
    out +=
        fmt::format("prog {} {} hook {} attached {} engine {} runs {} {} {} time {} {} fault {} {} result {} {} {}\n",
                    prog.package, prog.name, prog.hook, prog.attached, static_cast<int>(prog.engine), prog.runs,
                    prog.misses, prog.faults, prog.time_ns, prog.longest_ns, static_cast<int>(prog.last_fault),
                    prog.last_fault_pc, prog.last_result, prog.bound_instructions, prog.stack_bytes);
  }
  perdita_map_info map{};
  for (uint32_t i = 0; perdita_map_at(runtime, i, &map) == 1; i++) {
    out += fmt::format("map {} {} {} {} {} {} {} {}:", map.package, map.name, map.type, map.key_size, map.value_size,
                       map.max_entries, map.flags, map.entries);
    std::vector<uint8_t> key(map.key_size);
    std::vector<uint8_t> value(map.value_size);
    uint32_t cursor = 0;
    while (perdita_map_next(runtime, i, &cursor, key.data(), value.data()) == 1) {
      out += fmt::format(" {:02x}={:02x}", fmt::join(key, ""), fmt::join(value, ""));
    }
    out += "\n";
  }
  return out;
}

}  // namespace perdita::runtime
