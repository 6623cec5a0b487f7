// SPDX-License-Identifier: Apache-2.0
//
// What a command says and where: results to standard output, messages to standard error, one JSON document where
// --json asks for it, progress only where somebody watches.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "diag/result.h"

namespace perdita::cli {

constexpr int kDone = 0;
constexpr int kNo = 1;
constexpr int kWrongUse = 2;
constexpr int kUnreachable = 3;

enum class Color : uint8_t { automatic, always, never };

class Terminal {
 public:
  bool json = false;
  bool quiet = false;
  Color color = Color::automatic;

  // A result: text as it is. Not where --json was asked for: commands print a document then.
  void result(std::string_view text) const;
  // The one document of --json.
  void document(const nlohmann::ordered_json& document) const;
  // One of many documents, on a line of its own: for commands that do not end by themselves.
  void document_line(const nlohmann::ordered_json& document) const;
  // A result that is bytes.
  void bytes(const uint8_t* bytes, size_t size) const;
  // A message for whoever watches; silenced by --quiet.
  void message(std::string_view text) const;
  // An error: rendered to standard error, and under --json as {"error": …} to standard output. Returns the exit code.
  int fail(const Diagnostic& diagnostic) const;
  // A part of a larger answer that is rendered like an error.
  void diagnose(const Diagnostic& diagnostic) const;
  // Replaces the current line of a terminal; nothing when standard error is none. An empty text clears it.
  void progress(std::string_view text) const;

  // Text in color where color is wanted on standard output.
  std::string good(std::string_view text) const;
  std::string bad(std::string_view text) const;
  std::string strong(std::string_view text) const;

 private:
  bool colored(int fd) const;
  std::string painted(const char* code, std::string_view text) const;
};

}  // namespace perdita::cli
