// A configuration on the disk, as an operator writes it, in a folder that goes away.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "config/load.h"

namespace blockwatch::test {

class World {
 public:
  World() {
    std::string pattern = testing::TempDir() + "bw-daemon-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    write("agencies.toml", "[[agency]]\nid = \"ice\"\n[[agency]]\nid = \"local_il\"\n");
    write("oris.csv",
          "ori,agency,name,type,status,line,state,valid_from,valid_to,tags\n"
          "VTICE0900,ice,,,active,,VT,,,\nIL0160000,local_il,,,active,,IL,,,\n");
    write_policy("2025-01-15");
  }
  ~World() {
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  const std::string& dir() const { return dir_; }
  std::string socket() const { return "unix:" + dir_ + "/api.sock"; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ + "/" + name, std::ios::binary) << text;
    return dir_ + "/" + name;
  }
  void write_policy(const std::string& enforce_from) const {
    write("policy.toml",
          "[[block]]\nid = \"il-ice\"\njurisdictions = [\"IL\"]\nagencies = [\"ice\"]\nenforce_from = " +
              enforce_from + "\nauthority = \"order\"\n");
  }
  /// `source` is the body of [source] and what follows it.
  Configuration configuration(const std::string& source, const std::string& outputs = "") const {
    const std::string path =
        write("blockwatchd.toml", "[source]\n" + source + "\n[state]\ndir = \"state\"\n[http]\nlisten = \"" +
                                      socket() + "\"\n[policy]\nfile = \"policy.toml\"\n[catalog]\n" +
                                      "agencies = \"agencies.toml\"\noris = \"oris.csv\"\n" + outputs);
    Diagnostics diagnostics;
    auto loaded = load_configuration(path, diagnostics);
    for (const Diagnostic& d : diagnostics.all()) ADD_FAILURE() << to_text(d);
    if (!loaded) std::abort();
    return std::move(*loaded);
  }
  Configuration files(const std::string& outputs = "") const {
    return configuration("kind = \"file\"\nfiles = [\"events.ndjson\"]", outputs);
  }

  static std::string event(int n, const std::string& ori, const std::string& outcome) {
    return R"({"id":"e)" + std::to_string(n) +
           R"(","time":"2025-11-12T14:03:27Z","message_key":"DQ","origin":{"ori":")" + ori +
           R"("},"destinations":["IL"],"outcome":")" + outcome + "\"}\n";
  }

 private:
  std::string dir_;
};

}  // namespace blockwatch::test
