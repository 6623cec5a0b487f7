// SPDX-License-Identifier: Apache-2.0
//
// A board's control plane from the host's side: what it shows, and the delivery of packages.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "deliver/answers.h"
#include "deliver/request.h"
#include "diag/result.h"

namespace perdita::deliver {

class Board {
 public:
  // `address`: coap://HOST[:PORT], without a path. It is looked at when the first request is made.
  explicit Board(std::string address, std::chrono::milliseconds timeout = std::chrono::seconds(10));

  Result<Device> device() const;
  Result<std::vector<Hook>> hooks() const;
  Result<std::vector<Prog>> progs() const;
  Result<std::vector<Package>> packages() const;
  Result<PackageState> package(const std::string& name) const;
  Result<std::vector<Map>> maps() const;
  Result<std::vector<Entry>> entries(const std::string& package, const std::string& map) const;
  Result<Log> log() const;
  // The records of a ring buffer that are there; they stay.
  Result<std::vector<Record>> records(const std::string& package, const std::string& map) const;

  // Observing (docs/spec/control.md). What `listen` is given is acknowledged when it returns.
  enum class Heard : uint8_t { go_on, enough, refuse };  // refuse: also ends it, and nothing of it is acknowledged
  struct Watch {
    std::optional<std::chrono::milliseconds> limit;
    const std::atomic<bool>* stop = nullptr;  // ends it when set
    // What limit and silence are measured by; a test has its own.
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  };
  // The first page has no records. True where `listen` ended it. board-observers-full where the board has no place for
  // another observer.
  Result<bool> watch_records(const std::string& package, const std::string& map, const Watch& watch,
                             const std::function<Heard(const RecordPage&)>& listen) const;
  Result<bool> watch_log(const Watch& watch, const std::function<Heard(const Log&)>& listen) const;

  // Delivers a signed package. A Report where the board took it; else the Diagnostic board-refused, whose `have` is the
  // board's status name.
  Result<Report> deliver_package(const std::vector<uint8_t>& package,
                                 const std::function<void(size_t sent, size_t total)>& progress = {}) const;

 private:
  Result<std::vector<uint8_t>> get(const std::string& path) const;
  template <typename T>
  Result<T> read_one(const std::string& path) const;
  template <typename T>
  Result<std::vector<T>> read_list(const std::string& path) const;
  template <typename T>
  Result<bool> observe(const std::string& path, const Watch& watch, const std::function<Heard(const T&)>& listen) const;

  std::string address_;
  std::chrono::milliseconds timeout_;
};

}  // namespace perdita::deliver
