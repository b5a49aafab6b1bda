# Completion of nix for fish: the program itself says how a word may go on.
function __firn_nix_complete
    set -l tokens (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l replies (env NIX_GET_COMPLETIONS=(count $tokens) $tokens $current 2>/dev/null)
    if string match --quiet '~*' -- $current
        set replies (string replace -- $HOME '~' $replies)
    end
    # The first line tells what the others are; these are words and what they mean, as fish wants them.
    printf '%s\n' $replies[2..]
end

complete --command nix --no-files --arguments '(__firn_nix_complete)'
