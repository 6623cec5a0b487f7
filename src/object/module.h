// SPDX-License-Identifier: Apache-2.0
//
// What an object becomes once it is loaded: programs as flat instructions with symbolic references (isa/insn.h says
// how a reference stands in an instruction), maps, and the names of the platform's functions they call. Plain values,
// owned by whoever holds the Module; an image can be lifted back to one (without source lines).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "isa/insn.h"
#include "isa/map.h"

namespace perdita::object {

struct Subprogram {
  std::string name;
  uint32_t first = 0;  // index of its first instruction
  uint32_t count = 0;  // instructions
};

// Where an instruction comes from (.BTF.ext line info). Valid from `instruction` up to the next entry.
struct SourceLine {
  uint32_t instruction = 0;
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string text;  // the line as it was compiled
};

struct Prog {
  std::string name;
  std::string section;
  std::vector<isa::Insn> code;          // the entry first, then every subprogram it reaches, in the object's order
  std::vector<Subprogram> subprograms;  // ascending; [0] is the entry and starts at 0; together they cover `code`
  std::vector<SourceLine> lines;        // ascending by instruction
  bool on_demand = false;               // judged only where it is named: a global function that others call
  uint8_t number_args = 0;              // such a function: bit i is set where its parameter i is a number
  uint32_t period_us = 0;               // of a program lifted from an image; otherwise the section says it
};

enum class MapOrigin : uint8_t { defined, rodata, data, bss };

struct Map {
  std::string name;
  isa::MapDef def;
  MapOrigin origin = MapOrigin::defined;
  bool pinned = false;           // LIBBPF_PIN_BY_NAME
  std::vector<uint8_t> initial;  // .rodata/.data: the first value's bytes, value_size of them; otherwise empty
  // Program array: the most that a program in it may take by itself, in BPF and in machine instructions alike, and of
  // the stack; 0: not declared.
  uint64_t tail_instructions = 0;
  uint32_t tail_stack_bytes = 0;
  std::optional<uint32_t> inner = std::nullopt;  // map of maps: which map of the module says what those it holds are
  std::map<uint32_t, uint32_t> presets = {};     // slots that hold a program from the start: its index in the module
};

// Programs, and maps, of an object that is judged only.
constexpr size_t kMaxJudged = 4096;

struct Module {
  // Loaded for a verify-only platform: may hold what no board has (maps and helpers of another system, packet access of
  // classic BPF, names of any length). Never compiled.
  bool judged = false;
  std::string name;  // the object file's name without folder and suffix
  std::vector<Prog> progs;
  std::vector<Map> maps;               // lddw src=5/6 index into this
  std::vector<std::string> functions;  // call src=2 indexes into this
};

}  // namespace perdita::object
