#include "pipeline/parse.h"

#include <string_view>
#include <utility>

#include "pipeline/parse_document.h"
#include "pipeline/parse_event.h"
#include "pipeline/parse_layout.h"
#include "pipeline/parse_text.h"

namespace blockwatch {

using parsing::CanonicalLayout;
using parsing::EventReader;
using parsing::MappedLayout;

struct Parser::Impl {
  std::uint64_t record_bytes_max = 0;
  std::optional<SourceMapping> mapping;
  parsing::Document document;

  /// Why a payload that is not one JSON value is none.
  RejectReason reason_of_failure(std::string_view payload) {
    if (!simdjson::validate_utf8(payload) || text::has_lone_surrogate_escape(payload))
      return RejectReason::bad_utf8;
    if (text::is_too_deep(payload)) return RejectReason::not_json;
    const std::size_t end = text::first_value_end(payload);
    if (end == std::string_view::npos || text::is_blank(payload.substr(end)) ||
        !document.read(payload.substr(0, end))) {
      return RejectReason::not_json;
    }
    return RejectReason::trailing_bytes;
  }
};

Parser::Parser(std::uint64_t record_bytes_max, std::optional<SourceMapping> mapping)
    : impl_(std::make_unique<Impl>()) {
  impl_->record_bytes_max = record_bytes_max;
  impl_->mapping = std::move(mapping);
}

Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;

std::optional<RejectReason> Parser::parse(const SourceRecord& record, QueryEvent& event) {
  const std::string_view payload = record.payload;
  if (payload.size() > impl_->record_bytes_max) return RejectReason::too_large;
  const parsing::Document& document = impl_->document;
  if (!impl_->document.read(payload)) return impl_->reason_of_failure(payload);
  if (document.type(document.kRoot) != '{') return RejectReason::bad_value;
  if (document.repeats_a_name()) return RejectReason::duplicate_field;
  if (impl_->mapping) {
    const MappedLayout layout(*impl_->mapping, document);
    return EventReader(layout, event).read(record.broker_time);
  }
  const CanonicalLayout layout(document);
  return EventReader(layout, event).read(record.broker_time);
}

}  // namespace blockwatch
