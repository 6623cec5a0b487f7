// SPDX-License-Identifier: Apache-2.0
//
// Test only. Asks both about a program: our verifier and the kernel's for the verdict; and, where both accept, the
// runtime's interpreter and the kernel for what it does with the same packets, numbers and maps. Docs:
// docs/verifier/kernel.md.
#pragma once

#include <random>

#include "oracle/kernel.h"
#include "oracle/subject.h"
#include "verifier/proof.h"

namespace perdita::verifier::oracle {

class Oracle {
 public:
  explicit Oracle(const platform::Platform& linux_platform) : platform_(linux_platform) {}

  ProgVerdict judge(const Subject& subject) const;
  KernelVerdict judge_in_kernel(const Subject& subject, Rights rights = Rights::everything);
  // What differs in so many runs of a program that both accept and that has a board's form, or nothing.
  std::string differs(const Subject& subject, const ProgVerdict& ours, const KernelVerdict& kernels, unsigned runs,
                      std::mt19937_64& random);

 private:
  KernelMaps& maps_of(const Subject& subject);

  const platform::Platform& platform_;
  // Of the last subject's module: most have the same.
  std::vector<object::Map> defined_;
  std::optional<KernelMaps> maps_;
};

// The program as a person reads it.
std::string shown(const Subject& subject);

}  // namespace perdita::verifier::oracle
