// What the standard streams are, and the progress bar that only a terminal sees.
#pragma once

#include <chrono>
#include <cstdint>

#include "cli/table.h"

namespace blockwatch {

/// For standard output: color on a terminal, unless NO_COLOR is set.
TextStyle output_style();

/// A bar on standard error while something runs; silent where that is no terminal. One thread at a time.
class ProgressBar {
 public:
  ProgressBar();
  /// `share` done 0-1; negative: not known.
  void show(std::uint64_t records, double share);
  /// Wipes the bar.
  void finish();
  double seconds() const;

 private:
  bool visible_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace blockwatch
