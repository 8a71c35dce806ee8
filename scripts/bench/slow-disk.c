/*
 * A slow memory card for benchmarks: sleeps MLANGO_FSYNC_DELAY_MS after every fsync and fdatasync,
 * only of files under MLANGO_FSYNC_DIR when that is set. MLANGO_FSYNC_DELAY_FILE names a file that holds the
 * delay instead and is read at every sync, so that a running process can be slowed down and let go.
 * Build: gcc -O2 -fPIC -shared -o slow-disk.so slow-disk.c -ldl    Use: LD_PRELOAD=./slow-disk.so MLANGO_FSYNC_DELAY_MS=10 ...
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int is_slow(int fd) {
  const char *dir = getenv("MLANGO_FSYNC_DIR");
  if (!dir || !*dir) return 1;
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  size_t prefix = strlen(dir);
  while (prefix > 1 && dir[prefix - 1] == '/') prefix--;
  return !strncmp(path, dir, prefix) && (path[prefix] == '/' || path[prefix] == 0);
}

static double delay_ms(void) {
  const char *file = getenv("MLANGO_FSYNC_DELAY_FILE");
  const char *text = getenv("MLANGO_FSYNC_DELAY_MS");
  if (!file || !*file) return text ? atof(text) : 0;
  char held[32] = {0};
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t length = read(fd, held, sizeof held - 1);
  close(fd);
  return length > 0 ? atof(held) : 0;
}

static int then_sleep(int fd, int result) {
  int saved = errno;
  double ms = delay_ms();
  if (ms > 0 && is_slow(fd)) {
    struct timespec left = {(time_t)(ms / 1000), (long)((ms - 1000 * (time_t)(ms / 1000)) * 1e6)};
    while (nanosleep(&left, &left) && errno == EINTR) {
    }
  }
  errno = saved;
  return result;
}

int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return then_sleep(fd, real(fd));
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return then_sleep(fd, real(fd));
}
