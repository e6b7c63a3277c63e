// A state in memory, filled by hand: what the report engine reads, without a database.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/domain.h"
#include "state/cell.h"
#include "state/store.h"

namespace blockwatch {

inline TimeNs at(std::string_view text) {
  const auto time = parse_rfc3339(text);
  return time ? *time : parse_date(text).value();
}

/// What one observation says; the defaults are an ICE query about a driver license in Illinois that was
/// blocked.
struct Seen {
  std::string agency = "ice";
  std::string jurisdiction = "IL";
  Class cls = Class::driver_license;
  std::string channel = "nlets";
  Outcome outcome = Outcome::rejected;
  Verdict verdict = Verdict::blocked;
  bool photo = false;
  std::string ori = "VTICE0900";
  std::uint64_t count = 1;
};

class FakeSnapshot : public Snapshot {
 public:
  /// Counts as the pipeline does: every cube, every granularity; minutes only of the 48 h before `newest`.
  void observe(std::string_view time, const Seen& seen, std::uint32_t partition = 0) {
    observe(at(time), seen, partition);
  }
  void observe(TimeNs time, const Seen& seen, std::uint32_t partition = 0) {
    DisclosureCell c;
    c.jurisdiction = jurisdiction_from(seen.jurisdiction).value();
    c.agency = id(Dictionary::agency, seen.agency);
    c.channel = id(Dictionary::channel, seen.channel);
    c.cls = seen.cls;
    c.photo = seen.photo;
    c.outcome = seen.outcome;
    c.verdict = seen.verdict;
    const Cell cell{pack(c), 0};
    for (const auto g : {Granularity::minute, Granularity::hour, Granularity::day}) {
      add(Cube::disclosures, g, time, partition, {cell, seen.count});
    }
    add(Cube::disclosures, Granularity::month, time, partition, {{code_in_month(pack(c)), 0}, seen.count});
    add(Cube::oris, Granularity::day, time, partition,
        {{pack(c), id(Dictionary::ori, seen.ori) + 1}, seen.count});
    message(time, seen.agency, seen.cls, seen.count, partition);
  }
  void message(TimeNs time, const std::string& agency, Class cls, std::uint64_t count = 1,
               std::uint32_t partition = 0) {
    const Cell cell{pack(MessageCell{id(Dictionary::agency, agency), cls}), 0};
    for (const auto g : {Granularity::hour, Granularity::day})
      add(Cube::messages, g, time, partition, {cell, count});
    PartitionProgress& p = progress(partition);
    p.clock = std::max(p.clock, time);
    p.oldest = std::min(p.oldest, time);
    p.counted += count;
    p.next_offset += count;
  }
  void quality(TimeNs time, Quality what, std::uint64_t count, std::uint32_t partition = 0) {
    const Cell cell{static_cast<std::uint64_t>(what), 0};
    for (const auto g : {Granularity::hour, Granularity::day})
      add(Cube::quality, g, time, partition, {cell, count});
  }
  PartitionProgress& progress(std::uint32_t partition) {
    PartitionProgress& p = partitions_[partition];
    p.partition = partition;
    p.topic = "nlets.queries";
    return p;
  }
  void catalog(std::string agencies) {
    versions_[VersionKind::catalog].push_back({kNoTime, "catalog-digest"});
    agencies_files_.push_back(std::move(agencies));
  }
  void policy(std::string digest) { versions_[VersionKind::policy].push_back({kNoTime, std::move(digest)}); }
  void end_all() {
    for (auto& [_, p] : partitions_) p.ended = true;
  }
  std::vector<IncidentSummary> stored_incidents;
  std::vector<RejectRecord> stored_rejects;  // by partition and offset
  std::map<std::string, std::vector<NotificationMark>, std::less<>> stored_marks;
  std::vector<OutputStanding> stored_outputs;
  std::vector<Gap> stored_gaps;  // by partition and number
  std::vector<Rollback> stored_rollbacks;

  std::vector<PartitionProgress> partitions() const override {
    std::vector<PartitionProgress> out;
    for (const auto& [_, p] : partitions_) out.push_back(p);
    return out;
  }
  void read_cells(
      Cube cube, Granularity granularity, std::int64_t from, std::int64_t to,
      const std::function<void(const BucketKey&, std::span<const CellCount>)>& visit) const override {
    for (const auto& [key, count] : cells_) {
      if (key.cube != cube || key.granularity != granularity || key.number < from || key.number >= to)
        continue;
      if (granularity == Granularity::minute && (key.number + 1) * kMinute <= newest() - 49 * kHour) continue;
      visit(key, {&count, 1});
    }
  }
  std::vector<std::string> names(Dictionary dictionary) const override {
    const auto found = names_.find(dictionary);
    return found == names_.end() ? std::vector<std::string>{} : found->second;
  }
  std::vector<StoredVersion> versions(VersionKind kind) const override {
    const auto found = versions_.find(kind);
    return found == versions_.end() ? std::vector<StoredVersion>{} : found->second;
  }
  std::vector<std::string> version_files(VersionKind kind, std::size_t index) const override {
    if (kind == VersionKind::policy) return {""};
    return {agencies_files_.at(index), "ori,agency,name,type,status,line,state,valid_from,valid_to,tags\n"};
  }
  std::vector<IncidentSummary> incidents(std::string_view from_day, std::string_view to_day) const override {
    std::vector<IncidentSummary> out;
    for (const auto& i : stored_incidents) {
      if ((from_day.empty() || i.key.day >= from_day) && (to_day.empty() || i.key.day <= to_day))
        out.push_back(i);
    }
    return out;
  }
  std::optional<IncidentSummary> incident(std::string_view) const override { return std::nullopt; }
  std::vector<NotificationMark> notifications_of(std::string_view incident) const override {
    const auto found = stored_marks.find(incident);
    return found == stored_marks.end() ? std::vector<NotificationMark>{} : found->second;
  }
  std::vector<OutputStanding> outputs() const override { return stored_outputs; }
  std::vector<Gap> gaps() const override { return stored_gaps; }
  std::vector<Rollback> rollbacks() const override { return stored_rollbacks; }
  void for_each_reject(const RecordPlace& from,
                       const std::function<bool(const RejectRecord&)>& visit) const override {
    for (const RejectRecord& r : stored_rejects) {
      const bool before = RecordPlace{r.partition, r.epoch, r.offset} < from;
      if (!before && !visit(r)) return;
    }
  }
  void for_each_evidence(const std::function<void(const Evidence&)>&) const override {}
  std::optional<TimeNs> as_of() const override { return std::nullopt; }

 private:
  void add(Cube cube, Granularity g, TimeNs time, std::uint32_t partition, CellCount cell) {
    cells_.emplace(BucketKey{partition, cube, g, number_of(g, time)}, cell);
  }
  DictionaryId id(Dictionary dictionary, const std::string& text) {
    auto& texts = names_[dictionary];
    const auto found = std::find(texts.begin(), texts.end(), text);
    if (found != texts.end()) return static_cast<DictionaryId>(found - texts.begin());
    texts.push_back(text);
    return static_cast<DictionaryId>(texts.size() - 1);
  }
  TimeNs newest() const {
    TimeNs out = kNoTime;
    for (const auto& [_, p] : partitions_) out = std::max(out, p.clock);
    return out;
  }

  std::map<std::uint32_t, PartitionProgress> partitions_;
  std::multimap<BucketKey, CellCount> cells_;
  std::map<Dictionary, std::vector<std::string>> names_;
  std::map<VersionKind, std::vector<StoredVersion>> versions_;
  std::vector<std::string> agencies_files_;
};

}  // namespace blockwatch
