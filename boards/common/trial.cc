// SPDX-License-Identifier: Apache-2.0
//
// Firmware that takes packages for any platform into a runtime and runs a program of each: trials (emulate/trial_job.h)
// stand in external memory when the board starts, results go to the console. Counting as in runner.cc. The platform's
// functions are simulated: they answer with the number nearest to zero that their contract allows. Nothing of this is
// for a product: every signature is good, only digests are looked at.
#include <string.h>

#include "board.h"
#include "console.h"
#include "crypto.h"
#include "emulate/trial_job.h"
#include "measure.h"
#include "runtime/native.h"
#include "runtime/reservation.h"
#include "runtime/runtime.h"

namespace {

using namespace perdita;           // NOLINT: a program of its own
using namespace perdita::emulate;  // NOLINT

constexpr uintptr_t kTrials = board::kJobs;
constexpr const perdita_native* kNative = PERDITA_CONFIGURED_NATIVE;

// ---- memory behind the trials ----
constexpr uintptr_t kMemory = kTrials + kMostTrialBytes;
constexpr uintptr_t kArena = kMemory + kMostTrialMemoryBytes;
constexpr uintptr_t kLog = kArena + (1u << 20);
constexpr uintptr_t kValue = kLog + kMostTrialLogBytes;
static_assert(kValue + isa::kMaxValueBytes <= kTrials + (16u << 20));
constexpr uint32_t kBpfStackBytes = isa::kMaxFrames * isa::kFrameStackBytes;

alignas(8) uint8_t stack[kBpfStackBytes];

// ---- the port ----
uint64_t clock_now_ns;
uint32_t random_now;
uint32_t log_bytes;

void keep_log(const char* text, size_t size_bytes) {
  if (size_bytes > kMostTrialLogBytes - log_bytes) size_bytes = kMostTrialLogBytes - log_bytes;
  memcpy(reinterpret_cast<char*>(kLog) + log_bytes, text, size_bytes);
  log_bytes += static_cast<uint32_t>(size_bytes);
}

const perdita_port kPort = {
    nullptr,
    {
        [](void*) { return clock_now_ns += kTrialClockStepNs; },
        [](void*) { return board::lock(); },
        [](void*, uint32_t state) { board::unlock(state); },
        [](void*, const void*, size_t) { board::sync_code(); },
        [](void*) { return random_now = next_random(random_now); },
        [](void*, const char* text, size_t size_bytes) {
          keep_log(text, size_bytes);
          keep_log("\n", 1);
        },
    },
    {board::crypto_sha256, [](void*, const uint8_t*, const uint8_t*, const uint8_t*, size_t) { return 1; }},
};

// ---- the platform ----
class Reader {
 public:
  explicit Reader(const uint8_t* at) : at_(at) {}
  template <typename T>
  void number(T& value) {
    uint64_t wide;
    memcpy(&wide, at_, sizeof wide);
    at_ += sizeof wide;
    value = static_cast<T>(wide);
  }
  void text(const char*& text) {
    uint32_t size = 0;
    number(size);
    text = reinterpret_cast<const char*>(at_);
    at_ += (size + 7) & ~7u;
  }
  template <typename T>
  void array(const T*& items, uint32_t count) {
    T* const made = reinterpret_cast<T*>(arena_);
    arena_ += (count * sizeof(T) + 7) & ~7u;
    memset(static_cast<void*>(made), 0, count * sizeof(T));
    for (uint32_t i = 0; i < count; i++) stream(*this, made[i]);
    items = made;
  }

 private:
  const uint8_t* at_;
  uintptr_t arena_ = kArena;
};

perdita_platform platform;

uint64_t answer(const perdita_function& function, const uint64_t* args) {
  for (uint32_t i = 0; i < function.arg_count; i++) {
    const perdita_arg& arg = function.args[i];
    if (arg.kind != PERDITA_ARG_MEM_OUT || args[i] == 0) continue;
    const uint32_t size = arg.size_arg != 0 ? static_cast<uint32_t>(args[arg.size_arg - 1]) : arg.size;
    memset(reinterpret_cast<void*>(static_cast<uintptr_t>(args[i])), 0, size);
  }
  if (function.result.kind != PERDITA_RESULT_SCALAR) return 0;
  const perdita_result& result = function.result;
  return static_cast<uint64_t>(result.min > 0 ? result.min : result.max < 0 ? result.max : 0);
}

// A thunk gets no word of which function it stands for, so each index has one of its own.
template <unsigned Index>
uint64_t thunk(void*, const uint64_t* args) {
  return answer(platform.functions[Index], args);
}
template <unsigned... Index>
struct ThunksOf {
  static constexpr perdita_thunk kAll[] = {thunk<Index>...};
};
template <unsigned Count>
using Thunks = ThunksOf<__integer_pack(Count)...>;
constexpr unsigned kMostFunctions = 255;  // function_count has eight bits

void read_platform(const uint8_t* at) {
  Reader reader(at);
  platform = {};
  stream(reader, platform);
  auto* const functions = const_cast<perdita_function*>(platform.functions);
  for (uint32_t i = 0; i < platform.function_count; i++) functions[i].call = Thunks<kMostFunctions>::kAll[i];
}

// ---- results ----
uint32_t empty_ticks;

void print_word(uint32_t value) {
  board::print(" ");
  board::print_hex(value);
}
void print_wide(uint64_t value) {
  print_word(static_cast<uint32_t>(value >> 32));
  print_word(static_cast<uint32_t>(value));
}

void print_log() {
  if (log_bytes == 0) return;
  board::print("log ");
  for (uint32_t i = 0; i < log_bytes; i++) {
    constexpr char kDigits[] = "0123456789abcdef";
    const uint8_t byte = reinterpret_cast<const uint8_t*>(kLog)[i];
    const char pair[] = {kDigits[byte >> 4], kDigits[byte & 15]};
    board::print(pair, 2);
  }
  board::print("\n");
}

// What all maps of all packages hold.
uint32_t sum_of_maps(const perdita_runtime* runtime, uint32_t sum) {
  static uint8_t key[isa::kMaxKeyBytes];
  auto* const value = reinterpret_cast<uint8_t*>(kValue);
  perdita_map_info info;
  for (uint32_t i = 0; perdita_map_at(runtime, i, &info) != 0; i++) {
    uint32_t cursor = 0;
    while (perdita_map_next(runtime, i, &cursor, key, value) != 0) {
      sum = sum_of(key, info.key_size, sum);
      sum = sum_of(value, info.value_size, sum);
    }
  }
  return sum;
}

// ---- a trial ----
[[gnu::noinline]] void measure(const runtime::Invocation& invocation,
                               runtime::Outcome (*run)(const runtime::Invocation&), runtime::Outcome& outcome,
                               uint32_t& ticks) {
  const uint32_t before = board::ticks();
  outcome = run(invocation);
  ticks = board::ticks_between(before, board::ticks());
}

struct Ran {
  runtime::Outcome outcome;
  uint64_t steps;
  uint32_t instructions, stack_bytes;
};

// As perdita_fire does it, of this one program and what it tail-calls, counting each by itself.
Ran invoke(const runtime::Prog& prog, void* context) {
  Ran ran = {};
  static runtime::Activity activity;
  activity = {};
  for (const runtime::Prog* running = &prog;;) {
    runtime::Invocation invocation = *running;
    invocation.context = context;
    invocation.stack = MutableBytes(stack, running->stack.size());
    invocation.steps = prog.steps - ran.steps;
    invocation.activity = &activity;
    activity.next = nullptr;
    uint32_t ticks = 0;
    measure(invocation, running->run, ran.outcome, ticks);
    runtime::release_reservations(activity);
    ran.instructions += board::instructions(ticks - empty_ticks);
    ran.steps += ran.outcome.steps;
    if (running->stack.size() > ran.stack_bytes) ran.stack_bytes = static_cast<uint32_t>(running->stack.size());
    if (ran.outcome.status != runtime::kTailCalled) return ran;
    running = activity.next;
  }
}

alignas(8) uint8_t context[kMostTrialContextBytes], packet[kMostTrialContextBytes];

void reset_context(const Trial& trial, const perdita_hook& hook) {
  const auto* const at = reinterpret_cast<const uint8_t*>(&trial);
  memset(context, 0, sizeof context);
  memcpy(context, at + trial.context_at, trial.context_bytes);
  memcpy(packet, at + trial.packet_at, trial.packet_bytes);
  for (uint32_t i = 0; i < hook.field_count; i++) {
    const perdita_field& field = hook.fields[i];
    const uint64_t address =
        reinterpret_cast<uintptr_t>(packet) + (field.kind == PERDITA_FIELD_DATA ? 0 : trial.packet_bytes);
    if (field.kind != PERDITA_FIELD_SCALAR) memcpy(context + field.offset, &address, sizeof address);
  }
}

// Of the packet's address nothing is summed.
uint32_t sum_of_context(const Trial& trial, const perdita_hook& hook) {
  uint32_t sum = sum_of(packet, trial.packet_bytes);
  for (uint32_t i = 0; i < hook.field_count; i++) {
    const perdita_field& field = hook.fields[i];
    if (field.kind == PERDITA_FIELD_SCALAR) sum = sum_of(context + field.offset, field.size, sum);
  }
  return sum;
}

// Up to the next program's, or to the end.
uint32_t code_bytes_of(const runtime::Prog& prog, const perdita_bytes& code) {
  if (prog.native == nullptr) return 0;
  const auto start = reinterpret_cast<uintptr_t>(prog.native);
  uintptr_t end = reinterpret_cast<uintptr_t>(code.data) + code.size;
  for (const runtime::Prog& other : runtime::package_of(prog).progs) {
    const auto at = reinterpret_cast<uintptr_t>(other.native);
    if (at > start && at < end) end = at;
  }
  return end - start;
}

void refuse(const perdita_report& report) {
  board::print("refused");
  print_word(report.status);
  print_wide(report.need);
  print_wide(report.have);
  board::print(" ");
  board::print(report.name);
  board::print("\n");
}

void run_trial(const Trial& trial) {
  const auto* const at = reinterpret_cast<const uint8_t*>(&trial);
  clock_now_ns = 0;
  random_now = kTrialRandomSeed;
  log_bytes = 0;
  read_platform(at + trial.platform_at);
  static perdita_key key;
  key = {};
  memcpy(key.public_key, trial.key, sizeof key.public_key);
  memcpy(key.id, trial.key_id, sizeof key.id);
  key.roles = PERDITA_ROLE_AUTHOR | PERDITA_ROLE_VERIFIER;
  key.hooks = UINT32_MAX;
  key.capabilities = UINT32_MAX;
  static perdita_config config;
  config = {};
  config.platform = &platform;
  config.port = &kPort;
  config.keys = &key;
  config.key_count = 1;
  memcpy(config.vendor_id, trial.vendor_id, sizeof config.vendor_id);
  memcpy(config.class_id, trial.class_id, sizeof config.class_id);
  config.target = board::kTarget;
  config.engine = static_cast<perdita_engine>(trial.engine);
  config.native = kNative;
  config.allow_unclaimed = trial.guarded_steps != 0;
  config.guarded_steps = trial.guarded_steps;
  config.guarded_stack_bytes = kBpfStackBytes;
  perdita_runtime* runtime = nullptr;
  perdita_report report = {};
  report.status = perdita_init(&runtime, reinterpret_cast<void*>(kMemory), trial.memory_bytes, &config);
  if (report.status == perdita_status_ok) perdita_deliver(runtime, at + trial.package_at, trial.package_bytes, &report);
  if (report.status != perdita_status_ok) return refuse(report);
  const runtime::Package* const package = runtime::find_package(*runtime, text(trial.package));
  const runtime::Prog* const prog = package != nullptr ? runtime::find_prog(*package, text(trial.prog)) : nullptr;
  if (prog == nullptr) {
    report.status = perdita_status_unknown_program;
    return refuse(report);
  }
  const perdita_hook& hook = *prog->hook;
  Ran ran = {};
  uint32_t most = 0;
  for (uint32_t i = 0; i < trial.repeat && ran.outcome.status == Status::ok; i++) {
    reset_context(trial, hook);
    ran = invoke(*prog, context);
    if (ran.instructions > most) most = ran.instructions;
  }
  perdita_bytes code = {};
  perdita_package_code(runtime, 0, &code);
  print_log();
  board::print("tried");
  print_word(static_cast<uint32_t>(ran.outcome.status));
  print_word(ran.outcome.pc);
  print_wide(ran.outcome.result);
  print_wide(ran.steps);
  print_word(ran.instructions);
  print_word(most);
  print_word(code.size);
  print_word(sum_of(static_cast<const uint8_t*>(code.data), code.size));
  print_word(code_bytes_of(*prog, code));
  print_word(ran.stack_bytes);
  print_word(sum_of_maps(runtime, sum_of_context(trial, hook)));
  board::print("\n");
}

}  // namespace

int main() {
  board::console_init();
  board::start_counting();
  runtime::Outcome outcome;
  // As an engine returns, field by field.
  const auto nothing = [](const runtime::Invocation& invocation) -> runtime::Outcome {
    return {Status::ok, 0, invocation.second_argument, 0, 0};
  };
  measure({}, nothing, outcome, empty_ticks);
  const auto& file = *reinterpret_cast<const TrialFile*>(kTrials);
  if (file.magic != kTrialMagic) {
    board::print("trial: no packages in memory\n");
    board::leave_emulator();
  }
  const auto* at = reinterpret_cast<const uint8_t*>(kTrials) + sizeof file;
  for (uint32_t i = 0; i < file.count; i++) {
    const auto& trial = *reinterpret_cast<const Trial*>(at);
    run_trial(trial);
    at += trial.bytes;
  }
  board::print("end\n");
  board::leave_emulator();
}
