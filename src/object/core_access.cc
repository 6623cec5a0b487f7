// SPDX-License-Identifier: Apache-2.0
#include "object/core_access.h"

#include <fmt/format.h>

#include <charconv>

#include "object/refusal.h"

namespace perdita::object {
namespace {

constexpr size_t kMaxSteps = 64;

// Offsets in bits stay far below 2^64 while each factor is a 32-bit number of the BTF.
constexpr uint64_t kMaxBitOffset = uint64_t{1} << 40;

bool advance(const Btf& btf, CoreField& field, uint32_t element, uint32_t index) {
  std::optional<uint64_t> size = btf.size_of(element);
  if (!size || *size * index > kMaxBitOffset / 8) return false;  // both below 2^32
  field.bit_offset += *size * index * 8;
  field.type = element;
  field.bits = 0;
  return field.bit_offset <= kMaxBitOffset;
}

bool advance(CoreField& field, const TypeMember& member) {
  field.bit_offset += member.bit_offset;
  field.type = member.type;
  field.bits = member.bits;
  return field.bit_offset <= kMaxBitOffset;
}

// A trailing array without a length takes any index.
bool index_fits(const Type& array, uint32_t index) { return array.elements == 0 || index < array.elements; }

bool find_member(const Btf& target, uint32_t composite, std::string_view name, CoreField& field, CoreBudget& budget,
                 unsigned depth) {
  if (depth > kMaxTypeDepth) return false;
  for (const TypeMember& member : target.type(composite).members) {
    if (!budget.spend()) return false;
    CoreField inside = field;
    if (member.name == name) return advance(field, member);
    uint32_t nested = target.resolve(member.type);
    if (!member.name.empty() || !target.type(nested).composite() || !advance(inside, member)) continue;
    if (!find_member(target, nested, name, inside, budget, depth + 1)) continue;
    field = inside;
    return true;
  }
  return false;
}

}  // namespace

std::optional<std::vector<uint32_t>> parse_access(std::string_view text) {
  std::vector<uint32_t> numbers;
  while (numbers.size() < kMaxSteps) {
    uint32_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    numbers.push_back(number);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (text.empty()) return numbers;
    if (text[0] != ':') return std::nullopt;
    text.remove_prefix(1);
  }
  return std::nullopt;
}

std::optional<CoreAccess> read_access(const Btf& btf, uint32_t type, std::string_view text) {
  std::optional<std::vector<uint32_t>> numbers = parse_access(text);
  if (!numbers) return std::nullopt;
  CoreAccess access;
  access.root_index = (*numbers)[0];
  access.text = describe(btf.type(type));
  if (!advance(btf, access.field, type, access.root_index)) return std::nullopt;
  for (size_t i = 1; i < numbers->size(); i++) {
    uint32_t number = (*numbers)[i];
    const Type& here = btf.type(btf.resolve(access.field.type));
    if (here.composite()) {
      if (number >= here.members.size() || !advance(access.field, here.members[number])) return std::nullopt;
      const TypeMember& member = here.members[number];
      if (member.name.empty()) continue;  // an anonymous structure: names inside it are found wherever they stand
      access.steps.push_back({member.name, 0, member.type});
      access.text += (access.steps.size() == 1 ? "::" : ".") + printable(member.name);
    } else if (here.kind == TypeKind::array && index_fits(here, number)) {
      if (!advance(btf, access.field, here.target, number)) return std::nullopt;
      access.steps.push_back({{}, number, here.target});
      access.text += fmt::format("[{}]", number);
    } else {
      return std::nullopt;
    }
  }
  return access;
}

std::optional<CoreField> follow(const CoreAccess& access, const Btf& local, const Btf& target, uint32_t root,
                                CoreBudget& budget) {
  CoreField field;
  if (!advance(target, field, root, access.root_index)) return std::nullopt;
  for (const AccessStep& step : access.steps) {
    uint32_t here_id = target.resolve(field.type);
    const Type& here = target.type(here_id);
    if (!step.member.empty()) {
      if (!here.composite() || !find_member(target, here_id, step.member, field, budget, 0)) return std::nullopt;
    } else {
      if (here.kind != TypeKind::array || !index_fits(here, step.index)) return std::nullopt;
      if (!advance(target, field, here.target, step.index)) return std::nullopt;
    }
    if (!fields_compatible(local, step.type, target, field.type, budget)) return std::nullopt;
  }
  return field;
}

}  // namespace perdita::object
