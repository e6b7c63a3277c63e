// The reader of an event: which fields must stand in a record, what they may hold, and the reason of the
// first fault, in the contract's order.
#pragma once

#include <optional>
#include <string_view>

#include "base/domain.h"
#include "base/time.h"
#include "pipeline/event.h"
#include "pipeline/parse_layout.h"
#include "pipeline/parse_text.h"
#include "state/retention.h"

namespace blockwatch::parsing {

inline constexpr std::size_t kDestinationsMax = 64;
inline constexpr std::size_t kIdBytesMax = 128;

/// Turns the fields into an event, in the order of the contract's table; the first fault ends it.
template <class Layout>
class EventReader {
 public:
  EventReader(const Layout& layout, QueryEvent& event) : layout_(layout), event_(event) {}

  std::optional<RejectReason> read(TimeNs reference) {
    if (!(read_id() && needed(layout_.text(MappedField::time, time_text_)) && read_message_key() &&
          read_origin() && read_destinations() && read_channel() && read_purpose_and_reason() &&
          read_image_requested() && read_outcome() && read_results())) {
      return fault_;
    }
    return closer_reason(reference);
  }

 private:
  bool fail(RejectReason reason) {
    fault_ = reason;
    return false;
  }
  bool require(bool holds) { return holds || fail(RejectReason::bad_value); }
  bool needed(Found found) {
    return found == Found::value ||
           fail(found == Found::absent ? RejectReason::missing_field : RejectReason::bad_value);
  }

  bool read_id() {
    return needed(layout_.text(MappedField::id, event_.id)) &&
           require(!event_.id.empty() && event_.id.size() <= kIdBytesMax);
  }

  bool read_message_key() {
    std::string_view key;
    return needed(layout_.text(MappedField::message_key, key)) &&
           require(text::read_message_key(key, event_.key, event_.photo_requested));
  }

  bool read_origin() {
    return needed(layout_.text(MappedField::ori, ori_text_)) && optional_code(MappedField::line, event_.line);
  }

  /// Leaves `out` empty if the field is absent.
  template <std::size_t kMax>
  bool optional_code(MappedField field, FixedString<kMax>& out) {
    out.clear();
    std::string_view code;
    const Found found = layout_.text(field, code);
    return found == Found::absent || require(found == Found::value && text::read_code(code, out));
  }

  bool read_destinations() {
    event_.destinations.clear();
    return needed(layout_.each_destination([this](std::string_view destination) {
      if (event_.destinations.size() == kDestinationsMax) {
        // Told after the faults that come before it, so the rest is still read.
        too_many_destinations_ = true;
      } else {
        text::read_destination(destination, event_.destinations.emplace_back());
      }
    }));
  }

  bool read_channel() {
    std::string_view channel = "unknown";
    return require(layout_.text(MappedField::channel, channel) != Found::wrong &&
                   text::read_channel(channel, event_.channel));
  }

  bool read_purpose_and_reason() {
    FixedString<2> reason;  // of no use to anyone but checked
    return optional_code(MappedField::purpose, event_.purpose) && optional_code(MappedField::reason, reason);
  }

  bool read_image_requested() {
    bool requested = false;
    if (!require(layout_.flag(requested) != Found::wrong)) return false;
    event_.photo_requested = event_.photo_requested || requested;
    return true;
  }

  bool outcome(std::string_view name, Outcome& out) {
    const auto value = outcome_from(name);
    if (!require(value.has_value())) return false;
    out = *value;
    return true;
  }

  bool read_outcome() {
    std::string_view name = "unknown";
    return require(layout_.text(MappedField::outcome, name) != Found::wrong) && outcome(name, event_.outcome);
  }

  bool read_results() {
    event_.results.clear();
    bool good = true;
    const Found list = layout_.each_result(
        [&](Found has_destination, std::string_view destination, Found has_outcome, std::string_view name) {
          Outcome result = Outcome::unknown;
          good = needed(has_destination) && needed(has_outcome) && outcome(name, result);
          if (!good) return false;
          ResultEntry& entry = event_.results.emplace_back();
          text::read_destination(destination, entry.destination);
          entry.outcome = result;
          return true;
        });
    return good && require(list != Found::wrong);
  }

  /// The reasons of its own that a well-formed field may still have. A time that TimeNs cannot hold is on one
  /// side of any reference, and of none.
  std::optional<RejectReason> closer_reason(TimeNs reference) {
    TimeNs time = 0;
    if (!read_rfc3339(time_text_, time)) return RejectReason::bad_time;
    const bool has_reference = reference != kNoTime;
    if (time == kTimeMax || (has_reference && time > saturating_add(reference, kFutureSlack))) {
      return RejectReason::future_time;
    }
    if (time == kTimeMin + 1 || (has_reference && time < saturating_add(reference, -kBucketsKept))) {
      return RejectReason::before_retention;
    }
    event_.time = time;
    if (!text::read_ori(ori_text_, event_.ori)) return RejectReason::bad_ori;
    if (too_many_destinations_) return RejectReason::too_many_destinations;
    return std::nullopt;
  }

  const Layout& layout_;
  QueryEvent& event_;
  RejectReason fault_ = RejectReason::bad_value;
  std::string_view time_text_;
  std::string_view ori_text_;
  bool too_many_destinations_ = false;
};

}  // namespace blockwatch::parsing
