// What the microbenchmarks work on: made-up traffic of the example catalog, judged by the example policy.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/event.h"
#include "pipeline/expand.h"
#include "pipeline/ports.h"
#include "pipeline/ruleset.h"

namespace blockwatch::bench {

/// A record that is a message, parsed and expanded.
struct Message {
  std::string id;
  QueryEvent event;  // without its id
  Expansion expansion;
};

struct Corpus {
  std::shared_ptr<const Ruleset> ruleset;
  std::vector<std::string> payloads;  // odd and bad ones included
  std::vector<SourceRecord> records;  // on partition 0; borrow from the payloads
  std::vector<std::string> times;     // as the payloads spell them
  std::vector<Message> messages;
};

/// 131,072 records of one day. Made once; takes a second or two.
const Corpus& corpus();

}  // namespace blockwatch::bench
