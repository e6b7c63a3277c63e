package blockwatch.peer;

import java.util.Arrays;

/** Open addressing from long to long. A key is never 0. */
final class LongMap {
  private long[] keys = new long[64];
  private long[] values = new long[64];
  private int size;

  long get(long key, long absent) {
    final int at = slot(key);
    return keys[at] == 0 ? absent : values[at];
  }

  /** False: the key was there; its value is replaced all the same. */
  boolean put(long key, long value) {
    int at = slot(key);
    final boolean isNew = keys[at] == 0;
    if (isNew && ++size * 2 > keys.length) {
      grow();
      at = slot(key);
    }
    keys[at] = key;
    values[at] = value;
    return isNew;
  }

  private int slot(long key) {
    final long mixed = key * 0x9E3779B97F4A7C15L;
    int at = (int) (mixed ^ mixed >>> 32) & keys.length - 1;
    while (keys[at] != 0 && keys[at] != key) at = at + 1 & keys.length - 1;
    return at;
  }

  private void grow() {
    final long[] oldKeys = keys;
    final long[] oldValues = values;
    keys = new long[oldKeys.length * 2];
    values = new long[oldKeys.length * 2];
    for (int i = 0; i < oldKeys.length; ++i) {
      if (oldKeys[i] == 0) continue;
      final int at = slot(oldKeys[i]);
      keys[at] = oldKeys[i];
      values[at] = oldValues[i];
    }
  }

  void clear() {
    Arrays.fill(keys, 0);
    size = 0;
  }
}
