// What comes before counting, on a thread of its own: poll, parse, and the id's fingerprint. It needs nothing
// that counting changes, and takes about as long.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "pipeline/event.h"
#include "pipeline/parse.h"
#include "pipeline/ports.h"

namespace blockwatch {

/// A record as it is counted. Its payload is there only where it may have to be rejected: `reason` is set, or
/// no destination is certain to be usable.
struct ParsedRecord {
  SourceRecord record;
  std::optional<RejectReason> reason;
  QueryEvent event;  // without reason; its id is gone
  std::uint64_t fingerprint = 0;
};

/// Some records of one poll, in order. Memory is kept from use to use.
class ParsedBatch {
 public:
  ParsedBatch();
  std::span<const ParsedRecord> records() const { return {slots_.data(), size_}; }
  /// Of the partitions that stood at the end of their log after these records.
  std::vector<std::uint32_t> at_end;
  std::vector<GapFound> gaps;           // behind these records
  std::vector<std::uint32_t> verified;  // partitions
  std::vector<SilenceFound> silent;
  /// Of the last record of each partition.
  struct LastRecord {
    std::uint32_t partition = 0;
    TimeNs broker_time = kNoTime;
    std::uint64_t payload = 0;  // its fingerprint
  };
  std::vector<LastRecord> last_records;
  bool drained = false;        // the poll found nothing, nor did any since
  bool last = false;           // nothing comes after it
  std::optional<Error> error;  // of the poll; then the last

 private:
  friend class Intake;
  bool is_full() const;
  /// Beside the room for the usual payloads, with what is lost to growing.
  std::uint64_t bytes_kept() const;
  /// But that nothing had come.
  bool says_nothing() const;
  ParsedRecord& add();
  void keep_payload(SourceRecord& record);
  void clear();

  std::vector<ParsedRecord> slots_;
  std::size_t size_ = 0;
  std::size_t bytes_kept_ = 0;
  std::vector<char> room_;
  std::pmr::monotonic_buffer_resource kept_;  // the payloads; begins with the room
};

/// Owned by the Worker. intake -> worker: batches, bounded in number and bytes; where there are as many as
/// may be it waits, and so does the source; worker -> intake: what is durable. The source is the intake's
/// alone until its last batch.
class Intake {
 public:
  /// Reads until `stop`, or if `to_the_end` until every partition stands at its end; what was polled by then
  /// is handed over. What it takes by reference outlives it.
  /// `bytes_max`: of all batches.
  Intake(Source& source, Parser parser, const SipKey& fingerprint_key, bool to_the_end,
         const std::atomic<bool>& stop, std::uint64_t bytes_max = kBatchesBytes);
  /// Waits for a poll that has begun.
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  /// Waits for the next batch, which is valid until the next call. There is one a few times a
  /// second, if only to say that nothing came. Not after the last.
  const ParsedBatch& take();
  /// What all batches hold now, in bytes. Thread: any.
  std::uint64_t bytes() const;
  /// For Source::committed, before its next poll.
  void committed(std::span<const PartitionProgress> progress);

 private:
  void run();
  /// False: that was the last.
  bool hand_over_all(const SourceBatch& polled, const std::optional<Error>& error);
  void parse(const SourceRecord& record, ParsedBatch& batch);
  void note_last_records(std::span<const SourceRecord> records, ParsedBatch& batch);
  /// An empty one; waits for the worker to give one back. Null: nobody wants it any more.
  std::unique_ptr<ParsedBatch> blank();
  void hand_over(std::unique_ptr<ParsedBatch> batch);
  void tell_source();

  /// Where memory is plenty.
  static constexpr std::uint64_t kBatchesBytes = 40ULL << 20U;

  Source& source_;
  Parser parser_;
  const SipKey fingerprint_key_;
  const bool to_the_end_;
  std::vector<std::uint64_t> noted_;  // by partition: of which batch its last record was noted
  std::uint64_t batches_ = 0;
  const std::atomic<bool>& stop_;

  const std::size_t batches_max_;
  const std::uint64_t kept_bytes_max_;  // of payloads, in all batches; one more may begin below it
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t bytes_kept_ = 0;  // of payloads in what is ready or taken
  std::vector<std::unique_ptr<ParsedBatch>> blank_;
  std::deque<std::unique_ptr<ParsedBatch>> ready_;
  std::vector<PartitionProgress> committed_;  // not told yet
  bool closing_ = false, ended_ = false;
  std::unique_ptr<ParsedBatch> taken_;  // the worker's
  std::thread thread_;                  // last: it uses the others
};

}  // namespace blockwatch
