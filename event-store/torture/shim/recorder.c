/*
 * Stands between a process and the files of one folder: records, in order, what it writes, syncs,
 * creates, renames and removes there, and fails or delays calls when told to. Loaded by
 * LD_PRELOAD; src/journal.rs reads what it records, src/shim.rs says which environment it needs.
 *
 * A line written to the file RECORDER_MARKS is a mark in the journal, or, when it begins with
 * '!', an instruction (see `instruct`). It never reaches the file.
 *
 * Writes through mmap cannot be seen. SQLite maps only its -shm file, whose content it rebuilds:
 * that file's creation is recorded and its content is not.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind {
    LINK = 1,
    WRITE,
    TRUNCATE,
    SYNC_BEGIN,
    SYNC_END,
    SYNC_FAILED,
    UNLINK,
    RENAME,
    MARK,
    KNOWN,
    UNMODELLED
};

enum { NOBODY = -1, FOLDER = 0, MARKS = -2, MOST_FILES = 1024, NAME = 128 };

struct record {
    uint32_t kind;
    uint32_t file;
    uint64_t at;
    uint64_t length;
};

struct known {
    dev_t dev;
    ino_t ino;
    int mapped;
    char name[NAME];
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *folder, *marks;
static int journal = -1;
static struct known known[MOST_FILES];
static _Atomic int files = 1; /* 0 is the folder itself */
static uint64_t syncs;

static int64_t room = -1; /* bytes by which files may still grow; -1: any */
static useconds_t delay;
static int skip_syncs;
static char swallowed[NAME]; /* whose syncs never reach the disk; '*': all files' */
static char full[NAME];      /* the file that may not grow */
static char failing[NAME];
static int failing_in; /* the sync of `failing` that fails, counted down; 0: none */

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static ssize_t real_write(int fd, const void *bytes, size_t length) {
    REAL(write);
    return real(fd, bytes, length);
}

static void put(enum kind kind, uint32_t file, uint64_t at, const void *bytes, size_t length) {
    struct record record = {kind, file, at, length};
    struct iovec parts[2] = {{&record, sizeof record}, {(void *)bytes, length}};
    size_t whole = sizeof record + length;
    static __typeof__(&writev) real;
    if (!real) real = (__typeof__(&writev))dlsym(RTLD_NEXT, "writev");
    if (real(journal, parts, length ? 2 : 1) != (ssize_t)whole) {
        static const char complaint[] = "recorder: the journal cannot be written\n";
        real_write(2, complaint, sizeof complaint - 1);
        _exit(86);
    }
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("RECORDER_JOURNAL");
    folder = getenv("RECORDER_FOLDER");
    marks = getenv("RECORDER_MARKS");
    if (!path || !folder || !marks) {
        folder = NULL;
        return;
    }
    static __typeof__(&open) real;
    real = (__typeof__(&open))dlsym(RTLD_NEXT, "open");
    journal = real(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (journal < 0) _exit(86);
}

/* The name in the folder, or NULL. */
static const char *name_of(const char *path) {
    size_t length;
    if (!folder || !path) return NULL;
    length = strlen(folder);
    if (strncmp(path, folder, length) || path[length] != '/' || !path[length + 1]) return NULL;
    return path + length + 1;
}

static int ends(const char *name, const char *end) {
    size_t a = strlen(name), b = strlen(end);
    return a >= b && !strcmp(name + a - b, end);
}

/* By inode and not by descriptor, so that duplicates need no care. */
static int file_of(int fd) {
    struct stat found, other;
    int file;
    if (!folder || fd == journal || fstat(fd, &found)) return NOBODY;
    if (S_ISDIR(found.st_mode)) {
        if (stat(folder, &other)) return NOBODY;
        return other.st_ino == found.st_ino && other.st_dev == found.st_dev ? FOLDER : NOBODY;
    }
    for (file = files - 1; file > 0; file--)
        if (known[file].ino == found.st_ino && known[file].dev == found.st_dev) {
            return strcmp(known[file].name, marks) ? file : MARKS;
        }
    return NOBODY;
}

static void meet(int fd, const char *name, int is_new, int is_marks) {
    struct stat found;
    if (fstat(fd, &found) || S_ISDIR(found.st_mode)) return;
    if (!is_new && file_of(fd) != NOBODY) return;
    if (files == MOST_FILES || strlen(name) >= NAME) _exit(86);
    known[files].dev = found.st_dev;
    known[files].ino = found.st_ino;
    known[files].mapped = ends(name, "-shm");
    strcpy(known[files].name, name);
    if (!is_marks) put(is_new ? LINK : KNOWN, files, 0, name, strlen(name));
    files++;
}

static int opened(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    const char *name = name_of(path);
    int is_marks = folder && path && !strcmp(path, marks);
    struct stat before;
    int fd, is_new, saved;
    if (!name && !is_marks) return real(path, flags, mode);
    pthread_mutex_lock(&turn);
    is_new = (flags & O_CREAT) && stat(path, &before);
    fd = real(path, flags, mode);
    saved = errno;
    if (fd >= 0) {
        meet(fd, is_marks ? marks : name, is_new, is_marks);
        if (!is_marks && !is_new && (flags & O_TRUNC)) put(TRUNCATE, file_of(fd), 0, NULL, 0);
        if (!is_marks && (flags & O_APPEND)) put(UNMODELLED, 0, 0, "O_APPEND", 8);
    }
    pthread_mutex_unlock(&turn);
    errno = saved;
    return fd;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list more; \
        mode_t mode; \
        REAL(name); \
        va_start(more, flags); \
        mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        return opened((int (*)(const char *, int, ...))real, path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name, plain) \
    int name(int at, const char *path, int flags, ...) { \
        va_list more; \
        mode_t mode; \
        REAL(name); \
        va_start(more, flags); \
        mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        if (at == AT_FDCWD || path[0] == '/') return plain(path, flags, mode); \
        return real(at, path, flags, mode); \
    }
OPENAT(openat, open)
OPENAT(openat64, open64)

/* Instructions: room BYTES | full NAME | delay MICROSECONDS | fail-sync NAME NTH | skip-syncs |
 * swallow-syncs NAME. A skipped sync is recorded and not done: the modelled disk has it, the real
 * one need not. A swallowed one is neither, and the caller is told that all is well. */
static void instruct(const char *line) {
    long long number;
    int nth;
    char name[NAME];
    if (sscanf(line, "!room %lld", &number) == 1) room = number;
    else if (sscanf(line, "!delay %lld", &number) == 1) delay = (useconds_t)number;
    else if (sscanf(line, "!fail-sync %127s %d", name, &nth) == 2) {
        strcpy(failing, name);
        failing_in = nth;
    } else if (sscanf(line, "!swallow-syncs %127s", name) == 1) {
        skip_syncs = 1;
        strcpy(swallowed, name);
    } else if (sscanf(line, "!full %127s", name) == 1) strcpy(full, name);
    else if (!strncmp(line, "!skip-syncs", 11)) skip_syncs = 1;
    else put(UNMODELLED, 0, 0, line, strlen(line));
}

static ssize_t marked(const void *bytes, size_t length) {
    char line[1024];
    size_t kept = length < sizeof line ? length : sizeof line - 1;
    memcpy(line, bytes, kept);
    line[kept] = 0;
    pthread_mutex_lock(&turn);
    if (line[0] == '!') instruct(line);
    else put(MARK, 0, 0, line, kept);
    pthread_mutex_unlock(&turn);
    return (ssize_t)length;
}

/* How many of the bytes a full disk takes. Overwriting needs no room. */
static size_t fits(int fd, int file, off_t at, size_t length) {
    struct stat now;
    int64_t growth;
    if ((room < 0 && !full[0]) || fstat(fd, &now)) return length;
    growth = (int64_t)(at + (off_t)length) - (int64_t)now.st_size;
    if (growth <= 0) return length;
    if (!strcmp(full, known[file].name)) return 0;
    if (room < 0) return length;
    if (growth > room) {
        int64_t too_much = growth - room;
        room = 0;
        return too_much >= (int64_t)length ? 0 : length - (size_t)too_much;
    }
    room -= growth;
    return length;
}

/* With the turn taken. `at` < 0: at the descriptor's own place. */
static ssize_t wrote(int fd, int file, const void *bytes, size_t length, off_t at) {
    REAL(pwrite64);
    off_t place = at < 0 ? lseek(fd, 0, SEEK_CUR) : at;
    size_t taken = fits(fd, file, place, length);
    ssize_t done;
    if (!taken && length) {
        errno = ENOSPC;
        return -1;
    }
    done = at < 0 ? real_write(fd, bytes, taken) : real(fd, bytes, taken, at);
    if (done > 0 && !known[file].mapped) put(WRITE, file, (uint64_t)place, bytes, (size_t)done);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    int file = file_of(fd), saved;
    ssize_t done;
    if (file == MARKS) return marked(bytes, length);
    if (file <= FOLDER) return real_write(fd, bytes, length);
    pthread_mutex_lock(&turn);
    done = wrote(fd, file, bytes, length, -1);
    saved = errno;
    pthread_mutex_unlock(&turn);
    errno = saved;
    return done;
}

#define PWRITE(name) \
    ssize_t name(int fd, const void *bytes, size_t length, off_t at) { \
        int file = file_of(fd), saved; \
        ssize_t done; \
        REAL(name); \
        if (file <= FOLDER) return real(fd, bytes, length, at); \
        pthread_mutex_lock(&turn); \
        done = wrote(fd, file, bytes, length, at); \
        saved = errno; \
        pthread_mutex_unlock(&turn); \
        errno = saved; \
        return done; \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define FTRUNCATE(name) \
    int name(int fd, off_t size) { \
        int file = file_of(fd), result, saved; \
        REAL(name); \
        if (file <= FOLDER) return real(fd, size); \
        pthread_mutex_lock(&turn); \
        result = real(fd, size); \
        saved = errno; \
        if (!result && !known[file].mapped) put(TRUNCATE, file, (uint64_t)size, NULL, 0); \
        pthread_mutex_unlock(&turn); \
        errno = saved; \
        return result; \
    }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

static int is_swallowed(int file) {
    return swallowed[0] == '*' || !strcmp(swallowed, known[file].name);
}

/* The turn is given up while the disk works: what is written meanwhile is not part of it. */
static int synced(int (*real)(int), int fd) {
    int file = file_of(fd), result = 0, fails, saved;
    uint64_t number;
    if (file < FOLDER) return real(fd);
    pthread_mutex_lock(&turn);
    number = ++syncs;
    put(SYNC_BEGIN, file, number, NULL, 0);
    fails = file != FOLDER && failing_in && !strcmp(failing, known[file].name) && !--failing_in;
    pthread_mutex_unlock(&turn);
    if (delay) usleep(delay);
    if (fails) {
        errno = EIO;
        result = -1;
    } else if (!skip_syncs) {
        result = real(fd);
    }
    saved = errno;
    pthread_mutex_lock(&turn);
    if (result) put(SYNC_FAILED, file, number, NULL, 0);
    else if (file == FOLDER || !is_swallowed(file)) put(SYNC_END, file, number, NULL, 0);
    pthread_mutex_unlock(&turn);
    errno = saved;
    return result;
}

int fsync(int fd) {
    REAL(fsync);
    return synced(real, fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    return synced(real, fd);
}

int unlink(const char *path) {
    const char *name = name_of(path);
    int result;
    REAL(unlink);
    if (!name) return real(path);
    pthread_mutex_lock(&turn);
    result = real(path);
    if (!result) put(UNLINK, 0, 0, name, strlen(name));
    pthread_mutex_unlock(&turn);
    return result;
}

int rename(const char *from, const char *to) {
    const char *old = name_of(from), *new = name_of(to);
    char both[2 * NAME];
    int result, file;
    REAL(rename);
    if (!old && !new) return real(from, to);
    pthread_mutex_lock(&turn);
    result = real(from, to);
    if (!result && (!old || !new || strlen(old) >= NAME || strlen(new) >= NAME)) {
        put(UNMODELLED, 0, 0, "rename", 6);
    } else if (!result) {
        put(RENAME, 0, 0, both, (size_t)snprintf(both, sizeof both, "%s/%s", old, new));
        for (file = 1; file < files; file++)
            if (!strcmp(known[file].name, old)) strcpy(known[file].name, new);
    }
    pthread_mutex_unlock(&turn);
    return result;
}

/* What the model of the disk does not know: a test that meets one of these must fail. */
static void unmodelled(const char *call) {
    pthread_mutex_lock(&turn);
    put(UNMODELLED, 0, 0, call, strlen(call));
    pthread_mutex_unlock(&turn);
}

#define FOREIGN_FD(result, call, fd, parameters, arguments) \
    result call parameters { \
        REAL(call); \
        if (file_of(fd) > FOLDER) unmodelled(#call); \
        return real arguments; \
    }
FOREIGN_FD(ssize_t, writev, fd, (int fd, const struct iovec *parts, int count), (fd, parts, count))
FOREIGN_FD(ssize_t, pwritev, fd, (int fd, const struct iovec *parts, int count, off_t at),
           (fd, parts, count, at))
FOREIGN_FD(int, posix_fallocate, fd, (int fd, off_t at, off_t length), (fd, at, length))
FOREIGN_FD(int, fallocate, fd, (int fd, int mode, off_t at, off_t length), (fd, mode, at, length))
FOREIGN_FD(ssize_t, copy_file_range, to,
           (int from, off64_t *at, int to, off64_t *place, size_t length, unsigned flags),
           (from, at, to, place, length, flags))
FOREIGN_FD(ssize_t, sendfile, to, (int to, int from, off_t *at, size_t length),
           (to, from, at, length))

#define FOREIGN_PATH(call, path, parameters, arguments) \
    int call parameters { \
        REAL(call); \
        if (name_of(path)) unmodelled(#call); \
        return real arguments; \
    }
FOREIGN_PATH(mkdir, path, (const char *path, mode_t mode), (path, mode))
FOREIGN_PATH(link, to, (const char *from, const char *to), (from, to))
FOREIGN_PATH(symlink, to, (const char *from, const char *to), (from, to))
FOREIGN_PATH(unlinkat, path, (int at, const char *path, int flags), (at, path, flags))
FOREIGN_PATH(renameat, to, (int a, const char *from, int b, const char *to), (a, from, b, to))
