#include "pipeline/output/notification_due.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blockwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimeNs kNow = 1000 * kDay;

TEST(NotificationDue, WithoutAMaxAgeNothingIsTooOld) {
  EXPECT_EQ(suppression_of(kNow - 900 * kDay, std::nullopt, kNow), std::nullopt);
}
TEST(NotificationDue, AnObservationAsOldAsMaxAgeIsStillDueAndAnOlderOneIsStale) {
  EXPECT_EQ(suppression_of(kNow - kDay, kDay, kNow), std::nullopt);
  EXPECT_EQ(suppression_of(kNow - kDay - 1, kDay, kNow), Suppression::stale);
}
TEST(NotificationDue, AnObservationAheadOfTheWallClockIsDue) {
  EXPECT_EQ(suppression_of(kNow + kDay, kMinute, kNow), std::nullopt);
}
TEST(NotificationDue, ANotificationAboutNoObservationIsNeverStale) {
  EXPECT_EQ(suppression_of(kNoTime, kMinute, kNow), std::nullopt);
}
TEST(NotificationDue, WhatWaitsBecomesStale) {
  EXPECT_EQ(suppression_of(kNow, kDay, kNow + kDay), std::nullopt);
  EXPECT_EQ(suppression_of(kNow, kDay, kNow + kDay + 1), Suppression::stale);
}

/// Sequences from `first`: 'd' a due one, 's' a stale one.
SortedBatch sorted(std::uint64_t first, std::string_view pattern) {
  std::vector<Notification> log;
  for (const char c : pattern) {
    log.emplace_back().sequence = first++;
    log.back().newest_event_time = c == 'd' ? kNow : kNow - 10 * kDay;
  }
  return sort_by_due(std::move(log), kDay, kNow);
}
std::vector<std::uint64_t> due(const SortedBatch& batch) {
  std::vector<std::uint64_t> out;
  for (const Notification& n : batch.due) out.push_back(n.sequence);
  return out;
}
std::vector<std::uint64_t> suppressed(const SortedBatch& batch) {
  std::vector<std::uint64_t> out;
  for (const Suppressed& s : batch.suppressed)
    for (std::uint64_t i = 0; i < s.count; ++i) out.push_back(s.first + i);
  return out;
}

TEST(SortedBatch, TellsTheDueFromTheStaleInTheirOrder) {
  const SortedBatch batch = sorted(7, "ssdsddss");
  EXPECT_THAT(due(batch), ElementsAre(9, 11, 12));
  EXPECT_THAT(suppressed(batch), ElementsAre(7, 8, 10, 13, 14));
  EXPECT_EQ(batch.suppressed.size(), 3U) << "neighbors are one row";
  EXPECT_EQ(batch.end, 14U);
}

TEST(Settle, EverythingAcknowledgedSettlesTheWholeBatch) {
  SortedBatch batch = sorted(7, "ssdsddss");
  EXPECT_EQ(settle(batch, 3), 14U);
  EXPECT_THAT(suppressed(batch), ElementsAre(7, 8, 10, 13, 14));
}
TEST(Settle, NothingAcknowledgedSettlesOnlyTheStaleBeforeTheFirstDue) {
  SortedBatch batch = sorted(7, "ssdsddss");
  EXPECT_EQ(settle(batch, 0), 8U);
  EXPECT_THAT(suppressed(batch), ElementsAre(7, 8));
}
TEST(Settle, WhatComesBehindAnUnacknowledgedOneIsLeftForTheNextAttempt) {
  SortedBatch batch = sorted(7, "ssdsddss");
  EXPECT_EQ(settle(batch, 1), 10U);
  EXPECT_THAT(suppressed(batch), ElementsAre(7, 8, 10));
  batch = sorted(7, "ssdsddss");
  EXPECT_EQ(settle(batch, 2), 11U);
  EXPECT_THAT(suppressed(batch), ElementsAre(7, 8, 10));
}
TEST(Settle, ABatchOfStaleOnesNeedsNoAcknowledgement) {
  SortedBatch batch = sorted(1, "sss");
  EXPECT_THAT(due(batch), IsEmpty());
  EXPECT_EQ(settle(batch, 0), 3U);
}
TEST(Settle, AnUnacknowledgedFirstOneMovesNothing) {
  SortedBatch batch = sorted(5, "ds");
  EXPECT_EQ(settle(batch, 0), 4U);
  EXPECT_THAT(suppressed(batch), IsEmpty());
}

}  // namespace
}  // namespace blockwatch
