// Every row of the contract's field table: what is read, what is refused, at the edges.
#include <gtest/gtest.h>

#include "tests/unit/pipeline/message.h"

namespace blockwatch {
namespace {

/// The event of a message that must be accepted.
Parsed accepted(const Message& message) {
  auto parsed = parse(message.json());
  EXPECT_FALSE(parsed.reason) << message.json() << ": "
                              << name_of(parsed.reason.value_or(RejectReason::not_json));
  return parsed;
}

/// Each JSON text as the value of `field` meets `expected`.
void expect_each(std::string_view field, const std::vector<std::string>& values, std::string_view expected) {
  for (const std::string& value : values) {
    EXPECT_EQ(fate(Message().with(field, value)), expected) << field << " = " << value;
  }
}

std::string origin(std::string_view ori, std::string_view rest = {}) {
  return R"({"ori":)" + std::string(ori) + std::string(rest) + "}";
}

TEST(ParseFields, TheFieldsOfAFullMessageAreRead) {
  const auto parsed =
      accepted(Message()
                   .with("channel", in_quotes("nlets"))
                   .with("purpose", in_quotes("C"))
                   .with("reason", in_quotes("F"))
                   .with("image_requested", "true")
                   .with("attention", in_quotes("free text"))
                   .with("control_field", in_quotes("0000000001"))
                   .with("subject", R"({"name":"x","dob":"x","oln":"x","plate":"x","vin":"x"})")
                   .with("outcome", in_quotes("answered"))
                   .with("results", R"([{"destination":"NY","outcome":"rejected"}])"));
  EXPECT_EQ(parsed.id, "a1-0001");
  EXPECT_EQ(parsed.event.time, at("2025-11-12T20:03:27.41Z"));
  EXPECT_EQ(parsed.event.key.view(), "DQ");
  EXPECT_EQ(parsed.event.ori.view(), "VTICE0900");
  EXPECT_EQ(parsed.event.line.view(), "AX");
  EXPECT_EQ(parsed.event.channel.view(), "nlets");
  EXPECT_EQ(parsed.event.purpose.view(), "C");
  EXPECT_TRUE(parsed.event.photo_requested);
  EXPECT_EQ(parsed.event.outcome, Outcome::answered);
  ASSERT_EQ(parsed.event.destinations.size(), 2U);
  EXPECT_EQ(parsed.event.destinations[0].view(), "IL");
  EXPECT_EQ(parsed.event.destinations[1].view(), "NY");
  ASSERT_EQ(parsed.event.results.size(), 1U);
  EXPECT_EQ(parsed.event.results[0].destination.view(), "NY");
  EXPECT_EQ(parsed.event.results[0].outcome, Outcome::rejected);
}

TEST(ParseFields, AbsentAndNullFieldsTakeTheirDefaults) {
  Message nulls = Message().with("origin", R"({"ori":"VTICE0900","line":null})");
  for (const char* name : {"channel", "purpose", "reason", "image_requested", "outcome", "results"})
    nulls.with(name, "null");
  for (const Message& message : {nulls, Message().with("origin", R"({"ori":"VTICE0900"})")}) {
    const auto parsed = accepted(message);
    EXPECT_TRUE(parsed.event.line.empty());
    EXPECT_EQ(parsed.event.channel.view(), "unknown");
    EXPECT_TRUE(parsed.event.purpose.empty());
    EXPECT_FALSE(parsed.event.photo_requested);
    EXPECT_EQ(parsed.event.outcome, Outcome::unknown);
    EXPECT_TRUE(parsed.event.results.empty());
  }
}

TEST(ParseFields, OrderOfFieldsIsFreeAndNamesCompareUnescaped) {
  EXPECT_EQ(fate(R"({"destinations":["IL"],"origin":{"user":"x","\u006fri":"VTICE0900"},"message_key":"DQ",)"
                 R"("time":"2025-11-12T14:03:27Z","\u0069\u0064":"a"})"),
            "accepted");
}

TEST(ParseFields, ANeededFieldThatIsAbsentOrNullIsAMissingField) {
  for (const char* name : {"id", "time", "message_key", "origin", "destinations"}) {
    EXPECT_EQ(fate(Message().without(name)), "missing_field") << name;
    EXPECT_EQ(fate(Message().with(name, "null")), "missing_field") << name;
  }
  expect_each("origin", {"{}", R"({"ori":null})", R"({"line":"AX"})", R"({"ORI":"VTICE0900"})"},
              "missing_field");
  expect_each("results",
              {R"([{}])", R"([{"destination":"NY"}])", R"([{"outcome":"error"}])",
               R"([{"destination":null,"outcome":"error"}])", R"([{"destination":"NY","outcome":null}])"},
              "missing_field");
}

TEST(ParseFields, AFieldOfTheWrongTypeIsABadValue) {
  for (const char* name : {"id", "time", "message_key", "channel", "purpose", "reason", "outcome"}) {
    expect_each(name, {"1", "true", "1.5", "[]", "{}", R"(["x"])"}, "bad_value");
  }
  expect_each("origin", {"1", "true", "[]", in_quotes("VTICE0900"), R"([{"ori":"VTICE0900"}])"}, "bad_value");
  expect_each("origin", {origin("1"), origin("[]"), origin("{}"), origin("false")}, "bad_value");
  expect_each(
      "origin",
      {origin(in_quotes("VTICE0900"), R"(,"line":1)"), origin(in_quotes("VTICE0900"), R"(,"line":[])")},
      "bad_value");
  expect_each(
      "destinations",
      {"1", "{}", in_quotes("IL"), "true", "[1]", R"(["IL",2])", R"(["IL",null])", "[null]", R"([["IL"]])"},
      "bad_value");
  expect_each("image_requested", {"0", "1", in_quotes("true"), "[]", "{}"}, "bad_value");
  expect_each("results",
              {"1", "{}", in_quotes("x"), "true", "[1]", "[null]", "[[]]", R"(["x"])",
               R"([{"destination":1,"outcome":"error"}])", R"([{"destination":"NY","outcome":1}])",
               R"([{"destination":["NY"],"outcome":"error"}])"},
              "bad_value");
}

TEST(ParseFields, IdHas1To128BytesAfterUnescaping) {
  EXPECT_EQ(accepted(Message().with("id", in_quotes(" A "))).id, " A ");
  EXPECT_EQ(accepted(Message().with("id", R"("\u0041\n\u0000")")).id, std::string("A\n\0", 3));
  expect_each("id",
              {in_quotes("x"), in_quotes(repeated(128, "x")), in_quotes(repeated(64, "é")),
               in_quotes(repeated(128, "\\u0041"))},
              "accepted");
  expect_each("id",
              {in_quotes(""), in_quotes(repeated(129, "x")), in_quotes(repeated(65, "é")),
               in_quotes(repeated(43, "\\u20ac"))},
              "bad_value");
}

TEST(ParseFields, TimeIsRfc3339WithOffset) {
  const std::vector<std::pair<std::string, std::string>> texts{
      {"2025-11-12T14:03:27Z", "2025-11-12T14:03:27Z"},
      {"2025-11-12t14:03:27z", "2025-11-12T14:03:27Z"},
      {"2025-11-12T14:03Z", "2025-11-12T14:03:00Z"},
      {"2025-11-12T14:03-06:00", "2025-11-12T20:03:00Z"},
      {"2025-11-12T14:03:27.4Z", "2025-11-12T14:03:27.400000000Z"},
      {"2025-11-12T14:03:27.123456789Z", "2025-11-12T14:03:27.123456789Z"},
      {"2025-11-12T14:03:27.1234567899999999999999Z", "2025-11-12T14:03:27.123456789Z"},
      {"2025-11-13T13:02:27+23:59", "2025-11-12T13:03:27Z"},
      {"2025-11-11T14:04:27-23:59", "2025-11-12T14:03:27Z"},
      {"2025-11-12T14:03:27-00:00", "2025-11-12T14:03:27Z"},
      {"2025-10-31T23:59:60Z", "2025-10-31T23:59:59.999999999Z"},
      {"2025-10-31T23:59:60.5Z", "2025-10-31T23:59:59.999999999Z"},
      {"2025-10-31T17:59:60-06:00", "2025-10-31T23:59:59.999999999Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
  };
  for (const auto& [text, instant] : texts) {
    EXPECT_EQ(accepted(Message().with("time", in_quotes(text))).event.time, at(instant)) << text;
  }
}

TEST(ParseFields, AnyOtherTextIsABadTime) {
  for (const char* text : {"",
                           "x",
                           "2025-11-12",
                           "2025-11-12T14:03:27",
                           "2025-11-12 14:03:27Z",
                           "2025-11-12T14Z",
                           "2025-11-12T1:03:27Z",
                           "2025-11-12T14:03:7Z",
                           "2025-11-12T14:03:27.Z",
                           "2025-11-12T14:03:27,5Z",
                           "2025-11-12T14:03.5Z",
                           "2025-11-12T24:00:00Z",
                           "2025-11-12T14:60:00Z",
                           "2025-11-12T14:03:61Z",
                           "2025-11-12T14:03:60Z",
                           "2025-11-30T23:58:60Z",
                           "2025-11-12T23:59:60Z",
                           "2025-10-31T23:59:60-06:00",
                           "2025-13-01T00:00:00Z",
                           "2025-00-01T00:00:00Z",
                           "2025-11-00T00:00:00Z",
                           "2025-11-31T00:00:00Z",
                           "2025-02-29T00:00:00Z",
                           "2025-11-12T14:03:27+24:00",
                           "2025-11-12T14:03:27+00:60",
                           "2025-11-12T14:03:27+0600",
                           "2025-11-12T14:03:27+06",
                           "2025-11-12T14:03:27ZZ",
                           " 2025-11-12T14:03:27Z",
                           "2025-11-12T14:03:27Z ",
                           "2025-11-12T14:03:27Z\\n",
                           "+2025-11-12T14:03:27Z",
                           "12025-11-12T14:03:27Z",
                           "2025-11-12T14:03:27UTC",
                           "2025-1-12T14:03:27Z",
                           "2025-11-12T14:03:-1Z",
                           "٢٠٢٥-11-12T14:03:27Z"}) {
    EXPECT_EQ(fate(Message().with("time", in_quotes(text))), "bad_time") << text;
  }
}

TEST(ParseFields, ATimeMoreThanFiveMinutesAfterTheBrokersIsFuture) {
  const TimeNs broker = at("2025-11-12T20:00:00Z");
  EXPECT_EQ(fate(Message().with("time", in_quotes("2025-11-12T20:05:00Z")), broker), "accepted");
  EXPECT_EQ(fate(Message().with("time", in_quotes("2025-11-12T20:05:00.000000001Z")), broker), "future_time");
  EXPECT_EQ(fate(Message().with("time", in_quotes("9999-12-31T23:59:59Z")), broker), "future_time");
}

TEST(ParseFields, ATimeMoreThan3653DaysBeforeTheBrokersIsBeforeRetention) {
  const TimeNs broker = at("2025-11-12T20:00:00Z");
  EXPECT_EQ(fate(Message().with("time", in_quotes("2015-11-12T20:00:00Z")), broker), "accepted");
  EXPECT_EQ(fate(Message().with("time", in_quotes("2015-11-12T19:59:59.999999999Z")), broker),
            "before_retention");
  EXPECT_EQ(fate(Message().with("time", in_quotes("0000-01-01T00:00:00Z")), broker), "before_retention");
}

TEST(ParseFields, ARecordWithoutTimestampSkipsBothUnlessItsTimeCannotBeHeld) {
  for (const char* text : {"1970-01-01T00:00:00Z", "1700-01-01T00:00:00Z", "2262-01-01T00:00:00Z"}) {
    EXPECT_EQ(fate(Message().with("time", in_quotes(text)), kNoTime), "accepted") << text;
  }
  EXPECT_EQ(fate(Message().with("time", in_quotes("9999-12-31T23:59:59Z")), kNoTime), "future_time");
  EXPECT_EQ(fate(Message().with("time", in_quotes("0000-01-01T00:00:00Z")), kNoTime), "before_retention");
}

TEST(ParseFields, ABrokersTimeAtTheEdgeOfTimeDoesNotOverflow) {
  EXPECT_EQ(fate(Message(), kTimeMax), "before_retention");
  EXPECT_EQ(fate(Message(), kTimeMin + 1), "future_time");
}

TEST(ParseFields, MessageKeyIsPartsOf1To8UpperCasedCharacters) {
  const std::vector<std::pair<std::string, std::string>> keys{
      {"DQ", "DQ"},          {"dq", "DQ"},   {"KQ/IMQ", "KQ"},
      {"RQ1/x/Y2", "RQ1"},   {"0", "0"},     {"ABCDEFGH", "ABCDEFGH"},
      {"A/12345678/B", "A"}, {"zz9", "ZZ9"},
  };
  for (const auto& [text, key] : keys) {
    EXPECT_EQ(accepted(Message().with("message_key", in_quotes(text))).event.key.view(), key) << text;
  }
  EXPECT_EQ(fate(Message().with("message_key", in_quotes("DQ" + repeated(10000, "/A")))), "accepted");
  expect_each("message_key",
              {in_quotes(""), in_quotes("/"), in_quotes("DQ/"), in_quotes("/DQ"), in_quotes("DQ//A"),
               in_quotes("ABCDEFGHI"), in_quotes("DQ/ABCDEFGHI"), in_quotes("D Q"), in_quotes(" DQ"),
               in_quotes("DQ "), in_quotes("D-Q"), in_quotes("DÖ"), in_quotes("DQ\\n"),
               in_quotes("DQ\\u0000"), in_quotes("ſ"), in_quotes("dı"), in_quotes("\\uff24Q")},
              "bad_value");
}

TEST(ParseFields, APhotoIsAskedForByTheFlagOrByAKeyPartImq) {
  const auto photo = [](const Message& message) { return accepted(message).event.photo_requested; };
  EXPECT_TRUE(photo(Message().with("image_requested", "true")));
  EXPECT_TRUE(photo(Message().with("message_key", in_quotes("dq/imq"))));
  EXPECT_TRUE(photo(Message().with("message_key", in_quotes("IMQ"))));
  EXPECT_TRUE(photo(Message().with("message_key", in_quotes("DQ/A/IMQ/B")).with("image_requested", "false")));
  EXPECT_FALSE(photo(Message().with("image_requested", "false")));
  EXPECT_FALSE(photo(Message().with("message_key", in_quotes("DQ/IMQX"))));
  EXPECT_FALSE(photo(Message()));
}

TEST(ParseFields, OriIsTrimmedAndUpperCasedNineCharacters) {
  for (const char* text : {"VTICE0900", "vtice0900", "  VTICE0900", "VTICE0900 ", " vtIce0900  "}) {
    EXPECT_EQ(accepted(Message().with("origin", origin(in_quotes(text)))).event.ori.view(), "VTICE0900")
        << text;
  }
  for (const char* text : {"", " ", "VTICE090", "VTICE09000", "VTICE 900", "VTICE-900", "VTICE090é",
                           "\\tVTICE0900", "VTICE0900\\n", "VT\\u0130CE090", "VTICE090ſ", "VTICE0900\\u0000",
                           "\\u00a0VTICE0900", "VTICE090\\u0660"}) {
    EXPECT_EQ(fate(Message().with("origin", origin(in_quotes(text)))), "bad_ori") << text;
  }
}

TEST(ParseFields, LineIsUpperCased1To4CharactersAndNotTrimmed) {
  for (const auto& [text, line] : {std::pair{"ax", "AX"}, {"A", "A"}, {"ab12", "AB12"}}) {
    EXPECT_EQ(
        accepted(Message().with("origin", origin(in_quotes("VTICE0900"), ",\"line\":" + in_quotes(text))))
            .event.line.view(),
        line);
  }
  for (const char* text : {"", "ABCDE", " AX", "AX ", "A-X", "É"}) {
    EXPECT_EQ(fate(Message().with("origin", origin(in_quotes("VTICE0900"), ",\"line\":" + in_quotes(text)))),
              "bad_value")
        << text;
  }
}

TEST(ParseFields, DestinationsAreTrimmedAndUpperCasedInTheirOrder) {
  const auto parsed = accepted(
      Message().with("destinations", R"([" il ","nl","WeST","vtice0900"," VTICE09001","","x y","ſſ"])"));
  std::vector<std::string> texts;
  for (const auto& d : parsed.event.destinations) texts.emplace_back(d.view());
  EXPECT_EQ(texts, (std::vector<std::string>{"IL", "NL", "WEST", "VTICE0900", "", "", "X Y", "ſſ"}));
}

TEST(ParseFields, SixtyFourDestinationsAreReadAnd65AreTooMany) {
  const auto list = [](std::size_t n) { return "[" + repeated(n - 1, R"("IL",)") + R"("IL"])"; };
  EXPECT_EQ(accepted(Message().with("destinations", list(64))).event.destinations.size(), 64U);
  expect_each("destinations", {list(65), list(1000)}, "too_many_destinations");
}

TEST(ParseFields, AnEmptyListOfDestinationsIsLeftToTheOneThatExpandsIt) {
  EXPECT_TRUE(accepted(Message().with("destinations", "[]")).event.destinations.empty());
}

TEST(ParseFields, ChannelIsLowerCased1To32Characters) {
  for (const auto& [text, channel] : {std::pair<std::string, std::string>{"NLETS", "nlets"},
                                      {"a.B_c-9", "a.b_c-9"},
                                      {"-", "-"},
                                      {repeated(32, "x"), repeated(32, "x")}}) {
    EXPECT_EQ(accepted(Message().with("channel", in_quotes(text))).event.channel.view(), channel) << text;
  }
  expect_each("channel",
              {in_quotes(""), in_quotes(repeated(33, "x")), in_quotes(" x"), in_quotes("x "),
               in_quotes("a/b"), in_quotes("é"), in_quotes("\\u212a")},
              "bad_value");
}

TEST(ParseFields, PurposeAndReasonAreUpperCased1To2Characters) {
  EXPECT_EQ(accepted(Message().with("purpose", in_quotes("c"))).event.purpose.view(), "C");
  EXPECT_EQ(accepted(Message().with("purpose", in_quotes("q9"))).event.purpose.view(), "Q9");
  for (const char* name : {"purpose", "reason"}) {
    expect_each(name, {in_quotes("C"), in_quotes("c"), in_quotes("07")}, "accepted");
    expect_each(
        name,
        {in_quotes(""), in_quotes("ABC"), in_quotes(" C"), in_quotes("C "), in_quotes("-"), in_quotes("É")},
        "bad_value");
  }
}

TEST(ParseFields, OutcomeIsOneOfFiveWordsInLowerCase) {
  for (const char* word : {"answered", "no_record", "rejected", "error", "unknown"}) {
    EXPECT_EQ(name_of(accepted(Message().with("outcome", in_quotes(word))).event.outcome), word);
    const auto results = R"([{"destination":"NY","outcome":")" + std::string(word) + R"("}])";
    EXPECT_EQ(name_of(accepted(Message().with("results", results)).event.results.at(0).outcome), word);
  }
  expect_each("outcome",
              {in_quotes(""), in_quotes("Answered"), in_quotes("ANSWERED"), in_quotes(" answered"),
               in_quotes("blocked")},
              "bad_value");
  expect_each("results",
              {R"([{"destination":"NY","outcome":"Error"}])", R"([{"destination":"NY","outcome":""}])"},
              "bad_value");
}

TEST(ParseFields, AResultsDestinationIsAnyTextAndAnUnusableOneIsKeptEmpty) {
  const auto parsed = accepted(Message().with(
      "results",
      R"([{"outcome":"error","destination":" ny "},{"destination":"far too long","outcome":"answered","x":[]},)"
      R"({"destination":"","outcome":"unknown"}])"));
  ASSERT_EQ(parsed.event.results.size(), 3U);
  EXPECT_EQ(parsed.event.results[0].destination.view(), "NY");
  EXPECT_EQ(parsed.event.results[1].destination.view(), "");
  EXPECT_EQ(parsed.event.results[2].destination.view(), "");
  EXPECT_TRUE(accepted(Message().with("results", "[]")).event.results.empty());
}

TEST(ParseFields, UnknownFieldsOfAnyTypeAreIgnored) {
  for (const char* value : {"1", "null", "true", "[]", "{}", R"({"ori":"X"})", R"("text")"}) {
    for (const char* name : {"subject", "attention", "control_field", "something", "", "ori", "Id"}) {
      EXPECT_EQ(fate(Message().with(name, value)), "accepted") << name << value;
    }
  }
  expect_each("origin", {origin(in_quotes("VTICE0900"), R"(,"user":{"deep":[1]},"x":null)")}, "accepted");
}

}  // namespace
}  // namespace blockwatch
