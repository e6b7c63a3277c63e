#include "pipeline/alert/incident_book.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/check.h"
#include "pipeline/alert/cloud_event.h"

namespace blockwatch {
namespace {

struct SlotHash {
  std::size_t operator()(const IncidentSlot& s) const {
    std::uint64_t h =
        static_cast<std::uint64_t>(s.kind) << 56U ^ static_cast<std::uint64_t>(s.day) << 32U ^ s.policy;
    h = (h ^ h >> 29U) * 0xBF58476D1CE4E5B9ULL;
    h ^= static_cast<std::uint64_t>(s.agency) << 32U ^ s.jurisdiction;
    h = (h ^ h >> 32U) * 0x94D049BB133111EBULL;
    return static_cast<std::size_t>(h ^ h >> 31U);
  }
};

struct Incident {
  std::string id;
  IncidentKey key;
  std::string authority;
  IncidentLimits limits;
  bool closed = false;
  IncidentCounters total;
  std::map<std::uint32_t, IncidentCounters> parts;
  std::uint64_t notified_count = 0;     // as of the last take()
  std::uint64_t last_take = 0;          // that had changes of it
  std::set<std::uint32_t> changed;      // partitions since the last take()
  TimeNs newest_broker_time = kNoTime;  // since the last take()

  std::uint64_t count() const { return total.count > limits.allowance ? total.count - limits.allowance : 0; }
};

// With their texts and what the containers take.
constexpr std::uint64_t kIncidentBytes = sizeof(Incident) + 768;
constexpr std::uint64_t kPartBytes = sizeof(IncidentCounters) + 160;
constexpr std::uint64_t kWaitingBytes = 160;

void count_one(IncidentCounters& c, const IncidentAddition& a, const Sighting& sighting) {
  ++c.count;
  c.photo += a.photo ? 1 : 0;
  if (!is_of_log(a.slot.kind)) {
    ++c.by_outcome.at(static_cast<std::size_t>(a.outcome));
    ++c.by_class.at(static_cast<std::size_t>(a.cls));
  }
  if (!c.first || sighting < *c.first) c.first = sighting;
  if (!c.last || sighting > *c.last) c.last = sighting;
}

}  // namespace

struct IncidentBook::Impl {
  Impl(Store& s, Names& n, std::string topic_name, std::function<std::string(std::string_view)> authority,
       std::function<void()> settle_commits, std::uint64_t bytes)
      : store(s),
        names(n),
        topic(std::move(topic_name)),
        authority_of(std::move(authority)),
        settle(std::move(settle_commits)),
        bytes_max(bytes) {}

  Store& store;
  Names& names;
  std::string topic;
  std::function<std::string(std::string_view)> authority_of;
  std::function<void()> settle;
  std::map<std::string, std::unique_ptr<Incident>> by_id;  // ordered: batches are reproducible
  boost::unordered_flat_map<IncidentSlot, Incident*, SlotHash> by_slot;
  std::vector<Incident*> changed;
  std::uint64_t bytes_max;
  std::set<std::pair<TimeNs, std::string>> waiting;  // ids of what is not closed, by closes_at
  std::set<std::string> open_ended;                  // not closed, closes_at = kNoTime
  bool holds_closed = false;                         // something to forget
  std::set<std::string> forgotten;                   // with the batch that was taken last
  std::uint64_t takes = 0;
  std::size_t parts = 0;  // of all incidents that are held

  IncidentKey key_of(const IncidentSlot& slot) const {
    const auto part = [&](Dictionary d, std::uint32_t id) {
      return id == IncidentSlot::kNoPart ? std::string() : names.text(d, id);
    };
    return {std::string(name_of(slot.kind)), part(Dictionary::policy, slot.policy),
            slot.jurisdiction == IncidentSlot::kNoPart
                ? std::string()
                : std::string(jurisdiction_code(static_cast<Jurisdiction>(slot.jurisdiction))),
            part(Dictionary::agency, slot.agency), format_utc_day(slot.day * kDay)};
  }

  // An exception that is not exceeded raises nothing, so there is nothing to close: it waits once it is.
  void wait_for_close(Incident* incident) {
    if (incident->closed || incident->count() == 0) return;
    if (incident->limits.closes_at == kNoTime)
      open_ended.insert(incident->id);
    else
      waiting.emplace(incident->limits.closes_at, incident->id);
  }

  void forget_close(const Incident& incident) {
    std::erase_if(waiting, [&](const auto& entry) { return entry.second == incident.id; });
    open_ended.erase(incident.id);
  }

  // Up to which count, and whether of the close, it was notified. An exception's terms may have changed
  // since, and may have moved its incident away and back, so that neither its count nor its rows of now tell.
  void recall_notified(Incident& incident) const {
    incident.notified_count = incident.count();
    if (incident.key.kind != name_of(IncidentKind::exception_exceeded)) return;
    for (const NotificationMark& mark : store.snapshot()->notifications_of(incident.id)) {
      incident.notified_count = std::max(incident.notified_count, count_of_milestone(mark.milestone));
      incident.closed = incident.closed || mark.milestone == kClosedMilestone;
    }
  }

  IncidentCounters& part_of(Incident& incident, std::uint32_t partition) {
    const auto [at, is_new] = incident.parts.try_emplace(partition);
    parts += is_new ? 1 : 0;
    return at->second;
  }

  // Loads the parts that earlier commits stored.
  Incident& load(std::string id, IncidentKey key, const IncidentLimits& limits) {
    if (forgotten.contains(id)) settle();
    auto made = std::make_unique<Incident>();
    made->authority = authority_of(key.policy);
    made->limits = limits;
    made->closed = store.incident_closed(id, key.day);
    for (const IncidentPart& part : store.incident_parts(id, key.day)) {
      // One that is open was forgotten: it goes on with the limits that it had.
      if (!made->closed) made->limits = {part.allowance, part.closes_at};
      part_of(*made, part.partition) = part.counters;
      made->total.add(part.counters);
    }
    made->key = std::move(key);
    made->id = id;
    recall_notified(*made);
    holds_closed = holds_closed || made->closed;
    Incident& incident = *(by_id[std::move(id)] = std::move(made));
    wait_for_close(&incident);
    return incident;
  }

  // One that waits to be closed.
  Incident& held(const std::string& id) {
    if (const auto known = by_id.find(id); known != by_id.end()) return *known->second;
    const auto stored = store.snapshot()->incident(id);
    BW_CHECK(stored.has_value());
    return load(id, stored->key, {stored->allowance, stored->closes_at});
  }

  Incident& at(const IncidentSlot& slot, const IncidentLimits& limits) {
    const auto [found, added] = by_slot.try_emplace(slot, nullptr);
    if (!added) return *found->second;
    IncidentKey key = key_of(slot);
    std::string id = incident_id(key);
    const auto known = by_id.find(id);
    Incident& incident = known != by_id.end() ? *known->second : load(std::move(id), std::move(key), limits);
    found->second = &incident;
    return incident;
  }

  void change(Incident& incident, std::uint32_t partition) {
    if (incident.changed.empty()) changed.push_back(&incident);
    incident.changed.insert(partition);
  }

  void forget(const IncidentSlot& slot, Incident& incident) {
    forget_close(incident);
    parts -= incident.parts.size();
    std::erase(changed, &incident);
    by_slot.erase(slot);
    by_id.erase(std::string(incident.id));
  }

  void notify(const Incident& incident, std::string_view milestone, CommitBatch& batch, TimeNs now) const {
    Notification n;
    n.id = notification_id(incident.id, milestone);
    n.incident = incident.id;
    n.milestone = milestone;
    n.time = now;
    n.newest_broker_time = incident.newest_broker_time;
    n.newest_event_time = incident.total.last ? incident.total.last->time : kNoTime;
    n.body = cloud_event({store.identity().instance, n.id, incident.id, &incident.key, incident.authority,
                          &incident.total, incident.count(), milestone, now});
    batch.notifications.push_back(std::move(n));
  }

  void close(Incident& incident, CommitBatch& batch, TimeNs now) {
    incident.closed = true;
    holds_closed = true;
    batch.incidents_closed.push_back(incident.id);
    notify(incident, kClosedMilestone, batch, now);
  }

  // What counts on is loaded again then. Nothing of it has changed since the last take().
  template <class Choose>
  void forget_if(Choose choose) {
    boost::unordered::erase_if(by_slot, [&](const auto& entry) { return choose(*entry.second); });
    std::erase_if(by_id, [&](const auto& entry) {
      if (!choose(*entry.second)) return false;
      forgotten.insert(entry.first);
      parts -= entry.second->parts.size();
      return true;
    });
  }

  void forget_closed() {
    if (std::exchange(holds_closed, false))
      forget_if([](const Incident& incident) { return incident.closed; });
  }

  std::uint64_t held_bytes() const { return by_id.size() * kIncidentBytes + parts * kPartBytes; }
};

IncidentBook::IncidentBook(Store& store, Names& names, std::string topic,
                           std::function<std::string(std::string_view)> authority_of,
                           std::function<void()> settle, std::uint64_t bytes_max)
    : impl_(std::make_unique<Impl>(store, names, std::move(topic), std::move(authority_of), std::move(settle),
                                   bytes_max)) {
  for (const IncidentPart& part : store.open_incident_parts()) {
    if (!impl_->by_id.contains(part.id)) impl_->load(part.id, part.key, {part.allowance, part.closes_at});
    trim();
  }
}

IncidentBook::~IncidentBook() = default;

void IncidentBook::add(const IncidentAddition& a) {
  Incident& incident = impl_->at(a.slot, a.limits);
  impl_->change(incident, a.partition);
  incident.newest_broker_time = std::max(incident.newest_broker_time, a.broker_time);
  const Sighting sighting{a.time, impl_->topic, a.partition, a.offset,
                          is_of_log(a.slot.kind) ? std::string() : a.ori.str()};
  count_one(impl_->part_of(incident, a.partition), a, sighting);
  count_one(incident.total, a, sighting);
}

void IncidentBook::move(const IncidentSlot& from, const IncidentSlot& to, const IncidentLimits& limits,
                        CommitBatch& batch) {
  Incident& old = impl_->at(from, limits);
  if (old.total.count == 0) return impl_->forget(from, old);
  Incident& incident = from == to ? old : impl_->at(to, limits);
  impl_->forget_close(incident);
  incident.limits = limits;
  for (const auto& [partition, counters] : old.parts) {
    if (&incident != &old) impl_->part_of(incident, partition).add(counters);
    impl_->change(incident, partition);
  }
  if (&incident != &old) {
    incident.total.add(old.total);
    batch.incidents_moved.push_back(old.id);
    if (incident.closed) batch.incidents_closed.push_back(incident.id);  // moving it away took that along
    impl_->forget(from, old);
  }
  if (incident.notified_count != 0) impl_->wait_for_close(&incident);
}

void IncidentBook::take(CommitBatch& batch, TimeNs now) {
  impl_->forgotten.clear();
  ++impl_->takes;
  for (Incident* incident : impl_->changed) {
    incident->last_take = impl_->takes;
    for (const std::uint32_t partition : incident->changed) {
      batch.incidents.push_back({incident->id, partition, incident->key, incident->limits.allowance,
                                 incident->limits.closes_at, incident->parts.at(partition)});
    }
    for (const std::string& milestone : milestones_reached(incident->notified_count, incident->count())) {
      impl_->notify(*incident, milestone, batch, now);
    }
    if (incident->notified_count == 0) impl_->wait_for_close(incident);
    incident->notified_count = std::max(incident->notified_count, incident->count());
    incident->changed.clear();
    incident->newest_broker_time = kNoTime;
  }
  impl_->changed.clear();
  impl_->forget_closed();
}

TimeNs IncidentBook::next_close() const {
  return impl_->waiting.empty() ? kTimeMax : impl_->waiting.begin()->first;
}

void IncidentBook::close_passed(TimeNs clock, CommitBatch& batch, TimeNs now) {
  auto& waiting = impl_->waiting;
  const auto close = [&](const std::string& id) {
    Incident& incident = impl_->held(id);
    if (!incident.closed) impl_->close(incident, batch, now);
  };
  while (!waiting.empty() && waiting.begin()->first <= clock) {
    close(waiting.begin()->second);
    waiting.erase(waiting.begin());
  }
  if (clock == kTimeMax) {
    for (const std::string& id : impl_->open_ended) close(id);
    impl_->open_ended.clear();
  }
  impl_->forget_closed();
}

void IncidentBook::trim() {
  if (impl_->held_bytes() <= impl_->bytes_max) return;
  impl_->forget_if([this](const Incident& incident) { return incident.last_take != impl_->takes; });
  if (impl_->held_bytes() > impl_->bytes_max) impl_->forget_if([](const Incident&) { return true; });
}

std::size_t IncidentBook::changed() const {
  return impl_->changed.size();
}

std::uint64_t IncidentBook::bytes() const {
  return impl_->held_bytes() + (impl_->waiting.size() + impl_->open_ended.size()) * kWaitingBytes;
}

}  // namespace blockwatch
