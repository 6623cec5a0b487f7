// SPDX-License-Identifier: Apache-2.0
//
// What a board takes and what it refuses: each status that delivery can answer, and that a refusal changes nothing.
#include <gtest/gtest.h>

#include <functional>

#include "runtime/runtime.h"
#include "runtime/test_board.h"

namespace perdita::runtime {
namespace {

using compiler::Order;
using isa::MapType;

// A board where `change` was made to its configuration.
struct DeliverTest : testing::Test {
  explicit DeliverTest(const std::function<void(TestBoard&)>& change = {}) {
    if (change) change(board);
    board.start();
  }

  // Refused with this status, and nothing that can be observed has changed.
  void refuse(perdita_status status, const Envelope& package, const std::string& name = "demo") {
    const std::string before = board.observe();
    EXPECT_EQ(board.deliver(package), status) << "got " << status_name(static_cast<Status>(board.report.status));
    EXPECT_EQ(board.report.name, name);
    EXPECT_EQ(board.observe(), before);
  }

  void take(const Envelope& package) {
    EXPECT_EQ(board.deliver(package), perdita_status_ok)
        << status_name(static_cast<Status>(board.report.status)) << " " << board.report.name;
  }

  int64_t fire(HookIndex hook = kSensorHook) {
    SensorContext context = {5, 0};
    return perdita_fire(board.runtime, hook, &context);
  }

  TestBoard board;
};

struct UnclaimedTest : DeliverTest {
  UnclaimedTest() : DeliverTest([](TestBoard& fresh) { fresh.config.allow_unclaimed = 1; }) {}
};

Envelope flipped(Envelope bytes, size_t at) {
  bytes[at] ^= 1;
  return bytes;
}

// An image with one thing in it changed before it was encoded, claim and all.
std::vector<uint8_t> altered(const TestBoard& board, const object::Module& module,
                             const std::function<void(compiler::ImageContent&)>& change) {
  wire::ImageView view{};
  const std::vector<uint8_t> image = board.claimed(module);
  EXPECT_EQ(wire::read_image({image.data(), image.size()}, view), Status::ok);
  compiler::ImageContent content;
  content.target = std::string(view.target.begin(), view.target.end());
  wire::ItemCursor cursor = view.progs;
  wire::ProgView prog{};
  while (wire::next(cursor, view, prog)) {
    compiler::ImageProg copy{{prog.name.begin(), prog.name.end()}, {prog.hook.begin(), prog.hook.end()}, {}, {}, {}};
    std::copy(prog.reliance.begin(), prog.reliance.end(), copy.reliance.begin());
    copy.code.resize(prog.code.size());
    memcpy(copy.code.data(), prog.code.data(), prog.code.size() * sizeof(isa::Insn));
    wire::SubprogramView subprogram{};
    while (wire::next(prog.subprograms, subprogram)) copy.subprograms.push_back(subprogram);
    content.progs.push_back(copy);
  }
  change(content);
  const auto header = compiler::encode_header(content);
  const auto blob = compiler::encode_blob(content);
  const Bytes header_view(header.data(), header.size());
  const Bytes blob_view(blob.data(), blob.size());
  compiler::ClaimContent claim;
  claim.verifier = "test";
  for (size_t i = 0; i < content.progs.size(); i++) claim.bounds.push_back({100, 64, {{"armv7m/interpreter", 1}}});
  const auto encoded = compiler::encode_claim(claim, compiler::claim_digest(header_view, blob_view));
  return compiler::assemble_image(header_view, {encoded.data(), encoded.size()}, blob_view);
}

// ---- trust ----

TEST_F(DeliverTest, InstallsAttachesAndRuns) {
  take(board.seal(board.claimed(counter(3))));
  EXPECT_EQ(fire(), 3);
  EXPECT_EQ(fire(), 6);
  const perdita_prog_info info = board.prog_info(0);
  EXPECT_EQ(info.attached, 1);
  EXPECT_EQ(info.engine, PERDITA_ENGINE_INTERPRETER);
  EXPECT_EQ(info.runs, 2u);
  EXPECT_EQ(info.last_result, 6);
  EXPECT_EQ(info.bound_instructions, 100u);
  EXPECT_EQ(perdita_sequence(board.runtime, "demo"), 1u);
}

TEST_F(DeliverTest, AuthorAndVerifierMaySignApart) {
  take(board.seal(board.claimed(counter(1)), {.signers = {Signer::verifier, Signer::author}}));
  EXPECT_EQ(fire(), 1);
}

TEST_F(DeliverTest, RefusesWhatNobodyTrustedSigned) {
  const auto image = board.claimed(counter(1));
  refuse(perdita_status_unknown_key_id, board.seal(board.unclaimed(counter(1)), {.signers = {Signer::stranger}}), "");
  refuse(perdita_status_unknown_key_id, board.seal(image, {.signers = {Signer::both, Signer::stranger}}), "");
  refuse(perdita_status_no_author, board.seal(image, {.signers = {Signer::verifier}}));
  refuse(perdita_status_no_verifier, board.seal(image, {.signers = {Signer::false_verifier}}));
  const Envelope package = board.seal(image);
  refuse(perdita_status_digest_mismatch, flipped(package, package.size() - 1), "");
  const auto& key = signing_key(Signer::both);
  const auto id = key.public_key().id();
  const auto kid = std::search(package.begin(), package.end(), id.begin(), id.end()) - package.begin();
  // Behind the key id: empty unprotected header, null, the signature's head, the signature.
  refuse(perdita_status_bad_signature, flipped(package, static_cast<size_t>(kid) + 8 + 2 + 2), "");
  refuse(perdita_status_truncated, Envelope(package.begin(), package.end() - 1), "");
  Envelope longer = package;
  longer.push_back(0);
  refuse(perdita_status_trailing_bytes, longer, "");
  take(package);
}

// Every bit of a package, on its way into a board: refused, and nothing has changed.
TEST_F(DeliverTest, EveryFlippedBitIsRefused) {
  const Envelope package = board.seal(board.claimed(constant(1)));
  const std::string before = board.observe();
  for (size_t bit = 0; bit < package.size() * 8; bit++) {
    Envelope damaged = package;
    damaged[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    ASSERT_NE(board.deliver(damaged), perdita_status_ok) << "bit " << bit;
    ASSERT_EQ(board.observe(), before) << "bit " << bit;
  }
  take(package);
}

TEST_F(DeliverTest, RefusesWhatIsForOthers) {
  const auto image = board.claimed(counter(1));
  refuse(perdita_status_wrong_vendor, board.seal(image, {.vendor_id = {{9}}}));
  refuse(perdita_status_wrong_class, board.seal(image, {.class_id = {{9}}}));
  refuse(perdita_status_wrong_device, board.seal(image, {.device_id = {{9}}}));
  take(board.seal(image, {.device_id = {{7, 8, 9}}}));
}

TEST_F(DeliverTest, RefusesOldSequences) {
  const auto image = board.claimed(counter(1));
  take(board.seal(image, {.sequence = 5}));
  refuse(perdita_status_old_sequence, board.seal(image, {.sequence = 5}));
  EXPECT_EQ(board.report.need, 6u);
  EXPECT_EQ(board.report.have, 5u);
  refuse(perdita_status_old_sequence, board.seal(image, {.sequence = 1}));
  refuse(perdita_status_old_sequence, board.order(Order::detach, "", {.sequence = 5}));
  take(board.seal(image, {.sequence = 6}));
  take(board.order(Order::remove, "", {.sequence = 7}));
  refuse(perdita_status_old_sequence, board.seal(image, {.sequence = 7}));
  take(board.seal(image, {.sequence = UINT64_MAX}));
  refuse(perdita_status_old_sequence, board.seal(image, {.sequence = UINT64_MAX}));
}

// ---- claims ----

TEST_F(DeliverTest, DemandsAClaim) { refuse(perdita_status_no_claim, board.seal(board.unclaimed(counter(1)))); }

TEST_F(UnclaimedTest, RunsGuardedWithoutAClaim) {
  take(board.seal(board.unclaimed(counter(2)), {.signers = {Signer::author}}));
  EXPECT_EQ(fire(), 2);
  EXPECT_EQ(board.prog_info(0).engine, PERDITA_ENGINE_GUARDED);
  EXPECT_EQ(board.prog_info(0).stack_bytes, 1024u);
}

// The digest in a claim covers every byte of header and blob: a claim of one image never fits another.
void expect_claims_do_not_move(DeliverTest& test) {
  TestBoard& board = test.board;
  const std::vector<uint8_t> image = board.claimed(constant(1));
  wire::ImageView view{};
  ASSERT_EQ(wire::read_image({image.data(), image.size()}, view), Status::ok);
  size_t mismatches = 0;
  for (size_t bit = 0; bit < image.size() * 8; bit++) {
    std::vector<uint8_t> damaged = image;
    damaged[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    wire::ImageView other{};
    if (wire::read_image({damaged.data(), damaged.size()}, other) != Status::ok) continue;
    const bool covered = !equal(view.header, other.header) || !equal(view.blob, other.blob);
    const bool digest_changed = !equal(view.claim.digest, other.claim.digest);
    if (!covered && !digest_changed) continue;  // the claim's own words: its signature is what protects them
    if (!equal(other.target, text("bytecode"))) continue;
    test.refuse(perdita_status_claim_mismatch, board.seal(damaged));
    mismatches++;
  }
  EXPECT_GT(mismatches, 200u);
}

TEST_F(DeliverTest, ClaimsDoNotMove) { expect_claims_do_not_move(*this); }
TEST_F(UnclaimedTest, ClaimsDoNotMoveHereEither) { expect_claims_do_not_move(*this); }

TEST_F(UnclaimedTest, AClaimStillNeedsAVerifier) {
  refuse(perdita_status_no_verifier, board.seal(board.claimed(counter(1)), {.signers = {Signer::false_verifier}}));
}

// ---- permission ----

TEST_F(DeliverTest, KeysAreTrustedForHooksAndCapabilities) {
  const std::vector<Signer> sensor_only = {Signer::verifier, Signer::sensor_author};
  take(board.seal(board.claimed(constant(4)), {.signers = sensor_only}));
  refuse(perdita_status_not_permitted,
         board.seal(board.claimed(constant(4, "packet")), {.name = "other", .signers = sensor_only}), "packet");
  refuse(perdita_status_not_permitted,
         board.seal(board.claimed(caller("read_sensor", 1), {"sensor"}), {.name = "other", .signers = sensor_only}),
         "sensor");
  take(board.seal(board.claimed(caller("read_sensor", 1), {"sensor"}), {.name = "other"}));
  EXPECT_EQ(fire(), 21);
}

TEST_F(DeliverTest, AuthorsDoNotAddUp) {
  // `sensor_author` may not use packet, `author` here not sensor.
  board.keys[0].hooks = 1u << kPacketHook;
  object::Module both = constant(1, "sensor", "one");
  both.progs.push_back(constant(1, "packet", "two").progs[0]);
  refuse(perdita_status_not_permitted,
         board.seal(board.claimed(both), {.signers = {Signer::verifier, Signer::author, Signer::sensor_author}}),
         "sensor");
}

TEST_F(DeliverTest, ReplacingAndOrdersNeedThePermissionForWhatIsThere) {
  const std::vector<Signer> sensor_only = {Signer::verifier, Signer::sensor_author};
  take(board.seal(board.claimed(constant(2, "packet")), {.sequence = 1}));
  refuse(perdita_status_not_permitted, board.seal(board.claimed(constant(2)), {.sequence = 2, .signers = sensor_only}),
         "packet");
  for (const Order order : {Order::attach, Order::detach, Order::remove}) {
    refuse(perdita_status_not_permitted, board.order(order, "", {.sequence = 2, .signers = {Signer::sensor_author}}),
           "packet");
  }
}

TEST_F(DeliverTest, CapabilitiesMustBeClaimedAndOfferedByTheHook) {
  refuse(perdita_status_not_permitted, board.seal(board.claimed(caller("read_sensor", 1))), "sensor");
  refuse(perdita_status_not_permitted, board.seal(board.claimed(caller("set_led", 1, "packet"), {"led"})), "led");
  refuse(perdita_status_not_permitted, board.seal(board.claimed(constant(1), {"launch"})), "launch");
  take(board.seal(board.claimed(caller("set_led", 1), {"led"})));
  fire();
  EXPECT_EQ(board.leds, std::vector<uint64_t>{1});
}

// ---- link and admission ----

TEST_F(DeliverTest, RefusesWhatThisPlatformLacksOrHasChanged) {
  TestBoard elsewhere;
  elsewhere.platform.hooks[kPacketHook].name = "radio";
  elsewhere.platform.functions[2].name = "empty";
  elsewhere.platform.functions[0].cost_instructions = 301;
  elsewhere.platform.hooks[kTickHook].result_max = 3;
  elsewhere.platform.hooks[kSensorHook].budget_instructions = 1;  // the device's own affair
  const auto built = [&](const object::Module& module, std::vector<std::string> capabilities = {}) {
    return board.seal(elsewhere.claimed(module, std::move(capabilities)));
  };
  refuse(perdita_status_unknown_hook, built(constant(1, "radio")), "radio");
  refuse(perdita_status_unknown_function, built(caller("empty", 1)), "empty");
  refuse(perdita_status_platform_differs, built(caller("read_sensor", 1), {"sensor"}), "read_sensor");
  refuse(perdita_status_platform_differs, built(constant(1, "tick")), "tick");
  take(built(constant(1)));  // what else has changed there is of no interest
}

TEST_F(DeliverTest, RefusesImagesThatNoCompilerOfOursMakes) {
  const auto sealed = [&](const object::Module& module, const std::function<void(compiler::ImageContent&)>& change) {
    return board.seal(altered(board, module, change));
  };
  const auto native = [](auto& image) {
    image.target = "rv32imc";
    image.native = compiler::NativeOrigin{{}, 1, 1};
    image.progs[0].code.clear();
    image.progs[0].subprograms.clear();
    image.progs[0].native = {0, 0};
  };
  refuse(perdita_status_wrong_target, sealed(constant(1), native), "rv32imc");
  refuse(perdita_status_unknown_helper, sealed(constant(1), [](auto& image) { image.helpers = {{999, {}}}; }), "");
  EXPECT_EQ(board.report.need, 999u);
  refuse(perdita_status_platform_differs, sealed(constant(1), [](auto& image) { image.helpers = {{5, {}}}; }),
         "ktime_get_ns");
  // Code that is no code, a helper that is not imported, a call into the middle, a value of a map that is no array.
  refuse(perdita_status_bad_instruction, sealed(constant(1), [](auto& image) { image.progs[0].code[0].opcode = 0xff; }),
         "constant");
  refuse(perdita_status_bad_instruction,
         sealed(constant(1),
                [](auto& image) {
                  auto& code = image.progs[0].code;
                  code.insert(code.begin() + 1, insn(isa::kJmp | isa::kCall, 0, isa::kCallHelper, 0, 5));
                }),
         "constant");
  EXPECT_EQ(board.report.need, 1u);
  refuse(perdita_status_bad_instruction,
         sealed(constant(1),
                [](auto& image) {
                  auto& code = image.progs[0].code;
                  code.insert(code.begin(), insn(isa::kJmp | isa::kCall, 0, isa::kCallLocal, 0, 1));
                  code.push_back(insn(isa::kJmp | isa::kExit, 0, 0, 0, 0));
                  image.progs[0].subprograms.push_back({3, 0});
                }),
         "constant");
  for (const auto& [type, offset] : {std::pair{MapType::hash, 0}, {MapType::array, 9}}) {
    refuse(perdita_status_bad_instruction,
           sealed(constant(1),
                  [&](auto& image) {
                    image.maps = {{"m", {type, 4, 8, 1, 0}, wire::MapUse::private_to_package, {}}};
                    auto& code = image.progs[0].code;
                    code.insert(code.begin(),
                                {insn(isa::kLddw, 1, isa::kLddwMapValue, 0, 0), insn(0, 0, 0, 0, offset)});
                  }),
           "constant");
  }
}

TEST_F(DeliverTest, RefusesMapsItDoesNotHave) {
  object::Module module = counter(1);
  module.maps.push_back({"ring", {MapType::ring_buffer, 0, 0, 24, 0}, object::MapOrigin::defined, false, {}});
  refuse(perdita_status_bad_map, board.seal(board.claimed(module)), "ring");
}

TEST_F(DeliverTest, RefusesWhatExceedsTheBudget) {
  board.platform.hooks[kSensorHook].budget_instructions = 999;
  refuse(perdita_status_over_budget, board.seal(board.claimed(counter(1))), "count");
  EXPECT_EQ(board.report.need, 1000u);
  EXPECT_EQ(board.report.have, 999u);
  board.platform.hooks[kSensorHook].budget_instructions = 1000;
  board.config.target = "armv7";  // a prefix is another machine
  refuse(perdita_status_over_budget, board.seal(board.claimed(counter(1))), "count");
  EXPECT_EQ(board.report.need, UINT64_MAX);
  board.config.target = "armv7m";
  board.config.engine = PERDITA_ENGINE_GUARDED;
  refuse(perdita_status_over_budget, board.seal(board.claimed(counter(1))), "count");
  EXPECT_EQ(board.report.need, 3000u);
  board.config.engine = PERDITA_ENGINE_INTERPRETER;
  take(board.seal(board.claimed(counter(1))));
}

TEST_F(DeliverTest, RefusesWhatCanNeverFit) {
  object::Module module = counter(1);
  module.maps.push_back(
      {"huge", {MapType::hash, 512, isa::kMaxValueBytes, isa::kMaxEntries, 0}, object::MapOrigin::defined, false, {}});
  refuse(perdita_status_out_of_memory, board.seal(board.claimed(module)), "huge");
  EXPECT_GT(board.report.need, uint64_t{1} << 40);
}

// ---- orders ----

TEST_F(DeliverTest, Orders) {
  object::Module module = constant(1, "sensor", "one");
  module.progs.push_back(constant(2, "packet", "two").progs[0]);
  take(board.seal(board.claimed(module), {.sequence = 1, .attach = false}));
  EXPECT_EQ(fire(), 0);
  refuse(perdita_status_unknown_package, board.order(Order::attach, "", {.name = "other", .sequence = 2}), "other");
  refuse(perdita_status_unknown_program, board.order(Order::attach, "three", {.sequence = 2}), "three");
  refuse(perdita_status_not_attached, board.order(Order::detach, "", {.sequence = 2}));
  take(board.order(Order::attach, "one", {.sequence = 2}));
  EXPECT_EQ(fire(), 1);
  EXPECT_EQ(fire(kPacketHook), 0);
  refuse(perdita_status_already_attached, board.order(Order::attach, "one", {.sequence = 3}), "one");
  take(board.order(Order::attach, "", {.sequence = 3}));
  EXPECT_EQ(fire(kPacketHook), 2);
  refuse(perdita_status_already_attached, board.order(Order::attach, "", {.sequence = 4}));
  take(board.order(Order::detach, "one", {.sequence = 4}));
  EXPECT_EQ(fire(), 0);
  refuse(perdita_status_not_attached, board.order(Order::detach, "one", {.sequence = 5}), "one");
  take(board.order(Order::remove, "", {.sequence = 5}));
  refuse(perdita_status_unknown_package, board.order(Order::remove, "", {.sequence = 6}));
  EXPECT_EQ(fire(kPacketHook), 0);
}

// ---- replacement ----

TEST_F(DeliverTest, ReplacementKeepsMapsOfSameNameAndDefinition) {
  take(board.seal(board.claimed(counter(1)), {.sequence = 1}));
  for (int i = 0; i < 5; i++) fire();
  const auto memory_used = [&] {
    perdita_memory_info info{};
    perdita_memory(board.runtime, &info);
    return info.used_bytes;
  };
  take(board.seal(board.claimed(counter(10)), {.sequence = 2}));
  EXPECT_EQ(fire(), 15);
  // One version is kept to come back, and no more.
  const uint32_t used = memory_used();
  take(board.seal(board.claimed(counter(100)), {.sequence = 3}));
  EXPECT_EQ(memory_used(), used);
  EXPECT_EQ(fire(), 115);
  object::Module wider = counter(1);
  wider.maps[0].def.max_entries = 5;
  take(board.seal(board.claimed(wider), {.sequence = 4}));
  EXPECT_EQ(fire(), 1);
}

object::Module with_data(std::vector<uint8_t> data, object::MapOrigin origin) {
  object::Module module = counter(1);
  const uint32_t flags = origin == object::MapOrigin::rodata ? uint32_t{isa::kMapReadOnlyForProg} : 0;
  module.maps[0] = {".section", {MapType::array, 4, 8, 1, flags}, origin, false, std::move(data)};
  return module;
}

TEST_F(DeliverTest, ReplacementTakesDataFromTheNewImage) {
  using Origin = object::MapOrigin;
  take(board.seal(board.claimed(with_data({7, 0, 0, 0, 0, 0, 0, 0}, Origin::data)), {.sequence = 1}));
  EXPECT_EQ(fire(), 8);
  take(board.seal(board.claimed(with_data({7, 0, 0, 0, 0, 0, 0, 0}, Origin::data)), {.sequence = 2}));
  EXPECT_EQ(fire(), 9);  // the same variables: they live on
  take(board.seal(board.claimed(with_data({9, 0, 0, 0, 0, 0, 0, 0}, Origin::data)), {.sequence = 3}));
  EXPECT_EQ(fire(), 10);  // other initial values: other variables
  take(board.seal(board.claimed(with_data({}, Origin::bss)), {.sequence = 4}));
  EXPECT_EQ(fire(), 1);
  take(board.seal(board.claimed(with_data({}, Origin::bss)), {.sequence = 5}));
  EXPECT_EQ(fire(), 2);
  // Constants are what the image says, whatever a program without a proof would have done to them.
  for (uint64_t sequence = 6; sequence < 8; sequence++) {
    const std::vector<uint8_t> seven = {7, 0, 0, 0, 0, 0, 0, 0};
    take(board.seal(board.claimed(with_data(seven, Origin::rodata)), {.sequence = sequence}));
    EXPECT_EQ(fire(), 8);
  }
}

TEST_F(DeliverTest, ReplacementKeepsThePlaceAmongOthers) {
  take(board.seal(board.claimed(constant(1, "packet")), {.name = "first", .sequence = 1}));
  take(board.seal(board.claimed(constant(2, "packet")), {.name = "second", .sequence = 1}));
  EXPECT_EQ(fire(kPacketHook), 1);
  take(board.seal(board.claimed(constant(0, "packet")), {.name = "first", .sequence = 2}));
  EXPECT_EQ(fire(kPacketHook), 2);
  take(board.seal(board.claimed(constant(1, "packet")), {.name = "first", .sequence = 3}));
  EXPECT_EQ(fire(kPacketHook), 1);
  take(board.seal(board.claimed(constant(1, "packet")), {.name = "first", .sequence = 4, .attach = false}));
  EXPECT_EQ(fire(kPacketHook), 2);
}

// An interrupt may fire its hook wherever a lock is about to be taken: it sees the old program or the new one, and no
// firing is lost.
TEST_F(DeliverTest, InterruptsSeeTheOldOrTheNew) {
  take(board.seal(board.claimed(counter(1, "tick")), {.sequence = 1}));
  uint64_t last = 0;
  uint64_t fired = 0;
  bool new_seen = false;
  board.port.interrupt = [&] {
    const auto interrupt = std::exchange(board.port.interrupt, nullptr);
    const uint64_t value = static_cast<uint64_t>(fire(kTickHook));
    ASSERT_TRUE(value == last + 1 || value == last + 1000) << last << " " << value;
    if (new_seen) {
      ASSERT_EQ(value, last + 1000);
    }
    new_seen = value == last + 1000;
    last = value;
    fired++;
    board.port.interrupt = interrupt;
  };
  take(board.seal(board.claimed(counter(1000, "tick")), {.sequence = 2}));
  board.port.interrupt = nullptr;
  EXPECT_GT(fired, 0u);
  EXPECT_EQ(static_cast<uint64_t>(fire(kTickHook)), last + 1000);
  EXPECT_EQ(board.prog_info(0).misses, 0u);
}

TEST_F(DeliverTest, BusyWhileAProgramRuns) {
  take(board.seal(board.claimed(caller("call_back", 0)), {.sequence = 1}));
  const Envelope next = board.seal(board.claimed(constant(1)), {.sequence = 2});
  const Envelope removal = board.order(Order::remove, "", {.sequence = 2});
  board.callback = [&]() -> uint64_t {
    refuse(perdita_status_busy, next, "");
    refuse(perdita_status_busy, removal, "");
    return 77;
  };
  EXPECT_EQ(fire(), 77);
  take(next);
  EXPECT_EQ(fire(), 1);
}

// ---- memory ----

// Every amount of memory, from none to enough: either all of it happened or nothing. `prepare` what is there before.
void expect_all_or_nothing(const std::function<void(TestBoard&)>& prepare, const object::Module& module) {
  size_t refused = 0;
  size_t smallest = 0;
  for (size_t bytes = sizeof(uint64_t); bytes < TestBoard::kMemoryBytes; bytes += 8) {
    TestBoard board(bytes);
    board.config.platform = &board.platform.tables();
    board.config.port = &board.port.port;
    perdita_runtime* runtime = nullptr;
    std::vector<uint64_t> probe(bytes / 8);
    if (perdita_init(&runtime, probe.data(), bytes, &board.config) != perdita_status_ok) continue;
    board.start();
    prepare(board);
    if (testing::Test::HasFailure()) return;
    SensorContext context = {};
    perdita_package_info info{};
    if (perdita_package_at(board.runtime, 0, &info) == 0 && board.report.status == perdita_status_out_of_memory) {
      continue;  // not even what was there before fits
    }
    const std::string before = board.observe();
    const Envelope package = board.seal(board.claimed(module), {.sequence = 9});
    const perdita_status status = board.deliver(package);
    if (status == perdita_status_ok) {
      smallest = smallest == 0 ? bytes : smallest;
      if (bytes > smallest + 256) break;
      continue;
    }
    ASSERT_EQ(smallest, 0u) << "more memory, and it does not fit any more";
    ASSERT_EQ(status, perdita_status_out_of_memory);
    ASSERT_GT(board.report.need, board.report.have);
    ASSERT_EQ(board.observe(), before) << bytes;
    perdita_fire(board.runtime, kSensorHook, &context);
    refused++;
  }
  EXPECT_GT(refused, 20u);
  EXPECT_GT(smallest, 0u);
}

TEST(OutOfMemory, InstallsWholeOrNotAtAll) {
  object::Module module = counter(1);
  module.progs.push_back(counter(2, "tick").progs[0]);
  module.progs[1].name = "second";
  module.maps.push_back({"table", {MapType::hash, 4, 8, 4, 0}, object::MapOrigin::defined, false, {}});
  expect_all_or_nothing([](TestBoard&) {}, module);
}

TEST(OutOfMemory, ReplacesWholeOrNotAtAll) {
  object::Module module = counter(100);
  module.maps.push_back({"table", {MapType::hash, 4, 8, 8, 0}, object::MapOrigin::defined, false, {}});
  expect_all_or_nothing(
      [](TestBoard& board) {
        if (board.deliver(board.seal(board.claimed(counter(1)))) != perdita_status_ok) return;
        SensorContext context = {};
        EXPECT_EQ(perdita_fire(board.runtime, kSensorHook, &context), 1);
      },
      module);
}

TEST_F(DeliverTest, RemovalGivesEverythingBack) {
  perdita_memory_info before{};
  perdita_memory(board.runtime, &before);
  object::Module module = counter(1);
  module.progs.push_back(counter(2, "tick").progs[0]);
  module.progs[1].name = "second";
  uint64_t sequence = 0;
  for (int round = 0; round < 50; round++) {
    take(board.seal(board.claimed(module), {.sequence = ++sequence}));
    take(board.seal(board.claimed(counter(5)), {.name = "other", .sequence = ++sequence}));
    take(board.seal(board.claimed(counter(7)), {.sequence = ++sequence}));
    take(board.order(Order::remove, "", {.name = round % 2 == 0 ? "demo" : "other", .sequence = ++sequence}));
    take(board.order(Order::remove, "", {.name = round % 2 == 0 ? "other" : "demo", .sequence = ++sequence}));
    perdita_memory_info after{};
    perdita_memory(board.runtime, &after);
    ASSERT_EQ(after.used_bytes, before.used_bytes);
    ASSERT_EQ(after.largest_free_bytes, before.largest_free_bytes);
  }
}

TEST_F(DeliverTest, ThePackageIsNamedByTheDigestOfWhatWasInstalled) {
  const std::vector<uint8_t> images[] = {board.claimed(counter(1)), board.claimed(constant(2))};
  take(board.seal(images[0], {.name = "first"}));
  take(board.seal(images[1], {.name = "second"}));
  for (uint32_t i = 0; i < 2; i++) {
    const perdita_bytes image = {images[i].data(), images[i].size()};
    std::array<uint8_t, 32> digest{};
    std::array<uint8_t, 32> expected{};
    ASSERT_EQ(perdita_package_digest(board.runtime, i, digest.data()), 1);
    board.port.port.crypto.sha256(nullptr, &image, 1, expected.data());
    EXPECT_EQ(digest, expected);
  }
  std::array<uint8_t, 32> none{};
  EXPECT_EQ(perdita_package_digest(board.runtime, 2, none.data()), 0);
}

// One block for everything but the maps, whatever the tables are made of.
TEST_F(DeliverTest, APackageTakesTwoBlocksAndNoByteMore) {
  const auto image = board.claimed(counter(1));
  take(board.seal(image));
  perdita_package_info info{};
  ASSERT_EQ(perdita_package_at(board.runtime, 0, &info), 1);
  const size_t tables = sizeof(LinkedCall) + sizeof(Map*);  // its one helper, its one map
  const size_t most = kInstanceBytes + ((tables + 7) & ~size_t{7}) + ((image.size() + 7) & ~size_t{7});
  EXPECT_EQ(info.memory_bytes - info.map_bytes, most);
}

TEST_F(DeliverTest, EveryByteIsAccountedFor) {
  perdita_memory_info empty{};
  perdita_memory(board.runtime, &empty);
  EXPECT_EQ(empty.total_bytes, TestBoard::kMemoryBytes);
  take(board.seal(board.claimed(counter(1))));
  perdita_memory_info full{};
  perdita_memory(board.runtime, &full);
  perdita_package_info info{};
  ASSERT_EQ(perdita_package_at(board.runtime, 0, &info), 1);
  constexpr uint32_t kStack = 64 + 8;  // of the level, with its block's header
  EXPECT_EQ(full.used_bytes, empty.used_bytes + info.memory_bytes + kStack);
}

// ---- sequence floors ----

TEST_F(DeliverTest, TheTableOfNamesIsFullOnlyOfInstalledPackages) {
  const auto image = board.claimed(constant(1));
  for (int i = 0; i < 16; i++) {
    take(board.seal(image, {.name = "package-" + std::to_string(i), .sequence = 10 + static_cast<uint64_t>(i)}));
  }
  refuse(perdita_status_table_full, board.seal(image, {.name = "one-more", .sequence = 100}), "one-more");
  take(board.order(Order::remove, "", {.name = "package-3", .sequence = 50}));
  take(board.order(Order::remove, "", {.name = "package-2", .sequence = 60}));
  take(board.seal(image, {.name = "one-more", .sequence = 1}));  // the oldest without a package is forgotten: package-3
  // Its number is the floor of every name that is not known any more, or never was.
  EXPECT_EQ(perdita_sequence(board.runtime, "package-3"), 50u);
  EXPECT_EQ(perdita_sequence(board.runtime, "never-seen"), 50u);
  EXPECT_EQ(perdita_sequence(board.runtime, "package-2"), 60u);
  refuse(perdita_status_old_sequence, board.seal(image, {.name = "package-3", .sequence = 50}), "package-3");
  take(board.seal(image, {.name = "package-3", .sequence = 51}));  // in the place of package-2
  EXPECT_EQ(perdita_sequence(board.runtime, "package-2"), 60u);
}

}  // namespace
}  // namespace perdita::runtime
