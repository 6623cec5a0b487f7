// SPDX-License-Identifier: Apache-2.0
//
// The counterpart of FactReader (facts.h). Host only.
#pragma once

#include <vector>

#include "isa/facts.h"

namespace perdita::isa {

class FactWriter {
 public:
  // Only the fields that the instruction has.
  void add(const Insn& insn, const Facts& facts) {
    const uint8_t fields = fact_fields(insn);
    if ((fields & kFactUpperDead) != 0) put(facts.upper_dead ? 1 : 0, 1);
    if ((fields & kFactDst) != 0) put(static_cast<unsigned>(facts.dst), 2);
    if ((fields & kFactSrc) != 0) put(static_cast<unsigned>(facts.src), 2);
    if ((fields & kFactCount) != 0) put(static_cast<unsigned>(facts.count), 2);
    if ((fields & kFactDivisor) != 0) put(facts.divisor_not_zero ? 1 : 0, 1);
    if ((fields & kFactAlignment) != 0) put(facts.alignment_log2, 2);
    if ((fields & kFactArguments) == 0) return;
    for (Upper arg : facts.args) put(static_cast<unsigned>(arg), 2);
  }

  std::vector<uint8_t> take() {
    if (filled_ != 0) bits_.push_back(static_cast<uint8_t>(window_));
    filled_ = 0;
    return std::move(bits_);
  }

 private:
  void put(unsigned value, unsigned count) {
    window_ |= value << filled_;
    filled_ += count;
    if (filled_ < 8) return;
    bits_.push_back(static_cast<uint8_t>(window_));
    window_ >>= 8;
    filled_ -= 8;
  }

  std::vector<uint8_t> bits_;
  unsigned window_ = 0, filled_ = 0;  // bits that are no whole byte yet
};

}  // namespace perdita::isa
