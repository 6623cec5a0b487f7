// SPDX-License-Identifier: Apache-2.0
#include "platform/clang.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <system_error>

#include "platform/btf.h"

namespace perdita::platform {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxMessageBytes = 1u << 16;

// A folder that is gone when this is.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code error;
    std::string pattern = (fs::temp_directory_path(error) / "perdita-XXXXXX").string();
    if (!error && mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

Diagnostic failed(std::string code, std::string message, std::string have, std::string hint) {
  return {.code = std::move(code),
          .outcome = Outcome::unusable_input,
          .message = std::move(message),
          .place = {},
          .need = {},
          .have = std::move(have),
          .hint = std::move(hint)};
}

Diagnostic clang_missing(int error) {
  return failed("platform-clang-missing", fmt::format("the compiler {} cannot be run", clang_command()),
                std::strerror(error), "install clang-19, or name a clang in PERDITA_CLANG");
}

struct Finished {
  int exit_code = 0;
  std::string messages;  // what it wrote to standard error, the first kMaxMessageBytes of it
};

std::string drain(int pipe) {
  std::string text;
  char buffer[4096];
  while (true) {
    ssize_t count = read(pipe, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer, std::min(static_cast<size_t>(count), kMaxMessageBytes - text.size()));
  }
}

Result<Finished> run(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return clang_missing(errno);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  pid_t child = 0;
  int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  Finished finished;
  if (error == 0) finished.messages = drain(ends[0]);
  close(ends[0]);
  if (error != 0) return clang_missing(error);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return clang_missing(errno);
  }
  finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

// The number behind the last colon of `text`, which loses both; 0 where there is none.
uint32_t take_number(std::string_view& text) {
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return 0;
  uint32_t number = 0;
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), number);
  text = text.substr(0, colon);
  return number;
}

// clang's first error, with its place ("file:line:column: error: message") and the source line that it shows below
// ("   12 | text").
Diagnostic header_error(const fs::path& header, const Finished& finished) {
  Diagnostic diagnostic = failed("platform-header-error", "clang does not compile the header",
                                 fmt::format("exit code {}", finished.exit_code), {});
  diagnostic.place.file = header.string();
  std::istringstream lines(finished.messages);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kError = "error: ";
    size_t at = line.find(kError);
    if (at == std::string::npos) continue;
    diagnostic.message = line.substr(at + kError.size());
    diagnostic.have.clear();
    std::string_view place = std::string_view(line).substr(0, line.rfind(": ", at));
    diagnostic.place.column = take_number(place);
    diagnostic.place.line = take_number(place);
    if (diagnostic.place.line != 0) diagnostic.place.file = place;
    std::getline(lines, line);
    size_t bar = line.find(" | ");
    if (bar != std::string::npos && diagnostic.place.line != 0) diagnostic.place.source = line.substr(bar + 3);
    return diagnostic;
  }
  return diagnostic;
}

}  // namespace

std::string clang_command() {
  const char* named = std::getenv("PERDITA_CLANG");
  return named != nullptr && *named != 0 ? named : "clang-19";
}

Result<fs::path> include_folder() {
  std::error_code error;
  const char* named = std::getenv("PERDITA_INCLUDE");
  std::vector<fs::path> candidates;
  if (named != nullptr && *named != 0) {
    candidates.emplace_back(named);
  } else {
    fs::path at = fs::read_symlink("/proc/self/exe", error).parent_path();
    for (; at.has_relative_path(); at = at.parent_path()) candidates.push_back(at / "include");
  }
  for (const fs::path& candidate : candidates) {
    if (fs::is_regular_file(candidate / "perdita" / "platform.h", error)) return candidate;
  }
  return failed("platform-include-missing", "perdita/platform.h is not found",
                named != nullptr && *named != 0 ? named : "no include folder beside or above this program",
                "name the folder that holds perdita/platform.h in PERDITA_INCLUDE");
}

Result<std::vector<uint8_t>> compile_header(const fs::path& header) {
  Result<fs::path> include = include_folder();
  if (!include) return include.error();
  ScratchFolder scratch;
  if (scratch.path().empty())
    return failed("platform-scratch", "no folder for temporary files can be made", {}, "set TMPDIR to one");
  fs::path object = scratch.path() / "platform.o";
  fs::path folder = header.has_parent_path() ? header.parent_path() : fs::path(".");
  Result<Finished> finished = run({clang_command(),
                                   "-target",
                                   "bpf",
                                   "-mcpu=v3",
                                   "-g",
                                   "-O2",
                                   "-ffreestanding",
                                   "-std=gnu17",
                                   "-Wall",
                                   "-Wextra",
                                   "-Werror=strict-prototypes",
                                   "-fno-color-diagnostics",
                                   "-DPERDITA_PLATFORM_BUILD=1",
                                   "-I",
                                   include->string(),
                                   "-I",
                                   folder.string(),
                                   "-o",
                                   object.string(),
                                   "-x",
                                   "c",
                                   "-c",
                                   "--",
                                   header.string()});
  if (!finished) return finished.error();
  std::error_code error;
  if (finished->exit_code != 0 || !fs::exists(object, error)) return header_error(header, *finished);
  return extract_btf(object);
}

}  // namespace perdita::platform
