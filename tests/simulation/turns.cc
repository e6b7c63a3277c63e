#include "tests/simulation/turns.h"

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <vector>

#include <cxxabi.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/simulation/random.h"

namespace blockwatch::simulation {
namespace {

constexpr std::int64_t kNever = INT64_MAX;
constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kClockReadNs =
    1'000;  // a clock that is read moves on, so no loop waits for it in vain

enum class Waits { nothing, mutex, condition, sleep, join, ended };

struct Thread {
  sem_t turn{};
  Waits waits = Waits::nothing;
  const void* object = nullptr;  // the mutex, the condition, the thread to be joined
  std::int64_t deadline = kNever;
  bool was_woken = false;  // not by its deadline
  pthread_t handle{};
  void* (*body)(void*) = nullptr;
  void* argument = nullptr;
};

struct State {
  VirtualClock* clock = nullptr;
  Random random{0};
  unsigned switches_per_mille = 0;
  std::vector<Thread*> threads;
  std::int64_t end_time = kNever;
  std::uint64_t end_places = 0;
  void (*die)() = nullptr;
  pthread_key_t last_key{};  // its destructor is the last of a thread
};

State* state = nullptr;  // never freed: the process ends with it
thread_local Thread* self = nullptr;

bool is_on() {
  return self != nullptr;
}

bool can_run(const Thread& t) {
  return t.waits == Waits::nothing || (t.waits != Waits::ended && t.deadline <= state->clock->monotonic);
}

// The next to run; moves the clock where all wait for it.
Thread* next_thread() {
  static std::vector<Thread*> able;  // one thread at a time is here
  while (true) {
    able.clear();
    std::int64_t earliest = kNever;
    for (Thread* t : state->threads) {
      if (can_run(*t)) able.push_back(t);
      if (t->waits != Waits::ended && t->deadline < earliest) earliest = t->deadline;
    }
    if (!able.empty()) return able[state->random.below(able.size())];
    if (earliest == kNever) {
      std::fputs("every thread waits for another\n", stderr);
      ::_exit(kDeadlock);
    }
    state->clock->monotonic = earliest;
  }
}

void wait_for_turn() {
  while (::sem_wait(&self->turn) != 0) {
  }
}

void pass_on() {
  Thread* next = next_thread();
  if (next == self) return;
  ::sem_post(&next->turn);
  wait_for_turn();
}

// Lets others go until this one is woken, or its deadline is over; whether it was woken.
bool wait_as(Waits waits, const void* object, std::int64_t deadline) {
  self->waits = waits;
  self->object = object;
  self->deadline = deadline;
  self->was_woken = false;
  pass_on();
  self->waits = Waits::nothing;
  self->deadline = kNever;
  return self->was_woken;
}

void wake(Thread& t) {
  t.waits = Waits::nothing;
  t.deadline = kNever;
  t.was_woken = true;
}

void wake_all(Waits waits, const void* object) {
  for (Thread* t : state->threads)
    if (t->waits == waits && t->object == object) wake(*t);
}

// A place where another thread may go first.
void place() {
  if (state->clock->monotonic >= state->end_time && state->end_places-- == 0) state->die();
  if (state->random.below(1000) < state->switches_per_mille) pass_on();
}

std::int64_t nanoseconds(const timespec& t) {
  return static_cast<std::int64_t>(t.tv_sec) * kSecondNs + t.tv_nsec;
}

timespec time_spec(std::int64_t ns) {
  return {static_cast<time_t>(ns / kSecondNs), static_cast<long>(ns % kSecondNs)};
}

template <class Function>
Function* real(Function*& kept, const char* name) {
  if (kept == nullptr) kept = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
  return kept;
}
#define REAL(name)                                     \
  ([] {                                                \
    static constinit decltype(&(name)) kept = nullptr; \
    return real(kept, #name);                          \
  }())

void lock(pthread_mutex_t* mutex) {
  while (::pthread_mutex_trylock(mutex) == EBUSY) wait_as(Waits::mutex, mutex, kNever);
}

int wait_on(pthread_cond_t* condition, pthread_mutex_t* mutex, std::int64_t deadline) {
  REAL(pthread_mutex_unlock)(mutex);
  wake_all(Waits::mutex, mutex);
  const bool was_woken = wait_as(Waits::condition, condition, deadline);
  lock(mutex);
  return was_woken ? 0 : ETIMEDOUT;
}

// The destructors of a thread's variables still take turns; this one runs after them all.
void leave(void* thread) {
  static thread_local int left = 3;
  if (left-- > 0) {
    ::pthread_setspecific(state->last_key, thread);
    return;
  }
  self->waits = Waits::ended;
  wake_all(Waits::join, self);
  Thread* next = next_thread();
  self = nullptr;
  ::sem_post(&next->turn);
}

void* run(void* argument) {
  auto* thread = static_cast<Thread*>(argument);
  self = thread;
  wait_for_turn();
  ::pthread_setspecific(state->last_key, thread);
  return thread->body(thread->argument);
}

Thread* new_thread() {
  auto* thread = new Thread;
  ::sem_init(&thread->turn, 0, 0);
  state->threads.push_back(thread);
  return thread;
}

}  // namespace

void begin_turns(const TurnsOptions& options, VirtualClock& clock) {
  state = new State;
  state->clock = &clock;
  state->random = Random(options.seed);
  state->switches_per_mille = options.switches_per_mille;
  ::pthread_key_create(&state->last_key, leave);
  self = new_thread();
  self->handle = ::pthread_self();
}

void end_at(std::int64_t monotonic, std::uint64_t places, void (*die)()) {
  state->end_time = monotonic;
  state->end_places = places;
  state->die = die;
}

void sleep_for(std::int64_t ns) {
  wait_as(Waits::sleep, nullptr, state->clock->monotonic + ns);
}

}  // namespace blockwatch::simulation

using namespace blockwatch::simulation;  // NOLINT: what follows are the C library's names

extern "C" {

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  if (!is_on()) return REAL(pthread_mutex_lock)(mutex);
  place();
  lock(mutex);
  return 0;
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  const int status = REAL(pthread_mutex_unlock)(mutex);
  if (!is_on()) return status;
  wake_all(Waits::mutex, mutex);
  place();
  return status;
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  return wait_on(condition, mutex, kNever);
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* until) {
  const std::int64_t offset = clock == CLOCK_REALTIME ? state->clock->wall_offset : 0;
  return wait_on(condition, mutex, nanoseconds(*until) - offset);
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  return pthread_cond_clockwait(condition, mutex, CLOCK_REALTIME, until);
}

int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  if (!is_on()) return 0;  // there is one thread
  std::vector<Thread*> waiting;
  for (Thread* t : state->threads)
    if (t->waits == Waits::condition && t->object == condition) waiting.push_back(t);
  if (!waiting.empty()) wake(*waiting[state->random.below(waiting.size())]);
  place();
  return 0;
}

int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  if (!is_on()) return 0;
  wake_all(Waits::condition, condition);
  place();
  return 0;
}

int pthread_rwlock_rdlock(pthread_rwlock_t* rwlock) noexcept {
  if (!is_on()) return REAL(pthread_rwlock_rdlock)(rwlock);
  place();
  while (::pthread_rwlock_tryrdlock(rwlock) != 0) wait_as(Waits::mutex, rwlock, kNever);
  return 0;
}

int pthread_rwlock_wrlock(pthread_rwlock_t* rwlock) noexcept {
  if (!is_on()) return REAL(pthread_rwlock_wrlock)(rwlock);
  place();
  while (::pthread_rwlock_trywrlock(rwlock) != 0) wait_as(Waits::mutex, rwlock, kNever);
  return 0;
}

int pthread_rwlock_unlock(pthread_rwlock_t* rwlock) noexcept {
  const int status = REAL(pthread_rwlock_unlock)(rwlock);
  if (is_on()) wake_all(Waits::mutex, rwlock);
  return status;
}

int pthread_create(pthread_t* handle, const pthread_attr_t* attributes, void* (*body)(void*),
                   void* argument) noexcept {
  if (!is_on()) return REAL(pthread_create)(handle, attributes, body, argument);
  Thread* thread = new_thread();
  thread->body = body;
  thread->argument = argument;
  const int status = REAL(pthread_create)(handle, attributes, run, thread);
  thread->handle = *handle;
  place();
  return status;
}

int pthread_join(pthread_t handle, void** result) {
  if (is_on()) {
    for (Thread* t : state->threads)
      if (t->handle == handle && t->waits != Waits::ended) wait_as(Waits::join, t, kNever);
  }
  return REAL(pthread_join)(handle, result);
}

// Only for people who look at a process, and slow.
int pthread_setname_np(pthread_t, const char*) noexcept {
  return 0;
}

// The same on every machine.
int get_nprocs() noexcept {
  return 2;
}
long sysconf(int name) noexcept {
  if (name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF) return get_nprocs();
  return REAL(sysconf)(name);
}

// 0: not yet; 1: somebody is at it; 2: done.
int pthread_once(pthread_once_t* once, void (*routine)()) {
  while (*once == 1) sched_yield();
  if (*once == 2) return 0;
  *once = 1;
  routine();
  *once = 2;
  return 0;
}

int sched_yield() noexcept {
  if (!is_on()) return 0;
  state->clock->monotonic += kClockReadNs;
  pass_on();
  return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* left) {
  if (!is_on()) return REAL(clock_nanosleep)(clock, flags, time, left);
  const std::int64_t offset = clock == CLOCK_REALTIME ? state->clock->wall_offset : 0;
  const std::int64_t now = state->clock->monotonic + offset;
  sleep_for((flags & TIMER_ABSTIME) != 0 ? nanoseconds(*time) - now : nanoseconds(*time));
  return 0;
}

int nanosleep(const timespec* time, timespec* left) {
  return clock_nanosleep(CLOCK_MONOTONIC, 0, time, left);
}

int usleep(useconds_t microseconds) {
  const timespec time = time_spec(static_cast<std::int64_t>(microseconds) * 1'000);
  return nanosleep(&time, nullptr);
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const bool is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  const bool is_ours = is_wall || clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW ||
                       clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME;
  if (!is_on() || !is_ours) return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  state->clock->monotonic += kClockReadNs;
  *time = time_spec(state->clock->monotonic + (is_wall ? state->clock->wall_offset : 0));
  return 0;
}

int gettimeofday(timeval* time, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1'000};
  return 0;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"

namespace __cxxabiv1 {
extern "C" {

// As pthread_once, for a function's static variables: the first byte says that it is done, the second that
// somebody is at it.
int __cxa_guard_acquire(__cxxabiv1::__guard* guard) {
  char* const marks = reinterpret_cast<char*>(guard);
  while (marks[0] == 0 && marks[1] != 0) sched_yield();
  if (marks[0] != 0) return 0;
  marks[1] = 1;
  return 1;
}
void __cxa_guard_release(__cxxabiv1::__guard* guard) noexcept {
  char* const marks = reinterpret_cast<char*>(guard);
  marks[0] = 1;
  marks[1] = 0;
}
void __cxa_guard_abort(__cxxabiv1::__guard* guard) noexcept {
  reinterpret_cast<char*>(guard)[1] = 0;
}

}  // extern "C"
}  // namespace __cxxabiv1
