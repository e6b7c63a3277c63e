// What the commands print, byte for byte: tests/golden/tables/NAME.json is the JSON, NAME.txt the table,
// NAME.csv the CSV.
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/render.h"

namespace blockwatch {
namespace {

using Json = nlohmann::ordered_json;

std::string read_golden(const std::string& name) {
  const std::string path = std::string(BLOCKWATCH_SOURCE_DIR "/tests/golden/tables/") + name;
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

Json read_json(const std::string& name) {
  return Json::parse(read_golden(name));
}

void expect_within_width(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), kTableWidth) << line;
}

struct Golden {
  const char* name;
  std::function<std::string(const Json&, TextStyle)> text;
  std::function<std::string(const Json&)> csv;
};
void PrintTo(const Golden& golden, std::ostream* out) {
  *out << golden.name;
}

class GoldenTable : public testing::TestWithParam<Golden> {};

TEST_P(GoldenTable, IsByteForByteTheStoredOne) {
  const std::string name = GetParam().name;
  const Json json = read_json(name + ".json");
  const std::string text = GetParam().text(json, {});
  EXPECT_EQ(text, read_golden(name + ".txt"));
  expect_within_width(text);
  EXPECT_EQ(GetParam().csv(json), read_golden(name + ".csv"));
}

std::string first_incident_text(const Json& json, TextStyle style) {
  return incident_text(json.at("incidents").at(0), style);
}

INSTANTIATE_TEST_SUITE_P(Tables, GoldenTable,
                         testing::Values(Golden{"report", report_text, report_csv},
                                         Golden{"report_all_figures", report_text, report_csv},
                                         Golden{"report_rollup", report_text, report_csv},
                                         Golden{"report_incomplete", report_text, report_csv},
                                         Golden{"report_empty", report_text, report_csv},
                                         Golden{"report_messages", report_text, report_csv},
                                         Golden{"completeness", completeness_text, completeness_csv},
                                         Golden{"incidents", incidents_text, incidents_csv},
                                         Golden{"incident", first_incident_text, incidents_csv},
                                         Golden{"rejects", rejects_text, rejects_csv},
                                         Golden{"status", status_text, status_csv},
                                         Golden{"status_at_rest", status_text, status_csv}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ReportText, NoZeroOrTotalStandsWhereNothingWasCounted) {
  const std::string text = report_text(read_json("report_empty.json"), {});
  EXPECT_THAT(text, testing::HasSubstr("Nothing counted"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("total")));
}

TEST(ExplanationText, IsByteForByteTheStoredOne) {
  const std::string text = explanation_text(read_json("explanation.json"), {});
  EXPECT_EQ(text, read_golden("explanation.txt"));
  expect_within_width(text);
}

TEST(RejectsText, SaysThatThereAreNone) {
  EXPECT_EQ(rejects_text(Json::parse(R"({"rejects":[]})"), {}), "No rejects.\n");
}

TEST(StatusText, FitsOnAScreenWhateverIsWrong) {
  for (const char* name : {"status.json", "status_at_rest.json"}) {
    Json status = read_json(name);
    for (int n = 0; n < 20; ++n) {
      status["outputs"].push_back({{"name", std::string(70, 'x')}, {"pending", 7}});
      status["attention"].push_back(std::string(70, 'y') + " " + std::string(70, 'z'));
    }
    std::istringstream lines(status_text(status, {}));
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(display_width(line), 80U) << line;
    EXPECT_LE(count, 24) << name;
  }
}

TEST(ReportText, IncompleteStandsOutInColor) {
  EXPECT_THAT(report_text(read_json("report_incomplete.json"), {true}),
              testing::HasSubstr("\x1b[1;33mNOT COMPLETE"));
}

TEST(Wrapped, BreaksAtSpacesAndKeepsEveryWord) {
  std::string words;
  for (int i = 0; i < 60; ++i) words += (i == 0 ? "" : " ") + std::string("word") + std::to_string(i);
  std::string text = wrapped(words, "  ");
  expect_within_width(text);
  for (std::size_t at = 0; (at = text.find("\n  ", at)) != std::string::npos;) text.replace(at, 3, " ");
  EXPECT_EQ(text, "  " + words + "\n");
}

TEST(Wrapped, WordLongerThanALineStandsAlone) {
  const std::string word(150, 'x');
  EXPECT_EQ(wrapped("a " + word + " b", ""), "a\n" + word + "\nb\n");
}

}  // namespace
}  // namespace blockwatch
