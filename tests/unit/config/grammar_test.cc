#include "config/grammar.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "config/toml.h"

namespace blockwatch::grammar {
namespace {

TEST(Case, ChangesTheTwentySixLettersOnly) {
  EXPECT_EQ(upper("abcxyz019_\xC3\xA9\xC5\xBF"), "ABCXYZ019_\xC3\xA9\xC5\xBF");
  EXPECT_EQ(lower("ABCXYZ019_\xC3\x89\xE2\x84\xAA"), "abcxyz019_\xC3\x89\xE2\x84\xAA");
}

TEST(Trimmed, RemovesSpacesAtBothEndsOnly) {
  EXPECT_EQ(trimmed("  a b  "), "a b");
  EXPECT_EQ(trimmed("\ta\t"), "\ta\t");
  EXPECT_EQ(trimmed("\xC2\xA0"
                    "a"),
            "\xC2\xA0"
            "a");
  EXPECT_EQ(trimmed("   "), "");
}

TEST(Ids, AreUtf8OfAtMost128BytesWithoutControlCharacters) {
  EXPECT_EQ(id_problem("ice"), "");
  EXPECT_EQ(id_problem("Pe\xC3\xB1\x61, office 2"), "");
  EXPECT_EQ(id_problem(std::string(128, 'x')), "");
  EXPECT_NE(id_problem(""), "");
  EXPECT_NE(id_problem(std::string(129, 'x')), "");
  for (const std::string_view bad : {"a\x1F!", "a\n", "\x7F", "a\xC2\x80", "\xC2\x9F"})
    EXPECT_NE(id_problem(bad), "") << bad;
  EXPECT_EQ(id_problem("\xC2\xA0"), "") << "the first character after the C1 controls";
}

TEST(Ids, MayLeaveOutSeparators) {
  EXPECT_EQ(id_problem("a/b#c"), "");
  EXPECT_NE(id_problem("a/b", "#/"), "");
  EXPECT_NE(id_problem("a#b", "#/"), "");
  EXPECT_EQ(id_problem("a-b", "#/"), "");
}

TEST(Codes, HaveTheirLengthsAndCapitals) {
  EXPECT_TRUE(is_line_code("A"));
  EXPECT_TRUE(is_line_code("AX19"));
  EXPECT_FALSE(is_line_code(""));
  EXPECT_FALSE(is_line_code("AXAXA"));
  EXPECT_FALSE(is_line_code("ax"));
  EXPECT_TRUE(is_region_code("R1"));
  EXPECT_TRUE(is_region_code("R123"));
  EXPECT_FALSE(is_region_code("R"));
  EXPECT_FALSE(is_region_code("R1234"));
  EXPECT_TRUE(is_purpose("C"));
  EXPECT_TRUE(is_purpose("C1"));
  EXPECT_FALSE(is_purpose("c"));
  EXPECT_FALSE(is_purpose("C12"));
  EXPECT_FALSE(is_purpose(""));
}

TEST(Channels, AreSmallLettersDigitsAndThreeMarks) {
  EXPECT_TRUE(is_channel("nlets"));
  EXPECT_TRUE(is_channel("a_b.c-9"));
  EXPECT_TRUE(is_channel(std::string(32, 'x')));
  EXPECT_FALSE(is_channel(std::string(33, 'x')));
  for (const std::string_view bad : {"", "Nlets", "a b", "a/b", "\xC3\xA9"}) {
    EXPECT_FALSE(is_channel(bad)) << bad;
  }
}

TEST(Topics, AreWhatKafkaAllows) {
  EXPECT_TRUE(is_topic("nlets.queries"));
  EXPECT_TRUE(is_topic("A_b-9"));
  EXPECT_TRUE(is_topic(std::string(249, 'x')));
  EXPECT_FALSE(is_topic(std::string(250, 'x')));
  for (const std::string_view bad : {"", ".", "..", "a b", "a/b", "a:b"}) EXPECT_FALSE(is_topic(bad)) << bad;
}

TEST(Patterns, FitNineCharacters) {
  for (const std::string_view good : {"*", "??ICE*", "VTICE0900", "?????????", "*ICE*", "*123456789"}) {
    EXPECT_EQ(pattern_problem(good), "") << good;
  }
  for (const std::string_view bad :
       {"", "??ICE", "??ICE??????", "1234567890*", "??ice*", "??[ICE]*", "??I.E*", "?? CE*"}) {
    EXPECT_NE(pattern_problem(bad), "") << bad;
  }
}

TEST(Times, AreRfc3339OrAPlainDateAtMidnightUtc) {
  EXPECT_EQ(time_from("1970-01-02"), kDay);
  EXPECT_EQ(time_from("1970-01-01T18:00:00-06:00"), kDay);
  for (const std::string_view bad : {"", "1970-01-02T00:00:00", "1970", "yesterday"}) {
    EXPECT_EQ(time_from(bad), std::nullopt) << bad;
  }
}

TEST(Utf8, EndsAtTheFirstByteThatIsNone) {
  for (const std::string_view good :
       {"", "ascii", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(first_bad_utf8(good), std::nullopt) << good;
  }
  for (const std::string_view bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xE2\x82", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF0\x90\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(first_bad_utf8(std::string("ab\xC3\xA9").append(bad)), 4U) << bad;
  }
}

TEST(Quoted, IsSafeOnATerminal) {
  EXPECT_EQ(toml::quoted("Pe\xC3\xB1\x61 \"x\" \\"), "\"Pe\xC3\xB1\x61 \\\"x\\\" \\\\\"");
  EXPECT_EQ(toml::quoted("\x1B[1m\n\x7F\xC2\x9B\xC2\xA0"), "\"\\u001B[1m\\u000A\\u007F\\u009B\xC2\xA0\"");
}

TEST(Nearest, IsTheNameWithTheFewestEdits) {
  EXPECT_EQ(nearest("latenes", {"lateness", "window"}), "lateness");
  EXPECT_EQ(nearest("enforced_from", {"enforce_from", "ends_at"}), "enforce_from");
  EXPECT_EQ(nearest("ICE", {"ice", "ero"}), "ice") << "case is not an edit";
  EXPECT_EQ(nearest("flie", {"kafka", "file"}), "file");
  EXPECT_EQ(nearest("xyz", {"lateness", "window"}), std::nullopt) << "another word is no slip";
  EXPECT_EQ(nearest("lateness", {}), std::nullopt);
}

}  // namespace
}  // namespace blockwatch::grammar
