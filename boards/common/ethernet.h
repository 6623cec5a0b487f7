// SPDX-License-Identifier: Apache-2.0
//
// The board's Ethernet controller. Frames are taken and given at the caller's pace. Thread context; the interrupt only
// ends sleep.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace board {

// Resets the controller, reads its address and switches it on. False where it is not there or does not answer.
bool ethernet_init(uint8_t address[6]);

// The next received frame's length without its check sequence; 0: none waits. Frames with errors are thrown away.
// The caller must then take it with ethernet_read().
size_t ethernet_next();
// Takes that frame: writes it to `to`, or throws it away where `to` is null.
void ethernet_read(uint8_t* to, size_t size_bytes);
bool ethernet_has_frame();

// Sends a frame of the given length: begin, its bytes in any portions, end. False where the controller has no room for
// it.
bool ethernet_begin(size_t size_bytes);
void ethernet_add(const uint8_t* bytes, size_t size_bytes);
void ethernet_end();

// Lets the controller's interrupt end sleep once more; it is shut off each time it came.
void ethernet_arm_interrupt();

}  // namespace board
