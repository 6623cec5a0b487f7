// SPDX-License-Identifier: Apache-2.0
#include "object/map_types.h"

#include <gmock/gmock.h>

#include "object/compile_fixture.h"
#include "object/load.h"

namespace perdita::object {
namespace {

// The digest of an object's first map, pinned or not.
std::optional<TypesDigest> digest_of(const std::string& types, const std::string& key, const std::string& value,
                                     const std::string& pinning = "__uint(pinning, LIBBPF_PIN_BY_NAME);",
                                     const std::string& type = "BPF_MAP_TYPE_HASH") {
  const std::string source = types + "\nstruct { __uint(type, " + type + "); " + key + value +
                             "__uint(max_entries, 4); " + pinning +
                             " } shared SEC(\".maps\");\n"
                             "SEC(\"sensor\") int prog(void *c) { return bpf_map_lookup_elem(&shared, c) != 0; }\n";
  const auto module = load(compile(source), "demo.bpf.o", nullptr);
  if (!module) {
    ADD_FAILURE() << module.error().code << ": " << module.error().message;
    return std::nullopt;
  }
  EXPECT_EQ(module->maps[0].name, "shared");
  return module->maps[0].types;
}

std::optional<TypesDigest> value_digest(const std::string& types, const std::string& value) {
  return digest_of(types, "__type(key, __u32); ", "__type(value, " + value + "); ");
}

constexpr const char* kRange = "struct range { __u32 least; __u32 most; __s16 steps[2]; };";

TEST(MapTypes, TheSameTypesInAnotherObjectAreTheSame) {
  const auto range = value_digest(kRange, "struct range");
  ASSERT_TRUE(range);
  EXPECT_EQ(value_digest(kRange, "struct range"), range);
  // Other things around it, and other numbers of its types.
  EXPECT_EQ(value_digest("struct before { __u8 a[3]; __s16 b; }; struct before unused;" + std::string(kRange),
                         "struct range"),
            range);
  // Another name of the type, and of the types of its members.
  EXPECT_EQ(value_digest("typedef unsigned int number; typedef struct { number least; const number most; "
                         "volatile __s16 steps[2]; } limits; struct outer { limits unused; };",
                         "limits"),
            range);
  EXPECT_EQ(value_digest("struct seen { struct range *next; };" + std::string(kRange), "struct seen"),
            value_digest("struct seen { struct other *next; };", "struct seen"))
      << "what a pointer points to is not in the map";
}

TEST(MapTypes, WhateverAnotherWouldMisreadMakesThemDiffer) {
  const std::pair<const char*, const char*> values[] = {
      {kRange, "struct range"},
      {"struct range { __u32 most; __u32 least; __s16 steps[2]; };", "struct range"},
      {"struct range { __s16 steps[2]; __u32 least; __u32 most; };", "struct range"},
      {"struct range { __u32 least; __s32 most; __s16 steps[2]; };", "struct range"},
      {"struct range { __u32 least; __u32 most; __u16 steps[2]; };", "struct range"},
      {"struct range { __u32 least; __u32 most; __s32 steps; };", "struct range"},
      {"struct range { __u32 least; __u32 most; __s16 steps; __s16 last; };", "struct range"},
      {"struct range { __u32 least; __u32 most; union { __s16 steps[2]; }; };", "struct range"},
      {"struct range { __u32 least; __u32 most; struct { __s16 steps[2]; } in; };", "struct range"},
      {"struct range { __u32 least; __u32 most : 16; __u32 rest : 16; __s16 steps[2]; };", "struct range"},
      {"struct range { __u32 least; __u32 most : 15; __u32 rest : 17; __s16 steps[2]; };", "struct range"},
      {"enum mode { OFF, ON }; struct range { enum mode least; __u32 most; __s16 steps[2]; };", "struct range"},
      {"enum mode { ON, OFF }; struct range { enum mode least; __u32 most; __s16 steps[2]; };", "struct range"},
      {"enum mode { LESS = -1, ON }; struct range { enum mode least; __u32 most; __s16 steps[2]; };", "struct range"},
      {"struct range { float least; __u32 most; __s16 steps[2]; };", "struct range"},
      {"typedef __u8 block[12];", "block"},
  };
  std::map<TypesDigest, size_t> seen;
  for (size_t i = 0; i < std::size(values); i++) {
    const auto digest = value_digest(values[i].first, values[i].second);
    ASSERT_TRUE(digest);
    const auto [other, fresh] = seen.try_emplace(*digest, i);
    EXPECT_TRUE(fresh) << values[i].first << " as " << values[other->second].first;
  }
}

TEST(MapTypes, KeysCountAndOnlyPinnedMapsSayIt) {
  const std::string value = "__type(value, __u64); ";
  const auto digest = digest_of("", "__type(key, __u32); ", value);
  EXPECT_NE(digest_of("", "__type(key, __s32); ", value), digest);
  EXPECT_NE(digest_of("", "__uint(key_size, 4); ", value), digest) << "only a size";
  EXPECT_TRUE(digest_of("", "__uint(key_size, 4); ", value)) << "the value has a type";
  EXPECT_FALSE(digest_of("", "__uint(key_size, 4); ", "__uint(value_size, 8); "));
  EXPECT_FALSE(digest_of("", "__type(key, __u32); ", value, ""));
}

// Each level twice in the one above: members without end out of little BTF.
TEST(MapTypes, WhatIsTooLongToCompareIsRefused) {
  std::string types = "struct t0 { __u8 a, b; };\n";
  for (int i = 1; i <= 14; i++) {
    types += "struct t" + std::to_string(i) + " { struct t" + std::to_string(i - 1) + " a, b; };\n";
  }
  const auto object = [&](const std::string& pinning) {
    return load(compile(types +
                        "struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, __u32); __type(value, struct t14); "
                        "__uint(max_entries, 1); " +
                        pinning +
                        " } shared SEC(\".maps\");\n"
                        "SEC(\"sensor\") int prog(void *c) { return bpf_map_lookup_elem(&shared, c) != 0; }\n"),
                "demo.bpf.o", nullptr);
  };
  EXPECT_TRUE(object(""));
  const auto refused = object("__uint(pinning, LIBBPF_PIN_BY_NAME);");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "object-map");
  EXPECT_THAT(refused.error().message, testing::HasSubstr("too many members to compare"));
}

}  // namespace
}  // namespace perdita::object
