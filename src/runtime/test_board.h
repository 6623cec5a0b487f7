// SPDX-License-Identifier: Apache-2.0
//
// A board in the memory of a test: a platform with three hooks and four functions, keys, and what it takes to build,
// claim and sign packages for it. Its functions act on the board that was made last.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "compiler/image_writer.h"
#include "object/module.h"
#include "perdita/perdita.h"
#include "runtime/fake_port.h"

namespace perdita::runtime {

enum HookIndex : uint32_t { kSensorHook, kPacketHook, kTickHook };

struct SensorContext {
  uint32_t value;
  uint32_t out;  // writable
};

struct PacketContext {
  uint64_t data, data_end;
  uint32_t mark;  // writable
  uint32_t hidden;
};

// A platform that tests may change. sensor: thread level, last result. packet: thread level, first result that is not
// 0. tick: level 1, largest result. Capabilities: sensor, led.
class TestPlatform final : public platform::Platform {
 public:
  TestPlatform();
  std::vector<perdita_hook> hooks;
  std::vector<perdita_function> functions;
  std::vector<const char*> capabilities;

  const perdita_platform& tables() const override;
  const perdita_hook* hook(std::string_view name) const override;
  const perdita_function* function(std::string_view name) const override;
  const perdita_hook* hook_for_section(std::string_view section) const override { return hook(section); }
  const std::vector<std::string>& sections(const perdita_hook& /*hook*/) const override { return none_; }
  const std::string& digest() const override { return digest_; }
  const std::vector<uint8_t>& btf() const override { return bytes_; }
  const std::vector<uint8_t>& bytes() const override { return bytes_; }

 private:
  mutable perdita_platform tables_{};
  std::vector<std::string> none_;
  std::string digest_;
  std::vector<uint8_t> bytes_;
};

// ---- programs ----

isa::Insn insn(unsigned opcode, unsigned dst, unsigned src, int offset, int32_t imm);
object::Prog prog(const std::string& name, const std::string& hook, std::vector<isa::Insn> code);
// Adds `step` to the first value of map 0 ("counts", an array of 64-bit numbers) and returns it.
object::Module counter(int32_t step, const std::string& hook = "sensor");
// Returns `result`.
object::Module constant(int32_t result, const std::string& hook = "sensor", const std::string& name = "constant");
// Calls a function of the platform with r1 = `argument` and returns its result.
object::Module caller(const std::string& function, int32_t argument, const std::string& hook = "sensor");

// What a verifier would say: accepted, 1000 instructions of the machine, the capabilities given.
verifier::Verdict verdict(const object::Module& module, std::vector<std::string> capabilities = {});

// ---- packages ----

using Envelope = std::vector<uint8_t>;

enum class Signer { author, sensor_author, verifier, both, stranger, false_verifier };
const compiler::SigningKey& signing_key(Signer signer);

struct Sealing {
  std::string name = "demo";
  uint64_t sequence = 1;
  bool attach = true;
  std::vector<Signer> signers = {Signer::both};
  std::optional<std::array<uint8_t, 16>> vendor_id = {};
  std::optional<std::array<uint8_t, 16>> class_id = {};
  std::optional<std::array<uint8_t, 16>> device_id = {};
};

class TestBoard {
 public:
  static constexpr size_t kMemoryBytes = 16384;
  explicit TestBoard(size_t memory_bytes = kMemoryBytes);
  ~TestBoard();
  TestBoard(const TestBoard&) = delete;
  TestBoard& operator=(const TestBoard&) = delete;

  // Starts the runtime with the configuration as it stands.
  void start();
  perdita_status deliver(const Envelope& package);
  // Everything that the device API shows, as text.
  std::string observe() const;

  // An image with a claim, for the board's own platform unless another is given.
  std::vector<uint8_t> claimed(const object::Module& module, std::vector<std::string> capabilities = {}) const;
  std::vector<uint8_t> unclaimed(const object::Module& module) const;
  Envelope seal(const std::vector<uint8_t>& image, const Sealing& sealing = {}) const;
  Envelope order(compiler::Order order, const std::string& prog, const Sealing& sealing) const;

  Envelope order(const compiler::MapOrder& order, const Sealing& sealing) const;

  perdita_prog_info prog_info(uint32_t index) const;

  TestPlatform platform;
  FakePort port;
  std::vector<perdita_key> keys;
  perdita_config config{};
  perdita_runtime* runtime = nullptr;
  perdita_report report{};
  // What the function `call_back` does.
  std::function<uint64_t()> callback;
  std::vector<uint64_t> leds;

 private:
  std::vector<uint64_t> memory_;
};

}  // namespace perdita::runtime
