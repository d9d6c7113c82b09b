# bash completion for i2cdrv

_i2cdrv() {
    local answer  # of the one in $PATH: a ./i2cdrv on the line may be of another user
    mapfile -t answer <<<"$(command i2cdrv __complete bash "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)"
    COMPREPLY=("${answer[@]:1}")
    case ${answer[0]} in
        files) compopt +o nospace -o default ;;
        directories) compopt +o nospace -o dirnames ;;
    esac
}

complete -o nospace -o nosort -F _i2cdrv i2cdrv
