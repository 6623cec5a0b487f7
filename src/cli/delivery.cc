// SPDX-License-Identifier: Apache-2.0
#include "cli/delivery.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pipeline/hex.h"
#include "wire/package.h"

namespace perdita::cli {

int deliver_and_show(const Terminal& terminal, const deliver::Board& board, const std::string& address,
                     const pipeline::Blob& package, const std::string& did) {
  auto report = board.deliver_package(package, [&terminal](size_t sent, size_t total) {
    terminal.progress(fmt::format("sent {} of {} bytes", sent, total));
  });
  terminal.progress("");
  if (!report) return terminal.fail(report.error());
  wire::PackageView view;
  std::string name;
  uint64_t sequence = 0;
  std::vector<std::string> signers;
  if (wire::read_package({package.data(), package.size()}, view) == Status::ok) {
    name.assign(view.name.data(), view.name.size());
    sequence = view.sequence;
    for (uint32_t i = 0; i < view.signature_count; i++) {
      signers.push_back(pipeline::to_hex(view.signatures[i].key_id.data(), view.signatures[i].key_id.size()));
    }
  }
  if (terminal.json) {
    terminal.document({{"device", address},
                       {"status", report->status_name},
                       {"package", name},
                       {"sequence", sequence},
                       {"bytes", package.size()},
                       {"signed_by", signers},
                       {"digest", pipeline::sha256_hex(package)}});
  }
  terminal.result(fmt::format("{}: {} {} (number {}, {} bytes, signed by {})\n", address, did, name, sequence,
                              package.size(), fmt::join(signers, " and ")));
  return kDone;
}

}  // namespace perdita::cli
