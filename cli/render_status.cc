#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "cli/json_text.h"
#include "cli/render.h"

namespace blockwatch {
namespace {

using Json = nlohmann::ordered_json;

// 24 lines: what stands above and below the partitions takes up to 16 of them.
constexpr std::size_t kWidth = 80;
constexpr std::size_t kPartitionsShown = 6;
constexpr std::size_t kOutputsShown = 2;
constexpr std::size_t kAttentionShown = 3;
constexpr std::size_t kDigestShown = 12;
constexpr const char* kUnknown = "-";

std::string number_or(const Json& value, const char* otherwise = kUnknown) {
  return value.is_null() ? otherwise : with_separators(value.dump());
}

/// `3 d 4 h`, `5 m 12 s`: the two largest units.
std::string age_text(const Json& seconds) {
  if (seconds.is_null()) return kUnknown;
  struct Unit {
    const char* name;
    std::uint64_t seconds;
  };
  constexpr std::array<Unit, 4> kUnits{{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}};
  auto rest = seconds.get<std::uint64_t>();
  for (std::size_t i = 0; i + 1 < kUnits.size(); ++i) {
    if (rest < kUnits.at(i).seconds) continue;
    return std::to_string(rest / kUnits.at(i).seconds) + " " + kUnits.at(i).name + " " +
           std::to_string(rest % kUnits.at(i).seconds / kUnits.at(i + 1).seconds) + " " +
           kUnits.at(i + 1).name;
  }
  return std::to_string(rest) + " s";
}

std::string cut(const std::string& line, std::size_t width = kWidth) {
  if (display_width(line) <= width) return line + '\n';
  // The few characters beyond ASCII stand in names of topics and outputs only; never cut inside of one.
  std::size_t end = width - 3;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  return line.substr(0, end) + "...\n";
}

std::string left(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}
std::string right(const std::string& text, std::size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + text;
}

std::string head_text(const Json& status, TextStyle style) {
  std::string out = bold("blockwatch " + text_at(status, "version"), style) + "  instance " +
                    text_at(status, "instance") + "  ";
  if (status.at("state").is_null()) return out + "not running: the state at rest\n";
  return out + text_at(status, "state") + " for " + age_text(status.at("uptime_seconds")) + '\n';
}

std::string attention_text(const Json& attention, TextStyle style) {
  if (attention.empty()) return "All well.\n";
  std::string out;
  for (std::size_t i = 0; i < std::min(attention.size(), kAttentionShown); ++i)
    out += warning_text("! ", style) + cut(attention[i].get<std::string>(), kWidth - 2);
  if (attention.size() > kAttentionShown)
    out += "  and " + std::to_string(attention.size() - kAttentionShown) + " more (--format json)\n";
  return out;
}

/// The partitions that are shown, those with most left to read first where they do not all fit.
std::vector<Json> chosen(const Json& partitions) {
  std::vector<Json> list(partitions.begin(), partitions.end());
  if (list.size() <= kPartitionsShown) return list;
  const auto lag = [](const Json& p) { return p.at("lag").is_null() ? 0 : p.at("lag").get<std::uint64_t>(); };
  std::stable_sort(list.begin(), list.end(), [&](const Json& a, const Json& b) { return lag(a) > lag(b); });
  list.resize(kPartitionsShown);
  return list;
}

std::string partitions_text(const Json& status, TextStyle style) {
  const Json& partitions = status.at("partitions");
  std::string out;
  if (!partitions.empty()) {
    out += cut("topic " + text_at(partitions[0], "topic") + ", " +
               with_separators(std::to_string(partitions.size())) +
               (partitions.size() == 1 ? " partition" : " partitions"));
    out += bold(left("partition", 11) + right("position", 16) + right("lag", 14) + "  " + left("clock", 21) +
                    right("age", 12),
                style) +
           '\n';
  }
  for (const Json& p : chosen(partitions)) {
    const std::string clock = p.at("clock").is_null() ? kUnknown : text_at(p, "clock").substr(0, 19) + "Z";
    out += left(p.at("partition").dump(), 11) + right(number_or(p.at("position")), 16) +
           right(number_or(p.at("lag")), 14) + "  " + left(clock, 21) +
           right(age_text(p.at("clock_age_seconds")), 12) + '\n';
  }
  if (partitions.size() > kPartitionsShown)
    out += "and " + std::to_string(partitions.size() - kPartitionsShown) + " more, none further behind\n";
  if (status.at("state").is_null()) return out;
  return out + "last commit " + age_text(status.at("last_commit_age_seconds")) + " ago, " +
         number_or(status.at("records_per_second")) + " records/s in this run\n";
}

std::string outputs_text(const Json& outputs) {
  std::string out;
  for (std::size_t i = 0; i < std::min(outputs.size(), kOutputsShown); ++i) {
    const Json& output = outputs[i];
    std::string line =
        "output " + text_at(output, "name") + ": " + number_or(output.at("pending")) + " pending";
    if (output.contains("suppressed")) line += ", " + number_or(output.at("suppressed")) + " suppressed";
    out += cut(line);
  }
  if (outputs.size() > kOutputsShown)
    out += "and " + std::to_string(outputs.size() - kOutputsShown) + " more outputs\n";
  return out;
}

std::string version_text(const Json& status, const char* kind) {
  const Json& version = status.at("versions").at(kind);
  if (version.is_null()) return left(kind, 8) + " none\n";
  const std::string since =
      version.at("since").is_null() ? "for all time" : "since " + text_at(version, "since");
  return left(kind, 8) + " " + text_at(version, "digest").substr(0, kDigestShown) + " " + since + '\n';
}

std::string incidents_line(const Json& incidents) {
  std::string all;
  std::string today;
  for (const auto& [severity, count] : incidents.at("open").items()) {
    const std::string between = all.empty() ? "" : ", ";
    all += between + with_separators(count.dump()) + " " + severity;
    today += between + with_separators(incidents.at("open_of_day").at(severity).dump());
  }
  return cut("open     " + all + " incidents; of today " + today);
}

/// Where the state went back to the point before a damage; daemons before this version do not tell.
std::string rollbacks_text(const Json& status) {
  std::string out;
  if (!status.contains("rollbacks")) return out;
  for (const Json& rollback : status.at("rollbacks")) out += "went back on " + text_at(rollback, "at") + '\n';
  return out;
}

std::string disk_text(const Json& free_bytes) {
  if (free_bytes.is_null()) return "";
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "disk     %.1f GiB free\n",
                static_cast<double>(free_bytes.get<std::uint64_t>()) / (1U << 30U));
  return text.data();
}

}  // namespace

std::string status_text(const Json& status, TextStyle style) {
  return head_text(status, style) + attention_text(status.at("attention"), style) + '\n' +
         partitions_text(status, style) + '\n' + outputs_text(status.at("outputs")) +
         incidents_line(status.at("incidents")) + version_text(status, "policy") +
         version_text(status, "catalog") + rollbacks_text(status) + disk_text(status.at("disk_free_bytes"));
}

std::string status_csv(const Json& status) {
  constexpr std::array<const char*, 7> kColumns{"topic", "partition",         "position", "lag",
                                                "clock", "clock_age_seconds", "rejected"};
  return listing_csv(status.at("partitions"), kColumns);
}

}  // namespace blockwatch
