# SPDX-License-Identifier: Apache-2.0
#
# Sets, gets or deletes one option of an ini file, as devstack's functions of these names do, and leaves the other
# lines. VERB, SECTION, OPTION and VALUE are in the environment. A new option becomes the first of its section.

function line() { return ENVIRON["OPTION"] " = " ENVIRON["VALUE"] }

/^\[/ {
    inside = ($0 == "[" ENVIRON["SECTION"] "]")
    if (inside) head = NR
}

{ kept[NR] = $0 }

inside && /=/ {
    name = substr($0, 1, index($0, "=") - 1)
    gsub(/[ \t]/, "", name)
    if (name == ENVIRON["OPTION"]) { found = found ? found : NR; is_one[NR] = 1 }
}

END {
    if (ENVIRON["VERB"] == "get") {
        value = found ? substr(kept[found], index(kept[found], "=") + 1) : ""
        sub(/^[ \t]+/, "", value)
        print value
        exit
    }
    is_set = ENVIRON["VERB"] == "set"
    for (number = 1; number <= NR; number++) {
        if (!(number in is_one)) print kept[number]
        else if (is_set && number == found) print line()
        if (is_set && !found && number == head) print line()
    }
    if (is_set && !found && !head) print "[" ENVIRON["SECTION"] "]\n" line()
}
