// What makes a payload one JSON object: everything that is decided before the first field is read.
#include <gtest/gtest.h>

#include "tests/unit/pipeline/message.h"

namespace blockwatch {
namespace {

using namespace std::string_literals;

std::string ignoring(std::string_view json) {
  return Message().with("subject", json).json();
}

void expect_all(const std::vector<std::string>& payloads, std::string_view expected) {
  for (const std::string& payload : payloads) EXPECT_EQ(fate(payload), expected) << payload;
}

/// `depth` containers, one in the other; the innermost holds `core`.
std::string nested(std::size_t depth, std::string_view core) {
  return repeated(depth, "[") + std::string(core) + repeated(depth, "]");
}

TEST(ParseJson, AValidMessageIsAccepted) {
  EXPECT_EQ(fate(Message()), "accepted");
}

TEST(ParseJson, ARecordOfExactlyTheLimitIsAcceptedAndOneByteMoreIsTooLarge) {
  std::string payload = Message().json();
  payload.resize(65536, ' ');
  EXPECT_EQ(fate(payload), "accepted");
  EXPECT_EQ(fate(payload + ' '), "too_large");
}

TEST(ParseJson, ARecordOfTenMegabytesIsTooLargeWhateverItHolds) {
  EXPECT_EQ(fate(std::string().assign(10'000'000, '[')), "too_large");
  EXPECT_EQ(fate(std::string().assign(10'000'000, '\xFF')), "too_large");
}

TEST(ParseJson, TheLimitIsTheConfiguredOne) {
  Parser parser(1 << 20);
  QueryEvent event;
  std::string payload = Message().json();
  payload.resize(1 << 20, ' ');
  EXPECT_EQ(parser.parse({.broker_time = kReceived, .payload = payload}, event), std::nullopt);
  payload += ' ';
  EXPECT_EQ(parser.parse({.broker_time = kReceived, .payload = payload}, event), RejectReason::too_large);
}

TEST(ParseJson, BytesThatAreNotUtf8AreBadUtf8WhereverTheyStand) {
  expect_all(
      {
          "\xFF",
          "\x80",
          "{\"a\":\"\xC3\"}",
          ignoring("\"\xC0\xAF\""),
          ignoring("\"\xED\xA0\x80\""),
          ignoring("\"\xF4\x90\x80\x80\""),
          ignoring("\"\xE2\x82\""),
          ignoring("\"\xF8\x88\x80\x80\x80\""),
          Message().json() + "\xFE",
          "nonsense \xFF",
          "\xEF\xBB\xBF\xFF",
          "{\"na\x9Fme\":1}",
      },
      "bad_utf8");
}

TEST(ParseJson, ALoneSurrogateEscapeBetweenQuotesIsBadUtf8) {
  expect_all(
      {
          ignoring(R"("\ud800")"),
          ignoring(R"("\uDFFF")"),
          ignoring(R"("\uDC00\uD800")"),
          ignoring(R"("\ud83d\ud83d\ude00")"),
          ignoring(R"("\ud83dx")"),
          ignoring(R"("\ud83d\n")"),
          ignoring(R"("\ud83d\u0041")"),
          ignoring(R"({"\ud800":1})"),
          ignoring(R"("\ud83d\u")"),
          ignoring(R"("\\\ud800")"),
          Message().with("id", R"("\udead")").json(),
      },
      "bad_utf8");
}

TEST(ParseJson, ALoneSurrogateEscapeIsBadUtf8AlsoInWhatIsNoJson) {
  expect_all({R"(garbage "\ud800)", R"({"a":1} "\udc00")", R"([1,,"\ud800"])", R"({"a" "\ud800")"},
             "bad_utf8");
}

TEST(ParseJson, ASurrogateEscapeOutsideQuotesIsNoMoreThanASyntaxError) {
  expect_all({R"(\ud800)", R"(["a" \udc00])", R"({"a":1, \ud800})"}, "not_json");
  EXPECT_EQ(fate(R"("a" \ud800)"), "trailing_bytes");
}

TEST(ParseJson, SurrogatePairsAndEscapedBackslashesAreText) {
  expect_all({ignoring(R"("\ud83d\ude00")"), ignoring(R"("\uD83D\uDE00")"), ignoring(R"("\\ud800")"),
              ignoring(R"("\"\\\/\b\f\n\r\t\u0041\u0000")"), ignoring("\"\xF0\x9F\x98\x80\xC3\xA9\"")},
             "accepted");
}

TEST(ParseJson, WhatIsNoJsonIsNotJson) {
  expect_all(
      {
          "",
          " ",
          "\r\n",
          "{",
          "}",
          "[",
          "\"",
          "{\"a\"",
          "{\"a\":",
          "{\"a\":1",
          "{\"a\":1,}",
          "{,}",
          "{a:1}",
          "{'a':1}",
          "{1:2}",
          "[1,,2]",
          "[1,]",
          "[1 2]",
          "[}",
          "{]",
          "nul",
          "tru",
          "True",
          "NaN",
          "Infinity",
          "-Infinity",
          "-",
          "+1",
          ".5",
          "\xEF\xBB\xBF{}",
          "\xEF\xBB\xBF" + Message().json(),
          "\x0b{}",
          "\f{}",
          "\0"s,
          "\0{}"s,
          "\xC2\xA0{}",
          "// comment\n{}",
          "\"a\nb\"",
          "\"\\q\"",
          "\"\\u12G4\"",
          "\"\\u123\"",
      },
      "not_json");
}

TEST(ParseJson, ASyntaxErrorInsideAnIgnoredFieldIsNotJson) {
  expect_all(
      {
          ignoring("{\"x\":nul}"),
          ignoring("[1,,2]"),
          ignoring("\"\\q\""),
          ignoring("01"),
          ignoring("1."),
          ignoring(".5"),
          ignoring("+1"),
          ignoring("1e"),
          ignoring("1e+"),
          ignoring("0x10"),
          ignoring("--1"),
          ignoring("NaN"),
          ignoring("Infinity"),
          ignoring("truefalse"),
          ignoring("\"tab\there\""),
          ignoring("\"nul\0here\""s),
          ignoring("\"line\nfeed\""),
          ignoring("\"unit\x1fseparator\""),
          ignoring("nulll"),
          ignoring("1 2"),
          ignoring("{}{}"),
          ignoring("[\0]"s),
          ignoring("[\x0b]"),
          ignoring(""),
      },
      "not_json");
}

TEST(ParseJson, IntegersOfUpTo64BitsAndFiniteNumbersAreNumbers) {
  for (const char* number : {"0",
                             "-0",
                             "1",
                             "-1",
                             "9223372036854775807",
                             "9223372036854775808",
                             "18446744073709551615",
                             "-9223372036854775808",
                             "1.5",
                             "-0.0",
                             "1e5",
                             "1E+5",
                             "1e-5",
                             "0e99999999999999999999",
                             "1e-99999999999999999999",
                             "1.7976931348623157e308",
                             "1.7976931348623158e308",
                             "123456789012345678901234567890.0",
                             "123456789012345678901234567890e0",
                             "2.5e-324",
                             "0.00000000000000000000000000000000000000000000000000000001"}) {
    EXPECT_EQ(fate(ignoring(number)), "accepted") << number;
  }
}

TEST(ParseJson, LargerNumbersAreNotJson) {
  for (const char* number : {"18446744073709551616", "-9223372036854775809", "99999999999999999999",
                             "-18446744073709551615", "123456789012345678901234567890", "1e309", "-1e309",
                             "1e400", "1e99999999999999999999", "1.7976931348623159e308"}) {
    EXPECT_EQ(fate(ignoring(number)), "not_json") << number;
  }
  EXPECT_EQ(fate(ignoring(repeated(5000, "9"))), "not_json");
  EXPECT_EQ(fate(ignoring(repeated(309, "9") + ".0")), "not_json");
}

TEST(ParseJson, HalfWayBetweenTheLargestDoubleAndTheNextIsTooLarge) {
  const std::string digits =
      "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096"
      "3302"
      "864166928879109465555478519404026306574886715058206819089020007083836762738548458177115317644757302700"
      "6985"
      "55713669596228429148198608349364752927190741684443655107043427115596995080930428801779041744977";
  EXPECT_EQ(fate(ignoring(digits + "91.9")), "accepted");
  EXPECT_EQ(fate(ignoring(digits + "92.0")), "not_json");
}

TEST(ParseJson, SixtyFourOpenContainersAreJsonAndSixtyFiveAreNot) {
  // The message itself is one of them.
  EXPECT_EQ(fate(ignoring(nested(63, "1"))), "accepted");
  EXPECT_EQ(fate(ignoring(nested(64, "1"))), "not_json");
  EXPECT_EQ(fate(ignoring(nested(63, ""))), "accepted");
  EXPECT_EQ(fate(ignoring(nested(64, ""))), "not_json");
  EXPECT_EQ(fate(ignoring(nested(62, "{}"))), "accepted");
  EXPECT_EQ(fate(ignoring(nested(63, "{}"))), "not_json");
  EXPECT_EQ(fate(nested(64, "")), "bad_value");
  EXPECT_EQ(fate(nested(65, "")), "not_json");
  EXPECT_EQ(fate(nested(30000, "")), "not_json");
  EXPECT_EQ(fate(repeated(65000, "[")), "not_json");
}

TEST(ParseJson, ManyContainersSideBySideAreNotDeep) {
  EXPECT_EQ(fate(ignoring("[" + repeated(1000, "[[]],") + "{}]")), "accepted");
  EXPECT_EQ(fate(ignoring(in_quotes(repeated(1000, "[{")))), "accepted");
}

TEST(ParseJson, ATooDeepFirstValueIsNotJsonWhateverFollows) {
  EXPECT_EQ(fate(nested(65, "") + " x"), "not_json");
}

TEST(ParseJson, AnythingAfterAValidValueIsTrailingBytes) {
  const std::string message = Message().json();
  expect_all(
      {
          message + "x",
          message + message,
          message + "\n" + message,
          message + ",",
          message + "}",
          message + "\0"s,
          message + "\x0b",
          message + "\xC2\xA0",
          message + "\xEF\xBB\xBF",
          "{}[",
          "[] {",
          "{}\"unclosed",
          "null null",
          "true,",
          "1 2",
          "1x",
          "01",
          "-01",
          "1.",
          "1.e5",
          "1e",
          "1e+",
          "truex",
          "\"a\"b",
          "\"a\" \"b\"",
          " {} {",
          "0x10",
          "{}" + nested(65, ""),
          "{} nul",
          "\"\\\\\"x",
          R"(["a" , "]"] ])",
      },
      "trailing_bytes");
}

TEST(ParseJson, AnInvalidFirstValueIsNotJsonWhateverFollows) {
  expect_all(
      {"{\"a\":nul} {}", "[01] 1", "18446744073709551616 x", "1e400 x", "{]}", "\"\\q\" x", "nan 1", "[1}]"},
      "not_json");
}

TEST(ParseJson, BlanksAroundAMessageAreNotTrailing) {
  EXPECT_EQ(fate(" \t\r\n" + Message().json() + "\n\r\t "), "accepted");
}

TEST(ParseJson, ATopLevelThatIsNoObjectIsABadValue) {
  expect_all({"[]", "null", "true", "false", "1", "-1.5e3", "\"text\"", "[{\"a\":1,\"a\":2}]", " 0 ",
              "18446744073709551615"},
             "bad_value");
}

TEST(ParseJson, ANameThatOccursTwiceInOneObjectIsADuplicateField) {
  const std::string tail = Message().json().substr(1);
  expect_all(
      {
          "{\"id\":\"a1-0001\"," + tail,
          "{\"\\u0069d\":\"x\"," + tail,
          "{\"id\":null," + tail,
          ignoring(R"({"a":1,"a":1})"),
          ignoring(R"({"a":1,"b":2,"\u0061":3})"),
          ignoring(R"([[{"x":{"":1,"":2}}]])"),
          ignoring(R"({"é":1,"\u00e9":2})"),
          ignoring(R"({"\ud83d\ude00":1,"😀":2})"),
          ignoring(R"({"a/b":1,"a\/b":2})"),
          ignoring(R"({"a\u0000b":1,"a\u0000b":2})"),
          Message().with("origin", R"({"ori":"VTICE0900","ori":"VTICE0900"})").json(),
          Message().with("results", R"([{"destination":"NY","outcome":"error","outcome":"error"}])").json(),
          Message().with("x", "1").json().insert(1, R"("x":1,)"),
          R"({"a":1,"a":2})",
      },
      "duplicate_field");
}

TEST(ParseJson, NamesInDifferentObjectsOrOfDifferentCaseAreNoDuplicates) {
  expect_all(
      {ignoring(R"({"id":1,"time":2})"), ignoring(R"([{"a":1},{"a":1}])"), ignoring(R"({"a":{"a":{"a":1}}})"),
       ignoring(R"({"a":1,"A":2,"":3," ":4,"a ":5})"), Message().with("ID", "1").json(),
       ignoring(R"({"a\u0000b":1,"a\u0000c":2})"), ignoring(R"({"é":1,"e\u0301":2})")},
      "accepted");
}

/// An object of `count` members n0, n1, …
std::string wide_object(std::size_t count, std::string_view last = {}) {
  std::string text = "{";
  for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? ",\"n" : "\"n") + std::to_string(i) + "\":0";
  return text + std::string(last) + "}";
}

TEST(ParseJson, DuplicatesAreFoundAmongAnyNumberOfNames) {
  for (const std::size_t count : {1U, 2U, 31U, 32U, 33U, 34U, 100U, 5000U}) {
    EXPECT_EQ(fate(ignoring(wide_object(count))), "accepted") << count;
    EXPECT_EQ(fate(ignoring(wide_object(count, R"(,"n0":1)"))), "duplicate_field") << count;
    EXPECT_EQ(fate(ignoring(wide_object(count, ",\"n" + std::to_string(count - 1) + "\":1"))),
              "duplicate_field")
        << count;
    EXPECT_EQ(fate(ignoring(wide_object(count, R"(,"n0":1,"z":1)"))), "duplicate_field") << count;
  }
}

TEST(ParseJson, NamesOfANestedObjectAreNotMixedWithThoseAroundIt) {
  EXPECT_EQ(fate(ignoring(R"({"a":{"b":1,"c":2},"b":1,"c":{"a":1,"b":2},"d":3})")), "accepted");
  EXPECT_EQ(fate(ignoring(R"({"a":{"b":1,"c":2},"b":1,"a":3})")), "duplicate_field");
}

TEST(ParseJson, ARejectedRecordLeavesNothingBehindForTheNext) {
  EXPECT_EQ(fate(Message()
                     .with("results", R"([{"destination":"IL","outcome":"error"}])")
                     .with("purpose", in_quotes("C"))),
            "accepted");
  EXPECT_EQ(fate("{\"id\":"), "not_json");
  EXPECT_EQ(fate(R"({"a":1,"a":2})"), "duplicate_field");
  EXPECT_EQ(fate("{}"), "missing_field");
  const auto parsed = parse(Message().json());
  ASSERT_FALSE(parsed.reason);
  EXPECT_TRUE(parsed.event.results.empty());
  EXPECT_TRUE(parsed.event.purpose.empty());
  EXPECT_FALSE(parsed.event.photo_requested);
}

}  // namespace
}  // namespace blockwatch
