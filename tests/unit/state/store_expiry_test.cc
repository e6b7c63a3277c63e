// Which buckets a store still holds (state/retention.h): decided by each partition's clock, to the bucket,
// and by nothing else.
#include "state/page.h"
#include "state/retention.h"

#include <map>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/fixtures.h"

namespace blockwatch {
namespace {

struct Event {
  std::uint32_t partition = 0;
  TimeNs time = 0;
};

/// Counts events as the pipeline does: one cell in every series, the clock the greatest time so far.
class Counting {
 public:
  void add(const Event& e) {
    PartitionProgress& p = progress_[e.partition];
    p = test::progress(e.partition, p.next_offset + 1,
                       p.next_offset == 0 ? e.time : std::max(p.clock, e.time));
    batch_.progress.push_back(p);
    for (const Retention& r : kRetention) {
      const BucketKey bucket{e.partition, r.cube, r.granularity, number_of(r.granularity, e.time)};
      ++counts_[bucket];
    }
  }
  void commit(Store& store) {
    std::map<BucketKey, test::Cells> cells;
    for (const auto& [bucket, count] : counts_) cells[bucket][{1, 0}] = count;
    batch_.runs = test::rows_of(cells);
    ASSERT_TRUE(store.commit(batch_));
    batch_ = {};
    counts_.clear();
  }

 private:
  std::map<std::uint32_t, PartitionProgress> progress_;
  CommitBatch batch_;
  std::map<BucketKey, std::uint64_t> counts_;
};

using Counts = std::map<BucketKey, std::uint64_t>;

Counts stored(const Store& store) {
  Counts out;
  const auto snapshot = store.snapshot();
  for (const Retention& r : kRetention)
    snapshot->for_each_cell(r.cube, r.granularity, INT64_MIN, INT64_MAX,
                            [&](const BucketKey& bucket, const CellCount& c) { out[bucket] += c.count; });
  return out;
}

/// The numbers of one series that are stored, over all partitions.
std::set<std::int64_t> numbers(const Store& store, Cube cube, Granularity granularity) {
  std::set<std::int64_t> out;
  for (const auto& [bucket, count] : stored(store))
    if (bucket.cube == cube && bucket.granularity == granularity) out.insert(bucket.number);
  return out;
}

class StoreExpiry : public test::OpenStore {
 protected:
  void count(const std::vector<Event>& events) {
    for (const Event& e : events) counting_.add(e);
    counting_.commit(*store_);
  }
  std::set<std::int64_t> days(Cube cube = Cube::disclosures) const {
    return numbers(*store_, cube, Granularity::day);
  }

  Counting counting_;
};

constexpr std::int64_t kTenYears = 3653;

TEST_F(StoreExpiry, ADayIsKeptUntilTheClockIsInTheDay3653DaysAfterIt) {
  count({{0, 100 * kDay}, {0, 101 * kDay - 1}, {0, 101 * kDay}, {0, 102 * kDay}});
  count({{0, (101 + kTenYears) * kDay - 1}});
  for (const Cube cube : {Cube::disclosures, Cube::oris, Cube::messages, Cube::quality})
    EXPECT_EQ(days(cube), (std::set<std::int64_t>{100, 101, 102, 100 + kTenYears}));
  count({{0, (101 + kTenYears) * kDay}});
  for (const Cube cube : {Cube::disclosures, Cube::oris, Cube::messages, Cube::quality})
    EXPECT_EQ(days(cube), (std::set<std::int64_t>{101, 102, 100 + kTenYears, 101 + kTenYears}));
}

TEST_F(StoreExpiry, AMonthGoesWithItsFirstDay) {
  // 1970-04-01 is day 90, 1970-05-01 day 120.
  count({{0, 90 * kDay}, {0, 119 * kDay}, {0, 120 * kDay}});
  count({{0, (91 + kTenYears) * kDay - 1}});
  const std::int64_t newest = first_of_month(90 + kTenYears);
  EXPECT_EQ(numbers(*store_, Cube::disclosures, Granularity::month),
            (std::set<std::int64_t>{90, 120, newest}));
  count({{0, (91 + kTenYears) * kDay}});
  EXPECT_EQ(numbers(*store_, Cube::disclosures, Granularity::month), (std::set<std::int64_t>{120, newest}));
  EXPECT_EQ(days(), (std::set<std::int64_t>{119, 120, 90 + kTenYears, 91 + kTenYears}))
      << "its last day stays";
}

TEST_F(StoreExpiry, TheHoursOfADayGoTogetherWithIt) {
  count({{0, 101 * kDay - kHour}, {0, 101 * kDay}, {0, 101 * kDay + 23 * kHour}});
  count({{0, (101 + kTenYears) * kDay + 22 * kHour}});
  for (const Cube cube : {Cube::disclosures, Cube::messages, Cube::quality})
    EXPECT_EQ(numbers(*store_, cube, Granularity::hour),
              (std::set<std::int64_t>{101 * 24, 101 * 24 + 23, (101 + kTenYears) * 24 + 22}));
}

TEST_F(StoreExpiry, MinutesAreKeptFromTheHourInWhichTheirTwoDaysBegin) {
  constexpr std::int64_t kHours = 1000;  // since 1970
  count({{0, kHours * kHour - 1}, {0, kHours * kHour}, {0, kHours * kHour + 59 * kMinute}});
  count({{0, (kHours + 49) * kHour - 1}});
  EXPECT_EQ(numbers(*store_, Cube::disclosures, Granularity::minute),
            (std::set<std::int64_t>{kHours * 60, kHours * 60 + 59, (kHours + 49) * 60 - 1}));
  count({{0, (kHours + 49) * kHour}});
  EXPECT_EQ(numbers(*store_, Cube::disclosures, Granularity::minute),
            (std::set<std::int64_t>{(kHours + 49) * 60 - 1, (kHours + 49) * 60}));
  EXPECT_EQ(numbers(*store_, Cube::disclosures, Granularity::hour).size(), 4U) << "hours stay";
}

TEST_F(StoreExpiry, ALateEventBringsNoExpiredBucketBack) {
  count({{0, (100 + kTenYears) * kDay}});
  count({{0, 99 * kDay}, {0, 100 * kDay}});
  EXPECT_EQ(days(), (std::set<std::int64_t>{100, 100 + kTenYears}));
  reopen();
  count({{0, 100 * kDay - 1}, {0, 100 * kDay}});
  EXPECT_EQ(days(), (std::set<std::int64_t>{100, 100 + kTenYears}));
  EXPECT_EQ(stored(*store_).at({0, Cube::oris, Granularity::day, 100}), 2U) << "a kept one counts on";
}

TEST_F(StoreExpiry, WhatAnEarlierProcessStoredExpiresInTheNext) {
  count({{0, 100 * kDay}, {0, 200 * kDay}});
  reopen();
  count({{0, (150 + kTenYears) * kDay}});
  EXPECT_EQ(days(), (std::set<std::int64_t>{200, 150 + kTenYears}));
  reopen();
  count({{0, (201 + kTenYears) * kDay}});
  EXPECT_EQ(days(), (std::set<std::int64_t>{150 + kTenYears, 201 + kTenYears}));
}

TEST_F(StoreExpiry, EachPartitionKeepsByItsOwnClock) {
  count({{0, 100 * kDay}, {1, 100 * kDay}});
  count({{0, (200 + kTenYears) * kDay}});
  EXPECT_EQ(stored(*store_).count({0, Cube::messages, Granularity::day, 100}), 0U);
  EXPECT_EQ(stored(*store_).count({1, Cube::messages, Granularity::day, 100}), 1U);
  count({{1, 101 * kDay}});
  EXPECT_EQ(stored(*store_).count({1, Cube::messages, Granularity::day, 100}), 1U);
}

TEST_F(StoreExpiry, NothingExpiresBeforeAnEventWasCounted) {
  CommitBatch batch;
  batch.progress = {test::progress(0, 1)};
  batch.runs[{0, Cube::quality, Granularity::day, -3000}] = test::run_of({{{1, 0}, 1}});
  ASSERT_TRUE(store_->commit(batch));
  EXPECT_EQ(days(Cube::quality), (std::set<std::int64_t>{-3000}));
}

TEST_F(StoreExpiry, ClocksAtTheEndsOfTimeAreSafe) {
  count({{0, kTimeMin + 1}});
  EXPECT_EQ(days().size(), 1U);
  count({{0, kTimeMax}});
  EXPECT_EQ(days(), (std::set<std::int64_t>{bucket_of(kTimeMax, kDay)}));
}

/// Over 14 years, mostly ascending; a fifth is late by anything up to all of it.
std::vector<Event> random_events(test::Random& random) {
  std::vector<Event> events;
  TimeNs now = 0;
  for (int i = 0; i < 200; ++i) {
    now += static_cast<TimeNs>(random.below(static_cast<std::uint64_t>(50 * kDay)));
    const TimeNs late =
        random.below(5) != 0 ? 0 : static_cast<TimeNs>(random.below(static_cast<std::uint64_t>(now + 1)));
    events.push_back({static_cast<std::uint32_t>(random.below(2)), now - late});
  }
  return events;
}

/// What a kept bucket must hold, told from the events alone.
Counts expected_of(const std::vector<Event>& events) {
  std::map<std::uint32_t, TimeNs> clocks;
  for (const Event& e : events) {
    const auto [clock, is_first] = clocks.try_emplace(e.partition, e.time);
    clock->second = std::max(clock->second, e.time);
  }
  Counts out;
  for (const Event& e : events)
    for (const Retention& r : kRetention) {
      const std::int64_t number = number_of(r.granularity, e.time);
      const TimeNs whole = r.granularity == Granularity::minute ? kHour : kDay;
      const TimeNs oldest_kept = bucket_of(clocks.at(e.partition) - r.kept, whole) * whole;
      if (number * unit_of(r.granularity) >= oldest_kept) ++out[{e.partition, r.cube, r.granularity, number}];
    }
  return out;
}

TEST(StoreExpiryProperty, WhereverTheCommitsAndRestartsLieTheSameBucketsAreLeft) {
  test::Random random;
  for (const std::uint64_t most : {1U, 5U, 1000U}) {
    const std::vector<Event> events = random_events(random);
    const Counts expected = expected_of(events);
    ASSERT_GT(events.size() * kRetention.size(), expected.size()) << "nothing expired";
    const test::TempDir dir;
    auto store = test::open_store(dir.state());
    Counting counting;
    std::uint64_t left = 1 + random.below(most);
    for (const Event& e : events) {
      counting.add(e);
      if (--left > 0) continue;
      counting.commit(*store);
      left = 1 + random.below(most);
      if (random.below(40) == 0) {
        store.reset();
        store = test::open_store(dir.state());
      }
    }
    counting.commit(*store);
    ASSERT_EQ(stored(*store), expected) << "commits of up to " << most;
  }
}

}  // namespace
}  // namespace blockwatch
