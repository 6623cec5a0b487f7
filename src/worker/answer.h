// SPDX-License-Identifier: Apache-2.0
//
// What a worker writes to its parent: CBOR, { "ok": bytes } or { "error": { diagnostic } }. The parent believes
// nothing of it: sizes, types and text are checked as those of any stranger.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "diag/result.h"

namespace perdita::worker {

constexpr size_t kMaxAnswerBytes = 64u << 20;

std::vector<uint8_t> write_answer(const Result<std::vector<uint8_t>>& answer);

// An error as it stands in an answer, and in the verdict that a worker makes.
nlohmann::json to_json(const Diagnostic& diagnostic);

// "worker-answer" where the bytes are no answer.
Result<std::vector<uint8_t>> read_answer(const std::vector<uint8_t>& bytes);

}  // namespace perdita::worker
