// The catalog: who exists. agencies.toml (tree, patterns, line codes, regions) and oris.csv as checked
// values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/domain.h"
#include "base/ori.h"
#include "base/time.h"
#include "config/diagnostic.h"

namespace blockwatch {

/// Index into Catalog::nodes.
using NodeIndex = std::uint32_t;
inline constexpr NodeIndex kNoNode = 0xFFFFFFFF;

/// [from, to); kNoTime = open.
struct Validity {
  TimeNs from = kNoTime;
  TimeNs to = kNoTime;
  bool contains(TimeNs t) const { return (from == kNoTime || t >= from) && (to == kNoTime || t < to); }
};

struct AgencyNode {
  std::string id;
  std::string name;
  NodeIndex parent = kNoNode;
  std::vector<std::string> aliases;
  Validity validity;
  std::vector<std::string> tags;
};

struct OriPattern {
  std::string pattern;  // [A-Z0-9?*]+
  NodeIndex agency = kNoNode;
};

/// One row of oris.csv.
struct OriRow {
  Ori ori;
  NodeIndex agency = kNoNode;  // none: the row names no agency
  std::string name;
  std::string type;  // PD, SO, FE, JF, …
  bool inactive = false;
  bool shared = false;
  std::string line;
  std::string state;
  Validity validity;
};

/// Immutable once loaded; may be shared between threads.
struct Catalog {
  /// The four reserved agencies first, in the order of ReservedAgency; then the file's, in its order.
  std::vector<AgencyNode> nodes;
  /// Ids and aliases -> node.
  std::unordered_map<std::string, NodeIndex> by_name;
  /// Most literal characters first, then longest, then bytewise: the order in which they are tried.
  std::vector<OriPattern> patterns;
  std::map<std::string, NodeIndex, std::less<>> lines;
  /// Code -> members; always holds `NL` (all 56 unless the file says otherwise).
  std::map<std::string, JurisdictionSet, std::less<>> regions;
  /// Sorted by ORI, then by valid_from; rows of one ORI do not overlap in time.
  std::vector<OriRow> oris;
  /// SHA-256 of agencies file, 0x1F, ORI file: 64 hex digits.
  std::string digest;
  std::string agencies_bytes;
  std::string oris_bytes;

  std::optional<NodeIndex> node(std::string_view id_or_alias) const;
  /// Marks the node and all below it: one flag a node.
  std::vector<bool> subtree(NodeIndex top) const;
};

/// Checks everything; nullopt if anything was added to `diagnostics`. File names are for the diagnostics
/// only.
std::optional<Catalog> parse_catalog(std::string_view agencies_name, std::string agencies_bytes,
                                     std::string_view oris_name, std::string oris_bytes,
                                     Diagnostics& diagnostics);

/// The agencies file alone: a catalog without ORIs, and its digest that of no catalog.
std::optional<Catalog> parse_agencies(std::string_view name, std::string bytes, Diagnostics& diagnostics);

}  // namespace blockwatch
