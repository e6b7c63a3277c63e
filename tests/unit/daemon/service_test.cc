// The service and the replay as wholes, on files: what is counted, served, delivered, and how they end.
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "daemon/wiring.h"
#include "tests/unit/daemon/http_client.h"
#include "tests/unit/daemon/world.h"

namespace blockwatch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using test::ask;
using test::World;
using testing::HasSubstr;
using Json = nlohmann::json;

constexpr const char* kLogOutput = "[[output]]\nname = \"console\"\nkind = \"log\"\n";

bool wait_for(const std::function<bool()>& condition) {
  const auto deadline = steady_clock::now() + seconds(20);
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return true;
}

/// run_service on a thread; stopped at the latest by the destructor.
class Running {
 public:
  explicit Running(const Configuration& configuration, std::string path = {})
      : thread_([this, &configuration, path = std::move(path)] {
          result_ = run_service(configuration, path, {stop_, reload_}, [this] { ready_ = true; });
        }) {}
  ~Running() { stop(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  Expected<void> stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return result_;
  }
  bool ready() const { return ready_; }
  /// As SIGHUP does.
  void hang_up() { reload_ = true; }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<bool> reload_{false};
  std::atomic<bool> ready_{false};
  Expected<void> result_;
  std::thread thread_;
};

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    world_.write("events.ndjson", World::event(1, "VTICE0900", "answered") +
                                      World::event(2, "IL0160000", "answered") +
                                      World::event(2, "IL0160000", "answered") + "not json\n");
  }
  Json get(const std::string& target, int status = 200) const {
    const test::Answer answer = ask(world_.socket(), target);
    EXPECT_EQ(answer.status, status) << target << ": " << answer.body;
    return Json::parse(answer.body, nullptr, false);
  }
  bool all_read() const {
    return get("/api/v1/status")["partitions"].size() == 1 &&
           get("/api/v1/status")["partitions"][0]["at_end"] == true;
  }
  World world_;
};

TEST_F(ServiceTest, CountsServesAndDelivers) {
  const Configuration configuration = world_.files(kLogOutput);
  Running service(configuration);
  ASSERT_TRUE(wait_for([&] { return service.ready(); }));
  ASSERT_TRUE(wait_for([&] { return all_read(); }));
  EXPECT_EQ(get("/healthz")["status"], "alive");
  EXPECT_EQ(get("/readyz")["status"], "ready");

  const Json report = get("/api/v1/report?from=2025-11-12&to=2025-11-13&by=agency,verdict");
  ASSERT_EQ(report["rows"].size(), 2U) << report;
  EXPECT_EQ(report["rows"][0]["agency"], "ice");
  EXPECT_EQ(report["rows"][0]["leaks"], 1);
  EXPECT_EQ(report["rows"][1]["agency"], "local_il");
  const Json completeness = get("/api/v1/completeness")["partitions"][0];
  EXPECT_EQ(completeness["consumed"], 4);
  EXPECT_EQ(completeness["counted"], 2);
  EXPECT_EQ(completeness["duplicate"], 1);
  EXPECT_EQ(completeness["rejected"], 1);
  EXPECT_EQ(get("/api/v1/incidents?kind=block_leak")["incidents"].size(), 1U);
  EXPECT_EQ(get("/api/v1/incidents?kind=watch")["incidents"].size(), 0U);
  const Json rejects = get("/api/v1/rejects")["rejects"];
  ASSERT_EQ(rejects.size(), 1U);
  EXPECT_EQ(rejects[0]["offset"], 3);
  EXPECT_EQ(rejects[0]["reason"], "not_json");
  EXPECT_EQ(get("/api/v1/rejects?reason=bad_ori")["rejects"].size(), 0U);
  EXPECT_EQ(get("/api/v1/rejects?after=0/3")["rejects"].size(), 0U);

  ASSERT_TRUE(wait_for([&] { return get("/api/v1/status")["outputs"][0]["pending"] == 0; }));
  const Json status = get("/api/v1/status");
  EXPECT_EQ(status["state"], "running");
  EXPECT_EQ(status["version"], BLOCKWATCH_VERSION);
  EXPECT_EQ(status["partitions"][0]["position"], 4);
  EXPECT_EQ(status["policy"], configuration.policy.digest);
  EXPECT_EQ(status["catalog"], configuration.catalog.digest);
  EXPECT_EQ(status["event_time_max"], "2025-11-12T14:03:27Z");
  EXPECT_EQ(status["outputs"][0]["name"], "console");
  EXPECT_GT(status["outputs"][0]["cursor"], 0);
  EXPECT_EQ(status["outputs"][0]["delivered"], status["outputs"][0]["cursor"]);
  EXPECT_EQ(status["outputs"][0]["suppressed"], 0);
  const std::string leak = get("/api/v1/incidents?kind=block_leak")["incidents"][0]["incident"];
  const Json shown = get("/api/v1/incidents?incident=" + leak)["incidents"];
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0]["notifications"][0]["outputs"],
            Json::parse(R"([{"output":"console","result":"delivered"}])"));
  EXPECT_EQ(status["instance"].get<std::string>().size(), 16U);
  EXPECT_EQ(status["versions"]["policy"]["digest"], configuration.policy.digest);
  EXPECT_EQ(status["partitions"][0]["clock"], "2025-11-12T14:03:27Z");
  EXPECT_FALSE(status["last_commit"].is_null());
  EXPECT_GT(status["disk_free_bytes"], 0);
  EXPECT_TRUE(status["incidents"]["open"].contains("critical"));

  const std::string metrics = ask(world_.socket(), "/metrics").body;
  EXPECT_THAT(metrics,
              HasSubstr("blockwatch_records_consumed_total{partition=\"0\",topic=\"nlets.queries\"} 4\n"));
  EXPECT_THAT(metrics, HasSubstr("blockwatch_records_rejected_total{reason=\"not_json\"} 1\n"));
  EXPECT_TRUE(service.stop().has_value());
}

TEST_F(ServiceTest, WordsThatCannotBeFollowedAreRefusedWithTheirReason) {
  const Configuration configuration = world_.files();
  const Running service(configuration);
  ASSERT_TRUE(wait_for([&] { return service.ready(); }));
  EXPECT_THAT(get("/api/v2/report", 404)["error"].get<std::string>(), HasSubstr("no such resource"));
  EXPECT_THAT(get("/api/v1/report?form=2025-11-12", 400)["error"].get<std::string>(),
              HasSubstr("unknown parameter \"form\""));
  EXPECT_THAT(get("/api/v1/report?from=2025-11-12&from=2025-11-12", 400)["error"].get<std::string>(),
              HasSubstr("given twice"));
  EXPECT_EQ(get("/api/v1/report?rollup=perhaps", 400)["error"], "rollup is true or false");
  EXPECT_FALSE(get("/api/v1/report?from=2025-11-12&to=2025-11-13&by=weather", 422)["error"]
                   .get<std::string>()
                   .empty());
  get("/api/v1/report", 422);
  get("/metrics?x=1", 400);
}

TEST_F(ServiceTest, ARestartGoesOnFromTheStore) {
  const Configuration configuration = world_.files();
  {
    Running service(configuration);
    ASSERT_TRUE(wait_for([&] { return service.ready() && all_read(); }));
    EXPECT_TRUE(service.stop().has_value());
  }
  std::ofstream(world_.dir() + "/events.ndjson", std::ios::app) << World::event(3, "IL0160000", "rejected");
  Running service(configuration);
  ASSERT_TRUE(
      wait_for([&] { return service.ready() && get("/api/v1/status")["partitions"][0]["position"] == 5; }));
  EXPECT_EQ(get("/api/v1/completeness")["partitions"][0]["counted"], 3);
}

TEST_F(ServiceTest, WhileTheBrokerIsAwayItServesButIsNotReadyAndStopsInTime) {
  const Configuration configuration =
      world_.configuration("kind = \"kafka\"\n[source.kafka]\n\"bootstrap.servers\" = \"127.0.0.1:1\"");
  Running service(configuration);
  ASSERT_TRUE(wait_for([&] { return ask(world_.socket(), "/healthz").status == 200; }));
  EXPECT_EQ(get("/readyz", 503)["error"], "waiting for the source");
  EXPECT_EQ(get("/api/v1/status")["state"], "starting");
  get("/api/v1/completeness");
  const auto begin = steady_clock::now();
  EXPECT_TRUE(service.stop().has_value());
  EXPECT_LT(steady_clock::now() - begin, seconds(8));
}

TEST_F(ServiceTest, AnOutputThatIsAwayHoldsUpNeitherTheOthersNorTheStop) {
  const std::string dead =
      "[[output]]\nname = \"siem\"\nkind = \"kafka\"\ntopic = \"alerts\"\n[output.kafka]\n"
      "\"bootstrap.servers\" = \"127.0.0.1:1\"\n";
  const Configuration configuration = world_.files(dead + kLogOutput);
  Running service(configuration);
  ASSERT_TRUE(wait_for([&] { return service.ready() && all_read(); }));
  ASSERT_TRUE(wait_for([&] { return get("/api/v1/status")["outputs"][1]["pending"] == 0; }));
  EXPECT_GT(get("/api/v1/status")["outputs"][0]["pending"], 0);
  const auto begin = steady_clock::now();
  EXPECT_TRUE(service.stop().has_value());
  EXPECT_LT(steady_clock::now() - begin, milliseconds(9500));
  const auto store = Store::open(world_.dir() + "/state", Store::Access::read).value();
  EXPECT_EQ(store->cursor("siem"), 0U);
  EXPECT_GT(store->log_end(), 0U);
}

TEST_F(ServiceTest, AnotherTopicOnTheSameStateIsRefused) {
  std::atomic<bool> stop{false};
  ASSERT_TRUE(run_replay(world_.files(), {}, stop).has_value());
  const auto other_topic = run_replay(
      world_.configuration("kind = \"file\"\nfiles = [\"events.ndjson\"]\ntopic = \"other\""), {}, stop);
  ASSERT_FALSE(other_topic.has_value());
  EXPECT_THAT(other_topic.error().message,
              HasSubstr("was counted from topic nlets.queries, source.topic is other"));
}

TEST_F(ServiceTest, AStartWithAnotherPolicyPutsItInForceFromTheNextMinuteOn) {
  std::atomic<bool> stop{false};
  ASSERT_TRUE(run_replay(world_.files(), {}, stop).has_value());
  world_.write_policy("2025-02-01");
  const TimeNs before = wall_clock_now();
  const Configuration second = world_.files();
  ASSERT_TRUE(run_replay(second, {}, stop).has_value());
  const auto store = Store::open(world_.dir() + "/state", Store::Access::read).value();
  const auto policies = store->snapshot()->versions(VersionKind::policy);
  ASSERT_EQ(policies.size(), 2U);
  EXPECT_EQ(policies[0].activated_at, kNoTime);
  EXPECT_EQ(policies[1].digest, second.policy.digest);
  EXPECT_EQ(policies[1].activated_at % kMinute, 0);
  EXPECT_GT(policies[1].activated_at, before);
  EXPECT_LE(policies[1].activated_at, wall_clock_now() + kMinute);
  EXPECT_EQ(store->snapshot()->versions(VersionKind::catalog).size(), 1U);
}

TEST_F(ServiceTest, AStateIsNotCountedOnUnderAnotherHistory) {
  std::atomic<bool> stop{false};
  ASSERT_TRUE(run_replay(world_.files(), {}, stop).has_value());
  ReplayOptions options;
  world_.write("history.json", R"({"policies": [{"file": "policy.toml"},)"
                               R"( {"file": "policy.toml", "activated_at": "2025-03-01T12:00:00Z"}]})");
  Diagnostics diagnostics;
  options.history = read_policy_history(world_.dir(), world_.files(), diagnostics);
  ASSERT_TRUE(options.history) << to_text(diagnostics.all().front());
  const auto done = run_replay(world_.files(), options, stop);
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ExitCode::bad_config);
  EXPECT_THAT(done.error().message, HasSubstr("counted under 1 policies and 1 catalogs"));
}

TEST_F(ServiceTest, AReloadSwapsPolicyAndOutputsOrNothing) {
  const Configuration configuration = world_.files(kLogOutput);
  Running service(configuration, world_.dir() + "/blockwatchd.toml");
  ASSERT_TRUE(wait_for([&] { return service.ready() && all_read(); }));
  const auto success = [&](int value) {
    const std::string line = "blockwatch_config_reload_success " + std::to_string(value) + "\n";
    return ask(world_.socket(), "/metrics").body.find(line) != std::string::npos;
  };
  EXPECT_TRUE(success(1));

  world_.write("policy.toml", "[[block]]\nid = 5\n");
  service.hang_up();
  EXPECT_TRUE(wait_for([&] { return success(0); }));
  EXPECT_EQ(get("/api/v1/status")["policy"], configuration.policy.digest);
  EXPECT_THAT(get("/api/v1/status")["attention"].dump(), HasSubstr("the last reload was refused"));

  world_.write_policy("2025-02-01");
  const Configuration second =
      world_.files("[[output]]\nname = \"second\"\nkind = \"log\"\n" + std::string(kLogOutput));
  service.hang_up();
  EXPECT_TRUE(wait_for([&] { return success(1); }));
  const Json status = get("/api/v1/status");
  EXPECT_EQ(status["policy"], second.policy.digest);
  EXPECT_THAT(status["attention"].dump(), Not(HasSubstr("reload")));
  ASSERT_EQ(status["outputs"].size(), 2U);
  EXPECT_TRUE(wait_for([&] { return get("/api/v1/status")["outputs"][0]["pending"] == 0; }));
  EXPECT_TRUE(service.stop().has_value());
}

TEST_F(ServiceTest, AMissingFileEndsItWithTheFilesName) {
  std::filesystem::remove(world_.dir() + "/events.ndjson");
  const Configuration configuration = world_.files();
  const std::atomic<bool> stop{false};
  std::atomic<bool> reload{false};
  const auto done = run_service(configuration, {}, {stop, reload}, nullptr);
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().message, HasSubstr("events.ndjson"));
}

/// A socket that stands where systemd's would; the environment names it while this lives.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~NotifySocket() {
    unsetenv("NOTIFY_SOCKET");
    close(fd_);
  }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;
  /// Everything said since the last call.
  std::string heard() const {
    std::string all;
    char buffer[512];
    for (ssize_t n = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT); n > 0;
         n = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT)) {
      all.append(buffer, static_cast<std::size_t>(n)).append("|");
    }
    return all;
  }

 private:
  int fd_;
};

TEST_F(ServiceTest, TellsSystemdThatItIsReadyAliveAndStopping) {
  const NotifySocket systemd(world_.dir() + "/notify");
  const Configuration configuration = world_.files();
  Running service(configuration);
  std::string heard;
  EXPECT_TRUE(wait_for([&] {
    heard += systemd.heard();
    return heard.find("READY=1|") != std::string::npos && heard.find("WATCHDOG=1|") != std::string::npos;
  })) << heard;
  EXPECT_TRUE(service.stop().has_value());
  EXPECT_THAT(systemd.heard(), HasSubstr("STOPPING=1|"));
}

class ReplayTest : public ServiceTest {
 protected:
  std::uint64_t cursor(const std::string& output) const {
    return Store::open(world_.dir() + "/state", Store::Access::read).value()->cursor(output);
  }
  std::unique_ptr<Store> state() const {
    return Store::open(world_.dir() + "/state", Store::Access::read).value();
  }
  std::atomic<bool> stop_{false};
};

TEST_F(ReplayTest, EndsAtTheEndWithEverythingClosedAndDeliversNothingUnlessAsked) {
  std::uint64_t records = 0;
  double share = 0;
  ReplayOptions options;
  options.progress = [&](std::uint64_t r, double s) { records = r, share = s; };
  ASSERT_TRUE(run_replay(world_.files(kLogOutput), options, stop_).has_value());
  EXPECT_EQ(records, 4U);
  EXPECT_EQ(share, 1.0);
  {
    const auto store = state();
    ASSERT_EQ(store->snapshot()->partitions().size(), 1U);
    EXPECT_TRUE(store->snapshot()->partitions()[0].ended);
    for (const IncidentSummary& i : store->snapshot()->incidents("", "")) EXPECT_TRUE(i.closed) << i.key.kind;
    EXPECT_GT(store->log_end(), 0U);
    EXPECT_EQ(store->cursor("console"), 0U);
  }
  options.deliver = true;
  ASSERT_TRUE(run_replay(world_.files(kLogOutput), options, stop_).has_value());
  EXPECT_EQ(cursor("console"), state()->log_end());
}

TEST_F(ReplayTest, TheReferenceTimeIsKeptAndDecides) {
  ReplayOptions options;
  options.as_of = parse_rfc3339("2025-11-12T13:00:00Z");  // an hour before the events: they lie in the future
  ASSERT_TRUE(run_replay(world_.files(), options, stop_).has_value());
  const auto store = state();
  EXPECT_EQ(store->snapshot()->as_of(), options.as_of);
  const PartitionProgress p = store->snapshot()->partitions().at(0);
  EXPECT_EQ(p.counted, 0U);
  EXPECT_EQ(p.by_reason[static_cast<std::size_t>(RejectReason::future_time)], 3U);
}

TEST_F(ReplayTest, InputsGivenTakeTheConfiguredSourcesPlace) {
  ReplayOptions options;
  options.inputs = {world_.write("a", World::event(1, "VTICE0900", "answered")),
                    world_.write("b", World::event(1, "VTICE0900", "answered"))};
  ASSERT_TRUE(run_replay(world_.files(), options, stop_).has_value());
  const auto partitions = state()->snapshot()->partitions();
  ASSERT_EQ(partitions.size(), 2U);
  EXPECT_EQ(partitions[0].counted, 1U);
  EXPECT_EQ(partitions[1].counted, 1U);
}

}  // namespace
}  // namespace blockwatch
