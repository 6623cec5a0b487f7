// SPDX-License-Identifier: Apache-2.0
//
// Programs that include libbpf's own bpf_helpers.h, unmodified: compiled by clang, loaded, verified, installed, run;
// and what they leave in maps and log.
#include <gtest/gtest.h>

#include "diag/render.h"
#include "object/compile_fixture.h"
#include "object/load.h"
#include "runtime/test_board.h"
#include "verifier/proof.h"

namespace perdita::runtime {
namespace {

class Libbpf : public testing::Test {
 protected:
  Libbpf() { board.start(); }

  void install(const std::string& source) {
    Result<object::Module> module = object::load(object::compile(source), "demo.bpf.o", nullptr);
    ASSERT_TRUE(module) << module.error().message;
    verifier::Verdict verdict = verifier::verify(*module, board.platform, {});
    for (const auto& prog : verdict.progs) {
      for (const Diagnostic& diagnostic : prog.diagnostics) ADD_FAILURE() << render(diagnostic, false);
    }
    ASSERT_TRUE(verdict.accepted);
    ASSERT_EQ(board.deliver(board.seal(board.claimed(*module))), perdita_status_ok)
        << board.report.name << " " << board.report.need;
  }
  int64_t fire(uint32_t value) {
    SensorContext context = {value, 0};
    return perdita_fire(board.runtime, kSensorHook, &context);
  }

  TestBoard board;
};

TEST_F(Libbpf, PrintsOneToSixNumbers) {
  install(R"(
struct ctx { __u32 value, out; };
SEC("sensor") int p(struct ctx *c) {
  __u32 v = c->value;
  bpf_printk("none");
  bpf_printk("%d", v);
  bpf_printk("%d %u", v, v + 1);
  bpf_printk("%d %u %x", v, v + 1, v + 2);
  bpf_printk("%d %u %x %ld", v, v + 1, v + 2, -(long)v);
  bpf_printk("%d %u %x %ld %d", v, v + 1, v + 2, -(long)v, 5);
  bpf_printk("%d %u %x %ld %d %d", v, v + 1, v + 2, -(long)v, 5, 6);
  return 0;
})");
  EXPECT_EQ(fire(10), 0);
  EXPECT_EQ(board.port.log, "none\n10\n10 11\n10 11 c\n10 11 c -10\n10 11 c -10 5\n10 11 c -10 5 6\n");
}

constexpr const char* kQueues = R"(
struct ctx { __u32 value, out; };
struct { __uint(type, BPF_MAP_TYPE_QUEUE); __type(value, __u64); __uint(max_entries, 2); } line SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_STACK); __uint(value_size, 8); __uint(max_entries, 2); } pile SEC(".maps");
SEC("sensor") long p(struct ctx *c) {
  __u64 v = c->value;
  __u64 first = 0, last = 0;
  if (v < 100) {
    bpf_map_push_elem(&line, &v, BPF_EXIST);
    return bpf_map_push_elem(&pile, &v, BPF_ANY);
  }
  if (v == 100) {
    if (bpf_map_peek_elem(&line, &first) || bpf_map_peek_elem(&pile, &last)) return -1;
  } else {
    if (bpf_map_pop_elem(&line, &first) || bpf_map_pop_elem(&pile, &last)) return -2;
  }
  return first * 1000 + last;
})";

TEST_F(Libbpf, QueueAndStack) {
  install(kQueues);
  EXPECT_EQ(fire(1), 0);
  EXPECT_EQ(fire(2), 0);
  EXPECT_EQ(fire(3), -7) << "the stack is full; the queue drops 1";
  EXPECT_EQ(fire(100), 2002);
  EXPECT_EQ(fire(101), 2002);
  EXPECT_EQ(fire(101), 3001);
  EXPECT_EQ(fire(101), -2);
}

TEST_F(Libbpf, LruHashCountsForEver) {
  install(R"(
struct ctx { __u32 value, out; };
struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __type(key, __u32); __type(value, __u64); __uint(max_entries, 4); } seen SEC(".maps");
SEC("sensor") int p(struct ctx *c) {
  __u32 key = c->value;
  __u64 one = 1, *count = bpf_map_lookup_elem(&seen, &key);
  if (count) return ++*count;
  return bpf_map_update_elem(&seen, &key, &one, BPF_NOEXIST);
})");
  EXPECT_EQ(fire(7), 0);
  for (uint32_t i = 0; i < 200; i++) {
    ASSERT_EQ(fire(1000 + i), 0);
    ASSERT_EQ(fire(7), static_cast<int64_t>(i) + 2);
  }
  perdita_map_info info{};
  ASSERT_EQ(perdita_map_at(board.runtime, 0, &info), 1);
  EXPECT_EQ(info.type, 9u);
  EXPECT_EQ(info.entries, 4u);
}

TEST_F(Libbpf, RingBufferOutput) {
  install(R"(
struct ctx { __u32 value, out; };
struct event { __u32 value; __u32 twice; };
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 64); } events SEC(".maps");
SEC("sensor") int p(struct ctx *c) {
  struct event e = { c->value, 2 * c->value };
  if (c->value == 0) return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);
  return bpf_ringbuf_output(&events, &e, sizeof e, 0);
})");
  for (uint32_t value = 1; value <= 4; value++) EXPECT_EQ(fire(value), 0);
  EXPECT_EQ(fire(5), -11);
  EXPECT_EQ(fire(0), 64);
}

}  // namespace
}  // namespace perdita::runtime
