// DOM and not On-Demand: it validates every byte, also of fields that nobody reads, and picks its kernel at
// run time.
#include "pipeline/parse.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "pipeline/parse_event.h"
#include "pipeline/parse_layout.h"
#include "pipeline/parse_survey.h"
#include "pipeline/parse_text.h"

namespace blockwatch {

using parsing::CanonicalLayout;
using parsing::EventReader;
using parsing::MappedLayout;
using parsing::Tape;
using simdjson::dom::element;

struct Parser::Impl {
  std::uint64_t record_bytes_max = 0;
  std::optional<SourceMapping> mapping;
  simdjson::dom::parser json;
  std::vector<char> padded;  // simdjson reads past the end of its input
  parsing::Survey survey;
  parsing::Fields fields;              // of a record without mapping
  MappedLayout::FieldDigits digits{};  // of a mapped one; the event's id may borrow from them

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

Parser::Parser(std::uint64_t record_bytes_max, std::optional<SourceMapping> mapping)
    : impl_(std::make_unique<Impl>()) {
  impl_->record_bytes_max = record_bytes_max;
  impl_->mapping = std::move(mapping);
  // simdjson refuses to open a container at its limit itself, and does not count empty ones: Survey counts
  // exactly.
  BW_CHECK(impl_->json.allocate(4096, text::kDepthMax + 1) == simdjson::SUCCESS);
}

Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;

std::optional<RejectReason> Parser::parse(const SourceRecord& record, QueryEvent& event) {
  const std::string_view payload = record.payload;
  if (payload.size() > impl_->record_bytes_max) return RejectReason::too_large;
  impl_->copy(payload);
  element root;
  if (!impl_->parse_json(payload, root)) return impl_->reason_of_failure(payload);
  const Tape tape(impl_->json.doc);
  const auto findings = impl_->survey.run(tape, impl_->mapping ? nullptr : &impl_->fields);
  if (findings.too_deep) return RejectReason::not_json;
  if (!root.is_object()) return RejectReason::bad_value;
  if (findings.duplicate) return RejectReason::duplicate_field;
  if (impl_->mapping) {
    const MappedLayout layout(*impl_->mapping, root, impl_->digits);
    return EventReader(layout, event).read(record.broker_time);
  }
  const CanonicalLayout layout(tape, impl_->fields);
  return EventReader(layout, event).read(record.broker_time);
}

}  // namespace blockwatch
