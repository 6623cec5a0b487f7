// SPDX-License-Identifier: Apache-2.0
#include "control/resources.h"

#include <string.h>

#include "control/page.h"
#include "control/ring_page.h"
#include "wire/cbor_writer.h"

namespace perdita::control {
namespace {

using wire::CborWriter;

// RFC 6690. `ct`: 60 is CBOR; `rt` names our resource types, docs/spec/control.md.
constexpr char kLinks[] =
    "</device>;rt=\"perdita.device\";ct=60,"
    "</hooks>;rt=\"perdita.hooks\";ct=60,"
    "</progs>;rt=\"perdita.progs\";ct=60,"
    "</packages>;rt=\"perdita.packages\";ct=60,"
    "</maps>;rt=\"perdita.maps\";ct=60,"
    "</log>;rt=\"perdita.log\";ct=60";

void put(CborWriter& writer, uint64_t key, uint64_t value) {
  writer.unsigned_integer(key);
  writer.unsigned_integer(value);
}

void put(CborWriter& writer, uint64_t key, const char* value) {
  writer.unsigned_integer(key);
  writer.text(text(value));
}

void put(CborWriter& writer, uint64_t key, Bytes value) {
  writer.unsigned_integer(key);
  writer.bytes(value);
}

void put_boolean(CborWriter& writer, uint64_t key, bool value) {
  writer.unsigned_integer(key);
  writer.boolean(value);
}

// ---- one item each ----

void write_device(CborWriter& writer, const View& view) {
  const perdita_config& config = *perdita_configuration(view.runtime);
  perdita_memory_info memory;
  perdita_memory(view.runtime, &memory);
  writer.map(15);
  put(writer, 1, config.platform->name);
  put(writer, 2, PERDITA_VERSION);
  put(writer, 3, Bytes(config.vendor_id));
  put(writer, 4, Bytes(config.class_id));
  put(writer, 5, Bytes(config.device_id));
  put(writer, 6, config.target);
  put(writer, 7, uint64_t(config.engine));
  put_boolean(writer, 8, config.allow_unclaimed != 0);
  writer.unsigned_integer(9);
  writer.array(3);
  writer.unsigned_integer(memory.total_bytes);
  writer.unsigned_integer(memory.used_bytes);
  writer.unsigned_integer(memory.largest_free_bytes);
  put(writer, 10, view.package_bytes);
  put(writer, 11, config.port->core.clock_ns(config.port->user));
  writer.unsigned_integer(12);
  writer.array(config.key_count);
  for (size_t i = 0; i < config.key_count; i++) {
    writer.map(2);
    put(writer, 1, Bytes(config.keys[i].id));
    put(writer, 2, config.keys[i].roles);
  }
  writer.unsigned_integer(13);
  writer.array(config.platform->capability_count);
  for (size_t i = 0; i < config.platform->capability_count; i++) writer.text(text(config.platform->capabilities[i]));
  writer.unsigned_integer(14);
  writer.array(2 + PERDITA_MAX_LEVELS);
  writer.unsigned_integer(memory.runtime_bytes);
  writer.unsigned_integer(memory.pinned_bytes);
  for (const uint32_t bytes : memory.stack_bytes) writer.unsigned_integer(bytes);
  put_boolean(writer, 15, config.allow_map_changes != 0);
}

void write_hook(CborWriter& writer, const perdita_hook& hook) {
  const bool periodic = hook.period_max_us != 0;
  const bool request = hook.request != 0;
  writer.map(7 + (periodic ? 1 : 0) + (request ? 1 : 0));
  put(writer, 1, hook.name);
  put(writer, 2, hook.level);
  put(writer, 3, hook.context_size);
  put(writer, 4, hook.budget_instructions);
  put(writer, 5, hook.capabilities);
  put(writer, 6, hook.combine);
  put(writer, 7, hook.packet_max_bytes);
  if (periodic) {
    writer.unsigned_integer(8);
    writer.array(2);
    writer.unsigned_integer(hook.period_min_us);
    writer.unsigned_integer(hook.period_max_us);
  }
  if (request) put_boolean(writer, 9, true);
}

void write_prog(CborWriter& writer, const perdita_prog_info& prog, const perdita_platform& platform) {
  const bool told = prog.last_fault_sequence != 0;
  const bool periodic = prog.period_us != 0;
  writer.map(15 + (told ? 1 : 0) + (periodic ? 1 : 0));
  put(writer, 1, prog.name);
  put(writer, 2, prog.package);
  put(writer, 3, prog.hook < platform.hook_count ? platform.hooks[prog.hook].name : "");
  put_boolean(writer, 4, prog.attached != 0);
  put(writer, 5, uint64_t(prog.engine));
  put(writer, 6, prog.runs);
  put(writer, 7, prog.misses);
  put(writer, 8, prog.faults);
  put(writer, 9, prog.time_ns);
  put(writer, 10, prog.longest_ns);
  put(writer, 11, uint64_t(prog.last_fault));
  put(writer, 12, prog.last_fault_pc);
  writer.unsigned_integer(13);
  writer.integer(prog.last_result);
  put(writer, 14, prog.bound_instructions);
  put(writer, 15, prog.stack_bytes);
  if (told) {
    writer.unsigned_integer(16);
    writer.array(2 + prog.last_fault_frames);
    writer.unsigned_integer(prog.last_fault_sequence);
    writer.unsigned_integer(prog.last_fault_address);
    for (uint32_t i = 0; i < prog.last_fault_frames; i++) writer.unsigned_integer(prog.last_fault_return_pcs[i]);
  }
  if (periodic) put(writer, 20, prog.period_us);
}

void write_package(CborWriter& writer, const perdita_runtime* runtime, uint32_t index,
                   const perdita_package_info& package) {
  uint8_t digest[32] = {};
  perdita_package_digest(runtime, index, digest);
  perdita_bytes code;
  const bool native = perdita_package_code(runtime, index, &code) != 0;
  writer.map(native ? 10 : 9);
  put(writer, 1, package.name);
  put(writer, 2, package.sequence);
  put(writer, 3, Bytes(digest));
  put(writer, 4, package.image_bytes);
  put(writer, 5, package.memory_bytes);
  put_boolean(writer, 6, package.claimed != 0);
  put(writer, 7, package.prog_count);
  put(writer, 8, package.map_count);
  writer.unsigned_integer(9);
  writer.array(3);
  writer.unsigned_integer(package.map_bytes);
  writer.unsigned_integer(package.kept_bytes);
  writer.unsigned_integer(package.kept_sequence);
  if (!native) return;
  const perdita_port& port = *perdita_configuration(runtime)->port;
  port.crypto.sha256(port.user, &code, 1, digest);
  writer.unsigned_integer(10);
  writer.array(3);
  writer.unsigned_integer(code.size);
  writer.bytes(Bytes(digest));
  writer.unsigned_integer(package.code_bytes);
}

void write_map(CborWriter& writer, const perdita_map_info& map) {
  writer.map(8);
  put(writer, 1, map.name);
  put(writer, 2, map.package);
  put(writer, 3, map.type);
  put(writer, 4, map.key_size);
  put(writer, 5, map.value_size);
  put(writer, 6, map.max_entries);
  put(writer, 7, map.flags);
  put(writer, 8, map.entries);
}

// ---- lists ----

// Fills a page with the items from index `from` on. `write(index, writer)` returns false behind the last one.
template <typename Write>
Rendered render_list(uint32_t from, MutableBytes out, size_t& size, Write write) {
  Page page(out);
  bool behind_last = false;
  uint32_t index = from;
  const auto next_item = [&](CborWriter& writer) {
    behind_last = !write(index, writer);
    return !behind_last;
  };
  while (page.item(next_item)) index++;
  if (!behind_last && page.items() == 0) {
    CborWriter measure({});
    write(index, measure);
    size = Page::kFrameBytes + measure.size();
    return Rendered::no_room;
  }
  size = page.finish(!behind_last, index);
  return behind_last ? Rendered::complete : Rendered::page;
}

// Bytes of a byte string's head (RFC 8949, section 3).
size_t head_bytes(size_t length) {
  CborWriter writer({});
  writer.bytes_head(length);
  return writer.size();
}

// The entries of a map, written in place: the runtime copies keys and values to where they are sent from.
Rendered render_entries(const View& view, uint32_t map_index, uint32_t from, MutableBytes out, size_t& size) {
  perdita_map_info map;
  if (perdita_map_at(view.runtime, map_index, &map) == 0) map = {};
  const size_t key_head = 1 + head_bytes(map.key_size);
  const size_t value_head = head_bytes(map.value_size);
  const size_t entry_bytes = key_head + map.key_size + value_head + map.value_size;
  Page page(out);
  uint32_t cursor = from;
  // The cursor of a healthy map ends; the count keeps a list bounded that programs change while it is read.
  for (uint32_t count = 0; count < map.max_entries; count++) {
    const MutableBytes room = page.room();
    if (room.size() < entry_bytes) {
      if (page.items() == 0) {
        size = Page::kFrameBytes + entry_bytes;
        return Rendered::no_room;
      }
      size = page.finish(true, cursor);
      return Rendered::page;
    }
    uint8_t* const key = room.data() + key_head;
    uint8_t* const value = key + map.key_size + value_head;
    if (perdita_map_next(view.runtime, map_index, &cursor, key, value) == 0) break;
    CborWriter before_key(room);
    before_key.array(2);
    before_key.bytes_head(map.key_size);
    CborWriter before_value(room.subspan(key_head + map.key_size));
    before_value.bytes_head(map.value_size);
    page.take(entry_bytes);
  }
  size = page.finish(false, 0);
  return Rendered::complete;
}

// ---- single documents ----

template <typename Write>
Rendered render_document(MutableBytes out, size_t& size, Write write) {
  CborWriter writer(out);
  write(writer);
  size = writer.size();
  return writer.status() == Status::ok ? Rendered::complete : Rendered::no_room;
}

Rendered render_log(const View& view, MutableBytes out, size_t& size) {
  const perdita_port& port = *perdita_configuration(view.runtime)->port;
  const uint32_t state = port.core.lock(port.user);
  CborWriter writer(out);
  writer.map(2);
  put(writer, 1, view.log->total());
  writer.unsigned_integer(2);
  writer.bytes_head(view.log->kept());
  size = writer.size() + view.log->kept();
  const bool fits = size <= out.size();
  if (fits) view.log->copy(out.data() + writer.size());
  port.core.unlock(port.user, state);
  return fits ? Rendered::complete : Rendered::no_room;
}

// Text that counts on where it does not fit.
struct LinkText {
  MutableBytes out;
  size_t size = 0;

  void put(Text more) {
    if (size + more.size() <= out.size()) memcpy(out.data() + size, more.data(), more.size());
    size += more.size();
  }
  // A name in a path: of what names may hold only '/' means something there (RFC 3986, section 3.3).
  void put_segment(Text name) {
    for (const char& c : name) put(c == '/' ? text("%2F") : Text(&c, 1));
  }
};

Rendered render_links(const View& view, MutableBytes out, size_t& size) {
  LinkText links{out};
  links.put(text(kLinks));
  perdita_prog_info prog;
  for (uint32_t index = 0; perdita_prog_at(view.runtime, index, &prog) != 0; index++) {
    if (perdita_answers(view.runtime, prog.package, prog.name) == nullptr) continue;
    links.put(text(",</x/"));
    links.put_segment(text(prog.package));
    links.put(text("/"));
    links.put_segment(text(prog.name));
    links.put(text(">;rt=\"perdita.answer\""));
  }
  size = links.size;
  return size <= out.size() ? Rendered::complete : Rendered::no_room;
}

// The records that are there, without taking them: that is for observers (observers.h).
Rendered render_ring(const View& view, uint32_t map_index, uint32_t from, MutableBytes out, size_t& size) {
  perdita_ring_info ring{};
  perdita_ring_at(view.runtime, map_index, &ring);
  const RecordRange range{from == 0 ? ring.consumer : from};
  const RingPage page = render_records(view.runtime, map_index, range, ring.lost, PageUse::listing, out);
  size = page.size;
  return page.rendered;
}

// ---- paths ----

bool find_map(const perdita_runtime* runtime, Text package, Text name, uint32_t& index) {
  perdita_map_info map;
  for (index = 0; perdita_map_at(runtime, index, &map) != 0; index++) {
    if (equal(text(map.package), package) && equal(text(map.name), name)) return true;
  }
  return false;
}

bool find_package(const perdita_runtime* runtime, Text name, uint32_t& index, perdita_package_info& package) {
  for (index = 0; perdita_package_at(runtime, index, &package) != 0; index++) {
    if (equal(text(package.name), name)) return true;
  }
  return false;
}

// { 1: highest sequence number taken, ? 2: the package, where it is installed }. `name` is a name, so it fits.
void write_package_state(CborWriter& writer, const View& view, Text name) {
  char zero_terminated[PERDITA_NAME_BYTES] = {};
  memcpy(zero_terminated, name.data(), name.size());
  uint32_t index = 0;
  perdita_package_info package;
  const bool installed = find_package(view.runtime, name, index, package);
  writer.map(installed ? 2 : 1);
  put(writer, 1, perdita_sequence(view.runtime, zero_terminated));
  if (!installed) return;
  writer.unsigned_integer(2);
  write_package(writer, view.runtime, index, package);
}

}  // namespace

Subject find_resource(const View& view, const Request& request) {
  struct Entry {
    const char* path;
    Resource resource;
    bool paged;
  };
  static constexpr Entry kEntries[] = {{"device", Resource::device, false}, {"hooks", Resource::hooks, true},
                                       {"progs", Resource::progs, true},    {"packages", Resource::packages, true},
                                       {"maps", Resource::maps, true},      {"log", Resource::log, false}};
  Subject subject;
  if (request.path_is(".well-known", "core")) {
    subject.resource = Resource::links;
    subject.format = kFormatLinks;
    return subject;
  }
  for (const Entry& entry : kEntries) {
    if (!request.path_is(entry.path)) continue;
    subject.resource = entry.resource;
    subject.paged = entry.paged;
    return subject;
  }
  if (request.path_segments == 2 && equal(request.path[0], text("packages"))) {
    const Text name = request.path[1];
    if (!wire::is_name(name)) return subject;
    subject.resource = Resource::package;
    subject.package = name;
  }
  if (request.path_segments == 3 && equal(request.path[0], text("maps")) &&
      find_map(view.runtime, request.path[1], request.path[2], subject.map_index)) {
    perdita_ring_info ring;
    const bool is_ring = perdita_ring_at(view.runtime, subject.map_index, &ring) != 0;
    subject.resource = is_ring ? Resource::records : Resource::entries;
    subject.paged = true;
  }
  return subject;
}

Rendered render(const View& view, const Subject& subject, uint32_t from, MutableBytes out, size_t& size) {
  const perdita_platform& platform = *perdita_configuration(view.runtime)->platform;
  switch (subject.resource) {
    case Resource::links:
      return render_links(view, out, size);
    case Resource::device:
      return render_document(out, size, [&](CborWriter& writer) { write_device(writer, view); });
    case Resource::package:
      return render_document(out, size,
                             [&](CborWriter& writer) { write_package_state(writer, view, subject.package); });
    case Resource::log:
      return render_log(view, out, size);
    case Resource::entries:
      return render_entries(view, subject.map_index, from, out, size);
    case Resource::records:
      return render_ring(view, subject.map_index, from, out, size);
    case Resource::hooks:
      return render_list(from, out, size, [&](uint32_t index, CborWriter& writer) {
        if (index >= platform.hook_count) return false;
        write_hook(writer, platform.hooks[index]);
        return true;
      });
    case Resource::progs:
      return render_list(from, out, size, [&](uint32_t index, CborWriter& writer) {
        perdita_prog_info prog;
        if (perdita_prog_at(view.runtime, index, &prog) == 0) return false;
        write_prog(writer, prog, platform);
        return true;
      });
    case Resource::packages:
      return render_list(from, out, size, [&](uint32_t index, CborWriter& writer) {
        perdita_package_info package;
        if (perdita_package_at(view.runtime, index, &package) == 0) return false;
        write_package(writer, view.runtime, index, package);
        return true;
      });
    case Resource::maps:
      return render_list(from, out, size, [&](uint32_t index, CborWriter& writer) {
        perdita_map_info map;
        if (perdita_map_at(view.runtime, index, &map) == 0) return false;
        write_map(writer, map);
        return true;
      });
    case Resource::none:
      break;
  }
  size = 0;
  return Rendered::no_room;
}

}  // namespace perdita::control
