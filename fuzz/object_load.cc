// SPDX-License-Identifier: Apache-2.0
//
// Fuzzing the object loader: any bytes as an object, resolved against the object's own BTF so that CO-RE is reached.
// What loads must keep the rules of a Module. Seeds: objects that clang wrote.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "object/elf_file.h"
#include "object/load.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace perdita;
  std::vector<uint8_t> bytes(data, data + size);
  std::vector<uint8_t> btf;
  if (Result<object::ElfFile> elf = object::read_elf(bytes)) {
    if (const object::ElfSection* section = elf->find(".BTF")) btf = section->bytes;
  }
  Result<object::Module> module = object::load(bytes, "fuzz.o", &btf);
  if (module && object::check(*module)) abort();
  if (!module && module.error().code.empty()) abort();
  return 0;
}
