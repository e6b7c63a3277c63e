// simdjson's only room. DOM and not On-Demand: it validates every byte, also of fields that nobody reads, and
// picks its kernel at run time.
#include "pipeline/parse.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "pipeline/parse_text.h"

namespace blockwatch {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr TimeNs kFutureSlack = 5 * kMinute;
constexpr TimeNs kRetention = 3653 * kDay;
constexpr std::size_t kDestinationsMax = 64;

/// The members of a message that are read; the order is of no meaning.
enum FieldIndex : std::size_t {
  kId,
  kTime,
  kMessageKey,
  kOrigin,
  kDestinations,
  kChannel,
  kPurpose,
  kReason,
  kImageRequested,
  kOutcome,
  kResults,
  kFieldCount,
};

/// Null counts as absent.
using Field = std::optional<element>;
using Fields = std::array<Field, kFieldCount>;

std::size_t field_index(std::string_view name) {
  switch (name.size()) {
    case 2:
      return name == "id" ? kId : kFieldCount;
    case 4:
      return name == "time" ? kTime : kFieldCount;
    case 6:
      return name == "origin" ? kOrigin : name == "reason" ? kReason : kFieldCount;
    case 7:
      return name == "purpose"   ? kPurpose
             : name == "channel" ? kChannel
             : name == "outcome" ? kOutcome
             : name == "results" ? kResults
                                 : kFieldCount;
    case 11:
      return name == "message_key" ? kMessageKey : kFieldCount;
    case 12:
      return name == "destinations" ? kDestinations : kFieldCount;
    case 15:
      return name == "image_requested" ? kImageRequested : kFieldCount;
    default:
      return kFieldCount;
  }
}

/// Looks at every value of a message once, ignored ones too: for names that occur twice in one object, and
/// for depth, which simdjson does not count where a container is empty. Remembers where the known fields are.
/// One per parser, so that its list of names keeps its memory.
class Survey {
 public:
  struct Findings {
    bool too_deep = false;
    bool duplicate = false;
  };

  Findings run(element root, Fields& fields) {
    findings_ = {};
    fields.fill(std::nullopt);
    fields_ = root.is_object() ? &fields : nullptr;
    visit(root, 1);
    return findings_;
  }

 private:
  using Object = simdjson::dom::object;

  /// Above this many members names are sorted instead of compared one by one, so that a hostile object costs
  /// n log n.
  static constexpr std::size_t kComparedOneByOneMax = 32;

  /// `depth`: containers open if `value` is one.
  void visit(element value, std::size_t depth) {
    const element_type type = value.type();
    if (type == element_type::OBJECT || type == element_type::ARRAY) visit_container(value, type, depth);
  }

  void visit_container(element value, element_type type, std::size_t depth) {
    if (depth > text::kDepthMax) {
      findings_.too_deep = true;
    } else if (type == element_type::OBJECT) {
      visit_object(value.get_object().value_unsafe(), depth);
    } else {
      for (const element item : simdjson::dom::array(value.get_array().value_unsafe()))
        visit(item, depth + 1);
    }
  }

  void visit_object(Object object, std::size_t depth) {
    std::size_t count = 0;
    std::uint64_t seen = 0;  // one bit a name; a bit met twice is no proof, a new one is
    for (auto at = object.begin(); at != object.end(); ++at, ++count) {
      const std::string_view name = at.key();
      const std::uint64_t bit = signature(name);
      if ((seen & bit) != 0 && count < kComparedOneByOneMax) {
        findings_.duplicate |= is_among_first(count, object, name);
      }
      seen |= bit;
      const element member = at.value();
      if (depth == 1) remember(name, member);
      visit(member, depth + 1);
    }
    if (count > kComparedOneByOneMax) findings_.duplicate |= repeats_a_name(object);
  }

  static bool is_among_first(std::size_t count, Object object, std::string_view name) {
    for (auto at = object.begin(); count > 0; ++at, --count) {
      if (at.key() == name) return true;
    }
    return false;
  }

  bool repeats_a_name(Object object) {
    names_.clear();
    for (auto at = object.begin(); at != object.end(); ++at) names_.push_back(at.key());
    std::sort(names_.begin(), names_.end());
    return std::adjacent_find(names_.begin(), names_.end()) != names_.end();
  }

  void remember(std::string_view name, element member) {
    const std::size_t index = fields_ != nullptr ? field_index(name) : kFieldCount;
    if (index != kFieldCount && !member.is_null()) (*fields_)[index] = member;
  }

  /// One bit; the factors give the contract's names a bit each.
  static std::uint64_t signature(std::string_view name) {
    if (name.empty()) return 1;
    const std::size_t mixed = static_cast<unsigned char>(name.front()) +
                              std::size_t{3} * static_cast<unsigned char>(name.back()) + name.size();
    return std::uint64_t{1} << (mixed % 64);
  }

  Findings findings_;
  Fields* fields_ = nullptr;
  std::vector<std::string_view> names_;  // of one large object
};

/// Turns the fields into an event, in the order of the contract's table; the first fault ends it.
class EventReader {
 public:
  EventReader(const Fields& fields, QueryEvent& event) : fields_(fields), event_(event) {}

  std::optional<RejectReason> read(TimeNs reference) {
    if (!(read_id() && needed_text(fields_[kTime], time_text_) && read_message_key() && read_origin() &&
          read_destinations() && read_channel() && read_purpose_and_reason() && read_image_requested() &&
          read_outcome() && read_results())) {
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

  bool text(element value, std::string_view& out) { return require(value.get(out) == simdjson::SUCCESS); }
  bool needed_text(const Field& field, std::string_view& out) {
    return field ? text(*field, out) : fail(RejectReason::missing_field);
  }

  static Field member(simdjson::dom::object object, std::string_view name) {
    for (auto at = object.begin(); at != object.end(); ++at) {
      if (at.key() == name) return at.value().is_null() ? Field() : Field(at.value());
    }
    return std::nullopt;
  }

  bool read_id() {
    return needed_text(fields_[kId], event_.id) && require(!event_.id.empty() && event_.id.size() <= 128);
  }

  bool read_message_key() {
    std::string_view key;
    return needed_text(fields_[kMessageKey], key) &&
           require(text::read_message_key(key, event_.key, event_.photo_requested));
  }

  bool read_origin() {
    if (!fields_[kOrigin]) return fail(RejectReason::missing_field);
    simdjson::dom::object origin;
    if (!require(fields_[kOrigin]->get(origin) == simdjson::SUCCESS)) return false;
    return needed_text(member(origin, "ori"), ori_text_) &&
           optional_code(member(origin, "line"), event_.line);
  }

  /// Leaves `out` empty if the field is absent.
  template <std::size_t kMax>
  bool optional_code(const Field& field, FixedString<kMax>& out) {
    out.clear();
    std::string_view code;
    return !field || (text(*field, code) && require(text::read_code(code, out)));
  }

  bool read_destinations() {
    event_.destinations.clear();
    if (!fields_[kDestinations]) return fail(RejectReason::missing_field);
    simdjson::dom::array list;
    if (!require(fields_[kDestinations]->get(list) == simdjson::SUCCESS)) return false;
    for (const element item : list) {
      std::string_view destination;
      if (!text(item, destination)) return false;
      if (event_.destinations.size() == kDestinationsMax) {
        too_many_destinations_ =
            true;  // told after the faults that come before it, so the rest is still read
      } else {
        event_.destinations.push_back(text::read_destination(destination));
      }
    }
    return true;
  }

  bool read_channel() {
    std::string_view channel = "unknown";
    return (!fields_[kChannel] || text(*fields_[kChannel], channel)) &&
           require(text::read_channel(channel, event_.channel));
  }

  bool read_purpose_and_reason() {
    FixedString<2> reason;  // of no use to anyone but checked
    return optional_code(fields_[kPurpose], event_.purpose) && optional_code(fields_[kReason], reason);
  }

  bool read_image_requested() {
    bool requested = false;
    if (fields_[kImageRequested] && !require(fields_[kImageRequested]->get(requested) == simdjson::SUCCESS)) {
      return false;
    }
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
    return (!fields_[kOutcome] || text(*fields_[kOutcome], name)) && outcome(name, event_.outcome);
  }

  bool read_results() {
    event_.results.clear();
    if (!fields_[kResults]) return true;
    simdjson::dom::array list;
    if (!require(fields_[kResults]->get(list) == simdjson::SUCCESS)) return false;
    for (const element item : list) {
      simdjson::dom::object entry;
      std::string_view destination;
      std::string_view name;
      ResultEntry result;
      if (!(require(item.get(entry) == simdjson::SUCCESS) &&
            needed_text(member(entry, "destination"), destination) &&
            needed_text(member(entry, "outcome"), name) && outcome(name, result.outcome))) {
        return false;
      }
      result.destination = text::read_destination(destination);
      event_.results.push_back(result);
    }
    return true;
  }

  /// The reasons of its own that a well-formed field may still have. A time that TimeNs cannot hold is on one
  /// side of any reference, and of none.
  std::optional<RejectReason> closer_reason(TimeNs reference) {
    const auto time = parse_rfc3339(time_text_);
    if (!time) return RejectReason::bad_time;
    const bool has_reference = reference != kNoTime;
    if (*time == kTimeMax || (has_reference && *time > saturating_add(reference, kFutureSlack))) {
      return RejectReason::future_time;
    }
    if (*time == kTimeMin + 1 || (has_reference && *time < saturating_add(reference, -kRetention))) {
      return RejectReason::before_retention;
    }
    event_.time = *time;
    const auto ori = text::read_ori(ori_text_);
    if (!ori) return RejectReason::bad_ori;
    event_.ori = *ori;
    if (too_many_destinations_) return RejectReason::too_many_destinations;
    return std::nullopt;
  }

  const Fields& fields_;
  QueryEvent& event_;
  RejectReason fault_ = RejectReason::bad_value;
  std::string_view time_text_;
  std::string_view ori_text_;
  bool too_many_destinations_ = false;
};

}  // namespace

struct Parser::Impl {
  std::uint64_t record_bytes_max = 0;
  simdjson::dom::parser json;
  std::vector<char> padded;  // simdjson reads past the end of its input
  Survey survey;
  Fields fields;

  /// `text` stands at the start of `padded`.
  bool parse_json(std::string_view text, element& root) {
    // Some versions of simdjson skip a byte order mark, others do not.
    if (text.starts_with("\xEF\xBB\xBF")) return false;
    return json.parse(padded.data(), text.size(), false).get(root) == simdjson::SUCCESS;
  }

  void copy(std::string_view payload) {
    const std::size_t needed = payload.size() + simdjson::SIMDJSON_PADDING;
    if (padded.size() < needed) padded.resize(std::max(needed, padded.size() * 2));
    if (!payload.empty()) std::memcpy(padded.data(), payload.data(), payload.size());
  }

  /// Why a payload that is not one JSON value is none.
  RejectReason reason_of_failure(std::string_view payload) {
    if (!simdjson::validate_utf8(payload) || text::has_lone_surrogate_escape(payload))
      return RejectReason::bad_utf8;
    if (text::is_too_deep(payload)) return RejectReason::not_json;
    const std::size_t end = text::first_value_end(payload);
    element first;
    if (end == std::string_view::npos || text::is_blank(payload.substr(end)) ||
        !parse_json(payload.substr(0, end), first)) {
      return RejectReason::not_json;
    }
    return RejectReason::trailing_bytes;
  }
};

Parser::Parser(std::uint64_t record_bytes_max) : impl_(std::make_unique<Impl>()) {
  impl_->record_bytes_max = record_bytes_max;
  // simdjson refuses to open a container at its limit itself, and does not count empty ones: Survey counts
  // exactly.
  BW_CHECK(impl_->json.allocate(4096, text::kDepthMax + 1) == simdjson::SUCCESS);
}

Parser::~Parser() = default;

std::optional<RejectReason> Parser::parse(const SourceRecord& record, QueryEvent& event) {
  const std::string_view payload = record.payload;
  if (payload.size() > impl_->record_bytes_max) return RejectReason::too_large;
  impl_->copy(payload);
  element root;
  if (!impl_->parse_json(payload, root)) return impl_->reason_of_failure(payload);
  const auto findings = impl_->survey.run(root, impl_->fields);
  if (findings.too_deep) return RejectReason::not_json;
  if (!root.is_object()) return RejectReason::bad_value;
  if (findings.duplicate) return RejectReason::duplicate_field;
  return EventReader(impl_->fields, event).read(record.broker_time);
}

}  // namespace blockwatch
