// Which kinds of incident a message raises (contract §6). Pure; shared by the data path and `explain`.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "pipeline/alert/incident.h"
#include "pipeline/expand.h"
#include "pipeline/ruleset.h"

namespace blockwatch {

/// At most two kinds.
class RaisedKinds {
 public:
  void add(IncidentKind kind) { kinds_.at(size_++) = kind; }
  const IncidentKind* begin() const { return kinds_.data(); }
  const IncidentKind* end() const { return kinds_.data() + size_; }

 private:
  std::array<IncidentKind, 2> kinds_{};
  std::size_t size_ = 0;
};

/// By what is wrong with the asker, once a message; none: nothing is.
std::optional<IncidentKind> raised_by_asker(const Asker& asker);

/// By one policy that speaks of an observation. Of an excepted one nothing: uses are summed, and only those
/// beyond max_uses raise.
RaisedKinds raised_by_policy(Verdict verdict, const Reach& reach);

}  // namespace blockwatch
