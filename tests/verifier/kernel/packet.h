// SPDX-License-Identifier: Apache-2.0
// What the programs of this folder include. They are for Linux: its contexts, its helpers, its structures.
#pragma once
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
// clang-format off: the helpers need the types above
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
// clang-format on

#define MAP(type_, key_, value_, entries_) \
  struct {                                 \
    __uint(type, type_);                   \
    __uint(max_entries, entries_);         \
    __type(key, key_);                     \
    __type(value, value_);                 \
  }
