// SPDX-License-Identifier: Apache-2.0
#include "worker/stage.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <new>

#include "worker/answer.h"
#include "worker/confine.h"
#include "worker/protocol.h"

namespace perdita::worker {
namespace {

bool read_all(std::vector<uint8_t>& request) {
  uint8_t buffer[65536];
  while (true) {
    ssize_t count = read(STDIN_FILENO, buffer, sizeof(buffer));
    if (count == 0) return true;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 || request.size() + static_cast<size_t>(count) > kMaxRequestBytes) return false;
    request.insert(request.end(), buffer, buffer + count);
  }
}

bool write_all(const std::vector<uint8_t>& answer) {
  size_t written = 0;
  while (written < answer.size()) {
    ssize_t count = write(STDOUT_FILENO, answer.data() + written, answer.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    written += static_cast<size_t>(count);
  }
  return true;
}

uint64_t number(const char* text) {
  uint64_t value = 0;
  std::string_view view = text;
  std::from_chars(view.data(), view.data() + view.size(), value);
  return value;
}

int run(const Stage& stage) {
  try {
    std::vector<uint8_t> request;
    if (!read_all(request)) return kExitBroken;
    return write_all(write_answer(stage.run(request))) ? kExitAnswered : kExitBroken;
  } catch (const std::bad_alloc&) {
    return kExitMemory;
  }
}

}  // namespace

std::optional<int> serve(int argc, const char* const* argv, const std::vector<Stage>& stages) {
  if (argc < 2 || std::string_view(argv[1]) != kWorkerArgument) return std::nullopt;
  if (argc != 5) return kExitNoStage;
  for (const Stage& stage : stages) {
    if (stage.name != argv[2]) continue;
    if (!confine(stage.rights, number(argv[3]), number(argv[4]))) return kExitNotConfined;
    return run(stage);
  }
  return kExitNoStage;
}

}  // namespace perdita::worker
