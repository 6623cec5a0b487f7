// SPDX-License-Identifier: Apache-2.0
//
// The programs in examples/ against the demo's platform: they compile without warnings, load, belong to a hook, and
// call only functions that the platform describes.
#include <gmock/gmock.h>

#include <cstdlib>
#include <iterator>
#include <map>

#include "object/load.h"
#include "platform/header_fixture.h"

namespace perdita::platform {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

class ExamplesTest : public HeaderFixture {
 protected:
  void SetUp() override {
    HeaderFixture::SetUp();
    Result<std::vector<uint8_t>> file = build(demo_header());
    ASSERT_TRUE(file) << file.error().message;
    demo_ = *parse(*file);
  }

  Result<object::Module> load_example(const std::string& name) const {
    auto quoted = [](const std::filesystem::path& path) { return "'" + path.string() + "'"; };
    std::filesystem::path object = folder_ / (name + ".bpf.o");
    std::string command =
        "clang-19 -target bpf -mcpu=v3 -g -O2 -ffreestanding -Wall -Wextra -Werror "
        "-isystem /usr/include/" PERDITA_MULTIARCH " -I " +
        quoted(source_folder() / "include") + " -I " + quoted(source_folder() / "examples/demo") + " -c " +
        quoted(source_folder() / "examples" / (name + ".bpf.c")) + " -o " + quoted(object);
    EXPECT_EQ(std::system(command.c_str()), 0) << name;  // NOLINT: our own paths
    std::ifstream stream(object, std::ios::binary);
    std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    return object::load(bytes, name + ".bpf.o", demo_.get());
  }

  std::shared_ptr<const Platform> demo_;
};

TEST_F(ExamplesTest, EachLoadsAndBelongsToAHook) {
  std::map<std::string, std::string> hooks;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() / "examples")) {
    std::string name = entry.path().filename().string();
    if (!name.ends_with(".bpf.c")) continue;
    name.resize(name.size() - std::string(".bpf.c").size());
    Result<object::Module> module = load_example(name);
    ASSERT_TRUE(module) << name << ": " << module.error().message;
    for (const std::string& function : module->functions) EXPECT_NE(demo_->function(function), nullptr) << function;
    for (const object::Prog& prog : module->progs) {
      const perdita_hook* hook = demo_->hook_for_section(prog.section);
      hooks[name + "/" + prog.name] = hook == nullptr ? "none" : hook->name;
    }
  }
  EXPECT_THAT(hooks, UnorderedElementsAre(Pair("blink/blink", "sensor"), Pair("counter/counter", "sensor"),
                                          Pair("counter_v2/counter", "sensor"), Pair("events/events", "sensor"),
                                          Pair("stages/stages", "sensor"), Pair("stages/lenient", "sensor"),
                                          Pair("stages/strict", "sensor"), Pair("filter/filter", "packet"),
                                          Pair("wordcount/wordcount", "packet"), Pair("watchdog/watch", "tick"),
                                          Pair("watchdog/alive", "sensor"), Pair("thermometer/celsius", "request"),
                                          Pair("heartbeat/beat", "timer"), Pair("heartbeat/blink", "timer"),
                                          Pair("out_of_bounds/out_of_bounds", "sensor")));
}

// A board keeps a map of the same name and definition when its package is replaced: the demo shows that with these two.
TEST_F(ExamplesTest, BothVersionsOfCounterHaveTheSameMap) {
  Result<object::Module> first = load_example("counter"), second = load_example("counter_v2");
  ASSERT_TRUE(first && second);
  ASSERT_EQ(first->maps.size(), 1u);
  ASSERT_EQ(second->maps.size(), 1u);
  EXPECT_EQ(first->maps[0].name, second->maps[0].name);
  EXPECT_EQ(first->maps[0].def, second->maps[0].def);
  EXPECT_EQ(first->progs[0].name, second->progs[0].name);
}

}  // namespace
}  // namespace perdita::platform
