#include "query/explain_words.h"

#include <algorithm>
#include <cstddef>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "pipeline/parse_text.h"

namespace blockwatch::explain {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

/// " (from … until …)"; empty for dates that are open on both sides.
std::string dates(const Validity& validity) {
  std::string out;
  if (validity.from != kNoTime) out += "from " + format_time(validity.from);
  if (validity.to != kNoTime) out += (out.empty() ? "until " : " until ") + format_time(validity.to);
  return out.empty() ? out : " (" + out + ")";
}

const AgencyNode& node_of(NodeIndex node, const Catalog& catalog) {
  return catalog.nodes.at(node);
}

std::string outside_its_dates(NodeIndex node, const Catalog& catalog) {
  const AgencyNode& agency = node_of(node, catalog);
  return agency.id + ", which is outside its own dates" + dates(agency.validity);
}

/// Where a second JSON library stops; it has no position for what it accepts.
std::string why_not_json(std::string_view payload) {
  if (text::is_blank(payload)) return "the record is empty";
  if (payload.starts_with(kByteOrderMark)) return "the record begins with a byte order mark";
  if (text::is_too_deep(payload))
    return "more than " + std::to_string(text::kDepthMax) + " objects and arrays are open at once";
  try {
    [[maybe_unused]] const auto accepted = nlohmann::json::parse(payload);
  } catch (const nlohmann::json::parse_error& error) {
    return "the JSON breaks at byte " + std::to_string(error.byte);
  } catch (const nlohmann::json::exception&) {
    return "a number is beyond a finite double";
  }
  return "an integer is beyond 64 bits";
}

std::string why_row(const AskerStep& step, const Catalog& catalog) {
  switch (step.result) {
    case AskerStep::Result::hit:
      if (step.row->shared) return "its row is tagged shared: several agencies use this ORI";
      if (step.row->agency == kNoNode) return "its row names no agency, and nothing else resolves it";
      return "its row names " + node_of(step.node, catalog).id + dates(step.row->validity);
    case AskerStep::Result::no_row:
      return "the catalog has no row of this ORI";
    case AskerStep::Result::row_not_valid:
      return "a row of it is not valid at the event's time" + dates(step.row->validity);
    case AskerStep::Result::row_without_agency:
      return "its row names no agency";
    default:
      return "its row names " + outside_its_dates(step.node, catalog);
  }
}

std::string why_pattern(const AskerStep& step, const Catalog& catalog) {
  if (step.pattern == nullptr) return "no pattern matches, or none further";
  const std::string matches = "it matches the pattern " + step.pattern->pattern + " of ";
  return matches + (step.result == AskerStep::Result::hit ? node_of(step.node, catalog).id
                                                          : outside_its_dates(step.node, catalog));
}

/// A line that the catalog does not know is the event's own text and is not repeated.
std::string why_line(const AskerStep& step, const Catalog& catalog) {
  const std::string whose = step.line_of_row ? "its row's line" : "the event's line";
  switch (step.result) {
    case AskerStep::Result::no_line:
      return "neither the event nor a valid row names a line";
    case AskerStep::Result::unknown_line:
      return whose + " stands for no agency";
    case AskerStep::Result::hit:
      return whose + " " + std::string(step.line) + " stands for " + node_of(step.node, catalog).id;
    default:
      return whose + " " + std::string(step.line) + " stands for " + outside_its_dates(step.node, catalog);
  }
}

std::string why_type(const AskerStep& step) {
  if (step.result == AskerStep::Result::hit)
    return "its row is of type " + step.row->type + ": federal, and of no known agency";
  return step.row == nullptr ? "no row is valid, so nothing gives its type"
                             : "its row's type is neither FE nor JF";
}

std::string listed_classes(const PolicyRule& rule) {
  std::vector<std::string> names;
  for (const Class cls : rule.classes) names.emplace_back(name_of(cls));
  if (rule.photo) names.emplace_back("photo");
  return joined(names);
}

std::string why_agency(const PolicyFinding& finding, NodeIndex node, const Catalog& catalog) {
  const std::string& asker = node_of(node, catalog).id;
  if (finding.agency == AgencyFit::elsewhere) return "does not cover " + asker;
  const std::string& listed = node_of(finding.listed, catalog).id;
  const std::string verb = finding.agency == AgencyFit::covered ? "covers " : "carves out ";
  return verb + (finding.listed == node ? asker : listed + " with its subtree, " + asker + " included");
}

std::string why_class(const JudgedFacts& facts, const PolicyRule& rule) {
  std::string out = "does not cover class " + std::string(name_of(facts.cls));
  if (!rule.lists_classes()) return out + " (it lists none: the three DMV classes)";
  if (rule.photo) out += " without photo";
  return out + " (it lists " + listed_classes(rule) + ")";
}

/// Why a time is outside of a policy's dates; empty: it is inside.
std::string why_phase(PolicyPhase phase, const PolicyRule& rule) {
  const TimeNs starts = rule.ordered_at == kNoTime     ? rule.enforce_from
                        : rule.enforce_from == kNoTime ? rule.ordered_at
                                                       : std::min(rule.ordered_at, rule.enforce_from);
  if (phase == PolicyPhase::before)
    return (rule.watch ? "begins only at " : "not ordered before ") + format_time(starts);
  if (phase == PolicyPhase::ended) return "ended at " + format_time(rule.ends_at);
  return {};
}

}  // namespace

std::string why_rejected(RejectReason reason, std::string_view payload, TimeNs as_of,
                         std::uint64_t record_bytes_max) {
  switch (reason) {
    case RejectReason::too_large:
      return std::to_string(payload.size()) + " bytes; source.record_bytes_max allows " +
             std::to_string(record_bytes_max);
    case RejectReason::bad_utf8:
      return text::has_lone_surrogate_escape(payload) ? "a \\u escape is half of a surrogate pair"
                                                      : "the bytes are not UTF-8";
    case RejectReason::not_json:
      return why_not_json(payload);
    case RejectReason::trailing_bytes:
      return "more than blanks follows the JSON value, which ends at byte " +
             std::to_string(text::first_value_end(payload));
    case RejectReason::bad_value:
      return "a field is of the wrong type or outside its grammar, or the top level is no object";
    case RejectReason::duplicate_field:
      return "a name stands twice in one object (at any depth, ignored fields included)";
    case RejectReason::missing_field:
      return "a needed field is absent or null";
    case RejectReason::bad_time:
      return "time is no RFC 3339 time with offset";
    case RejectReason::future_time:
      return "time is more than 5 minutes after " + format_time(as_of);
    case RejectReason::before_retention:
      return "time is more than 3,653 days before " + format_time(as_of);
    case RejectReason::bad_ori:
      return "origin.ori is not nine of A-Z and 0-9";
    case RejectReason::too_many_destinations:
      return "destinations has more than 64 entries";
    case RejectReason::bad_destination:
      return "destinations has no usable entry: a two-character code, a region, an ORI, or NL";
  }
  return {};
}

std::string why(const AskerStep& step, const Ruleset& ruleset) {
  const Catalog& catalog = ruleset.catalog();
  switch (step.how) {
    case How::exact:
      return why_row(step, catalog);
    case How::pattern:
      return why_pattern(step, catalog);
    case How::line:
      return why_line(step, catalog);
    case How::type:
      return why_type(step);
    case How::unknown:
      break;
  }
  return {};
}

std::string why(const LookAlike& one, const Ruleset& ruleset) {
  const std::string like = "it looks like " + one.ori.str();
  switch (one.result) {
    case LookAlike::Result::row_not_valid:
      return like + ", of which no row is valid at the event's time";
    case LookAlike::Result::not_blocked:
      return like + " of " + node_of(one.node, ruleset.catalog()).id +
             ", which no block in force or in its gap covers";
    case LookAlike::Result::imitated:
      return like + " of " + node_of(one.node, ruleset.catalog()).id + ", which a block covers";
  }
  return {};
}

std::string why_inactive(const OriRow* row) {
  if (row == nullptr) return "no row of this ORI is valid at the event's time";
  return row->inactive ? "its row has status inactive" : "its agency's dates leave the asker unknown";
}

std::string why_matched(const PolicyFinding& finding, const JudgedFacts& facts, const Ruleset& ruleset) {
  const PolicyRule& rule = ruleset.rules().at(finding.match.rule);
  const std::string covers = why_agency(finding, facts.node, ruleset.catalog());
  switch (finding.match.verdict) {
    case Verdict::blocked:
      return covers + "; in force since " + format_time(rule.enforce_from);
    case Verdict::excepted: {
      const PolicyException& exception =
          rule.exceptions.at(static_cast<std::size_t>(finding.match.exception));
      return covers + "; the first exception that holds is \"" + exception.reference + "\"" +
             dates(exception.validity) +
             (exception.max_uses ? ", of which this is one of " + std::to_string(*exception.max_uses) +
                                       " uses; more make an exception_exceeded"
                                 : "");
    }
    case Verdict::gap:
      return covers + "; ordered at " + format_time(rule.ordered_at) + ", enforced only from " +
             format_time(rule.enforce_from);
    case Verdict::watched:
      return covers + "; a watch, which counts and informs";
    case Verdict::shadow:
      return covers + "; in shadow mode: it would block, is reported, and never alerts";
    case Verdict::none:
      break;
  }
  return covers;
}

std::vector<std::string> why_not_matched(const PolicyFinding& finding, const JudgedFacts& facts,
                                         const Ruleset& ruleset) {
  const PolicyRule& rule = ruleset.rules().at(finding.match.rule);
  std::vector<std::string> reasons;
  if (!finding.jurisdiction) reasons.emplace_back("is about other jurisdictions");
  if (finding.agency != AgencyFit::covered)
    reasons.push_back(why_agency(finding, facts.node, ruleset.catalog()));
  if (!finding.cls) reasons.push_back(why_class(facts, rule));
  if (!finding.channel) reasons.push_back("covers only the channels " + joined(rule.channels));
  if (std::string phase = why_phase(finding.phase, rule); !phase.empty()) reasons.push_back(std::move(phase));
  if (!reasons.empty()) return reasons;
  // Everything fits, so it is a block in shadow mode that would not block.
  BW_CHECK(rule.shadow);
  if (finding.phase == PolicyPhase::gap)
    return {"in shadow mode, which has no gap; it would block from " + format_time(rule.enforce_from)};
  const auto holds = std::find(finding.exceptions.begin(), finding.exceptions.end(), ExceptionMiss::none);
  const auto index = static_cast<std::size_t>(holds - finding.exceptions.begin());
  return {"in shadow mode, and the exception \"" + rule.exceptions.at(index).reference + "\" holds"};
}

std::string why_not_excepted(const PolicyException& exception, ExceptionMiss miss, const Catalog& catalog) {
  switch (miss) {
    case ExceptionMiss::agency: {
      std::vector<std::string> ids;
      for (const NodeIndex node : exception.agencies) ids.push_back(node_of(node, catalog).id);
      return "holds only for " + joined(ids);
    }
    case ExceptionMiss::purpose:
      return "holds only for the purposes " + joined(exception.purposes) +
             ", and the event names none of them";
    case ExceptionMiss::not_started:
      return "starts only at " + format_time(exception.validity.from);
    case ExceptionMiss::expired:
      return "expired at " + format_time(exception.validity.to);
    case ExceptionMiss::none:
      break;
  }
  return "holds";
}

}  // namespace blockwatch::explain
