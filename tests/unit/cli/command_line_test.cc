#include "cli/command_line.h"

#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdlib.h>

#include "cli/commands.h"
#include "tests/unit/cli/run_command.h"

namespace blockwatch {
namespace {

using test::Outcome;
using testing::HasSubstr;

TEST(CommandLine, WordsThatDoNotParseAreUsageErrors) {
  const std::vector<std::vector<std::string>> cases{
      {},
      {"frobnicate"},
      {"report"},
      {"report", "--state-dir", "/nowhere", "--url", "http://127.0.0.1:1", "--last", "24h"},
      {"report", "--state-dir", "/nowhere", "--from", "2025-01-01"},
      {"report", "--state-dir", "/nowhere", "--from", "2025-01-01", "--to", "2025-01-02", "--last", "24h"},
      {"report", "--state-dir", "/nowhere", "--from", "2025-01-01", "--to", "2025-01-02", "--now"},
      {"report", "--state-dir", "/nowhere", "--url", "http://127.0.0.1:1", "--url", "http://127.0.0.1:2"},
      {"alerts", "list", "--url", "http://127.0.0.1:1", "--url", "http://127.0.0.1:2"},
      {"report", "--state-dir", "/nowhere", "--last", "24h", "--format", "xml"},
      {"report", "--state-dir", "/nowhere", "--last", "24h", "--lateness", "soon"},
      {"report", "--state-dir", "/nowhere", "--last", "24h", "--frobnicate"},
      {"completeness"},
      {"alerts"},
      {"alerts", "show", "--state-dir", "/nowhere"},
      {"check-config"},
      {"replay"},
  };
  for (const auto& words : cases) {
    const Outcome outcome = test::run_command(words);
    EXPECT_EQ(outcome.exit_code, 64) << testing::PrintToString(words);
    EXPECT_FALSE(outcome.err.empty()) << testing::PrintToString(words);
  }
}

TEST(CommandLine, HelpAndVersionAreNoErrors) {
  for (const char* command :
       {"report", "alerts", "completeness", "replay", "check-config", "generate", "demo", "version"}) {
    const Outcome outcome = test::run_command({command, "--help"});
    EXPECT_EQ(outcome.exit_code, 0) << command;
    EXPECT_THAT(outcome.out, HasSubstr("--help")) << command;
  }
  EXPECT_THAT(test::run_command({"version"}).out, testing::StartsWith("blockwatch "));
  EXPECT_EQ(test::run_command({"--version"}).out, test::run_command({"version"}).out);
}

void expect_documented(const CLI::App& command) {
  EXPECT_FALSE(command.get_description().empty()) << command.get_display_name();
  for (const CLI::Option* option : command.get_options()) {
    EXPECT_FALSE(option->get_description().empty())
        << command.get_display_name() << " " << option->get_name();
  }
  for (const CLI::App* sub : command.get_subcommands(nullptr)) expect_documented(*sub);
}

TEST(CommandLine, EveryWordIsDocumented) {
  CLI::App app("all");
  int exit_code = 0;
  add_report_command(app, exit_code);
  add_alerts_command(app, exit_code);
  add_completeness_command(app, exit_code);
  add_replay_command(app, exit_code);
  add_check_config_command(app, exit_code);
  add_generate_command(app, exit_code);
  add_demo_command(app, exit_code);
  add_version_command(app, exit_code);
  expect_documented(app);
}

class InTemporaryFolder : public testing::Test {
 protected:
  InTemporaryFolder() { EXPECT_NE(::mkdtemp(dir_.data()), nullptr); }
  ~InTemporaryFolder() override { EXPECT_EQ(std::system(("rm -r " + dir_).c_str()), 0); }
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = dir_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  std::string dir_ = "/tmp/blockwatch-cli-XXXXXX";
};
using CheckConfig = InTemporaryFolder;

TEST_F(CheckConfig, GoodFilesAreSummedUp) {
  write("policy.toml",
        "[[block]]\nid = \"il-ice\"\njurisdictions = [\"IL\"]\nagencies = [\"ice\"]\nenforce_from = "
        "2025-01-15\n");
  write("agencies.toml", "[[agency]]\nid = \"ice\"\nname = \"ICE\"\n");
  write("oris.csv",
        "ori,agency,name,type,status,line,state,valid_from,valid_to,tags\nVTICE0900,ice,ICE,FE,active,,VT,,,"
        "\n");
  const std::string config = write("blockwatchd.toml",
                                   "[source]\nkind = \"file\"\nfiles = [\"-\"]\n[state]\ndir = "
                                   "\"state\"\n[policy]\nfile = \"policy.toml\"\n"
                                   "[catalog]\nagencies = \"agencies.toml\"\noris = \"oris.csv\"\n");
  const Outcome outcome = test::run_command({"check-config", "--config", config.c_str()});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1 block, 0 watches"));
  EXPECT_THAT(outcome.out, HasSubstr("1 agency, 1 row of ORIs"));
  EXPECT_EQ(test::run_command({"check-config", "--config", config.c_str(), "--json"}).out,
            "{\n  \"ok\": true,\n  \"diagnostics\": []\n}\n");
}

TEST_F(CheckConfig, EveryMistakeIsNamedWithItsPlace) {
  const std::string config =
      write("blockwatchd.toml", "[source]\nkind = \"carrier pigeon\"\n[state]\ndirr = \"x\"\n");
  const Outcome outcome = test::run_command({"check-config", "--config", config.c_str()});
  EXPECT_EQ(outcome.exit_code, 78);
  EXPECT_TRUE(outcome.out.empty());
  EXPECT_THAT(outcome.err, HasSubstr("blockwatchd.toml:2:"));
  EXPECT_THAT(outcome.err, HasSubstr("blockwatchd.toml:4:"));
  const Outcome json = test::run_command({"check-config", "--config", config.c_str(), "--json"});
  EXPECT_EQ(json.exit_code, 78);
  EXPECT_THAT(json.out, HasSubstr("\"ok\": false"));
  EXPECT_THAT(json.out, HasSubstr("\"line\": 2"));
}

TEST_F(CheckConfig, MissingFileIsBadConfiguration) {
  EXPECT_EQ(test::run_command({"check-config", "--config", (dir_ + "/none.toml").c_str()}).exit_code, 78);
  EXPECT_EQ(test::run_command({"replay", "--config", (dir_ + "/none.toml").c_str()}).exit_code, 78);
}

using OnAState = InTemporaryFolder;

TEST_F(OnAState, ReplayedFileIsReportedListedAndShown) {
  write("policy.toml",
        "[[block]]\nid = \"il-ice\"\njurisdictions = [\"IL\"]\nagencies = [\"ice\"]\nenforce_from = "
        "2025-01-15\n");
  write("agencies.toml", "[[agency]]\nid = \"ice\"\nname = \"ICE\"\n");
  write("oris.csv",
        "ori,agency,name,type,status,line,state,valid_from,valid_to,tags\nVTICE0900,ice,ICE,FE,active,,VT,,,"
        "\n");
  const std::string input = write("in.ndjson",
                                  "{\"id\":\"1\",\"time\":\"2025-11-12T10:00:00Z\",\"message_key\":\"DQ\","
                                  "\"origin\":{\"ori\":\"VTICE0900\"},"
                                  "\"destinations\":[\"IL\",\"NY\"],\"outcome\":\"answered\"}\nnot json\n");
  const std::string config = write("blockwatchd.toml",
                                   "[source]\nkind = \"file\"\nfiles = [\"-\"]\n[state]\ndir = "
                                   "\"state\"\n[policy]\nfile = \"policy.toml\"\n"
                                   "[catalog]\nagencies = \"agencies.toml\"\noris = \"oris.csv\"\n");
  const Outcome replay = test::run_command(
      {"replay", "--config", config.c_str(), "--input", input.c_str(), "--as-of", "2025-12-01"});
  ASSERT_EQ(replay.exit_code, 0) << replay.err;
  EXPECT_THAT(replay.out, HasSubstr("holds 2 records of 1 partition"));
  EXPECT_THAT(replay.out, HasSubstr("1 counted, 0 duplicate, 1 rejected, 0 out of scope"));
  EXPECT_THAT(replay.out, HasSubstr("as of 2025-12-01T00:00:00Z"));

  const std::string state = dir_ + "/state";
  const Outcome report = test::run_command({"report", "--state-dir", state.c_str(), "--from", "2025-11-12",
                                            "--to", "2025-11-13", "--format", "csv"});
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_EQ(
      report.out,
      "agency,jurisdiction,requests,answered,no_record,rejected,error,unknown,blocked,leaks,excepted,gap,"
      "watched,shadow,photo\r\nice,IL,1,1,0,0,0,0,1,1,0,0,0,0,0\r\nice,NY,1,1,0,0,0,0,0,0,0,0,0,0,0\r\n");
  EXPECT_THAT(test::run_command({"report", "--state-dir", state.c_str(), "--last", "24h"}).out,
              HasSubstr("complete and final"));
  EXPECT_EQ(test::run_command({"report", "--state-dir", state.c_str(), "--last", "2h"}).exit_code, 64);

  EXPECT_THAT(test::run_command({"completeness", "--state-dir", state.c_str()}).out, HasSubstr("not_json"));
  const Outcome list = test::run_command(
      {"alerts", "list", "--state-dir", state.c_str(), "--kind", "block_leak", "--format", "csv"});
  ASSERT_THAT(list.out, HasSubstr(",block_leak,critical,il-ice,IL,ice,2025-11-12,1,"));
  const std::string id = list.out.substr(list.out.find("\r\n") + 2, 8);
  const Outcome show = test::run_command({"alerts", "show", id.c_str(), "--state-dir", state.c_str()});
  EXPECT_EQ(show.exit_code, 0) << show.err;
  EXPECT_THAT(show.out, testing::StartsWith("block_leak (critical)\nincident      " + id));
  EXPECT_EQ(test::run_command({"alerts", "show", "ffff_no_such", "--state-dir", state.c_str()}).exit_code,
            64);
}

TEST_F(OnAState, FolderWithoutStateIsAnErrorAndStaysAsItIs) {
  const std::string none = dir_ + "/none";
  const Outcome outcome = test::run_command({"completeness", "--state-dir", none.c_str()});
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr(none));
  EXPECT_FALSE(std::ifstream(none).good());
}

}  // namespace
}  // namespace blockwatch
