// Deletes the records of a partition before an offset, as retention does: java DeleteRecords.java BROKERS TOPIC
// PARTITION OFFSET, with Kafka's jars on the class path. Debian's client for Python does not know that request.
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;

class DeleteRecords {
  public static void main(String[] words) throws Exception {
    var partition = new TopicPartition(words[1], Integer.parseInt(words[2]));
    var before = RecordsToDelete.beforeOffset(Long.parseLong(words[3]));
    try (var admin = Admin.create(Map.of("bootstrap.servers", words[0]))) {
      admin.deleteRecords(Map.of(partition, before)).all().get();
    }
  }
}
