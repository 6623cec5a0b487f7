// SPDX-License-Identifier: Apache-2.0
//
// SQLite as values: a connection, a statement with bound parameters, an error as a Diagnostic. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "diag/result.h"
#include "pipeline/blob.h"

struct sqlite3;
struct sqlite3_stmt;

namespace perdita::service {

class Sqlite {
 public:
  static Result<std::unique_ptr<Sqlite>> open(const std::string& file);
  ~Sqlite();
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  Result<std::monostate> execute(const std::string& script);
  Diagnostic error() const;  // of the last call that failed

 private:
  friend class Statement;
  Sqlite(sqlite3* connection, std::string file) : connection_(connection), file_(std::move(file)) {}
  sqlite3* connection_;
  std::string file_;
};

// Parameters count from 1, columns from 0. A parameter's bytes are copied.
class Statement {
 public:
  Statement(Sqlite& database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, const pipeline::Blob& bytes);
  Statement& bind(int parameter, int64_t number);

  // True: a row is there. False: the end. A mistake made while preparing or binding shows here.
  Result<bool> step();
  std::string text(int column) const;
  pipeline::Blob blob(int column) const;
  int64_t number(int column) const;

 private:
  Sqlite& database_;
  sqlite3_stmt* statement_ = nullptr;
  bool sound_;
};

}  // namespace perdita::service
