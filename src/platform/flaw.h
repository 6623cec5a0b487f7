// SPDX-License-Identifier: Apache-2.0
//
// The first thing wrong with a platform, latched, so that describing one reads straight down. Besides the diagnostic it
// keeps the names by which `build` finds the line in the header: type information holds none.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "diag/result.h"

namespace perdita::platform {

struct Flaw {
  Diagnostic diagnostic;
  std::string entity;  // a hook, a function, or "struct name"; empty: the platform
  std::string part;    // member; empty: the whole
};

class FlawLatch {
 public:
  bool ok() const { return !flaw_.has_value(); }
  const std::optional<Flaw>& flaw() const { return flaw_; }

  // What the next complaints are about, until the next call.
  void about(std::string entity, std::string part = {}) {
    entity_ = std::move(entity);
    part_ = std::move(part);
  }

  void fail(std::string code, std::string message, std::string need = {}, std::string have = {},
            std::string hint = {}) {
    if (flaw_) return;
    flaw_ = Flaw{.diagnostic = {.code = std::move(code),
                                .outcome = Outcome::unusable_input,
                                .message = std::move(message),
                                .place = {},
                                .need = std::move(need),
                                .have = std::move(have),
                                .hint = std::move(hint)},
                 .entity = entity_,
                 .part = part_};
  }

 private:
  std::optional<Flaw> flaw_;
  std::string entity_, part_;
};

}  // namespace perdita::platform
