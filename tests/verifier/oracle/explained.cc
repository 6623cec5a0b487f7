// SPDX-License-Identifier: Apache-2.0
#include "oracle/explained.h"

#include <algorithm>
#include <iterator>
#include <regex>

namespace perdita::verifier::oracle {
namespace {

// The first that fits. docs/verifier/kernel.md has them, too, with an example each.
constexpr Explanation kExplanations[] = {
    // How much it looks at.
    {"effort", "BPF program is too large|The sequence of [0-9]+ jumps is too complex",
     "it follows each path and each round of a loop, and gives up after a million instructions or 8192 open branches"},
    {"loop", "infinite loop detected",
     "it takes a loop for endless when its state comes back to what it was; ours counts what the state does not show"},
    // What it takes for no program, whatever its values.
    {"unreachable", "unreachable insn [0-9]+", "code that nothing leads to is no program for it; we let it stand"},
    {"instruction set", "unknown opcode [0-9a-f]+|BPF_(ALU|ALU64|LDX|MOV|JA|LD_IMM) uses reserved fields",
     "its instruction set is older than RFC 9669: sign extension, signed division and byte swaps came with Linux 6.6"},
    {"shift", "invalid shift -?[0-9]+",
     "RFC 9669 cuts a shift's distance to the width; it takes no constant beyond it"},
    {"division", "div by zero", "RFC 9669 defines division by zero; it takes no constant zero"},
    {"aligned stack", "misaligned stack access",
     "its stack is accessed at multiples of the access's size; ours byte by byte, where a board needs that"},
    {"map value address", "invalid access to map value pointer, value_size=[0-9]+ off=[0-9]+",
     "an address right behind a map's value may not be made; ours may, and is checked where it is used"},
    {"moved context", "dereference of modified ctx ptr R[0-9]+ off=-?[0-9]+ disallowed",
     "its context is rewritten, access by access, so that it wants each one by the context's own address"},
    {"context as memory", "type=ctx expected=", "helpers do not read its context, which is not what it seems"},
    {"stack subtraction", "R[0-9]+ subtraction from stack pointer prohibited",
     "it knows the sum of an address and a number, not the difference; ours are the same"},
    {"end moved", "R[0-9]+ pointer arithmetic on pkt_end prohibited|R[0-9]+ invalid mem access 'pkt_end'",
     "the end of its packet is for comparisons only; ours may be counted back from"},
    {"far pointer",
     "[a-z_]+ pointer offset -?[0-9]+ is not allowed|[a-z_]+ pointer and -?[0-9]+ offset|pointer offset -?[0-9]+ is "
     "out of range",
     "it limits a pointer's constant offset, wherever it is used, to 2^29 in all; ours is limited where it is moved"},
    // Its own rules about who may do what.
    {"helper", "program of this type cannot use helper|helper call might sleep in a non-sleepable prog",
     "which type of program may call which helper is its rule; where a section names no type, we take it for tc's"},
    {"XDP behind a device", "invalid bpf_context access off=20 size=4",
     "egress_ifindex is for XDP programs that stand in a map of devices, which is said elsewhere than in the program"},
    // What it does not know.
    {"first byte", "invalid access to packet, off=0 size=1, R[0-9]+\\(id=[0-9]+,off=0,r=0\\)",
     "that a pointer is below the packet's end says that there is one byte; it takes that for nothing"},
    {"packet", "invalid access to packet, off=-?[0-9]+ size=[0-9]+, R[0-9]+\\(id=[0-9]+,off=-?[0-9]+,r=[0-9]+\\)",
     "it knows what a comparison of two addresses of one base says of the packet; not its length as a number, nor that "
     "two of its addresses lie so far apart"},
    {"dead branch",
     "R[0-9]+ !read_ok|R[0-9]+ invalid mem access 'scalar'|value -?[0-9]+ makes [a-z_]+ pointer be out of bounds",
     "it goes both ways at a branch of which our numbers say that only one is possible"},
    {"numbers",
     "math between [a-z_]+ pointer and register with unbounded min value is not allowed|"
     "R[0-9]+ min value is negative|R[0-9]+ unbounded memory access|"
     "R[0-9]+ (min|max) value is outside of the allowed memory range|invalid read from stack R[0-9]+",
     "its numbers say less: two that come from one, in other ways than by a copy or a constant between them; signed "
     "remainders and quotients; comparisons of two addresses; bits and ranges taken together"},
};

// Nothing here is about what a program reads, or about an address that becomes a number: refusals of that kind are not
// explained.
constexpr Explanation kByRights[] = {
    {"speculation",
     "(pointer arithmetic with it|pointer arithmetic of map value goes out of range,|variable stack access|"
     "stack pointer arithmetic goes out of range,) prohibited for !root",
     "its rules against processors that run ahead, which boards do not: what is added to an address has to have one "
     "limit on all paths"},
    {"effort with speculation",
     "BPF program is too large|The sequence of [0-9]+ jumps is too complex|infinite loop detected",
     "it follows what a processor may run ahead into, too, and compares states more strictly"},
    {"distance", "R[0-9]+ pointer -= pointer prohibited",
     "how far two places in one object lie apart, or the packet's ends, is no secret"},
    {"order", "R[0-9]+ pointer comparison prohibited",
     "whether an address is null, and which of two places in one object comes first, is no secret"},
    {"half", "R[0-9]+ partial copy of pointer",
     "half of a packet's address may be held; of use is only the difference of two, which is a length"},
    {"helper", "program of this type cannot use helper", "some helpers are for who may trace the system"},
};

template <size_t N>
const Explanation* first_of(const Explanation (&explanations)[N], const std::string& said) {
  const auto found = std::find_if(std::begin(explanations), std::end(explanations), [&](const Explanation& one) {
    return std::regex_search(said, std::regex(one.says));
  });
  return found == std::end(explanations) ? nullptr : found;
}

}  // namespace

const Explanation* explanation_of(const std::string& said) { return first_of(kExplanations, said); }

const Explanation* explanation_by_rights(const std::string& said) { return first_of(kByRights, said); }

}  // namespace perdita::verifier::oracle
