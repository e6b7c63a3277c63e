// Where the reader of one partition stands, and what it knows of the partition's log.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include <librdkafka/rdkafka.h>

#include "pipeline/feed_pattern.h"
#include "pipeline/log_check.h"
#include "pipeline/silence.h"

namespace blockwatch::kafka {

/// Owned by the source; its thread.
struct Position {
  std::uint32_t partition = 0;
  LogCheck check;
  SilenceWatch silence{std::chrono::steady_clock::now()};
  LagWatch growth{};
  bool has_moved = false;                 // since the last look
  std::uint64_t reached = 0;              // where the end of the log was seen, behind its control records
  bool at_end = false;                    // the client said so
  std::optional<ReadableEnd> readable{};  // the brokers' last answer
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;  // the last one logged
  const rd_kafka_message_t* last = nullptr;                // delivered by this poll
  bool is_gone = false;  // the brokers did not know it lately: what comes next may be another log

  /// Up to where it was read, control records included.
  std::uint64_t place() const { return std::max(check.position().value_or(0), reached); }
  /// A client that has stopped fetching says that it stands at the end; the brokers know better.
  bool is_at_end() const { return at_end && (!readable || readable->offset <= place()); }
  /// Records behind the end of the log, as of the last fetch or of the brokers' last answer; none: neither
  /// was there yet.
  std::optional<std::uint64_t> lag(const FetchedMarks& fetched) const {
    if (!fetched.end && !readable) return std::nullopt;
    // At the end, whatever lies before the mark is control records.
    if (is_at_end()) return 0;
    const std::uint64_t end = std::max(fetched.end.value_or(0), readable ? readable->offset : 0);
    const std::uint64_t next = check.position().value_or(fetched.start.value_or(0));
    return end <= next ? 0 : end - next;
  }
};

}  // namespace blockwatch::kafka
