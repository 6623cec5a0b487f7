// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "platform/btf.h"
#include "platform/description.h"
#include "platform/file.h"
#include "platform/platform.h"
#include "platform/sha256.h"
#include "wire/reliance.h"

namespace perdita::platform {
namespace {

// Owns the description and the tables that point into it; never moves.
class ParsedPlatform final : public Platform {
 public:
  ParsedPlatform(std::vector<uint8_t> bytes, std::vector<uint8_t> btf, Description description)
      : bytes_(std::move(bytes)),
        btf_(std::move(btf)),
        digest_(sha256_hex(bytes_)),
        description_(std::move(description)) {
    for (const std::string& name : description_.capabilities) capabilities_.push_back(name.c_str());
    fields_.reserve(description_.hooks.size());
    for (const HookDescription& hook : description_.hooks) add(hook);
    args_.reserve(description_.functions.size());
    for (const FunctionDescription& function : description_.functions) add(function);
    tables_ = {.name = description_.name.c_str(),
               .hooks = hooks_.data(),
               .functions = functions_.data(),
               .capabilities = capabilities_.data(),
               .hook_count = static_cast<uint8_t>(hooks_.size()),
               .function_count = static_cast<uint8_t>(functions_.size()),
               .capability_count = static_cast<uint8_t>(capabilities_.size())};
  }
  ParsedPlatform(const ParsedPlatform&) = delete;
  ParsedPlatform& operator=(const ParsedPlatform&) = delete;

  const perdita_platform& tables() const override { return tables_; }
  const std::string& digest() const override { return digest_; }
  const std::vector<uint8_t>& btf() const override { return btf_; }
  const std::vector<uint8_t>& bytes() const override { return bytes_; }

  const perdita_hook* hook(std::string_view name) const override {
    auto found =
        std::find_if(hooks_.begin(), hooks_.end(), [&](const perdita_hook& hook) { return name == hook.name; });
    return found == hooks_.end() ? nullptr : &*found;
  }

  const perdita_function* function(std::string_view name) const override {
    auto found = std::find_if(functions_.begin(), functions_.end(), [&](const perdita_function& function) {
      return function.helper == 0 && name == function.name;
    });
    return found == functions_.end() ? nullptr : &*found;
  }

  const perdita_function* helper(uint32_t number) const override {
    for (const perdita_function& function : functions_) {
      if (function.helper == number) return &function;
    }
    return Platform::helper(number);
  }
  Object object(uint8_t number) const override {
    if (number >= description_.objects.size()) return {"?", 0};
    return {description_.objects[number].name.c_str(), description_.objects[number].size};
  }
  bool verify_only() const override { return description_.verify_only; }
  ObjectSlot object_of(const perdita_hook& hook, const perdita_field& field) const override {
    const HookDescription& described = description_.hooks[static_cast<size_t>(&hook - hooks_.data())];
    const ContextField& slot = described.fields[static_cast<size_t>(&field - hook.fields)];
    return {slot.object, slot.object_or_null};
  }
  bool legacy_loads(const perdita_hook& hook) const override {
    return description_.hooks[static_cast<size_t>(&hook - hooks_.data())].legacy_loads;
  }
  TailCalls tail_calls() const override { return {description_.tail_instructions, description_.tail_stack_bytes}; }

  // A whole name wins over prefixes, a longer prefix over a shorter one; no two hooks have the same pattern.
  const perdita_hook* hook_for_section(std::string_view section) const override {
    const perdita_hook* best = nullptr;
    size_t best_size = 0;
    for (const HookDescription& hook : description_.hooks) {
      for (std::string_view pattern : hook.sections) {
        if (pattern == section) return this->hook(hook.name);
        if (!pattern.ends_with('*')) continue;
        std::string_view prefix = pattern.substr(0, pattern.size() - 1);
        if (!section.starts_with(prefix) || (best != nullptr && prefix.size() <= best_size)) continue;
        best = this->hook(hook.name);
        best_size = prefix.size();
      }
    }
    return best;
  }

  const std::vector<std::string>& sections(const perdita_hook& hook) const override {
    return description_.hooks[static_cast<size_t>(&hook - hooks_.data())].sections;
  }

 private:
  void add(const HookDescription& hook) {
    std::vector<perdita_field>& fields = fields_.emplace_back();
    for (const ContextField& field : hook.fields) {
      fields.push_back({.name = field.shared.name.c_str(),
                        .offset = field.shared.offset,
                        .size = field.shared.size,
                        .kind = static_cast<uint8_t>(field.kind),
                        .writable = field.writable});
    }
    hooks_.push_back({.name = hook.name.c_str(),
                      .context_size = hook.context.size,
                      .fields = fields.data(),
                      .field_count = static_cast<uint8_t>(fields.size()),
                      .level = hook.level,
                      .combine = static_cast<uint8_t>(hook.combine),
                      .data_alignment = hook.data_alignment,
                      .packet_writable = hook.packet_writable,
                      .capabilities = hook.capabilities,
                      .budget_instructions = hook.budget_instructions,
                      .packet_max_bytes = hook.packet_max_bytes,
                      .result_min = hook.result_min,
                      .result_max = hook.result_max,
                      .period_min_us = hook.period_min_us,
                      .period_max_us = hook.period_max_us,
                      .request = hook.request});
  }

  void add(const FunctionDescription& function) {
    std::vector<perdita_arg>& args = args_.emplace_back();
    for (const Parameter& parameter : function.parameters) args.push_back(parameter.arg);
    functions_.push_back({.name = function.name.c_str(),
                          .helper = function.helper,
                          .call = nullptr,
                          .args = args.data(),
                          .arg_count = static_cast<uint8_t>(args.size()),
                          .capability = function.capability,
                          .result = function.result,
                          .cost_instructions = function.cost_instructions,
                          .cost_instructions_per_byte = function.cost_instructions_per_byte,
                          .stack_bytes = function.stack_bytes});
  }

  std::vector<uint8_t> bytes_, btf_;
  std::string digest_;
  Description description_;
  std::vector<const char*> capabilities_;
  std::vector<std::vector<perdita_field>> fields_;
  std::vector<perdita_hook> hooks_;
  std::vector<std::vector<perdita_arg>> args_;
  std::vector<perdita_function> functions_;
  perdita_platform tables_{};
};

Diagnostic form_too_long(const char* kind, const char* name) {
  return {.code = "platform-limit",
          .outcome = Outcome::unusable_input,
          .message = fmt::format("the {} {} says more than its digest can cover", kind, name),
          .place = {},
          .need = fmt::format("a canonical form of at most {} bytes (docs/spec/reliance.md)", wire::kRelianceFormBytes),
          .have = {},
          .hint = "give the context fewer members or shorter names"};
}

// Whether boards can compute what packages will rely on: each entry's canonical form fits their buffer.
std::optional<Diagnostic> check_forms(const perdita_platform& tables) {
  uint8_t form[wire::kRelianceFormBytes];
  size_t size = 0;
  for (size_t i = 0; i < tables.hook_count; i++) {
    if (wire::hook_form(tables, tables.hooks[i], MutableBytes(form), size) != Status::ok)
      return form_too_long("hook", tables.hooks[i].name);
  }
  for (size_t i = 0; i < tables.function_count; i++) {
    if (wire::function_form(tables, tables.functions[i], MutableBytes(form), size) != Status::ok)
      return form_too_long("function", tables.functions[i].name);
  }
  return std::nullopt;
}

}  // namespace

Result<std::shared_ptr<const Platform>> parse(std::vector<uint8_t> bytes) {
  Result<std::vector<uint8_t>> btf = read_file(bytes);
  if (!btf) return btf.error();
  Result<std::vector<Type>> types = read_btf(*btf);
  if (!types) return types.error();
  std::variant<Description, Flaw> described = describe(*types);
  if (const Flaw* flaw = std::get_if<Flaw>(&described)) return flaw->diagnostic;
  auto platform = std::make_shared<const ParsedPlatform>(std::move(bytes), std::move(*btf),
                                                         std::get<Description>(std::move(described)));
  // No package relies on a platform that nothing is compiled for.
  if (!platform->verify_only()) {
    if (std::optional<Diagnostic> error = check_forms(platform->tables())) return *error;
  }
  return std::shared_ptr<const Platform>(std::move(platform));
}

}  // namespace perdita::platform
