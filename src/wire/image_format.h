// SPDX-License-Identifier: Apache-2.0
//
// The numbers of the image format, for its reader and its writer (docs/spec/image.md).
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace perdita::wire {

constexpr uint64_t kImageVersion = 1;
constexpr uint32_t kImageItems = 4;      // header, claim, pad, blob
constexpr size_t kSectionAlignment = 8;  // of the blob's content and of each section in it
constexpr const char* kTargetBytecode = "bytecode";

constexpr uint32_t kHeaderItems = 6;
constexpr uint64_t kHeaderVersion = 1;
constexpr uint64_t kHeaderTarget = 2;
constexpr uint64_t kHeaderProgs = 3;
constexpr uint64_t kHeaderMaps = 4;
constexpr uint64_t kHeaderFunctions = 5;
constexpr uint64_t kHeaderHelpers = 6;
constexpr uint64_t kHeaderNative = 7;  // a seventh item where the target is not bytecode
constexpr uint32_t kNativeItems = 3;   // digest of the bytecode image, generator's version, ABI

constexpr uint32_t kProgItems = 6;  // name, hook, reliance, code offset, instruction count, subprograms, ? period
constexpr uint32_t kMapItems = 8;   // name, type, key size, value size, entries, flags, use, offset of initial / null
constexpr uint32_t kTailItems = 3;  // a ninth item of a program array: instructions, stack, presets
constexpr size_t kTypesBytes = 8;   // a ninth item of another map that is pinned: digest of its types

enum class MapUse : uint8_t { private_to_package = 0, pinned_by_name = 1, rodata = 2, data = 3, bss = 4 };

constexpr uint32_t kBoundsItems = 3;  // instructions, stack, machine instructions; a fourth: for tail calls

constexpr uint32_t kClaimItems = 4;  // five where there are facts
constexpr uint64_t kClaimDigest = 1;
constexpr uint64_t kClaimVerifier = 2;
constexpr uint64_t kClaimCapabilities = 3;
constexpr uint64_t kClaimBounds = 4;
constexpr uint64_t kClaimFacts = 5;
constexpr uint32_t kMaxFactBytes = 2;  // of an instruction, by far

constexpr uint32_t kMaxCapabilities = 32;  // as in perdita_platform
constexpr uint32_t kMaxEngines = 16;       // machine bounds of a program

}  // namespace perdita::wire
