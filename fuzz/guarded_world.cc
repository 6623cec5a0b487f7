// SPDX-License-Identifier: Apache-2.0
#include "guarded_world.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "isa/helpers.h"
#include "runtime/engine.h"
#include "runtime/helper_calls.h"

namespace perdita::fuzz {
namespace {

using isa::Insn;
using isa::MapType;

constexpr uint64_t kSteps = 3000;
constexpr size_t kMaxInstructions = 256;

void must(bool condition) {
  if (!condition) std::abort();
}

struct Context {
  uint32_t read_only;
  uint32_t hole;
  uint64_t data, data_end;
  uint64_t writable;
};

constexpr perdita_field kFields[] = {{"read_only", 0, 4, PERDITA_FIELD_SCALAR, 0},
                                     {"data", 8, 8, PERDITA_FIELD_DATA, 0},
                                     {"data_end", 16, 8, PERDITA_FIELD_DATA_END, 0},
                                     {"writable", 24, 8, PERDITA_FIELD_SCALAR, 1}};

struct Port {
  Port() {
    port.user = this;
    port.core.clock_ns = [](void* user) { return static_cast<Port*>(user)->now += 1000; };
    port.core.lock = [](void* user) { return static_cast<Port*>(user)->depth++; };
    port.core.unlock = [](void* user, uint32_t state) { static_cast<Port*>(user)->depth = state; };
    port.core.sync_code = [](void*, const void*, size_t) {};
    port.core.random = [](void*) -> uint32_t { return 4; };
    // Every byte is looked at, so that the sanitizer sees where it lies.
    port.core.log = [](void* user, const char* text, size_t size) {
      for (size_t i = 0; i < size; i++) static_cast<Port*>(user)->now += static_cast<uint8_t>(text[i]) & 1;
    };
  }
  perdita_port port{};
  uint64_t now = 0;
  uint32_t depth = 0;
};

class World {
 public:
  World() {
    const isa::MapDef wanted[] = {
        {MapType::array, 4, 5, 3, 0},         {MapType::array, 4, 8, 2, isa::kMapReadOnlyForProg},
        {MapType::hash, 4, 12, 3, 0},         {MapType::lru_hash, 8, 4, 2, 0},
        {MapType::queue, 0, 8, 3, 0},         {MapType::stack, 0, 4, 2, 0},
        {MapType::ring_buffer, 0, 0, 128, 0}, {MapType::prog_array, 4, 4, 2, 0},
    };
    for (const isa::MapDef& def : wanted) {
      // A program array's slots are for programs of a runtime, which there is none of here.
      if (def.type == MapType::prog_array || runtime::check_map(def) != Status::ok) continue;
      storage_.emplace_back(runtime::map_storage_bytes(def) / 8 + 1);
      runtime::init_map(maps_[map_count_], def, storage_.back().data());
      if (def.flags != 0) read_only_ = &maps_[map_count_];
      pointers_[map_count_] = &maps_[map_count_];
      map_count_++;
    }
    std::memset(read_only_->elements, 0x5c, 16);
    for (const perdita_function& helper : isa::helpers()) {
      const perdita_thunk routine = runtime::helper_call(helper.helper);
      if (routine != nullptr && helper.helper != isa::kHelperTailCall) calls_.push_back({&helper, routine});
    }
  }

  runtime::Outcome run(const std::vector<Insn>& code) {
    std::vector<uint8_t> packet(24, 0x11);
    Context context = {};
    context.read_only = 0x12345678;
    context.data = reinterpret_cast<uintptr_t>(packet.data());
    context.data_end = context.data + packet.size();
    const Context before = context;
    perdita_hook hook{};
    hook.name = "fuzz";
    hook.context_size = sizeof context;
    hook.fields = kFields;
    hook.field_count = 4;
    hook.packet_max_bytes = 64;

    runtime::LinkTable link;
    link.maps = {pointers_.data(), map_count_};
    link.helpers = {calls_.data(), calls_.size()};
    const auto subprograms = frames(code);
    std::vector<uint64_t> stack(size_t{isa::kMaxFrames} * isa::kFrameStackBytes / 8);
    runtime::Activity activity{};
    const runtime::Outcome outcome = runtime::run_guarded({&port_.port,
                                                           &link,
                                                           {code.data(), code.size()},
                                                           {subprograms.data(), subprograms.size()},
                                                           &hook,
                                                           &context,
                                                           0,
                                                           {reinterpret_cast<uint8_t*>(stack.data()), stack.size() * 8},
                                                           &activity,
                                                           kSteps});
    must(outcome.steps <= kSteps);
    must(outcome.pc < code.size());
    must(port_.depth == 0);
    must(activity.reservation_count <= isa::kMaxReservations);
    must(activity.next == nullptr);
    must(std::memcmp(&context, &before, offsetof(Context, writable)) == 0);
    must(std::ranges::all_of(packet, [](uint8_t byte) { return byte == 0x11; }));
    for (int i = 0; i < 16; i++) must(read_only_->elements[i] == 0x5c);
    return outcome;
  }

  size_t helpers() const { return calls_.size(); }
  int32_t helper(size_t index) const { return static_cast<int32_t>(calls_[index].contract->helper); }
  size_t maps() const { return map_count_; }

 private:
  // A subprogram starts wherever a call or a handle leads, ascending, as a loader would have it.
  static std::vector<runtime::Subprogram> frames(const std::vector<Insn>& code) {
    std::vector<uint32_t> starts = {0};
    for (size_t pc = 0; pc < code.size(); pc++) {
      const bool call = code[pc].opcode == (isa::kJmp | isa::kCall) && code[pc].src() == isa::kCallLocal;
      const bool callback = code[pc].opcode == isa::kLddw && code[pc].src() == isa::kLddwFunction;
      const int64_t target = static_cast<int64_t>(pc) + code[pc].imm + 1;
      if ((call || callback) && target > 0 && target < static_cast<int64_t>(code.size())) {
        starts.push_back(static_cast<uint32_t>(target));
      }
    }
    std::ranges::sort(starts);
    starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
    std::vector<runtime::Subprogram> found;
    for (const uint32_t start : starts) found.push_back({start, 64});
    return found;
  }

  Port port_;
  std::vector<std::vector<uint64_t>> storage_;
  std::array<runtime::Map, 8> maps_{};
  std::array<runtime::Map*, 8> pointers_{};
  size_t map_count_ = 0;
  runtime::Map* read_only_ = nullptr;
  std::vector<runtime::LinkedCall> calls_;
};

}  // namespace

Status run_guarded_bytes(const uint8_t* data, size_t size) {
  World world;
  std::vector<Insn> code(std::min(size / sizeof(Insn), kMaxInstructions));
  if (code.empty()) return Status::ok;
  std::memcpy(code.data(), data, code.size() * sizeof(Insn));
  for (Insn& insn : code) {
    insn.regs = isa::make_regs(insn.dst() % 12, insn.src() % 12);
    if (insn.opcode < 8 && insn.opcode != 0 && insn.opcode != (isa::kJmp | isa::kJa)) {
      const auto index = static_cast<size_t>(static_cast<uint32_t>(insn.imm)) % world.helpers();
      insn = {isa::kJmp | isa::kCall, 0, 0, world.helper(index)};
    }
    const bool map = insn.opcode == isa::kLddw && (insn.src() == isa::kLddwMap || insn.src() == isa::kLddwMapValue);
    if (map && static_cast<uint32_t>(insn.imm) > world.maps()) insn.imm &= 7;
  }
  return world.run(code).status;
}

}  // namespace perdita::fuzz
