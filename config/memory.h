// The one budget of memory, and how it is divided: what each part of the process may hold. Pure.
//
// A part is bounded where it is held; when it is full its holder waits, or commits earlier, and loses
// nothing. What is in no part: reports while somebody reads them over HTTP (docs/RELIABILITY.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace blockwatch {

enum class MemoryPart : std::uint8_t {
  program,        // code, threads, buffers of a fixed size, what the allocator has not given back
  rules,          // policy and catalog: those in force, and others being loaded
  state_cache,    // RocksDB's cache of blocks
  write_buffers,  // RocksDB's memtables
  ids,            // remembered, to tell duplicates
  source_queue,   // records that the Kafka client has fetched
  batches,        // records that are parsed and not counted
  commits,        // what the next commit gathers, and the one on its way to the disk
  unknown_oris,   // which of them have a row of their own on a day
  incidents,      // that are open; others are read again when they count on
};
inline constexpr std::size_t kMemoryPartCount = 10;
std::string_view name_of(MemoryPart part);
/// Whether somebody counts what the part holds; of the others the process's size tells.
constexpr bool is_measured(MemoryPart part) {
  return part != MemoryPart::program && part != MemoryPart::rules;
}

/// Bytes by part.
class MemoryDivision {
 public:
  std::uint64_t operator[](MemoryPart part) const { return bytes_.at(static_cast<std::size_t>(part)); }
  std::uint64_t& operator[](MemoryPart part) { return bytes_.at(static_cast<std::size_t>(part)); }
  std::uint64_t total() const;
  friend bool operator==(const MemoryDivision&, const MemoryDivision&) = default;

 private:
  std::array<std::uint64_t, kMemoryPartCount> bytes_{};
};

/// What the configuration says of memory, in bytes.
struct MemoryClaims {
  std::optional<std::uint64_t> budget{};  // memory.bytes_max; none: what the claims need beside the defaults
  std::optional<std::uint64_t> ids{};     // dedup.bytes_max
  std::optional<std::uint64_t> source_queue{};  // of payloads: queued.max.messages.kbytes of [source.kafka]
  std::uint64_t rule_files = 0;                 // the sizes of the files of policy and catalog; 0: not known
};

/// The least budget that these claims fit into.
std::uint64_t least_memory(const MemoryClaims& claims);

/// Claims are granted; what is left is shared by the other parts in the proportions of the default. Error:
/// least_memory(), which is more than the budget.
tl::expected<MemoryDivision, std::uint64_t> divide_memory(const MemoryClaims& claims);

/// How many bytes of payloads the client may hold where its part is `source_queue`, and the reverse: each
/// record takes more than its payload there.
constexpr std::uint64_t queued_payloads(std::uint64_t source_queue) {
  return source_queue / 8 * 3;
}
constexpr std::uint64_t queue_of_payloads(std::uint64_t payloads) {
  return (payloads * 8 + 2) / 3;
}

/// "program 64, rules 64, … MiB", in the order of the parts.
std::string to_text(const MemoryDivision& division);

}  // namespace blockwatch
