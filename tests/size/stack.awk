# SPDX-License-Identifier: Apache-2.0
# awk -f stack.awk tests/size/calls FILE.ci...: the deepest way through a program, from main() on, by what the compiler
# says of each function's stack and calls. Calls by pointer are looked up in `calls` by the name at the place of the call.
# Functions of the C library count as what `calls` says of `libc`. A cycle, or a pointer that nothing is known of, fails.

function fail(what) { print "stack.awk: " what > "/dev/stderr"; failed = 1; exit 1 }

# "…/dtls/keep.c" is "dtls/keep.c".
function tail_of(path,    part, n) { n = split(path, part, "/"); return part[n - 1] "/" part[n] }
function field(key,    at, rest) {
    at = index($0, key ": \"")
    if (at == 0) return ""
    rest = substr($0, at + length(key) + 3)
    return substr(rest, 1, index(rest, "\"") - 1)
}
# A function of one file alone has the file in its title; clones of a function are that function.
function name_of(title,    colon) {
    sub(/\.(isra|constprop|part|cold)(\.[0-9]+)?.*$/, "", title)
    colon = match(title, /:[^:]*$/)
    return colon ? tail_of(substr(title, 1, colon - 1)) substr(title, colon) : title
}
function source_line(file, number,    n, line) {
    if (!((file, 1) in source)) {
        for (n = 1; (getline line < file) > 0; n++) source[file, n] = line
        close(file)
    }
    return source[file, number]
}

FILENAME == ARGV[1] {
    if (/^#/ || NF == 0) next
    if ($1 == "libc") library = $2
    else if ($1 == "own") own[$2, $3] = 1
    else if ($1 == "never") never[$2, $3] = 1
    else if ($1 == "above") { pairs++; above[pairs] = $2; below[pairs] = $3 }
    else { count++; where[count] = $1; called[count] = $2; user[count] = $3; lower[count] = NF > 3 ? $4 : $3 }
    next
}
/^graph:/ { unit = tail_of(field("title")) }
/^node:/ {
    name = name_of(field("title"))
    split(field("label"), label, "\\\\n")
    if (label[3] ~ /bytes/) { # of clones, the largest
        split(label[3], size, " ")
        if (!(name in frame) || size[1] > frame[name]) frame[name] = size[1]
        home[name] = unit
        bare = name; sub(/.*:/, "", bare)
        if (bare != name) full[bare] = full[bare] " " name
    }
}
/^edge:/ {
    from = name_of(field("sourcename"))
    to = field("targetname") == "__indirect_call" ? "*" field("label") : name_of(field("targetname"))
    if (!((from, to) in seen) && !((from, to) in never)) { seen[from, to] = 1; edges[from] = edges[from] "\n" to }
}

# The functions that a pointer may lead to, from the words of `calls`; % is the name at the call.
function targets(words, member,    list, n, i, out, name, found) {
    n = split(words, list, ",")
    for (i = 1; i <= n; i++) {
        name = list[i]
        found = found || name == "none"
        gsub(/%/, member, name)
        if (name in frame) { out = out "\n" name; found = 1 }
        else if (name in full) { out = out full[name]; gsub(/ /, "\n", out); found = 1 }
    }
    if (!found) fail("there is no function " words " for the pointer " member)
    return out
}
function by_pointer(from, place, context,    part, text, i, folder, known) {
    split(place, part, ":")
    text = substr(source_line(part[1], part[2]), part[3])
    folder = tail_of(part[1]); sub(/\/.*/, "", folder)
    for (i = 1; i <= count; i++) {
        if (where[i] != folder) continue
        if (match(text, "(^|[^a-z_])(" called[i] ")\\)?\\(")) {
            known = substr(text, RSTART, RLENGTH); sub(/.*->/, "", known); gsub(/[^a-z0-9_]/, "", known)
            return targets(context == 0 ? user[i] : lower[i], known)
        }
    }
    fail("calls says nothing of the call at " place " in " from ": " text)
}

# Whether a function, or a call by pointer, is of that folder or file.
function is_of(name, what,    part) {
    if (substr(name, 1, 1) == "*") { split(substr(name, 2), part, ":"); part[1] = tail_of(part[1]) }
    else part[1] = home[name]
    return index("/" part[1] "/", "/" what "/") > 0
}
# What is called by one that stands above has the second meaning of its pointers, and so has what it calls of its own.
function context_of(from, to, context,    i) {
    for (i = 1; i <= pairs; i++) {
        if (!is_of(to, below[i])) continue
        if (is_of(from, above[i]) && !((from, to) in own)) return 1
        if (is_of(from, below[i])) return context
    }
    return 0
}

function depth(name, context,    key, list, n, i, inner, m, j, d, best, way, next_context) {
    key = name SUBSEP context
    if (key in known_depth) return known_depth[key]
    if (!(name in frame)) { known_way[key] = name " (library) " library; return known_depth[key] = library }
    if (key in busy) fail("a cycle through " name)
    busy[key] = 1
    n = split(edges[name], list, "\n")
    for (i = 2; i <= n; i++) {
        next_context = context_of(name, list[i], context)
        if (substr(list[i], 1, 1) == "*")
            m = split(by_pointer(name, substr(list[i], 2), next_context), inner, "\n")
        else { inner[2] = list[i]; m = 2 }
        m_of[key, i] = m
        for (j = 2; j <= m; j++) at_level[key, i, j] = inner[j]
    }
    for (i = 2; i <= n; i++) {
        next_context = context_of(name, list[i], context)
        for (j = 2; j <= m_of[key, i]; j++) {
            d = depth(at_level[key, i, j], context_of(name, at_level[key, i, j], next_context))
            if (d > best) { best = d; way = at_level[key, i, j] SUBSEP context_of(name, at_level[key, i, j], next_context) }
        }
    }
    delete busy[key]
    known_way[key] = way
    return known_depth[key] = frame[name] + best
}

END {
    if (failed) exit 1
    if (!("main" in frame)) fail("there is no main")
    printf "%d\n", depth("main", 0)
    for (key = "main" SUBSEP 0; key in known_depth && split(key, at, SUBSEP); key = known_way[key])
        printf "    %5d %s\n", (at[1] in frame) ? frame[at[1]] : library, at[1]
}
