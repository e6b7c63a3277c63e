// What the tests of the state share: a directory that goes away, numbers whose seed is printed, small
// records.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "state/page.h"
#include "state/run.h"
#include "state/store.h"

namespace blockwatch::test {

/// The parent of this process's temporary directories. A death test's child, which never gets to clean up,
/// inherits it.
inline const std::string& temp_root() {
  struct Root {
    Root() {
      if (const char* inherited = std::getenv("BLOCKWATCH_TEST_ROOT")) {
        path = inherited;
        return;
      }
      std::string pattern = testing::TempDir() + "blockwatch-state-XXXXXX";
      path = ::mkdtemp(pattern.data());
      ::setenv("BLOCKWATCH_TEST_ROOT", path.c_str(), 1);
      owned = true;
    }
    ~Root() {
      std::error_code ignored;
      if (owned) std::filesystem::remove_all(path, ignored);
    }
    std::string path;
    bool owned = false;
  };
  static const Root kRoot;
  return kRoot.path;
}

class TempDir {
 public:
  TempDir() {
    std::string pattern = temp_root() + "/XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  /// A state directory inside, which does not exist yet.
  std::string state() const { return path_ + "/state"; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// BLOCKWATCH_TEST_SEED repeats a run.
class Random {
 public:
  Random() {
    const char* given = std::getenv("BLOCKWATCH_TEST_SEED");
    seed_ = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "seed " << seed_ << " (BLOCKWATCH_TEST_SEED repeats it)\n";
    engine_.seed(seed_);
  }
  std::uint64_t seed() const { return seed_; }
  /// [0, limit)
  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  std::uint64_t bits() { return engine_(); }
  /// Small and huge ones alike.
  std::uint64_t any_size() { return engine_() >> below(64); }
  std::string bytes(std::size_t size_max) {
    std::string out(below(size_max + 1), '\0');
    for (char& c : out) c = static_cast<char>(engine_());
    return out;
  }

 private:
  std::uint64_t seed_ = 0;
  std::mt19937_64 engine_;
};

using Cells = std::map<Cell, std::uint64_t>;

/// A run of a kind.
inline std::string run_of(const Cells& cells, RunKind kind = RunKind::codes) {
  std::vector<CellCount> run;
  for (const auto& [cell, count] : cells) run.push_back({cell, count});
  std::sort(run.begin(), run.end(),
            [kind](const CellCount& a, const CellCount& b) { return precedes(kind, a.cell, b.cell); });
  return encode_run(kind, run);
}

/// What a commit writes for the cells of buckets: minutes an hour to a row.
inline std::map<RowKey, std::string> rows_of(const std::map<BucketKey, Cells>& buckets) {
  std::map<RowKey, Cells> rows;
  for (const auto& [bucket, cells] : buckets) {
    const RowKey row = row_of(bucket);
    for (const auto& [cell, count] : cells) {
      const auto minute = static_cast<std::uint32_t>(bucket.number - row.number * kMinutesInRow);
      rows[row][kind_of(row) == RunKind::minutes ? Cell{cell.code, minute} : cell] += count;
    }
  }
  std::map<RowKey, std::string> runs;
  for (const auto& [row, cells] : rows) runs[row] = run_of(cells, kind_of(row));
  return runs;
}

inline void add_to(Cells& sum, std::string_view run) {
  RunReader reader(run);
  while (reader.next()) sum[reader.cell().cell] += reader.cell().count;
  ASSERT_FALSE(reader.damaged());
}

inline std::unique_ptr<Store> open_store(const std::string& dir,
                                         Store::Access access = Store::Access::write) {
  auto store = Store::open(dir, access);
  if (!store) {
    ADD_FAILURE() << store.error().message;
    std::abort();
  }
  return std::move(*store);
}

/// A store in a directory of its own.
class OpenStore : public testing::Test {
 protected:
  void reopen(Store::Access access = Store::Access::write) {
    store_.reset();
    store_ = open_store(dir_.state(), access);
  }

  TempDir dir_;
  std::unique_ptr<Store> store_ = open_store(dir_.state());
};

inline PartitionProgress progress(std::uint32_t partition, std::uint64_t next_offset,
                                  TimeNs clock = kNoTime) {
  PartitionProgress p;
  p.partition = partition;
  p.topic = "nlets.queries";
  p.next_offset = next_offset;
  p.counted = next_offset;
  p.clock = clock;
  return p;
}

inline std::string incident_id(unsigned char n) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string id(32, '0');
  id[0] = kDigits[n >> 4U];
  id[1] = kDigits[n & 15U];
  return id;
}

inline IncidentPart incident_part(unsigned char n, std::uint32_t partition, std::uint64_t count,
                                  const std::string& day = "2025-11-12") {
  IncidentPart part;
  part.id = incident_id(n);
  part.partition = partition;
  part.key = {"block_leak", "il-ice", "IL", "ice", day};
  part.closes_at = kDay;
  part.counters.count = count;
  part.counters.by_outcome[0] = count;
  const auto offset = static_cast<std::uint64_t>(partition) * 100;
  part.counters.first = Sighting{TimeNs{1000} - partition, "nlets.queries", partition, offset, "VTICE0900"};
  part.counters.last =
      Sighting{TimeNs{2000} + partition, "nlets.queries", partition, offset + 1, "VTICE0900"};
  return part;
}

inline Notification notification(unsigned char n, const std::string& milestone) {
  Notification out;
  out.id = std::string(64, static_cast<char>('a' + n % 6));
  out.incident = incident_id(n);
  out.milestone = milestone;
  out.time = 77;
  out.newest_broker_time = 76;
  out.newest_event_time = 75;
  out.body = "{\"milestone\":\"" + milestone + "\"}";
  return out;
}

}  // namespace blockwatch::test
