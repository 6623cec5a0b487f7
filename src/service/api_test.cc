// SPDX-License-Identifier: Apache-2.0
//
// The API without a network and without children: what works on objects is a fake that says what the test wants.
#include "service/api.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <tuple>

#include "compiler/sample.h"
#include "jit/generate.h"
#include "perdita/perdita.h"
#include "pipeline/hex.h"
#include "service/openapi.h"

namespace perdita::service {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using pipeline::Blob;

// A platform of nothing but a name.
class EmptyPlatform : public platform::Platform {
 public:
  const perdita_platform& tables() const override { return tables_; }
  const perdita_hook* hook(std::string_view) const override { return nullptr; }
  const perdita_function* function(std::string_view) const override { return nullptr; }
  const perdita_hook* hook_for_section(std::string_view) const override { return nullptr; }
  const std::vector<std::string>& sections(const perdita_hook&) const override { return none_; }
  const std::string& digest() const override { return digest_; }
  const std::vector<uint8_t>& btf() const override { return bytes_; }
  const std::vector<uint8_t>& bytes() const override { return bytes_; }

 private:
  perdita_platform tables_{"empty", nullptr, nullptr, nullptr, 0, 0, 0};
  std::vector<std::string> none_;
  std::string digest_ = std::string(64, 'd');
  std::vector<uint8_t> bytes_ = {1, 2, 3};
};

Blob image_of_bytecode() {
  auto module = sample::small_module();
  auto verdict = sample::verdict_on(module);
  return *compiler::compile(module, sample::platform(), &verdict, "");
}

// What the fake makes whenever it accepts.
const Blob& made_package() {
  static const Blob package = *compiler::seal_image(image_of_bytecode(), sample::options(), sample::both());
  return package;
}

const Blob& native_package() {
  static const Blob package = *compiler::seal_image(*compiler::compile_native(image_of_bytecode(), jit::armv7m),
                                                    sample::options(), sample::both());
  return package;
}

class ApiTest : public ::testing::Test {
 protected:
  ApiTest() : key_(std::move(*compiler::SigningKey::generate("test", PERDITA_ROLE_AUTHOR | PERDITA_ROLE_VERIFIER))) {}

  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "perdita-api-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    auto store = Store::open((folder_ / "store").string());
    ASSERT_TRUE(store);
    store_ = std::move(*store);
    ApiConfig config;
    config.platform = std::make_shared<EmptyPlatform>();
    config.key = &key_;
    config.store = store_.get();
    config.workers = 1;
    config.patience = std::chrono::milliseconds(20);
    config.verifying = [this](const Blob& object, const std::string& name, const pipeline::VerifyRequest& request) {
      calls_++;
      return verifying_(object, name, request);
    };
    api_ = std::make_unique<Api>(std::move(config));
  }
  void TearDown() override {
    api_.reset();
    store_.reset();
    fs::remove_all(folder_);
  }

  Response ask(const std::string& method, const std::string& path, const std::map<std::string, std::string>& query = {},
               const std::string& body = "", const std::map<std::string, std::string>& headers = {}) {
    return api_->answer({method, path, query, headers, body});
  }
  static std::string code(const Response& response) { return Json::parse(response.body).value("code", ""); }
  static std::string header(const Response& response, const std::string& name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "";
  }
  static pipeline::Verified verdict(bool accepted) {
    pipeline::Verified verified;
    verifier::ProgVerdict prog;
    prog.name = "prog";
    prog.accepted = accepted;
    if (!accepted) prog.diagnostics.push_back({"bad", Outcome::refused, "it is bad", {}, "", "", ""});
    verified.verdict = {accepted, {prog}};
    verified.efforts.resize(1);
    verified.package = made_package();
    return verified;
  }

  fs::path folder_;
  compiler::SigningKey key_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Api> api_;
  std::atomic<int> calls_ = 0;
  Verifying verifying_ = [](const Blob&, const std::string&, const pipeline::VerifyRequest&) {
    return Result<pipeline::Verified>(verdict(true));
  };
};

TEST_F(ApiTest, TheDocumentAndTheRoutesAreTheSame) {
  Json document = Json::parse(openapi_document());
  std::set<std::string> documented, served;
  for (const auto& [path, methods] : document.at("paths").items()) {
    for (const auto& [method, operation] : methods.items()) documented.insert(method + " " + path);
  }
  for (const Route& route : Api::routes()) {
    std::string method = route.method;
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    served.insert(method + " " + route.path);
  }
  EXPECT_EQ(documented, served);
}

// Whatever is asked of a documented route, the answer's status stands in the document, and the body has the type that
// stands there.
TEST_F(ApiTest, EveryAnswerIsADocumentedOne) {
  Json document = Json::parse(openapi_document());
  const std::vector<std::map<std::string, std::string>> queries = {{},
                                                                   {{"name", "demo"}},
                                                                   {{"name", ""}},
                                                                   {{"name", "demo"}, {"sequence", "0"}},
                                                                   {{"nonsense", "1"}},
                                                                   {{"name", "demo"}, {"vendor", "x"}},
                                                                   {{"name", std::string(32, 'a')}},
                                                                   {{"name", "demo"}, {"attach", "maybe"}},
                                                                   {{"name", "demo"}, {"target", "armv7m"}},
                                                                   {{"name", "demo"}, {"target", "armv6m"}},
                                                                   {{"name", "demo"}, {"target", "z80"}}};
  const std::vector<std::string> answers = {"accepted", "rejected", "unusable", "refused", "own"};
  for (const std::string& answer : answers) {
    verifying_ = [&answer](const Blob&, const std::string&,
                           const pipeline::VerifyRequest&) -> Result<pipeline::Verified> {
      if (answer == "accepted" || answer == "rejected") return verdict(answer == "accepted");
      Diagnostic diagnostic;
      diagnostic.code = answer == "own" ? "stage-garbled" : "object-x";
      diagnostic.outcome = answer == "unusable" ? Outcome::unusable_input : Outcome::refused;
      return diagnostic;
    };
    for (const auto& query : queries) {
      for (const std::string& body : {std::string(), "object " + answer}) {
        for (const Route& route : Api::routes()) {
          std::string path = route.path;
          for (const std::string& digest :
               {std::string(64, '0'), std::string("zz"), pipeline::sha256_hex(made_package())}) {
            size_t brace = path.find('{');
            std::string asked = brace == std::string::npos ? path : path.substr(0, brace) + digest;
            Response response = ask(route.method, asked, query, body);
            std::string method = route.method == std::string("GET") ? "get" : "post";
            const Json& responses = document.at("paths").at(path).at(method).at("responses");
            ASSERT_TRUE(responses.contains(std::to_string(response.status))) << asked << " " << response.status;
            const Json& described = responses.at(std::to_string(response.status));
            if (described.contains("content")) {
              EXPECT_TRUE(described.at("content").contains(response.content_type))
                  << asked << " " << response.content_type;
            }
            if (brace == std::string::npos) break;
          }
        }
      }
    }
  }
}

TEST_F(ApiTest, AVerdictIsRememberedAndNotComputedTwice) {
  Response first = ask("POST", "/v1/verify", {}, "object");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(header(first, "Perdita-Cache"), "miss");
  EXPECT_EQ(Json::parse(first.body).at("verdict"), "accepted");
  Response second = ask("POST", "/v1/verify", {}, "object");
  EXPECT_EQ(header(second, "Perdita-Cache"), "hit");
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(header(ask("POST", "/v1/verify", {{"hook", "other"}}, "object"), "Perdita-Cache"), "miss");
  EXPECT_EQ(header(ask("POST", "/v1/verify", {}, "another"), "Perdita-Cache"), "miss");
}

TEST_F(ApiTest, ARejectionIsAVerdictAndNoPackage) {
  verifying_ = [](const Blob&, const std::string&, const pipeline::VerifyRequest&) {
    return Result<pipeline::Verified>(verdict(false));
  };
  Response verified = ask("POST", "/v1/verify", {}, "object");
  EXPECT_EQ(verified.status, 200);
  EXPECT_EQ(Json::parse(verified.body).at("verdict"), "rejected");
  Response package = ask("POST", "/v1/packages", {{"name", "demo"}}, "object");
  EXPECT_EQ(package.status, 422);
  EXPECT_EQ(code(package), "verdict-rejected");
  EXPECT_EQ(Json::parse(package.body).at("verdict").at("programs").at(0).at("diagnostics").at(0).at("code"), "bad");
  EXPECT_EQ(*store_->signings(), 0u);
}

TEST_F(ApiTest, APackageIsVerifiedAnewSignedLoggedAndStays) {
  verifying_ = [this](const Blob&, const std::string& name, const pipeline::VerifyRequest& request) {
    EXPECT_TRUE(request.seal && request.seal->key == &key_);
    EXPECT_EQ(name, "demo");
    EXPECT_EQ(request.seal->options.sequence, 7u);
    EXPECT_FALSE(request.seal->options.attach);
    return Result<pipeline::Verified>(verdict(true));
  };
  const std::map<std::string, std::string> query = {{"name", "demo"}, {"sequence", "7"}, {"attach", "false"}};
  Response made = ask("POST", "/v1/packages", query, "object");
  ASSERT_EQ(made.status, 201);
  EXPECT_EQ(Blob(made.body.begin(), made.body.end()), made_package());
  std::string digest = pipeline::sha256_hex(made_package());
  EXPECT_EQ(header(made, "Location"), "/v1/packages/" + digest);
  Response again = ask("POST", "/v1/packages", query, "object", {{"accept", "application/json"}});
  EXPECT_EQ(Json::parse(again.body).at("digest"), digest);
  EXPECT_EQ(calls_, 2);  // the cache signs nothing
  EXPECT_EQ(*store_->signings(), 2u);

  Response got = ask("GET", "/v1/packages/" + digest);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, made.body);
  EXPECT_NE(header(got, "Cache-Control").find("immutable"), std::string::npos);
  std::string etag = header(got, "ETag");
  EXPECT_EQ(etag, "\"" + digest + "\"");
  EXPECT_EQ(ask("GET", "/v1/packages/" + digest, {}, "", {{"if-none-match", etag}}).status, 304);
  EXPECT_EQ(ask("GET", "/v1/packages/" + digest, {}, "", {{"if-none-match", "\"x\""}}).status, 200);
}

TEST_F(ApiTest, MachineCodeIsMadeForTheTargetAndDescribed) {
  verifying_ = [](const Blob&, const std::string&, const pipeline::VerifyRequest& request) {
    auto verified = verdict(true);
    if (!request.target.empty()) verified.package = native_package();
    EXPECT_TRUE(request.target.empty() || request.target == "armv7m") << request.target;
    return Result<pipeline::Verified>(verified);
  };
  const std::map<std::string, std::string> json = {{"accept", "application/json"}};
  Response made = ask("POST", "/v1/packages", {{"name", "demo"}, {"target", "armv7m"}}, "object");
  ASSERT_EQ(made.status, 201);
  EXPECT_EQ(Blob(made.body.begin(), made.body.end()), native_package());
  Response described = ask("POST", "/v1/packages", {{"name", "demo"}, {"target", "armv7m"}}, "object", json);
  const Json document = Json::parse(described.body);
  EXPECT_EQ(document.at("target"), "armv7m");
  EXPECT_EQ(document.at("native").at("bytecode"), pipeline::sha256_hex(image_of_bytecode()));
  EXPECT_EQ(document.at("native").at("generator"), jit::armv7m.version);
  EXPECT_EQ(document.at("native").at("code_bytes").get<uint32_t>() % 8, 0u);
  EXPECT_GT(document.at("programs").at(0).at("code_bytes"), 0);
  // It stays, and what is said of it, too; caches tell the two apart.
  const std::string path = header(made, "Location");
  Response kept = ask("GET", path, {}, "", json);
  EXPECT_EQ(Json::parse(kept.body), document);
  EXPECT_EQ(header(kept, "Vary"), "Accept");
  EXPECT_EQ(header(ask("GET", path), "Vary"), "Accept");

  for (const std::string target : {"", "bytecode"}) {
    std::map<std::string, std::string> query = {{"name", "demo"}};
    if (!target.empty()) query["target"] = target;
    const Json bytecode = Json::parse(ask("POST", "/v1/packages", query, "object", json).body);
    EXPECT_EQ(bytecode.at("target"), "bytecode");
    EXPECT_TRUE(bytecode.at("native").is_null());
  }
  EXPECT_EQ(*store_->signings(), 4u);
}

TEST_F(ApiTest, TargetsThatThereAreNotAreRefusedBeforeAnyWork) {
  for (const auto& [path, target, expected] : {std::tuple{"/v1/packages", "z80", "query-wrong"},
                                               {"/v1/packages", "armv6m", "not-there-yet"},
                                               {"/v1/packages", "", "query-wrong"},
                                               {"/v1/verify", "z80", "target-unknown"}}) {
    std::map<std::string, std::string> query = {{"name", "demo"}, {"target", target}};
    Response response = ask("POST", path, query, "object");
    EXPECT_EQ(response.status, 400) << target;
    EXPECT_EQ(code(response), expected) << target;
  }
  EXPECT_EQ(calls_, 0);
}

TEST_F(ApiTest, AVerdictForATargetSaysNothingOfOthers) {
  verifying_ = [](const Blob&, const std::string&, const pipeline::VerifyRequest&) {
    auto verified = verdict(true);
    verified.verdict.progs[0].bounds.machine_instructions = {{"armv7m/native", 1}, {"rv32imc/native", 2}};
    verified.verdict.progs[0].code_bytes = {{"armv7m/native", 10}, {"rv32imc/native", 20}};
    return Result<pipeline::Verified>(verified);
  };
  const auto prog = [this](const std::string& target) {
    std::map<std::string, std::string> query;
    if (!target.empty()) query["target"] = target;
    return Json::parse(ask("POST", "/v1/verify", query, "object").body).at("programs").at(0);
  };
  for (int round = 0; round < 2; round++) {  // computed, and remembered
    EXPECT_EQ(prog("").at("code_bytes").size(), 2u);
    EXPECT_EQ(prog("armv7m").at("code_bytes"), (Json{{"armv7m/native", 10}}));
    EXPECT_EQ(prog("rv32imc").at("bounds").at("machine_instructions"), (Json{{"rv32imc/native", 2}}));
  }
  EXPECT_EQ(calls_, 3);
}

TEST_F(ApiTest, APackageThatDoesNotReadIsNotHandedOut) {
  verifying_ = [](const Blob&, const std::string&, const pipeline::VerifyRequest&) {
    auto verified = verdict(true);
    verified.package.pop_back();
    return Result<pipeline::Verified>(verified);
  };
  Response response = ask("POST", "/v1/packages", {{"name", "demo"}}, "object");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(code(response), "service-failed");
  EXPECT_EQ(*store_->signings(), 0u);
}

TEST_F(ApiTest, WhoFindsAllWorkersBusyIsToldToComeBack) {
  std::promise<void> release;
  std::promise<void> started;
  auto wait = release.get_future().share();
  verifying_ = [&started, wait](const Blob&, const std::string&, const pipeline::VerifyRequest&) {
    started.set_value();
    wait.wait();
    return Result<pipeline::Verified>(verdict(true));
  };
  auto slow = std::async(std::launch::async, [this] { return ask("POST", "/v1/verify", {}, "slow"); });
  started.get_future().wait();
  Response refused = ask("POST", "/v1/verify", {}, "second");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(code(refused), "service-busy");
  EXPECT_FALSE(header(refused, "Retry-After").empty());
  EXPECT_EQ(ask("GET", "/v1/health").status, 200);  // what needs no worker still answers
  release.set_value();
  EXPECT_EQ(slow.get().status, 200);
  verifying_ = [](const Blob&, const std::string&, const pipeline::VerifyRequest&) {
    return Result<pipeline::Verified>(verdict(true));
  };
  EXPECT_EQ(ask("POST", "/v1/verify", {}, "third").status, 200);
}

TEST_F(ApiTest, OtherMethodsAndPathsAreRefusedWithWhatWouldDo) {
  for (const char* method : {"PUT", "DELETE", "PATCH", "OPTIONS"}) {
    for (const Route& route : Api::routes()) {
      std::string path = route.path;
      if (path.find('{') != std::string::npos) path = "/v1/packages/" + std::string(64, '0');
      Response response = ask(method, path);
      EXPECT_EQ(response.status, 405) << method << " " << path;
      EXPECT_EQ(header(response, "Allow"), route.method);
    }
  }
  for (const char* path : {"/", "", "/v1", "/v1/packages/", "/v2/health", "/v1/health/"}) {
    EXPECT_EQ(ask("GET", path).status, 404) << path;
  }
  EXPECT_EQ(ask("GET", "/v1/verify").status, 405);
}

TEST_F(ApiTest, ThePlatformIsThereAsADocumentAndAsTheFile) {
  Json document = Json::parse(ask("GET", "/v1/platform").body);
  EXPECT_EQ(document.at("name"), "empty");
  EXPECT_EQ(document.at("key").at("name"), "test");
  Response file = ask("GET", "/v1/platform", {}, "", {{"accept", "application/cbor"}});
  EXPECT_EQ(file.body, "\x01\x02\x03");
  EXPECT_EQ(
      ask("GET", "/v1/platform", {}, "", {{"accept", "application/cbor"}, {"if-none-match", header(file, "ETag")}})
          .status,
      304);
}

}  // namespace
}  // namespace perdita::service
