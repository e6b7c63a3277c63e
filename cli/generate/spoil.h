// Bad records: for each reject reason several ways to deserve it.
#pragma once

#include <string>

#include "base/domain.h"
#include "base/time.h"
#include "cli/generate/draft.h"
#include "cli/generate/random.h"

namespace blockwatch {

/// Spoils a valid draft so that it is rejected for `reason`, or leaves that to spoil_payload. Times are
/// spoiled by more than a year, so that the verdict is the same for any reference time within a year after
/// `sent_at`.
void spoil_draft(RejectReason reason, TimeNs sent_at, Random& random, Draft& draft);

/// The second half, after the draft was written.
void spoil_payload(RejectReason reason, Random& random, std::string& payload);

}  // namespace blockwatch
