package blockwatch.peer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** What was counted, summed over tasks and stores as they close for good; for checking the answer. */
final class Totals {
  static final Totals ALL = new Totals();
  /** From when on a closing store or processor adds itself. */
  static volatile boolean wanted;

  private long processed, rejected, observations, alerts; // as the processors say
  private long stored; // as the stores say
  private final Map<String, long[]> rows = new TreeMap<>(); // agency, jurisdiction, class
  private final Map<Long, Long> days = new TreeMap<>(); // since 1970-01-01
  private Rules rules;

  synchronized void add(Rules by, long processedMore, long rejectedMore, long observationsMore, long alertsMore) {
    rules = by;
    processed += processedMore;
    rejected += rejectedMore;
    observations += observationsMore;
    alerts += alertsMore;
  }

  synchronized void add(long hour, int jurisdiction, int agency, int kind, int outcome, int verdict, long n) {
    stored += n;
    days.merge(hour / 24, n, Long::sum);
    final String key = agency + " " + jurisdiction + " " + kind;
    final long[] row = rows.computeIfAbsent(key, k -> new long[Rules.OUTCOMES.length + Rules.VERDICTS.length]);
    row[outcome] += n;
    row[Rules.OUTCOMES.length + verdict] += n;
  }

  synchronized void write(File file) throws IOException {
    final ObjectMapper json = new ObjectMapper();
    final ObjectNode root = json.createObjectNode();
    root.put("processed", processed).put("rejected", rejected).put("observations", observations);
    root.put("stored", stored).put("alerts", alerts);
    final ObjectNode byDay = root.putObject("days");
    days.forEach((day, n) -> byDay.put(java.time.LocalDate.ofEpochDay(day).toString(), n));
    for (final Map.Entry<String, long[]> row : rows.entrySet()) {
      final String[] key = row.getKey().split(" ");
      final ObjectNode out = root.withArray("rows").addObject();
      out.put("agency", rules.nodes[Integer.parseInt(key[0])]);
      out.put("jurisdiction", Rules.JURISDICTIONS[Integer.parseInt(key[1])]);
      out.put("class", Rules.CLASSES[Integer.parseInt(key[2])]);
      for (int i = 0; i < Rules.OUTCOMES.length; ++i) out.put(Rules.OUTCOMES[i], row.getValue()[i]);
      for (int i = 0; i < Rules.VERDICTS.length; ++i) out.put(Rules.VERDICTS[i], row.getValue()[Rules.OUTCOMES.length + i]);
    }
    json.writeValue(file, root);
  }
}
