/**
 * What each shell evaluates. All of them ask the program itself, by `conntrackctl completion --answer -- WORD…`, the last
 * word being the one that is typed. It answers a line for each candidate, `WORD<TAB>meaning`, or `:files`, `:folders`.
 */
export const completionScripts = {
  bash: `# bash completion for conntrackctl; in ~/.bashrc: source <(conntrackctl completion bash)
_conntrackctl() {
  local words=() word glued='' line i
  # Readline splits at =, : and before @, which belong to our words.
  local breaks='=:'
  if [[ \${COMP_WORDBREAKS-} == *@* ]]; then breaks+=@; fi
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ \${#words[@]} -gt 0 && ( $word == [$breaks]* || -n $glued ) ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    glued=''
    if [[ $word == *[$breaks] ]]; then glued=1; fi
  done
  local current=\${words[-1]-} kept=''
  # Within quotes it does not split.
  if [[ $current == [\\"\\']* ]]; then
    current=\${current:1}
    words[-1]=$current
  else
    local rest=\${current##*[=:]}
    if [[ $breaks == *@ && $rest == *@* ]]; then rest=@\${rest##*@}; fi
    kept=\${current%"$rest"}
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      # Readline itself knows blanks, quotes and ~.
      :files) compopt -o default 2>/dev/null ;;
      :folders) compopt -o dirnames 2>/dev/null ;;
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
  # PREFIX is the word up to the cursor, without the quote that may open it.
  for line in "\${(@f)$("\${words[1]}" completion --answer -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}"; do
    case $line in
      :files | :folders)
        if [[ $PREFIX == --*=* ]]; then compset -P '*='; fi
        if [[ $line == :files ]]; then _files; else _files -/; fi
        return ;;
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
    set -l current (string replace -r '^["\\']' '' -- (commandline -ct))
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
