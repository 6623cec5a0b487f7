// SPDX-License-Identifier: Apache-2.0
#include "verifier/leak.h"

#include <fmt/format.h>

namespace perdita::verifier {
namespace {

std::string line_of(const object::Prog& prog, uint32_t pc) {
  Place place = place_of(prog, pc);
  return place.file.empty() ? fmt::format("instruction {}", pc) : fmt::format("{}:{}", place.file, place.line);
}

}  // namespace

// Sound: what a callback's caller holds stays held, and is looked at where that caller ends. A reservation that some
// paths hold counts as held, at any depth: nobody could release it.
bool check_nothing_held(Analysis& analysis, State& state, uint32_t pc, const char* where) {
  const uint8_t depth = state.callback_depth();
  bool nothing = true;
  for (uint32_t number = 0; number < state.reservations.size(); number++) {
    const Reservation reservation = state.reservations[number];
    bool own = reservation.holding == Holding::held && reservation.callbacks == depth;
    if (!own && reservation.holding != Holding::on_some_path) continue;
    nothing = false;
    bool on_some_path = reservation.holding == Holding::on_some_path;
    analysis.error(reservation.pc,
                   {"reservation-leaked", fmt::format("what is reserved here {}", where),
                    reservation.object == 0 ? "ringbuf_submit or ringbuf_discard, once on every path"
                                            : "a call that releases it, once on every path",
                    fmt::format("{} at {}", on_some_path ? "released on some paths only" : "held",
                                line_of(analysis.subject.prog, pc)),
                    reservation.object == 0 ? "discard the record on the way out: bpf_ringbuf_discard(record, 0)"
                                            : "release it on the way out"});
    state.release(number, RegKind::poison);
  }
  return nothing;
}

}  // namespace perdita::verifier
