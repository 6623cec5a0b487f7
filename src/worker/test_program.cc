// SPDX-License-Identifier: Apache-2.0
//
// The program that worker_test starts: stages that do what a worker must survive being, or be stopped from.
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#include "worker/load_stage.h"
#include "worker/stage.h"

namespace {

using perdita::Diagnostic;
using perdita::Result;
using Bytes = std::vector<uint8_t>;

Bytes text(const std::string& text) { return {text.begin(), text.end()}; }

Result<Bytes> echo(const Bytes& request) { return request; }

Result<Bytes> refuse(const Bytes&) {
  Diagnostic diagnostic;
  diagnostic.code = "test-refused";
  diagnostic.outcome = perdita::Outcome::unusable_input;
  diagnostic.message = "no \x1b[31mred\x1b[0m";
  diagnostic.place.file = "a.c";
  diagnostic.place.line = 7;
  diagnostic.place.instruction = 3;
  diagnostic.hint = "one\ntwo";
  return diagnostic;
}

// raise() is not allowed to a worker; what is not mapped, crashes.
void touch_nothing() { *reinterpret_cast<volatile int*>(uintptr_t{4096}) = 1; }

Result<Bytes> crash(const Bytes&) {
  touch_nothing();
  return Bytes{};
}

Result<Bytes> abort_now(const Bytes&) { abort(); }

Result<Bytes> loop(const Bytes&) {
  volatile uint64_t count = 0;
  while (true) count = count + 1;
}

// Waits for what never comes: its own wall clock has to end it, for it uses no time.
Result<Bytes> hang(const Bytes&) {
  uint32_t word = 0;
  while (true) syscall(SYS_futex, &word, FUTEX_WAIT, 0, nullptr);
}

Result<Bytes> eat(const Bytes&) {
  std::vector<Bytes> kept;
  while (true) kept.emplace_back(size_t{16} << 20, uint8_t{1});
}

void put(const Bytes& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t count = write(STDOUT_FILENO, bytes.data() + done, bytes.size() - done);
    if (count <= 0) _exit(1);
    done += static_cast<size_t>(count);
  }
}

Result<Bytes> garbage(const Bytes& request) {
  put(request);
  _exit(0);
}

Result<Bytes> flood(const Bytes&) {
  while (true) put(Bytes(65536, 0x80));
}

Result<Bytes> close_and_run(const Bytes&) {
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  return loop({});
}

Result<Bytes> exit_without_answer(const Bytes&) { _exit(0); }

Result<Bytes> answer_and_crash(const Bytes&) {
  put({0xa1, 0x62, 'o', 'k', 0x41, 0x00});
  touch_nothing();
  return Bytes{};
}

// What it may do to the system: a word for each thing that went through.
Result<Bytes> rights(const Bytes&) {
  std::string done;
  if (open("/proc/self/status", O_RDONLY) >= 0) done += "open ";
  if (socket(AF_INET, SOCK_DGRAM, 0) >= 0) done += "socket ";
  if (kill(getppid(), 0) == 0) done += "signal ";
  if (fork() >= 0) done += "fork ";
  return text(done);
}

Result<Bytes> descriptors(const Bytes&) {
  std::string open;
  for (int i = 0; i < 256; i++) {
    if (fcntl(i, F_GETFD) >= 0) open += std::to_string(i) + " ";
  }
  return text(open);
}

}  // namespace

int main(int argc, char** argv) {
  using perdita::worker::Rights;
  std::vector<perdita::worker::Stage> stages = {
      perdita::worker::load_stage(),
      {"echo", echo},
      {"refuse", refuse},
      {"crash", crash},
      {"abort", abort_now},
      {"loop", loop},
      {"hang", hang},
      {"eat", eat},
      {"garbage", garbage},
      {"flood", flood},
      {"close", close_and_run},
      {"exit", exit_without_answer},
      {"answer-and-crash", answer_and_crash},
      {"rights", rights},
      {"rights-of-files", rights, Rights::files},
      {"descriptors", descriptors, Rights::files},
  };
  return perdita::worker::serve(argc, argv, stages).value_or(99);
}
