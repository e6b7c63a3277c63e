// Live traffic: one record at a time, each sent at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "pipeline/kafka/client.h"

namespace blockwatch::bench {

/// Owns its producer (linger 0). Thread: one.
class LiveTopic {
 public:
  static Expected<std::unique_ptr<LiveTopic>> open(const std::string& bootstrap_servers,
                                                   const std::string& topic, std::uint32_t partitions);

  /// A license query of this moment that was answered; its id is made of `number`.
  void compose(std::uint64_t number, const std::string& ori, const std::string& destination);

  /// What was composed last, to a partition chosen by its number; its timestamp is now.
  Expected<void> send();

  Expected<void> flush();

 private:
  LiveTopic(kafka::Handle handle, kafka::Topic topic, std::uint32_t partitions)
      : handle_(std::move(handle)), topic_(std::move(topic)), partitions_(partitions) {}

  kafka::Handle handle_;
  kafka::Topic topic_;
  std::uint32_t partitions_;
  std::uint64_t number_ = 0;
  std::string id_, payload_;
};

}  // namespace blockwatch::bench
