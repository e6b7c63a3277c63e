// How jemalloc is set up in the programs that link it (decision 0003); it reads this before main.

// By default it keeps eight arenas on two cores, each with pages of its own that nobody uses. What is
// allocated here mostly passes from one thread to another, so more of them save no waiting.
// NOLINTNEXTLINE(readability-identifier-naming): the name that jemalloc looks for
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:2";
}
