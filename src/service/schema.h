// SPDX-License-Identifier: Apache-2.0
//
// The store's tables (docs/guide/service.md). The version stands in SQLite's user_version.
#pragma once

namespace perdita::service {

constexpr int kSchemaVersion = 1;

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

}  // namespace perdita::service
