#include "query/fsck.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "pipeline/alert/incident.h"
#include "query/fsck_cells.h"
#include "query/fsck_evidence.h"
#include "query/json.h"

namespace blockwatch {
namespace {

using nlohmann::ordered_json;

Check rows_as_check(const RowCheck& rows) {
  Check check{"rows"};
  for (const auto& [kind, count] : rows.rows) check.compared += count;
  check.wrong = rows.wrong;
  check.described = rows.described;
  return check;
}

/// The milestones that its count reached; of an exception also those that it reached under earlier terms.
bool are_right(const IncidentSummary& incident, std::multiset<std::string> notified) {
  const std::uint64_t count = incident.counters.count;
  const std::uint64_t beyond = count > incident.allowance ? count - incident.allowance : 0;
  std::vector<std::string> due = milestones_reached(0, beyond);
  if (incident.closed) due.emplace_back(kClosedMilestone);
  for (const std::string& milestone : due) {
    const auto at = notified.find(milestone);
    if (at == notified.end()) return false;
    notified.erase(at);
  }
  if (incident.key.kind != name_of(IncidentKind::exception_exceeded)) return notified.empty();
  return std::all_of(notified.begin(), notified.end(), [&](const std::string& milestone) {
    return milestone != kClosedMilestone && count_of_milestone(milestone) > beyond &&
           notified.count(milestone) == 1;
  });
}

Check check_notifications(const Snapshot& snapshot) {
  Check check{"incidents and notifications"};
  for (const IncidentSummary& incident : snapshot.incidents("", "")) {
    check.expect(incident.id == incident_id(incident.key),
                 [&] { return "incident " + incident.id + ": its id is not that of its parts"; });
    std::multiset<std::string> notified;
    for (const NotificationMark& mark : snapshot.notifications_of(incident.id))
      notified.insert(mark.milestone);
    check.expect(are_right(incident, notified), [&] {
      std::string text = "incident " + incident.id + ": counts " + std::to_string(incident.counters.count) +
                         (incident.closed ? ", is closed" : "") + ", and notified:";
      for (const std::string& milestone : notified) text += ' ' + milestone;
      return text;
    });
  }
  return check;
}

Check check_outputs(const Snapshot& snapshot, std::uint64_t log_end) {
  Check check{"outputs and the log"};
  for (const OutputStanding& output : snapshot.outputs()) {
    std::uint64_t suppressed = 0;
    std::uint64_t behind = 1;  // where the next range may begin
    bool apart = true;
    for (const Suppressed& range : output.suppressed) {
      apart = apart && range.first >= behind && range.count > 0;
      behind = range.first + range.count;
      suppressed += range.count;
    }
    check.expect(apart && behind <= output.cursor + 1 && output.cursor <= log_end &&
                     output.delivered + suppressed == output.cursor,
                 [&] {
                   return "output " + output.name + ": " + std::to_string(output.delivered) +
                          " delivered and " + std::to_string(suppressed) + " suppressed of the first " +
                          std::to_string(output.cursor) + " of " + std::to_string(log_end) + " notifications";
                 });
  }
  return check;
}

/// Of a policy's file, or of a catalog's two with a separator between them.
std::string digest_of(const std::vector<std::string>& files) {
  std::string bytes;
  for (std::size_t i = 0; i < files.size(); ++i) bytes += (i == 0 ? "" : "\x1F") + files[i];
  return to_hex(sha256(bytes));
}

Check check_versions(const Snapshot& snapshot) {
  Check check{"versions and their digests"};
  for (const VersionKind kind : {VersionKind::policy, VersionKind::catalog}) {
    const std::vector<StoredVersion> versions = snapshot.versions(kind);
    for (std::size_t i = 0; i < versions.size(); ++i) {
      check.expect(digest_of(snapshot.version_files(kind, i)) == versions[i].digest, [&] {
        return std::string(kind == VersionKind::policy ? "policy" : "catalog") + " version " +
               std::to_string(i) + ": the stored files are not those of digest " + versions[i].digest;
      });
      check.expect(i == 0 || versions[i - 1].activated_at <= versions[i].activated_at, [&] {
        return "version " + std::to_string(i) + " was activated before the one before it";
      });
    }
  }
  return check;
}

}  // namespace

Expected<std::vector<Check>> fsck(const Store& store) {
  const auto rows = store.check_rows();
  if (!rows) return tl::unexpected(rows.error());
  std::vector<Check> checks{rows_as_check(*rows)};
  if (rows->wrong != 0) return checks;  // what follows reads them
  const auto snapshot = store.snapshot();
  for (std::vector<Check>& more : std::vector{check_cells(*snapshot), check_evidence(*snapshot)})
    std::move(more.begin(), more.end(), std::back_inserter(checks));
  checks.push_back(check_notifications(*snapshot));
  checks.push_back(check_outputs(*snapshot, store.log_end()));
  checks.push_back(check_versions(*snapshot));
  return checks;
}

std::uint64_t wrong_of(const std::vector<Check>& checks) {
  std::uint64_t wrong = 0;
  for (const Check& check : checks) wrong += check.wrong;
  return wrong;
}

std::string fsck_json(const std::vector<Check>& checks) {
  ordered_json list = ordered_json::array();
  for (const Check& check : checks)
    list.push_back({{"name", check.name},
                    {"compared", check.compared},
                    {"wrong", check.wrong},
                    {"differences", check.described}});
  return dump_json({{"wrong", wrong_of(checks)}, {"checks", list}});
}

}  // namespace blockwatch
