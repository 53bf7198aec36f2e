/*
 * Loaded into a program with LD_PRELOAD, it notes what that program has synced, so that a power cut can be played
 * afterwards: whatever was not synced is left out then.
 *
 * A file counts as it was when the last fsync or fdatasync of it that succeeded began; a folder counts as it was at
 * the last fsync of it, plus the names of files that were synced themselves, which is what Linux's own file systems
 * do. Everything else (sync, syncfs, msync, sync_file_range, O_SYNC, O_DSYNC) counts for nothing: who relied on it
 * would lose more here than with a real disk, never less.
 *
 * CARILLON_SYNCED         the folder of the notes
 * CARILLON_SYNCED_OF      the folder whose files are watched, with all symbolic links resolved
 * CARILLON_SYNC_DELAY_MS  how much longer each sync takes, to play a slow disk
 *
 * The notes are one file for each key of a file or folder: its content, or lines of `key name`.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_LENGTH 64
#define LINE_LENGTH (KEY_LENGTH + NAME_MAX + 3)
#define CHUNK (64 * 1024)

typedef int (*sync_call)(int);

static sync_call real_fsync, real_fdatasync;
static const char *notes, *watched;
static useconds_t delay_us;

/* A note that is wrong is worse than none: the database dies, and whoever measures sees it. */
static void fail(const char *what) {
  dprintf(STDERR_FILENO, "synced.c: %s: %s\n", what, strerror(errno));
  abort();
}

/* A copy, because PostgreSQL writes its title over its environment. */
static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value == NULL ? NULL : strdup(value);
}

__attribute__((constructor)) static void begin(void) {
  real_fsync = (sync_call)dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = (sync_call)dlsym(RTLD_NEXT, "fdatasync");
  notes = setting("CARILLON_SYNCED");
  watched = setting("CARILLON_SYNCED_OF");
  const char *delay = getenv("CARILLON_SYNC_DELAY_MS");
  delay_us = delay == NULL ? 0 : (useconds_t)atol(delay) * 1000;
}

/* The number of a file is given again when it is gone; with the time of its birth it is unique. */
static bool key_of(int folder, const char *path, int flags, char key[KEY_LENGTH]) {
  struct statx facts;
  if (statx(folder, path, flags, STATX_TYPE | STATX_INO | STATX_BTIME, &facts) != 0) return false;
  bool is_folder = S_ISDIR(facts.stx_mode);
  if (!is_folder && !S_ISREG(facts.stx_mode)) return false;
  unsigned long long born = facts.stx_btime.tv_sec * 1000000000ULL + facts.stx_btime.tv_nsec;
  snprintf(key, KEY_LENGTH, "%c-%llu-%llu", is_folder ? 'd' : 'f', (unsigned long long)facts.stx_ino, born);
  return true;
}

static void note_path(char path[PATH_MAX], const char *key) {
  if (snprintf(path, PATH_MAX, "%s/%s", notes, key) >= PATH_MAX) fail("the path of a note is too long");
}

static void draft_path(char path[PATH_MAX]) {
  char name[KEY_LENGTH];
  snprintf(name, sizeof name, "draft-%d-%d", (int)getpid(), (int)gettid());
  note_path(path, name);
}

/* One after the other, over threads and processes, or an older note could replace a newer one. */
static int lock(const char *key) {
  char path[PATH_MAX], name[KEY_LENGTH + 8];
  snprintf(name, sizeof name, "lock-%s", key);
  note_path(path, name);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) fail(path);
  while (flock(fd, LOCK_EX) != 0)
    if (errno != EINTR) fail("flock");
  return fd;
}

static void unlock(int fd) {
  /* Not by closing alone: a process that was forked meanwhile has the same lock. */
  flock(fd, LOCK_UN);
  close(fd);
}

static bool is_zero(const char *bytes, ssize_t length) {
  return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

static void draft_content(int fd, const char *draft) {
  /* To open the file once more and close it would end the locks that the program has on it, if there are any. */
  bool is_readable = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;
  char self[32], chunk[CHUNK];
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  int from = is_readable ? fd : open(self, O_RDONLY | O_CLOEXEC);
  int to = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (from < 0 || to < 0) fail(draft);
  off_t at = 0;
  for (ssize_t got; (got = pread(from, chunk, CHUNK, at)) != 0; at += got) {
    if (got < 0) fail("pread");
    /* Databases make files of zeros ahead: they stay holes, or most of the time would go into copying them. */
    if (!is_zero(chunk, got) && pwrite(to, chunk, got, at) != got) fail("pwrite");
  }
  if (ftruncate(to, at) != 0) fail("ftruncate");
  close(to);
  if (from != fd) close(from);
}

static void draft_listing(int fd, const char *draft) {
  int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *folder = again < 0 ? NULL : fdopendir(again);
  FILE *out = fopen(draft, "we");
  if (folder == NULL || out == NULL) fail(draft);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    char key[KEY_LENGTH];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (key_of(again, entry->d_name, AT_SYMLINK_NOFOLLOW, key)) fprintf(out, "%s %s\n", key, entry->d_name);
  }
  if (fclose(out) != 0) fail(draft);
  closedir(folder);
}

/* Adds one line to what is noted of a folder, in place of what had the same name. */
static void keep_name(const char *folder, const char *name, const char *key) {
  char of[KEY_LENGTH], note[PATH_MAX], draft[PATH_MAX], line[LINE_LENGTH];
  if (!key_of(AT_FDCWD, folder, 0, of)) return;
  note_path(note, of);
  draft_path(draft);
  int held = lock(of);
  FILE *in = fopen(note, "re"), *out = fopen(draft, "we");
  bool is_there = false;
  if (out == NULL) fail(draft);
  while (in != NULL && fgets(line, sizeof line, in) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *space = strchr(line, ' ');
    bool is_same_name = space != NULL && strcmp(space + 1, name) == 0;
    if (is_same_name && strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ' ') is_there = true;
    if (!is_same_name) fprintf(out, "%s\n", line);
  }
  fprintf(out, "%s %s\n", key, name);
  if (in != NULL) fclose(in);
  if (fclose(out) != 0) fail(draft);
  if (is_there) unlink(draft);
  else if (rename(draft, note) != 0) fail(note);
  unlock(held);
}

/* The file by its name, and the folders that lead to it. */
static void keep_names(char *path, const char *key_of_file) {
  char key[KEY_LENGTH];
  if (!key_of(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, key) || strcmp(key, key_of_file) != 0) return;
  while (strlen(path) > strlen(watched)) {
    char *slash = strrchr(path, '/');
    *slash = '\0';
    keep_name(path, slash + 1, key);
    if (!key_of(AT_FDCWD, path, 0, key)) return;
  }
}

static bool is_watched(int fd, char path[PATH_MAX]) {
  if (notes == NULL || watched == NULL) return false;
  char self[32];
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(self, path, PATH_MAX - 1);
  if (length < 0) return false;
  path[length] = '\0';
  size_t root = strlen(watched);
  return strncmp(path, watched, root) == 0 && (path[root] == '/' || path[root] == '\0');
}

static int sync_and_note(int fd, sync_call real) {
  char path[PATH_MAX], key[KEY_LENGTH], note[PATH_MAX], draft[PATH_MAX];
  int before = errno;
  if (!is_watched(fd, path) || !key_of(fd, "", AT_EMPTY_PATH, key)) {
    errno = before;
    return real(fd);
  }
  note_path(note, key);
  draft_path(draft);
  int held = lock(key);
  if (key[0] == 'd') draft_listing(fd, draft);
  else draft_content(fd, draft);
  if (delay_us > 0) usleep(delay_us);
  errno = before;
  int result = real(fd);
  int after = errno;
  if (result != 0) unlink(draft);
  else if (rename(draft, note) != 0) fail(note);
  unlock(held);
  if (result == 0 && key[0] == 'f') keep_names(path, key);
  errno = after;
  return result;
}

int fsync(int fd) { return sync_and_note(fd, real_fsync); }

int fdatasync(int fd) { return sync_and_note(fd, real_fdatasync); }
