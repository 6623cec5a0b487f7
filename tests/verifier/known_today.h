// SPDX-License-Identifier: Apache-2.0
//
// Figures that say how much is known today, of random programs and states: a change that knows less is noticed.
#pragma once

namespace perdita::verifier {

// A call's arguments draw their random numbers in the order that the compiler takes. The figures are those of gcc; with
// another compiler the programs are others, and nine tenths are asked for.
constexpr unsigned known_today(unsigned figure) {
#ifdef __clang__
  return figure / 10 * 9;
#else
  return figure;
#endif
}

}  // namespace perdita::verifier
