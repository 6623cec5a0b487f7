// SPDX-License-Identifier: Apache-2.0
#include "worker/confine.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <iterator>
#include <vector>

namespace perdita::worker {
namespace {

#if defined(__SANITIZE_ADDRESS__)
// The sanitizer reserves terabytes of address space and reads /proc when it reports: neither limit can hold there.
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "add the audit architecture of this machine"
#endif

bool limit(__rlimit_resource resource, uint64_t soft, uint64_t hard) {
  rlimit value{soft, hard};
  return setrlimit(resource, &value) == 0;
}

// What allocating, computing, reading the request and writing the answer need.
constexpr uint32_t kCompute[] = {
    SYS_read,          SYS_write,        SYS_close,  SYS_brk,    SYS_mmap,       SYS_munmap,       SYS_mremap,
    SYS_mprotect,      SYS_madvise,      SYS_futex,  SYS_exit,   SYS_exit_group, SYS_rt_sigreturn, SYS_getrandom,
    SYS_clock_gettime, SYS_gettimeofday, SYS_getpid, SYS_gettid, SYS_getrusage,  SYS_sched_yield,  SYS_rt_sigprocmask};
// What opening and reading a file needs; RLIMIT_FSIZE keeps it from writing one.
constexpr uint32_t kFiles[] = {SYS_openat, SYS_fstat,  SYS_newfstatat, SYS_statx,      SYS_lseek,     SYS_pread64,
                               SYS_readv,  SYS_writev, SYS_fcntl,      SYS_readlinkat, SYS_faccessat, SYS_getdents64};

bool filter_calls(Rights rights) {
  std::vector<uint32_t> calls(std::begin(kCompute), std::end(kCompute));
  if (rights == Rights::files) calls.insert(calls.end(), std::begin(kFiles), std::end(kFiles));
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (size_t i = 0; i < calls.size(); i++) {
    // To the last instruction: past the comparisons that are left and the one that refuses.
    auto allow = static_cast<uint8_t>(calls.size() - i);
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i], allow, 0));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  sock_fprog loaded{static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &loaded) == 0;
}

}  // namespace

bool confine(Rights rights, uint64_t memory_bytes, uint64_t cpu_seconds) {
  // One second between the signal that ends a stage and the one that nothing survives.
  bool limited =
      limit(RLIMIT_CORE, 0, 0) && limit(RLIMIT_FSIZE, 0, 0) && limit(RLIMIT_CPU, cpu_seconds, cpu_seconds + 1);
  bool unprivileged = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
  if (!limited || !unprivileged) return false;
  if (kSanitized) return true;
  return limit(RLIMIT_AS, memory_bytes, memory_bytes) && filter_calls(rights);
}

}  // namespace perdita::worker
