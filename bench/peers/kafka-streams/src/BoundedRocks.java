package blockwatch.peer;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/** One bound on the memory of all stores together: blocks, indexes, filters and memtables. */
public final class BoundedRocks implements RocksDBConfigSetter {
  private static final long ALL_BYTES = 128L << 20, MEMTABLE_BYTES = 64L << 20;
  private static final Cache CACHE = new LRUCache(ALL_BYTES);
  private static final WriteBufferManager MEMTABLES = new WriteBufferManager(MEMTABLE_BYTES, CACHE);
  private static final BloomFilter FILTER = new BloomFilter();

  @Override
  public void setConfig(String store, Options options, Map<String, Object> configs) {
    final BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    table.setBlockCache(CACHE).setCacheIndexAndFilterBlocks(true).setPinTopLevelIndexAndFilter(true).setFilterPolicy(FILTER);
    options.setTableFormatConfig(table).setWriteBufferManager(MEMTABLES).setCompressionType(CompressionType.LZ4_COMPRESSION);
    options.setWriteBufferSize(MEMTABLE_BYTES / 4);
  }

  @Override
  public void close(String store, Options options) {} // what is shared lives as long as the process
}
