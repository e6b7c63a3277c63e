// Why a ruleset says what it says, for `explain`: the steps of "Who asked", and each policy with what fits an
// observation and what does not.
//
// Filled by the look-ups that judge (ruleset_index.h), from the same predicates.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/domain.h"
#include "base/ori.h"
#include "config/catalog.h"
#include "pipeline/ruleset.h"

namespace blockwatch {

/// One thing that "Who asked" looked at, in the order of contract §3. Borrows from the ruleset and from the
/// line that it was asked about.
struct AskerStep {
  enum class Result : std::uint8_t {
    hit,
    no_row,              // exact: the catalog has no row of this ORI
    row_not_valid,       // exact: `row` is not valid at the event's time
    row_without_agency,  // exact: `row` is valid and names no agency
    node_not_valid,      // exact, pattern, line: `node` is outside its own dates
    no_pattern,          // pattern: none (more) matches
    no_line,             // line: neither the event nor the row names one
    unknown_line,        // line: `line` stands for no agency
    no_federal_row,      // type: no row that is valid, or its type is neither FE nor JF
  };
  How how = How::exact;
  Result result = Result::hit;
  NodeIndex node = kNoNode;
  const OriRow* row = nullptr;
  const OriPattern* pattern = nullptr;
  std::string_view line{};
  bool line_of_row = false;  // the event names no line
};

/// A catalog ORI that the event's ORI looks like.
struct LookAlike {
  enum class Result : std::uint8_t { imitated, row_not_valid, not_blocked };
  Ori ori;
  NodeIndex node = kNoNode;  // kNoNode: no row of it is valid at the event's time
  Result result = Result::imitated;
};

struct AskerTrace {
  Asker asker;
  std::vector<AskerStep> steps;  // the last one is the hit, unless the asker is `unknown`
  std::vector<LookAlike> look_alikes;
};

/// How a policy's agencies and carve-outs see a node.
enum class AgencyFit : std::uint8_t { covered, carved_out, elsewhere };

/// Where a time stands in a policy's dates. A watch has no gap.
enum class PolicyPhase : std::uint8_t { before, gap, in_force, ended };

/// Why an exception does not hold; the first that is so.
enum class ExceptionMiss : std::uint8_t { none, agency, purpose, not_started, expired };

/// One policy and one observation: everything that fits and that does not.
struct PolicyFinding {
  PolicyMatch match;  // as the judgment says
  bool jurisdiction = false;
  AgencyFit agency = AgencyFit::elsewhere;
  NodeIndex listed = kNoNode;  // the entry that covers the asker, or carves it out
  bool cls = false;
  bool channel = false;
  PolicyPhase phase = PolicyPhase::before;
  std::vector<ExceptionMiss> exceptions;  // one each, in file order
};

}  // namespace blockwatch
