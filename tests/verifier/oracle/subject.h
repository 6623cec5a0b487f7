// SPDX-License-Identifier: Apache-2.0
//
// Test only. A program that both verifiers are asked about: Linux's form, which both judge, and the board's form of the
// same, which the runtime runs. Where programs come from: the grammar of the containment test, restricted to what both
// mean the same by; the text cases, and mutants of these; programs in C for Linux.
#pragma once

#include <optional>

#include "object/module.h"
#include "oracle/dialect.h"
#include "platform/platform.h"

namespace perdita::verifier::oracle {

struct Subject {
  std::string name;
  const Dialect* dialect = nullptr;
  object::Module module;      // judged for Linux, with one program
  std::optional<Code> board;  // absent: it is judged only, as it uses what the board does not mean the same by
};

// The maps that programs of the grammar and text cases have, all of types that both have; arrays that are addressed
// directly have one element, as Linux demands.
std::vector<object::Map> portable_maps();

// A program of the board's form; nothing where Linux has no form for it, or other maps.
std::optional<Subject> subject_of(const std::string& name, const Code& board, const Dialect& dialect);

// The seed's program; one of eight is a single loop that may be one in disguise.
Subject generated(uint64_t seed, const Dialect& dialect);

// Of an object that was loaded for the platform `linux`: its programs that have a dialect.
std::vector<Subject> subjects_of(const object::Module& module, const platform::Platform& linux_platform);

}  // namespace perdita::verifier::oracle
