#include "pipeline/output/log_output.h"

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/log.h"

namespace blockwatch {
namespace {

log::Level level_of(const std::string& severity) {
  if (severity == "critical") return log::Level::error;
  return severity == "warning" ? log::Level::warning : log::Level::info;
}

void write_line(const Notification& notification) {
  const auto event = nlohmann::json::parse(notification.body, nullptr, false);
  BW_CHECK(event.is_object() && event.contains("data"));  // our own, fixed when it was made
  const nlohmann::json& data = event["data"];
  const auto text = [&data](const char* field) { return data.value(field, std::string()); };
  log::write(level_of(text("severity")), "alert", text("summary"),
             {{"kind", text("kind")},
              {"severity", text("severity")},
              {"policy", text("policy")},
              {"jurisdiction", text("jurisdiction")},
              {"agency", text("agency")},
              {"day", text("day")},
              {"count", data.value("count", std::uint64_t{0})},
              {"milestone", notification.milestone},
              {"incident", notification.incident},
              {"id", notification.id}});
}

/// Delivered = written: the log is a pipe or a file of this very machine.
class LogOutput final : public Output {
 public:
  explicit LogOutput(std::string name) : name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  Expected<std::size_t> deliver(std::span<const Notification> notifications,
                                std::chrono::milliseconds) override {
    for (const Notification& n : notifications) write_line(n);
    return notifications.size();
  }

 private:
  const std::string name_;
};

}  // namespace

std::unique_ptr<Output> make_log_output(std::string name) {
  return std::make_unique<LogOutput>(std::move(name));
}

}  // namespace blockwatch
