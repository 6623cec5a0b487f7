// SPDX-License-Identifier: Apache-2.0
#include "pipeline/file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace perdita::pipeline {
namespace {

Diagnostic file_error(const char* code, const std::filesystem::path& file, std::string message, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = std::move(message);
  diagnostic.place.file = file.string();
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

Diagnostic unreadable(const std::filesystem::path& file, int error) {
  return file_error("file-unreadable", file, fmt::format("cannot read the file: {}", std::strerror(error)),
                    "check the path and its permissions");
}

Diagnostic unwritable(const std::filesystem::path& file, int error) {
  return file_error("file-unwritable", file, fmt::format("cannot write the file: {}", std::strerror(error)),
                    "check that the folder exists, is writable and has room");
}

// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  // Closes now, to learn of errors that only show then.
  int close() {
    int fd = fd_;
    fd_ = -1;
    return ::close(fd);
  }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

Result<Blob> read_file(const std::filesystem::path& file, size_t max_bytes) {
  Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) return unreadable(file, errno);
  struct stat status{};
  if (::fstat(in.get(), &status) != 0) return unreadable(file, errno);
  if (S_ISDIR(status.st_mode)) return unreadable(file, EISDIR);
  Blob bytes;
  uint8_t chunk[65536];
  for (;;) {
    ssize_t count = ::read(in.get(), chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(file, errno);
    if (count == 0) return bytes;
    if (bytes.size() + static_cast<size_t>(count) > max_bytes) {
      return file_error("file-too-large", file, fmt::format("the file has more than {} bytes", max_bytes),
                        "no input of this command is that large: check that it is the file you mean");
    }
    bytes.insert(bytes.end(), chunk, chunk + count);
  }
}

Result<std::monostate> write_file(const std::filesystem::path& file, std::string_view bytes) {
  struct stat status{};
  bool in_place = ::stat(file.c_str(), &status) == 0 && !S_ISREG(status.st_mode);  // a device or a pipe: /dev/stdout
  std::string target = in_place ? file.string() : fmt::format("{}.{}.part", file.string(), ::getpid());
  Descriptor out(::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (out.get() < 0) return unwritable(file, errno);
  bool done = write_all(out.get(), bytes);
  int error = errno;
  if (out.close() != 0 && done) {
    done = false;
    error = errno;
  }
  if (in_place && done) return std::monostate{};
  if (done && ::rename(target.c_str(), file.c_str()) != 0) {
    done = false;
    error = errno;
  }
  if (done) return std::monostate{};
  if (!in_place) ::unlink(target.c_str());
  return unwritable(file, error);
}

Result<std::monostate> write_file(const std::filesystem::path& file, const Blob& bytes) {
  return write_file(file, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace perdita::pipeline
