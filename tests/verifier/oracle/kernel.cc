// SPDX-License-Identifier: Apache-2.0
#include "oracle/kernel.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace perdita::verifier::oracle {
namespace {

constexpr size_t kLogBytes = 1u << 18;
constexpr uint32_t kLogStatistics = 4;  // BPF_LOG_STATS: messages and figures, no trace of each instruction

// Instructions with descriptors in place of indices; empty where a map has none.
std::vector<isa::Insn> with_descriptors(std::vector<isa::Insn> code, const KernelMaps& maps) {
  for (size_t pc = 0; pc < code.size(); pc++) {
    if (code[pc].opcode != isa::kLddw) continue;
    const uint8_t kind = code[pc].src();
    if (kind == isa::kLddwMap || kind == isa::kLddwMapValue) {
      const int descriptor = maps.descriptor(static_cast<size_t>(code[pc].imm));
      if (descriptor < 0) return {};
      code[pc].imm = descriptor;
      code[pc].regs = isa::make_regs(code[pc].dst(), kind == isa::kLddwMap ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE);
    }
    pc++;
  }
  return code;
}

// This thread's rights without some of them, for as long as this lives.
class FewerRights {
 public:
  explicit FewerRights(Rights rights) {
    if (rights == Rights::everything || syscall(SYS_capget, &header_, had_) != 0) return;
    __user_cap_data_struct fewer[2] = {had_[0], had_[1]};
    for (const unsigned right : {CAP_SYS_ADMIN, CAP_PERFMON}) fewer[right / 32].effective &= ~(1u << right % 32);
    fewer_ = syscall(SYS_capset, &header_, fewer) == 0;
  }
  ~FewerRights() {
    if (fewer_) syscall(SYS_capset, &header_, had_);
  }
  FewerRights(const FewerRights&) = delete;
  FewerRights& operator=(const FewerRights&) = delete;

 private:
  __user_cap_header_struct header_ = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct had_[2] = {};
  bool fewer_ = false;
};

// "verification time 12 usec" and "processed 7 insns (limit 1000000) …" end what it says.
void take_figures(KernelVerdict& verdict, const std::string& log) {
  const size_t time = log.find("verification time ");
  if (time != std::string::npos) verdict.verification_us = std::stoull(log.substr(time + 18));
  const size_t processed = log.find("processed ");
  if (processed != std::string::npos) verdict.processed = std::stoull(log.substr(processed + 10));
  verdict.said = log.substr(0, std::min(time, processed));
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

std::string kernel_refusal() {
  const KernelMaps none({});
  const isa::Insn mov = {isa::kAlu64 | isa::kMov | isa::kK, 0, 0, 0}, exit = {isa::kJmp | isa::kExit, 0, 0, 0};
  const KernelVerdict verdict = kernel_load(BPF_PROG_TYPE_XDP, {mov, exit}, none);
  if (!verdict.accepted) {
    return fmt::format(
        "this machine's kernel takes no programs from this process: bpf(BPF_PROG_LOAD): {} "
        "(as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, it may)",
        std::strerror(verdict.error));
  }
  const KernelRun run = kernel_run(verdict.prog, Bytes(64), {});
  if (run.error != 0) {
    return fmt::format("this machine's kernel runs no programs for tests: bpf(BPF_PROG_TEST_RUN): {}",
                       std::strerror(run.error));
  }
  if (verdict.said.empty() && verdict.processed == 0) return "this machine's kernel gives no figures (BPF_LOG_STATS)";
  return {};
}

KernelMaps::KernelMaps(const std::vector<object::Map>& maps) {
  for (const object::Map& map : maps) {
    defs_.push_back(map.def);
    Descriptor& descriptor = descriptors_.emplace_back();
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = map.def.flags);
    descriptor = Descriptor(bpf_map_create(static_cast<bpf_map_type>(map.def.type), "oracle", map.def.key_size,
                                           map.def.value_size, map.def.max_entries, &options));
    if (descriptor.number() < 0 || (map.def.flags & isa::kMapReadOnlyForProg) == 0) continue;
    // A constant is one only once nobody can change it.
    Bytes initial = map.initial;
    initial.resize(map.def.value_size);
    const uint32_t first = 0;
    bpf_map_update_elem(descriptor.number(), &first, initial.data(), BPF_ANY);
    bpf_map_freeze(descriptor.number());
  }
}

bool KernelMaps::fill(const Contents& contents) {
  for (size_t map = 0; map < descriptors_.size(); map++) {
    const int descriptor = descriptors_[map].number();
    const bool constant = (defs_[map].flags & isa::kMapReadOnlyForProg) != 0;
    if (descriptor < 0 || constant || !is_portable(defs_[map])) continue;
    if (defs_[map].type != isa::MapType::array) {
      for (const auto& [key, value] : read(map)) bpf_map_delete_elem(descriptor, key.data());
    }
    for (const auto& [key, value] : contents[map]) {
      if (bpf_map_update_elem(descriptor, key.data(), value.data(), BPF_ANY) != 0) return false;
    }
  }
  return true;
}

Elements KernelMaps::read(size_t map) const {
  const int descriptor = descriptors_[map].number();
  Elements elements;
  Bytes key(defs_[map].key_size), value(defs_[map].value_size);
  for (int more = bpf_map_get_next_key(descriptor, nullptr, key.data()); more == 0;) {
    if (bpf_map_lookup_elem(descriptor, key.data(), value.data()) == 0) elements[key] = value;
    Bytes next(key.size());
    more = bpf_map_get_next_key(descriptor, key.data(), next.data());
    key = next;
  }
  return elements;
}

Contents KernelMaps::read() const {
  Contents contents(descriptors_.size());
  for (size_t map = 0; map < descriptors_.size(); map++) {
    if (is_portable(defs_[map])) contents[map] = read(map);
  }
  return contents;
}

KernelVerdict kernel_load(bpf_prog_type type, const std::vector<isa::Insn>& code, const KernelMaps& maps,
                          Rights rights) {
  KernelVerdict verdict;
  const std::vector<isa::Insn> loaded = with_descriptors(code, maps);
  if (loaded.empty()) {
    verdict.error = ENOENT;
    verdict.said = "a map that the kernel does not have";
    return verdict;
  }
  static std::vector<char> log(kLogBytes);
  log[0] = 0;
  LIBBPF_OPTS(bpf_prog_load_opts, options, .log_level = kLogStatistics, .log_size = kLogBytes, .log_buf = log.data());
  const FewerRights held(rights);
  const auto began = std::chrono::steady_clock::now();
  const int descriptor =
      bpf_prog_load(type, "oracle", "GPL", reinterpret_cast<const bpf_insn*>(loaded.data()), loaded.size(), &options);
  verdict.error = descriptor < 0 ? errno : 0;
  verdict.load_us = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count();
  verdict.accepted = descriptor >= 0;
  verdict.prog = Descriptor(descriptor);
  take_figures(verdict, log.data());
  return verdict;
}

KernelRun kernel_run(const Descriptor& prog, const Bytes& packet, const Bytes& context) {
  KernelRun run;
  run.packet.resize(packet.size());
  run.context.resize(context.size());
  LIBBPF_OPTS(bpf_test_run_opts, options);
  options.data_in = packet.data();
  options.data_size_in = static_cast<uint32_t>(packet.size());
  options.data_out = run.packet.data();
  options.data_size_out = static_cast<uint32_t>(run.packet.size());
  if (!context.empty()) {
    options.ctx_in = context.data();
    options.ctx_size_in = static_cast<uint32_t>(context.size());
    options.ctx_out = run.context.data();
    options.ctx_size_out = static_cast<uint32_t>(run.context.size());
  }
  options.repeat = 1;
  run.error = bpf_prog_test_run_opts(prog.number(), &options) == 0 ? 0 : errno;
  run.result = options.retval;
  run.packet.resize(options.data_size_out);
  return run;
}

}  // namespace perdita::verifier::oracle
