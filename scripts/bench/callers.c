/*
 * The callers of a benchmark, light enough to leave the cores to the server: prepared requests to 127.0.0.1, each over a
 * kept-alive socket with nothing else under way, all at once or at a rate. Prints for each, in order, the microseconds from
 * when it was due until its whole answer was there. Ends with 1 unless every answer is a 200 with exactly the body BODY.
 * Requests come on standard input: each its length, a line feed, its octets.
 * Build: gcc -O2 -o callers callers.c    Use: ./callers PORT SOCKETS PER_SECOND BODY <requests   (PER_SECOND 0: all at once)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_SECONDS 120
#define AT_ONCE 64

struct request {
  char *octets;
  size_t length;
  double due_us, answered_us;
};

struct caller {
  int fd;
  struct request *request;
  size_t received;
  char answer[4096];
};

static const char HELLO[] = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

static void fail(const char *what, const char *detail) {
  fprintf(stderr, "callers: %s: %s\n", what, detail);
  exit(1);
}

static double now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static struct request *read_requests(size_t *count) {
  struct request *requests = NULL;
  size_t length;
  for (*count = 0; scanf("%zu", &length) == 1 && getchar() == '\n'; ++*count) {
    requests = realloc(requests, (*count + 1) * sizeof *requests);
    char *octets = malloc(length);
    if (!requests || !octets || fread(octets, 1, length, stdin) != length) fail("reading requests", "too short");
    requests[*count] = (struct request){octets, length, 0, 0};
  }
  return requests;
}

/* Reads what is there. Returns the body once the whole answer is, with the status; NULL before. */
static char *take(struct caller *caller, int *status) {
  ssize_t length = read(caller->fd, caller->answer + caller->received, sizeof caller->answer - 1 - caller->received);
  if (length <= 0) fail("the server closed the connection or said too much", length < 0 ? strerror(errno) : "");
  caller->received += length;
  caller->answer[caller->received] = 0;
  char *body = strstr(caller->answer, "\r\n\r\n");
  if (!body) return NULL;
  char *said = strcasestr(caller->answer, "\r\ncontent-length:");
  if (!said || said > body) fail("an answer without a length", caller->answer);
  body += 4;
  if (caller->received < (size_t)(body - caller->answer) + strtoul(said + 17, NULL, 10)) return NULL;
  *status = atoi(caller->answer + strlen("HTTP/1.1 "));
  caller->received = 0;
  return body;
}

static void send_all(struct caller *caller, const char *octets, size_t length) {
  if (write(caller->fd, octets, length) != (ssize_t)length) fail("sending", strerror(errno));
}

/* Connected, and used once already. */
static void open_caller(struct caller *caller, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int status, yes = 1;
  caller->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (caller->fd < 0 || connect(caller->fd, (struct sockaddr *)&address, sizeof address)) fail("connect", strerror(errno));
  setsockopt(caller->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  send_all(caller, HELLO, sizeof HELLO - 1);
  while (!take(caller, &status)) {
  }
  if (status != 200) fail("/healthz", caller->answer);
}

int main(int argc, char **argv) {
  if (argc != 5) fail("use", "callers PORT SOCKETS PER_SECOND BODY <requests");
  alarm(PATIENCE_SECONDS);
  size_t sockets = strtoul(argv[2], NULL, 10), count, next = 0, answered = 0, idle = sockets;
  double per_second = atof(argv[3]);
  struct request *requests = read_requests(&count);
  struct caller *callers = calloc(sockets, sizeof *callers), **free_callers = calloc(sockets, sizeof *free_callers);
  int epoll = epoll_create1(0);
  for (size_t at = 0; at < sockets; at++) {
    open_caller(&callers[at], atoi(argv[1]));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &callers[at]};
    epoll_ctl(epoll, EPOLL_CTL_ADD, callers[at].fd, &event);
    free_callers[at] = &callers[at];
  }

  double start_us = now_us();
  for (size_t at = 0; at < count; at++) requests[at].due_us = start_us + (per_second > 0 ? at * 1e6 / per_second : 0);
  while (answered < count) {
    for (; next < count && requests[next].due_us <= now_us(); next++) {
      if (idle == 0) fail("more requests are under way than there are sockets", argv[2]);
      struct caller *caller = free_callers[--idle];
      caller->request = &requests[next];
      send_all(caller, requests[next].octets, requests[next].length);
    }
    double wait_us = next < count ? requests[next].due_us - now_us() : PATIENCE_SECONDS * 1e6;
    if (wait_us < 0) wait_us = 0;
    struct timespec wait = {(time_t)(wait_us / 1e6), (long)((wait_us - 1e6 * (time_t)(wait_us / 1e6)) * 1e3)};
    struct epoll_event events[AT_ONCE];
    int ready = epoll_pwait2(epoll, events, AT_ONCE, &wait, NULL);
    for (int at = 0; at < ready; at++) {
      struct caller *caller = events[at].data.ptr;
      int status;
      char *body = take(caller, &status);
      if (!body) continue;
      if (!caller->request) fail("an answer that nobody asked for", caller->answer);
      if (status != 200 || strcmp(body, argv[4])) fail("another answer", caller->answer);
      caller->request->answered_us = now_us();
      caller->request = NULL;
      free_callers[idle++] = caller;
      answered++;
    }
  }
  for (size_t at = 0; at < count; at++) printf("%.0f\n", requests[at].answered_us - requests[at].due_us);
  return 0;
}
