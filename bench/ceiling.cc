// sealpost-ceiling: what an SMTP submission server could reach on this machine if it did almost nothing. `--store null`
// keeps no message; `--store append` answers each 250 after the message is synced in a ring file. Same dialogue, same
// TLS library, same cores as the servers it is compared with. It checks no credentials: never expose it.
#include <memory>

#include <fmt/core.h>

#include "ring_store.h"
#include "server_options.h"
#include "shared_counters.h"

namespace {

using namespace sealpost::bench;

class Ceiling : public Service {
 public:
  explicit Ceiling(SharedCounters& counters) : counters_(counters) {}

  void keep_in(RingStore& store) { store_ = &store; }
  void count_connection() override { ++counters_[kConnections]; }

  Answer take_message(Token token, PermissiveSession& session) override {
    std::string& body = session.body();
    counters_[kBodyBytes] += body.size();
    if (store_ == nullptr) {
      const std::uint64_t number = ++counters_[kMessages];
      return {.reply = fmt::format("250 2.0.0 Ok: queued as {:012X}", number)};
    }
    store_->submit({std::move(body), token});
    return {.is_later = true};
  }

  std::uint64_t count_stored() { return ++counters_[kMessages]; }

 private:
  SharedCounters& counters_;
  RingStore* store_ = nullptr;
};

void answer_batch(const std::vector<RingStore::Pending>& batch, ServerGroup& group, Ceiling& ceiling) {
  std::vector<std::vector<std::pair<std::uint64_t, std::string>>> answers(group.size());
  for (const RingStore::Pending& message : batch) {
    answers[message.token.loop].emplace_back(message.token.connection,
                                             fmt::format("250 2.0.0 Ok: queued as {:012X}", ceiling.count_stored()));
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].empty()) group.loop(i).answer(std::move(answers[i]));
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("An SMTP server that does as little as possible: the ceiling for measurements.");
  ServerOptions options;
  options.server.tls = TlsMode::kImplicit;
  options.server.threads = 2;
  std::string store_kind = "null";
  std::string ring_file = "ceiling.ring";
  std::uint64_t ring_megabytes = 256;
  add_server_options(app, options);
  app.add_option("--store", store_kind, "null or append")->check(CLI::IsMember({"null", "append"}));
  app.add_option("--ring", ring_file, "file of --store append")->capture_default_str();
  app.add_option("--ring-megabytes", ring_megabytes, "its size")->check(CLI::Range(1, 65'536))->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  SharedCounters counters(options.stats_file);
  Ceiling ceiling(counters);
  ServerGroup group(options.server, ceiling);
  std::unique_ptr<RingStore> store;
  if (store_kind == "append") {
    store = std::make_unique<RingStore>(
        ring_file, ring_megabytes << 20,
        [&group, &ceiling](const std::vector<RingStore::Pending>& batch) { answer_batch(batch, group, ceiling); });
    ceiling.keep_in(*store);
  }
  announce(options, group.port());
  group.run_until_signal();
  fmt::print("{{\"messages\":{},\"bytes\":{},\"connections\":{},\"syncs\":{}}}\n", counters[kMessages].load(),
             counters[kBodyBytes].load(), counters[kConnections].load(), store ? store->syncs() : 0);
  return 0;
}
