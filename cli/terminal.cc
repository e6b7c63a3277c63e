#include "cli/terminal.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <unistd.h>

namespace blockwatch {
namespace {

constexpr std::size_t kBarWidth = 30;

bool is_terminal(int descriptor) {
  return ::isatty(descriptor) == 1;
}

std::string bar_of(double share) {
  const auto full = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(kBarWidth));
  std::string out = "[";
  for (std::size_t i = 0; i < kBarWidth; ++i) out += i < full ? "█" : "░";
  return out + "] " + std::to_string(static_cast<int>(std::clamp(share, 0.0, 1.0) * 100)) + " %  ";
}

}  // namespace

TextStyle output_style() {
  const char* no_color = std::getenv("NO_COLOR");
  return {is_terminal(STDOUT_FILENO) && (no_color == nullptr || *no_color == '\0')};
}

ProgressBar::ProgressBar() : visible_(is_terminal(STDERR_FILENO)), start_(std::chrono::steady_clock::now()) {}

double ProgressBar::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void ProgressBar::show(std::uint64_t records, double share) {
  if (!visible_) return;
  const double rate = static_cast<double>(records) / std::max(seconds(), 0.001);
  const std::string text = (share < 0 ? "" : bar_of(share)) + with_separators(std::to_string(records)) +
                           " records, " + with_separators(std::to_string(static_cast<std::uint64_t>(rate))) +
                           " a second";
  std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressBar::finish() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace blockwatch
