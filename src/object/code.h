// SPDX-License-Identifier: Apache-2.0
//
// The executable sections of an object, cut into functions. Between here and the finished programs an instruction is
// named by its section and its index there; passes change instructions in place.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "diag/result.h"
#include "isa/insn.h"
#include "object/btf_ext.h"
#include "object/elf_file.h"
#include "object/module.h"

namespace perdita::object {

constexpr uint32_t kMaxInstructions = 65536;  // of a section, and of a program with all it calls

struct CodeSection {
  uint32_t elf_section = 0;
  std::string name;
  std::vector<isa::Insn> code;
  std::vector<SourceLine> lines;  // ascending by instruction

  // Where an instruction comes from, as a message shows it.
  Place place(uint32_t instruction) const;
};

struct Function {
  std::string name;
  uint32_t section = 0;  // index into Code::sections
  uint32_t first = 0;    // its first instruction there
  uint32_t count = 0;
  bool entry = false;      // a program: a global function outside of .text
  bool on_demand = false;  // judged: a global function of .text
};

struct Code {
  std::vector<CodeSection> sections;                          // in the object's order
  std::vector<Function> functions;                            // by section, then by first instruction
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> starts;   // (section, instruction) -> function
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> targets;  // (section, instruction) -> function it calls or names

  const CodeSection* section_of(uint32_t elf_section) const;
};

// Decodes the sections and finds the functions: in bounds, apart from each other, and no jump leaves one. Takes the
// lines out of `ext`. `judged`: old compilers gave functions neither type nor size, so that a section may be one
// function without a name of its own; and the global functions of .text are programs as well, on demand where there are
// others.
Result<Code> read_code(const ElfFile& elf, BtfExt& ext, bool judged);

}  // namespace perdita::object
