// What becomes of a RocksDB status and of bytes that do not decode. Internal to state/.
#pragma once

#include <string>
#include <string_view>

#include <rocksdb/status.h>

#include "base/error.h"

namespace blockwatch {

/// Corruption is exit 65, all else is exit 75: the next start reads the truth from the disk. `doing`: "cannot
/// commit".
Error error_of(const rocksdb::Status& status, std::string_view doing);

/// Exit 65. `what`: "the progress of partition 3".
Error damaged(std::string_view what);

}  // namespace blockwatch
