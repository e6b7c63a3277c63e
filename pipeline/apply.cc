#include "pipeline/apply.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "pipeline/alert/incident_book.h"
#include "pipeline/cell_buffer.h"
#include "pipeline/commit_bytes.h"
#include "pipeline/dedup.h"
#include "pipeline/expand.h"
#include "pipeline/gap_book.h"
#include "pipeline/names.h"
#include "pipeline/raise.h"
#include "pipeline/rules_by_time.h"
#include "pipeline/unknown_oris.h"
#include "state/cell.h"
#include "state/partition_name.h"
#include "state/retention.h"

namespace blockwatch {
namespace {

// Most buckets that a late event would find expired are its minutes.
constexpr Retention kMinuteRetention = retention_of(Cube::disclosures, Granularity::minute);

// Of a commit's memory, what all partitions together may keep for seen ids.
constexpr std::uint64_t kSeenPart = 8;

struct PartitionState {
  PartitionProgress progress;
  DedupWindow dedup;
  std::vector<SeenId> seen;  // since the last commit
  bool changed = false;
  bool behind_gap = false;  // nothing was read since
};

NodeIndex reserved(ReservedAgency agency) {
  return static_cast<NodeIndex>(agency);
}

JudgedFacts facts_of(const CountedMessage& m, const Reach& reach) {
  return {m.event.time,      m.asker.node,           reach.jurisdiction,    m.expansion.cls,
          m.expansion.photo, m.event.channel.view(), m.event.purpose.view()};
}

}  // namespace

struct Applier::Impl {
  Store& store;
  ApplierOptions options;
  Names names;
  RulesByTime rules;
  IncidentBook book;
  Raiser raiser;
  GapBook gaps;
  UnknownOris unknown_oris;
  CellBuffer cells;  // of all cubes but those of observations
  std::unique_ptr<ObservationBuffer> observations = std::make_unique<ObservationBuffer>();
  std::unique_ptr<ObservationBuffer> spare;
  CommitBatch batch;
  PendingWork pending;
  std::vector<PartitionProgress> progress;
  std::map<std::uint32_t, PartitionState> partitions;
  PartitionState* recent = nullptr;   // records come by partition
  TimeNs newest_elsewhere = kNoTime;  // the greatest event time counted before this start
  Expansion expansion;                // reused, as is
  std::vector<PolicyMatch> matches;
  std::size_t seen_kept_max = 0;  // of the room for seen ids that a partition keeps from commit to commit

  Impl(Store& s, RulesetHistory history, ApplierOptions o)
      : store(s),
        options(std::move(o)),
        names(*store.snapshot()),
        rules(std::move(history), names),
        book(
            store, names, options.topic,
            [this](std::string_view policy) { return rules.authority_of(policy); }, options.settle,
            options.memory.incidents),
        raiser(book, names, rules, options.lateness),
        gaps(*store.snapshot()),
        unknown_oris(
            [this](std::uint32_t partition, std::int64_t day) { return stored_unknown_oris(partition, day); },
            options.settle, options.memory.unknown_oris) {}

  // ---- start
  Expected<void> load(const std::vector<std::uint32_t>& numbers) {
    const std::uint64_t count = std::max<std::size_t>(1, numbers.size());
    const std::size_t entries_max = dedup_entries(options.memory.ids / count);
    seen_kept_max = options.memory.commit / kSeenPart / count / sizeof(SeenId);
    std::map<std::uint32_t, PartitionProgress> known;
    for (PartitionProgress& p : store.snapshot()->partitions()) {
      newest_elsewhere = std::max(newest_elsewhere, p.clock);
      known.emplace(p.partition, std::move(p));
    }
    for (const std::uint32_t number : numbers) {
      PartitionProgress p;
      p.partition = number;
      p.topic = options.topic;
      if (const auto at = known.find(number); at != known.end()) p = at->second;
      auto& state =
          partitions
              .emplace(number,
                       PartitionState{std::move(p), DedupWindow(options.dedup_window, entries_max), {}})
              .first->second;
      const auto read = store.for_each_seen(number, [&](const SeenId& seen) { state.dedup.insert(seen); });
      if (!read) return read;
      state.behind_gap = gaps.is_open_ended(number);
      progress.push_back(state.progress);
    }
    return {};
  }

  UnknownOris::Ids stored_unknown_oris(std::uint32_t partition, std::int64_t day) {
    UnknownOris::Ids found;
    const auto then = rules.hold(day * kDay);  // a message is being counted under rules of its own
    const DictionaryId unknown = then->agency(reserved(ReservedAgency::unknown));
    store.snapshot()->for_each_cell(
        Cube::oris, Granularity::day, day, day + 1, [&](const BucketKey& key, const CellCount& c) {
          if (key.partition != partition || unpack_disclosure(c.cell.code).agency != unknown) return;
          const DictionaryId id = c.cell.detail - 1;
          const auto ori = Ori::from(names.text(Dictionary::ori, id));
          if (ori && !then->ruleset().resolve(*ori, {}, day * kDay).has_row) found.insert(id);
        });
    return found;
  }

  // ---- one record
  PartitionState& state_of(const SourceRecord& record) {
    if (recent == nullptr || recent->progress.partition != record.partition) {
      const auto at = partitions.find(record.partition);
      BW_CHECK(at != partitions.end());
      recent = &at->second;
    }
    return *recent;
  }

  void advance(PartitionState& state, const SourceRecord& record) {
    PartitionProgress& p = state.progress;
    BW_CHECK(record.offset >= p.next_offset);
    if (record.offset != p.next_offset) [[unlikely]]
      jump(state, record);
    if (state.behind_gap) [[unlikely]] {
      state.behind_gap = false;
      gaps.ends_before(record, batch);
    }
    p.next_offset = record.offset + 1;
    p.ended = false;
    state.changed = true;
    ++pending.records;
  }

  // ---- gaps
  void jump(PartitionState& state, const SourceRecord& record) {
    PartitionProgress& p = state.progress;
    if (p.consumed() == 0) {  // its log begins there
      p.first_offset = record.offset;
      return;
    }
    ++pending.jumps;
    if (!options.plain) return;
    gap({p.partition, GapKind::offset_jump, p.next_offset, {}, {}, record.offset}, wall_clock_now());
  }

  void gap(const GapFound& found, TimeNs now) {
    PartitionState& state = partitions.at(found.partition);
    if (!gaps.found(found, state.progress, now, batch)) return;
    state.changed = true;
    state.behind_gap = found.resumed_at.has_value();
    pending.gaps.push_back(batch.gaps.back());
    raise_of_log(IncidentKind::data_gap, found.partition, found.position, now);
  }

  void raise_of_log(IncidentKind kind, std::uint32_t partition, std::uint64_t position, TimeNs now) {
    if (!options.raises_gaps) return;
    IncidentAddition a;
    a.slot.kind = kind;
    a.slot.policy = names.id(Dictionary::policy, partition_name(options.topic, partition));
    a.slot.day = bucket_of(now, kDay);
    a.partition = partition;
    a.offset = position;
    a.time = now;
    a.limits.closes_at = saturating_add((a.slot.day + 1) * kDay, options.lateness);
    book.add(a);
    pending.alertable = true;
  }

  void verified(std::uint32_t partition, TimeNs now) {
    if (!gaps.verified(partition, now, batch)) return;
    partitions.at(partition).changed = true;
    pending.gaps.push_back(batch.gaps.back());
  }

  void last_record(std::uint32_t partition, TimeNs broker_time, std::uint64_t payload) {
    auto& anchor = partitions.at(partition).progress.anchor;
    if (!anchor) anchor.emplace();
    anchor->cluster = options.cluster;
    anchor->broker_time = broker_time;
    anchor->payload = payload;
  }

  void quality(std::uint32_t partition, TimeNs time, Quality what, std::uint64_t count = 1) {
    if (count != 0) cells.add(partition, Cube::quality, time, static_cast<std::uint64_t>(what), count);
  }

  void reject(const SourceRecord& record, RejectReason reason) {
    PartitionState& state = state_of(record);
    advance(state, record);
    ++state.progress.rejected;
    ++state.progress.by_reason.at(static_cast<std::size_t>(reason));
    ++pending.by_reason.at(static_cast<std::size_t>(reason));
    const TimeNs at =
        record.broker_time != kNoTime ? record.broker_time : std::max<TimeNs>(state.progress.clock, 0);
    quality(record.partition, at, static_cast<Quality>(reason));
    batch.rejects.push_back({record.partition, state.progress.epoch, record.offset, reason,
                             record.payload.size(),
                             hmac_sha256(store.identity().reject_secret, record.payload)});
  }

  void expect(const SourceRecord& record, const QueryEvent& event, std::uint64_t fingerprint) {
    state_of(record).dedup.expect(fingerprint);
    rules.recent().expect(event);
  }

  void message(const SourceRecord& record, const QueryEvent& event, std::uint64_t fingerprint) {
    PartitionState& state = state_of(record);
    RulesInForce& now = rules.at(event.time);
    if (const auto reason = expand(event, now.ruleset(), expansion)) {
      BW_CHECK(!record.payload.empty());
      return reject(record, *reason);
    }
    advance(state, record);
    PartitionProgress& p = state.progress;
    if (expansion.key.out_of_scope) {
      ++p.out_of_scope;
      quality(record.partition, event.time, Quality::out_of_scope);
      return;
    }
    if (state.dedup.is_duplicate(fingerprint, p.clock)) {
      ++p.duplicate;
      quality(record.partition, event.time, Quality::duplicate);
      return;
    }
    ++p.counted;
    count_quality(state, event);
    p.clock = std::max(p.clock, event.time);
    p.oldest = std::min(p.oldest, event.time);
    const std::size_t evicted = state.dedup.insert({fingerprint, p.clock});
    p.dedup_evicted += evicted;
    quality(record.partition, event.time, Quality::dedup_evicted, evicted);
    state.seen.push_back({fingerprint, p.clock});
    // The asker is made where it stays: a copy would wait for its pieces to be written.
    count({record, p.epoch, event, expansion, now,
           now.ruleset().resolve(event.ori, event.line.view(), event.time)},
          p.clock);
  }

  void count_quality(PartitionState& state, const QueryEvent& event) {
    PartitionProgress& p = state.progress;
    const bool late = p.clock != kNoTime && event.time < saturating_add(p.clock, -options.lateness);
    const auto mark = [&](std::uint64_t& total, Quality what, std::uint64_t n) {
      total += n;
      quality(p.partition, event.time, what, n);
    };
    mark(p.late, Quality::late, late ? 1 : 0);
    mark(p.bad_destination_partial, Quality::bad_destination_partial, expansion.bad_destinations);
    mark(p.stray_results, Quality::stray_results, expansion.stray_results);
    mark(p.unknown_codes, Quality::unknown_codes, expansion.unknown_codes);
  }

  void count(const CountedMessage& m, TimeNs clock) {
    const DictionaryId agency = m.rules.agency(m.asker.node);
    cells.add(m.record.partition, Cube::messages, m.event.time, pack(MessageCell{agency, m.expansion.cls}));
    pending.alertable |= raiser.about_asker(m);
    if (m.expansion.cls == Class::other) {
      if (m.expansion.key.side_channel) raise_side_channels(m);
      return;
    }
    count_observations(m, agency, clock);
  }

  void raise_side_channels(const CountedMessage& m) {
    for (const Reach& reach : m.expansion.reach) {
      matches.clear();
      m.rules.ruleset().judge_side_channel(facts_of(m, reach), matches);
      for (const PolicyMatch& match : matches) pending.alertable |= raiser.by_side_channel(m, reach, match);
    }
  }

  void count_observations(const CountedMessage& m, DictionaryId agency, TimeNs clock) {
    const DictionaryId channel = names.channel(m.event.channel);
    const std::uint32_t ori = ori_in_cube(m) + 1;
    const bool in_minutes = bucket_of(m.event.time, kMinute) >= kept_from(kMinuteRetention, clock);
    for (const Reach& reach : m.expansion.reach) {
      matches.clear();
      const Verdict verdict = m.rules.ruleset().judge(facts_of(m, reach), matches);
      ++pending.by_verdict.at(static_cast<std::size_t>(verdict));
      const std::uint64_t code = pack(DisclosureCell{reach.jurisdiction, agency, channel, m.expansion.cls,
                                                     m.expansion.photo, reach.outcome, verdict});
      observations->add(m.record.partition, m.event.time, in_minutes, {code, ori});
      for (const PolicyMatch& match : matches)
        pending.alertable |= raiser.by_policy(m, reach, match, batch.evidence);
    }
  }

  DictionaryId ori_in_cube(const CountedMessage& m) {
    const DictionaryId id = m.rules.ori(m.asker, m.event.ori);
    if (m.asker.node != reserved(ReservedAgency::unknown) || m.asker.has_row) return id;
    return unknown_oris.admit(m.record.partition, bucket_of(m.event.time, kDay), id)
               ? id
               : names.id(Dictionary::ori, kOtherOris);
  }

  // ---- versions
  TimeNs activate(Activation activation, TimeNs now) {
    TimeNs newest = newest_elsewhere;
    for (const auto& [number, state] : partitions) newest = std::max(newest, state.progress.clock);
    const TimeNs from = activation_time(now, newest, rules.last_activation());
    for (NewVersion& added : activation.versions) added.version.activated_at = from;
    for (const auto& change : rules.activate(from, std::move(activation.ruleset), activation.versions))
      raiser.change_terms(change, batch);
    batch.new_versions.insert(batch.new_versions.end(), activation.versions.begin(),
                              activation.versions.end());
    return from;
  }

  // ---- memory
  std::uint64_t pending_bytes() const {
    const ObservationBuffer::Size size = observations->size();
    CommitContents c;
    c.records = pending.records;
    c.observations = size.observations;
    c.minutes = size.minutes;
    c.hours = cells.hours();
    c.evidence = batch.evidence.size();
    c.rejects = batch.rejects.size();
    c.incidents = book.changed();
    c.names = names.new_names();
    return bytes_of(c);
  }

  WorkerMemory memory_used() const {
    WorkerMemory used{0, 0, 0, 0, 0};
    for (const auto& [number, state] : partitions) used.ids += state.dedup.bytes();
    used.commit = pending_bytes();
    used.unknown_oris = unknown_oris.bytes();
    used.incidents = book.bytes();
    return used;
  }

  // ---- commit
  TakenBatch take(TimeNs closing_clock, TimeNs now) {
    progress.clear();
    for (auto& [number, state] : partitions) {
      progress.push_back(state.progress);
      if (!std::exchange(state.changed, false)) continue;
      batch.progress.push_back(state.progress);
      if (state.dedup.expired_before() != kNoTime)
        batch.seen_expired_before[number] = state.dedup.expired_before();
      if (state.seen.empty()) continue;
      std::vector<SeenId>& seen = batch.seen[number] = std::exchange(state.seen, {});
      state.seen.reserve(std::min(seen.size(), seen_kept_max));
    }
    cells.take(batch.runs);
    book.take(batch, now);
    if (closing_clock != kNoTime) book.close_passed(closing_clock, batch, now);
    book.trim();
    names.take_new(batch);
    unknown_oris.trim();
    pending = {};
    if (!spare) spare = std::make_unique<ObservationBuffer>();
    return {std::exchange(batch, {}), std::exchange(observations, std::move(spare))};
  }
};

Expected<std::unique_ptr<Applier>> Applier::create(Store& store, RulesetHistory history,
                                                   const std::vector<std::uint32_t>& partitions,
                                                   ApplierOptions options) {
  auto impl = std::make_unique<Impl>(store, std::move(history), std::move(options));
  if (const auto loaded = impl->load(partitions); !loaded) return tl::unexpected(loaded.error());
  return std::unique_ptr<Applier>(new Applier(std::move(impl)));
}

Applier::Applier(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Applier::~Applier() = default;

void Applier::reject(const SourceRecord& record, RejectReason reason) {
  impl_->reject(record, reason);
}
void Applier::expect(const SourceRecord& record, const QueryEvent& event, std::uint64_t fingerprint) {
  impl_->expect(record, event, fingerprint);
}
void Applier::message(const SourceRecord& record, const QueryEvent& event, std::uint64_t fingerprint) {
  impl_->message(record, event, fingerprint);
}
void Applier::gap(const GapFound& found, TimeNs now) {
  impl_->gap(found, now);
}
void Applier::verified(std::uint32_t partition, TimeNs now) {
  impl_->verified(partition, now);
}
void Applier::silent(const SilenceFound& found, TimeNs now) {
  impl_->raise_of_log(IncidentKind::feed_gap, found.partition, found.position, now);
}
void Applier::last_record(std::uint32_t partition, TimeNs broker_time, std::uint64_t payload) {
  impl_->last_record(partition, broker_time, payload);
}
TimeNs Applier::activate(Activation activation, TimeNs now) {
  return impl_->activate(std::move(activation), now);
}
const PendingWork& Applier::pending() const {
  return impl_->pending;
}
std::uint64_t Applier::pending_bytes() const {
  return impl_->pending_bytes();
}
WorkerMemory Applier::memory_used() const {
  return impl_->memory_used();
}
const std::vector<PartitionProgress>& Applier::progress() const {
  return impl_->progress;
}
TakenBatch Applier::take_batch(TimeNs closing_clock, TimeNs now) {
  return impl_->take(closing_clock, now);
}
void Applier::reuse(std::unique_ptr<ObservationBuffer> observations) {
  observations->trim(impl_->options.memory.commit / 2);
  impl_->spare = std::move(observations);
}
bool Applier::closes_any(TimeNs clock) const {
  return impl_->book.next_close() <= clock;
}

void Applier::mark_ended() {
  for (auto& [number, state] : impl_->partitions) {
    state.progress.ended = true;
    state.changed = true;
  }
}

}  // namespace blockwatch
