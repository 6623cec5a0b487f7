// SPDX-License-Identifier: Apache-2.0
#include "verifier/log.h"

#include <fmt/format.h>

#include "isa/disassemble.h"
#include "verifier/describe.h"

namespace perdita::verifier {

void Log::at(const State& state, uint32_t pc) {
  if (cut_) return;
  const auto& code = subject_.prog.code;
  const isa::Insn* next = pc + 1 < code.size() ? &code[pc + 1] : nullptr;
  text_ += fmt::format("{}{}: {} ; {}\n", std::string(2 * (state.frames.size() - 1), ' '), pc,
                       isa::disassemble(code[pc], next), log_form(subject_.module, state));
  if (text_.size() < kMaxLogBytes) return;
  text_ += "… the log ends here: it is longer than what is kept\n";
  cut_ = true;
}

void Log::begin() {
  text_.clear();
  cut_ = false;
}

}  // namespace perdita::verifier
