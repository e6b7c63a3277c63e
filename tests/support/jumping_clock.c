/* Preloaded into a daemon, gives it a wall clock that a test moves while it runs: a file of two 64-bit numbers, seconds by
   which the clock is off, and how often the daemon was told a wrong time. The monotonic clock goes on as it does.

   Waits until a moment of the wall clock follow the moved clock, as the kernel's do: they end when the clock passes the
   moment, and last longer when it is put back. (libfaketime would do this; with jemalloc it does not get past its start.) */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct page {
  volatile int64_t off_seconds;
  volatile int64_t wrong_answers;
};

static struct page none; /* until the file is there */
static struct page* page = &none;

#define SECOND_NS 1000000000LL
#define LOOK_NS 20000000LL        /* how soon a wait notices that the clock was moved */
#define WALL_SECONDS_MIN 1000000000 /* a smaller time is one of the monotonic clock */

__attribute__((constructor)) static void open_page(void) {
  const char* name = getenv("JUMPING_CLOCK");
  const int file = name == NULL ? -1 : open(name, O_RDWR | O_CLOEXEC);
  void* mapped = file < 0 ? MAP_FAILED : mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) _exit(99);
  close(file);
  page = mapped;
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  const int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) && page->off_seconds != 0) {
    now->tv_sec += page->off_seconds;
    __atomic_add_fetch(&page->wrong_answers, 1, __ATOMIC_RELAXED);
  }
  return result;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
  struct timespec precise;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* now) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  if (now != NULL) *now = precise.tv_sec;
  return precise.tv_sec;
}

int timespec_get(struct timespec* now, int base) {
  return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

int pthread_cond_timedwait(pthread_cond_t* restrict condition, pthread_mutex_t* restrict mutex, const struct timespec* restrict until) {
  struct timespec now, wake;
  if (until->tv_sec < WALL_SECONDS_MIN) return pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, until);
  clock_gettime(CLOCK_REALTIME, &now);
  clock_gettime(CLOCK_MONOTONIC, &wake);
  const int64_t seconds = until->tv_sec - now.tv_sec;
  int64_t left = seconds > 1 ? LOOK_NS : seconds < -1 ? 0 : seconds * SECOND_NS + until->tv_nsec - now.tv_nsec;
  const int is_cut_short = left > LOOK_NS || seconds > 1;
  if (left > LOOK_NS) left = LOOK_NS;
  if (left < 0) left = 0;
  wake.tv_nsec += left;
  wake.tv_sec += wake.tv_nsec / SECOND_NS;
  wake.tv_nsec %= SECOND_NS;
  const int result = pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, &wake);
  return result == ETIMEDOUT && is_cut_short ? 0 : result; /* 0 without a signal: allowed, the caller looks and waits on */
}
