#include "base/domain.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace blockwatch {
namespace {

// The contract's list in its own order.
constexpr std::string_view kStates =
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND "
    "OH OK OR PA RI SC SD TN TX "
    "UT VT VA WA WV WI WY DC AS GU MP PR VI ";

std::set<std::string> expected_codes() {
  std::set<std::string> codes;
  for (std::size_t at = 0; at < kStates.size(); at += 3) codes.emplace(kStates.substr(at, 2));
  return codes;
}

TEST(Jurisdictions, AreTheFiftyStatesDcAndFiveTerritories) {
  std::set<std::string> codes;
  for (Jurisdiction j = 0; j < kJurisdictionCount; ++j) codes.emplace(jurisdiction_code(j));
  EXPECT_EQ(codes.size(), 56U);
  EXPECT_EQ(codes, expected_codes());
}

TEST(Jurisdictions, AreFoundByCodeAndOrderedLikeTheirCodes) {
  for (Jurisdiction j = 0; j < kJurisdictionCount; ++j) {
    EXPECT_EQ(jurisdiction_from(jurisdiction_code(j)), j);
    if (j == 0) continue;
    EXPECT_LT(jurisdiction_code(static_cast<Jurisdiction>(j - 1)), jurisdiction_code(j));
  }
}

TEST(Jurisdictions, AreNothingElse) {
  const std::set<std::string> codes = expected_codes();
  for (char a = 'A'; a <= 'Z'; ++a) {
    for (char b = 'A'; b <= 'Z'; ++b) {
      const std::string code{a, b};
      EXPECT_EQ(jurisdiction_from(code).has_value(), codes.contains(code)) << code;
    }
  }
  for (const std::string_view bad : {"", "I", "ILL", "il", "*", "NL", "ON", "\xC3\x89", "I ", "00"}) {
    EXPECT_EQ(jurisdiction_from(bad), std::nullopt) << bad;
  }
}

TEST(JurisdictionSet, HoldsWhatWasInserted) {
  JurisdictionSet set;
  EXPECT_TRUE(set.empty());
  set.insert(*jurisdiction_from("NY"));
  set.insert(*jurisdiction_from("IL"));
  EXPECT_TRUE(set.contains(*jurisdiction_from("IL")));
  EXPECT_FALSE(set.contains(*jurisdiction_from("WA")));
  std::string order;
  set.for_each([&](Jurisdiction j) { order += jurisdiction_code(j); });
  EXPECT_EQ(order, "ILNY");
}

TEST(JurisdictionSet, OfAllHoldsEachOfThe56AndNoMore) {
  std::size_t count = 0;
  JurisdictionSet::all().for_each([&](Jurisdiction j) { EXPECT_EQ(j, count++); });
  EXPECT_EQ(count, kJurisdictionCount);
  EXPECT_TRUE((JurisdictionSet::all() - JurisdictionSet::all()).empty());
}

TEST(OriPrefix, IsThePostalCodeButForNebraska) {
  EXPECT_EQ(jurisdiction_of_ori_prefix("IL"), jurisdiction_from("IL"));
  EXPECT_EQ(jurisdiction_of_ori_prefix("NB"), jurisdiction_from("NE"));
  EXPECT_EQ(jurisdiction_of_ori_prefix("NE"), jurisdiction_from("NE"));
  EXPECT_EQ(jurisdiction_of_ori_prefix("ON"), std::nullopt);
}

TEST(ForeignCodes, AreKnownButNoJurisdictions) {
  for (const std::string_view code : {"AB", "BC", "MB", "NB", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT",
                                      "AX", "NA", "FB", "TC", "IP", "CN"}) {
    EXPECT_TRUE(is_known_foreign_code(code)) << code;
    EXPECT_EQ(jurisdiction_from(code), std::nullopt) << code;
  }
  for (const std::string_view code : {"NL", "IL", "ZZ", ""}) {
    EXPECT_FALSE(is_known_foreign_code(code)) << code;
  }
}

TEST(MessageKeys, HaveTheClassOfTheContract) {
  for (const std::string_view key : {"DQ", "DQG", "DNQ"}) {
    EXPECT_EQ(message_key(key).cls, Class::driver_license) << key;
  }
  EXPECT_EQ(message_key("KQ").cls, Class::driver_history);
  for (const std::string_view key : {"RQ", "RQG", "RNQ", "RPQ"}) {
    EXPECT_EQ(message_key(key).cls, Class::registration) << key;
  }
  for (const std::string_view key : {"IQ", "AM", "TQ", "dq", "DQ/IMQ", ""}) {
    EXPECT_EQ(message_key(key).cls, Class::other) << key;
  }
}

TEST(MessageKeys, OfAnswersAndStatusAreOutOfScope) {
  for (const std::string_view key : {"DR", "DRG", "DNR", "KR", "RR", "RNR", "RPR", "IAR", "ER", "SM"}) {
    EXPECT_TRUE(message_key(key).out_of_scope) << key;
  }
  for (const std::string_view key : {"DQ", "KQ", "RQ", "AM", "IAQ", "TQ"}) {
    EXPECT_FALSE(message_key(key).out_of_scope) << key;
  }
}

TEST(MessageKeys, OfFreeTextAreSideChannels) {
  for (const std::string_view key : {"AM", "LQ", "NLQ", "NFQ"}) {
    EXPECT_TRUE(message_key(key).side_channel) << key;
  }
  for (const std::string_view key : {"DQ", "SM", "IQ"}) EXPECT_FALSE(message_key(key).side_channel) << key;
}

TEST(Names, AreReadBackAsTheirValues) {
  for (std::uint8_t i = 0; i < kClassCount; ++i) {
    EXPECT_EQ(class_from(name_of(static_cast<Class>(i))), static_cast<Class>(i));
  }
  for (std::uint8_t i = 0; i < kOutcomeCount; ++i) {
    EXPECT_EQ(outcome_from(name_of(static_cast<Outcome>(i))), static_cast<Outcome>(i));
  }
  for (std::uint8_t i = 0; i < kRejectReasonCount; ++i) {
    EXPECT_EQ(reject_reason_from(name_of(static_cast<RejectReason>(i))), static_cast<RejectReason>(i));
  }
  EXPECT_EQ(class_from("photo"), std::nullopt) << "photo is a mark, not a class";
  EXPECT_EQ(outcome_from("ANSWERED"), std::nullopt);
}

TEST(Names, OfTheVerdictsGoFromStrongestToNone) {
  std::vector<std::string_view> names;
  for (std::uint8_t i = 0; i < kVerdictCount; ++i) names.push_back(name_of(static_cast<Verdict>(i)));
  EXPECT_EQ(names,
            (std::vector<std::string_view>{"blocked", "excepted", "gap", "watched", "shadow", "none"}));
}

}  // namespace
}  // namespace blockwatch
