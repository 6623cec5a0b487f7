// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "perdita/period.h"
#include "perdita/request.h"
#include "platform/describe_parts.h"

namespace perdita::platform {
namespace {

constexpr int kWhole = Properties::kWhole;
constexpr int64_t kMaxPacketBytes = 1 << 16;
constexpr const char* kPacket = "platform-packet";
constexpr uint32_t kMaxAnswerBytes = 1024;  // a block of CoAP

std::vector<ContextField> context_fields(PlatformSource& source, const SharedStruct& context) {
  std::vector<ContextField> fields;
  for (const SharedField& shared : context.fields) {
    Properties::Place place{shared.structure, shared.member};
    source.flaws.about("struct " + source.types[shared.structure].name, shared.name);
    ContextField field{.shared = shared};
    if (source.properties.flag(place, "hidden")) {
      source.needs_verify_only("a member that programs may not touch");
      continue;
    }
    field.writable = source.properties.flag(place, "writable");
    bool data = source.properties.flag(place, "data");
    bool data_end = source.properties.flag(place, "data_end");
    bool data_meta = source.properties.flag(place, "data_meta");
    if (data_meta) source.needs_verify_only("a member that points before the packet");
    if (data || data_end || data_meta) {
      field.kind = data ? PERDITA_FIELD_DATA : data_end ? PERDITA_FIELD_DATA_END : PERDITA_FIELD_DATA_META;
      // A narrow slot stands for a whole pointer in a system that replaces the load.
      bool wide = shared.scalar.width == 8 || (source.verify_only && shared.scalar.width == 4);
      if (!wide || shared.scalar.is_signed || shared.is_array || field.writable || data + data_end + data_meta != 1)
        source.flaws.fail(kPacket, fmt::format("member {} cannot hold an address of the packet", shared.name),
                          "one uint64_t that is not writable, PERDITA_DATA or PERDITA_DATA_END");
    }
    if (source.properties.flag(place, "system")) {
      source.needs_verify_only("a member with addresses of the system");
      if (shared.scalar.width != 8 || field.writable || field.kind != PERDITA_FIELD_SCALAR)
        source.flaws.fail(kPacket, fmt::format("member {} cannot hold an address of the system", shared.name),
                          "uint64_t that is not writable");
      field.kind = PERDITA_FIELD_SYSTEM;
    }
    auto object = source.properties.text(place, "to_object");
    if (auto certain = source.properties.text(place, "to_object_always")) {
      object = certain;
      field.object_or_null = false;
    }
    if (object) {
      source.needs_verify_only("a member that points to an object");
      if (shared.scalar.width != 8 || shared.scalar.is_signed || shared.is_array || field.writable || data || data_end)
        source.flaws.fail(kPacket, fmt::format("member {} cannot hold the address of an object", shared.name),
                          "one uint64_t that is not writable, PERDITA_TO_OBJECT");
      field.kind = PERDITA_FIELD_OBJECT;
      field.object = source.object(*object);
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

size_t count(const std::vector<ContextField>& fields, perdita_field_kind kind) {
  return std::count_if(fields.begin(), fields.end(), [&](const ContextField& field) { return field.kind == kind; });
}

void read_packet(PlatformSource& source, Properties::Place place, HookDescription& hook) {
  hook.packet_writable = source.properties.flag(place, "packet_writable");
  auto packet = source.properties.numbers(place, "packet");
  size_t starts = count(hook.fields, PERDITA_FIELD_DATA), ends = count(hook.fields, PERDITA_FIELD_DATA_END);
  if (!packet) {
    if (starts + ends != 0 || hook.packet_writable)
      source.flaws.fail(kPacket, fmt::format("hook {} has a packet but does not say which", hook.name),
                        "PERDITA_PACKET(alignment, largest size in bytes)");
    return;
  }
  auto [alignment, max_bytes] = *packet;
  if (starts != 1 || ends != 1)
    source.flaws.fail(kPacket, fmt::format("the context of hook {} does not say where the packet is", hook.name),
                      "one member with PERDITA_DATA and one with PERDITA_DATA_END");
  if ((alignment != 1 && alignment != 2 && alignment != 4 && alignment != 8) || max_bytes < 1 ||
      max_bytes > kMaxPacketBytes) {
    source.flaws.fail(kPacket, fmt::format("the packet of hook {} cannot be like that", hook.name),
                      fmt::format("alignment 1, 2, 4 or 8; size 1 to {}", kMaxPacketBytes),
                      fmt::format("alignment {}, size {}", alignment, max_bytes));
    return;
  }
  hook.data_alignment = static_cast<uint8_t>(alignment);
  hook.packet_max_bytes = static_cast<uint32_t>(max_bytes);
}

void read_sections(PlatformSource& source, Properties::Place place, HookDescription& hook) {
  hook.sections = source.properties.texts(place, "sections").value_or(std::vector<std::string>{hook.name});
  const size_t most = source.verify_only ? kMaxVerifyOnlySections : kMaxSections;
  if (hook.sections.empty() || hook.sections.size() > most)
    source.flaws.fail("platform-section", fmt::format("hook {} has no sections or too many", hook.name),
                      fmt::format("1 to {}", most), std::to_string(hook.sections.size()));
  for (const std::string& pattern : hook.sections) {
    // A firmware's program says what it is for; another system's may have sections of any name.
    bool usable = !pattern.empty() && (pattern != "*" || source.verify_only) && pattern.size() <= kMaxNameBytes &&
                  pattern.find('*') >= pattern.size() - 1 &&
                  std::all_of(pattern.begin(), pattern.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (!usable)
      source.flaws.fail("platform-section", fmt::format("'{}' cannot name a section", pattern),
                        fmt::format("a name, or a prefix that ends in '*', of at most {} characters", kMaxNameBytes));
  }
}

// The runtime fills in the context of a periodic hook, so it has to be the one that it knows.
void read_periodic(PlatformSource& source, Properties::Place place, HookDescription& hook) {
  auto range = source.properties.range(place, "periodic");
  if (!range) return;
  if (range->min < 1 || range->max > UINT32_MAX)
    source.flaws.fail("platform-range", fmt::format("the periods of hook {} are out of range", hook.name),
                      fmt::format("1 to {} microseconds", UINT32_MAX), fmt::format("{} to {}", range->min, range->max));
  if (hook.context.c_name != "struct perdita_period" || hook.context.size != sizeof(perdita_period))
    source.flaws.fail("platform-periodic", fmt::format("the periodic hook {} has a context of its own", hook.name),
                      "struct perdita_period", hook.context.c_name,
                      "what else its programs need they can get from functions");
  hook.period_min_us = static_cast<uint32_t>(range->min);
  hook.period_max_us = static_cast<uint32_t>(range->max);
}

// The control plane fills in the context of a request hook, and hands over room for an answer of one block.
void read_request(PlatformSource& source, Properties::Place place, HookDescription& hook) {
  hook.request = source.properties.flag(place, "request");
  if (!hook.request) return;
  if (hook.context.c_name != "struct perdita_request" || hook.context.size != sizeof(perdita_request))
    source.flaws.fail("platform-request", fmt::format("the request hook {} has a context of its own", hook.name),
                      "struct perdita_request", hook.context.c_name,
                      "what else its programs need they can get from functions");
  if (hook.level != 0 || hook.data_alignment != 1 || !hook.packet_writable || hook.packet_max_bytes > kMaxAnswerBytes)
    source.flaws.fail("platform-request", fmt::format("the request hook {} cannot be served", hook.name),
                      fmt::format("level 0, PERDITA_PACKET(1, at most {}), PERDITA_PACKET_WRITABLE", kMaxAnswerBytes),
                      fmt::format("level {}, PERDITA_PACKET({}, {}){}", hook.level, hook.data_alignment,
                                  hook.packet_max_bytes, hook.packet_writable ? "" : ", read only"));
  if (hook.result_max < 0 || hook.result_max > hook.packet_max_bytes)
    source.flaws.fail("platform-request", fmt::format("the result of the request hook {} is no size", hook.name),
                      fmt::format("PERDITA_RESULT(-1 or less, at most {})", hook.packet_max_bytes),
                      std::to_string(hook.result_max));
}

void read_combine(PlatformSource& source, Properties::Place place, HookDescription& hook) {
  std::string rule = source.properties.text(place, "combine").value_or("last");
  if (rule == "last") {
    hook.combine = PERDITA_COMBINE_LAST;
  } else if (rule == "first_nonzero") {
    hook.combine = PERDITA_COMBINE_FIRST_NONZERO;
  } else if (rule == "max") {
    hook.combine = PERDITA_COMBINE_MAX;
  } else {
    source.flaws.fail("platform-range", fmt::format("'{}' is no rule to combine results", rule),
                      "\"last\", \"first_nonzero\" or \"max\"");
  }
}

}  // namespace

HookDescription describe_hook(PlatformSource& source, uint32_t variable, std::string name) {
  HookDescription hook;
  hook.name = std::move(name);
  Properties::Place place{variable, kWhole};
  source.flaws.about(hook.name);
  const Type& pointer = source.types[source.types[variable].type];
  if (!is_identifier(hook.name) || pointer.kind != TypeKind::pointer) {
    source.flaws.fail("platform-name", fmt::format("'{}' cannot be a hook", hook.name),
                      fmt::format("PERDITA_HOOK with a name of at most {} characters", kMaxNameBytes));
    return hook;
  }
  hook.context = source.shared.structure(pointer.type, fmt::format("the context of hook {}", hook.name));
  hook.fields = context_fields(source, hook.context);

  source.flaws.about(hook.name);
  Properties& properties = source.properties;
  read_packet(source, place, hook);
  read_sections(source, place, hook);
  read_periodic(source, place, hook);
  read_combine(source, place, hook);
  hook.level = static_cast<uint8_t>(properties.number(place, "level", 0, kMaxLevel).value_or(0));
  auto budget = properties.number(place, "budget", 0, UINT32_MAX);
  if (!budget)
    source.flaws.fail("platform-property-missing", fmt::format("hook {} has no budget", hook.name),
                      "PERDITA_BUDGET(machine instructions that one program may take)", {},
                      "PERDITA_BUDGET(0) sets no limit");
  hook.budget_instructions = static_cast<uint32_t>(budget.value_or(0));
  if (auto range = properties.range(place, "result")) {
    hook.result_min = range->min;
    hook.result_max = range->max;
  }
  read_request(source, place, hook);
  hook.legacy_loads = properties.flag(place, "legacy_loads");
  if (hook.legacy_loads) source.needs_verify_only("packet access of classic BPF");
  for (const std::string& capability : properties.texts(place, "allows").value_or(std::vector<std::string>{}))
    hook.capabilities |= 1u << source.capability(capability);
  return hook;
}

}  // namespace perdita::platform
