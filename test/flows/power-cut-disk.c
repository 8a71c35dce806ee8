/*
 * Writes down what a process does to the files of one directory, in order, so that the disk can be rebuilt as a power
 * cut at any moment would have left it.
 *   DISK_LOG_DIR    the directory; files that end in -shm (memory, not disk) or in reserve (no data) are left out
 *   DISK_LOG_FILE   what is written down, outside of that directory
 *   DISK_FAILS_WHILE  while a file of this name exists, writes and syncs fail with EIO, as on a card that dies
 * One record: 32 bytes { char op, 3 x 0, u32 name length, u32 data length, u32 0, u64 inode, u64 number }, name, data.
 *   C created (name)   W written (number = offset, data)   T cut or grown to a length (number)   U removed (name)
 *   R renamed (name = old, data = new)
 *   S synced, after it has returned (number = how long the log was when it began: what stands later in it is not synced by it)
 * Processes that it starts write to the same log.
 * Build: gcc -O2 -fPIC -shared -o power-cut-disk.so power-cut-disk.c -ldl -lpthread
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

struct record {
  char op, zero[3];
  uint32_t name_length, data_length, zeroes;
  uint64_t inode, number;
};

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;

static int is_watched(const char *path) {
  const char *dir = getenv("DISK_LOG_DIR");
  if (!dir || !*dir) return 0;
  size_t prefix = strlen(dir), length = strlen(path);
  if (strncmp(path, dir, prefix) || (path[prefix] != '/' && path[prefix])) return 0;
  if (length >= 4 && !strcmp(path + length - 4, "-shm")) return 0;
  return !(length >= 7 && !strcmp(path + length - 7, "reserve"));
}

/* The inode behind a descriptor of a watched file or directory, or 0. */
static uint64_t watched_inode(int fd) {
  char link[64], path[PATH_MAX];
  struct stat about;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  if (!is_watched(path) || fstat(fd, &about)) return 0;
  return S_ISREG(about.st_mode) || S_ISDIR(about.st_mode) ? about.st_ino : 0;
}

static uint64_t inode_of(const char *path) {
  struct stat about;
  return lstat(path, &about) ? 0 : about.st_ino;
}

static void open_log(void) {
  if (log_fd < 0) log_fd = (int)syscall(SYS_openat, AT_FDCWD, getenv("DISK_LOG_FILE"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The lock is held. */
static uint64_t log_length(void) {
  struct stat about;
  open_log();
  return fstat(log_fd, &about) ? 0 : (uint64_t)about.st_size;
}

/* The lock is held. Past our own write(), straight to the kernel. */
static void note(char op, uint64_t inode, uint64_t number, const char *name, const void *data, size_t data_length) {
  open_log();
  struct record head = {op, {0}, (uint32_t)(name ? strlen(name) : 0), (uint32_t)data_length, 0, inode, number};
  struct iovec parts[3] = {{&head, sizeof head}, {(void *)name, head.name_length}, {(void *)data, data_length}};
  ssize_t whole = (ssize_t)(sizeof head + head.name_length + data_length);
  if (syscall(SYS_writev, log_fd, parts, 3) != whole) {
    fprintf(stderr, "power-cut-disk: the log cannot be written\n");
    abort();
  }
}

static int fails(uint64_t inode) {
  const char *sign = getenv("DISK_FAILS_WHILE");
  if (!inode || !sign || access(sign, F_OK)) return 0;
  errno = EIO;
  return 1;
}

/* What is noted before it is done must be done before anything else is noted. */
#define NOTED_FIRST(inode, noted, done) \
  do { \
    if (!(inode)) return done; \
    if (fails(inode)) return -1; \
    pthread_mutex_lock(&one_at_a_time); \
    noted; \
    __typeof__(done) result = done; \
    int saved = errno; \
    pthread_mutex_unlock(&one_at_a_time); \
    errno = saved; \
    return result; \
  } while (0)

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  uint64_t inode = watched_inode(fd);
  NOTED_FIRST(inode, note('W', inode, (uint64_t)offset, NULL, data, length), REAL(pwrite64)(fd, data, length, offset));
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
  return pwrite64(fd, data, length, offset);
}

ssize_t write(int fd, const void *data, size_t length) {
  uint64_t inode = watched_inode(fd);
  NOTED_FIRST(inode, note('W', inode, (uint64_t)lseek(fd, 0, SEEK_CUR), NULL, data, length), REAL(write)(fd, data, length));
}

int ftruncate64(int fd, off64_t length) {
  uint64_t inode = watched_inode(fd);
  NOTED_FIRST(inode, note('T', inode, (uint64_t)length, NULL, NULL, 0), REAL(ftruncate64)(fd, length));
}

int ftruncate(int fd, off_t length) {
  return ftruncate64(fd, length);
}

static int synced(int fd, int (*sync)(int)) {
  uint64_t inode = watched_inode(fd);
  if (fails(inode)) return -1;
  pthread_mutex_lock(&one_at_a_time);
  uint64_t before = log_length();
  pthread_mutex_unlock(&one_at_a_time);
  int result = sync(fd), saved = errno;
  if (inode && result == 0) {
    pthread_mutex_lock(&one_at_a_time);
    note('S', inode, before, NULL, NULL, 0);
    pthread_mutex_unlock(&one_at_a_time);
  }
  errno = saved;
  return result;
}

int fsync(int fd) {
  return synced(fd, REAL(fsync));
}

int fdatasync(int fd) {
  return synced(fd, REAL(fdatasync));
}

int unlink(const char *path) {
  uint64_t inode = is_watched(path) ? inode_of(path) : 0;
  NOTED_FIRST(inode, note('U', inode, 0, path, NULL, 0), REAL(unlink)(path));
}

int rename(const char *from, const char *to) {
  uint64_t inode = is_watched(from) ? inode_of(from) : 0;
  NOTED_FIRST(inode, note('R', inode, 0, from, to, strlen(to)), REAL(rename)(from, to));
}

/* A file that was not there before is noted once it is, before anybody can write to it. */
static int opened(const char *path, int flags, mode_t mode, int (*open_it)(const char *, int, ...)) {
  if (!(flags & O_CREAT) || !is_watched(path)) return open_it(path, flags, mode);
  pthread_mutex_lock(&one_at_a_time);
  int is_new = inode_of(path) == 0;
  int fd = open_it(path, flags, mode), saved = errno;
  if (fd >= 0 && is_new) note('C', inode_of(path), 0, path, NULL, 0);
  if (fd >= 0 && !is_new && (flags & O_TRUNC)) note('T', inode_of(path), 0, NULL, NULL, 0);
  pthread_mutex_unlock(&one_at_a_time);
  errno = saved;
  return fd;
}

#define MODE_OF(flags) \
  mode_t mode = 0; \
  if ((flags) & O_CREAT) { \
    va_list more; \
    va_start(more, flags); \
    mode = va_arg(more, mode_t); \
    va_end(more); \
  }

int open64(const char *path, int flags, ...) {
  MODE_OF(flags)
  return opened(path, flags, mode, (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64"));
}

int open(const char *path, int flags, ...) {
  MODE_OF(flags)
  return opened(path, flags, mode, (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64"));
}
