// SPDX-License-Identifier: Apache-2.0
#include "worker/worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "worker/answer.h"
#include "worker/protocol.h"

namespace perdita::worker {
namespace {

using Clock = std::chrono::steady_clock;

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }
  int get() const { return number_; }
  void reset(int number = -1) {
    if (number_ >= 0) close(number_);
    number_ = number;
  }

 private:
  int number_;
};

Diagnostic failed(const char* code, std::string message, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

Diagnostic cannot_start(std::string_view stage, int error) {
  return failed("worker-start", fmt::format("the process for '{}' cannot be started: {}", stage, strerror(error)),
                "free processes, memory or descriptors, and try again");
}

Diagnostic took_too_long(std::string_view stage) {
  return failed("worker-timeout", fmt::format("'{}' took longer than it may", stage),
                "the input is too large or made to be slow; split it");
}

// A worker and the socket that is its standard input and output. Killed and reaped where it is not yet when this ends.
class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    reap();
  }

  // 0, or an errno.
  int start(const std::filesystem::path& program, std::string_view stage, const Limits& limits) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return errno;
    socket_.reset(pair[0]);
    Descriptor theirs(pair[1]);
    if (fcntl(socket_.get(), F_SETFL, O_NONBLOCK) != 0) return errno;

    std::string arguments[] = {program.string(), std::string(kWorkerArgument), std::string(stage),
                               std::to_string(limits.memory_bytes), std::to_string(limits.cpu_seconds)};
    char* argv[] = {arguments[0].data(), arguments[1].data(), arguments[2].data(),
                    arguments[3].data(), arguments[4].data(), nullptr};
    char locale[] = "LC_ALL=C";
    char* environment[] = {locale, nullptr};

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int error = posix_spawn(&pid_, program.c_str(), &actions, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) pid_ = -1;
    if (error == 0) {
      ended_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
      if (ended_.get() < 0) return errno;
    }
    return error;
  }

  int socket() const { return socket_.get(); }
  int ended() const { return ended_.get(); }  // readable once the process has ended

  int reap() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
  Descriptor socket_;
  Descriptor ended_;
};

// Waits for one of `events` on a descriptor; false at the deadline.
bool wait_for(int descriptor, short events, Clock::time_point deadline) {
  while (true) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd entry{descriptor, events, 0};
    int ready = poll(&entry, 1, static_cast<int>(std::min<int64_t>(left, INT32_MAX)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

enum class Talk : uint8_t { done, late, too_much };

// Sends the request and receives the answer, both at once: a worker may answer before it has read everything.
Talk converse(int socket, const std::vector<uint8_t>& request, Clock::time_point deadline,
              std::vector<uint8_t>& answer) {
  size_t sent = 0;
  bool sending = true;
  while (true) {
    if (sending && sent == request.size()) {
      shutdown(socket, SHUT_WR);
      sending = false;
    }
    if (!wait_for(socket, static_cast<short>(sending ? POLLIN | POLLOUT : POLLIN), deadline)) return Talk::late;
    if (sending) {
      ssize_t count = send(socket, request.data() + sent, request.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) sent += static_cast<size_t>(count);
      // A worker that reads no further may still have answered; what it wrote counts.
      if (count < 0 && errno != EAGAIN && errno != EINTR) sending = false;
    }
    uint8_t buffer[65536];
    ssize_t count = recv(socket, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (count == 0) return Talk::done;
    if (count < 0 && errno != EAGAIN && errno != EINTR) return Talk::done;
    if (count < 0) continue;
    if (answer.size() + static_cast<size_t>(count) > kMaxAnswerBytes) return Talk::too_much;
    answer.insert(answer.end(), buffer, buffer + count);
  }
}

// Why a worker that ended this way has no answer; nothing where it has one.
std::optional<Diagnostic> reason(std::string_view stage, int status) {
  if (WIFSIGNALED(status)) {
    int signal = WTERMSIG(status);
    if (signal == SIGXCPU) return took_too_long(stage);
    Diagnostic diagnostic =
        failed("worker-crashed", fmt::format("'{}' crashed on this input", stage),
               "the input may be an attack on its reader; if it is an object of your own, report it");
    diagnostic.have = fmt::format("ended by signal {} ({})", signal, strsignal(signal));
    return diagnostic;
  }
  switch (WEXITSTATUS(status)) {
    case kExitAnswered:
      return std::nullopt;
    case kExitMemory:
      return failed("worker-memory", fmt::format("'{}' needs more memory than it may use", stage),
                    "the input is too large or made to be; split it");
    case kExitNoStage:
      return failed("worker-start", fmt::format("this program has no stage '{}'", stage),
                    "install matching versions of all parts");
    case kExitNotConfined:
      return failed("worker-start", fmt::format("the system does not allow to confine the process for '{}'", stage),
                    "allow prctl(PR_SET_SECCOMP) and setrlimit where this runs");
    default: {
      Diagnostic diagnostic =
          failed("worker-crashed", fmt::format("'{}' crashed on this input", stage),
                 "the input may be an attack on its reader; if it is an object of your own, report it");
      diagnostic.have = fmt::format("ended with exit code {}", WEXITSTATUS(status));
      return diagnostic;
    }
  }
}

}  // namespace

Result<std::vector<uint8_t>> run(const std::filesystem::path& program, std::string_view stage,
                                 const std::vector<uint8_t>& request, const Limits& limits) {
  if (request.size() > kMaxRequestBytes) {
    return failed("worker-memory",
                  fmt::format("the input for '{}' has {} bytes, more than {}", stage, request.size(), kMaxRequestBytes),
                  "split the input");
  }
  Clock::time_point deadline = Clock::now() + std::chrono::milliseconds(limits.wall_ms);
  Child child;
  if (int error = child.start(program, stage, limits); error != 0) return cannot_start(stage, error);
  std::vector<uint8_t> answer;
  switch (converse(child.socket(), request, deadline, answer)) {
    case Talk::late:
      return took_too_long(stage);
    case Talk::too_much:
      return failed("worker-answer", fmt::format("'{}' answered with more than {} bytes", stage, kMaxAnswerBytes),
                    "split the input");
    case Talk::done:
      break;
  }
  // An answer counts only of a worker that ended well: one that crashes while it cleans up was taken over or is broken.
  if (!wait_for(child.ended(), POLLIN, deadline)) return took_too_long(stage);
  if (std::optional<Diagnostic> diagnostic = reason(stage, child.reap())) return *diagnostic;
  return read_answer(answer);
}

Result<std::vector<uint8_t>> run(std::string_view stage, const std::vector<uint8_t>& request, const Limits& limits) {
  return run("/proc/self/exe", stage, request, limits);
}

}  // namespace perdita::worker
