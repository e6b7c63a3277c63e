#include "query/rejects.h"

#include <charconv>
#include <cstdint>
#include <map>
#include <string_view>

#include "base/hash.h"
#include "query/json.h"

namespace blockwatch {
namespace {

struct RejectFilter {
  std::optional<RejectReason> reason;
  std::optional<std::uint32_t> partition;
  RecordPlace from;
};

template <class Number>
std::optional<Number> read_number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Expected<RecordPlace> read_place(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::size_t at = std::min(text.find('@'), text.size());
  const std::size_t begin = std::min(slash + 1, at);
  const auto partition = read_number<std::uint32_t>(text.substr(0, slash));
  const auto offset = read_number<std::uint64_t>(text.substr(begin, at - begin));
  const auto epoch = at == text.size() ? 0 : read_number<std::uint32_t>(text.substr(at + 1));
  if (!partition || !offset || !epoch || *offset == UINT64_MAX)
    return fail(ExitCode::usage, "bad after '" + std::string(text) + "' (PARTITION/OFFSET[@EPOCH])");
  return RecordPlace{*partition, *epoch, *offset};
}

/// "PARTITION/OFFSET", and "@EPOCH" where offsets have begun anew.
std::string place_text(const RecordPlace& place) {
  return std::to_string(place.partition) + "/" + std::to_string(place.offset) +
         (place.epoch == 0 ? "" : "@" + std::to_string(place.epoch));
}

Expected<RejectFilter> read_filter(const RejectWords& words) {
  RejectFilter filter;
  if (!words.reason.empty()) {
    filter.reason = reject_reason_from(words.reason);
    if (!filter.reason) {
      std::string known;
      for (std::size_t i = 0; i < kRejectReasonCount; ++i)
        known += (i == 0 ? "" : " ") + std::string(name_of(static_cast<RejectReason>(i)));
      return fail(ExitCode::usage, "unknown reason '" + words.reason + "' (there are " + known + ")");
    }
  }
  if (!words.partition.empty()) {
    filter.partition = read_number<std::uint32_t>(words.partition);
    if (!filter.partition)
      return fail(ExitCode::usage, "bad partition '" + words.partition + "' (a number from 0)");
    filter.from.partition = *filter.partition;
  }
  if (words.after.empty()) return filter;
  const auto after = read_place(words.after);
  if (!after) return tl::unexpected(after.error());
  if (after->partition >= filter.from.partition)
    filter.from = {after->partition, after->epoch, after->offset + 1};
  return filter;
}

/// Written by hand: a state may hold millions.
std::string row_text(const std::string& topic, const RejectRecord& r) {
  return R"({"topic":)" + topic + R"(,"partition":)" + std::to_string(r.partition) + R"(,"offset":)" +
         std::to_string(r.offset) + (r.epoch == 0 ? "" : R"(,"epoch":)" + std::to_string(r.epoch)) +
         R"(,"reason":")" + std::string(name_of(r.reason)) + R"(","length":)" + std::to_string(r.length) +
         R"(,"hash":")" + to_hex(r.hash) + R"("})";
}

}  // namespace

Expected<std::string> rejects_json(const Snapshot& snapshot, const RejectWords& words,
                                   std::optional<std::size_t> max) {
  const auto filter = read_filter(words);
  if (!filter) return tl::unexpected(filter.error());
  std::map<std::uint32_t, std::string> topics;  // as JSON
  for (const PartitionProgress& p : snapshot.partitions()) topics[p.partition] = dump_json(p.topic);
  std::string out = R"({"rejects":[)";
  std::size_t rows = 0;
  RecordPlace last;
  bool more = false;
  snapshot.for_each_reject(filter->from, [&](const RejectRecord& r) {
    if (filter->partition && r.partition != *filter->partition) return false;
    if (filter->reason && r.reason != *filter->reason) return true;
    more = max && rows == *max;
    if (more) return false;
    if (rows++ != 0) out += ',';
    out += row_text(topics[r.partition], r);
    last = {r.partition, r.epoch, r.offset};
    return true;
  });
  out += ']';
  if (more) out += R"(,"next":")" + place_text(last) + '"';
  return out + '}';
}

}  // namespace blockwatch
