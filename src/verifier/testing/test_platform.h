// SPDX-License-Identifier: Apache-2.0
//
// Test only. A platform and a module to put programs into, made by hand: three hooks, functions with every kind of
// argument, and maps of every kind. tests/verifier/README.md lists them for whoever writes cases.
#pragma once

#include "object/module.h"
#include "platform/platform.h"

namespace perdita::verifier::testing {

class TestPlatform : public platform::Platform {
 public:
  const perdita_platform& tables() const override;
  const perdita_hook* hook(std::string_view name) const override;
  const perdita_function* function(std::string_view name) const override;
  const perdita_hook* hook_for_section(std::string_view section) const override { return hook(section); }
  const std::vector<std::string>& sections(const perdita_hook& hook) const override;
  const std::string& digest() const override { return digest_; }
  const std::vector<uint8_t>& btf() const override { return none_; }
  const std::vector<uint8_t>& bytes() const override { return none_; }

 private:
  std::string digest_;
  std::vector<uint8_t> none_;
  std::vector<std::string> sections_;
};

// Puts this code in the place of the module's programs; subprograms begin where calls and handles lead.
void set_code(object::Module& module, std::vector<isa::Insn> code, const std::string& section);

// The maps and function names below, and one program "prog" with this code; subprograms begin where calls go.
object::Module module_with(std::vector<isa::Insn> code, const std::string& section);

}  // namespace perdita::verifier::testing
