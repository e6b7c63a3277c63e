package blockwatch.peer;

import java.io.File;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;

/**
 * Counts a topic to its end and says so; ends on SIGTERM with its sums in a file.
 *
 * <p>Arguments: brokers, topic, alert topic, application id, state directory, file of the rules, file for the sums, then
 * settings of Streams as KEY=VALUE, which go before those below. Standard output: "begun MS" at the first record,
 * "committed MS" when the group's offsets stand at the end, both in milliseconds since 1970.
 */
public final class Peer {
  private static final int COMMITTED_POLL_MS = 20;
  private static final String CACHE_CELLS = "cube.cache.cells";

  private Peer() {}

  static void say(String what) {
    System.out.println(what + " " + System.currentTimeMillis());
  }

  public static void main(String[] arguments) throws Exception {
    final String brokers = arguments[0], topic = arguments[1], alerts = arguments[2], id = arguments[3];
    final Rules rules = new Rules(new File(arguments[5]));
    if (rules.nodes.length > CubeStore.AGENCIES_MAX) throw new IllegalArgumentException("too many agencies");
    final Properties settings = settings(brokers, id, arguments[4]);
    for (int i = 7; i < arguments.length; ++i) {
      final String[] pair = arguments[i].split("=", 2);
      settings.put(pair[0], pair[1]);
    }
    final int cacheCells = Integer.parseInt((String) settings.remove(CACHE_CELLS));

    final Topology topology = new Topology();
    topology.addSource("queries", new ByteArrayDeserializer(), new ByteArrayDeserializer(), topic);
    topology.addProcessor("count", () -> new CountProcessor(rules), "queries");
    topology.addStateStore(CubeStore.builder(cacheCells), "count");
    topology.addSink("alerts", alerts, new ByteArraySerializer(), new ByteArraySerializer(), "count");

    final KafkaStreams streams = new KafkaStreams(topology, settings);
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.PENDING_ERROR) Runtime.getRuntime().halt(1);
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      Totals.wanted = true;
      streams.close();
      try {
        Totals.ALL.write(new File(arguments[6]));
      } catch (java.io.IOException e) {
        e.printStackTrace();
      }
    }));
    streams.start();
    waitCommitted(brokers, topic, id);
    say("committed");
    Thread.sleep(Long.MAX_VALUE);
  }

  /** What is not a default, and why; README.md has the measurements. */
  private static Properties settings(String brokers, String id, String stateDirectory) {
    final Properties p = new Properties();
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, id);
    p.put(StreamsConfig.STATE_DIR_CONFIG, stateDirectory);
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 500); // every commit costs the broker a transaction and rewrites open pages
    p.put(CACHE_CELLS, "262144"); // a task: more than it counts between two commits
    p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0); // the cube has its own
    p.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 10_000);
    p.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocks.class);
    // Fetches large enough that a thread finds its next records already there.
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 << 20);
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.FETCH_MIN_BYTES_CONFIG), 1 << 16);
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG), 20);
    p.put(StreamsConfig.consumerPrefix(ConsumerConfig.RECEIVE_BUFFER_CONFIG), 1 << 20);
    // A commit flushes; until then a batch may fill.
    p.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
    p.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 1 << 18);
    p.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 100);
    return p;
  }

  /** Until the group's committed offsets stand at the ends that the topic has now. */
  private static void waitCommitted(String brokers, String topic, String id) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      final int partitions = admin.describeTopics(java.util.List.of(topic)).allTopicNames().get().get(topic).partitions().size();
      final Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
      for (int p = 0; p < partitions; ++p) asked.put(new TopicPartition(topic, p), OffsetSpec.latest());
      final Map<TopicPartition, Long> ends = admin.listOffsets(asked).all().get().entrySet().stream()
          .collect(Collectors.toMap(Map.Entry::getKey, end -> end.getValue().offset()));
      for (boolean done = false; !done;) {
        Thread.sleep(COMMITTED_POLL_MS);
        final Map<TopicPartition, OffsetAndMetadata> committed =
            admin.listConsumerGroupOffsets(id).partitionsToOffsetAndMetadata().get();
        done = ends.entrySet().stream().allMatch(end -> {
          final OffsetAndMetadata at = committed.get(end.getKey());
          return end.getValue() == 0 || at != null && at.offset() >= end.getValue();
        });
      }
    }
  }
}
