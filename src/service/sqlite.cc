// SPDX-License-Identifier: Apache-2.0
#include "service/sqlite.h"

#include <fmt/core.h>
#include <sqlite3.h>

namespace perdita::service {
namespace {

constexpr int kBusyTimeoutMs = 5000;  // another process in the same file: a backup, say

Diagnostic store_error(const std::string& file, const char* why) {
  Diagnostic diagnostic;
  diagnostic.code = "store-failed";
  diagnostic.message = fmt::format("the store does not work: {}", why);
  diagnostic.place.file = file;
  diagnostic.hint = "check that the file and its folder are writable and that the disk has room";
  return diagnostic;
}

}  // namespace

Result<std::unique_ptr<Sqlite>> Sqlite::open(const std::string& file) {
  sqlite3* connection = nullptr;
  int code = sqlite3_open_v2(file.c_str(), &connection,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  std::unique_ptr<Sqlite> database(new Sqlite(connection, file));
  if (code != SQLITE_OK) {
    Diagnostic diagnostic = store_error(file, connection != nullptr ? sqlite3_errmsg(connection) : "out of memory");
    diagnostic.outcome = Outcome::unusable_input;
    return diagnostic;
  }
  sqlite3_busy_timeout(connection, kBusyTimeoutMs);
  return database;
}

Sqlite::~Sqlite() { sqlite3_close(connection_); }

Result<std::monostate> Sqlite::execute(const std::string& script) {
  if (sqlite3_exec(connection_, script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return error();
  return std::monostate{};
}

Diagnostic Sqlite::error() const { return store_error(file_, sqlite3_errmsg(connection_)); }

Statement::Statement(Sqlite& database, const char* sql)
    : database_(database),
      sound_(sqlite3_prepare_v2(database.connection_, sql, -1, &statement_, nullptr) == SQLITE_OK) {}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(int parameter, std::string_view text) {
  sound_ = sound_ && sqlite3_bind_text64(statement_, parameter, text.data(), text.size(), SQLITE_TRANSIENT,
                                         SQLITE_UTF8) == SQLITE_OK;
  return *this;
}

Statement& Statement::bind(int parameter, const pipeline::Blob& bytes) {
  // A null pointer would bind NULL: no bytes are still a blob.
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  sound_ = sound_ && sqlite3_bind_blob64(statement_, parameter, data, bytes.size(), SQLITE_TRANSIENT) == SQLITE_OK;
  return *this;
}

Statement& Statement::bind(int parameter, int64_t number) {
  sound_ = sound_ && sqlite3_bind_int64(statement_, parameter, number) == SQLITE_OK;
  return *this;
}

Result<bool> Statement::step() {
  if (!sound_) return database_.error();
  int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_.error();
}

std::string Statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes), static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

pipeline::Blob Statement::blob(int column) const {
  const auto* bytes = static_cast<const uint8_t*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, bytes + sqlite3_column_bytes(statement_, column)};
}

int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_, column); }

}  // namespace perdita::service
