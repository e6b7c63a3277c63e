// A query event as it stands between parse and apply: normalized, nothing in it that must not be kept beyond
// apply.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <boost/container/small_vector.hpp>

#include "base/domain.h"
#include "base/fixed_string.h"
#include "base/ori.h"
#include "base/time.h"

namespace blockwatch {

/// An event may be ahead of its record's broker timestamp by so much.
inline constexpr TimeNs kFutureSlack = 5 * kMinute;

/// One entry of `destinations` or `results`, trimmed and upper-cased. Longer than an ORI = unusable, kept as
/// empty.
using DestinationText = FixedString<9>;
using ChannelText = FixedString<32>;

struct ResultEntry {
  DestinationText destination;
  Outcome outcome = Outcome::unknown;
};

/// Reused from record to record, so that parsing allocates nothing once warm; the usual lists stand in it, so
/// that they come from the memory together. `id` borrows from the record or from the parser's buffer: valid
/// until its next call.
struct QueryEvent {
  std::string_view id;
  TimeNs time = 0;
  FixedString<8> key;            // of the message key the part before the first '/'
  bool photo_requested = false;  // image_requested, or a key part IMQ
  Ori ori;
  FixedString<4> line;     // empty: absent
  FixedString<2> purpose;  // empty: absent
  ChannelText channel;     // `unknown` if absent
  Outcome outcome = Outcome::unknown;
  boost::container::small_vector<DestinationText, 4> destinations;
  boost::container::small_vector<ResultEntry, 2> results;
};

}  // namespace blockwatch
