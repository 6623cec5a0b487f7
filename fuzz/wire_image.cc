// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an image. Of whatever reads, every view lies inside the input and every cursor ends where its items do.
#include <cstdlib>

#include "wire/image.h"

using namespace perdita;

namespace {

// A view outside the input, or a byte of it that cannot be read, ends the run.
void touch(const void* data, size_t size) {
  volatile uint8_t sink = 0;
  for (size_t i = 0; i < size; i++) sink = static_cast<uint8_t>(sink + static_cast<const uint8_t*>(data)[i]);
}

void must(bool condition) {
  if (!condition) std::abort();
}

template <typename T>
void touch(Span<T> view) {
  touch(static_cast<const void*>(view.data()), view.size() * sizeof(T));
}

void walk(const wire::ImageView& image) {
  touch(image.target);
  touch(image.header);
  touch(image.blob);
  wire::ItemCursor cursor = image.progs;
  wire::ProgView prog{};
  uint32_t count = 0;
  while (wire::next(cursor, image, prog)) {
    touch(prog.name);
    touch(prog.hook);
    touch(prog.reliance);
    touch(prog.code);
    must(reinterpret_cast<const uint8_t*>(prog.code.end()) <= image.blob.end());
    wire::ItemCursor subprograms = prog.subprograms;
    wire::SubprogramView subprogram{};
    while (wire::next(subprograms, subprogram)) must(subprogram.first < prog.code.size());
    must(subprograms.rest.empty());
    count++;
  }
  must(cursor.rest.empty() && count == image.progs.count);
  cursor = image.maps;
  wire::MapView map{};
  while (wire::next(cursor, image, map)) {
    touch(map.name);
    touch(map.initial);
    must(map.initial.empty() || map.initial.size() == map.def.value_size);
  }
  must(cursor.rest.empty());
  cursor = image.functions;
  wire::FunctionView function{};
  while (wire::next(cursor, function)) touch(function.name);
  must(cursor.rest.empty());
  cursor = image.helpers;
  wire::HelperView helper{};
  while (wire::next(cursor, helper)) touch(helper.reliance);
  must(cursor.rest.empty());
  if (!image.has_claim) return;
  touch(image.claim.digest);
  touch(image.claim.verifier);
  cursor = image.claim.capabilities;
  Text name;
  while (wire::next(cursor, name)) touch(name);
  must(cursor.rest.empty());
  cursor = image.claim.bounds;
  wire::ClaimBoundsView bounds{};
  while (wire::next(cursor, bounds)) {
    uint64_t worst_case = 0;
    while (wire::next(bounds.machine, name, worst_case)) touch(name);
    must(bounds.machine.rest.empty());
  }
  must(cursor.rest.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  wire::ImageView image;
  if (wire::read_image(Bytes(data, size), image) == Status::ok) walk(image);
  return 0;
}
