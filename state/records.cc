#include "state/records.h"

#include "base/check.h"

namespace blockwatch {

std::string_view name_of(Suppression reason) {
  switch (reason) {
    case Suppression::stale:
      return "stale";
  }
  BW_CHECK(false);
}

void IncidentCounters::add(const IncidentCounters& other) {
  count += other.count;
  photo += other.photo;
  for (std::size_t i = 0; i < by_outcome.size(); ++i) by_outcome[i] += other.by_outcome[i];
  for (std::size_t i = 0; i < by_class.size(); ++i) by_class[i] += other.by_class[i];
  if (other.first && (!first || *other.first < *first)) first = other.first;
  if (other.last && (!last || *other.last > *last)) last = other.last;
}

}  // namespace blockwatch
