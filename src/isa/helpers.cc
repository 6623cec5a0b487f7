// SPDX-License-Identifier: Apache-2.0
#include "isa/helpers.h"

#include "isa/format.h"

namespace perdita::isa {
namespace {

constexpr uint32_t bit(MapType type) { return 1u << static_cast<uint32_t>(type); }
constexpr uint32_t kKeyedMaps = bit(MapType::hash) | bit(MapType::array) | bit(MapType::lru_hash);
constexpr uint32_t kQueues = bit(MapType::queue) | bit(MapType::stack);
constexpr uint32_t kRings = bit(MapType::ring_buffer);

constexpr perdita_arg map_of(uint32_t types) {
  perdita_arg arg{};
  arg.kind = PERDITA_ARG_MAP;
  arg.map_types = types;
  return arg;
}

constexpr perdita_arg memory_of_map(perdita_arg_kind kind) {
  perdita_arg arg{};
  arg.kind = static_cast<uint8_t>(kind);
  return arg;
}

constexpr perdita_arg of_kind(perdita_arg_kind kind) { return memory_of_map(kind); }

constexpr perdita_arg callback(perdita_callback shape) {
  perdita_arg arg = of_kind(PERDITA_ARG_CALLBACK);
  arg.size = static_cast<uint32_t>(shape);
  return arg;
}

constexpr perdita_arg memory_in(uint8_t size_arg, uint32_t largest, uint8_t flags = 0) {
  perdita_arg arg{};
  arg.kind = PERDITA_ARG_MEM_IN;
  arg.flags = flags;
  arg.size_arg = size_arg;
  arg.size = largest;
  return arg;
}

constexpr perdita_arg scalar(uint8_t width, uint8_t flags = 0) {
  perdita_arg arg{};
  arg.kind = PERDITA_ARG_SCALAR;
  arg.width = width;
  arg.flags = flags;
  return arg;
}

constexpr perdita_result scalar_result(uint8_t width, bool is_signed, int64_t min, int64_t max) {
  return {PERDITA_RESULT_SCALAR, width, static_cast<uint8_t>(is_signed), min, max};
}

// Results that are 0 or one of Linux's error numbers, as the helpers of maps give them: from -EINVAL (22) upwards, so
// -ENOENT (2), -E2BIG (7) and -EEXIST (17) lie within.
constexpr perdita_result kErrorResult = scalar_result(8, true, -22, 0);

constexpr perdita_arg kLookupArgs[] = {map_of(kKeyedMaps), memory_of_map(PERDITA_ARG_MAP_KEY)};
constexpr perdita_arg kUpdateArgs[] = {map_of(kKeyedMaps), memory_of_map(PERDITA_ARG_MAP_KEY),
                                       memory_of_map(PERDITA_ARG_MAP_VALUE), scalar(8)};
constexpr perdita_arg kDeleteArgs[] = {map_of(kKeyedMaps), memory_of_map(PERDITA_ARG_MAP_KEY)};
constexpr perdita_arg kPrintArgs[] = {memory_in(2, kMaxFormatBytes), scalar(4), scalar(8, PERDITA_ARG_BY_FORMAT),
                                      scalar(8, PERDITA_ARG_BY_FORMAT), scalar(8, PERDITA_ARG_BY_FORMAT)};
constexpr perdita_arg kTailCallArgs[] = {of_kind(PERDITA_ARG_CONTEXT), map_of(bit(MapType::prog_array)), scalar(4)};
constexpr perdita_arg kPushArgs[] = {map_of(kQueues), memory_of_map(PERDITA_ARG_MAP_VALUE), scalar(8)};
constexpr perdita_arg kPopArgs[] = {map_of(kQueues), memory_of_map(PERDITA_ARG_MAP_VALUE_OUT)};
constexpr perdita_arg kRingOutputArgs[] = {map_of(kRings), memory_in(3, 0), scalar(8), scalar(8)};
constexpr perdita_arg kRingReserveArgs[] = {map_of(kRings), scalar(8, PERDITA_ARG_RESERVES), scalar(8)};
constexpr perdita_arg kRingReleaseArgs[] = {of_kind(PERDITA_ARG_RESERVATION), scalar(8)};
constexpr perdita_arg kRingQueryArgs[] = {map_of(kRings), scalar(8)};
constexpr perdita_arg kForEachArgs[] = {map_of(kKeyedMaps), callback(PERDITA_CALLBACK_MAP_ELEMENT),
                                        of_kind(PERDITA_ARG_CALLBACK_DATA), scalar(8)};
constexpr perdita_arg kVPrintArgs[] = {memory_in(2, kMaxFormatBytes), scalar(4),
                                       memory_in(4, kMaxFormatValues * 8, PERDITA_ARG_NULL_OK | PERDITA_ARG_ZERO_OK),
                                       scalar(4)};
constexpr perdita_arg kLoopArgs[] = {scalar(4), callback(PERDITA_CALLBACK_LOOP), of_kind(PERDITA_ARG_CALLBACK_DATA),
                                     scalar(8)};

// Costs hold for these routines compiled for size on a Cortex-M3 (docs/spec/cost.md): about half more than what the
// test on the emulated board counts, the port's part included.
constexpr uint32_t kPortClock = 150;          // clock_ns or random of the port, and the way there
constexpr uint32_t kByteCost = 6;             // a byte copied
constexpr uint32_t kHashCost = 230;           // beside what the key and the chain cost
constexpr uint32_t kHashByteCost = 8;         // a byte of key hashed
constexpr uint32_t kProbeCost = 30;           // one step along a chain
constexpr uint32_t kProbeKeyByteCost = 8;     // a byte of key compared there
constexpr uint32_t kEvictCost = 600;          // choosing an entry to go, without following its chain
constexpr uint32_t kPrintCost = 500;          // beside format, numbers and what comes out
constexpr uint32_t kFormatByteCost = 35;      // a byte of the format, read twice
constexpr uint32_t kPrintedByteCost = 60;     // put together, and 40 for the port's log
constexpr uint32_t kNumberCost = 950;         // of 20 digits
constexpr uint32_t kFormatBytesOfValue = 10;  // a value of trace_vprintk has 8, and 2 of the format that convert it

template <uint8_t N>
constexpr perdita_function helper(uint32_t number, const char* name, const perdita_arg (&args)[N],
                                  perdita_result result, uint32_t cost, uint32_t cost_per_byte, uint32_t stack_bytes) {
  return {name, number, nullptr, args, N, PERDITA_NO_CAPABILITY, result, cost, cost_per_byte, stack_bytes};
}

constexpr perdita_function helper(uint32_t number, const char* name, perdita_result result, uint32_t cost,
                                  uint32_t stack_bytes) {
  return {name, number, nullptr, nullptr, 0, PERDITA_NO_CAPABILITY, result, cost, 0, stack_bytes};
}

constexpr perdita_result kLookupResult = {PERDITA_RESULT_MAP_VALUE_OR_NULL, 0, 0, 0, 0};
constexpr perdita_result kAnyU64 = scalar_result(8, false, INT64_MIN, INT64_MAX);  // all 2^64, seen as signed
constexpr perdita_result kAnyU32 = scalar_result(4, false, 0, UINT32_MAX);
constexpr perdita_result kVoid = {PERDITA_RESULT_VOID, 0, 0, 0, 0};
constexpr perdita_result kReservation = {PERDITA_RESULT_RESERVATION_OR_NULL, 0, 0, 0, 0};
constexpr perdita_result kCount = scalar_result(8, true, -22, UINT32_MAX);  // of what was gone through
constexpr perdita_result kFirstCore = scalar_result(4, false, 0, 0);        // one core fires hooks

constexpr perdita_function kHelpers[] = {
    helper(1, "map_lookup_elem", kLookupArgs, kLookupResult, 60, 0, 160),
    helper(2, "map_update_elem", kUpdateArgs, kErrorResult, 150, kByteCost, 232),
    helper(3, "map_delete_elem", kDeleteArgs, kErrorResult, 150, 0, 168),
    helper(5, "ktime_get_ns", kAnyU64, kPortClock, 96),
    helper(6, "trace_printk", kPrintArgs, scalar_result(8, true, -22, kMaxPrintedBytes), kPrintCost, kFormatByteCost,
           512),
    helper(7, "get_prandom_u32", kAnyU32, kPortClock, 96),
    helper(8, "get_smp_processor_id", kFirstCore, 20, 32),
    // Returns only where it failed.
    helper(12, "tail_call", kTailCallArgs, scalar_result(8, true, -22, -1), 400, 0, 240),
    helper(87, "map_push_elem", kPushArgs, kErrorResult, 350, kByteCost, 128),
    helper(88, "map_pop_elem", kPopArgs, kErrorResult, 300, kByteCost, 112),
    helper(89, "map_peek_elem", kPopArgs, kErrorResult, 180, kByteCost, 96),
    helper(130, "ringbuf_output", kRingOutputArgs, kErrorResult, 300, kByteCost, 160),
    helper(131, "ringbuf_reserve", kRingReserveArgs, kReservation, 250, 0, 112),
    helper(132, "ringbuf_submit", kRingReleaseArgs, kVoid, 200, 0, 96),
    helper(133, "ringbuf_discard", kRingReleaseArgs, kVoid, 200, 0, 96),
    helper(134, "ringbuf_query", kRingQueryArgs, kAnyU64, 60, 0, 48),
    helper(164, "for_each_map_elem", kForEachArgs, kCount, 300, 0, 128),
    helper(177, "trace_vprintk", kVPrintArgs, scalar_result(8, true, -22, kMaxPrintedBytes), kPrintCost,
           kFormatByteCost, 512),
    helper(181, "loop", kLoopArgs, kCount, 100, 0, 32),
};

}  // namespace

Span<const perdita_function> helpers() { return kHelpers; }

const perdita_function* find_helper(uint32_t number) {
  for (const perdita_function& candidate : kHelpers) {
    if (candidate.helper == number) return &candidate;
  }
  return nullptr;
}

namespace {

// What a hash adds: at worst every entry is in one chain, with the same hash, and differs in its last byte.
uint64_t hash_cost(const perdita_function& helper, const MapDef& map) {
  const uint64_t entries = map.max_entries;
  uint64_t cost = kHashCost + kHashByteCost * uint64_t{map.key_size} +
                  entries * (kProbeCost + kProbeKeyByteCost * uint64_t{map.key_size});
  // What has to go is found along a chain as well, by its number.
  if (helper.helper == kHelperMapUpdate && map.type == MapType::lru_hash) cost += kEvictCost + entries * kProbeCost;
  return cost;
}

// What numbers and the text that comes out add. Each number may have 20 digits, whether they are cut off or not.
uint64_t print_cost(const perdita_function& helper, uint64_t bytes) {
  uint64_t numbers = kMaxConversions;
  uint64_t printed = bytes + numbers * 20;
  if (helper.helper == kHelperTraceVprintk) {
    numbers = bytes / kFormatBytesOfValue;
    if (numbers > kMaxFormatValues) numbers = kMaxFormatValues;
    printed = bytes + numbers * (20 - sizeof(uint64_t));
  }
  if (printed > kMaxPrintedBytes) printed = kMaxPrintedBytes;
  return numbers * kNumberCost + printed * kPrintedByteCost;
}

bool works_by_key(const perdita_function& helper) {
  return helper.helper >= kHelperMapLookup && helper.helper <= kHelperMapDelete;
}

}  // namespace

uint64_t helper_cost(const perdita_function& helper, const MapDef* map, uint64_t bytes) {
  uint64_t cost = helper.cost_instructions + helper.cost_instructions_per_byte * bytes;
  const bool is_hash = map != nullptr && (map->type == MapType::hash || map->type == MapType::lru_hash);
  if (is_hash && works_by_key(helper)) cost += hash_cost(helper, *map);
  if (helper.helper == kHelperTracePrintk || helper.helper == kHelperTraceVprintk) cost += print_cost(helper, bytes);
  return cost;
}

}  // namespace perdita::isa
