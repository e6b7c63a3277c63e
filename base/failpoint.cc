#include "base/failpoint.h"

#ifdef BLOCKWATCH_FAILPOINTS

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace blockwatch {
namespace {

struct Armed {
  std::string name;
  long hit = 0;
};

Armed read_environment() {
  const char* value = std::getenv("BLOCKWATCH_FAILPOINT");
  if (value == nullptr) return {};
  const std::string text(value);
  const auto colon = text.find(':');
  if (colon == std::string::npos) return {text, 1};
  return {text.substr(0, colon), std::strtol(text.c_str() + colon + 1, nullptr, 10)};
}

}  // namespace

void failpoint(const char* name) {
  static const Armed kArmed = read_environment();
  static std::atomic<long> hits{0};
  if (kArmed.name == std::string_view(name) && ++hits == kArmed.hit) std::raise(SIGKILL);
}

}  // namespace blockwatch

#endif
