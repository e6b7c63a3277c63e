#include "config/settings.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config/kafka_properties.h"
#include "tests/unit/config/support.h"

namespace blockwatch {
namespace {

using testing_config::read_bytes;
using testing_config::texts;

constexpr const char* kKafka = "[source.kafka]\n\"bootstrap.servers\" = \"127.0.0.1:9092\"\n";
constexpr const char* kRest = R"(
[state]
dir = "state"
[policy]
file = "../policy.toml"
[catalog]
agencies = "/srv/agencies.toml"
oris = "oris.csv"
)";

LoadedSettings settings_of(const std::string& text, const std::string& path = "/etc/bw/blockwatchd.toml") {
  Diagnostics diagnostics;
  auto loaded = parse_settings(path, text, diagnostics);
  EXPECT_TRUE(loaded) << texts(diagnostics);
  return loaded ? *loaded : LoadedSettings{};
}

std::string effective(const LoadedSettings& loaded, std::string_view key) {
  for (const EffectiveSetting& e : loaded.effective) {
    if (e.key == key) return e.value + " # " + e.origin;
  }
  return "none";
}

TEST(Settings, HaveTheDefaultsOfTheReference) {
  const Settings s = settings_of(std::string(kKafka) + kRest).settings;
  EXPECT_EQ(s.source.kind, SourceKind::kafka);
  EXPECT_EQ(s.source.topic, "nlets.queries");
  EXPECT_EQ(s.source.partitions, std::nullopt);
  EXPECT_EQ(s.source.record_bytes_max, 65536U);
  EXPECT_EQ(s.http_listen, "127.0.0.1:8787");
  EXPECT_EQ(s.lateness, 48 * kHour);
  EXPECT_EQ(s.dedup_window, 24 * kHour);
  EXPECT_EQ(s.dedup_bytes_max, 268435456U);
  EXPECT_EQ(s.memory, divide_memory({}).value());
  EXPECT_EQ(s.log_level, log::Level::info);
  EXPECT_EQ(s.log_format, log::Format::logfmt);
  EXPECT_TRUE(s.outputs.empty());
}

TEST(Settings, ReadAllKeys) {
  const Settings s = settings_of(R"(
[source]
kind = "kafka"
topic = "t1"
partitions = "0-7"
record_bytes_max = 100000
[source.kafka]
"bootstrap.servers" = "127.0.0.1:9092"
"group.id" = "g"
"fetch.max.bytes" = 1000000
"socket.keepalive.enable" = true
security.protocol = "ssl"
"statistics.interval.ms" = 5000
[http]
listen = "unix:api.sock"
[time]
lateness = "90m"
[dedup]
window = "30d"
bytes_max = 65536
[memory]
bytes_max = 268435456
[log]
level = "debug"
format = "json"
[[output]]
name = "topic"
kind = "kafka"
topic = "alerts"
[output.kafka]
"bootstrap.servers" = "127.0.0.1:9093"
[[output]]
name = "log"
kind = "log"
)" + std::string(kRest))
                         .settings;
  EXPECT_EQ(s.source.topic, "t1");
  EXPECT_EQ(s.source.partitions, (std::pair<std::uint32_t, std::uint32_t>(0, 7)));
  EXPECT_EQ(s.source.record_bytes_max, 100000U);
  EXPECT_EQ(s.source.kafka.at("bootstrap.servers"), "127.0.0.1:9092");
  EXPECT_EQ(s.source.kafka.at("group.id"), "g");
  EXPECT_EQ(s.source.kafka.at("fetch.max.bytes"), "1000000");
  EXPECT_EQ(s.source.kafka.at("socket.keepalive.enable"), "true");
  EXPECT_EQ(s.source.kafka.at("security.protocol"), "ssl") << "an unquoted dotted key means the same";
  EXPECT_EQ(s.http_listen, "unix:/etc/bw/api.sock");
  EXPECT_EQ(s.lateness, 90 * kMinute);
  EXPECT_EQ(s.dedup_window, 30 * kDay);
  EXPECT_EQ(s.dedup_bytes_max, 65536U);
  EXPECT_EQ(s.memory, divide_memory({.budget = 268435456, .ids = 65536}).value());
  EXPECT_EQ(s.log_level, log::Level::debug);
  EXPECT_EQ(s.log_format, log::Format::json);
  ASSERT_EQ(s.outputs.size(), 2U);
  EXPECT_EQ(s.outputs[0].name, "topic");
  EXPECT_EQ(s.outputs[0].kind, OutputKind::kafka);
  EXPECT_EQ(s.outputs[0].topic, "alerts");
  EXPECT_EQ(s.outputs[0].kafka.at("bootstrap.servers"), "127.0.0.1:9093");
  EXPECT_EQ(s.outputs[1].kind, OutputKind::log);
}

TEST(Settings, GiveAllPartitionsForTheWordAll) {
  EXPECT_EQ(settings_of("[source]\npartitions = \"all\"\n" + std::string(kKafka) + kRest)
                .settings.source.partitions,
            std::nullopt);
}

TEST(Settings, ResolvePathsAgainstTheFolderOfTheFile) {
  const Settings s = settings_of("[source]\nkind = \"file\"\nfiles = [\"a.ndjson\", \"-\", \"/b.ndjson\"]\n" +
                                 std::string(kRest))
                         .settings;
  EXPECT_EQ(s.state_dir, "/etc/bw/state");
  EXPECT_EQ(s.policy_file, "/etc/policy.toml");
  EXPECT_EQ(s.agencies_file, "/srv/agencies.toml");
  EXPECT_EQ(s.source.files, (std::vector<std::string>{"/etc/bw/a.ndjson", "-", "/b.ndjson"}));
  EXPECT_EQ(settings_of(std::string(kKafka) + kRest, "blockwatchd.toml").settings.oris_file, "oris.csv")
      << "of a file in the working directory";
}

TEST(Settings, ListenOnThisMachineOnly) {
  for (const std::string good :
       {"127.0.0.1:1", "127.1.2.3:65535", "[::1]:8787", "localhost:0", "unix:/run/x.sock"}) {
    EXPECT_EQ(settings_of("[http]\nlisten = \"" + good + "\"\n" + kKafka + kRest).settings.http_listen, good);
  }
  for (const std::string bad : {"128.0.0.1:1", "0.0.0.0:1", "[::]:1", "::1:1", "127.1:1",
                                "127.0.0.1.example.org:1", "example.org:1", ":1", "unix:", "127.0.0.1:x"}) {
    Diagnostics diagnostics;
    EXPECT_FALSE(parse_settings("x", "[http]\nlisten = \"" + bad + "\"\n" + kKafka + kRest, diagnostics))
        << bad;
    EXPECT_EQ(diagnostics.size(), 1U) << bad;
  }
}

TEST(Settings, TakeAMockClusterForBrokers) {
  EXPECT_EQ(settings_of("[source.kafka]\n\"test.mock.num.brokers\" = 3\n" + std::string(kRest))
                .settings.source.kafka.at("test.mock.num.brokers"),
            "3");
}

TEST(Settings, RefuseEachPropertyThatWouldBreakAPromise) {
  for (const RefusedProperty& p : refused_kafka_properties()) {
    Diagnostics diagnostics;
    EXPECT_FALSE(
        parse_settings("x", kKafka + ('"' + std::string(p.name)) + "\" = \"1\"\n" + kRest, diagnostics))
        << p.name;
    ASSERT_EQ(diagnostics.size(), 1U) << p.name;
    EXPECT_NE(diagnostics.all()[0].what.find(p.name), std::string::npos) << p.name;
    EXPECT_NE(diagnostics.all()[0].what.find(p.reason), std::string::npos) << p.name;
  }
}

TEST(EffectiveSettings, SayWhereEachCameFrom) {
  const LoadedSettings loaded = settings_of(
      "[time]\nlateness = \"72h\"\n[[output]]\nname = \"a\"\nkind = \"log\"\n" + std::string(kKafka) + kRest);
  EXPECT_EQ(effective(loaded, "time.lateness"), "\"3d\" # /etc/bw/blockwatchd.toml:2");
  EXPECT_EQ(effective(loaded, "dedup.window"), "\"1d\" # default");
  EXPECT_EQ(effective(loaded, "source.record_bytes_max"), "65536 # default");
  EXPECT_EQ(effective(loaded, "source.kafka"),
            "{ \"bootstrap.servers\" = \"127.0.0.1:9092\", \"group.id\" = \"blockwatch\" } # "
            "/etc/bw/blockwatchd.toml:6");
  EXPECT_EQ(effective(loaded, "output.a.kind"), "\"log\" # /etc/bw/blockwatchd.toml:5");
  EXPECT_EQ(effective(loaded, "output.a.topic"), "none");
  EXPECT_EQ(effective(loaded, "output.a.max_age"), "none");
  EXPECT_EQ(effective(loaded, "state.dir"), "\"/etc/bw/state\" # /etc/bw/blockwatchd.toml:10");
}

TEST(Settings, MaxAgeIsTakenByEveryKindAndNoneByDefaultForTopicAndLog) {
  const auto outputs = settings_of(std::string(kKafka) + kRest +
                                   "[[output]]\nname = \"a\"\nkind = \"log\"\n"
                                   "[[output]]\nname = \"b\"\nkind = \"kafka\"\ntopic = \"x\"\n"
                                   "[[output]]\nname = \"c\"\nmax_age = \"90m\"\nkind = \"log\"\n"
                                   "[[output]]\nname = \"d\"\nkind = \"kafka\"\ntopic = \"x\"\n"
                                   "max_age = \"7d\"\n")
                           .settings.outputs;
  ASSERT_EQ(outputs.size(), 4U);
  EXPECT_EQ(outputs[0].max_age, std::nullopt);
  EXPECT_EQ(outputs[1].max_age, std::nullopt);
  EXPECT_EQ(outputs[2].max_age, 90 * kMinute);
  EXPECT_EQ(outputs[3].max_age, 7 * kDay);
}

TEST(Settings, AKindThatWakesPeopleIsNotToldWhatIsOlderThanADay) {
  EXPECT_EQ(max_age_default(OutputKind::kafka), std::nullopt);
  EXPECT_EQ(max_age_default(OutputKind::log), std::nullopt);
  EXPECT_EQ(max_age_default(static_cast<OutputKind>(99)), 24 * kHour);
}

TEST(Settings, TheIdsHaveTheirPartOfTheBudgetUnlessTheyAreGivenTheirOwn) {
  const std::string little = "[memory]\nbytes_max = 243269632\n";
  EXPECT_EQ(settings_of(little + kKafka + kRest).settings.dedup_bytes_max, 32U << 20U);
  const Settings own = settings_of(little + "[dedup]\nbytes_max = 1048576\n" + kKafka + kRest).settings;
  EXPECT_EQ(own.dedup_bytes_max, 1U << 20U);
  EXPECT_LE(own.memory.total(), 243269632U);
}

TEST(Settings, AClaimBeyondTheDefaultRaisesItWhereNoBudgetIsGiven) {
  const LoadedSettings loaded = settings_of("[dedup]\nbytes_max = 1342177280\n" + std::string(kKafka) +
                                            "\"queued.max.messages.kbytes\" = 49152\n" + kRest);
  EXPECT_EQ(effective(loaded, "memory.bytes_max"),
            std::to_string((960ULL + 1024 + 64) << 20U) + " # default");
}

TEST(Settings, ABudgetThatIsTooLittleForWhatElseIsConfiguredIsRefused) {
  Diagnostics diagnostics;
  EXPECT_FALSE(parse_settings("x",
                              std::string(kKafka) + "\"queued.max.messages.kbytes\" = 1048576\n" + kRest +
                                  "[memory]\nbytes_max = 536870912\n",
                              diagnostics));
  ASSERT_EQ(diagnostics.size(), 1U);
  EXPECT_NE(diagnostics.all()[0].what.find("\"queued.max.messages.kbytes\" 1048576"), std::string::npos);
}

TEST(EffectiveSettings, NeverShowASecret) {
  const LoadedSettings loaded = settings_of(
      std::string(kKafka) +
      "\"sasl.password\" = \"hunter2\"\n\"ssl.key.password\" = \"hunter2\"\n\"ssl.key.pem\" = \"hunter2\"\n" +
      kRest);
  EXPECT_EQ(loaded.settings.source.kafka.at("sasl.password"), "hunter2");
  for (const EffectiveSetting& e : loaded.effective) {
    EXPECT_EQ(e.value.find("hunter2"), std::string::npos) << e.key;
  }
  EXPECT_NE(effective(loaded, "source.kafka").find("\"sasl.password\" = \"***\""), std::string::npos);
}

TEST(LoadSettings, ReportsAFileThatCannotBeRead) {
  Diagnostics diagnostics;
  EXPECT_FALSE(load_settings("/nonexistent/blockwatchd.toml", diagnostics));
  ASSERT_EQ(diagnostics.size(), 1U);
  EXPECT_EQ(to_text(diagnostics.all()[0]),
            "/nonexistent/blockwatchd.toml: error: cannot be read: No such file or directory (give the path "
            "of blockwatchd.toml)");
  Diagnostics of_folder;
  EXPECT_FALSE(load_settings("/", of_folder));
  EXPECT_EQ(of_folder.size(), 1U) << "a folder is no file";
}

TEST(SettingsReference, IsTheCommittedFile) {
  const auto path = std::filesystem::path(BLOCKWATCH_SOURCE_DIR) / "docs/reference/settings.md";
  if (std::getenv("BLOCKWATCH_WRITE_REFERENCE") != nullptr) std::ofstream(path) << settings_reference();
  EXPECT_EQ(read_bytes(path), settings_reference())
      << "write it anew: BLOCKWATCH_WRITE_REFERENCE=1 config_test --gtest_filter='SettingsReference.*'";
}

}  // namespace
}  // namespace blockwatch
