#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc > 1) {
        /* As a node of the graph: one more than the largest number of the files named. */
        long most = 0;
        for (int i = 1; i < argc; i++) {
            FILE *file = fopen(argv[i], "r");
            long number;
            if (!file || fscanf(file, "%ld", &number) != 1)
                return 1;
            most = number > most ? number : most;
            fclose(file);
        }
        printf("%ld\n", most + 1);
        return 0;
    }
    puts("hello from the sandbox");
    return 0;
}
