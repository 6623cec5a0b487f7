// SPDX-License-Identifier: Apache-2.0
#include "wire/reliance.h"

#include <string.h>

#include "wire/cbor_writer.h"

namespace perdita::wire {

namespace {

constexpr uint64_t kFormVersion = 1;

void write_field(CborWriter& writer, const perdita_field& field) {
  writer.array(5);
  writer.text(text(field.name));
  writer.unsigned_integer(field.offset);
  writer.unsigned_integer(field.size);
  writer.unsigned_integer(field.kind);
  writer.boolean(field.writable != 0);
}

// Only what means something for the kind: what a table holds in its other members must not reach the digest.
void write_arg(CborWriter& writer, const perdita_arg& arg) {
  const bool has_range = (arg.flags & PERDITA_ARG_RANGE) != 0;
  switch (arg.kind) {
    case PERDITA_ARG_SCALAR:
      writer.array(has_range ? 6 : 4);
      break;
    case PERDITA_ARG_MAP:
    case PERDITA_ARG_CALLBACK:
      writer.array(3);
      break;
    case PERDITA_ARG_MEM_IN:
    case PERDITA_ARG_MEM_OUT:
    case PERDITA_ARG_MEM_INOUT:
      writer.array(4);
      break;
    default:
      writer.array(2);
      break;
  }
  writer.unsigned_integer(arg.kind);
  writer.unsigned_integer(arg.flags);
  switch (arg.kind) {
    case PERDITA_ARG_SCALAR:
      writer.unsigned_integer(arg.width);
      writer.boolean(arg.is_signed != 0);
      if (has_range) {
        writer.integer(arg.min);
        writer.integer(arg.max);
      }
      break;
    case PERDITA_ARG_MAP:
      writer.unsigned_integer(arg.map_types);
      break;
    case PERDITA_ARG_CALLBACK:
      writer.unsigned_integer(arg.size);
      break;
    case PERDITA_ARG_MEM_IN:
    case PERDITA_ARG_MEM_OUT:
    case PERDITA_ARG_MEM_INOUT:
      writer.unsigned_integer(arg.size_arg);
      writer.unsigned_integer(arg.size);
      break;
    default:
      break;
  }
}

void write_result(CborWriter& writer, const perdita_result& result) {
  if (result.kind != PERDITA_RESULT_SCALAR) {
    writer.array(1);
    writer.unsigned_integer(result.kind);
    return;
  }
  writer.array(5);
  writer.unsigned_integer(result.kind);
  writer.unsigned_integer(result.width);
  writer.boolean(result.is_signed != 0);
  writer.integer(result.min);
  writer.integer(result.max);
}

void form_digest(const perdita_port& port, Bytes form, uint8_t (&digest)[kRelianceBytes]) {
  const perdita_bytes part = {form.data(), form.size()};
  uint8_t whole[kDigestBytes];
  port.crypto.sha256(port.user, &part, 1, whole);
  memcpy(digest, whole, kRelianceBytes);
}

MutableBytes at_most_form_bytes(MutableBytes buffer) {
  return buffer.size() > kRelianceFormBytes ? buffer.subspan(0, kRelianceFormBytes) : buffer;
}

}  // namespace

Status hook_form(const perdita_platform&, const perdita_hook& hook, MutableBytes buffer, size_t& size) {
  CborWriter writer(at_most_form_bytes(buffer));
  const bool periodic = hook.period_max_us != 0;
  const bool request = hook.request != 0;
  writer.array(request ? 14 : periodic ? 13 : 12);
  writer.text(text("perdita-hook"));
  writer.unsigned_integer(kFormVersion);
  writer.text(text(hook.name));
  writer.unsigned_integer(hook.context_size);
  writer.array(hook.field_count);
  for (const perdita_field& field : Span<const perdita_field>(hook.fields, hook.field_count)) {
    write_field(writer, field);
  }
  writer.unsigned_integer(hook.level);
  writer.unsigned_integer(hook.combine);
  writer.unsigned_integer(hook.data_alignment);
  writer.boolean(hook.packet_writable != 0);
  writer.unsigned_integer(hook.packet_max_bytes);
  writer.integer(hook.result_min);
  writer.integer(hook.result_max);
  if (periodic || request) writer.boolean(periodic);
  if (request) writer.boolean(true);
  size = writer.size();
  return writer.status();
}

Status function_form(const perdita_platform& platform, const perdita_function& function, MutableBytes buffer,
                     size_t& size) {
  CborWriter writer(at_most_form_bytes(buffer));
  writer.array(10);
  writer.text(text("perdita-function"));
  writer.unsigned_integer(kFormVersion);
  writer.text(text(function.name));
  writer.unsigned_integer(function.helper);
  writer.array(function.arg_count);
  for (const perdita_arg& arg : Span<const perdita_arg>(function.args, function.arg_count)) write_arg(writer, arg);
  write_result(writer, function.result);
  // By name: the bit's number is the platform's own affair. A bit that has no name is no capability anyone can hold.
  if (function.capability == PERDITA_NO_CAPABILITY) {
    writer.null();
  } else if (function.capability < platform.capability_count) {
    writer.text(text(platform.capabilities[function.capability]));
  } else {
    return Status::bad_value;
  }
  writer.unsigned_integer(function.cost_instructions);
  writer.unsigned_integer(function.cost_instructions_per_byte);
  writer.unsigned_integer(function.stack_bytes);
  size = writer.size();
  return writer.status();
}

Status hook_reliance(const perdita_platform& platform, const perdita_hook& hook, const perdita_port& port,
                     MutableBytes scratch, uint8_t (&digest)[kRelianceBytes]) {
  size_t size = 0;
  const Status status = hook_form(platform, hook, scratch, size);
  if (status == Status::ok) form_digest(port, Bytes(scratch.data(), size), digest);
  return status;
}

Status function_reliance(const perdita_platform& platform, const perdita_function& function, const perdita_port& port,
                         MutableBytes scratch, uint8_t (&digest)[kRelianceBytes]) {
  size_t size = 0;
  const Status status = function_form(platform, function, scratch, size);
  if (status == Status::ok) form_digest(port, Bytes(scratch.data(), size), digest);
  return status;
}

}  // namespace perdita::wire
