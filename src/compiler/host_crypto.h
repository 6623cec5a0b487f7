// SPDX-License-Identifier: Apache-2.0
//
// The crypto group of a port (perdita/port.h) for the host, by libsodium: what a host build of the runtime, a test, or
// the relied-upon digest (wire/reliance.h) takes for a board's.
#pragma once

#include "perdita/port.h"

namespace perdita::compiler {

perdita_port_crypto host_crypto();

// A port with nothing but its crypto group: for code of src/wire/, which uses no other.
perdita_port crypto_port();

}  // namespace perdita::compiler
