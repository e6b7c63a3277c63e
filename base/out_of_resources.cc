#include "base/out_of_resources.h"

#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>
#include <system_error>

#include <unistd.h>

#include "base/error.h"

namespace blockwatch {
namespace {

// The log allocates.
[[noreturn]] void end(std::string_view line) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  std::_Exit(static_cast<int>(ExitCode::temporary));
}

[[noreturn]] void on_terminate() {
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    end_without_memory();
  } catch (const std::system_error&) {  // std::thread's
    end("level=error event=out_of_resources msg=\"the kernel gives no further thread; ending for a "
        "restart\"\n");
  } catch (...) {
    std::abort();
  }
  std::abort();
}

}  // namespace

void end_where_resources_are_out() {
  std::set_new_handler(end_without_memory);
  std::set_terminate(on_terminate);
}

void end_without_memory() {
  end("level=error event=out_of_memory msg=\"the kernel gives no further memory; ending for a restart\"\n");
}

}  // namespace blockwatch
