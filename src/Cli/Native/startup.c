// What has to happen before the runtime of .NET starts, and what it says nothing about.
//
// The linker puts __wrap_main in the place of main (--wrap=main), which is the runtime's own.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

extern int __real_main(int argc, char **argv);

int __wrap_main(int argc, char **argv);

int __wrap_main(int argc, char **argv)
{
    // A program may be started without a standard stream. The next file to be opened would get its number, and what
    // is said to the user would go into it: into a store's database, say.
    for (int standard = 0; standard <= 2; standard++)
        if (fcntl(standard, F_GETFD) == -1 && errno == EBADF)
            (void)!open("/dev/null", standard == 0 ? O_RDONLY : O_WRONLY);

    int status = __real_main(argc, argv);
    if (status != -1) return status;

    // The runtime could not start, which it keeps to itself.
    static const char message[] = "error: cannot start: a limit on processes, open files or memory is reached\n";
    (void)!write(2, message, sizeof message - 1);
    return 1;
}
