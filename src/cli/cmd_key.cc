// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "compiler/key.h"
#include "perdita/perdita.h"
#include "pipeline/file.h"
#include "pipeline/hex.h"

namespace perdita::cli {
namespace {

using compiler::PublicKey;

struct Arguments {
  std::string name, output, public_output, folder = ".", platform;
  std::vector<std::string> files, roles, hooks, capabilities;
  bool c = false;
};

std::string id_of(const PublicKey& key) {
  auto id = key.id();
  return pipeline::to_hex(id.data(), id.size());
}

std::vector<std::string> roles_of(const PublicKey& key) {
  std::vector<std::string> roles;
  if ((key.roles & PERDITA_ROLE_AUTHOR) != 0) roles.emplace_back("author");
  if ((key.roles & PERDITA_ROLE_VERIFIER) != 0) roles.emplace_back("verifier");
  return roles;
}

nlohmann::ordered_json document_of(const PublicKey& key) {
  return {{"name", key.name},
          {"id", id_of(key)},
          {"roles", roles_of(key)},
          {"public", pipeline::to_hex(key.bytes.data(), key.bytes.size())}};
}

std::string line_of(const PublicKey& key) {
  std::string roles;
  for (const auto& role : roles_of(key)) roles += (roles.empty() ? "" : ", ") + role;
  return fmt::format("{}  {}  {}  {}\n", id_of(key), key.name, roles,
                     pipeline::to_hex(key.bytes.data(), key.bytes.size()));
}

int make(Terminal& terminal, const Arguments& arguments) {
  uint8_t roles = arguments.roles.empty() ? PERDITA_ROLE_AUTHOR | PERDITA_ROLE_VERIFIER : 0;
  for (const std::string& role : arguments.roles) {
    roles |= role == "author" ? PERDITA_ROLE_AUTHOR : PERDITA_ROLE_VERIFIER;
  }
  auto key = compiler::SigningKey::generate(arguments.name, roles);
  if (!key) return terminal.fail(key.error());
  std::string output = arguments.output.empty() ? arguments.name + ".key" : arguments.output;
  auto saved = key->save(output);
  if (!saved) return terminal.fail(saved.error());
  if (!arguments.public_output.empty()) {
    auto written = pipeline::write_file(arguments.public_output, compiler::to_json(key->public_key()));
    if (!written) return terminal.fail(written.error());
  }
  auto document = document_of(key->public_key());
  document["file"] = output;
  if (terminal.json) terminal.document(document);
  terminal.result(fmt::format("{}: {}", output, line_of(key->public_key())));
  terminal.message("Keep the file secret; boards get its public half: perdita key show --c " + output);
  return kDone;
}

// A bit per name found in the platform; all bits where no names were given: the platform's own rules still hold.
Result<uint32_t> mask_of(const std::vector<std::string>& names, const std::vector<std::string>& known,
                         const char* what) {
  if (names.empty()) return UINT32_MAX;
  uint32_t mask = 0;
  for (const std::string& name : names) {
    auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      Diagnostic diagnostic;
      diagnostic.code = "name-unknown";
      diagnostic.outcome = Outcome::unusable_input;
      diagnostic.message = fmt::format("the platform has no {} '{}'", what, name);
      for (const auto& other : known) diagnostic.have += (diagnostic.have.empty() ? "" : ", ") + other;
      return diagnostic;
    }
    mask |= 1u << (found - known.begin());
  }
  return mask;
}

std::string bytes_initializer(const uint8_t* bytes, size_t size) {
  std::string out;
  for (size_t i = 0; i < size; i++) out += fmt::format("{}0x{:02x}", i == 0 ? "" : ", ", bytes[i]);
  return "{" + out + "}";
}

std::string comment_safe(std::string name) {
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < ' ' || c == '*' || c == '/') c = '_';
  }
  return name;
}

// The firmware's table of trusted keys (perdita/perdita.h).
std::string c_header(const std::vector<PublicKey>& keys, uint32_t hooks, uint32_t capabilities) {
  std::string out =
      "/* Made by `perdita key show --c`: the keys that this firmware trusts. */\n"
      "#ifndef PERDITA_TRUSTED_KEYS_H\n#define PERDITA_TRUSTED_KEYS_H\n\n#include \"perdita/perdita.h\"\n\n"
      "static const perdita_key perdita_trusted_keys[] = {\n";
  for (const PublicKey& key : keys) {
    auto id = key.id();
    out += fmt::format("    /* {} */\n    {{.public_key = {},\n     .id = {},\n", comment_safe(key.name),
                       bytes_initializer(key.bytes.data(), key.bytes.size()), bytes_initializer(id.data(), id.size()));
    out += fmt::format("     .roles = {}u,\n     .hooks = 0x{:x}u,\n     .capabilities = 0x{:x}u}},\n", key.roles,
                       hooks, capabilities);
  }
  out += fmt::format("}};\nenum {{ perdita_trusted_key_count = {} }};\n\n#endif\n", keys.size());
  return out;
}

int show(Terminal& terminal, const Arguments& arguments) {
  std::vector<PublicKey> keys;
  for (const std::string& file : arguments.files) {
    auto key = compiler::load_public_key(file);
    if (!key) return terminal.fail(key.error());
    keys.push_back(std::move(*key));
  }
  if (!arguments.c) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const PublicKey& key : keys) {
      list.push_back(document_of(key));
      terminal.result(compiler::to_json(key));
    }
    if (terminal.json) terminal.document(list);
    return kDone;
  }
  std::vector<std::string> hooks, capabilities;
  if (!arguments.hooks.empty() || !arguments.capabilities.empty()) {
    auto platform = find_platform(arguments.platform);
    if (!platform) return terminal.fail(platform.error());
    const perdita_platform& tables = (*platform)->tables();
    for (size_t i = 0; i < tables.hook_count; i++) hooks.emplace_back(tables.hooks[i].name);
    for (size_t i = 0; i < tables.capability_count; i++) capabilities.emplace_back(tables.capabilities[i]);
  }
  auto hook_mask = mask_of(arguments.hooks, hooks, "hook");
  if (!hook_mask) return terminal.fail(hook_mask.error());
  auto capability_mask = mask_of(arguments.capabilities, capabilities, "capability");
  if (!capability_mask) return terminal.fail(capability_mask.error());
  std::string header = c_header(keys, *hook_mask, *capability_mask);
  if (terminal.json) terminal.document({{"source", header}});
  terminal.result(header);
  return kDone;
}

int list(Terminal& terminal, const Arguments& arguments) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(arguments.folder, error)) {
    std::error_code ignored;
    if (entry.is_regular_file(ignored)) files.push_back(entry.path());
  }
  if (error) {
    Diagnostic diagnostic;
    diagnostic.code = "folder-unreadable";
    diagnostic.outcome = Outcome::unusable_input;
    diagnostic.message = "cannot read the folder: " + error.message();
    diagnostic.place.file = arguments.folder;
    return terminal.fail(diagnostic);
  }
  std::sort(files.begin(), files.end());
  nlohmann::ordered_json document = nlohmann::ordered_json::array();
  for (const auto& file : files) {
    auto key = compiler::load_public_key(file);
    if (!key) continue;  // whatever else lies in the folder
    auto entry = document_of(*key);
    entry["file"] = file.string();
    document.push_back(entry);
    terminal.result(fmt::format("{}  {}", file.string(), line_of(*key)));
  }
  if (terminal.json) terminal.document(document);
  if (document.empty()) terminal.message(fmt::format("no keys in {}", arguments.folder));
  return kDone;
}

}  // namespace

void add_key(Command& root) {
  Command key = root.add(
      "key", "Make and show signing keys",
      "A key signs as author (install, replace, attach, detach, remove), as verifier (the claim that a program is\n"
      "safe), or as both. Its file is secret; the firmware holds its public half.\n"
      "\n"
      "  perdita key new demo\n"
      "  perdita key show --c demo.key > trusted_keys.h");
  auto arguments = std::make_shared<Arguments>();
  Command make_key =
      key.add("new", "Make a key", "  perdita key new demo\n  perdita key new alice --role author --public alice.pub");
  make_key.positional("NAME", arguments->name, "Its name");
  make_key.option("-o,--output", arguments->output, "FILE", "The file; by default NAME.key. Never overwritten");
  make_key.option("--public", arguments->public_output, "FILE", "Also write the public half");
  make_key.choices("--role", arguments->roles, {"author", "verifier"}, "What it may sign; by default both");
  make_key.action([arguments](Terminal& terminal) { return make(terminal, *arguments); });

  Command show_key = key.add("show", "Show the public half of keys",
                             "  perdita key show demo.key\n"
                             "  perdita key show --c demo.key --hook sensor --platform demo.platform > trusted_keys.h");
  show_key.positionals("FILE", arguments->files, "Key files, secret or public");
  show_key.flag("--c", arguments->c, "As the firmware's table of trusted keys, a C header");
  show_key.option("--hook", arguments->hooks, "NAME", "With --c: trusted for this hook only; repeat for more");
  show_key.option("--capability", arguments->capabilities, "NAME",
                  "With --c: trusted for this capability only; repeat for more");
  show_key.option("--platform", arguments->platform, "FILE", "The platform that has these hooks and capabilities");
  show_key.action([arguments](Terminal& terminal) { return show(terminal, *arguments); });

  Command list_keys = key.add("list", "List the keys in a folder", "  perdita key list keys/");
  list_keys.positional("FOLDER", arguments->folder, "The folder; by default the current one", false);
  list_keys.action([arguments](Terminal& terminal) { return list(terminal, *arguments); });
}

}  // namespace perdita::cli
