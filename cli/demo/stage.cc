#include "cli/demo/stage.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/generate/shipped_examples.h"

namespace blockwatch {
namespace {

Expected<void> write_file(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  file.close();
  if (!file) return fail(ExitCode::temporary, "cannot write " + path + " (is the disk full?)");
  return {};
}

// The in-process broker answers an empty fetch only when its time is over, even if a record comes meanwhile.
constexpr std::string_view kSettings = R"([source]
kind = "kafka"
topic = "{topic}"
[source.kafka]
"bootstrap.servers" = "{brokers}"
"fetch.wait.max.ms" = "10"
[state]
dir = "{folder}/state"
[policy]
file = "policy.toml"
[catalog]
agencies = "agencies.toml"
oris = "oris.csv"
[http]
listen = "unix:{folder}/api.sock"
[[output]]
name = "alerts-topic"
kind = "kafka"
topic = "{alerts}"
)";

std::string settings_text(const std::string& folder, const std::string& brokers) {
  return fmt::format(kSettings, fmt::arg("topic", Stage::kQueryTopic), fmt::arg("brokers", brokers),
                     fmt::arg("folder", folder), fmt::arg("alerts", Stage::kAlertTopic));
}

}  // namespace

Expected<std::unique_ptr<TemporaryFolder>> TemporaryFolder::make() {
  std::error_code error;
  std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) parent = "/tmp";
  std::string path = (parent / "blockwatch-demo-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) {
    return fail(ExitCode::temporary, "cannot make a folder in " + parent.string() + ": " +
                                         std::strerror(errno) + " (TMPDIR names another place)");
  }
  return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(std::move(path)));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Expected<std::unique_ptr<Stage>> Stage::set() {
  auto folder = TemporaryFolder::make();
  if (!folder) return tl::unexpected(folder.error());
  auto cluster = make_mock_cluster();
  if (!cluster) return tl::unexpected(cluster.error());
  if (auto ok = (*cluster)->create_topic(kQueryTopic, kPartitions); !ok) return tl::unexpected(ok.error());
  if (auto ok = (*cluster)->create_topic(kAlertTopic, 1); !ok) return tl::unexpected(ok.error());

  const std::string& path = (*folder)->path();
  const std::string settings = settings_text(path, (*cluster)->bootstrap_servers());
  for (const auto& [name, bytes] :
       {std::pair<std::string_view, std::string_view>{"/agencies.toml", shipped_agencies()},
        {"/oris.csv", shipped_oris()},
        {"/policy.toml", shipped_policy()},
        {"/blockwatchd.toml", settings}}) {
    if (auto ok = write_file(path + std::string(name), bytes); !ok) return tl::unexpected(ok.error());
  }
  Diagnostics diagnostics;
  auto configuration = load_configuration(path + "/blockwatchd.toml", diagnostics);
  if (!configuration) {
    std::string text = "the demo's own configuration is bad:";
    for (const Diagnostic& diagnostic : diagnostics.all()) text += "\n" + to_text(diagnostic);
    return fail(ExitCode::bad_config, text);
  }
  return std::unique_ptr<Stage>(
      new Stage{std::move(*folder), std::move(*cluster), std::move(*configuration)});
}

}  // namespace blockwatch
