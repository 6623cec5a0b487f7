/* SPDX-License-Identifier: Apache-2.0 */
/* One C source for the BPF target and for gcc's native twin. The twin calls what stands behind the helpers directly. */
#ifndef BENCH_H
#define BENCH_H

#ifdef __bpf__
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#else
#include <stddef.h>
#include <stdint.h>
#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, value) __typeof__(value)* name
#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_RINGBUF 27
#define BPF_ANY 0
void* bench_lookup(void* map, const void* key);
int bench_update(void* map, const void* key, const void* value, uint32_t flags);
void* bench_reserve(void* map, uint32_t size, uint32_t flags);
void bench_submit(void* record, uint32_t flags);
#define bpf_map_lookup_elem bench_lookup
#define bpf_map_update_elem bench_update
#define bpf_ringbuf_reserve bench_reserve
#define bpf_ringbuf_submit bench_submit
#endif

#include "bench.platform.h"

/* Both compilers keep the loop that the source has. */
#ifdef __clang__
#define ROLLED _Pragma("clang loop unroll(disable) vectorize(disable)")
#else
#define ROLLED _Pragma("GCC unroll 1")
#endif

#endif
