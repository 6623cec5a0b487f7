// SPDX-License-Identifier: Apache-2.0
#include "verifier/testing/noise.h"

#include <fmt/format.h>

#include "isa/context.h"
#include "isa/disassemble.h"
#include "isa/facts_text.h"
#include "isa/form.h"
#include "isa/helpers.h"
#include "verifier/testing/machine.h"

namespace perdita::verifier::testing {
namespace {

constexpr uint64_t kInstructionsPerRun = 500;
constexpr uint64_t kMostOfARun = 5000;  // instructions
constexpr uint64_t kComparisons = 50;   // of all memory, in a run

using isa::Form;
using isa::Upper;

uint64_t extended(uint64_t word, bool by_sign) {
  auto low = static_cast<uint32_t>(word);
  return by_sign ? static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(low))) : low;
}

bool holds(Upper upper, uint64_t word) {
  auto bits = static_cast<unsigned>(upper);
  return ((bits & 1) == 0 || word == extended(word, false)) && ((bits & 2) == 0 || word == extended(word, true));
}

// An operand and what is said about it.
struct Operand {
  unsigned reg;
  Upper upper;
  bool cut;  // its upper half may be anything: it is converted to a narrower type, or not looked at
};

class SideBySide {
 public:
  SideBySide(const object::Module& module, const platform::Platform& platform, const std::vector<isa::Facts>& facts,
             std::mt19937_64& random, NoiseResult& result)
      : prog_(module.progs[0]),
        module_(module),
        platform_(platform),
        hook_(*platform.hook_for_section(prog_.section)),
        facts_(facts),
        random_(random),
        result_(result),
        seed_(random()),
        inputs_{std::mt19937_64(seed_), std::mt19937_64(seed_)},
        entropies_{RandomEntropy(inputs_[0]), RandomEntropy(inputs_[1])},
        plain_(module, platform, hook_, entropies_[0]),
        noisy_(module, platform, hook_, entropies_[1]) {}

  void run(uint64_t limit) {
    for (uint64_t i = 0; result_.failure.empty(); i++) {
      if (i == limit) return fail(plain_.pc(), "more instructions than the bound");
      if (!step()) return;
      if (i == kMostOfARun) return;
    }
  }

 private:
  void fail(uint32_t pc, const std::string& what) {
    const isa::Insn& insn = prog_.code[pc];
    const isa::Insn* next = pc + 1 < prog_.code.size() ? &prog_.code[pc + 1] : nullptr;
    result_.failure =
        fmt::format("{}: {} [{}]: {}", pc, isa::disassemble(insn, next), isa::facts_text(insn, facts_[pc]), what);
    for (unsigned i = 0; i <= 10; i++)
      result_.failure += fmt::format(" r{}={:#x}/{:#x}", i, plain_.reg(i), noisy_.reg(i));
  }

  std::vector<Operand> operands(const isa::Insn& insn, const isa::Facts& facts) const {
    const uint8_t fields = isa::fact_fields(insn);
    const Form form = isa::form_of(insn.opcode);
    std::vector<Operand> all;
    // Addresses are words.
    if (form == Form::load) all.push_back({insn.src(), Upper::zero, false});
    if (form == Form::store_immediate || form == Form::store_register || form == Form::atomic) {
      all.push_back({insn.dst(), Upper::zero, false});
    }
    bool is_r0 = form == Form::exit || form == Form::atomic;
    if ((fields & isa::kFactDst) != 0)
      all.push_back({is_r0 ? 0u : insn.dst(), facts.dst, form == Form::exit && plain_.frame_count() > 1});
    if ((fields & isa::kFactSrc) != 0) all.push_back({insn.src(), facts.src, false});
    if ((fields & isa::kFactArguments) == 0) return all;
    const perdita_function* function = insn.src() == isa::kCallHelper
                                           ? isa::find_helper(static_cast<uint32_t>(insn.imm))
                                           : platform_.function(module_.functions[static_cast<size_t>(insn.imm)]);
    for (unsigned i = 0; i < function->arg_count; i++) {
      const perdita_arg& arg = function->args[i];
      if (facts.args[i] == Upper::either) continue;  // not read
      bool cut = arg.kind == PERDITA_ARG_SCALAR && (arg.width < 8 || (arg.flags & PERDITA_ARG_BY_FORMAT) != 0);
      all.push_back({i + 1, facts.args[i], cut});
    }
    return all;
  }

  // What the instruction's facts say, on the plain machine.
  void check(uint32_t pc, const isa::Insn& insn, const isa::Facts& facts, const std::vector<Operand>& operands) {
    const uint8_t fields = isa::fact_fields(insn);
    for (const Operand& operand : operands) {
      if (operand.upper == Upper::in_register) continue;
      result_.extensions++;
      if (!operand.cut && !holds(operand.upper, plain_.reg(operand.reg))) fail(pc, "an operand is no such extension");
    }
    if ((fields & isa::kFactCount) != 0) {
      auto count = static_cast<uint32_t>(plain_.reg(insn.src()));
      bool fits = facts.count == isa::ShiftCount::unknown || (facts.count == isa::ShiftCount::below_32 && count < 32) ||
                  (facts.count == isa::ShiftCount::from_32 && count >= 32 && count < 64) ||
                  (facts.count == isa::ShiftCount::below_64 && count < 64);
      if (!fits) fail(pc, "a count is not there");
    }
    if ((fields & isa::kFactDivisor) != 0 && facts.divisor_not_zero) {
      uint64_t divisor = plain_.reg(insn.src());
      if (isa::operand_bits(insn.opcode) == 32) divisor = static_cast<uint32_t>(divisor);
      if (divisor == 0) fail(pc, "a divisor is zero");
    }
    if ((fields & isa::kFactAlignment) == 0 || facts.alignment_log2 == 0) return;
    result_.alignments++;
    unsigned base = isa::form_of(insn.opcode) == Form::load ? insn.src() : insn.dst();
    uint64_t address = plain_.reg(base) + static_cast<uint64_t>(int64_t{insn.offset});
    if ((address + least_alignment(address)) % (uint64_t{1} << facts.alignment_log2) != 0) {
      fail(pc, "an address is not aligned");
    }
  }

  // The machine's objects stand at round addresses; on a board they need not. Moved by this much they are aligned as
  // they have to be and not more.
  uint64_t least_alignment(uint64_t address) const {
    if (address < Machine::kPacket) return isa::context_alignment(hook_.context_size);
    if (address < Machine::kStack) return hook_.data_alignment;
    if (address >= Machine::kKeys && address < Machine::kReservations) return 4;
    return 8;
  }

  uint64_t with_noise(uint64_t word) {
    result_.noise++;
    return static_cast<uint32_t>(word) | random_() << 32;
  }

  // One instruction on both. False at the end.
  bool step() {
    const uint32_t pc = plain_.pc();
    const isa::Insn& insn = prog_.code[pc];
    const isa::Facts& facts = facts_[pc];
    const Form form = isa::form_of(insn.opcode);
    const std::vector<Operand> read = operands(insn, facts);
    const uint16_t writes = form == Form::exit ? 0xffff : isa::register_use(insn).writes;
    check(pc, insn, facts, read);

    uint64_t before[11];
    for (unsigned i = 0; i < 11; i++) before[i] = noisy_.reg(i);
    if ((isa::fact_fields(insn) & isa::kFactArguments) != 0) {
      for (unsigned i = 0; i < isa::kFactArgs; i++) {
        if (facts.args[i] == Upper::either) noisy_.set_reg(i + 1, random_());
      }
    }
    for (const Operand& operand : read) {
      if (operand.upper == Upper::in_register) continue;
      bool by_sign = operand.upper == Upper::sign || (operand.upper == Upper::either && random_() % 2 == 0);
      noisy_.set_reg(operand.reg, extended(noisy_.reg(operand.reg), by_sign));
    }
    if (form == Form::exit && facts.upper_dead) noisy_.set_reg(0, with_noise(noisy_.reg(0)));

    result_.instructions++;
    bool goes_on = plain_.step();
    if (noisy_.step() != goes_on || noisy_.fault() != plain_.fault()) {
      fail(pc, "one machine stops: " + plain_.fault() + " / " + noisy_.fault());
      return false;
    }
    if (!plain_.fault().empty()) fail(pc, plain_.fault());
    // A register that was read keeps the noise that it had.
    for (const Operand& operand : read) {
      if ((writes >> operand.reg & 1) == 0) noisy_.set_reg(operand.reg, before[operand.reg]);
    }
    if (!goes_on) {
      bool tail_called = form != Form::exit;
      if (!tail_called && plain_.reg(0) != noisy_.reg(0)) fail(pc, "another result");
      if (!plain_.same_memory(noisy_)) fail(pc, "other memory at the end");
      return false;
    }
    const uint16_t results = form == Form::call ? 1 : writes;
    const bool says_so = (isa::fact_fields(insn) & isa::kFactUpperDead) != 0 && form != Form::exit;
    // A helper that calls back gives its result later, at the last exit: then nothing is overwritten, which is fine.
    const bool moved_on = form != Form::call || plain_.pc() == pc + 1;
    for (unsigned i = 0; i < 11; i++) {
      if (facts.upper_dead && says_so && moved_on && (results >> i & 1) != 0) {
        noisy_.set_reg(i, with_noise(noisy_.reg(i)));
      }
      if (static_cast<uint32_t>(plain_.reg(i)) != static_cast<uint32_t>(noisy_.reg(i))) {
        fail(pc, fmt::format("r{} differs", i));
        return false;
      }
    }
    if (plain_.pc() != noisy_.pc()) fail(pc, "a branch goes another way");
    bool stores = form == Form::store_register || form == Form::store_immediate || form == Form::atomic;
    if ((stores || form == Form::call) && compared_++ < kComparisons && !plain_.same_memory(noisy_))
      fail(pc, "memory differs");
    return true;
  }

  const object::Prog& prog_;
  const object::Module& module_;
  const platform::Platform& platform_;
  const perdita_hook& hook_;
  const std::vector<isa::Facts>& facts_;
  std::mt19937_64& random_;
  NoiseResult& result_;
  uint64_t seed_;
  uint64_t compared_ = 0;
  std::mt19937_64 inputs_[2];  // alike
  RandomEntropy entropies_[2];
  Machine plain_, noisy_;
};

}  // namespace

std::vector<isa::Facts> read_facts(const object::Prog& prog, const std::vector<uint8_t>& bits) {
  std::vector<isa::Facts> facts(prog.code.size());
  isa::FactReader reader({bits.data(), bits.size()});
  for (size_t pc = 0; pc < prog.code.size(); pc++) {
    facts[pc] = reader.next(prog.code[pc]);
    if (prog.code[pc].opcode == isa::kLddw) pc++;
  }
  return facts;
}

NoiseResult run_with_facts(const object::Module& module, const platform::Platform& platform,
                           const std::vector<isa::Facts>& facts, uint64_t limit, unsigned runs,
                           std::mt19937_64& random) {
  NoiseResult result;
  result.accepted = true;
  for (unsigned run = 0; run < runs && result.failure.empty(); run++) {
    // Long loops say the same again and again.
    if (run >= 2 && result.instructions > runs * kInstructionsPerRun) break;
    SideBySide(module, platform, facts, random, result).run(limit);
    result.executions++;
  }
  return result;
}

NoiseResult check_facts(const object::Module& module, const platform::Platform& platform, unsigned runs,
                        std::mt19937_64& random) {
  return check_facts(module, platform, verify(module, platform, {}), runs, random);
}

NoiseResult check_facts(const object::Module& module, const platform::Platform& platform, const Verdict& verdict,
                        unsigned runs, std::mt19937_64& random) {
  if (!verdict.accepted) return {};
  const object::Prog& prog = module.progs[0];
  const std::vector<uint8_t>& bits = verdict.progs[0].facts;
  if (!isa::facts_fit({prog.code.data(), prog.code.size()}, {bits.data(), bits.size()})) {
    NoiseResult result;
    result.failure = "the facts are not as long as the code";
    return result;
  }
  return run_with_facts(module, platform, read_facts(prog, bits), verdict.progs[0].bounds.instructions, runs, random);
}

}  // namespace perdita::verifier::testing
