// The end of a process that the kernel gives no memory or thread: exit 75, and the restart goes on from the
// last commit.
//
// Nothing is tried to go on: a batch that is half in memory cannot be told from a whole one.
#pragma once

namespace blockwatch {

/// Called once, first in main(): from then on every allocation of C++ that fails, and every exception that
/// nobody catches because a thread could not be made, ends the process.
void end_where_resources_are_out();

/// Says so on standard error, without allocating, and ends the process. Thread: any.
[[noreturn]] void end_without_memory();

}  // namespace blockwatch
