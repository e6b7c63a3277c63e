// Output `kafka`: CloudEvents to a topic through an idempotent producer, record key = incident id.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/error.h"
#include "pipeline/ports.h"

namespace blockwatch {

/// `settings`: librdkafka's connection settings. A producer that went fatal is thrown away and made anew.
Expected<std::unique_ptr<Output>> make_kafka_output(std::string name, std::string topic,
                                                    std::map<std::string, std::string> settings);

}  // namespace blockwatch
