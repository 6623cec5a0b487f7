// SPDX-License-Identifier: Apache-2.0
//
// The state before each instruction, in the order of analysis, as text: "12: r1 = r10 ; R1=… R10=fp[0]0". Cut off at
// kMaxLogBytes.
#pragma once

#include <string>

#include "verifier/fixpoint.h"

namespace perdita::verifier {

constexpr size_t kMaxLogBytes = 16u << 20;

class Log : public Observer {
 public:
  explicit Log(const Subject& subject) : subject_(subject) {}
  void at(const State& state, uint32_t pc) override;
  void begin() override;
  bool of_rejected() const override { return true; }
  std::string take() { return std::move(text_); }

 private:
  const Subject& subject_;
  std::string text_;
  bool cut_ = false;
};

}  // namespace perdita::verifier
