// SPDX-License-Identifier: Apache-2.0
#include "deliver/board.h"

#include <set>

#include "deliver/board_answers.h"
#include "deliver/coap_uri.h"
#include "isa/status.h"

namespace perdita::deliver {
namespace {

constexpr uint8_t kNotFound = 4 << 5 | 4, kUnavailable = 5 << 5 | 3;

}  // namespace

Diagnostic unreadable(const std::string& address, const std::string& what) {
  return {.code = "board-answer-unreadable",
          .outcome = Outcome::refused,
          .message = "the answer of " + address + " about " + what + " is not of this version",
          .place = {},
          .need = "docs/spec/control.md",
          .have = "other bytes",
          .hint = "use the perdita command of the firmware's version"};
}

namespace {

std::string printable(const std::vector<uint8_t>& bytes) {
  std::string out;
  for (const uint8_t byte : bytes) out += byte >= ' ' && byte < 0x7f ? char(byte) : '.';
  return out;
}

// Of a program, where the claim bounds it for other engines, or for the code of another version of the generator.
bool has_no_bound(const Report& report) {
  return Status(report.status) == Status::over_budget && report.need == UINT64_MAX;
}

// What to do about a refusal, where that follows from its status (docs/spec/status.md).
std::string hint_for(const Report& report) {
  switch (Status(report.status)) {
    case Status::unknown_key_id:
      return "sign with a key that this firmware trusts: 'perdita device show' lists them";
    case Status::bad_signature:
    case Status::digest_mismatch:
      return "the bytes changed after signing: seal the package again";
    case Status::no_signature:
    case Status::truncated:
      return "is that a package of 'perdita seal'?";
    case Status::old_sequence:
      return "seal it with --sequence " + std::to_string(report.need) + " or more";
    case Status::no_claim:
    case Status::no_verifier:
      return "seal the object itself, with a key that may verify: 'perdita seal OBJ --key K'";
    case Status::platform_differs:
    case Status::unknown_function:
    case Status::unknown_hook:
    case Status::unknown_helper:
      return "verify and seal against the platform of this firmware: 'perdita platform diff' says what changed";
    case Status::wrong_vendor:
    case Status::wrong_class:
    case Status::wrong_device:
      return "seal it for this board: 'perdita device show' has its ids";
    case Status::out_of_memory:
      return "remove a package that is no longer needed, or make the maps smaller";
    case Status::map_differs:
      return "define key and value as the packages that share the map do: 'perdita inspect' shows sizes and types";
    case Status::wrong_target:
      return "'perdita device show' says target and engine; 'perdita deploy OBJ --target auto' sends what the board "
             "runs";
    case Status::wrong_abi:
      return "seal with the perdita of the firmware's version; or deploy without --target: the board compiles bytecode";
    case Status::over_budget:
      if (has_no_bound(report)) {
        return "use perdita and firmware of one version; or bring the machine code along: 'perdita deploy OBJ --target "
               "auto'";
      }
      return "make the program's worst case shorter: 'perdita verify' shows its bound";
    default:
      return "docs/spec/status.md says what it means";
  }
}

Diagnostic refused(const Report& report) {
  std::string message = "the board refused the package: " + std::string(status_text(Status(report.status)));
  if (!report.about.empty()) message += " (" + report.about + ")";
  const std::string need = report.need != 0 ? std::to_string(report.need) : "";
  std::string have = report.status_name;
  if (report.need != 0 || report.have != 0) have += ", have " + std::to_string(report.have);
  return {.code = "board-refused",
          .outcome = Outcome::refused,
          .message = message,
          .place = {},
          .need = has_no_bound(report) ? "a bound for the board's engine and its version of the code generator" : need,
          .have = have,
          .hint = hint_for(report)};
}

}  // namespace

Diagnostic declined(const std::string& address, const std::string& what, const Reply& reply) {
  Diagnostic diagnostic{.code = "board-declines",
                        .outcome = Outcome::refused,
                        .message = address + " answers " + reply.code_text() + " to the question about " + what,
                        .place = {},
                        .need = "",
                        .have = printable(reply.payload),
                        .hint = ""};
  if (reply.code == kNotFound) {
    diagnostic.code = "board-has-none";
    diagnostic.hint = "'perdita prog list' and 'perdita map list' show what there is";
  } else if (reply.code == kUnavailable) {
    diagnostic.code = "board-busy";
    diagnostic.hint = "try again in " + std::to_string(reply.max_age_seconds.value_or(1)) + " s";
  }
  return diagnostic;
}

std::string encoded(const std::string& segment) {
  static const char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : segment) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[uint8_t(c) >> 4];
      out += kHex[uint8_t(c) & 15];
    }
  }
  return out;
}

Board::Board(std::string address, std::chrono::milliseconds timeout) : address_(std::move(address)), timeout_(timeout) {
  while (address_.ends_with('/')) address_.pop_back();
}

Result<std::vector<uint8_t>> Board::get(const std::string& path) const {
  const auto uri = parse_uri(address_);
  if (!uri) return uri.error();
  const auto reply = request({.uri = address_ + "/" + path,
                              .method = Method::get,
                              .payload = {},
                              .content_format = {},
                              .timeout = timeout_,
                              .progress = {}});
  if (!reply) return reply.error();
  if (!reply->success()) return declined(address_, path, *reply);
  if (reply->content_format != kFormatCbor) return unreadable(address_, path);
  return reply->payload;
}

template <typename T>
Result<T> Board::read_one(const std::string& path) const {
  const auto bytes = get(path);
  if (!bytes) return bytes.error();
  T out;
  if (!read(*bytes, out)) return unreadable(address_, path);
  return out;
}

template <typename T>
Result<std::vector<T>> Board::read_list(const std::string& path) const {
  std::vector<T> all;
  std::set<uint32_t> visited;
  for (std::optional<uint32_t> from = 0; from;) {
    const auto bytes = get(*from == 0 ? path : path + "?from=" + std::to_string(*from));
    if (!bytes) return bytes.error();
    PageOf<T> page;
    if (!read(*bytes, page)) return unreadable(address_, path);
    std::move(page.items.begin(), page.items.end(), std::back_inserter(all));
    visited.insert(*from);
    // A page that leads back would lead on for ever.
    if (page.next && visited.contains(*page.next)) return unreadable(address_, path);
    from = page.next;
  }
  return all;
}

Result<Device> Board::device() const { return read_one<Device>("device"); }
Result<std::vector<Hook>> Board::hooks() const { return read_list<Hook>("hooks"); }
Result<std::vector<Prog>> Board::progs() const { return read_list<Prog>("progs"); }
Result<std::vector<Package>> Board::packages() const { return read_list<Package>("packages"); }
Result<PackageState> Board::package(const std::string& name) const {
  return read_one<PackageState>("packages/" + encoded(name));
}
Result<std::vector<Map>> Board::maps() const { return read_list<Map>("maps"); }
Result<std::vector<Entry>> Board::entries(const std::string& package, const std::string& map) const {
  return read_list<Entry>("maps/" + encoded(package) + "/" + encoded(map));
}
Result<std::vector<Record>> Board::records(const std::string& package, const std::string& map) const {
  const std::string path = "maps/" + encoded(package) + "/" + encoded(map);
  std::vector<Record> all;
  for (std::optional<uint32_t> from = 0; from;) {
    auto page = read_one<RecordPage>(*from == 0 ? path : path + "?from=" + std::to_string(*from));
    if (!page) return page.error();
    // A page leads on by its records.
    if (page->next && page->records.empty()) return unreadable(address_, path);
    std::move(page->records.begin(), page->records.end(), std::back_inserter(all));
    from = page->next;
  }
  return all;
}
Result<Log> Board::log() const { return read_one<Log>("log"); }

Result<Report> Board::deliver_package(const std::vector<uint8_t>& package,
                                      const std::function<void(size_t sent, size_t total)>& progress) const {
  const auto uri = parse_uri(address_);
  if (!uri) return uri.error();
  const auto reply = request({.uri = address_ + "/packages",
                              .method = Method::post,
                              .payload = package,
                              .content_format = kFormatCbor,
                              .timeout = timeout_,
                              .progress = progress});
  if (!reply) return reply.error();
  Report report;
  const bool reports = reply->content_format == kFormatCbor && read(reply->payload, report);
  if (!reports) {
    return reply->success() ? unreadable(address_, "the package") : declined(address_, "the package", *reply);
  }
  if (!reply->success()) return refused(report);
  return report;
}

}  // namespace perdita::deliver
