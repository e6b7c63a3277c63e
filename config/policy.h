// The policy: which agencies a jurisdiction has blocked, since when, with which exceptions. policy.toml as
// checked values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/domain.h"
#include "base/time.h"
#include "config/catalog.h"
#include "config/diagnostic.h"

namespace blockwatch {

struct PolicyException {
  std::string reference;              // unique in its block
  std::vector<NodeIndex> agencies;    // none = all that the block covers
  std::vector<std::string> purposes;  // none = any
  Validity validity;                  // starts_at, expires_at
  std::optional<std::uint64_t> max_uses;
};

/// One [[block]] or [[watch]].
struct PolicyRule {
  std::string id;
  bool watch = false;
  bool shadow = false;  // a block in shadow mode
  JurisdictionSet jurisdictions;
  std::vector<NodeIndex> agencies;         // subtrees
  std::vector<NodeIndex> except_agencies;  // subtrees
  /// None of these set = every DMV class.
  std::vector<Class> classes;
  bool photo = false;                 // "photo" was listed among the classes
  std::vector<std::string> channels;  // lower-cased; none = every channel
  TimeNs ordered_at = kNoTime;        // of a block: defaults to enforce_from
  TimeNs enforce_from = kNoTime;      // a block always has one
  TimeNs ends_at = kNoTime;
  std::string authority;
  std::vector<PolicyException> exceptions;

  bool lists_classes() const { return !classes.empty() || photo; }
};

/// Immutable once loaded; its node indices are those of the catalog that it was checked against.
struct Policy {
  std::vector<PolicyRule> rules;  // blocks, then watches, each in file order
  std::string digest;             // SHA-256 of the file's bytes: 64 hex digits
  std::string bytes;
};

/// Checks everything against the catalog; nullopt if anything was added to `diagnostics`.
std::optional<Policy> parse_policy(std::string_view name, std::string bytes, const Catalog& catalog,
                                   Diagnostics& diagnostics);

}  // namespace blockwatch
