// librdkafka's in-process mock cluster: for the demo and for unit tests, never for a deployment.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"

namespace blockwatch {

/// Lives as long as the object; listens on loopback.
class MockCluster {
 public:
  virtual ~MockCluster() = default;
  virtual const std::string& bootstrap_servers() const = 0;
  virtual Expected<void> create_topic(const std::string& topic, std::uint32_t partitions) = 0;
};

Expected<std::unique_ptr<MockCluster>> make_mock_cluster();

}  // namespace blockwatch
