#include "config/load.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

#include "config/draft.h"
#include "config/file_text.h"

namespace blockwatch {
namespace {

/// The file that setting `key` names; a failure is reported where the setting stands.
FileText read_named(const std::string& config_path, const SettingsDraft& draft, const std::string& key,
                    const std::string& path, Diagnostics& diagnostics) {
  if (path.empty()) return {path, std::nullopt};  // the missing setting was reported
  auto bytes = read_file(path);
  if (bytes) return {path, std::move(*bytes)};
  Reporter(config_path, diagnostics)
      .error(draft.places.at(key), key + ": " + toml::quoted(path) + " cannot be read: " + bytes.error(),
             "correct the path or its permissions; relative paths start at this file's folder");
  return {path, std::nullopt};
}

}  // namespace

tl::expected<std::string, std::string> read_file(const std::string& path) {
  const auto why = [] { return tl::unexpected<std::string>(std::generic_category().message(errno)); };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  if (!file) return why();
  std::string bytes;
  std::array<char, 65536> chunk{};
  while (const std::size_t n = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    bytes.append(chunk.data(), n);
  }
  if (std::ferror(file.get()) != 0) return why();
  return bytes;
}

std::optional<Configuration> load_configuration(const std::string& path, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.size();
  const auto bytes = read_file(path);
  if (!bytes) {
    diagnostics.add({path, 0, 0, "cannot be read: " + bytes.error(), "give the path of blockwatchd.toml"});
    return std::nullopt;
  }
  SettingsDraft settings = draft_settings(path, *bytes, diagnostics);
  const Settings& s = settings.loaded.settings;
  const auto read = [&](const char* key, const std::string& file) {
    return read_named(path, settings, key, file, diagnostics);
  };
  FileText agencies = read("catalog.agencies", s.agencies_file);
  FileText oris = read("catalog.oris", s.oris_file);
  FileText rules = read("policy.file", s.policy_file);
  CatalogDraft catalog = draft_catalog(std::move(agencies), std::move(oris), diagnostics);
  Policy policy;
  if (rules.bytes) policy = draft_policy(rules.name, std::move(*rules.bytes), catalog.known(), diagnostics);
  if (diagnostics.size() != before) return std::nullopt;
  return Configuration{std::move(settings.loaded), std::move(catalog.catalog), std::move(policy)};
}

}  // namespace blockwatch
