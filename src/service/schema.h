// SPDX-License-Identifier: Apache-2.0
//
// The store's tables (docs/guide/service.md). The version stands in SQLite's user_version. A new version only adds to
// the one before it: a store is made as the first and then brought to each next, as an old one is.
#pragma once

namespace perdita::service {

constexpr int kSchemaVersion = 2;

constexpr const char* kSchema = R"sql(
CREATE TABLE artefact (
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  kind   TEXT NOT NULL CHECK (kind IN ('object', 'package')),
  bytes  BLOB NOT NULL,
  PRIMARY KEY (digest, kind)
) STRICT;
CREATE TABLE verdict (
  object   TEXT NOT NULL,
  platform TEXT NOT NULL,
  verifier TEXT NOT NULL,
  options  TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (object, platform, verifier, options)
) STRICT;
CREATE TABLE signed (
  number   INTEGER PRIMARY KEY AUTOINCREMENT,
  time     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  package  TEXT NOT NULL,
  object   TEXT NOT NULL,
  platform TEXT NOT NULL,
  verifier TEXT NOT NULL,
  key      TEXT NOT NULL,
  name     TEXT NOT NULL,
  sequence TEXT NOT NULL
) STRICT;
CREATE TRIGGER signed_stays_update BEFORE UPDATE ON signed
  BEGIN SELECT RAISE(ABORT, 'the log of signatures only grows'); END;
CREATE TRIGGER signed_stays_delete BEFORE DELETE ON signed
  BEGIN SELECT RAISE(ABORT, 'the log of signatures only grows'); END;
CREATE TRIGGER artefact_stays_update BEFORE UPDATE ON artefact
  BEGIN SELECT RAISE(ABORT, 'artefacts never change'); END;
PRAGMA user_version = 1;
)sql";

// What the package holds: whose code, and all that is said of it, as JSON (pipeline/package_content.h).
constexpr const char* kSchemaFrom1 = R"sql(
ALTER TABLE signed ADD COLUMN target TEXT NOT NULL DEFAULT 'bytecode';
ALTER TABLE signed ADD COLUMN content TEXT;
PRAGMA user_version = 2;
)sql";

}  // namespace perdita::service
