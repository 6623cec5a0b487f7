// SPDX-License-Identifier: Apache-2.0
//
// What can be read: the device and what runs on it, as CBOR (docs/spec/control.md). Each resource is rendered into a
// buffer of any size; lists give as many items as fit and say where the next page begins. Freestanding; thread context;
// under 400 bytes of stack.
#pragma once

#include "control/log_ring.h"
#include "control/request.h"
#include "isa/span.h"
#include "perdita/perdita.h"

namespace perdita::control {

enum class Resource : uint8_t { none, links, device, hooks, progs, packages, package, maps, entries, records, log };

// A resource that a request names.
struct Subject {
  Resource resource = Resource::none;
  uint16_t format = kFormatCbor;
  bool paged = false;      // understands the query from=
  Text package;            // package: its name
  uint32_t map_index = 0;  // entries, records
};

// What the control plane can look at.
struct View {
  const perdita_runtime* runtime;
  const LogRing* log;
  size_t package_bytes;  // largest package taken
};

// Finds what the path names; Resource::none where there is no such thing.
Subject find_resource(const View& view, const Request& request);

enum class Rendered : uint8_t {
  complete,  // all of it, from `from` on
  page,      // some items; the rest on the next page
  no_room,   // not even the first item fits: `size` is what it needs at least
};
// `out` holds at least one smallest block (16 bytes).
Rendered render(const View& view, const Subject& subject, uint32_t from, MutableBytes out, size_t& size);

}  // namespace perdita::control
