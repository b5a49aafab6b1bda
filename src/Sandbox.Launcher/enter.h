/* Runs a command, the program and then its arguments from the name on, that sees the store REAL in the place STORE; comes
 * back, with an exit status, only where it cannot. */
int enter(const char *store, const char *real, char **command);
