// SPDX-License-Identifier: Apache-2.0
//
// The device's answers as a C++ enum: the same list and numbers as include/perdita/status.h.
// Freestanding; no memory, callable from any context.
#pragma once

#include <stdint.h>

#include "perdita/status.h"

namespace perdita {

enum class [[nodiscard]] Status : uint8_t {
#define PERDITA_STATUS_CLASS(name, number, text) name = number,
  PERDITA_STATUS_LIST(PERDITA_STATUS_CLASS)
#undef PERDITA_STATUS_CLASS
};

// The name of a status as it stands in the list ("old_sequence"); "unknown" for a number not in it.
constexpr const char* status_name(Status status) {
  switch (status) {
#define PERDITA_STATUS_NAME(name, number, text) \
  case Status::name:                            \
    return #name;
    PERDITA_STATUS_LIST(PERDITA_STATUS_NAME)
#undef PERDITA_STATUS_NAME
  }
  return "unknown";
}

// The short text of a status, a sentence fragment without a full stop.
constexpr const char* status_text(Status status) {
  switch (status) {
#define PERDITA_STATUS_TEXT(name, number, text) \
  case Status::name:                            \
    return text;
    PERDITA_STATUS_LIST(PERDITA_STATUS_TEXT)
#undef PERDITA_STATUS_TEXT
  }
  return "unknown";
}

}  // namespace perdita
