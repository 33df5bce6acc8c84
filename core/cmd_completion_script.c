#include <string.h>

#include "cmd_completion.h"

/* The words are taken from the line itself: bash cuts those of COMP_WORDS at '=' and ':', and puts an answer
 * in place of the last piece only. */
static const char bash[] =
    "# bash completion for sluice\n"
    "_sluice() {\n"
    "    local line=${COMP_LINE:0:COMP_POINT} words word piece\n"
    "    read -ra words <<<\"$line\"\n"
    "    [[ $line == *[[:space:]] ]] && words+=('')\n"
    "    word=${words[${#words[@]} - 1]}\n"
    "    piece=${word##*[=:]}\n"
    "    COMPREPLY=()\n"
    "    while IFS=$'\\t' read -r candidate _; do\n"
    "        case $candidate in\n"
    "        :files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$piece\") "
    ";;\n"
    "        :directories) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "
    "\"$piece\") ;;\n"
    "        *) COMPREPLY+=(\"${candidate#\"${word%\"$piece\"}\"}\") ;;\n"
    "        esac\n"
    "    done < <(\"${words[0]/#\\~/$HOME}\" completion words -- \"${words[@]:1}\" 2>/dev/null)\n"
    "}\n"
    "complete -F _sluice sluice\n";

static const char zsh[] =
    "#compdef sluice\n"
    "_sluice() {\n"
    "    local -a found\n"
    "    local line\n"
    "    for line in ${(f)\"$(${(Q)words[1]} completion words -- \"${(@Q)words[2,CURRENT-1]}\" \"$PREFIX\" "
    "2>/dev/null)\"}; do\n"
    "        case $line in\n"
    "        :files) compset -P '--*='; _files ;;\n"
    "        :directories) compset -P '--*='; _files -/ ;;\n"
    "        *) found+=(\"${${line%%$'\\t'*}//:/\\\\:}${${(M)line%%$'\\t'*}:+:${line#*$'\\t'}}\") ;;\n"
    "        esac\n"
    "    done\n"
    "    (( $#found )) && _describe -t words sluice found\n"
    "}\n"
    "if [[ $funcstack[1] == _sluice ]]; then _sluice \"$@\"; else compdef _sluice sluice; fi\n";

static const char fish[] =
    "# fish completion for sluice\n"
    "function __sluice_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l word (commandline -ct)\n"
    "    set -l option (string match -r -- '^--[^=]*=' $word)\n"
    "    set -l rest (string replace -r -- '^--[^=]*=' '' $word)\n"
    "    for line in ($words[1] completion words -- $words[2..-1] \"$word\" 2>/dev/null)\n"
    "        switch $line\n"
    "            case :files\n"
    "                printf '%s\\n' \"$option\"(__fish_complete_path \"$rest\")\n"
    "            case :directories\n"
    "                printf '%s\\n' \"$option\"(__fish_complete_directories \"$rest\")\n"
    "            case '*'\n"
    "                printf '%s\\n' $line\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c sluice -f -a '(__sluice_complete)'\n";

const char *completion_script(const char *shell) {
    if (strcmp(shell, "bash") == 0)
        return bash;
    if (strcmp(shell, "zsh") == 0)
        return zsh;
    return strcmp(shell, "fish") == 0 ? fish : NULL;
}
