# count.sh: sourced by the scripts beside it. Runs test programs and adds up what they counted, in $passed and $failed.
passed=0
failed=0
count_log=$(mktemp) || exit
trap 'rm -f "$count_log"' EXIT
trap 'exit 1' HUP INT TERM

# count NAME COMMAND…: shows the output and reads the last "N passed, N failed", or busted's own line, from it. A
# program that counts nothing passed, or fails without a count of failures, adds a failure.
count() {
    name=$1
    shift
    { "$@" 2>&1; echo "status $?"; } | tee "$count_log" | sed '/^status [0-9]*$/d'
    status=$(sed -n '$s/^status //p' "$count_log")
    counts=$(awk '/^[0-9]+ passed, [0-9]+ failed$/ { counts = $1 " " $3 }
                  /^[0-9]+ success.* \/ [0-9]+ failure.* \/ [0-9]+ error/ { counts = $1 " " $4 + $7 }
                  END { print counts ? counts : "0 0" }' "$count_log")
    set -- ${counts}
    if [ "$1" -eq 0 ] || { [ "$status" != 0 ] && [ "$2" -eq 0 ]; }; then
        echo "$name: ended with status $status, $1 passed, $2 failed"
        set -- "$1" $(($2 + 1))
    fi
    passed=$((passed + $1))
    failed=$((failed + $2))
}

# Prints the totals and tells whether all is well.
count_end() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
