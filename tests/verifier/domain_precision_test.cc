// SPDX-License-Identifier: Apache-2.0
//
// How much the domain loses: over all pairs of simple 4-bit numbers, how many words the results hold in sum, held to
// domain_precision.golden. The tests beside the domain show that no word is missing; this, that no more are there than
// there were. After a change that is meant, PERDITA_REBASE=1 writes the file anew.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

#include "verifier/domain/compare.h"
#include "verifier/domain/number.h"
#include "verifier/domain/scalar.h"
#include "verifier/testing/concrete.h"

namespace perdita::verifier {
namespace {

using namespace domain;   // NOLINT: the room under test
using namespace testing;  // NOLINT

constexpr unsigned kW = 4;

// Apart, so that what one part loses is not hidden by another that knows it too.
uint64_t size(const Number<kW>& n) {
  uint64_t words = 0;
  for (uint64_t word = 0; word <= kMask<kW>; word++) words += n.contains(word) ? 1 : 0;
  return words + (n.u.max - n.u.min) + static_cast<uint64_t>(n.s.max - n.s.min) +
         static_cast<uint64_t>(std::popcount(n.bits.mask));
}

// About: so that one digit in the middle of 64 bits does not matter, but a lost range does.
uint64_t size(const Scalar64& n) {
  auto width = [](uint64_t span) { return static_cast<uint64_t>(64 - std::countl_zero(span)); };
  auto of = [&](const auto& number) {
    return width(number.u.max - number.u.min) +
           width(static_cast<uint64_t>(number.s.max) - static_cast<uint64_t>(number.s.min)) +
           static_cast<uint64_t>(std::popcount(number.bits.mask));
  };
  return of(n.wide) + of(n.low);
}

Scalar64 some_scalar(std::mt19937_64& random) {
  uint64_t low = random() >> (random() % 64), span = random() >> (random() % 64);
  switch (random() % 4) {
    case 0:
      return Scalar64::constant(low);
    case 1:
      return zero_extended(Scalar64::constant(low), 32);
    case 2:
      return apply_wide(Operation::bit_and, Scalar64::unknown(), Scalar64::constant(span));
    default:
      return apply_wide(Operation::add, apply_wide(Operation::umod, Scalar64::unknown(), Scalar64::constant(span | 1)),
                        Scalar64::constant(low));
  }
}

std::string losses() {
  std::string lines;
  const std::vector<Number<kW>> numbers = all_simple_numbers<kW>();
  for (Operation operation : kOperations) {
    uint64_t sum = 0;
    for (const auto& a : numbers) {
      for (const auto& b : numbers) sum += size(apply(operation, a, b));
    }
    lines += fmt::format("4 bits, operation {}: {}\n", static_cast<int>(operation), sum);
  }
  for (Relation relation : kRelations) {
    uint64_t sum = 0, impossible = 0;
    for (const auto& a : numbers) {
      for (const auto& b : numbers) {
        Number<kW> x = a, y = b;
        if (assume(relation, x, y)) {
          sum += size(x) + size(y);
        } else {
          impossible++;
        }
      }
    }
    lines += fmt::format("4 bits, relation {}: {}, impossible {}\n", static_cast<int>(relation), sum, impossible);
  }
  uint64_t joined = 0, met = 0, negated = 0;
  for (const auto& a : numbers) {
    negated += size(neg(a));
    for (const auto& b : numbers) {
      joined += size(join(a, b));
      Number<kW> both = a;
      if (meet(both, b)) met += size(both);
    }
  }
  lines += fmt::format("4 bits, join {}, meet {}, negation {}\n", joined, met, negated);
  for (Operation operation : kOperations) {
    std::mt19937_64 random(1);
    uint64_t sum = 0;
    for (unsigned i = 0; i < 5000; i++) {
      Scalar64 a = some_scalar(random), b = some_scalar(random);
      sum += size(apply_wide(operation, a, b)) + size(sign_extended(a, 8u << (i % 3))) + size(zero_extended(a, 32));
    }
    lines += fmt::format("64 bits, operation {}: {}\n", static_cast<int>(operation), sum);
  }
  return lines;
}

TEST(DomainPrecision, IsAsItWas) {
  const char* folder = std::getenv("PERDITA_SOURCE");
  std::string path = std::string(folder != nullptr ? folder : ".") + "/tests/verifier/domain_precision.golden";
  std::string lines = losses();
  if (std::getenv("PERDITA_REBASE") != nullptr) std::ofstream(path) << lines;
  std::ifstream file(path);
  std::string known{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(lines, known) << "PERDITA_REBASE=1 writes " << path << " anew";
}

}  // namespace
}  // namespace perdita::verifier
