/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin for QEMU that ends it at the first access to memory that is not aligned, with a line that says where: for
 * targets whose emulator permits what their cores may not (tests/board/engine_test.cc). Of QEMU's plugin interface,
 * version 1, what is needed here; no header of QEMU's comes with Debian's packages.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*translated)(uint64_t id, struct qemu_plugin_tb* block);
typedef void (*accessed)(unsigned int cpu, uint32_t access, uint64_t address, void* user);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translated callback);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* block);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb* block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn* insn);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn* insn, accessed callback, int flags, int kind,
                                      void* user);
unsigned int qemu_plugin_mem_size_shift(uint32_t access);

EXPORTED int qemu_plugin_version = 1;

static void on_access(unsigned int cpu, uint32_t access, uint64_t address, void* pc) {
  (void)cpu;
  const unsigned int bytes = 1u << qemu_plugin_mem_size_shift(access);
  if ((address & (bytes - 1)) == 0) return;
  fprintf(stderr, "unaligned access to %u bytes at %#" PRIx64 " by %#" PRIxPTR "\n", bytes, address, (uintptr_t)pc);
  _exit(1);
}

static void on_translation(uint64_t id, struct qemu_plugin_tb* block) {
  (void)id;
  enum { kNoRegisters = 0, kReadsAndWrites = 3 };
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
    struct qemu_plugin_insn* insn = qemu_plugin_tb_get_insn(block, i);
    void* pc = (void*)(uintptr_t)qemu_plugin_insn_vaddr(insn);
    qemu_plugin_register_vcpu_mem_cb(insn, on_access, kNoRegisters, kReadsAndWrites, pc);
  }
}

EXPORTED int qemu_plugin_install(uint64_t id, const void* info, int count, char** values);
int qemu_plugin_install(uint64_t id, const void* info, int count, char** values) {
  (void)info, (void)count, (void)values;
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  return 0;
}
