// Schedules from seeds, one after the other: each forks the processes that its plan wants, then prints one
// line of JSON: what the state holds at last, what happened, and what was wrong. test_simulation.py reads the
// lines and asks the oracle.
//
// simulation DIR FIRST_SEED STEP COUNT WORLD_FOLDER...     state directories are made below DIR; schedule i
// has the seed FIRST_SEED + i * STEP, and the world of number seed modulo the count of worlds
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "tests/simulation/process.h"

namespace blockwatch::simulation {
namespace {

constexpr unsigned kHangSeconds = 30;
constexpr std::int64_t kBootTime = 1'000 * kSecond;  // what the monotonic clock shows at first

// Runs `body`, which ends its process; what of its end was not planned is a fault.
template <class Body>
void in_process(Outside& outside, const std::string& errors, Body body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int file = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ::dup2(file, STDERR_FILENO);
    ::alarm(kHangSeconds);
    body();
  }
  int status = 0;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid) {
    outside.report_fault("cannot fork");
    return;
  }
  const bool as_planned = WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kDied);
  if (as_planned) return;
  std::string text = WIFSIGNALED(status)
                         ? "a process was ended by signal " + std::to_string(WTERMSIG(status))
                         : "a process ended with status " + std::to_string(WEXITSTATUS(status));
  if (std::FILE* file = std::fopen(errors.c_str(), "r"); file != nullptr) {
    std::array<char, 2000> tail{};
    text += ": " + std::string(tail.data(), std::fread(tail.data(), 1, tail.size(), file));
    std::fclose(file);
  }
  outside.report_fault(text.c_str());
}

void print_end(const Plan& plan, const Outside& outside, std::size_t world) {
  nlohmann::ordered_json events;
  for (std::size_t i = 0; i < kEvents; ++i)
    if (outside.events.at(i) != 0) events[name_of(static_cast<Event>(i))] = outside.events.at(i);
  const nlohmann::ordered_json tail{
      {"seed", plan.seed}, {"world", world}, {"events", events}, {"fault", outside.fault.data()}};
  std::string text = tail.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  if (outside.was_printed) text[0] = ',';  // goes on where print_state() ended
  std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
}

void run_schedule(std::uint64_t seed, const std::vector<World>& worlds, const std::string& dir,
                  Outside& outside) {
  const std::size_t number = seed % worlds.size();
  const World& world = worlds[number];
  const Plan plan = make_plan(seed, world);
  std::memset(static_cast<void*>(&outside), 0, sizeof outside);
  outside.clock.monotonic = kBootTime;
  outside.clock.wall_offset = plan.wall_clock - kBootTime;
  outside.policy = plan.policy;
  outside.catalog = plan.catalog;
  const Stage stage{world, plan, dir + "/state", outside};
  std::filesystem::remove_all(stage.dir);
  for (std::size_t i = 0; i < plan.processes.size() && outside.fault[0] == 0; ++i)
    in_process(outside, dir + "/errors", [&] { live(stage, i); });
  if (!outside.was_printed && outside.fault[0] == 0)
    in_process(outside, dir + "/errors", [&] { open_and_print(stage); });
  print_end(plan, outside, number);
}

int run(const std::vector<std::string>& words) {
  if (words.size() < 5) {
    std::fputs("simulation DIR FIRST_SEED STEP COUNT WORLD_FOLDER...\n", stderr);
    return static_cast<int>(ExitCode::usage);
  }
  log::configure(log::Level::error, log::Format::json);
  std::vector<World> worlds;
  for (std::size_t i = 4; i < words.size(); ++i) worlds.push_back(load_world(words[i]));
  void* shared = ::mmap(nullptr, sizeof(Outside), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  Outside& outside = *new (shared) Outside;
  const std::uint64_t first = std::stoull(words[1]), step = std::stoull(words[2]),
                      count = std::stoull(words[3]);
  for (std::uint64_t i = 0; i < count; ++i) run_schedule(first + i * step, worlds, words[0], outside);
  return 0;
}

}  // namespace
}  // namespace blockwatch::simulation

int main(int argc, char** argv) {
  return blockwatch::simulation::run(std::vector<std::string>(argv + 1, argv + argc));
}
