package blockwatch.peer;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Counts the observations of each event into the cube; forwards the first blocked one of a policy, pair and day. */
final class CountProcessor implements Processor<byte[], byte[], byte[], byte[]> {
  private static final long HOUR_MS = 3_600_000, DAY_MS = 24 * HOUR_MS;
  private static final int ALERTS_IN_HEAP = 1 << 16;
  private static final AtomicBoolean BEGUN = new AtomicBoolean();

  private final Rules rules;
  private final EventReader event;
  private final LongMap alerted = new LongMap(); // the newest of what the store remembers
  private final byte[] said = new byte[Rules.JURISDICTIONS.length];
  private ProcessorContext<byte[], byte[]> context;
  private CubeStore cube;
  private long processed, rejected, observations, alerts;
  private int alertsInHeap;

  CountProcessor(Rules rules) {
    this.rules = rules;
    event = new EventReader(rules.byChannel);
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> processorContext) {
    context = processorContext;
    cube = context.getStateStore(CubeStore.NAME);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    if (processed++ == 0 && BEGUN.compareAndSet(false, true)) Peer.say("begun");
    if (!event.read(record.value(), record.timestamp())) {
      ++rejected;
      return;
    }
    if (event.kind >= Rules.OTHER) return; // not in this cube, or out of scope
    long reached = 0;
    for (int i = 0; i < event.destinationCount; ++i) {
      final long target = rules.target(event.destinations[i], event.time);
      if (target != Rules.UNUSABLE) reached |= target & Rules.ALL;
    }
    final boolean isSaid = event.resultCount > 0;
    if (isSaid) readResults();
    final int agency = rules.asker(event.ori, event.line, event.time);
    final long hour = event.time / HOUR_MS;
    for (; reached != 0; reached &= reached - 1) {
      final int jurisdiction = Long.numberOfTrailingZeros(reached);
      final int outcome = isSaid && said[jurisdiction] >= 0 ? said[jurisdiction] & 7 : event.outcome;
      int verdict = Rules.NONE;
      for (final Rules.Policy policy : rules.about(jurisdiction, agency)) {
        final int one = policy.verdict(event, agency);
        verdict = Math.min(verdict, one);
        if (one == Rules.BLOCKED) alert(policy, jurisdiction, agency, outcome);
      }
      cube.add(CubeStore.cell(hour, jurisdiction, agency, event.kind, outcome, verdict));
      ++observations;
    }
  }

  /** The most direct entry of each jurisdiction, of several the first outcome of the list: directness and outcome as one. */
  private void readResults() {
    Arrays.fill(said, (byte) -1);
    for (int i = 0; i < event.resultCount; ++i) {
      final long target = rules.target(event.resultDestinations[i], event.time);
      if (target == Rules.UNUSABLE) continue;
      final byte rank = (byte) (target >>> Rules.DIRECTNESS_SHIFT << 3 | event.resultOutcomes[i]);
      for (long left = target & Rules.ALL; left != 0; left &= left - 1) {
        final int jurisdiction = Long.numberOfTrailingZeros(left);
        if (said[jurisdiction] < 0 || rank < said[jurisdiction]) said[jurisdiction] = rank;
      }
    }
  }

  private void alert(Rules.Policy policy, int jurisdiction, int agency, int outcome) {
    final long day = event.time / DAY_MS;
    final long key = Long.MIN_VALUE | (long) policy.index() << 36 | (long) jurisdiction << 30 | (long) agency << 16 | day;
    if (!alerted.put(key, 1)) return;
    if (++alertsInHeap == ALERTS_IN_HEAP) {
      alerted.clear();
      alertsInHeap = 0;
    }
    if (!cube.remember(key)) return;
    ++alerts;
    final ObjectNode alert = JsonNodeFactory.instance.objectNode().put("kind", "blocked").put("policy", policy.id())
        .put("jurisdiction", Rules.JURISDICTIONS[jurisdiction]).put("agency", rules.nodes[agency])
        .put("day", LocalDate.ofEpochDay(day).toString()).put("outcome", Rules.OUTCOMES[outcome])
        .put("time", Instant.ofEpochMilli(event.time).toString());
    final byte[] value = alert.toString().getBytes(StandardCharsets.UTF_8);
    context.forward(new Record<>(policy.id().getBytes(StandardCharsets.UTF_8), value, event.time));
  }

  @Override
  public void close() {
    if (Totals.wanted) Totals.ALL.add(rules, processed, rejected, observations, alerts);
  }
}
