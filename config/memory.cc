#include "config/memory.h"

#include <algorithm>
#include <numeric>

namespace blockwatch {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

// 27 MiB with an empty catalog, 24 of them code. The rest is for what is fixed (four HTTP threads, RocksDB's
// compaction, the clients of outputs) and for pages that the allocator gives back within ten seconds.
constexpr std::uint64_t kProgram = 64 * kMiB;
// Measured: 12 to 15 bytes a byte of the files, from 18,000 to 220,000 ORIs; twice, for a reload.
constexpr std::uint64_t kRulesPerFileByte = 30;
constexpr std::uint64_t kRulesMin = 64 * kMiB;

struct Share {
  MemoryPart part;
  std::uint64_t bytes;  // of the default
};
constexpr std::array<Share, 8> kShares{{
    {MemoryPart::state_cache, 16 * kMiB},
    {MemoryPart::write_buffers, 104 * kMiB},
    {MemoryPart::ids, 256 * kMiB},
    {MemoryPart::source_queue, 64 * kMiB},
    {MemoryPart::batches, 40 * kMiB},
    {MemoryPart::commits, 256 * kMiB},
    {MemoryPart::unknown_oris, 64 * kMiB},
    {MemoryPart::incidents, 32 * kMiB},
}};
// No part is less than this fraction of its default: a commit of some 70,000 observations.
constexpr std::uint64_t kLeastPart = 26;

std::uint64_t rules_of(const MemoryClaims& claims) {
  return std::max(kRulesMin, kRulesPerFileByte * claims.rule_files);
}

const std::optional<std::uint64_t>* claim_of(const MemoryClaims& claims, MemoryPart part) {
  if (part == MemoryPart::ids) return &claims.ids;
  if (part == MemoryPart::source_queue) return &claims.source_queue;
  return nullptr;
}

/// What is granted, and the sum of the shares of everybody else.
struct Granted {
  std::uint64_t bytes = 0;
  std::uint64_t other_shares = 0;
};

Granted granted_by(const MemoryClaims& claims) {
  Granted granted{kProgram + rules_of(claims), 0};
  for (const Share& share : kShares) {
    const auto* claim = claim_of(claims, share.part);
    if (claim != nullptr && *claim)
      granted.bytes += share.part == MemoryPart::source_queue ? queue_of_payloads(**claim) : **claim;
    else
      granted.other_shares += share.bytes;
  }
  return granted;
}

}  // namespace

std::string_view name_of(MemoryPart part) {
  constexpr std::array<std::string_view, kMemoryPartCount> kNames{
      "program",      "rules",   "state_cache", "write_buffers", "ids",
      "source_queue", "batches", "commits",     "unknown_oris",  "incidents"};
  return kNames.at(static_cast<std::size_t>(part));
}

std::uint64_t MemoryDivision::total() const {
  return std::accumulate(bytes_.begin(), bytes_.end(), std::uint64_t{0});
}

std::uint64_t least_memory(const MemoryClaims& claims) {
  const Granted granted = granted_by(claims);
  return granted.bytes + (granted.other_shares + kLeastPart - 1) / kLeastPart;
}

tl::expected<MemoryDivision, std::uint64_t> divide_memory(const MemoryClaims& claims) {
  const Granted granted = granted_by(claims);
  if (claims.budget && *claims.budget < least_memory(claims)) return tl::unexpected(least_memory(claims));
  const std::uint64_t left = claims.budget ? *claims.budget - granted.bytes : granted.other_shares;
  MemoryDivision division;
  division[MemoryPart::program] = kProgram;
  division[MemoryPart::rules] = rules_of(claims);
  for (const Share& share : kShares) {
    const auto* claim = claim_of(claims, share.part);
    if (claim != nullptr && *claim)
      division[share.part] = share.part == MemoryPart::source_queue ? queue_of_payloads(**claim) : **claim;
    else  // in steps, so that the product fits
      division[share.part] = left / granted.other_shares * share.bytes +
                             left % granted.other_shares * share.bytes / granted.other_shares;
  }
  return division;
}

std::string to_text(const MemoryDivision& division) {
  std::string text;
  for (std::size_t i = 0; i < kMemoryPartCount; ++i) {
    const auto part = static_cast<MemoryPart>(i);
    text += (i == 0 ? "" : ", ") + std::string(name_of(part)) + ' ' +
            std::to_string((division[part] + kMiB / 2) / kMiB);
  }
  return text + " MiB";
}

}  // namespace blockwatch
