# bash completion for i2cdrv

_i2cdrv() {
    local program=${COMP_WORDS[0]} answer
    mapfile -t answer <<<"$("${program/#\~\//$HOME/}" __complete bash "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)"
    COMPREPLY=("${answer[@]:1}")
    case ${answer[0]} in
        files) compopt +o nospace -o default ;;
        directories) compopt +o nospace -o dirnames ;;
    esac
}

complete -o nospace -o nosort -F _i2cdrv i2cdrv
