// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "pipeline/file.h"
#include "pipeline/hex.h"
#include "platform/clang.h"

extern char** environ;

namespace perdita::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string source, output;
  std::vector<std::string> includes, defines;
};

Diagnostic unusable(std::string code, const std::string& message, const std::string& file, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = message;
  diagnostic.place.file = file;
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

// The command line. clang runs in the source's folder and knows every other folder relative to it or by a fixed name,
// so that no absolute path, and nothing of where the checkout stands, gets into the object.
Result<std::vector<std::string>> clang_arguments(const Arguments& arguments, const fs::path& source,
                                                 const fs::path& object) {
  auto house = platform::include_folder();
  if (!house) return house.error();
  fs::path folder = source.parent_path();
  std::vector<std::string> words = {platform::clang_command(),
                                    "-target",
                                    "bpf",
                                    "-mcpu=v3",
                                    "-g",
                                    "-O2",
                                    "-ffreestanding",
                                    "-Wall",
                                    "-fno-color-diagnostics",
                                    "-fdebug-compilation-dir=.",
                                    "-ffile-prefix-map=" + folder.string() + "/="};
  auto include = [&words](const fs::path& path, const std::string& name) {
    words.push_back("-I" + path.string());
    words.push_back("-ffile-prefix-map=" + path.string() + "/=" + name);
  };
  for (const std::string& path : arguments.includes) {
    fs::path absolute = fs::weakly_canonical(path);
    include(absolute, absolute.lexically_relative(folder).string() + "/");
  }
  include(*house, "perdita-include/");
  // <linux/bpf.h> includes <asm/types.h>, which Debian keeps apart by architecture.
  words.push_back("-idirafter/usr/include/" PERDITA_MULTIARCH);
  for (const std::string& define : arguments.defines) words.push_back("-D" + define);
  words.insert(words.end(), {"-c", source.filename().string(), "-o", object.string()});
  return words;
}

// Runs a command in `folder`, with what it says going to standard error. Its exit code, or the error that kept it from
// starting.
Result<int> run_in(const fs::path& folder, const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t child = 0;
  int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return unusable("clang-missing", fmt::format("the compiler {} cannot be run: {}", words[0], std::strerror(error)),
                    "", "install clang-19, or name a clang in PERDITA_CLANG");
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int build(Terminal& terminal, const Arguments& arguments) {
  std::error_code error;
  fs::path source = fs::canonical(arguments.source, error);
  if (error) {
    return terminal.fail(unusable("file-unreadable", "cannot read the source: " + error.message(), arguments.source,
                                  "name a program in C: NAME.bpf.c"));
  }
  Input named{arguments.source, {}, Kind::unknown};
  std::string output = output_name(arguments.output, named, ".o");
  // clang writes beside the object, which appears whole or not at all.
  fs::path part = fs::absolute(output).string() + fmt::format(".{}.part", getpid());
  auto words = clang_arguments(arguments, source, part);
  if (!words) return terminal.fail(words.error());
  auto code = run_in(source.parent_path(), *words);
  if (!code) return terminal.fail(code.error());
  if (*code != 0) {
    fs::remove(part, error);
    Diagnostic diagnostic;
    diagnostic.code = "build-failed";
    diagnostic.message = fmt::format("clang refuses the program (its exit code: {})", *code);
    diagnostic.place.file = arguments.source;
    diagnostic.hint = "its messages stand above";
    return terminal.fail(diagnostic);
  }
  fs::rename(part, output, error);
  if (error) {
    std::error_code ignored;
    fs::remove(part, ignored);
    return terminal.fail(unusable("file-unwritable", "cannot write the object: " + error.message(), output, ""));
  }
  auto object = pipeline::read_file(output);
  if (!object) return terminal.fail(object.error());
  std::string digest = pipeline::sha256_hex(*object);
  if (terminal.json) terminal.document({{"object", output}, {"bytes", object->size()}, {"digest", digest}});
  terminal.result(fmt::format("{}: {} bytes, SHA-256 {}\n", output, object->size(), digest));
  return kDone;
}

}  // namespace

void add_build(Command& root) {
  Command command = root.add(
      "build", "Compile a program in C to an object",
      "Runs clang for the BPF target with debug information, which becomes the source lines in messages, and with the\n"
      "include folders of perdita. The same source gives the same bytes in any folder. PERDITA_CLANG names another "
      "clang.\n"
      "\n"
      "  perdita build counter.bpf.c -o counter.o -I platforms/demo");
  auto arguments = std::make_shared<Arguments>();
  command.positional("SOURCE", arguments->source, "The program: NAME.bpf.c");
  command.option("-o,--output", arguments->output, "FILE", "The object; by default NAME.o here");
  command.option("-I", arguments->includes, "FOLDER", "Look for headers there, too; repeat for more");
  command.option("-D", arguments->defines, "NAME[=VALUE]", "Define a macro; repeat for more");
  command.action([arguments](Terminal& terminal) { return build(terminal, *arguments); });
}

}  // namespace perdita::cli
