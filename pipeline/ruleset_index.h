// The three look-ups that a ruleset is compiled to: who asked, what a destination code reaches, which
// policies can match.
//
// Each is immutable, borrows the catalog (and policy) that it was built from, and does work per call that
// depends on what matches only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/domain.h"
#include "base/ori.h"
#include "base/short_word.h"
#include "base/time.h"
#include "config/catalog.h"
#include "config/policy.h"
#include "pipeline/ori_table.h"
#include "pipeline/ruleset.h"
#include "pipeline/ruleset_why.h"

namespace blockwatch {

/// What an event needs of a row of oris.csv.
struct CompiledRow {
  Validity validity;
  NodeIndex agency = kNoNode;
  bool inactive = false;
  bool shared = false;
  bool federal = false;                 // type FE or JF
  std::optional<Jurisdiction> reached;  // by the ORI as a destination
  const OriRow* source = nullptr;
};

/// ORI -> row, asker, look-alikes.
class AskerIndex {
 public:
  explicit AskerIndex(const Catalog& catalog);

  /// Asks the memory for what resolve() will read first; returns the place that it most likely finds.
  std::uint32_t expect(const Ori& ori) const { return places_.expect(ori); }
  /// Above every Asker::place.
  std::size_t place_count() const { return places_.size(); }

  /// The row that is valid at `time`; null: none.
  const CompiledRow* row(const Ori& ori, TimeNs time) const { return row_at(places_.find(ori), time); }

  /// What it reaches as a destination (contract §3); empty: nothing.
  std::optional<Jurisdiction> reached(const Ori& ori, TimeNs time) const;
  /// Contract §3 "Who asked", all but `imitated`. `line` empty: the event names none.
  Asker resolve(const Ori& ori, std::string_view line, TimeNs time) const;
  /// The same, and appends each step.
  Asker resolve(const Ori& ori, std::string_view line, TimeNs time, std::vector<AskerStep>& steps) const;

  /// The catalog's ORIs that look like this one (O as 0, I as 1), bytewise sorted.
  std::span<const Ori> look_alikes(const Ori& ori) const;

 private:
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  using OriMap = boost::unordered_flat_map<Ori, Range, OriHash>;

  void index_rows();
  void mark_constant();
  void index_look_alikes();
  void index_patterns();
  const CompiledRow* row_at(std::uint32_t place, TimeNs time) const;
  std::span<const CompiledRow> rows_at(std::uint32_t place) const {
    return std::span(rows_).subspan(rows_of_[place].first, rows_of_[place].count);
  }
  // `tell` takes an AskerStep; one that ignores it costs nothing.
  template <class Tell>
  Asker resolve_telling(const Ori& ori, std::string_view line, TimeNs time, Tell tell) const;
  template <class Tell>
  std::optional<NodeIndex> by_row(const CompiledRow& row, TimeNs time, Tell tell) const;
  template <class Tell>
  std::optional<NodeIndex> by_pattern(const Ori& ori, TimeNs time, Tell tell) const;
  template <class Tell>
  std::optional<NodeIndex> by_line(std::string_view line, bool of_row, TimeNs time, Tell tell) const;
  bool holds(NodeIndex node, TimeNs time) const { return catalog_.nodes[node].validity.contains(time); }

  const Catalog& catalog_;
  std::vector<CompiledRow> rows_;  // parallel to the catalog's
  OriTable places_;
  std::vector<Range> rows_of_;  // by place
  std::vector<Ori> look_alikes_;
  OriMap look_alikes_of_;
  /// By an ORI's first character the patterns that can match it, in their order.
  std::array<std::vector<std::uint32_t>, 256> patterns_;
};

/// Destination codes and regions -> jurisdictions.
class DestinationIndex {
 public:
  explicit DestinationIndex(const Catalog& catalog);

  /// Of any text that is no ORI.
  Target code(std::string_view text) const;

 private:
  const Catalog& catalog_;
  std::array<Target, 36 * 36> two_characters_;
};

/// (jurisdiction, node) -> the rules that can speak of it, in file order; and their verdicts.
class RuleIndex {
 public:
  RuleIndex(const Catalog& catalog, const Policy& policy);

  /// Calls visit(match) for each rule that is about the facts' jurisdiction and node and has a verdict other
  /// than none, in file order.
  template <class Visit>
  void judge(const JudgedFacts& facts, Visit visit) const {
    const std::span<const Candidate> candidates = about(facts.jurisdiction, facts.node);
    if (candidates.empty()) return;
    const unsigned classes = classes_of(facts);
    const std::uint64_t channel = channel_bit(facts.channel);
    for (const Candidate& candidate : candidates) {
      if (facts.time < candidate.from || facts.time > candidate.last || (candidate.classes & classes) == 0 ||
          (candidate.channels & channel) == 0)
        continue;
      const PolicyMatch match = judge_rule(candidate.rule, facts);
      if (match.verdict != Verdict::none) visit(match);
    }
  }

  /// Of any rule, whatever it is about.
  PolicyFinding finding(std::uint32_t rule, const JudgedFacts& facts, const Catalog& catalog) const;

  /// Whether any block that is not in shadow mode is in force or in its gap for this node, in any
  /// jurisdiction.
  bool is_blocked_or_in_gap(NodeIndex node, TimeNs time) const;

 private:
  struct CompiledRule {
    Validity window;  // of a block from its gap on
    TimeNs enforce_from = kNoTime;
    std::uint8_t classes = 0;  // one bit a class, then kPhotoBit
    bool watch = false;
    bool shadow = false;
    const PolicyRule* source = nullptr;
    std::vector<std::vector<bool>> exception_nodes;  // an empty entry: all that the rule covers
  };
  /// What tells in a few instructions that a rule says nothing: most rules of a long list are over, not
  /// begun, or of other classes or channels.
  struct Candidate {
    TimeNs from = kNoTime, last = kTimeMax;  // of the rule's window; kNoTime is before every time
    std::uint32_t rule = 0;
    std::uint32_t classes = 0;                   // as in the rule
    std::uint64_t channels = ~std::uint64_t{0};  // the channel_bit() of each; two channels may share one
  };
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };

  void index_rules(const std::vector<std::vector<NodeIndex>>& nodes_of);
  void index_block_windows(const std::vector<std::vector<NodeIndex>>& nodes_of);
  std::span<const Candidate> about(Jurisdiction jurisdiction, NodeIndex node) const;
  PolicyMatch judge_rule(std::uint32_t rule, const JudgedFacts& facts) const;
  static unsigned classes_of(const JudgedFacts& facts);
  static std::uint64_t channel_bit(std::string_view channel) {
    return std::uint64_t{1} << short_signature(channel);
  }
  static bool covers_class(const CompiledRule& rule, const JudgedFacts& facts);
  static bool covers_channel(const CompiledRule& rule, const JudgedFacts& facts);
  static PolicyPhase phase_of(const CompiledRule& rule, TimeNs time);
  static ExceptionMiss exception_miss(const CompiledRule& rule, std::size_t exception,
                                      const JudgedFacts& facts);
  static std::int32_t exception_for(const CompiledRule& rule, const JudgedFacts& facts);

  std::size_t node_count_;
  std::vector<CompiledRule> rules_;  // parallel to the policy's
  std::vector<Candidate> lists_;     // every distinct list of rules once
  std::vector<Range> about_;  // [node * kJurisdictionCount + jurisdiction] in lists_: an event has one node
  /// Per node when any block covers it: disjoint and ascending.
  std::vector<std::vector<Validity>> block_windows_;
};

}  // namespace blockwatch
