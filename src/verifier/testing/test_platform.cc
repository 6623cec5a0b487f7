// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/test_platform.h"

#include <cstring>
#include <set>

namespace perdita::verifier::testing {
namespace {

constexpr const char* kCapabilities[] = {"sensors", "leds", "radio"};

constexpr perdita_field kTickFields[] = {
    {"now", 0, 8, PERDITA_FIELD_SCALAR, 0},
    {"level", 8, 4, PERDITA_FIELD_SCALAR, 0},
    {"out", 12, 4, PERDITA_FIELD_SCALAR, 1},
    {"samples", 16, 16, PERDITA_FIELD_SCALAR, 1},
};
constexpr perdita_field kPacketFields[] = {
    {"data", 0, 8, PERDITA_FIELD_DATA, 0},
    {"data_end", 8, 8, PERDITA_FIELD_DATA_END, 0},
    {"mark", 16, 4, PERDITA_FIELD_SCALAR, 1},
    {"port", 24, 4, PERDITA_FIELD_SCALAR, 0},  // 20 to 23 is no field
};

constexpr perdita_hook hook_of(const char* name, uint32_t context_size, const perdita_field* fields) {
  perdita_hook hook{};
  hook.name = name;
  hook.context_size = context_size;
  hook.fields = fields;
  hook.field_count = 4;
  hook.data_alignment = 4;
  hook.capabilities = 0b011;  // not the radio
  return hook;
}

constexpr perdita_hook make_tick() {
  perdita_hook hook = hook_of("tick", 32, kTickFields);
  hook.result_min = -1;
  hook.result_max = 100;
  return hook;
}

constexpr perdita_hook make_packet(const char* name, bool writable) {
  perdita_hook hook = hook_of(name, 28, kPacketFields);
  hook.packet_max_bytes = 1514;
  hook.packet_writable = writable ? 1 : 0;
  hook.result_min = writable ? 0 : INT64_MIN;
  hook.result_max = writable ? 2 : INT64_MAX;
  return hook;
}

constexpr perdita_hook kHooks[] = {make_tick(), make_packet("packet", true), make_packet("sniff", false)};

constexpr perdita_arg number(uint8_t width, bool is_signed = false) {
  perdita_arg arg{};
  arg.kind = PERDITA_ARG_SCALAR;
  arg.width = width;
  arg.is_signed = is_signed ? 1 : 0;
  return arg;
}
constexpr perdita_arg number_in(uint8_t width, bool is_signed, int64_t min, int64_t max) {
  perdita_arg arg = number(width, is_signed);
  arg.flags = PERDITA_ARG_RANGE;
  arg.min = min;
  arg.max = max;
  return arg;
}
constexpr perdita_arg memory(perdita_arg_kind kind, uint8_t size_arg, uint32_t size, uint8_t flags = 0) {
  perdita_arg arg{};
  arg.kind = static_cast<uint8_t>(kind);
  arg.size_arg = size_arg;
  arg.size = size;
  arg.flags = flags;
  return arg;
}
constexpr perdita_arg map_in(uint32_t types) {
  perdita_arg arg{};
  arg.kind = PERDITA_ARG_MAP;
  arg.map_types = types;
  return arg;
}

constexpr perdita_arg kReadArgs[] = {number_in(4, false, 0, 7)};
constexpr perdita_arg kLedArgs[] = {number(1), number_in(4, true, -2, 2)};
constexpr perdita_arg kFillArgs[] = {memory(PERDITA_ARG_MEM_OUT, 2, 64), number(4)};
constexpr perdita_arg kSendArgs[] = {memory(PERDITA_ARG_MEM_IN, 2, 64, PERDITA_ARG_NULL_OK | PERDITA_ARG_ZERO_OK),
                                     number(4, true)};
constexpr perdita_arg kChecksumArgs[] = {memory(PERDITA_ARG_CONTEXT, 0, 0)};
constexpr perdita_arg kExchangeArgs[] = {memory(PERDITA_ARG_MEM_INOUT, 0, 8),
                                         memory(PERDITA_ARG_MEM_IN, 0, 4, PERDITA_ARG_NULL_OK)};
constexpr perdita_arg kConfigArgs[] = {memory(PERDITA_ARG_MAP_KEY, 0, 0), memory(PERDITA_ARG_MAP_VALUE_OUT, 0, 0),
                                       map_in(1u << 2)};

template <uint8_t N>
constexpr perdita_function function_of(const char* name, const perdita_arg (&args)[N], uint8_t capability,
                                       perdita_result result) {
  return {name, 0, nullptr, args, N, capability, result, 100, 10, 64};
}

constexpr perdita_function kFunctions[] = {
    function_of("read_sensor", kReadArgs, 0, {PERDITA_RESULT_SCALAR, 4, 1, -4096, 4095}),
    function_of("set_led", kLedArgs, 1, {PERDITA_RESULT_VOID, 0, 0, 0, 0}),
    function_of("fill", kFillArgs, PERDITA_NO_CAPABILITY, {PERDITA_RESULT_VOID, 0, 0, 0, 0}),
    function_of("send", kSendArgs, PERDITA_NO_CAPABILITY, {PERDITA_RESULT_SCALAR, 4, 1, INT32_MIN, INT32_MAX}),
    function_of("checksum", kChecksumArgs, PERDITA_NO_CAPABILITY, {PERDITA_RESULT_SCALAR, 4, 0, 0, UINT32_MAX}),
    function_of("exchange", kExchangeArgs, PERDITA_NO_CAPABILITY, {PERDITA_RESULT_SCALAR, 1, 0, 0, 255}),
    function_of("read_config", kConfigArgs, PERDITA_NO_CAPABILITY, {PERDITA_RESULT_SCALAR, 4, 1, -22, 0}),
    function_of("transmit", kReadArgs, 2, {PERDITA_RESULT_VOID, 0, 0, 0, 0}),
};

constexpr perdita_platform kPlatform = {"test", kHooks, kFunctions, kCapabilities, 3, 8, 3};

object::Map map_of(const char* name, isa::MapType type, uint32_t key, uint32_t value, uint32_t entries,
                   uint32_t flags = 0) {
  object::Map map;
  map.name = name;
  map.def = {type, key, value, entries, flags};
  return map;
}

}  // namespace

const perdita_platform& TestPlatform::tables() const { return kPlatform; }

const perdita_hook* TestPlatform::hook(std::string_view name) const {
  for (const perdita_hook& hook : kHooks) {
    if (hook.name == name) return &hook;
  }
  return nullptr;
}

const perdita_function* TestPlatform::function(std::string_view name) const {
  for (const perdita_function& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

const std::vector<std::string>& TestPlatform::sections(const perdita_hook&) const { return sections_; }

object::Module module_with(std::vector<isa::Insn> code, const std::string& section) {
  object::Module module;
  module.name = "test";
  module.maps = {
      map_of("counts", isa::MapType::array, 4, 64, 16),
      map_of("flows", isa::MapType::hash, 8, 16, 100),
      map_of(".rodata", isa::MapType::array, 4, 32, 1, isa::kMapReadOnlyForProg),
      map_of(".data", isa::MapType::array, 4, 16, 1),
      map_of("jobs", isa::MapType::queue, 0, 8, 10),
      map_of("huge", isa::MapType::array, 4, 8u << 20, 1),
      map_of("wide", isa::MapType::array, 4, 256, 4),
      map_of("events", isa::MapType::ring_buffer, 0, 0, 4096),
      map_of("next", isa::MapType::prog_array, 4, 4, 4),
      map_of("undeclared", isa::MapType::prog_array, 4, 4, 4),
      map_of("recent", isa::MapType::lru_hash, 4, 8, 10),
      map_of("undo", isa::MapType::stack, 0, 24, 10),
      map_of("few", isa::MapType::array, 4, 16, 3),
  };
  module.maps[8].tail_instructions = 1000;
  module.maps[8].tail_stack_bytes = 128;
  // Two formats: one that converts nothing at 0, one that converts a number at 8.
  module.maps[2].initial.assign(32, 0);
  std::memcpy(module.maps[2].initial.data(), "hello\n", 7);
  std::memcpy(module.maps[2].initial.data() + 8, "n %d\n", 6);
  module.functions = {"read_sensor", "set_led",     "fill",     "send",   "checksum",
                      "exchange",    "read_config", "transmit", "missing"};
  set_code(module, std::move(code), section);
  return module;
}

void set_code(object::Module& module, std::vector<isa::Insn> code, const std::string& section) {
  module.progs.clear();
  object::Prog prog;
  prog.name = "prog";
  prog.section = section;
  std::set<uint32_t> starts{0};
  for (uint32_t pc = 0; pc < code.size(); pc++) {
    bool local = (code[pc].opcode == (isa::kJmp | isa::kCall) && code[pc].src() == isa::kCallLocal) ||
                 (code[pc].opcode == isa::kLddw && code[pc].src() == isa::kLddwFunction);
    int64_t target = int64_t{pc} + 1 + code[pc].imm;
    if (local && target > 0 && target < static_cast<int64_t>(code.size())) starts.insert(static_cast<uint32_t>(target));
  }
  for (auto at = starts.begin(); at != starts.end(); ++at) {
    auto next = std::next(at);
    uint32_t end = next == starts.end() ? static_cast<uint32_t>(code.size()) : *next;
    prog.subprograms.push_back({"sub" + std::to_string(*at), *at, end - *at});
  }
  prog.code = std::move(code);
  module.progs.push_back(std::move(prog));
}

}  // namespace perdita::verifier::testing
