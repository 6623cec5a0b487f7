// SPDX-License-Identifier: Apache-2.0
//
// A platform's tables as bytes, for a firmware that is not built for one: the same function writes them on the host and
// reads them on the board, whose structures have another layout. `Io` has number(T&), text(const char*&) and
// array(const T*&, count), which streams each item. Host and device.
#pragma once

#include "perdita/contract.h"

namespace perdita::emulate {

template <typename Io>
void stream(Io& io, const char*& name) {
  io.text(name);
}

template <typename Io>
void stream(Io& io, perdita_arg& arg) {
  io.number(arg.kind);
  io.number(arg.flags);
  io.number(arg.width);
  io.number(arg.is_signed);
  io.number(arg.size_arg);
  io.number(arg.size);
  io.number(arg.map_types);
  io.number(arg.min);
  io.number(arg.max);
}

template <typename Io>
void stream(Io& io, perdita_function& function) {
  io.text(function.name);
  io.number(function.helper);
  io.number(function.arg_count);
  io.array(function.args, function.arg_count);
  io.number(function.capability);
  io.number(function.result.kind);
  io.number(function.result.width);
  io.number(function.result.is_signed);
  io.number(function.result.min);
  io.number(function.result.max);
  io.number(function.cost_instructions);
  io.number(function.cost_instructions_per_byte);
  io.number(function.stack_bytes);
}

template <typename Io>
void stream(Io& io, perdita_field& field) {
  io.text(field.name);
  io.number(field.offset);
  io.number(field.size);
  io.number(field.kind);
  io.number(field.writable);
}

template <typename Io>
void stream(Io& io, perdita_hook& hook) {
  io.text(hook.name);
  io.number(hook.context_size);
  io.number(hook.field_count);
  io.array(hook.fields, hook.field_count);
  io.number(hook.level);
  io.number(hook.combine);
  io.number(hook.data_alignment);
  io.number(hook.packet_writable);
  io.number(hook.capabilities);
  io.number(hook.budget_instructions);
  io.number(hook.packet_max_bytes);
  io.number(hook.result_min);
  io.number(hook.result_max);
  io.number(hook.period_min_us);
  io.number(hook.period_max_us);
  io.number(hook.request);
}

template <typename Io>
void stream(Io& io, perdita_platform& platform) {
  io.text(platform.name);
  io.number(platform.hook_count);
  io.array(platform.hooks, platform.hook_count);
  io.number(platform.function_count);
  io.array(platform.functions, platform.function_count);
  io.number(platform.capability_count);
  io.array(platform.capabilities, platform.capability_count);
}

}  // namespace perdita::emulate
