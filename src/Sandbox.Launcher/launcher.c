/* firn-launcher: starts one build in its own namespaces, and shows it more files later.
 *
 * A single-threaded program, because the kernel refuses a new user namespace to a threaded caller
 * (unshare(2), clone(2)) and managed code has at least two threads. It decides nothing: the request names every
 * mount, identity and limit, and each record of it is one or two system calls here.
 *
 * Descriptors at start: 0 /dev/null, 1 and 2 the log, 3 the request (read to its end), 4 the report (written),
 * 5 the life line: when its other end closes, the build is killed. It is a socket of packets, over which more can be
 * asked for while the build runs: "bind SOURCE TARGET ro|rw" (each string ends in NUL), answered by "ok" or
 * "error MESSAGE". From 6 on: what the record "pass" hands to the builder, which finds it from 3 on.
 *
 * Called with "enter" it does something else: enter.c. Called with "merge PROGRAM ARGUMENT..." it becomes that program, with
 * one output in the place of two.
 *
 * Two processes come of it. The keeper (this process) stays outside, writes the identity map and waits. The
 * builder is process 1 of the new pid namespace, so its death takes every process of the build with it.
 *
 * Report, one line each: "started", "error MESSAGE", "warning MESSAGE", and last "exit CODE USER_US SYSTEM_US" or
 * "signal NUMBER USER_US SYSTEM_US".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enter.h"

enum { REQUEST_FD = 3, REPORT_FD = 4, LIFE_FD = 5, PASSED_FD = 6, BUILDER_FD = 3 };
enum { MAX_REQUEST = 256 << 20 };

/* Numbers that older kernel headers lack; they are the same on every architecture. */
enum { NR_MOUNT_SETATTR = 442, NR_LANDLOCK_CREATE = 444, NR_LANDLOCK_RESTRICT = 446, NR_CLOSE_RANGE = 436 };

/* In the builder it makes way for what is handed on. */
static int report_fd = REPORT_FD;

static char *request;
static size_t request_length;

static void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void report(const char *format, ...)
{
    char line[8192];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(line, sizeof line - 1, format, ap);
    va_end(ap);
    if (n < 0)
        return;
    if ((size_t)n > sizeof line - 2)
        n = sizeof line - 2;
    for (int i = 0; i < n; i++)
        if (line[i] == '\n')
            line[i] = ' ';
    line[n] = '\n';
    for (int done = 0; done <= n;) {
        ssize_t w = write(report_fd, line + done, n + 1 - done);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return;
        done += w;
    }
}

/* errno is kept as text: the reader knows no other way to it. */
#define FAIL(...) do { int e_ = errno; char t_[4096]; snprintf(t_, sizeof t_, __VA_ARGS__); \
    report("error %s: %s", t_, strerror(e_)); _exit(1); } while (0)
#define REFUSE(...) do { char t_[4096]; snprintf(t_, sizeof t_, __VA_ARGS__); report("error %s", t_); _exit(1); } while (0)

/* ---- the request: strings that each end in NUL ---- */

static void read_request(void)
{
    size_t capacity = 1 << 16;
    request = malloc(capacity);
    for (;;) {
        if (!request)
            REFUSE("no memory for the build request");
        ssize_t n = read(REQUEST_FD, request + request_length, capacity - request_length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            FAIL("reading the build request");
        if (n == 0)
            break;
        request_length += n;
        if (request_length > MAX_REQUEST)
            REFUSE("the build request is too long");
        if (request_length == capacity)
            request = realloc(request, capacity *= 2);
    }
    if (request_length == 0 || request[request_length - 1] != 0)
        REFUSE("the build request is cut short");
}

static size_t cursor;

static char *next(void)
{
    if (cursor >= request_length)
        REFUSE("the build request is cut short");
    char *s = request + cursor;
    cursor += strlen(s) + 1;
    return s;
}

static long number(const char *s)
{
    char *end;
    errno = 0;
    long n = strtol(s, &end, 10);
    if (errno || !*s || *end)
        REFUSE("the build request has '%s' where a number belongs", s);
    return n;
}

struct record { const char *name; int fields; };

static const struct record records[] = {
    {"ns", 1}, {"map", 5}, {"ids", 2}, {"groups", 1}, {"group", 1}, {"root", 1}, {"hostname", 1}, {"domainname", 1},
    {"cgroup", 1}, {"evict", 1}, {"bind", 3}, {"tmpfs", 2}, {"proc", 1}, {"sys", 1}, {"devpts", 1}, {"loopback", 0}, {"landlock", 0}, {"rlimit", 3},
    {"personality", 1}, {"nnp", 0}, {"seccomp", 1}, {"umask", 1}, {"pass", 1}, {"cwd", 1}, {"arg", 1}, {"env", 1}, {"exec", 1},
};

/* What the records say, other than mounts and limits, which are carried out in their order. */
static struct {
    unsigned long ns;
    int has_map, has_ids, groups_must_go, loopback, landlock, nnp, seccomp, seccomp_creation;
    long map[5], uid, gid, passed, evicted;
    gid_t groups[64];
    size_t group_count;
    unsigned long personality;
    int has_personality;
    mode_t mask;
    char *root, *hostname, *domainname, *cgroup, *cwd, *exec;
    char **argv, **envp;
    size_t argc, envc;
} want = {.mask = 022};

static const struct { const char *name; unsigned long flag; } namespaces[] = {
    {"user", CLONE_NEWUSER}, {"mount", CLONE_NEWNS}, {"pid", CLONE_NEWPID}, {"ipc", CLONE_NEWIPC},
    {"uts", CLONE_NEWUTS}, {"net", CLONE_NEWNET}, {"cgroup", CLONE_NEWCGROUP},
};

static void parse(void)
{
    if (strcmp(next(), "firn-launch 1"))
        REFUSE("the build request is of another version");
    size_t strings = 0;
    for (size_t i = 0; i < request_length; i++)
        strings += request[i] == 0;
    want.argv = calloc(strings + 1, sizeof *want.argv);
    want.envp = calloc(strings + 1, sizeof *want.envp);
    if (!want.argv || !want.envp)
        REFUSE("no memory for the build request");
    while (cursor < request_length) {
        char *op = next(), *f[5];
        size_t i;
        for (i = 0; i < sizeof records / sizeof *records; i++)
            if (!strcmp(records[i].name, op))
                break;
        if (i == sizeof records / sizeof *records)
            REFUSE("the build request has an unknown record '%s'", op);
        for (int k = 0; k < records[i].fields; k++)
            f[k] = next();
        if (!strcmp(op, "ns")) {
            for (i = 0; i < sizeof namespaces / sizeof *namespaces; i++)
                if (!strcmp(namespaces[i].name, f[0]))
                    break;
            if (i == sizeof namespaces / sizeof *namespaces)
                REFUSE("the build request names an unknown namespace '%s'", f[0]);
            want.ns |= namespaces[i].flag;
        } else if (!strcmp(op, "map")) {
            want.has_map = 1;
            for (int k = 0; k < 5; k++)
                want.map[k] = number(f[k]);
        } else if (!strcmp(op, "ids")) {
            want.has_ids = 1, want.uid = number(f[0]), want.gid = number(f[1]);
        } else if (!strcmp(op, "groups")) {
            want.groups_must_go = !strcmp(f[0], "must");
        } else if (!strcmp(op, "group")) {
            if (want.group_count == sizeof want.groups / sizeof *want.groups)
                REFUSE("the build has too many supplementary groups");
            want.groups[want.group_count++] = number(f[0]);
        } else if (!strcmp(op, "cgroup")) {
            want.cgroup = f[0];
        } else if (!strcmp(op, "evict")) {
            want.evicted = number(f[0]);
        } else if (!strcmp(op, "root")) {
            want.root = f[0];
        } else if (!strcmp(op, "hostname")) {
            want.hostname = f[0];
        } else if (!strcmp(op, "domainname")) {
            want.domainname = f[0];
        } else if (!strcmp(op, "loopback")) {
            want.loopback = 1;
        } else if (!strcmp(op, "landlock")) {
            want.landlock = 1;
        } else if (!strcmp(op, "personality")) {
            want.has_personality = 1, want.personality = number(f[0]);
        } else if (!strcmp(op, "nnp")) {
            want.nnp = 1;
        } else if (!strcmp(op, "seccomp")) {
            want.seccomp = 1, want.seccomp_creation = !strcmp(f[0], "all");
        } else if (!strcmp(op, "umask")) {
            want.mask = number(f[0]);
        } else if (!strcmp(op, "pass")) {
            want.passed = number(f[0]);
        } else if (!strcmp(op, "cwd")) {
            want.cwd = f[0];
        } else if (!strcmp(op, "arg")) {
            want.argv[want.argc++] = f[0];
        } else if (!strcmp(op, "env")) {
            want.envp[want.envc++] = f[0];
        } else if (!strcmp(op, "exec")) {
            want.exec = f[0];
        }
    }
    if (!want.exec || !want.argc)
        REFUSE("the build request names no program");
    if (want.root && !(want.ns & CLONE_NEWNS))
        REFUSE("the build request changes the root outside a mount namespace");
}

/* ---- file systems ---- */

static const char *inside(const char *path)
{
    static char full[8192];
    if (snprintf(full, sizeof full, "%s%s", want.root ? want.root : "", path) >= (int)sizeof full)
        REFUSE("path too long: %s", path);
    return full;
}

/* Makes one mount and all below it read-only. The remount of older kernels must repeat the flags that the
 * creator of the namespace locked, or it is refused. */
static int read_only(const char *target)
{
    struct { uint64_t set, clear, propagation, userns; } attributes = {.set = 1 /* MOUNT_ATTR_RDONLY */};
    if (!syscall(NR_MOUNT_SETATTR, AT_FDCWD, target, 0x8000 /* AT_RECURSIVE */, &attributes, sizeof attributes))
        return 0;
    if (errno != ENOSYS)
        return -1;
    struct statvfs st;
    if (statvfs(target, &st))
        return -1;
    unsigned long flags = MS_BIND | MS_REMOUNT | MS_RDONLY;
    if (st.f_flag & ST_NOSUID) flags |= MS_NOSUID;
    if (st.f_flag & ST_NODEV) flags |= MS_NODEV;
    if (st.f_flag & ST_NOEXEC) flags |= MS_NOEXEC;
    if (st.f_flag & ST_NOATIME) flags |= MS_NOATIME;
    if (st.f_flag & ST_NODIRATIME) flags |= MS_NODIRATIME;
    if (st.f_flag & ST_RELATIME) flags |= MS_RELATIME;
    return mount(0, target, 0, flags, 0);
}

static void make_mounts(void)
{
    cursor = 0;
    next();
    while (cursor < request_length) {
        char *op = next(), *f[5];
        for (size_t i = 0; i < sizeof records / sizeof *records; i++)
            if (!strcmp(records[i].name, op))
                for (int k = 0; k < records[i].fields; k++)
                    f[k] = next();
        if (!strcmp(op, "bind")) {
            const char *target = inside(f[1]);
            if (mount(f[0], target, 0, MS_BIND | MS_REC, 0)) {
                if (errno == ENOENT && strchr(f[2], '?'))
                    continue;
                FAIL("bind mount of '%s' on '%s' failed", f[0], f[1]);
            }
            if (!strncmp(f[2], "ro", 2) && read_only(target))
                FAIL("cannot make '%s' read-only", f[1]);
        } else if (!strcmp(op, "tmpfs")) {
            if (mount("none", inside(f[0]), "tmpfs", MS_NOSUID | MS_NODEV, f[1]))
                FAIL("mounting a tmpfs on '%s'", f[0]);
        } else if (!strcmp(op, "proc")) {
            if (mount("none", inside(f[0]), "proc", 0, 0))
                FAIL("mounting proc on '%s'", f[0]);
        } else if (!strcmp(op, "sys")) {
            if (mount("none", inside(f[0]), "sysfs", 0, 0))
                FAIL("mounting sysfs on '%s'", f[0]);
        } else if (!strcmp(op, "devpts")) {
            if (mount("none", inside(f[0]), "devpts", 0, "newinstance,mode=0620,ptmxmode=0666"))
                FAIL("mounting devpts on '%s'", f[0]);
        }
    }
}

static void enter_root(void)
{
    /* Nothing mounted here may show outside, and nothing unmounted here either. */
    if (mount(0, "/", 0, MS_PRIVATE | MS_REC, 0))
        FAIL("cannot make '/' private");
    /* pivot_root wants a mount, not just a directory. */
    if (mount(want.root, want.root, 0, MS_BIND | MS_REC, 0))
        FAIL("bind mount of the build root '%s' failed", want.root);
    make_mounts();
    if (chdir(want.root))
        FAIL("cannot change directory to '%s'", want.root);
    /* With the same directory as both arguments the old root lies on top of the new one and is detached from
     * there: no directory for it is needed inside (pivot_root(2)). */
    if (syscall(SYS_pivot_root, ".", "."))
        FAIL("cannot pivot the root onto '%s'", want.root);
    if (umount2(".", MNT_DETACH))
        FAIL("cannot detach the outer root");
    if (chroot(".") || chdir("/"))
        FAIL("cannot enter the build root");
}

/* ---- network ---- */

static void loopback_up(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        FAIL("cannot open a socket for the loopback interface");
    struct ifreq r = {.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING};
    strcpy(r.ifr_name, "lo");
    if (ioctl(fd, SIOCSIFFLAGS, &r))
        FAIL("cannot start the loopback interface");
    close(fd);
}

/* Builds with the network share its namespace with the host and so its abstract sockets, over which a builder
 * could hand an open descriptor of its output to somebody who changes it later. Landlock since its 6th version
 * cuts off those of others, and signals to others with them; that others come to the build's own is covered by
 * copying such outputs before they are hashed, as are older kernels. */
static void scope_sockets_and_signals(void)
{
    long version = syscall(NR_LANDLOCK_CREATE, 0, 0, 1);
    if (version < 6)
        return;
    struct { uint64_t fs, net, scoped; } rules = {.scoped = 1 /* abstract sockets */ | 2 /* signals */};
    int fd = syscall(NR_LANDLOCK_CREATE, &rules, sizeof rules, 0);
    if (fd < 0)
        FAIL("cannot create a landlock rule set");
    /* Without no_new_privs it takes rights that an ordinary user has not. */
    if (syscall(NR_LANDLOCK_RESTRICT, fd, 0) && (want.nnp || errno != EPERM))
        FAIL("cannot apply landlock");
    close(fd);
}

/* ---- system call filter ---- */

#define MODE_BITS (S_ISUID | S_ISGID)

struct filter { struct sock_filter code[512]; size_t length; };

static void emit(struct filter *p, struct sock_filter s)
{
    if (p->length == sizeof p->code / sizeof *p->code)
        REFUSE("the system call filter is too long");
    p->code[p->length++] = s;
}

#define LOAD(offset) ((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset)))
#define RETURN(value) ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (value)))
#define ERRNO(e) (SECCOMP_RET_ERRNO | ((e) & SECCOMP_RET_DATA))
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARGUMENT(n) (offsetof(struct seccomp_data, args[n]))
#else
#define ARGUMENT(n) (offsetof(struct seccomp_data, args[n]) + 4)
#endif

/* Refuses one call whatever its arguments. The number is in the accumulator, before and after. */
static void refuse(struct filter *p, int nr, int error)
{
    emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1));
    emit(p, RETURN(ERRNO(error)));
}

/* Refuses one call where its mode argument has a setuid or setgid bit. */
static void refuse_mode(struct filter *p, int nr, int argument)
{
    emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4));
    emit(p, LOAD(ARGUMENT(argument)));
    emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MODE_BITS, 0, 1));
    emit(p, RETURN(ERRNO(EPERM)));
    emit(p, RETURN(SECCOMP_RET_ALLOW));
}

/* The same for calls that look at the mode only where they create a file: without O_CREAT or O_TMPFILE the
 * register holds whatever was there before. Programs do give such modes (busybox tar does, before it sets the mode
 * once more and is refused, which it forgives), so this is asked for only where others can reach the files. */
static void refuse_creating_mode(struct filter *p, int nr, int flags, int mode)
{
    emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 6));
    emit(p, LOAD(ARGUMENT(flags)));
    emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | (O_TMPFILE & ~O_DIRECTORY), 0, 3));
    emit(p, LOAD(ARGUMENT(mode)));
    emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MODE_BITS, 0, 1));
    emit(p, RETURN(ERRNO(EPERM)));
    emit(p, RETURN(SECCOMP_RET_ALLOW));
}

/* The numbers of one architecture; -1 where it has no such call. */
struct numbers {
    int chmod, fchmod, fchmodat, open, creat, openat, mknod, mknodat, set[3], get[3], key[3];
};

static void rules(struct filter *p, const struct numbers *n)
{
    if (n->chmod >= 0) refuse_mode(p, n->chmod, 1);
    refuse_mode(p, n->fchmod, 1);
    refuse_mode(p, n->fchmodat, 2);
    refuse_mode(p, 452, 2); /* fchmodat2 */
    if (want.seccomp_creation) {
        if (n->open >= 0) refuse_creating_mode(p, n->open, 1, 2);
        if (n->creat >= 0) refuse_mode(p, n->creat, 1);
        refuse_creating_mode(p, n->openat, 2, 3);
        refuse(p, 437, ENOSYS); /* openat2: its mode lies behind a pointer */
    }
    if (n->mknod >= 0) refuse_mode(p, n->mknod, 1);
    refuse_mode(p, n->mknodat, 2);
    /* Extended attributes have no place in an archive of the store. */
    for (int i = 0; i < 3; i++) {
        refuse(p, n->set[i], ENOTSUP);
        refuse(p, n->get[i], ENOTSUP);
    }
    refuse(p, 463, ENOTSUP); /* setxattrat */
    refuse(p, 464, ENOTSUP); /* getxattrat */
    refuse(p, 425, ENOSYS); /* io_uring does the above without a system call of its own */
    refuse(p, 426, ENOSYS);
    refuse(p, 427, ENOSYS);
    /* Keyrings know no namespaces but the user's: two builds could meet there. */
    for (int i = 0; i < 3; i++)
        refuse(p, n->key[i], ENOSYS);
    emit(p, RETURN(SECCOMP_RET_ALLOW));
}

static void filter_calls(void)
{
    struct filter p = {.length = 0};
#if defined __x86_64__
    static const struct numbers native = {
        .chmod = 90, .fchmod = 91, .fchmodat = 268, .open = 2, .creat = 85, .openat = 257, .mknod = 133, .mknodat = 259,
        .set = {188, 189, 190}, .get = {191, 192, 193}, .key = {248, 249, 250}};
    static const struct numbers small = {
        .chmod = 15, .fchmod = 94, .fchmodat = 306, .open = 5, .creat = 8, .openat = 295, .mknod = 14, .mknodat = 297,
        .set = {226, 227, 228}, .get = {229, 230, 231}, .key = {286, 287, 288}};
    struct filter compat = {.length = 0};
    emit(&compat, LOAD(offsetof(struct seccomp_data, nr)));
    rules(&compat, &small);
    emit(&p, LOAD(offsetof(struct seccomp_data, arch)));
    /* The distance is longer than a conditional jump can say. */
    emit(&p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 2, 0));
    emit(&p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 2, 0));
    emit(&p, RETURN(ERRNO(ENOSYS)));
    emit(&p, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, compat.length));
    for (size_t i = 0; i < compat.length; i++)
        emit(&p, compat.code[i]);
    emit(&p, LOAD(offsetof(struct seccomp_data, nr)));
    /* The x32 numbering is a second door to the same calls; hardly a kernel has it. */
    emit(&p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x40000000, 0, 1));
    emit(&p, RETURN(ERRNO(ENOSYS)));
    rules(&p, &native);
#elif defined __aarch64__
    static const struct numbers native = {
        .chmod = -1, .fchmod = 52, .fchmodat = 53, .open = -1, .creat = -1, .openat = 56, .mknod = -1, .mknodat = 33,
        .set = {5, 6, 7}, .get = {8, 9, 10}, .key = {217, 218, 219}};
    emit(&p, LOAD(offsetof(struct seccomp_data, arch)));
    emit(&p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_AARCH64, 1, 0));
    emit(&p, RETURN(ERRNO(ENOSYS)));
    emit(&p, LOAD(offsetof(struct seccomp_data, nr)));
    rules(&p, &native);
#else
#error "no system call numbers for this architecture"
#endif
    struct sock_fprog program = {.len = p.length, .filter = p.code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        FAIL("cannot load the system call filter");
}

/* ---- identity ---- */

static void drop_identity(void)
{
    if (want.has_ids) {
        if (setresgid(want.gid, want.gid, want.gid))
            FAIL("setgid failed");
        if (setresuid(want.uid, want.uid, want.uid))
            FAIL("setuid failed");
        uid_t r, e, s;
        gid_t rg, eg, sg;
        if (getresuid(&r, &e, &s) || getresgid(&rg, &eg, &sg) || r != want.uid || e != want.uid || s != want.uid
            || rg != want.gid || eg != want.gid || sg != want.gid)
            REFUSE("the build does not run as user %ld, group %ld", want.uid, want.gid);
        /* Nothing is left to a caller that was root: permitted, effective, inheritable and ambient. */
        if (want.uid != 0) {
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
            struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
            struct __user_cap_data_struct none[2] = {{0}};
            if (syscall(SYS_capset, &header, none))
                FAIL("cannot drop capabilities");
        }
    }
    if (want.groups_must_go && getgroups(0, 0) > (int)want.group_count)
        REFUSE("the build has supplementary groups");
}

/* What a caller ignores is no affair of the build. The C library starts programs with the two signals that it keeps
 * for itself ignored, and lets nobody change them: so the kernel is asked. */
static void default_signals(void)
{
    struct { void *handler; unsigned long flags; void *restorer; uint64_t mask; } usual = {0};
    for (int i = 1; i <= 64; i++)
        syscall(SYS_rt_sigaction, i, &usual, 0, sizeof usual.mask);
}

static void limits(void)
{
    cursor = 0;
    next();
    while (cursor < request_length) {
        char *op = next(), *f[5];
        for (size_t i = 0; i < sizeof records / sizeof *records; i++)
            if (!strcmp(records[i].name, op))
                for (int k = 0; k < records[i].fields; k++)
                    f[k] = next();
        if (!strcmp(op, "rlimit")) {
            long soft = number(f[1]), hard = number(f[2]);
            struct rlimit l = {soft < 0 ? RLIM_INFINITY : (rlim_t)soft, hard < 0 ? RLIM_INFINITY : (rlim_t)hard};
            struct rlimit old;
            int resource = number(f[0]);
            /* An ordinary user cannot raise a hard limit: the old one then stays. */
            if (setrlimit(resource, &l) && !getrlimit(resource, &old)) {
                l.rlim_max = old.rlim_max;
                if (l.rlim_cur > l.rlim_max)
                    l.rlim_cur = l.rlim_max;
                if (setrlimit(resource, &l))
                    FAIL("cannot set resource limit %d", resource);
            }
        }
    }
}

static int ready[2];

static void build(void)
{
    /* Before anything else: should the keeper die, so does this process. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
        FAIL("cannot tie the build to its keeper");
    close(ready[1]);
    char go = 0;
    while (read(ready[0], &go, 1) < 0 && errno == EINTR)
        ;
    if (go != '1')
        _exit(1);
    close(ready[0]);
    /* Now that it is in its own group of processes, which is to be all that it sees of them. */
    if (want.cgroup && unshare(CLONE_NEWCGROUP))
        FAIL("cannot create a cgroup namespace");
    close(LIFE_FD);
    close(REQUEST_FD);
    int moved = fcntl(REPORT_FD, F_DUPFD_CLOEXEC, PASSED_FD + (int)want.passed);
    if (moved < 0)
        FAIL("cannot move the report descriptor");
    report_fd = moved;
    for (int i = 0; i < want.passed; i++)
        if (dup2(PASSED_FD + i, BUILDER_FD + i) < 0)
            FAIL("cannot hand on descriptor %d", i);
    /* No controlling terminal: neither its signals nor its input reach the build. */
    if (setsid() < 0)
        FAIL("cannot start a session");
    if (want.loopback)
        loopback_up();
    if (want.hostname && sethostname(want.hostname, strlen(want.hostname)))
        FAIL("cannot set the host name");
    if (want.domainname && setdomainname(want.domainname, strlen(want.domainname)))
        FAIL("cannot set the domain name");
    umask(0);
    if (want.root)
        enter_root();
    umask(want.mask);
    if (want.cwd && chdir(want.cwd))
        FAIL("cannot change directory to '%s'", want.cwd);
    limits();
    default_signals();
    if (want.has_personality && personality(want.personality) < 0)
        FAIL("cannot set the personality");
    int first = BUILDER_FD + (int)want.passed;
    if (syscall(NR_CLOSE_RANGE, first, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */))
        for (int fd = first; fd < 65536; fd++)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
    drop_identity();
    /* A change of identity clears it. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
        FAIL("cannot tie the build to its keeper");
    if (want.nnp && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        FAIL("cannot set no_new_privs");
    if (want.landlock)
        scope_sockets_and_signals();
    report("started");
    if (want.seccomp)
        filter_calls();
    execve(want.exec, want.argv, want.envp);
    FAIL("executing '%s'", want.exec);
}

/* ---- keeper ---- */

/* The namespaces of the build as they were made: what the builder makes of its own later is no concern of ours. */
static int user_namespace = -1, mount_namespace = -1;

static int open_namespace(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* What goes wrong while something is added ends only the helper, with the message for the caller. */
static void answer(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void answer(const char *format, ...)
{
    char line[8192];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    if (n >= (int)sizeof line)
        n = sizeof line - 1;
    send(LIFE_FD, line, n, MSG_NOSIGNAL);
}

#define FAIL_BIND(format, ...) do { answer("error " format ": %s", __VA_ARGS__, strerror(errno)); _exit(1); } while (0)

static int open_beneath(int directory, const char *path, uint64_t flags)
{
    struct { uint64_t flags, mode, resolve; } how = {flags | O_CLOEXEC, 0, 0x04 /* NO_SYMLINKS */ | 0x02 /* NO_MAGICLINKS */};
    return syscall(437 /* openat2 */, directory, path, &how, sizeof how);
}

/* Runs in a process of its own. The builder can write in the directory of the target: no link is followed there, and
 * nothing of the host is in reach any more when it is looked at. */
static void bind_into_build(const char *source, const char *target, int read_only_wanted)
{
    alarm(30);
    const char *slash = strrchr(target, '/');
    if (*target != '/' || !slash[1] || !strcmp(slash + 1, "..") || !strcmp(slash + 1, ".")) {
        answer("error '%s' is no path in the sandbox", target);
        _exit(1);
    }
    struct stat st;
    if (lstat(source, &st))
        FAIL_BIND("getting attributes of path '%s'", source);
    char link[4096];
    ssize_t length = 0;
    if (S_ISLNK(st.st_mode) && ((length = readlink(source, link, sizeof link - 1)) < 0 || length >= (ssize_t)sizeof link - 1))
        FAIL_BIND("reading symbolic link '%s'", source);
    link[length] = 0;
    if (user_namespace >= 0) {
        if (setns(user_namespace, CLONE_NEWUSER))
            FAIL_BIND("entering the %s namespace of the build", "user");
        /* A copy of the mounts outside that belongs to the build's user: an ordinary caller may not take a tree out of
         * mounts that are not his own. */
        if (unshare(CLONE_NEWNS))
            FAIL_BIND("copying the mounts of %s", "the host");
    }
    int tree = -1;
    if (!S_ISLNK(st.st_mode)) {
        tree = syscall(428 /* open_tree */, AT_FDCWD, source, 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC | 0x8000 /* AT_RECURSIVE */ | AT_SYMLINK_NOFOLLOW);
        if (tree < 0)
            FAIL_BIND("taking the tree '%s'", source);
        struct { uint64_t set, clear, propagation, userns; } attributes = {.set = read_only_wanted ? 1 : 0, .propagation = MS_PRIVATE};
        if (syscall(NR_MOUNT_SETATTR, tree, "", 0x8000 | AT_EMPTY_PATH, &attributes, sizeof attributes))
            FAIL_BIND("setting attributes of the mount of '%s'", source);
    }
    if (setns(mount_namespace, CLONE_NEWNS))
        FAIL_BIND("entering the %s namespace of the build", "mount");
    char parent[4096];
    if (snprintf(parent, sizeof parent, "%.*s", slash == target ? 1 : (int)(slash - target), target) >= (int)sizeof parent) {
        errno = ENAMETOOLONG;
        FAIL_BIND("'%s'", target);
    }
    int directory = open_beneath(AT_FDCWD, parent, O_PATH | O_DIRECTORY);
    if (directory < 0)
        FAIL_BIND("opening '%s' in the sandbox", parent);
    umask(0);
    int made = S_ISLNK(st.st_mode) ? symlinkat(link, directory, slash + 1)
        : S_ISDIR(st.st_mode) ? mkdirat(directory, slash + 1, 0755)
        : mknodat(directory, slash + 1, S_IFREG | 0444, 0);
    if (made) {
        if (errno == EEXIST)
            answer("error '%s' already exists in the sandbox", target);
        else
            FAIL_BIND("making '%s' in the sandbox", target);
        _exit(1);
    }
    if (tree >= 0) {
        int place = open_beneath(directory, slash + 1, O_PATH | O_NOFOLLOW);
        if (place < 0 || syscall(429 /* move_mount */, tree, "", place, "", 0x04 | 0x40 /* both paths empty */))
            FAIL_BIND("bind mount of '%s' on '%s' failed", source, target);
    }
    answer("ok");
    _exit(0);
}

/* Carries out one packet of the life line; 0 when its other end is closed. */
static int serve(void)
{
    static char packet[16384];
    ssize_t n = recv(LIFE_FD, packet, sizeof packet - 1, 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 1;
    if (n <= 0)
        return 0;
    packet[n] = 0;
    const char *word[4] = {"", "", "", ""};
    int words = 0;
    for (ssize_t at = 0; at < n && words < 4; at += strlen(packet + at) + 1)
        word[words++] = packet + at;
    if (words != 4 || strcmp(word[0], "bind")) {
        answer("error the launcher does not know the order '%s'", word[0]);
        return 1;
    }
    if (mount_namespace < 0) {
        answer("error the build has no mount namespace");
        return 1;
    }
    pid_t helper = fork();
    if (helper == 0)
        bind_into_build(word[1], word[2], !strcmp(word[3], "ro"));
    int status = 0;
    if (helper < 0)
        answer("error cannot start a helper: %s", strerror(errno));
    else {
        while (waitpid(helper, &status, 0) < 0 && errno == EINTR)
            ;
        if (WIFSIGNALED(status))
            answer("error the helper was killed by signal %d", WTERMSIG(status));
    }
    return 1;
}

static void write_proc(pid_t pid, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        FAIL("cannot open '%s'", path);
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        FAIL("cannot write '%s'", path);
    close(fd);
}

/* Kills every process of a user who is to have none: one that another build left could change the files of this one
 * or trace it. kill(2) of everybody reaches who the caller may signal, so it takes that user to do it. */
static void evict(uid_t uid)
{
    if (uid == 0 || uid == getuid())
        REFUSE("processes of user %ld are not to be killed", (long)uid);
    pid_t child = fork();
    if (child < 0)
        FAIL("cannot start a process as user %ld", (long)uid);
    if (child == 0) {
        if (setresuid(uid, uid, uid))
            _exit(1);
        /* The caller itself is left out by the kernel. What was killed takes a moment to go; a dead process that nobody
         * collects is there for ever. */
        for (int i = 0; i < 100; i++) {
            if (kill(-1, SIGKILL))
                _exit(errno == ESRCH ? 0 : 1);
            usleep(1000);
        }
        _exit(0);
    }
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        REFUSE("cannot kill the processes of user %ld", (long)uid);
}

/* ---- control group ---- */

static int remove_group(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)at;
    if (type == FTW_DP && rmdir(path) && errno != ENOENT)
        return errno == EBUSY ? 1 : 2;
    return 0;
}

/* Ends whatever is in the build's control group, tells what it all used (microseconds), and removes it. */
static void end_cgroup(long long *user, long long *system)
{
    char path[4096], text[4096];
    snprintf(path, sizeof path, "%s/cgroup.kill", want.cgroup);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    /* Kernels before 5.14 have none; the pid namespace has ended all but what the build put elsewhere. */
    if (fd >= 0) {
        if (write(fd, "1", 1) != 1)
            report("warning cannot kill '%s': %s", want.cgroup, strerror(errno));
        close(fd);
    }
    snprintf(path, sizeof path, "%s/cpu.stat", want.cgroup);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (n > 0) {
        text[n] = 0;
        char *u = strstr(text, "user_usec "), *s = strstr(text, "system_usec ");
        if (u && s)
            *user = atoll(u + strlen("user_usec ")), *system = atoll(s + strlen("system_usec "));
    }
    /* What was killed takes a moment to go. */
    int left = 1;
    for (int i = 0; i < 5000 && (left = nftw(want.cgroup, remove_group, 16, FTW_DEPTH | FTW_PHYS)) == 1; i++)
        usleep(1000);
    if (left && !access(want.cgroup, F_OK))
        report("warning cannot remove '%s': %s", want.cgroup, strerror(errno));
}

/* Kills what a build without a pid namespace leaves behind: the keeper is their reaper, so they all become its
 * children sooner or later. */
static void kill_leftovers(void)
{
    char path[64], text[65536];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    for (;;) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
        if (fd >= 0)
            close(fd);
        if (n > 0) {
            text[n] = 0;
            for (char *p = text, *end; *p; p = end) {
                long pid = strtol(p, &end, 10);
                if (end == p)
                    break;
                if (pid > 1)
                    kill(pid, SIGKILL);
            }
        }
        if (waitpid(-1, 0, n > 0 ? 0 : WNOHANG) < 0 && errno == ECHILD)
            return;
        if (n <= 0)
            return;
    }
}

/* Runs a program of the host whose two outputs come in the order in which it writes them. */
static int merge(char **argv)
{
    if (dup2(1, 2) < 0)
        return 1;
    default_signals();
    execvp(argv[0], argv);
    fprintf(stderr, "error: executing \"%s\": %s\n", argv[0], strerror(errno));
    return 1;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "merge") == 0)
        return merge(argv + 2);
    if (argc > 5 && strcmp(argv[1], "enter") == 0)
        return enter(argv[2], argv[3], argv + 4);

    read_request();
    parse();

    /* Before the user namespace: inside it nobody may any more. */
    if (setgroups(want.group_count, want.groups) && (errno != EPERM || want.groups_must_go)) {
        if (errno == EPERM)
            REFUSE("setgroups failed. Set the require-drop-supplementary-groups option to false to skip this step.");
        FAIL("setgroups failed");
    }
    if (pipe2(ready, O_CLOEXEC))
        FAIL("cannot make a pipe");
    if (!(want.ns & CLONE_NEWPID) && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
        FAIL("cannot become the reaper of the build");

    if (want.evicted)
        evict(want.evicted);

    int pidfd = -1;
    struct { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup; } how = {
        .flags = want.ns | CLONE_PIDFD, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD};
    if (want.cgroup) {
        int group = open(want.cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (group < 0)
            FAIL("opening cgroup '%s'", want.cgroup);
        how.cgroup = group;
        /* Its own namespace comes later: made here it would begin at the caller's group. */
        how.flags = (how.flags & ~(uint64_t)CLONE_NEWCGROUP) | 0x200000000 /* CLONE_INTO_CGROUP */;
    }
    pid_t child = syscall(435 /* clone3 */, &how, sizeof how);
    if (child < 0)
        FAIL("cannot create the namespaces of the build");
    if (child == 0) {
        build();
        _exit(1);
    }
    close(ready[0]);
    /* The log ends when the build lets go of it, which a copy kept here would hide. */
    if (dup2(0, 1) < 0 || dup2(0, 2) < 0)
        FAIL("cannot let go of the log");
    for (int i = 0; i < want.passed; i++)
        close(PASSED_FD + i);

    if (want.ns & CLONE_NEWUSER && want.has_map) {
        char line[96];
        snprintf(line, sizeof line, "%ld %ld %ld", want.map[0], want.map[1], want.map[4]);
        write_proc(child, "uid_map", line);
        if (want.map[4] == 1)
            write_proc(child, "setgroups", "deny");
        snprintf(line, sizeof line, "%ld %ld %ld", want.map[2], want.map[3], want.map[4]);
        write_proc(child, "gid_map", line);
    }
    if (want.ns & CLONE_NEWUSER)
        user_namespace = open_namespace(child, "user");
    if (want.ns & CLONE_NEWNS)
        mount_namespace = open_namespace(child, "mnt");
    if (write(ready[1], "1", 1) != 1)
        FAIL("cannot start the build");
    close(ready[1]);

    struct pollfd watched[2] = {{.fd = pidfd, .events = POLLIN}, {.fd = LIFE_FD, .events = POLLIN}};
    for (;;) {
        int n = poll(watched, 2, -1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            FAIL("cannot wait for the build");
        if (!watched[0].revents && watched[1].revents && serve())
            continue;
        if (!watched[0].revents)
            kill(child, SIGKILL);
        break;
    }
    int status;
    struct rusage used = {0};
    while (wait4(child, &status, 0, &used) < 0)
        if (errno != EINTR)
            FAIL("cannot collect the build");
    if (!(want.ns & CLONE_NEWPID)) {
        kill(-child, SIGKILL);
        kill_leftovers();
        if (want.evicted)
            evict(want.evicted);
    }
    long long user = used.ru_utime.tv_sec * 1000000LL + used.ru_utime.tv_usec;
    long long system = used.ru_stime.tv_sec * 1000000LL + used.ru_stime.tv_usec;
    if (want.cgroup)
        end_cgroup(&user, &system);
    if (WIFSIGNALED(status))
        report("signal %d %lld %lld", WTERMSIG(status), user, system);
    else
        report("exit %d %lld %lld", WEXITSTATUS(status), user, system);
    return 0;
}
