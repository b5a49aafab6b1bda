/* attacker: what a malicious builder would do with system calls, one attack for each name. Prints "done" where the attack
 * succeeds, else "refused" and why. Linked statically, so that it runs in any root. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static int verdict(int done)
{
    if (done)
        puts("done");
    else
        printf("refused: %s\n", strerror(errno));
    return 0;
}

static int has_set_id(const char *path)
{
    struct stat st;
    return !lstat(path, &st) && st.st_mode & (S_ISUID | S_ISGID);
}

static socklen_t abstract(struct sockaddr_un *address, const char *name)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    strncpy(address->sun_path + 1, name, sizeof address->sun_path - 2);
    return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name);
}

/* Hands a descriptor of a file to whoever connects to an abstract socket; gives up after three seconds. */
static int offer(const char *name, const char *file)
{
    struct sockaddr_un address;
    socklen_t length = abstract(&address, name);
    int fd = open(file, O_RDWR), server = socket(AF_UNIX, SOCK_STREAM, 0);
    struct timeval limit = {3, 0};
    setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (fd < 0 || bind(server, (void *)&address, length) || listen(server, 1))
        return verdict(0);
    int client = accept(server, 0, 0);
    if (client < 0)
        return verdict(0);
    char byte = 'x', control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec v = {&byte, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    return verdict(sendmsg(client, &m, 0) == 1);
}

/* The accomplice outside: takes the descriptor, and writes through it when a line comes on standard input. */
static int take(const char *name)
{
    struct sockaddr_un address;
    socklen_t length = abstract(&address, name);
    int server = -1;
    for (int i = 0; i < 5000; i++) {
        server = socket(AF_UNIX, SOCK_STREAM, 0);
        if (!connect(server, (void *)&address, length))
            break;
        close(server);
        server = -1;
        usleep(1000);
    }
    if (server < 0)
        return verdict(0);
    char byte, control[CMSG_SPACE(sizeof(int))];
    struct iovec v = {&byte, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(server, &m, 0) != 1 || !CMSG_FIRSTHDR(&m))
        return verdict(0);
    int fd;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
    puts("taken");
    fflush(stdout);
    if (read(0, &byte, 1) != 1)
        return verdict(0);
    return verdict(pwrite(fd, "E", 1, 0) == 1);
}

int main(int argc, char **argv)
{
    const char *attack = argc > 1 ? argv[1] : "", *a = argc > 2 ? argv[2] : "f", *b = argc > 3 ? argv[3] : "";
    long pid = atol(a);
#define IS(name) if (!strcmp(attack, name))
    IS("chmod") { close(creat("f", 0755)); return verdict(!chmod("f", 04755) && has_set_id("f")); }
    IS("setgid") { close(creat("f", 0755)); return verdict(!chmod("f", 02755) && has_set_id("f")); }
    IS("fchmod") { int fd = creat("f", 0755); return verdict(!fchmod(fd, 04755) && has_set_id("f")); }
    IS("fchmodat") { close(creat("f", 0755)); return verdict(!syscall(SYS_fchmodat, AT_FDCWD, "f", 04755) && has_set_id("f")); }
    IS("fchmodat2") { close(creat("f", 0755)); return verdict(!syscall(452, AT_FDCWD, "f", 04755, 0) && has_set_id("f")); }
    IS("open") { umask(0); return verdict(open("g", O_CREAT | O_WRONLY, 04755) >= 0 && has_set_id("g")); }
    IS("creat") { umask(0); return verdict(syscall(SYS_creat, "g", 04755) >= 0 && has_set_id("g")); }
    IS("openat") { umask(0); return verdict(syscall(SYS_openat, AT_FDCWD, "g", O_CREAT | O_WRONLY, 04755) >= 0 && has_set_id("g")); }
    IS("openat2") {
        struct { unsigned long long flags, mode, resolve; } how = {O_CREAT | O_WRONLY, 04755, 0};
        umask(0);
        return verdict(syscall(437, AT_FDCWD, "g", &how, sizeof how) >= 0 && has_set_id("g"));
    }
    IS("tmpfile") {
        umask(0);
        int fd = open(".", O_TMPFILE | O_WRONLY, 04755);
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        return verdict(fd >= 0 && !linkat(AT_FDCWD, link, AT_FDCWD, "g", AT_SYMLINK_FOLLOW) && has_set_id("g"));
    }
    IS("mknod") { umask(0); return verdict(!mknod("g", S_IFREG | 04755, 0) && has_set_id("g")); }
    IS("inside") {
        /* Root of a user namespace of one's own is still not to do it. */
        close(creat("f", 0755));
        if (unshare(CLONE_NEWUSER))
            return verdict(0);
        return verdict(!chmod("f", 04755) && has_set_id("f"));
    }
    IS("xattr") { close(creat("f", 0755)); return verdict(!setxattr("f", "user.a", "x", 1, 0)); }
    IS("io_uring") { char p[256] = {0}; return verdict(syscall(425, 1, p) >= 0); }
    IS("keyring") { return verdict(syscall(SYS_add_key, "user", "firn-test", "x", 1, KEY_SPEC_SESSION_KEYRING) >= 0); }
    IS("signal") { return verdict(pid > 1 && !kill(pid, SIGTERM)); }
    IS("ptrace") { return verdict(pid > 1 && !ptrace(PTRACE_ATTACH, pid, 0, 0)); }
    IS("memory") {
        char path[64], byte;
        snprintf(path, sizeof path, "/proc/%ld/mem", pid);
        int fd = open(path, O_RDWR);
        (void)byte;
        return verdict(pid > 1 && fd >= 0);
    }
    IS("socket") {
        struct sockaddr_un address;
        socklen_t length = abstract(&address, a);
        return verdict(!connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, length));
    }
    IS("tiocsti") {
        char c = 'x';
        int tty = open("/dev/tty", O_RDWR | O_NOCTTY);
        return verdict(!ioctl(0, TIOCSTI, &c) || !ioctl(1, TIOCSTI, &c) || (tty >= 0 && !ioctl(tty, TIOCSTI, &c)));
    }
    IS("core") { struct rlimit l; getrlimit(RLIMIT_CORE, &l); errno = 0; return verdict(l.rlim_cur != 0); }
    IS("privileges") {
        char text[4096] = {0};
        int fd = open("/proc/self/status", O_RDONLY);
        if (read(fd, text, sizeof text - 1) < 0)
            return 1;
        errno = 0;
        return verdict(strstr(text, "NoNewPrivs:\t0") != 0);
    }
    IS("hostname") {
        char name[256];
        gethostname(name, sizeof name);
        errno = 0;
        return verdict(strcmp(name, "localhost") != 0);
    }
    IS("descriptor") {
        for (int fd = 3; fd < 1024; fd++)
            if (fcntl(fd, F_GETFD) >= 0)
                return verdict(1);
        return verdict(0);
    }
    IS("write") {
        int fd = open(a, O_WRONLY | O_APPEND);
        return verdict(fd >= 0 && write(fd, "x", 1) == 1);
    }
    IS("remount") {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
            return verdict(0);
        mount(0, b, 0, MS_REMOUNT | MS_BIND, 0);
        int fd = open(a, O_WRONLY | O_APPEND);
        return verdict(fd >= 0 && write(fd, "x", 1) == 1);
    }
    IS("link") { return verdict(!link(a, b)); }
    IS("read") { return verdict(open(a, O_RDONLY) >= 0); }
    IS("offer") { return offer(a, b); }
    IS("take") { return take(a); }
    fprintf(stderr, "attacker: unknown attack '%s'\n", attack);
    return 2;
}
