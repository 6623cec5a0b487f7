// SPDX-License-Identifier: Apache-2.0
//
// For tests: compiles BPF sources with clang-19 as a user does, in a temporary folder of their own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "object/elf_file.h"

namespace perdita::object {

constexpr const char* kPrologue =
    "#include <linux/bpf.h>\n"
    "#include <bpf/bpf_helpers.h>\n"
    "char LICENSE[] SEC(\"license\") = \"GPL\";\n";

// The object of a source that begins with kPrologue's three lines. DWARF, which the loader does not read, is dropped:
// mutations are to hit what it reads.
inline std::vector<uint8_t> compile(const std::string& source, const std::string& flags = "") {
  std::string pattern = (std::filesystem::temp_directory_path() / "perdita-object-XXXXXX").string();
  std::filesystem::path folder = mkdtemp(pattern.data());
  std::ofstream(folder / "prog.bpf.c") << kPrologue << source;
  std::string command = "cd '" + folder.string() +
                        "' && clang-19 -target bpf -mcpu=v3 -g -O2 -ffreestanding"
                        " -isystem /usr/include/$(gcc -print-multiarch) -ffile-prefix-map=$PWD=. " +
                        flags + " -c prog.bpf.c -o prog.bpf.o && llvm-strip-19 -g prog.bpf.o";
  int status = std::system(command.c_str());
  std::ifstream file(folder / "prog.bpf.o", std::ios::binary);
  std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove_all(folder);
  if (status != 0 || bytes.empty()) throw std::runtime_error("clang-19 failed on: " + source);
  return bytes;
}

// The BTF of what a source declares: a platform for CO-RE.
inline std::vector<uint8_t> compile_btf(const std::string& source) {
  Result<ElfFile> elf = read_elf(compile(source));
  const ElfSection* section = elf ? elf->find(".BTF") : nullptr;
  if (section == nullptr) throw std::runtime_error("no BTF in: " + source);
  return section->bytes;
}

// A source that has something of everything.
constexpr const char* kEverything = R"(
struct sample { __u64 time; int value; __u32 flags; } __attribute__((preserve_access_index));
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, __u32); __type(value, __u64); __uint(max_entries, 4);
         __uint(pinning, LIBBPF_PIN_BY_NAME); } counts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(key_size, 8); __uint(value_size, 16); __uint(max_entries, 9); } seen SEC(".maps");
extern int sensor_read(int channel) __ksym;
extern int led_set(int led, int on) __ksym __weak;
extern int run_each(long (*callback)(__u32 i, void *c), int times) __ksym;
const volatile int limit = 7;
int total = 3;
long sums[4];
__attribute__((noinline)) static int scale(int x) { total += x; return x * limit; }
__attribute__((noinline)) int shared(int x) { sums[2] += x; return scale(x) + 5; }
static long each(__u32 i, void *c) { total += i; return 0; }
SEC("sensor") int first(struct sample *s)
{
  __u32 key = 1;
  __u64 *count = bpf_map_lookup_elem(&counts, &key);
  if (count) *count += s->value;
  bpf_printk("value %d", s->value);
  run_each(each, 3);
  led_set(1, 2);
  return shared(sensor_read(2));
}
SEC("packet/in") int second(struct sample *s) { return scale(s->flags) + sensor_read(1); }
SEC("packet/in") int third(struct sample *s) { return 0; }
)";

// Maps in the old way, of two loaders, beside one of BTF; and maps of maps, settings of the kernel, sections and
// helpers of Linux.
constexpr const char* kForLinux = R"(
struct bpf_map_def_old { int type, key, value, entries, flags, inner, node; };
struct bpf_elf_map { int type, key, value, entries, flags, id, pinning, inner_id, inner_idx; };
struct bpf_elf_map hashed SEC("maps") = {.type = BPF_MAP_TYPE_LRU_HASH, .key = 8, .value = 16, .entries = 9, .id = 3};
struct bpf_elf_map of_maps SEC("maps") = {.type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .key = 4, .value = 4, .entries = 2,
                                          .pinning = 2, .inner_id = 3};
struct bpf_map_def_old trie SEC("maps") = {.type = BPF_MAP_TYPE_LPM_TRIE, .key = 8, .value = 4, .entries = 5, .flags = 1};
struct inner { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __type(key, __u32); __type(value, __u64); __uint(max_entries, 4);
               __uint(numa_node, 1); };
struct { __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS); __type(key, __u32); __uint(max_entries, 2);
         __array(values, struct inner); } by_btf SEC(".maps");
extern int CONFIG_HZ __kconfig;
extern long LINUX_KERNEL_VERSION __kconfig;
__attribute__((noinline)) int shared_function_with_a_name_of_many_letters(int x) { return x + CONFIG_HZ; }
SEC("2/7") int first(struct __sk_buff *skb)
{
  __u64 key = 1;
  void *map = bpf_map_lookup_elem(&of_maps, &key);
  if (map && bpf_map_lookup_elem(map, &key)) return 1;
  return bpf_map_lookup_elem(&trie, &key) ? 2 : bpf_skb_pull_data(skb, LINUX_KERNEL_VERSION);
}
SEC("from-netdev") int second(struct __sk_buff *skb)
{
  __u32 key = 1;
  void *map = bpf_map_lookup_elem(&by_btf, &key);
  return map ? shared_function_with_a_name_of_many_letters(bpf_map_delete_elem(&hashed, &skb->cb)) : 0;
}
)";

}  // namespace perdita::object
