#include "config/diagnostic.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace blockwatch {

std::size_t Diagnostics::rank_of(const std::string& file) const {
  return static_cast<std::size_t>(std::find(files_.begin(), files_.end(), file) - files_.begin());
}

void Diagnostics::add(Diagnostic d) {
  if (rank_of(d.file) == files_.size()) files_.push_back(d.file);
  const auto place = [this](const Diagnostic& x) { return std::tuple(rank_of(x.file), x.line, x.col); };
  const auto at =
      std::upper_bound(all_.begin(), all_.end(), d,
                       [&](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
  all_.insert(at, std::move(d));
}

std::string to_text(const Diagnostic& d) {
  std::string text = d.file;
  if (d.line > 0) text += ':' + std::to_string(d.line) + ':' + std::to_string(d.col);
  text += ": error: " + d.what;
  if (!d.hint.empty()) text += " (" + d.hint + ')';
  return text;
}

}  // namespace blockwatch
