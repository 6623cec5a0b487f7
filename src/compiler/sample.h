// SPDX-License-Identifier: Apache-2.0
//
// For tests of wire and compiler: a platform, a module that uses every part of an image, a verdict on it, and keys with
// fixed seeds. The worked examples of docs/spec are made from these.
#pragma once

#include "compiler/compile.h"
#include "compiler/key.h"
#include "object/module.h"
#include "perdita/perdita.h"
#include "platform/platform.h"
#include "verifier/proof.h"

namespace perdita::sample {

// Hooks "tick" (section "tick") and "packet" (sections "packet*"); functions read_sensor and set_led; capabilities
// sensor and led.
const platform::Platform& platform();

object::Module small_module();  // one program of two instructions: r0 = 0, exit
object::Module full_module();   // two programs, subprograms, maps of every kind, functions, helpers

verifier::Verdict verdict_on(const object::Module& module);

compiler::SigningKey author();    // seed 01 02 03 … 20
compiler::SigningKey verifier();  // seed ff fe fd … e0
compiler::SigningKey both();      // seed 07 07 … 07, both roles

// The same keys as a board holds them, in that order.
std::vector<perdita_key> trusted_keys();

compiler::SealOptions options();  // package "demo", sequence 7, attached, vendor and class of example.com

std::string hex(const std::vector<uint8_t>& bytes);
std::vector<uint8_t> unhex(std::string_view digits);  // blanks and line ends are skipped

}  // namespace perdita::sample
