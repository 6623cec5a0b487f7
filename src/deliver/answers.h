// SPDX-License-Identifier: Apache-2.0
//
// The board's answers (docs/spec/control.md) as plain structures. Read strictly, with the same CBOR reader as on the
// board: what is not exactly of its shape is no answer of this version.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace perdita::deliver {

struct DeviceKey {
  std::array<uint8_t, 8> id{};
  uint8_t roles = 0;  // PERDITA_ROLE_…
};

struct Device {
  std::string platform, version, target;
  std::array<uint8_t, 16> vendor_id{}, class_id{}, device_id{};
  std::string engine;  // "guarded", "interpreter" or "native": for programs with a claim
  bool allows_unclaimed = false;
  std::optional<bool> allows_map_changes;  // none: an older firmware, which does not say
  uint32_t memory_bytes = 0, memory_used_bytes = 0, memory_largest_free_bytes = 0;
  uint64_t package_bytes = 0;  // largest package taken
  uint64_t uptime_ns = 0;
  std::vector<DeviceKey> keys;
  std::vector<std::string> capabilities;
  uint32_t runtime_bytes = 0, pinned_bytes = 0;
  std::array<uint32_t, 4> stack_bytes{};  // by level
};

struct Hook {
  std::string name;
  uint32_t level = 0, context_bytes = 0, budget_instructions = 0, capabilities = 0, combine = 0, packet_max_bytes = 0;
  uint32_t period_min_us = 0, period_max_us = 0;  // periodic: largest not 0
  bool answers_requests = false;
};

struct Prog {
  std::string name, package, hook, engine;
  bool attached = false;
  uint64_t runs = 0, misses = 0, faults = 0, time_ns = 0, longest_ns = 0;
  uint32_t last_fault = 0;  // number of a status; 0: none
  uint32_t last_fault_pc = 0;
  int64_t last_result = 0;
  uint64_t bound_instructions = 0;
  uint32_t stack_bytes = 0;
  uint32_t period_us = 0;            // on a periodic hook
  uint64_t last_fault_sequence = 0;  // of the package that faulted; 0: nothing more is known
  uint64_t last_fault_address = 0;
  std::vector<uint32_t> last_fault_return_pcs;  // innermost first
};

// A package's machine code.
struct NativeCode {
  uint32_t bytes = 0;
  std::array<uint8_t, 32> digest{};  // SHA-256
  uint32_t made_bytes = 0;           // of the package's memory_bytes: made on the board; 0: the image brought it
};

struct Package {
  std::string name;
  uint64_t sequence = 0;
  std::array<uint8_t, 32> digest{};
  uint32_t image_bytes = 0, memory_bytes = 0, progs = 0, maps = 0;
  bool claimed = false;
  uint32_t map_bytes = 0, kept_bytes = 0;  // of memory_bytes
  uint64_t kept_sequence = 0;              // of the version that comes back after a fault; 0: none
  std::optional<NativeCode> native;
};

struct PackageState {
  uint64_t sequence_floor = 0;  // the next sequence number must be above it
  std::optional<Package> installed;
};

struct Map {
  std::string name, package;
  uint32_t type = 0, key_bytes = 0, value_bytes = 0, max_entries = 0, flags = 0, entries = 0;
};

struct Entry {
  std::vector<uint8_t> key, value;
};

struct Record {
  std::vector<uint8_t> bytes;
  uint32_t size_bytes = 0;  // of the whole; `bytes` may be its beginning
};

// Records of a ring buffer.
struct RecordPage {
  std::vector<Record> records;
  std::optional<uint32_t> next;
  uint32_t position = 0;  // behind the last one
  uint32_t lost = 0;      // records that programs had no room for
};

struct Log {
  uint64_t total_bytes = 0;  // ever written; `text` is the last of them
  std::string text;
};

// What became of a package; also why a request was refused.
struct Report {
  uint32_t status = 0;
  std::string status_name;
  std::string about;  // the package, import, map or hook it is about; empty for none
  uint64_t need = 0, have = 0;
};

// A page of a list: its items, and where the next page begins.
template <typename T>
struct PageOf {
  std::vector<T> items;
  std::optional<uint32_t> next;
};

// Each: false where the bytes are not of that shape; `out` is then of no use.
bool read(const std::vector<uint8_t>& bytes, Device& out);
bool read(const std::vector<uint8_t>& bytes, PackageState& out);
bool read(const std::vector<uint8_t>& bytes, RecordPage& out);
bool read(const std::vector<uint8_t>& bytes, Log& out);
bool read(const std::vector<uint8_t>& bytes, Report& out);
bool read(const std::vector<uint8_t>& bytes, PageOf<Hook>& out);
bool read(const std::vector<uint8_t>& bytes, PageOf<Prog>& out);
bool read(const std::vector<uint8_t>& bytes, PageOf<Package>& out);
bool read(const std::vector<uint8_t>& bytes, PageOf<Map>& out);
bool read(const std::vector<uint8_t>& bytes, PageOf<Entry>& out);

}  // namespace perdita::deliver
