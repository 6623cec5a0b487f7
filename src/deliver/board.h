// SPDX-License-Identifier: Apache-2.0
//
// A board's control plane from the host's side: what it shows, and the delivery of packages.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
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

  std::string address_;
  std::chrono::milliseconds timeout_;
};

}  // namespace perdita::deliver
