// Places where a crash test ends the process as if by kill -9. Nothing is compiled in unless
// BLOCKWATCH_FAILPOINTS.
//
// The environment variable BLOCKWATCH_FAILPOINT="NAME:N" names one place and the hit (from 1) that kills.
#pragma once

namespace blockwatch {

#ifdef BLOCKWATCH_FAILPOINTS
/// Kills the process with SIGKILL if this is the named place and its hit.
void failpoint(const char* name);
#else
inline void failpoint(const char*) {}
#endif

}  // namespace blockwatch
