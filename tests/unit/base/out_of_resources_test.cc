#include "base/out_of_resources.h"

#include <csignal>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"

namespace blockwatch {
namespace {

using testing::ExitedWithCode;
using testing::KilledBySignal;

constexpr int kTemporary = static_cast<int>(ExitCode::temporary);

template <class Thrown>
void throw_in_a_thread(const Thrown& thrown) {
  end_where_resources_are_out();
  std::thread([&thrown] { throw Thrown(thrown); }).join();
}

TEST(OutOfResourcesDeathTest, AnAllocationThatFailsEndsTheProcessForItsRestart) {
  EXPECT_EXIT(
      {
        end_where_resources_are_out();
        std::get_new_handler()();
      },
      ExitedWithCode(kTemporary), "event=out_of_memory");
  EXPECT_EXIT(throw_in_a_thread(std::bad_alloc()), ExitedWithCode(kTemporary), "event=out_of_memory");
}

TEST(OutOfResourcesDeathTest, AThreadThatCannotBeMadeEndsTheProcessForItsRestart) {
  EXPECT_EXIT(
      throw_in_a_thread(std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again))),
      ExitedWithCode(kTemporary), "event=out_of_resources");
}

TEST(OutOfResourcesDeathTest, AnyOtherExceptionIsABug) {
  EXPECT_EXIT(throw_in_a_thread(std::logic_error("bug")), KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace blockwatch
