#include "query/explain.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "pipeline/alert/incident.h"
#include "pipeline/alert/raised.h"
#include "pipeline/expand.h"
#include "pipeline/ruleset_why.h"
#include "query/explain_fault.h"
#include "query/explain_words.h"
#include "query/json.h"

namespace blockwatch {
namespace {

using nlohmann::ordered_json;

const std::string& agency_id(NodeIndex node, const Ruleset& ruleset) {
  return ruleset.catalog().nodes.at(node).id;
}

ordered_json incident_json(IncidentKind kind) {
  const std::string_view name = name_of(kind);
  return {{"kind", name}, {"severity", severity_of(name)}};
}

// ---- who asked

/// The row that is valid at the event's time, if any.
const OriRow* valid_row(const AskerTrace& trace) {
  for (const AskerStep& step : trace.steps) {
    if (step.how == How::exact && step.row != nullptr && step.result != AskerStep::Result::row_not_valid)
      return step.row;
  }
  return nullptr;
}

ordered_json asker_incident(const AskerTrace& trace, const Ruleset& ruleset) {
  const auto kind = raised_by_asker(trace.asker);
  if (!kind) return nullptr;
  ordered_json incident = incident_json(*kind);
  const bool imitates = trace.asker.imitated != kNoNode;
  incident["agency"] = agency_id(imitates ? trace.asker.imitated : trace.asker.node, ruleset);
  switch (*kind) {
    case IncidentKind::inactive_ori:
      incident["why"] = explain::why_inactive(valid_row(trace));
      break;
    case IncidentKind::lookalike_ori:
      incident["why"] = explain::why(trace.look_alikes.back(), ruleset);
      break;
    default:
      incident["why"] = "no row, pattern, line or type resolves it";
  }
  return incident;
}

ordered_json asker_json(const QueryEvent& event, const AskerTrace& trace, const Ruleset& ruleset) {
  ordered_json steps = ordered_json::array();
  for (const AskerStep& step : trace.steps) {
    const bool hit = step.result == AskerStep::Result::hit;
    steps.push_back({{"step", name_of(step.how)}, {"hit", hit}, {"why", explain::why(step, ruleset)}});
  }
  ordered_json look_alikes = ordered_json::array();
  for (const LookAlike& one : trace.look_alikes) {
    look_alikes.push_back({{"ori", one.ori.view()}, {"why", explain::why(one, ruleset)}});
  }
  return {{"ori", event.ori.view()},         {"agency", agency_id(trace.asker.node, ruleset)},
          {"how", name_of(trace.asker.how)}, {"steps", steps},
          {"look_alikes", look_alikes},      {"incident", asker_incident(trace, ruleset)}};
}

// ---- what was asked

/// An unusable destination may be any text and is told by its place only.
ordered_json destinations_json(const QueryEvent& event, const Ruleset& ruleset) {
  ordered_json list = ordered_json::array();
  for (const DestinationText& destination : event.destinations) {
    const Target target = ruleset.target(destination.view(), event.time);
    ordered_json reached = ordered_json::array();
    target.jurisdictions.for_each([&](Jurisdiction j) { reached.push_back(jurisdiction_code(j)); });
    list.push_back({{"destination", target.usable ? ordered_json(destination.view()) : ordered_json()},
                    {"usable", target.usable},
                    {"known", !target.unknown_code},
                    {"via", target.usable ? ordered_json(name_of(target.via)) : ordered_json()},
                    {"jurisdictions", reached}});
  }
  return list;
}

// ---- what each policy says

/// How an observation is judged: as counted in the cubes, or as a side channel.
struct Judgment {
  const Ruleset& ruleset;
  const Reach& reach;
  JudgedFacts facts;
  bool side_channel = false;
};

bool says_something(const Judgment& judgment, const PolicyFinding& finding) {
  return judgment.side_channel ? finding.match.verdict == Verdict::blocked
                               : finding.match.verdict != Verdict::none;
}

ordered_json exceptions_json(const PolicyFinding& finding, const Ruleset& ruleset) {
  ordered_json list = ordered_json::array();
  const PolicyRule& rule = ruleset.rules().at(finding.match.rule);
  for (std::size_t i = 0; i < finding.exceptions.size(); ++i) {
    list.push_back(
        {{"reference", rule.exceptions[i].reference},
         {"why", explain::why_not_excepted(rule.exceptions[i], finding.exceptions[i], ruleset.catalog())}});
  }
  return list;
}

ordered_json matched_json(const Judgment& judgment, const PolicyFinding& finding) {
  const PolicyRule& rule = judgment.ruleset.rules().at(finding.match.rule);
  ordered_json policy{{"policy", rule.id}, {"verdict", name_of(finding.match.verdict)}};
  if (finding.match.verdict == Verdict::excepted) {
    policy["exception"] = rule.exceptions.at(static_cast<std::size_t>(finding.match.exception)).reference;
  }
  policy["why"] = explain::why_matched(finding, judgment.facts, judgment.ruleset);
  policy["authority"] = rule.authority;
  if (finding.match.verdict == Verdict::blocked && !finding.exceptions.empty())
    policy["exceptions"] = exceptions_json(finding, judgment.ruleset);
  return policy;
}

ordered_json unmatched_json(const Judgment& judgment, const PolicyFinding& finding) {
  std::vector<std::string> why;
  if (finding.match.verdict != Verdict::none) {
    why.push_back("says " + std::string(name_of(finding.match.verdict)) +
                  ", and only a block in force makes a side channel");
  } else {
    why = explain::why_not_matched(finding, judgment.facts, judgment.ruleset);
  }
  return {{"policy", judgment.ruleset.rules().at(finding.match.rule).id}, {"why", why}};
}

void add_incidents(const Judgment& judgment, const PolicyFinding& finding, ordered_json& incidents) {
  const auto add = [&](IncidentKind kind) {
    ordered_json incident = incident_json(kind);
    incident["policy"] = judgment.ruleset.rules().at(finding.match.rule).id;
    incidents.push_back(std::move(incident));
  };
  if (judgment.side_channel) return add(IncidentKind::side_channel);
  for (const IncidentKind kind : raised_by_policy(finding.match.verdict, judgment.reach)) add(kind);
}

ordered_json jurisdiction_json(const Judgment& judgment, bool is_observation) {
  ordered_json matched = ordered_json::array();
  ordered_json unmatched = ordered_json::array();
  ordered_json incidents = ordered_json::array();
  Verdict strongest = Verdict::none;
  for (const PolicyFinding& finding : judgment.ruleset.findings(judgment.facts)) {
    if (says_something(judgment, finding)) {
      strongest = std::min(strongest, finding.match.verdict);
      matched.push_back(matched_json(judgment, finding));
      add_incidents(judgment, finding, incidents);
    } else if (finding.jurisdiction || finding.agency != AgencyFit::elsewhere) {
      unmatched.push_back(unmatched_json(judgment, finding));
    }
  }
  const bool leak =
      is_observation && strongest == Verdict::blocked && judgment.reach.outcome == Outcome::answered;
  return {{"jurisdiction", jurisdiction_code(judgment.reach.jurisdiction)},
          {"via", name_of(judgment.reach.via)},
          {"outcome", name_of(judgment.reach.outcome)},
          {"verdict", is_observation ? ordered_json(name_of(strongest)) : ordered_json()},
          {"leak", leak},
          {"policies", matched},
          {"others", unmatched},
          {"incidents", incidents}};
}

ordered_json jurisdictions_json(const QueryEvent& event, const Expansion& expansion, NodeIndex asker,
                                const Ruleset& ruleset) {
  ordered_json list = ordered_json::array();
  const bool is_observation = expansion.cls != Class::other;
  if (!is_observation && !message_key(event.key.view()).side_channel) return list;
  for (const Reach& reach : expansion.reach) {
    const JudgedFacts facts{event.time,          asker,           reach.jurisdiction,
                            expansion.cls,       expansion.photo, event.channel.view(),
                            event.purpose.view()};
    list.push_back(jurisdiction_json({ruleset, reach, facts, !is_observation}, is_observation));
  }
  return list;
}

// ---- fates

std::string counted_as(const Expansion& expansion) {
  const std::string unless = ", unless its id was counted on its partition within dedup.window (a duplicate)";
  if (expansion.cls != Class::other) {
    const std::size_t n = expansion.reach.size();
    return "counted as one message of class " + std::string(name_of(expansion.cls)) + " and as " +
           std::to_string(n) + (n == 1 ? " observation" : " observations") + unless;
  }
  const std::string why =
      expansion.reach.empty() ? "it reaches no jurisdiction" : "its key is none of the DMV classes";
  return "counted as one message of class other (" + why + "), in no observation" + unless;
}

ordered_json rejected_json(RejectReason reason, const std::string& why) {
  return {{"fate", "rejected"}, {"reason", name_of(reason)}, {"why", why}};
}

/// Whether a reject is one field's fault.
bool has_field(RejectReason reason) {
  return reason == RejectReason::bad_value || reason >= RejectReason::missing_field;
}

}  // namespace

ordered_json explain_event(const QueryEvent& event, const Ruleset& ruleset) {
  Expansion expansion;
  if (const auto reason = expand(event, ruleset, expansion)) {
    ordered_json rejected = rejected_json(*reason, explain::why_rejected(*reason, {}, kNoTime, 0));
    rejected["field"] = "destinations";
    return rejected;
  }
  const std::string key(event.key.view());
  if (message_key(key).out_of_scope) {
    return {{"fate", "out_of_scope"},
            {"why", "the key " + key + " is an answer or a status: counted per partition, nothing else"}};
  }
  const AskerTrace trace = ruleset.trace(event.ori, event.line.view(), event.time);
  return {{"fate", "counted"},
          {"why", counted_as(expansion)},
          {"policy", ruleset.policy().digest},
          {"catalog", ruleset.catalog().digest},
          {"message",
           {{"time", format_time(event.time)},
            {"message_key", key},
            {"class", name_of(expansion.cls)},
            {"photo", expansion.photo},
            {"channel", event.channel.view()}}},
          {"asker", asker_json(event, trace, ruleset)},
          {"destinations", destinations_json(event, ruleset)},
          {"jurisdictions", jurisdictions_json(event, expansion, trace.asker.node, ruleset)}};
}

std::string explain_json(const ExplainInput& input, Parser& parser, const RulesetAt& ruleset_at) {
  QueryEvent event;
  const SourceRecord record{.broker_time = input.as_of, .payload = input.payload};
  const auto reason = parser.parse(record, event);
  if (!reason) return dump_json(explain_event(event, ruleset_at(event.time)));
  ordered_json rejected = rejected_json(
      *reason, explain::why_rejected(*reason, input.payload, input.as_of, input.record_bytes_max));
  if (has_field(*reason)) {
    if (const std::string field = explain::field_at_fault(record, parser); !field.empty())
      rejected["field"] = field;
  }
  return dump_json(rejected);
}

}  // namespace blockwatch
