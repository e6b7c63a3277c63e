#include "pipeline/apply.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "pipeline/alert/incident_book.h"
#include "pipeline/cell_buffer.h"
#include "pipeline/dedup.h"
#include "pipeline/names.h"
#include "pipeline/unknown_oris.h"
#include "state/cell.h"

namespace blockwatch {
namespace {

constexpr DictionaryId kNoId = 0xFFFFFFFF;
// Buckets of a minute are read only within 48 h of the newest event (contract §7), so older events need none.
constexpr TimeNs kMinutesKept = 48 * kHour;

struct PartitionState {
  PartitionProgress progress;
  DedupWindow dedup;
  bool changed = false;
};

// Ids of a ruleset's strings in the persisted dictionaries, looked up once each.
class RuleIds {
 public:
  RuleIds(const Ruleset& ruleset, Names& names)
      : ruleset_(ruleset),
        names_(names),
        agencies_(ruleset.catalog().nodes.size(), kNoId),
        policies_(ruleset.rules().size(), kNoId),
        digest_(names.id(Dictionary::policy_digest, ruleset.policy().digest)) {}

  DictionaryId agency(NodeIndex node) {
    DictionaryId& id = agencies_.at(node);
    if (id == kNoId) id = names_.id(Dictionary::agency, ruleset_.catalog().nodes[node].id);
    return id;
  }
  DictionaryId policy(std::uint32_t rule) {
    DictionaryId& id = policies_.at(rule);
    if (id == kNoId) id = names_.id(Dictionary::policy, ruleset_.rules()[rule].id);
    return id;
  }
  DictionaryId exception(std::uint32_t rule, std::int32_t exception) {
    const PolicyRule& r = ruleset_.rules()[rule];
    return names_.id(Dictionary::policy,
                     r.id + '#' + r.exceptions.at(static_cast<std::size_t>(exception)).reference);
  }
  DictionaryId digest() const { return digest_; }

 private:
  const Ruleset& ruleset_;
  Names& names_;
  std::vector<DictionaryId> agencies_, policies_;
  DictionaryId digest_;
};

std::uint32_t reserved(ReservedAgency agency) {
  return static_cast<std::uint32_t>(agency);
}

TimeNs closes_after_day(std::int64_t day, TimeNs lateness) {
  return saturating_add((day + 1) * kDay, lateness);
}

IncidentKind kind_of_blocked(Outcome outcome) {
  if (outcome == Outcome::answered) return IncidentKind::block_leak;
  return outcome == Outcome::rejected ? IncidentKind::blocked_attempt : IncidentKind::blocked_query;
}

}  // namespace

struct Applier::Impl {
  Store& store;
  std::shared_ptr<const Ruleset> ruleset;
  ApplierOptions options;
  Names names;
  RuleIds ids;
  IncidentBook book;
  UnknownOris unknown_oris;
  CellBuffer cells;
  CommitBatch batch;
  PendingWork pending;
  std::vector<PartitionProgress> progress;
  std::map<std::uint32_t, PartitionState> partitions;
  std::vector<PolicyMatch> matches;  // reused

  Impl(Store& s, std::shared_ptr<const Ruleset> r, ApplierOptions o)
      : store(s),
        ruleset(std::move(r)),
        options(std::move(o)),
        names(*store.snapshot()),
        ids(*ruleset, names),
        book(store, names, options.topic, [this](std::string_view policy) { return authority(policy); }),
        unknown_oris([this](std::uint32_t partition, std::int64_t day) {
          return stored_unknown_oris(partition, day);
        }) {}

  // ---- start
  Expected<void> load(const std::vector<std::uint32_t>& numbers) {
    const std::size_t entries_max = std::max<std::size_t>(
        1, options.dedup_bytes_max / kDedupEntryBytes / std::max<std::size_t>(1, numbers.size()));
    std::map<std::uint32_t, PartitionProgress> known;
    for (PartitionProgress& p : store.snapshot()->partitions()) known.emplace(p.partition, std::move(p));
    for (const std::uint32_t number : numbers) {
      PartitionProgress p;
      p.partition = number;
      p.topic = options.topic;
      if (const auto at = known.find(number); at != known.end()) p = at->second;
      auto& state =
          partitions
              .emplace(number, PartitionState{std::move(p), DedupWindow(options.dedup_window, entries_max)})
              .first->second;
      const auto read = store.for_each_seen(number, [&](const SeenId& seen) { state.dedup.insert(seen); });
      if (!read) return read;
      progress.push_back(state.progress);
    }
    return {};
  }

  std::string_view authority(std::string_view policy) const {
    const std::string_view id = policy.substr(0, policy.find('#'));
    for (const PolicyRule& rule : ruleset->rules()) {
      if (rule.id == id) return rule.authority;
    }
    return {};
  }

  UnknownOris::Ids stored_unknown_oris(std::uint32_t partition, std::int64_t day) {
    UnknownOris::Ids found;
    const DictionaryId unknown = ids.agency(reserved(ReservedAgency::unknown));
    store.snapshot()->for_each_cell(
        Cube::oris, Granularity::day, day, day + 1, [&](const BucketKey& key, const CellCount& c) {
          if (key.partition != partition || unpack_disclosure(c.cell.code).agency != unknown) return;
          const DictionaryId id = c.cell.ori - 1;
          const auto ori = Ori::from(names.text(Dictionary::ori, id));
          if (ori && !ruleset->resolve(*ori, {}, day * kDay).has_row) found.insert(id);
        });
    return found;
  }

  // ---- one record
  PartitionState& advance(const SourceRecord& record) {
    const auto at = partitions.find(record.partition);
    BW_CHECK(at != partitions.end());
    PartitionState& state = at->second;
    if (state.progress.consumed() == 0) state.progress.first_offset = record.offset;
    BW_CHECK(record.offset >= state.progress.next_offset);
    state.progress.next_offset = record.offset + 1;
    state.progress.ended = false;
    state.changed = true;
    ++pending.records;
    return state;
  }

  void quality(std::uint32_t partition, TimeNs time, Quality what, std::uint64_t count = 1) {
    const Cell cell{static_cast<std::uint64_t>(what), 0};
    for (const Granularity g : {Granularity::hour, Granularity::day}) {
      cells.add({partition, Cube::quality, g, bucket_of(time, length_of(g))}, cell, count);
    }
  }

  void reject(const SourceRecord& record, RejectReason reason) {
    PartitionState& state = advance(record);
    ++state.progress.rejected;
    ++state.progress.by_reason.at(static_cast<std::size_t>(reason));
    ++pending.by_reason.at(static_cast<std::size_t>(reason));
    const TimeNs at =
        record.broker_time != kNoTime ? record.broker_time : std::max<TimeNs>(state.progress.clock, 0);
    quality(record.partition, at, static_cast<Quality>(reason));
    batch.rejects.push_back({record.partition, record.offset, reason, record.payload.size(),
                             hmac_sha256(store.identity().reject_secret, record.payload)});
  }

  void message(const SourceRecord& record, const QueryEvent& event, const Expansion& expansion) {
    PartitionState& state = advance(record);
    PartitionProgress& p = state.progress;
    const MessageKey key = message_key(event.key.view());
    if (key.out_of_scope) {
      ++p.out_of_scope;
      quality(record.partition, event.time, Quality::out_of_scope);
      return;
    }
    const std::uint64_t fingerprint = siphash(store.identity().fingerprint_key, event.id);
    if (state.dedup.is_duplicate(fingerprint, p.clock)) {
      ++p.duplicate;
      quality(record.partition, event.time, Quality::duplicate);
      return;
    }
    ++p.counted;
    count_quality(state, event, expansion);
    p.clock = std::max(p.clock, event.time);
    const SeenId seen{fingerprint, p.clock};
    const std::size_t evicted = state.dedup.insert(seen);
    p.dedup_evicted += evicted;
    quality(record.partition, event.time, Quality::dedup_evicted, evicted);
    batch.seen[record.partition].push_back(seen);
    count(record, event, expansion, key.side_channel, p.clock);
  }

  void count_quality(PartitionState& state, const QueryEvent& event, const Expansion& expansion) {
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

  void count(const SourceRecord& record, const QueryEvent& event, const Expansion& expansion,
             bool side_channel, TimeNs clock) {
    const Asker asker = ruleset->resolve(event.ori, event.line.view(), event.time);
    const DictionaryId agency = ids.agency(asker.node);
    for (const Granularity g : {Granularity::hour, Granularity::day}) {
      cells.add({record.partition, Cube::messages, g, bucket_of(event.time, length_of(g))},
                {pack(MessageCell{agency, expansion.cls}), 0});
    }
    raise_about_asker(record, event, expansion, asker);
    if (expansion.cls == Class::other) {
      if (side_channel) raise_side_channels(record, event, expansion, asker.node);
      return;
    }
    const DictionaryId channel = names.id(Dictionary::channel, event.channel.view());
    const DictionaryId ori = ori_in_cube(record.partition, event, asker);
    for (const Reach& reach : expansion.reach) {
      matches.clear();
      const Verdict verdict = ruleset->judge({event.time, asker.node, reach.jurisdiction, expansion.cls,
                                              expansion.photo, event.channel.view(), event.purpose.view()},
                                             matches);
      ++pending.by_verdict.at(static_cast<std::size_t>(verdict));
      const std::uint64_t code = pack(DisclosureCell{reach.jurisdiction, agency, channel, expansion.cls,
                                                     expansion.photo, reach.outcome, verdict});
      count_observation(record.partition, event.time, clock, code, ori);
      for (const PolicyMatch& match : matches)
        raise_by_policy(record, event, expansion, reach, asker.node, match);
    }
  }

  DictionaryId ori_in_cube(std::uint32_t partition, const QueryEvent& event, const Asker& asker) {
    const DictionaryId id = names.id(event.ori);
    if (asker.node != reserved(ReservedAgency::unknown) || asker.has_row) return id;
    return unknown_oris.admit(partition, bucket_of(event.time, kDay), id)
               ? id
               : names.id(Dictionary::ori, kOtherOris);
  }

  void count_observation(std::uint32_t partition, TimeNs time, TimeNs clock, std::uint64_t code,
                         DictionaryId ori) {
    const auto add = [&](Cube cube, Granularity g, std::uint32_t in_cell) {
      cells.add({partition, cube, g, bucket_of(time, length_of(g))}, {code, in_cell});
    };
    if (time >= saturating_add(clock, -kMinutesKept)) add(Cube::disclosures, Granularity::minute, 0);
    add(Cube::disclosures, Granularity::hour, 0);
    add(Cube::disclosures, Granularity::day, 0);
    add(Cube::oris, Granularity::day, ori + 1);
  }

  // ---- incidents and evidence
  IncidentAddition addition(const SourceRecord& record, const QueryEvent& event, const Expansion& expansion,
                            IncidentKind kind) {
    IncidentAddition a;
    a.slot.kind = kind;
    a.slot.day = bucket_of(event.time, kDay);
    a.partition = record.partition;
    a.offset = record.offset;
    a.time = event.time;
    a.broker_time = record.broker_time;
    a.ori = event.ori;
    a.outcome = event.outcome;
    a.cls = expansion.cls;
    a.photo = expansion.photo;
    a.closes_at = closes_after_day(a.slot.day, options.lateness);
    return a;
  }

  void raise(const IncidentAddition& a) {
    pending.alertable = true;
    book.add(a);
  }

  void raise_about_asker(const SourceRecord& record, const QueryEvent& event, const Expansion& expansion,
                         const Asker& asker) {
    const bool imitates = asker.imitated != kNoNode;
    const bool unknown = !imitates && !asker.has_row && asker.node == reserved(ReservedAgency::unknown);
    if (!imitates && !unknown && !asker.inactive) return;
    IncidentAddition a = addition(record, event, expansion,
                                  imitates  ? IncidentKind::lookalike_ori
                                  : unknown ? IncidentKind::unknown_ori
                                            : IncidentKind::inactive_ori);
    a.slot.agency = ids.agency(imitates ? asker.imitated : asker.node);
    raise(a);
  }

  void raise_side_channels(const SourceRecord& record, const QueryEvent& event, const Expansion& expansion,
                           NodeIndex node) {
    for (const Reach& reach : expansion.reach) {
      matches.clear();
      ruleset->judge_side_channel({event.time, node, reach.jurisdiction, Class::other, false,
                                   event.channel.view(), event.purpose.view()},
                                  matches);
      for (const PolicyMatch& match : matches) {
        IncidentAddition a =
            about_policy(record, event, expansion, reach, node, match, IncidentKind::side_channel);
        raise(a);
      }
    }
  }

  IncidentAddition about_policy(const SourceRecord& record, const QueryEvent& event,
                                const Expansion& expansion, const Reach& reach, NodeIndex node,
                                const PolicyMatch& match, IncidentKind kind) {
    IncidentAddition a = addition(record, event, expansion, kind);
    a.outcome = reach.outcome;
    a.slot.policy = ids.policy(match.rule);
    a.slot.jurisdiction = reach.jurisdiction;
    a.slot.agency = ids.agency(node);
    a.authority = ruleset->rules()[match.rule].authority;
    return a;
  }

  void raise_by_policy(const SourceRecord& record, const QueryEvent& event, const Expansion& expansion,
                       const Reach& reach, NodeIndex node, const PolicyMatch& match) {
    if (match.verdict == Verdict::shadow) return;
    keep_evidence(record, event, expansion, reach, node, match);
    const auto raise_kind = [&](IncidentKind kind) {
      raise(about_policy(record, event, expansion, reach, node, match, kind));
    };
    switch (match.verdict) {
      case Verdict::blocked:
        raise_kind(kind_of_blocked(reach.outcome));
        if (reach.via != Via::named) raise_kind(IncidentKind::broadcast_by_blocked);
        return;
      case Verdict::gap:
        return raise_kind(IncidentKind::enforcement_gap);
      case Verdict::watched:
        return raise_kind(IncidentKind::watch);
      case Verdict::excepted:
        use_exception(
            about_policy(record, event, expansion, reach, node, match, IncidentKind::exception_exceeded),
            match);
        return;
      case Verdict::shadow:
      case Verdict::none:
        return;
    }
  }

  // Uses are summed over jurisdictions, agencies and days; only those beyond max_uses raise (contract §6).
  void use_exception(IncidentAddition a, const PolicyMatch& match) {
    const PolicyRule& rule = ruleset->rules()[match.rule];
    const PolicyException& exception = rule.exceptions.at(static_cast<std::size_t>(match.exception));
    if (!exception.max_uses) return;
    a.slot.policy = ids.exception(match.rule, match.exception);
    a.slot.jurisdiction = a.slot.agency = IncidentSlot::kNoPart;
    a.slot.day =
        bucket_of(exception.validity.from != kNoTime ? exception.validity.from : rule.enforce_from, kDay);
    a.allowance = *exception.max_uses;
    a.closes_at =
        exception.validity.to == kNoTime ? kNoTime : saturating_add(exception.validity.to, options.lateness);
    raise(a);
  }

  void keep_evidence(const SourceRecord& record, const QueryEvent& event, const Expansion& expansion,
                     const Reach& reach, NodeIndex node, const PolicyMatch& match) {
    Evidence e;
    e.partition = record.partition;
    e.offset = record.offset;
    e.jurisdiction = reach.jurisdiction;
    e.policy = ids.policy(match.rule);
    e.time = event.time;
    e.agency = ids.agency(node);
    e.ori = event.ori;
    e.cls = expansion.cls;
    e.photo = expansion.photo;
    e.outcome = reach.outcome;
    e.via = reach.via;
    e.verdict = match.verdict;
    e.policy_digest = ids.digest();
    if (match.exception >= 0) {
      e.exception =
          ruleset->rules()[match.rule].exceptions.at(static_cast<std::size_t>(match.exception)).reference;
    }
    batch.evidence.push_back(std::move(e));
  }

  // ---- commit
  CommitBatch take(TimeNs closing_clock, TimeNs now) {
    progress.clear();
    for (auto& [number, state] : partitions) {
      progress.push_back(state.progress);
      if (!std::exchange(state.changed, false)) continue;
      batch.progress.push_back(state.progress);
      if (state.dedup.expired_before() != kNoTime)
        batch.seen_expired_before[number] = state.dedup.expired_before();
    }
    batch.runs = cells.take();
    book.take(batch, now);
    if (closing_clock != kNoTime) book.close_passed(closing_clock, batch, now);
    names.take_new(batch);
    unknown_oris.trim();
    pending = {};
    return std::exchange(batch, {});
  }
};

Expected<std::unique_ptr<Applier>> Applier::create(Store& store, std::shared_ptr<const Ruleset> ruleset,
                                                   const std::vector<std::uint32_t>& partitions,
                                                   ApplierOptions options) {
  auto impl = std::make_unique<Impl>(store, std::move(ruleset), std::move(options));
  if (const auto loaded = impl->load(partitions); !loaded) return tl::unexpected(loaded.error());
  return std::unique_ptr<Applier>(new Applier(std::move(impl)));
}

Applier::Applier(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Applier::~Applier() = default;

void Applier::reject(const SourceRecord& record, RejectReason reason) {
  impl_->reject(record, reason);
}
void Applier::message(const SourceRecord& record, const QueryEvent& event, const Expansion& expansion) {
  impl_->message(record, event, expansion);
}
const PendingWork& Applier::pending() const {
  return impl_->pending;
}
const std::vector<PartitionProgress>& Applier::progress() const {
  return impl_->progress;
}
CommitBatch Applier::take_batch(TimeNs closing_clock, TimeNs now) {
  return impl_->take(closing_clock, now);
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
