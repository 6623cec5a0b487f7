// SPDX-License-Identifier: Apache-2.0
#include "deliver/answers.h"

#include <algorithm>

#include "isa/insn.h"
#include "wire/cbor_reader.h"

namespace perdita::deliver {
namespace {

using wire::CborReader;

// Reads values key by key, in the order of their keys from 1 on.
class Fields {
 public:
  Fields(CborReader& reader, uint32_t count) : reader_(reader) {
    reader.require(reader.map() == count, Status::bad_value);
  }
  explicit Fields(CborReader& reader) : reader_(reader) { count_ = reader.map(); }

  uint32_t count() const { return count_; }
  CborReader& next() {
    reader_.key(++key_);
    return reader_;
  }
  void read(std::string& out) {
    const Text text = next().text();
    out.assign(text.data(), text.size());
  }
  template <typename T>
    requires std::is_unsigned_v<T>
  void read(T& out) {
    out = T(next().unsigned_integer(T(~T{0})));
  }
  void read(bool& out) { out = next().boolean(); }
  void read(int64_t& out) { out = next().integer(); }
  template <size_t N>
  void read(std::array<uint8_t, N>& out) {
    const Bytes bytes = next().bytes(N);
    if (bytes.size() == N) std::copy_n(bytes.data(), N, out.begin());
  }

 private:
  CborReader& reader_;
  uint64_t key_ = 0;
  uint32_t count_ = 0;
};

void read_engine(Fields& fields, std::string& out) {
  static const char* const kEngines[] = {"guarded", "interpreter", "native"};  // perdita_engine
  out = kEngines[fields.next().unsigned_integer(std::size(kEngines) - 1)];
}

void read_item(CborReader& reader, DeviceKey& out) {
  Fields fields(reader, 2);
  fields.read(out.id);
  fields.read(out.roles);
}

void read_item(CborReader& reader, Hook& out) {
  Fields fields(reader);
  reader.require(fields.count() >= 7 && fields.count() <= 9, Status::bad_value);
  fields.read(out.name);
  fields.read(out.level);
  fields.read(out.context_bytes);
  fields.read(out.budget_instructions);
  fields.read(out.capabilities);
  fields.read(out.combine);
  fields.read(out.packet_max_bytes);
  // What only some hooks are.
  wire::MapKey key;
  for (uint32_t i = 7; i < fields.count() && reader.ok(); i++) {
    reader.key(key);
    if (key.number == 8 && !key.is_text) {
      reader.array(2);
      out.period_min_us = uint32_t(reader.unsigned_integer(UINT32_MAX));
      out.period_max_us = uint32_t(reader.unsigned_integer(UINT32_MAX));
    } else {
      reader.require(key.number == 9 && !key.is_text, Status::unknown_key);
      out.answers_requests = reader.boolean();
    }
  }
}

void read_fault(CborReader& reader, Prog& out) {
  const uint32_t count = reader.array();
  reader.require(count >= 2 && count < 2 + isa::kMaxFrames, Status::bad_value);
  out.last_fault_sequence = reader.unsigned_integer(UINT64_MAX);
  out.last_fault_address = reader.unsigned_integer(UINT64_MAX);
  for (uint32_t i = 2; i < count && reader.ok(); i++) {
    out.last_fault_return_pcs.push_back(uint32_t(reader.unsigned_integer(UINT32_MAX)));
  }
}

void read_item(CborReader& reader, Prog& out) {
  Fields fields(reader);
  reader.require(fields.count() >= 15 && fields.count() <= 17, Status::bad_value);
  fields.read(out.name);
  fields.read(out.package);
  fields.read(out.hook);
  fields.read(out.attached);
  read_engine(fields, out.engine);
  fields.read(out.runs);
  fields.read(out.misses);
  fields.read(out.faults);
  fields.read(out.time_ns);
  fields.read(out.longest_ns);
  fields.read(out.last_fault);
  fields.read(out.last_fault_pc);
  fields.read(out.last_result);
  fields.read(out.bound_instructions);
  fields.read(out.stack_bytes);
  // What only some programs have.
  wire::MapKey key;
  for (uint32_t i = 15; i < fields.count() && reader.ok(); i++) {
    reader.key(key);
    if (key.number == 16 && !key.is_text) {
      read_fault(reader, out);
    } else {
      reader.require(key.number == 20 && !key.is_text, Status::unknown_key);
      out.period_us = uint32_t(reader.unsigned_integer(UINT32_MAX));
    }
  }
}

void read_item(CborReader& reader, Package& out) {
  Fields fields(reader);
  reader.require(fields.count() == 9 || fields.count() == 10, Status::bad_value);
  fields.read(out.name);
  fields.read(out.sequence);
  fields.read(out.digest);
  fields.read(out.image_bytes);
  fields.read(out.memory_bytes);
  fields.read(out.claimed);
  fields.read(out.progs);
  fields.read(out.maps);
  fields.next().array(3);
  out.map_bytes = uint32_t(reader.unsigned_integer(UINT32_MAX));
  out.kept_bytes = uint32_t(reader.unsigned_integer(UINT32_MAX));
  out.kept_sequence = reader.unsigned_integer(UINT64_MAX);
  if (fields.count() != 10) return;
  NativeCode& code = out.native.emplace();
  fields.next().array(3);
  code.bytes = uint32_t(reader.unsigned_integer(UINT32_MAX));
  const Bytes digest = reader.bytes(code.digest.size());
  if (reader.ok()) std::copy_n(digest.data(), digest.size(), code.digest.begin());
  code.made_bytes = uint32_t(reader.unsigned_integer(UINT32_MAX));
}

void read_item(CborReader& reader, Map& out) {
  Fields fields(reader, 8);
  fields.read(out.name);
  fields.read(out.package);
  fields.read(out.type);
  fields.read(out.key_bytes);
  fields.read(out.value_bytes);
  fields.read(out.max_entries);
  fields.read(out.flags);
  fields.read(out.entries);
}

void read_item(CborReader& reader, Entry& out) {
  reader.array(2);
  const Bytes key = reader.bytes();
  const Bytes value = reader.bytes();
  out.key.assign(key.begin(), key.end());
  out.value.assign(value.begin(), value.end());
}

void read_item(CborReader& reader, Record& out) {
  const bool cut = reader.peek() == wire::CborType::array;
  if (cut) {
    reader.array(2);
    out.size_bytes = uint32_t(reader.unsigned_integer(UINT32_MAX));
  }
  const Bytes bytes = reader.bytes();
  out.bytes.assign(bytes.begin(), bytes.end());
  if (!cut) out.size_bytes = uint32_t(bytes.size());
}

void read_item(CborReader& reader, std::string& out) {
  const Text text = reader.text();
  out.assign(text.data(), text.size());
}

template <typename T>
void read_items(CborReader& reader, std::vector<T>& out) {
  const uint32_t count = reader.array();
  for (uint32_t i = 0; i < count && reader.ok(); i++) read_item(reader, out.emplace_back());
}

template <typename T>
bool read_page(const std::vector<uint8_t>& bytes, PageOf<T>& out) {
  CborReader reader({bytes.data(), bytes.size()});
  Fields fields(reader);
  read_items(fields.next(), out.items);
  if (fields.count() == 2) {
    uint32_t next = 0;
    fields.read(next);
    out.next = next;
  }
  reader.require(fields.count() <= 2, Status::unknown_key);
  return reader.finish() == Status::ok;
}

}  // namespace

bool read(const std::vector<uint8_t>& bytes, Device& out) {
  CborReader reader({bytes.data(), bytes.size()});
  Fields fields(reader);
  reader.require(fields.count() == 14 || fields.count() == 15, Status::bad_value);
  fields.read(out.platform);
  fields.read(out.version);
  fields.read(out.vendor_id);
  fields.read(out.class_id);
  fields.read(out.device_id);
  fields.read(out.target);
  read_engine(fields, out.engine);
  fields.read(out.allows_unclaimed);
  fields.next().array(3);
  out.memory_bytes = uint32_t(reader.unsigned_integer(UINT32_MAX));
  out.memory_used_bytes = uint32_t(reader.unsigned_integer(UINT32_MAX));
  out.memory_largest_free_bytes = uint32_t(reader.unsigned_integer(UINT32_MAX));
  fields.read(out.package_bytes);
  fields.read(out.uptime_ns);
  read_items(fields.next(), out.keys);
  read_items(fields.next(), out.capabilities);
  fields.next().array(2 + uint32_t(out.stack_bytes.size()));
  out.runtime_bytes = uint32_t(reader.unsigned_integer(UINT32_MAX));
  out.pinned_bytes = uint32_t(reader.unsigned_integer(UINT32_MAX));
  for (uint32_t& stack : out.stack_bytes) stack = uint32_t(reader.unsigned_integer(UINT32_MAX));
  if (fields.count() == 15) fields.read(out.allows_map_changes.emplace());
  return reader.finish() == Status::ok;
}

bool read(const std::vector<uint8_t>& bytes, PackageState& out) {
  CborReader reader({bytes.data(), bytes.size()});
  Fields fields(reader);
  fields.read(out.sequence_floor);
  if (fields.count() == 2) read_item(fields.next(), out.installed.emplace());
  reader.require(fields.count() <= 2, Status::unknown_key);
  return reader.finish() == Status::ok;
}

bool read(const std::vector<uint8_t>& bytes, RecordPage& out) {
  CborReader reader({bytes.data(), bytes.size()});
  const uint32_t keys = reader.map();
  reader.require(keys == 3 || keys == 4, Status::bad_value);
  reader.key(1);
  read_items(reader, out.records);
  if (keys == 4) {
    reader.key(2);
    out.next = uint32_t(reader.unsigned_integer(UINT32_MAX));
  }
  reader.key(3);
  out.position = uint32_t(reader.unsigned_integer(UINT32_MAX));
  reader.key(4);
  out.lost = uint32_t(reader.unsigned_integer(UINT32_MAX));
  return reader.finish() == Status::ok;
}

bool read(const std::vector<uint8_t>& bytes, Log& out) {
  CborReader reader({bytes.data(), bytes.size()});
  Fields fields(reader, 2);
  fields.read(out.total_bytes);
  const Bytes text = fields.next().bytes();
  out.text.assign(text.begin(), text.end());
  return reader.finish() == Status::ok;
}

bool read(const std::vector<uint8_t>& bytes, Report& out) {
  CborReader reader({bytes.data(), bytes.size()});
  Fields fields(reader, 5);
  fields.read(out.status);
  fields.read(out.status_name);
  fields.read(out.about);
  fields.read(out.need);
  fields.read(out.have);
  return reader.finish() == Status::ok;
}

bool read(const std::vector<uint8_t>& bytes, PageOf<Hook>& out) { return read_page(bytes, out); }
bool read(const std::vector<uint8_t>& bytes, PageOf<Prog>& out) { return read_page(bytes, out); }
bool read(const std::vector<uint8_t>& bytes, PageOf<Package>& out) { return read_page(bytes, out); }
bool read(const std::vector<uint8_t>& bytes, PageOf<Map>& out) { return read_page(bytes, out); }
bool read(const std::vector<uint8_t>& bytes, PageOf<Entry>& out) { return read_page(bytes, out); }

}  // namespace perdita::deliver
