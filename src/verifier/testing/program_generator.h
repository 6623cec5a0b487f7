// SPDX-License-Identifier: Apache-2.0
//
// Test only. Random programs for a test module, by a grammar that makes them interesting: arithmetic of both widths,
// branches, bounded loops, spills and fills, packet accesses behind checks, lookups with null checks, indexed accesses
// behind bounds that are right most of the time, loops with counters of every kind, related registers, calls of
// helpers, functions and subprograms, loops with callbacks, walks over maps, reservations, queues, tail calls. r6 holds
// the context, r7 the packet (where there is one); r0, r2 to r5, r8 and r9 hold numbers between statements, r1 is
// scratch.
#pragma once

#include <random>
#include <string>

namespace perdita::verifier::testing {

class ProgramGenerator {
 public:
  // What programs may use: all that the test platform has; only what Linux means the same by (arrays and hashes, and of
  // the packet and the context what oracle/dialect.h has, in tests/verifier); and for XDP, whose context has no
  // numbers, numbers that stand in a map.
  enum class Uses : uint8_t { all, portable, portable_in_maps };

  ProgramGenerator(std::mt19937_64& random, std::string hook, Uses uses = Uses::all)
      : random_(random), hook_(std::move(hook)), uses_(uses) {}

  static constexpr int kSpillSlots = 4;  // r10 - 8 to r10 - 32
  static constexpr int kBuffer = 64;     // r10 - 64 to r10 - 33: bytes

  // The program as text for isa::assemble.
  std::string make();
  // Of one loop that may or may not end, and little else.
  std::string make_loop();
  // Of variables that have to do with each other, made in two ways that meet.
  std::string make_entangled();
  // A shorter one.
  std::string make_middling();
  // A short one without loops, which is verified in no time whatever it is.
  std::string make_short();

 private:
  uint64_t below(uint64_t limit) { return random_() % limit; }
  bool one_in(uint64_t n) { return below(n) == 0; }
  void line(const std::string& text) { text_ += "  " + text + "\n"; }
  std::string label() { return "l" + std::to_string(labels_++); }
  std::string reg(bool narrow = false);     // to write to
  std::string source(bool narrow = false);  // to read: also what is held
  std::string immediate();
  std::string operand(bool narrow);
  std::string condition();

  void begin();
  std::string finish();
  void statements(unsigned count, unsigned depth);
  void statement(unsigned depth);
  void numbers_again(bool results_too);
  void arithmetic();
  void load_context();
  void number_of_context(const std::string& to, const char* size, int offset);
  bool portable() const { return uses_ != Uses::all; }
  void portable_statement(unsigned kind, unsigned depth);
  void map_change();
  void bound();
  void indexed_access();
  void branch(unsigned depth);
  void loop(unsigned depth);
  void spill();
  void fill();
  void stack_bytes();
  void packet();
  void packet_length();
  void lookup();
  void helper();
  void function();
  void subprogram();
  void reservation(unsigned depth);
  void queue();
  void tail_call();
  void callback();
  void atomic();
  int hold(bool pointer);
  void let_go(int number);
  void light_statements(unsigned count, unsigned depth);
  void at_counter(int counter, uint64_t limit);
  void counted_loop(unsigned depth);
  void packet_loop();
  // A variable of a loop: a register, or a slot of the stack.
  struct Disguised {
    int reg, slot;
  };
  void something_new();
  std::string fetched(const Disguised& variable, bool narrow);
  void put_back(const Disguised& variable);
  void disguised_change(const Disguised& variable, const Disguised& other);
  void disguised_exit(const Disguised& variable, const Disguised& other, const std::string& to);
  void disguised_call(const Disguised& variable);
  void disguised_body(const Disguised (&variables)[3], unsigned depth, const std::string& out);
  void disguised_loop();
  void disguised_pointers();
  enum class Kind : uint8_t { number, pointer, half };
  // Variables that have to do with each other; pointers are into one object.
  struct Entangled {
    size_t count = 0;
    Kind kinds[6] = {};
    unsigned base = 0;  // the stack, a map's value, the packet
    std::string out;    // label behind
  };
  int entangled_with(const Entangled& all, size_t before, Kind kind);
  void entangled_start(const Entangled& all, int variable);
  void entangled_value(const Entangled& all, size_t index);
  void entangled_compare(const Entangled& all);
  void entangled_use(const Entangled& all, size_t index);
  void entangled_callback(const Entangled& all);
  void entangled();
  void relation();
  void stack_mix();

  std::mt19937_64& random_;
  std::string hook_;
  Uses uses_;
  std::string text_, subprograms_;
  unsigned labels_ = 0, loops_ = 0, register_loops_ = 0, callbacks_ = 0, callbacks_running_ = 0;
  // Registers that statements must leave alone, and those of them that they must not read either.
  unsigned held_ = 0, held_pointers_ = 0;
  bool loops_allowed_ = true, in_subprogram_ = false, called_ = false, reserved_ = false;
};

}  // namespace perdita::verifier::testing
