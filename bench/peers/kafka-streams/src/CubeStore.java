package blockwatch.peer;

import java.util.Arrays;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.internals.AbstractStoreBuilder;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;

/**
 * The cube of one partition: a RocksDB store with a changelog, and before it a write cache in the heap.
 *
 * <p>A cell is one long: hour, jurisdiction, agency, class, outcome, verdict, the hour highest. Cells of one hour and
 * jurisdiction are one row of the store, a page: sorted, delta-coded pairs of the cell's rest and its count. The cache is
 * a list of cells, sorted and merged into their pages when it is full and before each commit: Streams empties every
 * CachedStateStore before it commits a transaction, so that offsets and counts go together.
 */
final class CubeStore implements StateStore, CachedStateStore<Long, byte[]> {
  static final String NAME = "cube";

  private static final int HOUR_AT = 28, JURISDICTION_AT = 22, AGENCY_AT = 8, CLASS_AT = 6, OUTCOME_AT = 3;
  private static final int REST = (1 << JURISDICTION_AT) - 1;
  static final int AGENCIES_MAX = 1 << JURISDICTION_AT - AGENCY_AT;
  private static final byte[] NOTHING = {};

  private final KeyValueStore<Long, byte[]> pages = Stores
      .keyValueStoreBuilder(Stores.persistentKeyValueStore(NAME), Serdes.Long(), Serdes.ByteArray())
      .withCachingDisabled().build();
  private final long[] added;
  private int count;
  private byte[] page = new byte[1 << 12]; // being written
  private int end;
  private byte[] old; // being read
  private int at;

  private CubeStore(int cacheCells) {
    added = new long[cacheCells];
  }

  static StoreBuilder<CubeStore> builder(int cacheCells) {
    return new AbstractStoreBuilder<Long, byte[], CubeStore>(NAME, Serdes.Long(), Serdes.ByteArray(), Time.SYSTEM) {
      @Override
      public CubeStore build() {
        return new CubeStore(cacheCells);
      }
    };
  }

  static long cell(long hour, int jurisdiction, int agency, int kind, int outcome, int verdict) {
    return hour << HOUR_AT | (long) jurisdiction << JURISDICTION_AT
        | agency << AGENCY_AT | kind << CLASS_AT | outcome << OUTCOME_AT | verdict;
  }

  /** Counts one observation. */
  void add(long cell) {
    if (count == added.length) flushCache();
    added[count++] = cell;
  }

  /** Remembers a key that is no page's: negative. False: it was remembered before. */
  boolean remember(long key) {
    final boolean isNew = pages.get(key) == null;
    if (isNew) pages.put(key, NOTHING);
    return isNew;
  }

  /** Adds everything in the store to the sums. */
  void sum(Totals totals) {
    try (KeyValueIterator<Long, byte[]> all = pages.all()) {
      while (all.hasNext()) {
        final KeyValue<Long, byte[]> row = all.next();
        if (row.key < 0) continue;
        final long hour = row.key >>> HOUR_AT - JURISDICTION_AT;
        final int jurisdiction = (int) (row.key & (1 << HOUR_AT - JURISDICTION_AT) - 1);
        old = row.value;
        at = 0;
        for (int rest = 0; at < old.length;) {
          rest += next();
          totals.add(hour, jurisdiction, rest >>> AGENCY_AT, rest >>> CLASS_AT & 3, rest >>> OUTCOME_AT & 7, rest & 7, next());
        }
      }
    }
  }

  @Override
  public void flushCache() {
    Arrays.sort(added, 0, count);
    for (int from = 0, to; from < count; from = to) {
      final long key = added[from] >>> JURISDICTION_AT;
      for (to = from + 1; to < count && added[to] >>> JURISDICTION_AT == key;) ++to;
      final byte[] before = pages.get(key);
      merge(before == null ? NOTHING : before, from, to);
      pages.put(key, Arrays.copyOf(page, end));
    }
    count = 0;
  }

  /** The page `before` with added[from, to) into `page`. */
  private void merge(byte[] before, int from, int to) {
    old = before;
    at = end = 0;
    int last = 0;
    int oldCell = nextCell(0);
    while (from < to || oldCell <= REST) {
      final int newCell = from < to ? (int) added[from] & REST : REST + 1;
      final int cell = Math.min(oldCell, newCell);
      int n = 0;
      if (cell == oldCell) {
        n += next();
        oldCell = nextCell(oldCell);
      }
      for (; from < to && ((int) added[from] & REST) == cell; ++from) ++n;
      if (page.length - end < 10) page = Arrays.copyOf(page, 2 * page.length);
      write(cell - last);
      write(n);
      last = cell;
    }
  }

  private int nextCell(int last) {
    return at == old.length ? REST + 1 : last + next();
  }

  private int next() {
    int value = 0;
    for (int shift = 0;; shift += 7) {
      final byte b = old[at++];
      value |= (b & 0x7F) << shift;
      if (b >= 0) return value;
    }
  }

  private void write(int value) {
    int left = value;
    for (; left > 0x7F; left >>>= 7) page[end++] = (byte) (left | 0x80);
    page[end++] = (byte) left;
  }

  @Override
  public void clearCache() {
    count = 0;
  }

  @Override
  public void init(StateStoreContext context, StateStore root) {
    pages.init(context, root);
  }

  @Override
  public void flush() {
    flushCache();
    pages.flush();
  }

  @Override
  public void close() {
    if (Totals.wanted && pages.isOpen()) sum(Totals.ALL);
    pages.close();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean persistent() {
    return true;
  }

  @Override
  public boolean isOpen() {
    return pages.isOpen();
  }

  @Override
  public boolean setFlushListener(CacheFlushListener<Long, byte[]> listener, boolean sendOldValues) {
    return false;
  }
}
