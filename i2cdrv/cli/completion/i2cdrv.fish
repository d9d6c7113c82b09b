# fish completion for i2cdrv

function __i2cdrv_complete
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    # of the one in $PATH: a ./i2cdrv on the line may be of another user
    set -l answer (command i2cdrv __complete fish $words[2..-1] "$token" 2>/dev/null)
    set -l path (string replace -- "$answer[2]" '' "$token")
    switch "$answer[1]"
        case files
            printf "$answer[2]%s\n" (__fish_complete_path $path)
        case directories
            printf "$answer[2]%s\n" (__fish_complete_directories $path)
    end
    printf '%s\n' $answer[3..-1]
end

complete -c i2cdrv -f -k -a '(__i2cdrv_complete)'
