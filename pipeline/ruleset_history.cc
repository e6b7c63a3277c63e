#include "pipeline/ruleset_history.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace blockwatch {
namespace {

std::size_t place_of(VersionKind kind) {
  return static_cast<std::size_t>(kind) - 1;
}

}  // namespace

TimeNs activation_time(TimeNs now, TimeNs newest_event, TimeNs last_activation) {
  return std::max((bucket_of(std::max(now, newest_event), kMinute) + 1) * kMinute, last_activation);
}

Expected<std::shared_ptr<const Ruleset>> compile_stored(const std::vector<std::string>& policy,
                                                        const std::vector<std::string>& catalog,
                                                        const std::string& subject) {
  const auto refuse = [&](const Diagnostics& diagnostics) {
    return fail(ExitCode::state_damaged,
                subject + " cannot be read by this version of blockwatch" +
                    (diagnostics.empty() ? "" : ": " + to_text(diagnostics.all().front())));
  };
  Diagnostics diagnostics;
  if (policy.size() != 1 || catalog.size() != 2) return refuse(diagnostics);
  auto read = parse_catalog("agencies.toml", catalog[0], "oris.csv", catalog[1], diagnostics);
  if (!read) return refuse(diagnostics);
  auto known = std::make_shared<const Catalog>(std::move(*read));
  auto rules = parse_policy("policy.toml", policy[0], *known, diagnostics);
  if (!rules) return refuse(diagnostics);
  return Ruleset::compile(std::move(known), std::make_shared<const Policy>(std::move(*rules)));
}

RulesetHistory::RulesetHistory(const std::vector<StoredVersion>& policies,
                               const std::vector<StoredVersion>& catalogs, ReadFiles files,
                               std::shared_ptr<const Ruleset> newest)
    : files_(std::move(files)),
      counts_{policies.size(), catalogs.size()},
      spans_(version_spans(activation_times(policies), activation_times(catalogs))),
      newest_(std::move(newest)) {}

RulesetHistory RulesetHistory::always(std::shared_ptr<const Ruleset> ruleset) {
  return {{StoredVersion{}}, {StoredVersion{}}, nullptr, std::move(ruleset)};
}

std::size_t RulesetHistory::earlier_span_at(TimeNs time) const {
  const auto after = std::upper_bound(spans_.begin() + 1, spans_.end(), time,
                                      [](TimeNs t, const VersionSpan& span) { return t < span.from; });
  return static_cast<std::size_t>(after - spans_.begin()) - 1;
}

Expected<std::shared_ptr<const Ruleset>> RulesetHistory::ruleset(std::size_t span) const {
  if (span == newest() && newest_) return newest_;
  const VersionSpan& s = spans_.at(span);
  return compile_stored(
      files_(VersionKind::policy, s.policy), files_(VersionKind::catalog, s.catalog),
      fmt::format("stored version {} of the policy under version {} of the catalog", s.policy, s.catalog));
}

void RulesetHistory::activate(TimeNs from, std::shared_ptr<const Ruleset> ruleset,
                              const std::vector<NewVersion>& added) {
  BW_CHECK(from >= spans_.back().from);
  VersionSpan span = spans_.back();
  span.from = from;
  for (const NewVersion& a : added) {
    std::size_t& index = a.kind == VersionKind::policy ? span.policy : span.catalog;
    index = counts_.at(place_of(a.kind))++;
  }
  if (spans_.back().from == from) {  // it never came into force
    spans_.back() = span;
  } else {
    spans_.push_back(span);
  }
  newest_ = std::move(ruleset);
}

}  // namespace blockwatch
