// SPDX-License-Identifier: Apache-2.0
//
// This board's port of the runtime (include/perdita/port.h).
#pragma once

#include "perdita/control.h"
#include "perdita/port.h"

namespace board {

extern const perdita_port kPort;

// One line of a program's or the runtime's text: to the console, and to GET /log once there is a control plane.
void log_line(const char* text, size_t size_bytes);
void keep_log_in(perdita_control* control);

}  // namespace board
