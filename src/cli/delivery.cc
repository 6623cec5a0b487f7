// SPDX-License-Identifier: Apache-2.0
#include "cli/delivery.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pipeline/hex.h"

namespace perdita::cli {

std::string machine_code_text(const pipeline::PackageContent& content) {
  if (!content.native) return "";
  return fmt::format(", with {} bytes of machine code for {}", content.native->code_bytes, content.target);
}

int deliver_and_show(const Terminal& terminal, const deliver::Board& board, const std::string& address,
                     const pipeline::Blob& package, const std::string& did) {
  auto report = board.deliver_package(package, [&terminal](size_t sent, size_t total) {
    terminal.progress(fmt::format("sent {} of {} bytes", sent, total));
  });
  terminal.progress("");
  if (!report) return terminal.fail(report.error());
  auto read = pipeline::read_content(package);
  // The board took it: what does not read here is of a newer version, and shown as far as it goes.
  const pipeline::PackageContent content = read ? *read : pipeline::PackageContent();
  if (terminal.json) {
    nlohmann::ordered_json document = {{"device", address},
                                       {"status", report->status_name},
                                       {"package", content.name},
                                       {"sequence", content.sequence},
                                       {"bytes", package.size()},
                                       {"signed_by", content.key_ids},
                                       {"digest", pipeline::sha256_hex(package)}};
    document.update(pipeline::code_document(content));
    terminal.document(document);
  }
  terminal.result(fmt::format("{}: {} {} (number {}, {} bytes{}, signed by {})\n", address, did, content.name,
                              content.sequence, package.size(), machine_code_text(content),
                              fmt::join(content.key_ids, " and ")));
  return kDone;
}

}  // namespace perdita::cli
