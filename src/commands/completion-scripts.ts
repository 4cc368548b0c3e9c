/**
 * What each shell evaluates. All of them ask the program itself, by `conntrackctl completion --answer -- WORD…`, the last
 * word being the one that is typed. It answers a line for each candidate, `WORD<TAB>meaning`, or `:files`, `:folders`.
 */
export const completionScripts = {
  bash: `# bash completion for conntrackctl; in ~/.bashrc: source <(conntrackctl completion bash)
_conntrackctl() {
  local words=() word glued='' line i
  # Readline splits at = and :, which belong to our words.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ \${#words[@]} -gt 0 && ( $word == [=:]* || -n $glued ) ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    glued=''
    if [[ $word == *[=:] ]]; then glued=1; fi
  done
  local current=\${words[-1]-}
  local kept=\${current%"\${current##*[=:]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) COMPREPLY=($(compgen -f -- "\${current#"$kept"}")); compopt -o filenames 2>/dev/null ;;
      :folders) COMPREPLY=($(compgen -d -- "\${current#"$kept"}")); compopt -o filenames 2>/dev/null ;;
      *) line=\${line%%$'\\t'*}; COMPREPLY+=("\${line#"$kept"}") ;;
    esac
  done < <("\${COMP_WORDS[0]}" completion --answer -- "\${words[@]}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -F _conntrackctl conntrackctl
`,
  zsh: `#compdef conntrackctl
# zsh completion for conntrackctl: put this into a file _conntrackctl in a folder of $fpath, or source it behind compinit
_conntrackctl() {
  local line
  local -a found
  for line in "\${(@f)$("\${words[1]}" completion --answer -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :files) _files; return ;;
      :folders) _files -/; return ;;
      '') ;;
      *) found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  _describe -t words conntrackctl found
}
if [[ \${funcstack[1]} == _conntrackctl ]]; then _conntrackctl "$@"; else compdef _conntrackctl conntrackctl; fi
`,
  fish: `# fish completion for conntrackctl: conntrackctl completion fish >~/.config/fish/completions/conntrackctl.fish
function __conntrackctl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] completion --answer -- $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$current"
            case ':folders'
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
complete -c conntrackctl -f -a '(__conntrackctl_complete)'
`,
} as const

export type Shell = keyof typeof completionScripts
