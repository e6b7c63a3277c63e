// Bytes -> QueryEvent or a reject reason: the one place that turns bytes into a reason (contract §2).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/domain.h"
#include "config/source_mapping.h"
#include "pipeline/event.h"
#include "pipeline/ports.h"

namespace blockwatch {

/// Every byte of a record is validated, duplicates at any depth included.
/// Thread: one.
class Parser {
 public:
  /// Records of more bytes are `too_large`. `mapping`: where another producer's records have the fields;
  /// none: at the contract's names.
  explicit Parser(std::uint64_t record_bytes_max, std::optional<SourceMapping> mapping = std::nullopt);
  ~Parser();
  Parser(Parser&&) noexcept;

  /// Fills `event`, or returns the first reason in the contract's order. The reference of `future_time` and
  /// `before_retention` is `record.broker_time`; kNoTime skips both, except that a time outside the range of
  /// TimeNs is rejected with the reason of its side (decision 0002). `bad_destination` is not decided here
  /// but in expand().
  std::optional<RejectReason> parse(const SourceRecord& record, QueryEvent& event);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace blockwatch
