// How RocksDB is opened. Internal to state/.
#pragma once

#include <vector>

#include <rocksdb/db.h>

#include "state/store.h"

namespace blockwatch {

rocksdb::DBOptions database_options();

/// Every column family, in the order of Family (state/keys.h). They share one cache of blocks, which belongs
/// to what is returned.
std::vector<rocksdb::ColumnFamilyDescriptor> column_families(const StateMemory& memory = {});

}  // namespace blockwatch
