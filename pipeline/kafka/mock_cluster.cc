#include "pipeline/kafka/mock_cluster.h"

#include <fmt/format.h>

#include "pipeline/kafka/client.h"

#include <librdkafka/rdkafka_mock.h>  // after rdkafka.h

namespace blockwatch {
namespace {

struct ClusterDeleter {
  void operator()(rd_kafka_mock_cluster_t* cluster) const { rd_kafka_mock_cluster_destroy(cluster); }
};

class LibrdkafkaMockCluster final : public MockCluster {
 public:
  LibrdkafkaMockCluster(kafka::Handle handle, rd_kafka_mock_cluster_t* cluster)
      : handle_(std::move(handle)), cluster_(cluster), servers_(rd_kafka_mock_cluster_bootstraps(cluster)) {}

  const std::string& bootstrap_servers() const override { return servers_; }

  Expected<void> create_topic(const std::string& topic, std::uint32_t partitions) override {
    const auto error =
        rd_kafka_mock_topic_create(cluster_.get(), topic.c_str(), static_cast<int>(partitions), 1);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return fail(ExitCode::temporary, fmt::format("mock topic {}: {}", topic, rd_kafka_err2str(error)));
    }
    return {};
  }

 private:
  kafka::Handle handle_;  // the cluster lives on its threads
  std::unique_ptr<rd_kafka_mock_cluster_t, ClusterDeleter> cluster_;
  std::string servers_;
};

}  // namespace

Expected<std::unique_ptr<MockCluster>> make_mock_cluster() {
  auto conf = kafka::make_conf({}, {}, {});
  if (!conf) return tl::unexpected(conf.error());
  auto handle = kafka::make_handle(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!handle) return tl::unexpected(handle.error());
  rd_kafka_mock_cluster_t* cluster = rd_kafka_mock_cluster_new(handle->get(), 1);
  if (cluster == nullptr)
    return fail(ExitCode::temporary, "the mock Kafka cluster does not start on loopback");
  return std::make_unique<LibrdkafkaMockCluster>(std::move(*handle), cluster);
}

}  // namespace blockwatch
