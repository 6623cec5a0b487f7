// SPDX-License-Identifier: Apache-2.0
#include "cli/simulated_functions.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace perdita::cli {
namespace {

const perdita_function* simulated = nullptr;  // of the one SimulatedFunctions there is

uint64_t answer(const perdita_function& function, const uint64_t* args) {
  for (size_t i = 0; i < function.arg_count; i++) {
    const perdita_arg& arg = function.args[i];
    if (arg.kind != PERDITA_ARG_MEM_OUT || args[i] == 0) continue;
    uint64_t size = arg.size_arg != 0 ? static_cast<uint32_t>(args[arg.size_arg - 1]) : arg.size;
    std::memset(reinterpret_cast<void*>(static_cast<uintptr_t>(args[i])), 0, size);
  }
  if (function.result.kind != PERDITA_RESULT_SCALAR) return 0;
  return static_cast<uint64_t>(std::clamp<int64_t>(0, function.result.min, function.result.max));
}

// A thunk gets no word of which function it stands for, so each index has one of its own.
template <size_t Index>
uint64_t thunk(void*, const uint64_t* args) {
  return answer(simulated[Index], args);
}

template <size_t... Index>
constexpr std::array<perdita_thunk, sizeof...(Index)> make_thunks(std::index_sequence<Index...>) {
  return {thunk<Index>...};
}

constexpr auto kThunks = make_thunks(std::make_index_sequence<UINT8_MAX>());  // function_count is eight bits wide

}  // namespace

SimulatedFunctions::SimulatedFunctions(const platform::Platform& platform) : tables_(platform.tables()) {
  functions_.assign(tables_.functions, tables_.functions + tables_.function_count);
  for (size_t i = 0; i < functions_.size(); i++) functions_[i].call = kThunks[i];
  tables_.functions = functions_.data();
  simulated = functions_.data();
}

SimulatedFunctions::~SimulatedFunctions() { simulated = nullptr; }

}  // namespace perdita::cli
