// Every case of tests/golden/bad_config, through the loader: each diagnostic at its place, none too many,
// none missing.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>

#include "config/load.h"
#include "tests/unit/config/support.h"

namespace blockwatch {
namespace {

namespace fs = std::filesystem;
using testing_config::read_bytes;
using testing_config::texts;

fs::path case_folder() {
  return fs::path(BLOCKWATCH_SOURCE_DIR) / "tests/golden/bad_config";
}

struct Expected {
  std::string place, what, hint;
};

struct Case {
  std::map<std::string, std::optional<std::string>> files;  // no text: the file does not exist
  std::vector<Expected> diagnostics;
};

std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && text[i + 1] == 'x') {
      out += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else if (text[i] == '\\' && text[i + 1] == 'r') {
      out += '\r';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

Expected expected_of(const std::string& line) {
  const std::size_t first = line.find(" | ");
  const std::size_t second = line.find(" | ", first + 3);
  EXPECT_NE(second, std::string::npos) << "no place | what | hint: " << line;
  if (second == std::string::npos) return {};
  return {line.substr(0, first), line.substr(first + 3, second - first - 3), line.substr(second + 3)};
}

Case read_case(const fs::path& path) {
  Case out;
  std::istringstream lines(read_bytes(path));
  std::string section;
  std::map<std::string, std::string> sections;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("--- ")) {
      section = line.substr(4);
      sections[section];
    } else if (!section.empty()) {
      sections[section] += line + '\n';
    }
  }
  for (const auto& [name, text] : sections) {
    const std::size_t space = name.find(' ');
    if (name == "expect") {
      std::istringstream rows(text);
      for (std::string row; std::getline(rows, row);) out.diagnostics.push_back(expected_of(row));
    } else if (space == std::string::npos) {
      out.files[name] = text;
    } else {
      EXPECT_TRUE(name.ends_with(" escaped") || name.ends_with(" missing")) << name;
      out.files[name.substr(0, space)] =
          name.ends_with(" missing") ? std::nullopt : std::optional(unescaped(text));
    }
  }
  return out;
}

std::vector<fs::path> case_paths() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(case_folder())) {
    if (entry.path().extension() == ".case") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// A folder with the files of `good/` but for those that the case gives or leaves out.
class Folder {
 public:
  explicit Folder(const Case& c) {
    std::string name = (fs::temp_directory_path() / "bad_config.XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    path_ = name;
    for (const auto& entry : fs::directory_iterator(case_folder() / "good")) {
      fs::copy_file(entry.path(), path_ / entry.path().filename());
    }
    for (const auto& [file, text] : c.files) {
      fs::remove(path_ / file);
      if (text) std::ofstream(path_ / file, std::ios::binary) << *text;
    }
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  std::string file(const char* name) const { return (path_ / name).string(); }
  std::string without(std::string text) const {
    const std::string prefix = path_.string() + '/';
    for (std::size_t i = text.find(prefix); i != std::string::npos; i = text.find(prefix)) {
      text.erase(i, prefix.size());
    }
    return text;
  }

 private:
  fs::path path_;
};

class BadConfig : public testing::TestWithParam<fs::path> {};

TEST_P(BadConfig, IsReportedAtItsPlacesAndNowhereElse) {
  const Case c = read_case(GetParam());
  ASSERT_FALSE(c.diagnostics.empty()) << "the case expects nothing";
  const Folder folder(c);
  Diagnostics diagnostics;
  EXPECT_FALSE(load_configuration(folder.file("blockwatchd.toml"), diagnostics));
  const std::string seen = folder.without(texts(diagnostics));
  ASSERT_EQ(diagnostics.all().size(), c.diagnostics.size()) << seen;
  for (std::size_t i = 0; i < c.diagnostics.size(); ++i) {
    const Expected& expected = c.diagnostics[i];
    const Diagnostic& d = diagnostics.all()[i];
    EXPECT_TRUE(folder.without(to_text(d)).starts_with(expected.place + ": error: "))
        << expected.place << "\n"
        << seen;
    EXPECT_NE(folder.without(d.what).find(expected.what), std::string::npos) << expected.what << "\n" << seen;
    EXPECT_NE(d.hint.find(expected.hint), std::string::npos) << expected.hint << "\n" << seen;
    EXPECT_FALSE(expected.hint.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, BadConfig, testing::ValuesIn(case_paths()),
                         [](const auto& parameter) { return parameter.param.stem().string(); });

TEST(BadConfigGolden, HasMoreThanFortyKindsAndAGoodOneToStartFrom) {
  EXPECT_GE(case_paths().size(), 40U);
  const Folder folder(Case{});
  Diagnostics diagnostics;
  EXPECT_TRUE(load_configuration(folder.file("blockwatchd.toml"), diagnostics)) << texts(diagnostics);
}

}  // namespace
}  // namespace blockwatch
