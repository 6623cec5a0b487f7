// SPDX-License-Identifier: Apache-2.0
#include "service/store.h"

#include <fmt/core.h>

#include <mutex>

#include "pipeline/hex.h"
#include "service/schema.h"
#include "service/sqlite.h"

namespace perdita::service {
namespace {

using pipeline::Blob;

const char* kind_name(ArtefactKind kind) { return kind == ArtefactKind::object ? "object" : "package"; }

Diagnostic unusable_store(const std::string& file, std::string message, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.code = "store-unusable";
  diagnostic.outcome = Outcome::unusable_input;
  diagnostic.message = std::move(message);
  diagnostic.place.file = file;
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

// Runs a statement that yields no row.
Result<std::monostate> run(Statement& statement) {
  auto row = statement.step();
  if (!row) return row.error();
  return std::monostate{};
}

Result<int64_t> one_number(Sqlite& database, const char* sql) {
  Statement statement(database, sql);
  auto row = statement.step();
  if (!row) return row.error();
  return statement.number(0);
}

// Begins at once with the right to write, so that it never has to give up in the middle; what is not committed is
// rolled back.
class Transaction {
 public:
  explicit Transaction(Sqlite& database) : database_(database), begun_(database.execute("BEGIN IMMEDIATE")) {}
  ~Transaction() {
    if (begun_ && !committed_) (void)database_.execute("ROLLBACK");
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  const Result<std::monostate>& begun() const { return begun_; }
  Result<std::monostate> commit() {
    auto done = database_.execute("COMMIT");
    committed_ = static_cast<bool>(done);
    return done;
  }

 private:
  Sqlite& database_;
  Result<std::monostate> begun_;
  bool committed_ = false;
};

Result<std::monostate> keep_artefact(Sqlite& database, ArtefactKind kind, const std::string& digest,
                                     const Blob& bytes) {
  Statement insert(database, "INSERT INTO artefact (digest, kind, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  insert.bind(1, digest).bind(2, kind_name(kind)).bind(3, bytes);
  return run(insert);
}

Result<std::monostate> prepare(Sqlite& database, const std::string& file) {
  // Durable once committed, whole after a crash: https://sqlite.org/wal.html
  auto set = database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;");
  if (!set) {
    return unusable_store(file, "this file is no store", "name another file: a new one is made where none is there");
  }
  Transaction transaction(database);
  if (!transaction.begun()) return transaction.begun().error();
  auto version = one_number(database, "PRAGMA user_version");
  if (!version) return version.error();
  auto tables = one_number(database, "SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  if (*version == 0 && *tables == 0) {
    auto made = database.execute(kSchema);
    if (!made) return made.error();
    *version = 1;
  }
  if (*version == 1) {
    auto brought = database.execute(kSchemaFrom1);
    if (!brought) return brought.error();
    *version = 2;
  }
  if (*version != kSchemaVersion) {
    return unusable_store(file,
                          fmt::format("the store has version {}, this service knows {}", *version, kSchemaVersion),
                          "use the perdita that made it, or a new file");
  }
  auto done = transaction.commit();
  if (!done) return done.error();
  Statement check(database, "PRAGMA quick_check(1)");
  auto row = check.step();
  if (!row) return row.error();
  if (check.text(0) != "ok") {
    return unusable_store(file, fmt::format("the store is damaged: {}", check.text(0)), "restore it from a backup");
  }
  return std::monostate{};
}

}  // namespace

struct Store::Database {
  std::mutex mutex;
  std::unique_ptr<Sqlite> sqlite;
};

Store::Store(std::unique_ptr<Database> database) : database_(std::move(database)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::string& url) {
  constexpr std::string_view kScheme = "sqlite:";
  std::string file = url.rfind(kScheme, 0) == 0 ? url.substr(kScheme.size()) : url;
  if (file.find("://") != std::string::npos) {
    return unusable_store(url, "only SQLite stores are there yet", "name a file, or sqlite:FILE");
  }
  auto sqlite = Sqlite::open(file);
  if (!sqlite) return sqlite.error();
  auto prepared = prepare(**sqlite, file);
  if (!prepared) return prepared.error();
  auto database = std::make_unique<Database>();
  database->sqlite = std::move(*sqlite);
  return std::unique_ptr<Store>(new Store(std::move(database)));
}

Result<std::string> Store::keep_object(const Blob& object) {
  std::string digest = pipeline::sha256_hex(object);
  std::lock_guard lock(database_->mutex);
  auto kept = keep_artefact(*database_->sqlite, ArtefactKind::object, digest, object);
  if (!kept) return kept.error();
  return digest;
}

Result<std::monostate> Store::keep_signed(const Blob& package, const Signing& signing) {
  std::lock_guard lock(database_->mutex);
  Transaction transaction(*database_->sqlite);
  if (!transaction.begun()) return transaction.begun().error();
  auto kept = keep_artefact(*database_->sqlite, ArtefactKind::package, signing.package_digest, package);
  if (!kept) return kept.error();
  Statement insert(*database_->sqlite,
                   "INSERT INTO signed (package, object, platform, verifier, key, name, sequence, target, content)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, signing.package_digest).bind(2, signing.object_digest).bind(3, signing.platform_digest);
  insert.bind(4, signing.verifier_version).bind(5, signing.key_id).bind(6, signing.name);
  insert.bind(7, std::to_string(signing.sequence));  // SQLite's integers end at 2^63
  insert.bind(8, signing.target).bind(9, signing.content);
  auto logged = run(insert);
  if (!logged) return logged.error();
  return transaction.commit();
}

Result<std::optional<Blob>> Store::find(ArtefactKind kind, const std::string& digest) {
  std::lock_guard lock(database_->mutex);
  Statement select(*database_->sqlite, "SELECT bytes FROM artefact WHERE digest = ? AND kind = ?");
  select.bind(1, digest).bind(2, kind_name(kind));
  auto row = select.step();
  if (!row) return row.error();
  if (!*row) return std::optional<Blob>();
  Blob bytes = select.blob(0);
  if (pipeline::sha256_hex(bytes) == digest) return std::optional<Blob>(std::move(bytes));
  Diagnostic diagnostic;
  diagnostic.code = "store-corrupt";
  diagnostic.message = fmt::format("the {} {} no longer matches its digest", kind_name(kind), digest);
  diagnostic.hint = "restore the store from a backup";
  return diagnostic;
}

Result<std::optional<std::string>> Store::find_verdict(const VerdictKey& key) {
  std::lock_guard lock(database_->mutex);
  Statement select(*database_->sqlite,
                   "SELECT document FROM verdict WHERE object = ? AND platform = ? AND verifier = ? AND options = ?");
  select.bind(1, key.object_digest).bind(2, key.platform_digest).bind(3, key.verifier_version).bind(4, key.options);
  auto row = select.step();
  if (!row) return row.error();
  return *row ? std::optional(select.text(0)) : std::nullopt;
}

Result<std::monostate> Store::keep_verdict(const VerdictKey& key, const std::string& document) {
  std::lock_guard lock(database_->mutex);
  Statement insert(*database_->sqlite,
                   "INSERT INTO verdict (object, platform, verifier, options, document) VALUES (?, ?, ?, ?, ?)"
                   " ON CONFLICT DO NOTHING");
  insert.bind(1, key.object_digest).bind(2, key.platform_digest).bind(3, key.verifier_version).bind(4, key.options);
  insert.bind(5, document);
  return run(insert);
}

Result<uint64_t> Store::signings() {
  std::lock_guard lock(database_->mutex);
  auto count = one_number(*database_->sqlite, "SELECT count(*) FROM signed");
  if (!count) return count.error();
  return static_cast<uint64_t>(*count);
}

}  // namespace perdita::service
