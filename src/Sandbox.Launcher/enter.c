/* A program that sees a store where it is named, and not where it lies: the store of another root directory. */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enter.h"

static int fail(const char *what, const char *path)
{
    fprintf(stderr, "error: %s '%s': %s\n", what, path, strerror(errno));
    return 1;
}

static int write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    ssize_t written = write(file, text, strlen(text));
    close(file);
    return written == (ssize_t)strlen(text) ? 0 : -1;
}

/* Makes a directory and those above it. */
static int make_directories(char *path)
{
    for (char *at = path + 1; (at = strchr(at, '/')); at++) {
        *at = 0;
        int made = mkdir(path, 0755);
        *at = '/';
        if (made && errno != EEXIST)
            return -1;
    }
    return mkdir(path, 0755) && errno != EEXIST ? -1 : 0;
}

/* Over what is there, so that the paths of both stores can be used; in place of it where that cannot be. */
static int cover(const char *store, const char *real)
{
    char options[2 * PATH_MAX + 32];
    snprintf(options, sizeof options, "lowerdir=%s:%s", store, real);
    if (!strpbrk(store, ":,\\") && !strpbrk(real, ":,\\") && !mount("overlay", store, "overlay", MS_MGC_VAL, options))
        return 0;
    return mount(real, store, "", MS_BIND, NULL);
}

/* A root directory that has the store, and beside it all that the usual one has. */
static int make_root(const char *store, const char *real)
{
    char root[64], path[2 * PATH_MAX], target[PATH_MAX], here[PATH_MAX];
    struct stat own;
    if (!getcwd(here, sizeof here))
        return fail("cannot tell the working directory", ".");
    /* An empty directory for all of this user's: what is put there is seen by this process and its children alone. */
    snprintf(root, sizeof root, "/tmp/.firn-root-%u", getuid());
    if (mkdir(root, 0700) && errno != EEXIST)
        return fail("cannot make directory", root);
    if (lstat(root, &own) || !S_ISDIR(own.st_mode) || own.st_uid != getuid()) {
        errno = EPERM;
        return fail("cannot use", root);
    }
    if (mount("none", root, "tmpfs", 0, "mode=0755"))
        return fail("cannot mount", root);
    snprintf(path, sizeof path, "%s%s", root, store);
    if (make_directories(path) || mount(real, path, "", MS_BIND, NULL))
        return fail("cannot mount", real);

    DIR *top = opendir("/");
    if (!top)
        return fail("cannot read directory", "/");
    for (struct dirent *entry; (entry = readdir(top));) {
        struct stat facts;
        char source[NAME_MAX + 2];
        snprintf(source, sizeof source, "/%s", entry->d_name);
        snprintf(path, sizeof path, "%s/%s", root, entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || lstat(source, &facts) || !access(path, F_OK))
            continue;
        if (S_ISDIR(facts.st_mode)) {
            if (mkdir(path, 0700) || mount(source, path, "", MS_BIND | MS_REC, NULL))
                return fail("cannot mount", source);
        } else if (S_ISLNK(facts.st_mode)) {
            ssize_t length = readlink(source, target, sizeof target - 1);
            if (length < 0)
                return fail("cannot read link", source);
            target[length] = 0;
            if (symlink(target, path))
                return fail("cannot make link", path);
        }
    }
    closedir(top);
    if (chroot(root))
        return fail("cannot enter", root);
    return chdir(here) ? fail("cannot change to directory", here) : 0;
}

int enter(const char *store, const char *real, char **command)
{
    char map[64];
    uid_t user = getuid();
    gid_t group = getgid();
    int own_users = !unshare(CLONE_NEWUSER | CLONE_NEWNS);
    if (!own_users && unshare(CLONE_NEWNS))
        return fail("cannot make a mount namespace for", store);
    if (own_users) {
        if (write_file("/proc/self/setgroups", "deny"))
            return fail("cannot write", "/proc/self/setgroups");
        snprintf(map, sizeof map, "%u %u 1", user, user);
        if (write_file("/proc/self/uid_map", map))
            return fail("cannot write", "/proc/self/uid_map");
        snprintf(map, sizeof map, "%u %u 1", group, group);
        if (write_file("/proc/self/gid_map", map))
            return fail("cannot write", "/proc/self/gid_map");
    }

    /* What is mounted here is for this process and its children. */
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        return fail("cannot part with the mounts of", "/");

    struct stat facts;
    if (stat(store, &facts) ? make_root(store, real) : cover(store, real) && fail("cannot mount", real))
        return 1;

    execvp(command[0], command + 1);
    return fail("unable to execute", command[0]);
}
