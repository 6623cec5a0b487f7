/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux on a 64-bit machine, as far as it takes to judge BPF objects that were made for it: program types as hooks,
 * with their contexts and the sections that loaders know them by; helpers by number. Written after
 * include/uapi/linux/bpf.h and the contracts in the kernel's net/core/filter.c, kernel/bpf/helpers.c and
 * kernel/trace/bpf_trace.c (Linux 6.1).
 *
 * Verify-only: nothing is compiled for it, and nothing here says what anything costs. Each contract is sound for the
 * guarantees of docs/verifier where Linux keeps its word; where it promises more than it does, that is said beside it.
 */
#ifndef TESTS_PLATFORMS_LINUX_LINUX_PLATFORM_H
#define TESTS_PLATFORMS_LINUX_LINUX_PLATFORM_H

#include "perdita/platform.h"

PERDITA_PLATFORM("linux");
PERDITA_VERIFY_ONLY;
/* Linux admits no program that takes more than a million instructions or 512 bytes of stack, and follows at most 33
 * tail calls. */
PERDITA_TAIL_CALLS(1000000, 512);

/* ---- objects ---- */

struct bpf_sock_view { /* struct bpf_sock */
  uint32_t bound_dev_if, family, type, protocol, mark, priority, src_ip4, src_ip6[4], src_port;
  uint16_t dst_port, reserved;
  uint32_t dst_ip4, dst_ip6[4], state;
  int32_t rx_queue_mapping;
};
struct bpf_tcp_sock_view { /* struct bpf_tcp_sock */
  uint32_t counts[20];
  uint64_t bytes_received, bytes_acked;
  uint32_t dsack_dups, delivered, delivered_ce, icsk_retransmits;
};
struct flow_keys_view { /* struct bpf_flow_keys */
  uint32_t words[14];
};
PERDITA_OBJECT(sock, struct bpf_sock_view);
PERDITA_OBJECT(tcp_sock, struct bpf_tcp_sock_view);
PERDITA_OBJECT(flow_keys, struct flow_keys_view);

/* ---- contexts ---- */

/* struct __sk_buff. What programs may write differs by their type (net/core/filter.c, *_is_valid_access). */
#define LINUX_SK_BUFF(name, mark_, queue_, priority_, tc_index_, classid_, tstamp_)                        \
  struct name {                                                                                            \
    uint32_t len, pkt_type;                                                                                \
    uint32_t mark mark_;                                                                                   \
    uint32_t queue_mapping queue_;                                                                         \
    uint32_t protocol, vlan_present, vlan_tci, vlan_proto;                                                 \
    uint32_t priority priority_;                                                                           \
    uint32_t ingress_ifindex, ifindex;                                                                     \
    uint32_t tc_index tc_index_;                                                                           \
    uint32_t cb[5] PERDITA_WRITABLE;                                                                       \
    uint32_t hash;                                                                                         \
    uint32_t tc_classid classid_;                                                                          \
    uint32_t data PERDITA_DATA;                                                                            \
    uint32_t data_end PERDITA_DATA_END;                                                                    \
    uint32_t napi_id, family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port; \
    uint32_t data_meta PERDITA_DATA_META;                                                                  \
    uint64_t flow_keys PERDITA_TO_OBJECT("flow_keys");                                                     \
    uint64_t tstamp tstamp_;                                                                               \
    uint32_t wire_len, gso_segs;                                                                           \
    uint64_t sk PERDITA_TO_OBJECT("sock");                                                                 \
    uint32_t gso_size;                                                                                     \
    uint8_t tstamp_type, reserved[3];                                                                      \
    uint64_t hwtstamp;                                                                                     \
  }
LINUX_SK_BUFF(sk_buff_filter, , , , , , );
LINUX_SK_BUFF(sk_buff_cgroup, PERDITA_WRITABLE, , PERDITA_WRITABLE, , , PERDITA_WRITABLE);
LINUX_SK_BUFF(sk_buff_tc, PERDITA_WRITABLE, PERDITA_WRITABLE, PERDITA_WRITABLE, PERDITA_WRITABLE, PERDITA_WRITABLE,
              PERDITA_WRITABLE);
LINUX_SK_BUFF(sk_buff_lwt, PERDITA_WRITABLE, , PERDITA_WRITABLE, , , );
LINUX_SK_BUFF(sk_buff_stream, , , PERDITA_WRITABLE, PERDITA_WRITABLE, , );

struct xdp_context { /* struct xdp_md */
  uint32_t data PERDITA_DATA;
  uint32_t data_end PERDITA_DATA_END;
  uint32_t data_meta PERDITA_DATA_META;
  uint32_t ingress_ifindex, rx_queue_index, egress_ifindex;
};

/* struct pt_regs (struct user_pt_regs): 21 registers on x86, 34 on arm64. Numbers, whatever they hold. */
struct registers_context {
  uint64_t regs[34];
};
struct perf_event_context { /* struct bpf_perf_event_data */
  uint64_t regs[34], sample_period, addr;
};
/* What the tracepoint's format says, behind what the kernel keeps for itself; at most PERF_MAX_TRACE_SIZE. */
struct tracepoint_context {
  uint64_t kept PERDITA_HIDDEN;
  uint64_t fields[1023];
};
struct raw_tracepoint_context { /* struct bpf_raw_tracepoint_args */
  uint64_t args[13];
};
/* Arguments of a function of the kernel, by their BTF types. The kernel makes reads through its pointers safe
 * (BPF_PROBE_MEM); which arguments are pointers, and to what, its own types say, which are not known here. */
struct traced_context {
  uint64_t args[13] PERDITA_SYSTEM;
};

struct sock_ops_context { /* struct bpf_sock_ops */
  uint32_t op;
  uint32_t args[4] PERDITA_WRITABLE;
  uint32_t family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port, is_fullsock, snd_cwnd,
      srtt_us, bpf_sock_ops_cb_flags, state, rtt_min, snd_ssthresh, rcv_nxt, snd_nxt, snd_una, mss_cache, ecn_flags,
      rate_delivered, rate_interval_us, packets_out, retrans_out, total_retrans, segs_in, data_segs_in, segs_out,
      data_segs_out, lost_out, sacked_out;
  uint32_t sk_txhash PERDITA_WRITABLE;
  uint64_t bytes_received, bytes_acked;
  uint64_t sk PERDITA_TO_OBJECT("sock");
  uint64_t skb_data PERDITA_DATA;
  uint64_t skb_data_end PERDITA_DATA_END;
  uint32_t skb_len, skb_tcp_flags;
  uint64_t skb_hwtstamp;
};
struct sk_msg_context { /* struct sk_msg_md */
  uint64_t data PERDITA_DATA;
  uint64_t data_end PERDITA_DATA_END;
  uint32_t family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port, size;
  uint64_t sk PERDITA_ALWAYS_TO_OBJECT("sock");
};
struct sock_context { /* struct bpf_sock */
  uint32_t bound_dev_if PERDITA_WRITABLE;
  uint32_t family, type, protocol;
  uint32_t mark PERDITA_WRITABLE;
  uint32_t priority PERDITA_WRITABLE;
  uint32_t src_ip4, src_ip6[4], src_port;
  uint16_t dst_port, reserved;
  uint32_t dst_ip4, dst_ip6[4], state;
  int32_t rx_queue_mapping;
};
struct sock_addr_context { /* struct bpf_sock_addr */
  uint32_t user_family;
  uint32_t user_ip4 PERDITA_WRITABLE;
  uint32_t user_ip6[4] PERDITA_WRITABLE;
  uint32_t user_port PERDITA_WRITABLE;
  uint32_t family, type, protocol;
  uint32_t msg_src_ip4 PERDITA_WRITABLE;
  uint32_t msg_src_ip6[4] PERDITA_WRITABLE;
  uint64_t sk PERDITA_ALWAYS_TO_OBJECT("sock");
};
struct cgroup_dev_context { /* struct bpf_cgroup_dev_ctx */
  uint32_t access_type, major, minor;
};
struct sysctl_context { /* struct bpf_sysctl */
  uint32_t write;
  uint32_t file_pos PERDITA_WRITABLE;
};
struct sockopt_context { /* struct bpf_sockopt */
  uint64_t sk PERDITA_ALWAYS_TO_OBJECT("sock");
  uint64_t optval PERDITA_DATA;
  uint64_t optval_end PERDITA_DATA_END;
  int32_t level PERDITA_WRITABLE;
  int32_t optname PERDITA_WRITABLE;
  int32_t optlen PERDITA_WRITABLE;
  int32_t retval PERDITA_WRITABLE;
};
struct reuseport_context { /* struct sk_reuseport_md */
  uint64_t data PERDITA_DATA;
  uint64_t data_end PERDITA_DATA_END;
  uint32_t len, eth_protocol, ip_protocol, bind_inany, hash;
  uint64_t sk PERDITA_ALWAYS_TO_OBJECT("sock");
  uint64_t migrating_sk PERDITA_TO_OBJECT("sock");
};
struct sk_lookup_context { /* struct bpf_sk_lookup */
  uint64_t sk PERDITA_TO_OBJECT("sock");
  uint32_t family, protocol, remote_ip4, remote_ip6[4];
  uint16_t remote_port, reserved;
  uint32_t local_ip4, local_ip6[4], local_port, ingress_ifindex;
};
struct lirc_context {
  uint32_t sample;
};

/* ---- program types ---- */

/* What a packet holds in one piece and Linux lets programs reach: MAX_PACKET_OFF. */
#define LINUX_PACKET PERDITA_PACKET(1, 65535)
#define LINUX_HOOK(name, context, ...) PERDITA_HOOK(name, context, PERDITA_BUDGET(0), __VA_ARGS__)

LINUX_HOOK(socket_filter, struct sk_buff_filter, LINUX_PACKET, PERDITA_LEGACY_LOADS, PERDITA_SECTIONS("socket*"));
LINUX_HOOK(xdp, struct xdp_context, LINUX_PACKET, PERDITA_PACKET_WRITABLE, PERDITA_SECTIONS("xdp*", "prog/xdp*"));
/* Also whatever says nothing else: sections of loaders for tc have any name, such as 2/7 or from-netdev. */
LINUX_HOOK(sched_cls, struct sk_buff_tc, LINUX_PACKET, PERDITA_PACKET_WRITABLE, PERDITA_LEGACY_LOADS,
           PERDITA_SECTIONS("classifier*", "tc*", "action*", "*"));
LINUX_HOOK(cgroup_skb, struct sk_buff_cgroup, LINUX_PACKET, PERDITA_LEGACY_LOADS,
           PERDITA_SECTIONS("cgroup/skb*", "cgroup_skb/*"));
LINUX_HOOK(lwt_in, struct sk_buff_lwt, LINUX_PACKET,
           PERDITA_SECTIONS("lwt_in*", "lwt_out*", "lwt_seg6local*", "len_hist"));
LINUX_HOOK(lwt_xmit, struct sk_buff_lwt, LINUX_PACKET, PERDITA_PACKET_WRITABLE, PERDITA_SECTIONS("lwt_xmit*"));
LINUX_HOOK(sk_skb, struct sk_buff_stream, LINUX_PACKET, PERDITA_PACKET_WRITABLE, PERDITA_SECTIONS("sk_skb*"));
LINUX_HOOK(flow_dissector, struct sk_buff_filter, LINUX_PACKET, PERDITA_SECTIONS("flow_dissector*"));
LINUX_HOOK(sk_msg, struct sk_msg_context, LINUX_PACKET, PERDITA_PACKET_WRITABLE, PERDITA_SECTIONS("sk_msg*"));
LINUX_HOOK(sockops, struct sock_ops_context, LINUX_PACKET, PERDITA_SECTIONS("sockops*", "sock_ops*"));
LINUX_HOOK(kprobe, struct registers_context,
           PERDITA_SECTIONS("kprobe*", "kretprobe*", "uprobe*", "uretprobe*", "usdt*", "ksyscall*", "kretsyscall*"));
LINUX_HOOK(perf_event, struct perf_event_context, PERDITA_SECTIONS("perf_event*", "perf_section*"));
LINUX_HOOK(tracepoint, struct tracepoint_context, PERDITA_SECTIONS("tracepoint*", "tp/*"));
LINUX_HOOK(raw_tracepoint, struct raw_tracepoint_context,
           PERDITA_SECTIONS("raw_tracepoint*", "raw_tp*", "freplace*", "syscall*"));
LINUX_HOOK(traced, struct traced_context,
           PERDITA_SECTIONS("tp_btf*", "fentry*", "fexit*", "fmod_ret*", "lsm*", "iter*", "struct_ops*"));
LINUX_HOOK(cgroup_sock, struct sock_context,
           PERDITA_SECTIONS("cgroup/sock*", "cgroup/post_bind4", "cgroup/post_bind6", "cgroup/sock_create",
                            "cgroup/sock_release"));
LINUX_HOOK(cgroup_sock_addr, struct sock_addr_context,
           PERDITA_SECTIONS("cgroup/bind4", "cgroup/bind6", "cgroup/connect4", "cgroup/connect6", "cgroup/sendmsg4",
                            "cgroup/sendmsg6", "cgroup/recvmsg4", "cgroup/recvmsg6", "cgroup/getpeername4",
                            "cgroup/getpeername6", "cgroup/getsockname4", "cgroup/getsockname6"));
LINUX_HOOK(cgroup_dev, struct cgroup_dev_context, PERDITA_SECTIONS("cgroup/dev*"));
LINUX_HOOK(cgroup_sysctl, struct sysctl_context, PERDITA_SECTIONS("cgroup/sysctl*"));
LINUX_HOOK(cgroup_sockopt, struct sockopt_context, LINUX_PACKET, PERDITA_PACKET_WRITABLE,
           PERDITA_SECTIONS("cgroup/getsockopt*", "cgroup/setsockopt*"));
LINUX_HOOK(sk_reuseport, struct reuseport_context, LINUX_PACKET, PERDITA_SECTIONS("sk_reuseport*"));
LINUX_HOOK(sk_lookup, struct sk_lookup_context, PERDITA_SECTIONS("sk_lookup*"));
LINUX_HOOK(lirc_mode2, struct lirc_context, PERDITA_SECTIONS("lirc_mode2*"));

/* ---- helpers ---- */

#define LINUX_HELPER(number, result, name, parameters, ...) \
  PERDITA_HELPER(number, result, name, parameters, PERDITA_COST(0), PERDITA_STACK(0) __VA_OPT__(, ) __VA_ARGS__)

#define LINUX_LARGEST (1 << 20)
#define CTX void* ctx PERDITA_CONTEXT
#define CTX_MOVES void* ctx PERDITA_CONTEXT PERDITA_MOVES_PACKET
#define NUMBER(name) uint64_t name
#define IN(name) const void* name
#define OUT(name) void* name PERDITA_OUT
#define INOUT(name) void* name PERDITA_INOUT
#define OF_SIZE(name) uint32_t name PERDITA_SIZE(1, LINUX_LARGEST)
/* Of helpers whose size has 64 bits: the upper half counts. */
#define OF_SIZE64(name) uint64_t name PERDITA_SIZE(1, LINUX_LARGEST)
#define OF_SIZE64_OR_ZERO(name) uint64_t name PERDITA_SIZE(0, LINUX_LARGEST)
#define OF_SIZE_OR_ZERO(name) uint32_t name PERDITA_SIZE(0, LINUX_LARGEST)

/* Types of maps by Linux's numbers. */
#define HASHES 1, 5, 9, 10
#define ARRAYS 2, 6
#define TRIE 11
#define MAPS_OF_MAPS 12, 13
#define READ_ONLY_VALUES 14, 16, 17, 25 /* of devices, processors and sockets: the loader marks them so */
#define KEY const void* key PERDITA_MAP_KEY

LINUX_HELPER(1, void*, map_lookup_elem,
             (const void* map PERDITA_MAP(HASHES, ARRAYS, TRIE, MAPS_OF_MAPS, READ_ONLY_VALUES), KEY),
             PERDITA_GIVES_MAP_VALUE_OR_NULL);
LINUX_HELPER(2, int64_t, map_update_elem,
             (const void* map PERDITA_MAP(HASHES, ARRAYS, TRIE, 15, 18), KEY, const void* value PERDITA_MAP_VALUE,
              NUMBER(flags)));
LINUX_HELPER(3, int64_t, map_delete_elem, (const void* map PERDITA_MAP(HASHES, ARRAYS, TRIE, 15, 18), KEY));
LINUX_HELPER(195, void*, map_lookup_percpu_elem, (const void* map PERDITA_MAP(5, 6, 10), KEY, uint32_t cpu),
             PERDITA_GIVES_MAP_VALUE_OR_NULL);

LINUX_HELPER(87, int64_t, map_push_elem,
             (const void* map PERDITA_MAP(22, 23, 30), const void* value PERDITA_MAP_VALUE, NUMBER(flags)));
LINUX_HELPER(88, int64_t, map_pop_elem, (const void* map PERDITA_MAP(22, 23), void* value PERDITA_MAP_VALUE_OUT));
LINUX_HELPER(186, int64_t, get_retval, (void));
LINUX_HELPER(187, int64_t, set_retval, (int32_t value));

/* Reads of any address: the kernel looks whether it is there. All of the memory counts as written, which is Linux's
 * contract as well (ARG_PTR_TO_UNINIT_MEM): where a string is shorter, the rest is what the stack held. */
#define READS_ANY(number, name) \
  LINUX_HELPER(number, int64_t, name, (OUT(to), OF_SIZE_OR_ZERO(size), uint64_t from PERDITA_ANY))
#define READS_TEXT(number, name)                                                                                \
  LINUX_HELPER(                                                                                                 \
      number, int64_t, name,                                                                                    \
      (OUT(to), uint32_t size PERDITA_SIZE(0, LINUX_LARGEST) PERDITA_LIMITS_RESULT, uint64_t from PERDITA_ANY), \
      PERDITA_RESULT(-4095, LINUX_LARGEST))
READS_ANY(4, probe_read);
READS_TEXT(45, probe_read_str);
READS_ANY(112, probe_read_user);
READS_ANY(113, probe_read_kernel);
READS_TEXT(114, probe_read_user_str);
READS_TEXT(115, probe_read_kernel_str);
READS_ANY(148, copy_from_user);
/* Writes to the running process's memory, which is its own affair. */
LINUX_HELPER(36, int64_t, probe_write_user, (uint64_t to PERDITA_ANY, IN(from), OF_SIZE(size)));

LINUX_HELPER(5, uint64_t, ktime_get_ns, (void));
LINUX_HELPER(125, uint64_t, ktime_get_boot_ns, (void));
LINUX_HELPER(160, uint64_t, ktime_get_coarse_ns, (void));
LINUX_HELPER(118, uint64_t, jiffies64, (void));
/* What the format does not convert Linux does not look at; addresses are still not shown. */
LINUX_HELPER(6, int64_t, trace_printk,
             (IN(format), OF_SIZE(size), uint64_t a PERDITA_BY_FORMAT PERDITA_OPTIONAL,
              uint64_t b PERDITA_BY_FORMAT PERDITA_OPTIONAL, uint64_t c PERDITA_BY_FORMAT PERDITA_OPTIONAL));
LINUX_HELPER(7, uint32_t, get_prandom_u32, (void));
LINUX_HELPER(8, uint32_t, get_smp_processor_id, (void));
LINUX_HELPER(42, int32_t, get_numa_node_id, (void));

/* Packets. Whatever may change a buffer may move it (bpf_helper_changes_pkt_data). */
LINUX_HELPER(9, int64_t, skb_store_bytes, (CTX_MOVES, uint32_t offset, IN(from), OF_SIZE(size), NUMBER(flags)));
LINUX_HELPER(10, int64_t, l3_csum_replace, (CTX_MOVES, uint32_t offset, NUMBER(from), NUMBER(to), NUMBER(size)));
LINUX_HELPER(11, int64_t, l4_csum_replace, (CTX_MOVES, uint32_t offset, NUMBER(from), NUMBER(to), NUMBER(flags)));
LINUX_HELPER(12, int64_t, tail_call, (CTX, const void* map PERDITA_MAP(3), uint32_t index));
LINUX_HELPER(13, int64_t, clone_redirect, (CTX_MOVES, uint32_t ifindex, NUMBER(flags)));
LINUX_HELPER(18, int64_t, skb_vlan_push, (CTX_MOVES, uint16_t proto, uint16_t tci));
LINUX_HELPER(19, int64_t, skb_vlan_pop, (CTX_MOVES));
LINUX_HELPER(20, int64_t, skb_get_tunnel_key, (CTX, OUT(key), OF_SIZE(size), NUMBER(flags)));
LINUX_HELPER(21, int64_t, skb_set_tunnel_key, (CTX, IN(key), OF_SIZE(size), NUMBER(flags)));
LINUX_HELPER(23, int64_t, redirect, (uint32_t ifindex, NUMBER(flags)));
LINUX_HELPER(24, uint32_t, get_route_realm, (CTX));
LINUX_HELPER(26, int64_t, skb_load_bytes, (CTX, uint32_t offset, OUT(to), OF_SIZE(size)));
LINUX_HELPER(28, int64_t, csum_diff,
             (const void* from PERDITA_NULLABLE, OF_SIZE_OR_ZERO(from_size), const void* to PERDITA_NULLABLE,
              OF_SIZE_OR_ZERO(to_size), uint32_t seed));
LINUX_HELPER(29, int64_t, skb_get_tunnel_opt, (CTX, OUT(opt), OF_SIZE(size)));
LINUX_HELPER(30, int64_t, skb_set_tunnel_opt, (CTX, IN(opt), OF_SIZE(size)));
LINUX_HELPER(31, int64_t, skb_change_proto, (CTX_MOVES, uint16_t proto, NUMBER(flags)));
LINUX_HELPER(32, int64_t, skb_change_type, (CTX, uint32_t type));
LINUX_HELPER(33, int64_t, skb_under_cgroup, (CTX, const void* map PERDITA_MAP(8), uint32_t index));
LINUX_HELPER(34, uint32_t, get_hash_recalc, (CTX));
LINUX_HELPER(38, int64_t, skb_change_tail, (CTX_MOVES, uint32_t size, NUMBER(flags)));
LINUX_HELPER(39, int64_t, skb_pull_data, (CTX_MOVES, uint32_t size));
LINUX_HELPER(40, int64_t, csum_update, (CTX, uint32_t csum));
LINUX_HELPER(41, int64_t, set_hash_invalid, (CTX));
LINUX_HELPER(43, int64_t, skb_change_head, (CTX_MOVES, uint32_t size, NUMBER(flags)));
LINUX_HELPER(44, int64_t, xdp_adjust_head, (CTX_MOVES, int32_t delta));
LINUX_HELPER(48, int64_t, set_hash, (CTX, uint32_t hash));
LINUX_HELPER(50, int64_t, skb_adjust_room, (CTX_MOVES, int32_t delta, uint32_t mode, NUMBER(flags)));
LINUX_HELPER(51, int64_t, redirect_map, (const void* map PERDITA_MAP(14, 16, 17, 25), uint64_t key, NUMBER(flags)));
LINUX_HELPER(54, int64_t, xdp_adjust_meta, (CTX_MOVES, int32_t delta));
LINUX_HELPER(65, int64_t, xdp_adjust_tail, (CTX_MOVES, int32_t delta));
LINUX_HELPER(66, int64_t, skb_get_xfrm_state, (CTX, uint32_t index, OUT(state), OF_SIZE(size), NUMBER(flags)));
LINUX_HELPER(68, int64_t, skb_load_bytes_relative, (CTX, uint32_t offset, OUT(to), OF_SIZE(size), uint32_t start));
LINUX_HELPER(69, int64_t, fib_lookup, (CTX, INOUT(params), OF_SIZE(size), uint32_t flags));
LINUX_HELPER(73, int64_t, lwt_push_encap, (CTX_MOVES, uint32_t type, IN(header), OF_SIZE(size)));
LINUX_HELPER(74, int64_t, lwt_seg6_store_bytes, (CTX_MOVES, uint32_t offset, IN(from), OF_SIZE(size)));
LINUX_HELPER(75, int64_t, lwt_seg6_adjust_srh, (CTX_MOVES, uint32_t offset, int32_t delta));
LINUX_HELPER(76, int64_t, lwt_seg6_action, (CTX_MOVES, uint32_t action, IN(param), OF_SIZE(size)));
LINUX_HELPER(79, uint64_t, skb_cgroup_id, (CTX));
LINUX_HELPER(83, uint64_t, skb_ancestor_cgroup_id, (CTX, int32_t level));
LINUX_HELPER(97, int64_t, skb_ecn_set_ce, (CTX_MOVES)); /* makes the header writable first */
LINUX_HELPER(152, int64_t, redirect_neigh,
             (uint32_t ifindex, const void* params PERDITA_NULLABLE, OF_SIZE_OR_ZERO(size), NUMBER(flags)));
LINUX_HELPER(155, int64_t, redirect_peer, (uint32_t ifindex, NUMBER(flags)));
LINUX_HELPER(163, int64_t, check_mtu,
             (CTX, uint32_t ifindex, uint32_t* mtu PERDITA_INOUT, int32_t delta, NUMBER(flags)));
LINUX_HELPER(188, uint64_t, xdp_get_buff_len, (CTX));
LINUX_HELPER(189, int64_t, xdp_load_bytes, (CTX, uint32_t offset, OUT(to), OF_SIZE(size)));
LINUX_HELPER(190, int64_t, xdp_store_bytes, (CTX, uint32_t offset, IN(from), OF_SIZE(size)));
LINUX_HELPER(192, int64_t, skb_set_tstamp, (CTX, uint64_t tstamp, uint32_t type));

/* The process and the machine. */
LINUX_HELPER(14, uint64_t, get_current_pid_tgid, (void));
LINUX_HELPER(15, uint64_t, get_current_uid_gid, (void));
LINUX_HELPER(16, int64_t, get_current_comm, (OUT(name), OF_SIZE(size)));
LINUX_HELPER(17, uint32_t, get_cgroup_classid, (CTX));
LINUX_HELPER(22, int64_t, perf_event_read, (const void* map PERDITA_MAP(4), NUMBER(flags)));
LINUX_HELPER(25, int64_t, perf_event_output,
             (CTX, const void* map PERDITA_MAP(4), NUMBER(flags), IN(data), OF_SIZE64_OR_ZERO(size)));
LINUX_HELPER(27, int64_t, get_stackid, (CTX, const void* map PERDITA_MAP(7), NUMBER(flags)));
LINUX_HELPER(35, uint64_t, get_current_task, (void)); /* the kernel's number for it, no pointer of the program's */
LINUX_HELPER(158, uint64_t, get_current_task_btf, (void), PERDITA_GIVES_SYSTEM);
LINUX_HELPER(37, int64_t, current_task_under_cgroup, (const void* map PERDITA_MAP(8), uint32_t index));
LINUX_HELPER(55, int64_t, perf_event_read_value,
             (const void* map PERDITA_MAP(4), NUMBER(flags), OUT(value), OF_SIZE(size)));
LINUX_HELPER(56, int64_t, perf_prog_read_value, (CTX, OUT(value), OF_SIZE(size)));
LINUX_HELPER(58, int64_t, override_return, (CTX, NUMBER(result)));
LINUX_HELPER(67, int64_t, get_stack,
             (CTX, OUT(stack), uint32_t size PERDITA_SIZE(0, LINUX_LARGEST) PERDITA_LIMITS_RESULT, NUMBER(flags)),
             PERDITA_RESULT(-4095, LINUX_LARGEST));
LINUX_HELPER(77, int64_t, rc_repeat, (CTX));
LINUX_HELPER(78, int64_t, rc_keydown, (CTX, uint32_t protocol, uint64_t scancode, uint32_t toggle));
LINUX_HELPER(80, uint64_t, get_current_cgroup_id, (void));
LINUX_HELPER(92, int64_t, rc_pointer_rel, (CTX, int32_t x, int32_t y));
LINUX_HELPER(109, int64_t, send_signal, (uint32_t signal));
LINUX_HELPER(117, int64_t, send_signal_thread, (uint32_t signal));
LINUX_HELPER(119, int64_t, read_branch_records,
             (CTX, void* entries PERDITA_OUT PERDITA_NULLABLE, OF_SIZE_OR_ZERO(size), NUMBER(flags)));
LINUX_HELPER(120, int64_t, get_ns_current_pid_tgid, (NUMBER(dev), NUMBER(ino), OUT(pids), OF_SIZE(size)));
LINUX_HELPER(111, int64_t, skb_output,
             (uint64_t skb PERDITA_ANY, const void* map PERDITA_MAP(4), NUMBER(flags), IN(data),
              OF_SIZE64_OR_ZERO(size)));
LINUX_HELPER(121, int64_t, xdp_output,
             (uint64_t xdp PERDITA_ANY, const void* map PERDITA_MAP(4), NUMBER(flags), IN(data),
              OF_SIZE64_OR_ZERO(size)));
LINUX_HELPER(123, uint64_t, get_current_ancestor_cgroup_id, (int32_t level));
LINUX_HELPER(173, uint64_t, get_func_ip, (CTX));
LINUX_HELPER(174, uint64_t, get_attach_cookie, (CTX));

/* Sockets. */
LINUX_HELPER(46, uint64_t, get_socket_cookie, (CTX));
LINUX_HELPER(47, uint32_t, get_socket_uid, (CTX));
LINUX_HELPER(49, int64_t, setsockopt, (CTX, int32_t level, int32_t option, IN(value), OF_SIZE(size)));
LINUX_HELPER(52, int64_t, sk_redirect_map, (CTX, const void* map PERDITA_MAP(15), uint32_t key, NUMBER(flags)));
LINUX_HELPER(53, int64_t, sock_map_update, (CTX, const void* map PERDITA_MAP(15), KEY, NUMBER(flags)));
LINUX_HELPER(57, int64_t, getsockopt, (CTX, int32_t level, int32_t option, OUT(value), OF_SIZE(size)));
LINUX_HELPER(59, int64_t, sock_ops_cb_flags_set, (CTX, int32_t flags));
LINUX_HELPER(60, int64_t, msg_redirect_map, (CTX, const void* map PERDITA_MAP(15), uint32_t key, NUMBER(flags)));
LINUX_HELPER(61, int64_t, msg_apply_bytes, (CTX, uint32_t bytes));
LINUX_HELPER(62, int64_t, msg_cork_bytes, (CTX, uint32_t bytes));
LINUX_HELPER(63, int64_t, msg_pull_data, (CTX_MOVES, uint32_t start, uint32_t end, NUMBER(flags)));
LINUX_HELPER(64, int64_t, bind, (CTX, IN(address), OF_SIZE(size)));
LINUX_HELPER(70, int64_t, sock_hash_update, (CTX, const void* map PERDITA_MAP(18), KEY, NUMBER(flags)));
LINUX_HELPER(71, int64_t, msg_redirect_hash, (CTX, const void* map PERDITA_MAP(18), KEY, NUMBER(flags)));
LINUX_HELPER(72, int64_t, sk_redirect_hash, (CTX, const void* map PERDITA_MAP(18), KEY, NUMBER(flags)));
LINUX_HELPER(81, void*, get_local_storage, (const void* map PERDITA_MAP(19, 21), NUMBER(flags)),
             PERDITA_GIVES_MAP_VALUE);
LINUX_HELPER(82, int64_t, sk_select_reuseport, (CTX, const void* map PERDITA_MAP(15, 18, 20), KEY, NUMBER(flags)));
LINUX_HELPER(90, int64_t, msg_push_data, (CTX_MOVES, uint32_t start, uint32_t size, NUMBER(flags)));
LINUX_HELPER(91, int64_t, msg_pop_data, (CTX_MOVES, uint32_t start, uint32_t size, NUMBER(flags)));
#define FINDS_SOCKET(number, name)                                                                 \
  LINUX_HELPER(number, void*, name, (CTX, IN(tuple), OF_SIZE(size), NUMBER(netns), NUMBER(flags)), \
               PERDITA_ACQUIRES_OBJECT("sock"))
FINDS_SOCKET(84, sk_lookup_tcp);
FINDS_SOCKET(85, sk_lookup_udp);
FINDS_SOCKET(99, skc_lookup_tcp);
LINUX_HELPER(86, int64_t, sk_release, (void* sk PERDITA_RELEASES("sock")));
LINUX_HELPER(95, void*, sk_fullsock, (const void* sk PERDITA_OF_OBJECT("sock")), PERDITA_GIVES_OBJECT("sock"));
LINUX_HELPER(96, void*, tcp_sock, (const void* sk PERDITA_OF_OBJECT("sock")), PERDITA_GIVES_OBJECT("tcp_sock"));
LINUX_HELPER(98, void*, get_listener_sock, (const void* sk PERDITA_OF_OBJECT("sock")), PERDITA_GIVES_OBJECT("sock"));
LINUX_HELPER(100, int64_t, tcp_check_syncookie,
             (const void* sk PERDITA_OF_OBJECT("sock"), IN(ip), OF_SIZE(ip_size), IN(tcp), OF_SIZE(tcp_size)));
LINUX_HELPER(107, void*, sk_storage_get,
             (const void* map PERDITA_MAP(24), const void* sk PERDITA_OF_OBJECT("sock"),
              const void* value PERDITA_MAP_VALUE PERDITA_NULLABLE, NUMBER(flags)),
             PERDITA_GIVES_MAP_VALUE_OR_NULL);
LINUX_HELPER(108, int64_t, sk_storage_delete,
             (const void* map PERDITA_MAP(24), const void* sk PERDITA_OF_OBJECT("sock")));
LINUX_HELPER(110, int64_t, tcp_gen_syncookie,
             (const void* sk PERDITA_OF_OBJECT("sock"), IN(ip), OF_SIZE(ip_size), IN(tcp), OF_SIZE(tcp_size)));
LINUX_HELPER(122, uint64_t, get_netns_cookie, (CTX));
LINUX_HELPER(124, int64_t, sk_assign, (CTX, const void* sk PERDITA_OF_OBJECT("sock"), NUMBER(flags)));
LINUX_HELPER(128, uint64_t, sk_cgroup_id, (const void* sk PERDITA_OF_OBJECT("sock")));
LINUX_HELPER(129, uint64_t, sk_ancestor_cgroup_id, (const void* sk PERDITA_OF_OBJECT("sock"), int32_t level));
LINUX_HELPER(142, int64_t, load_hdr_opt, (CTX, INOUT(option), OF_SIZE(size), NUMBER(flags)));
LINUX_HELPER(143, int64_t, store_hdr_opt, (CTX_MOVES, IN(option), OF_SIZE(size), NUMBER(flags)));
LINUX_HELPER(144, int64_t, reserve_hdr_opt, (CTX_MOVES, uint32_t size, NUMBER(flags)));

/* Settings of a control group. */
LINUX_HELPER(101, int64_t, sysctl_get_name, (CTX, OUT(name), OF_SIZE64(size), NUMBER(flags)));
LINUX_HELPER(102, int64_t, sysctl_get_current_value, (CTX, OUT(value), OF_SIZE64(size)));
LINUX_HELPER(103, int64_t, sysctl_get_new_value, (CTX, OUT(value), OF_SIZE64(size)));
LINUX_HELPER(104, int64_t, sysctl_set_new_value, (CTX, IN(value), OF_SIZE64(size)));
LINUX_HELPER(105, int64_t, strtol, (IN(text), OF_SIZE64(size), NUMBER(flags), int64_t* number PERDITA_OUT));
LINUX_HELPER(106, int64_t, strtoul, (IN(text), OF_SIZE64(size), NUMBER(flags), uint64_t* number PERDITA_OUT));

#endif
