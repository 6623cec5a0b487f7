// SPDX-License-Identifier: Apache-2.0
#include "isa/facts.h"

#include <gtest/gtest.h>

#include <random>

#include "isa/fact_writer.h"
#include "isa/facts_text.h"
#include "isa/form.h"

namespace perdita::isa {
namespace {

Insn random_insn(std::mt19937& random) {
  const int32_t imms[] = {0, 16, 64, kAdd | kFetch, kXchg, kCmpxchg, static_cast<int32_t>(random())};
  return {static_cast<uint8_t>(random()), make_regs(random() % 10, random() % 10), 0, imms[random() % 7]};
}

// Of the fields that the instruction has.
Facts random_facts(const Insn& insn, std::mt19937& random) {
  const uint8_t fields = fact_fields(insn);
  Facts facts;
  if ((fields & kFactUpperDead) != 0) facts.upper_dead = random() % 2 != 0;
  if ((fields & kFactDst) != 0) facts.dst = static_cast<Upper>(random() % 4);
  if ((fields & kFactSrc) != 0) facts.src = static_cast<Upper>(random() % 4);
  if ((fields & kFactCount) != 0) facts.count = static_cast<ShiftCount>(random() % 4);
  if ((fields & kFactDivisor) != 0) facts.divisor_not_zero = random() % 2 != 0;
  if ((fields & kFactAlignment) != 0) facts.alignment_log2 = random() % 4;
  if ((fields & kFactArguments) != 0) {
    for (Upper& arg : facts.args) arg = static_cast<Upper>(random() % 4);
  }
  return facts;
}

struct Sample {
  std::vector<Insn> code;
  std::vector<Facts> facts;
  std::vector<uint8_t> bits;
};

// Any instructions, valid ones or not.
Sample random_sample(std::mt19937& random) {
  Sample sample;
  FactWriter writer;
  for (unsigned i = 1 + random() % 30; i > 0; i--) {
    sample.code.push_back(random_insn(random));
    sample.facts.push_back(random_facts(sample.code.back(), random));
    writer.add(sample.code.back(), sample.facts.back());
    if (sample.code.back().opcode == kLddw) sample.code.push_back({});
  }
  sample.bits = writer.take();
  return sample;
}

Bytes view(const std::vector<uint8_t>& bytes) { return {bytes.data(), bytes.size()}; }

bool fits(const Sample& sample, const std::vector<uint8_t>& bits) {
  return facts_fit({sample.code.data(), sample.code.size()}, view(bits));
}

TEST(FactReader, ReadsWhatWasWritten) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; round++) {
    const Sample sample = random_sample(random);
    FactReader reader(view(sample.bits));
    size_t pc = 0;
    for (const Facts& facts : sample.facts) {
      EXPECT_EQ(reader.next(sample.code[pc]), facts) << facts_text(sample.code[pc], facts);
      pc += sample.code[pc].opcode == kLddw ? 2 : 1;
    }
    EXPECT_TRUE(reader.ends());
    EXPECT_TRUE(fits(sample, sample.bits));
  }
}

TEST(FactReader, OtherLengthsDoNotFit) {
  std::mt19937 random(2);
  for (int round = 0; round < 500; round++) {
    const Sample sample = random_sample(random);
    std::vector<uint8_t> longer = sample.bits;
    longer.push_back(0);
    EXPECT_FALSE(fits(sample, longer));
    for (size_t size = 0; size < sample.bits.size(); size++) {
      // On the heap and of that very size, so that the sanitizer sees a read beyond it.
      EXPECT_FALSE(fits(sample, {sample.bits.begin(), sample.bits.begin() + static_cast<ptrdiff_t>(size)}));
    }
  }
}

TEST(FactReader, WhatFillsTheLastByteIsZero) {
  const Sample sample{{{kAlu64 | kMov, 0, 0, 0}, {kJmp | kExit, 0, 0, 0}}, {}, {}};
  for (unsigned byte = 0; byte < 256; byte++) {
    EXPECT_EQ(fits(sample, {static_cast<uint8_t>(byte)}), byte < 16) << byte;
  }
}

// Behind the end nothing is known.
TEST(FactReader, ReadsNothingBehindTheEnd) {
  FactReader reader({});
  const Insn call{kJmp | kCall, 0, 0, 1};
  for (int i = 0; i < 100; i++) EXPECT_EQ(reader.next(call), Facts{});
  EXPECT_FALSE(reader.ends());
}

// Where nothing is known, an instruction may read no upper half of what it does not read at all.
TEST(UpperReads, AreReadsOfTheInstruction) {
  std::mt19937 random(3);
  for (unsigned opcode = 0; opcode < 256; opcode++) {
    for (int round = 0; round < 200; round++) {
      Insn insn = random_insn(random);
      insn.opcode = static_cast<uint8_t>(opcode);
      if (form_of(insn.opcode) == Form::call || form_of(insn.opcode) == Form::legacy) continue;
      const Facts facts = random_facts(insn, random);
      EXPECT_EQ(upper_reads(insn, facts) & ~register_use(insn).reads, 0) << opcode;
      // More is known: no more is read.
      Facts more = facts;
      more.dst = more.src = Upper::either;
      more.upper_dead = true;
      EXPECT_EQ(upper_reads(insn, more) & ~upper_reads(insn, facts), 0) << opcode;
    }
  }
}

TEST(FactFields, AreAByteForMostInstructions) {
  // A sum of registers: whether the upper half is dead, and what stands for the operands' upper halves.
  EXPECT_EQ(fact_fields({kAlu64 | kAdd | kX, 0, 0, 0}), kFactUpperDead | kFactDst | kFactSrc);
  EXPECT_EQ(fact_fields({kAlu | kAdd | kX, 0, 0, 0}), kFactUpperDead);
  EXPECT_EQ(fact_fields({kLdx | kMem | kB, 0, 0, 0}), kFactUpperDead);
  EXPECT_EQ(fact_fields({kLdx | kMem | kW, 0, 0, 0}), kFactUpperDead | kFactAlignment);
  EXPECT_EQ(fact_fields({kStx | kMem | kW, 0, 0, 0}), kFactAlignment);
  EXPECT_EQ(fact_fields({kJmp32 | kJgt | kX, 0, 0, 0}), 0);
  EXPECT_EQ(fact_fields({kJmp | kCall, make_regs(0, kCallLocal), 0, 0}), 0);
}

}  // namespace
}  // namespace perdita::isa
