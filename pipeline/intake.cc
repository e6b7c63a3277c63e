#include "pipeline/intake.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/prefetch.h"
#include "pipeline/expand.h"

namespace blockwatch {
namespace {

// How long an idle poll waits: bounds how late a stop is noticed.
constexpr std::chrono::milliseconds kIdlePoll{100};
// A hand-over costs some microseconds. All batches together are some 20 ms of work: on two cores either side
// is at times without one for that long, and the other shall go on.
constexpr std::size_t kBatchRecordsMax = 512;
constexpr std::size_t kBatchesMin = 4;
constexpr std::size_t kBatchesMax = 32;
// Where each of its records has 64 destinations; the room for payloads included.
constexpr std::uint64_t kBatchBytes = 1280ULL << 10U;
constexpr std::size_t kSlotsAhead = 2;
// Of payloads kept in one batch; one more may begin below it.
constexpr std::size_t kBytesKeptMax = std::size_t{1} << 20U;
// The payloads that are usually kept.
constexpr std::size_t kRoom = std::size_t{64} << 10U;

}  // namespace

bool ParsedBatch::is_full() const {
  return size_ >= kBatchRecordsMax || bytes_kept_ >= kBytesKeptMax;
}

bool ParsedBatch::says_nothing() const {
  return drained && gaps.empty() && verified.empty() && silent.empty();
}

ParsedRecord& ParsedBatch::add() {
  if (size_ == slots_.size()) slots_.emplace_back();
  // The worker had the lines last.
  if (size_ + kSlotsAhead < slots_.size())
    prefetch_lines_to_write(&slots_[size_ + kSlotsAhead], sizeof(ParsedRecord));
  return slots_[size_++];
}

std::uint64_t ParsedBatch::bytes_kept() const {
  return bytes_kept_ <= kRoom ? 0 : 2 * bytes_kept_;
}

ParsedBatch::ParsedBatch() : room_(kRoom), kept_(room_.data(), room_.size()) {}

void ParsedBatch::keep_payload(SourceRecord& record) {
  if (record.payload.empty()) return;
  auto* const copy = static_cast<char*>(kept_.allocate(record.payload.size(), 1));
  std::memcpy(copy, record.payload.data(), record.payload.size());
  bytes_kept_ += record.payload.size();
  record.payload = {copy, record.payload.size()};
}

void ParsedBatch::clear() {
  at_end.clear();
  gaps.clear();
  verified.clear();
  silent.clear();
  last_records.clear();
  drained = last = false;
  error.reset();
  size_ = bytes_kept_ = 0;
  kept_.release();
}

Intake::Intake(Source& source, Parser parser, const SipKey& fingerprint_key, bool to_the_end,
               const std::atomic<bool>& stop, std::uint64_t bytes_max)
    : source_(source),
      parser_(std::move(parser)),
      fingerprint_key_(fingerprint_key),
      to_the_end_(to_the_end),
      stop_(stop),
      batches_max_(std::clamp(bytes_max / kBatchBytes, kBatchesMin, kBatchesMax)),
      kept_bytes_max_(bytes_max / 2) {
  for (std::size_t i = 0; i < batches_max_; ++i) blank_.push_back(std::make_unique<ParsedBatch>());
  thread_ = std::thread([this] { run(); });
}

Intake::~Intake() {
  {
    const std::lock_guard held(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

const ParsedBatch& Intake::take() {
  std::unique_lock held(mutex_);
  if (taken_) {
    bytes_kept_ -= taken_->bytes_kept();
    blank_.push_back(std::move(taken_));
    changed_.notify_all();
  }
  changed_.wait(held, [this] { return !ready_.empty(); });
  // That nothing had come is no news where something has come since: the worker would commit it alone.
  while (ready_.size() > 1 && ready_.front()->says_nothing()) {
    blank_.push_back(std::move(ready_.front()));
    ready_.pop_front();
    changed_.notify_all();
  }
  taken_ = std::move(ready_.front());
  ready_.pop_front();
  return *taken_;
}

std::uint64_t Intake::bytes() const {
  const std::lock_guard held(mutex_);
  return batches_max_ * (kBatchRecordsMax * sizeof(ParsedRecord) + kRoom) + bytes_kept_;
}

void Intake::committed(std::span<const PartitionProgress> progress) {
  const std::lock_guard held(mutex_);
  if (ended_)
    source_.committed(progress);
  else
    committed_.insert(committed_.end(), progress.begin(), progress.end());
}

void Intake::tell_source() {
  std::vector<PartitionProgress> progress;
  {
    const std::lock_guard held(mutex_);
    progress.swap(committed_);
  }
  if (!progress.empty()) source_.committed(progress);
}

std::unique_ptr<ParsedBatch> Intake::blank() {
  std::unique_lock held(mutex_);
  changed_.wait(held, [this] { return (!blank_.empty() && bytes_kept_ <= kept_bytes_max_) || closing_; });
  if (closing_) return nullptr;
  auto batch = std::move(blank_.back());  // the last one given back: it is closest
  blank_.pop_back();
  held.unlock();
  batch->clear();
  return batch;
}

void Intake::hand_over(std::unique_ptr<ParsedBatch> batch) {
  {
    const std::lock_guard held(mutex_);
    ended_ = batch->last;
    bytes_kept_ += batch->bytes_kept();
    ready_.push_back(std::move(batch));
  }
  changed_.notify_all();
}

void Intake::parse(const SourceRecord& record, ParsedBatch& batch) {
  ParsedRecord& parsed = batch.add();
  parsed.record = record;
  parsed.reason = parser_.parse(record, parsed.event);
  if (parsed.reason || !is_surely_usable(parsed.event)) {
    batch.keep_payload(parsed.record);
  } else {
    parsed.record.payload = {};
  }
  if (parsed.reason) return;
  parsed.fingerprint = siphash(fingerprint_key_, parsed.event.id);
  parsed.event.id = {};
}

void Intake::note_last_records(std::span<const SourceRecord> records, ParsedBatch& batch) {
  ++batches_;
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    if (record->partition >= noted_.size()) noted_.resize(record->partition + 1);
    if (std::exchange(noted_[record->partition], batches_) == batches_) continue;
    batch.last_records.push_back(
        {record->partition, record->broker_time, siphash(fingerprint_key_, record->payload)});
  }
}

bool Intake::hand_over_all(const SourceBatch& polled, const std::optional<Error>& error) {
  const bool at_end = polled.records.empty() && polled.at_end.size() == source_.partitions().size();
  const bool is_last = error || stop_ || (to_the_end_ && at_end);
  std::size_t next = 0;
  do {
    auto batch = blank();
    if (!batch) return false;
    const std::size_t first = next;
    for (; next < polled.records.size() && !batch->is_full(); ++next) parse(polled.records[next], *batch);
    note_last_records(std::span(polled.records).subspan(first, next - first), *batch);
    if (next == polled.records.size()) {
      batch->at_end = polled.at_end;
      batch->gaps = polled.gaps;
      batch->verified = polled.verified;
      batch->silent = polled.silent;
      batch->drained = polled.records.empty();
      batch->last = is_last;
      batch->error = error;
    }
    hand_over(std::move(batch));
  } while (next < polled.records.size());
  return !is_last;
}

void Intake::run() {
  SourceBatch polled;
  std::optional<Error> error;
  bool is_idle = false;
  do {
    tell_source();
    polled.clear();
    if (const auto poll = source_.poll(is_idle ? kIdlePoll : std::chrono::milliseconds(0), polled); !poll) {
      error = poll.error();
      polled.clear();
    }
    is_idle = polled.records.empty();
  } while (hand_over_all(polled, error));
}

}  // namespace blockwatch
