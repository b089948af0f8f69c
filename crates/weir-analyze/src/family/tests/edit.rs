use super::check;

#[test]
fn what_edits() {
    check(
        r##"
> sed -n 1,3p a.txt
    read file-tree a.txt
> sed s/a/b/ a.txt
    read file-tree a.txt
> sed -i s/a/b/ a.txt
    modify file-tree a.txt
> sed -i.bak s/a/b/ a.txt
    modify file-tree a.txt
> sed -i.bak s/a/b/ old
    modify file-tree old
    modify file-tree old.bak | content
> sed -i .bak s/a/b/ old a.txt
    modify file-tree old
    modify file-tree a.txt
    modify file-tree old.bak | content
> sed -i '' s/a/b/ a.txt
    modify file-tree a.txt
> sed -i .bak s/a/b/ a.txt
    modify file-tree a.txt
> sed -i -e s/a/b/ -e s/c/d/ a.txt b.txt
    modify file-tree a.txt
    modify file-tree b.txt
> sed --in-place=.orig s/a/b/ a.txt
    modify file-tree a.txt
> sed -n 's/a/b/w log' a.txt
    create file-tree log
> sed '1e rm -rf build' a.txt
    Shell: rm -rf build
    read file-tree a.txt
> sed 's/.*/date/e' a.txt
    ?execute unknown s/.*/date/e
> sed --sandbox '1e id' a.txt
    read file-tree a.txt
> sed -f p.sed a.txt
    create file-tree log
> sed -f nothere.sed a.txt
    ?execute program nothere.sed
> sed -i s/a/$X/ a.txt
    modify file-tree a.txt
> sed -i s/a/b/ $F
    ?modify unknown $F
> sed -E -i 's|x|y|g' src/$X
    modify file-tree src | filtered src/$X
> sed 's/a/b/w /dev/stdout' a.txt
    read file-tree a.txt
> sed
    read program sed
> sed --help
    read program sed
> awk '{print $1}' a.txt
    read file-tree a.txt
> awk -F: '{print $1}' /etc/passwd
    read file-tree /etc/passwd
> awk '{ if ($1 > 3) print $2 }' a.txt
    read file-tree a.txt
> awk '{ print ($1 > 3) }' a.txt
    read file-tree a.txt
> awk '{print > "out.txt"}' a.txt
    create file-tree out.txt
> awk '{print >> "out.txt"}' a.txt
    modify file-tree out.txt
> awk '{print > $1".txt"}' a.txt
    ?modify unknown a computed file name
> awk '{print > "out/"$1}' a.txt
    modify file-tree out | filtered out/...
> awk '{print > "/dev/stderr"}' a.txt
    read file-tree a.txt
> awk -v o=b.txt '{print > o}' a.txt
    modify file-tree b.txt | content
> awk 'BEGIN { system("rm -rf build") }'
    Shell: rm -rf build
    read program awk
> awk '{ system("rm " $1) }' list
    ?execute unknown awk
> awk '{ print $1 | "sh" }' list
    Shell: sh
    read file-tree list
> awk 'BEGIN { "date" | getline d; print d }'
    Shell: date
    read program awk
> awk 'BEGIN { while (("ls " "-l") | getline x) print x }'
    Shell: ls -l
    read program awk
> awk '{ $1 | getline }' list
    ?execute unknown awk
> awk '/a|b/ { print } $1 || $2' a.txt
    read file-tree a.txt
> awk '# system("x")
    read program awk
> awk 'BEGIN { print "system(\"rm\")" }'
    read program awk
> awk -f p.awk a.txt
    Shell: rm -rf build
    read file-tree a.txt
> awk -f nothere.awk a.txt
    ?execute program nothere.awk
> awk "$P" a.txt
    ?execute unknown "$P"
> gawk -i inplace '{print}' a.txt
    modify file-tree a.txt
> awk --version
    read program awk
> awk 'END { print NR / 2 > "n" }' a.txt
    create file-tree n
> ed a.txt
    modify file-tree a.txt
> !id\nw b.txt\n ||| ed -s a.txt
    Shell: id
    modify file-tree b.txt | content
> a\n!not a command\n.\nw\n ||| ed a.txt
    modify file-tree a.txt
> vim a.txt
    modify file-tree a.txt
> vim -es -c ':!rm -rf build' -c q
    Shell: rm -rf build
    read program vim
> vim -c '%s/a/b/g' -c wq a.txt
    modify file-tree a.txt
> vim +'w b.txt' a.txt
    modify file-tree b.txt | content
    modify file-tree a.txt
> vim -c 'call system("id")' -c q
    ?execute unknown call system("id")
> vim -c 'silent !id' a.txt
    Shell: id
    modify file-tree a.txt
> vim --version
    read program vim
> view a.txt
    read file-tree a.txt
> ex -s -c 'g/x|y/d' -c x a.txt
    modify file-tree a.txt
> nano a.txt
    modify file-tree a.txt
> nano --version
    read program nano
> sed -ne '/x/w out.txt' a.txt
    create file-tree out.txt
> awk '{ print > "a" ".txt" }' b.txt
    modify file-tree a.txt | content
> awk "$(cat x)" a.txt
    ?execute unknown "$(cat
> awk '{ close("x"); printf("%s\n", $1) >> "log" }' a.txt
    modify file-tree log
> awk '{ cmd = "rm " $1; system(cmd) }' list
    ?execute unknown awk
> awk 'function f(x) { return x / 2 } { print f($1) / 3 }' a.txt
    read file-tree a.txt
> vim -c 'lua os.execute("id")' -c q
    ?execute unknown lua os.execute("id")
> vim -u NONE -es -c 'source x.vim'
    ?execute program source x.vim
> nvim --headless -c 'lua require("x")' -c qa
    ?execute program lua require("x")
> sed -e 'i\' -e 'we say' a.txt
    read file-tree a.txt
> sed -i -f p.sed a.txt
    create file-tree log
    modify file-tree a.txt
> sed -s -n -e p a.txt b.txt
    read file-tree a.txt and 1 more @ /w/a.txt /w/b.txt
> sed --expression=1d a.txt
    read file-tree a.txt
> sed -z 's/\n/,/g' a.txt
    read file-tree a.txt
> gsed -i 1d a.txt
    modify file-tree a.txt
> vim -es -c '%s/a/b/e|!rm -rf build' a.txt
    Shell: rm -rf build
    modify file-tree a.txt
> ex -c 'w! b.txt' a.txt
    modify file-tree b.txt | content
    modify file-tree a.txt
> vim -R a.txt
    read file-tree a.txt
> vim $F
    ?modify unknown $F
> awk -F, -v x=1 '{print x}' a.txt
    read file-tree a.txt
> awk 'NR==1' a.txt b.txt
    read file-tree a.txt and 1 more @ /w/a.txt /w/b.txt
> awk '{ a[$1]++ } END { for (k in a) print k, a[k] | "sort" }' a.txt
    Shell: sort
    read file-tree a.txt
> awk '{ print | "cat 1>&2" }' a.txt
    Shell: cat 1>&2
    read file-tree a.txt
> awk '{ printf "%s\n", $0 > "/dev/null" }' a.txt
    read file-tree a.txt
> awk 'BEGIN { system("") }'
    read program awk
> awk 'BEGIN { if (system("test -f x") == 0) print }'
    Shell: test -f x
    read program awk
> awk 'BEGIN { "rm -rf build" |& getline }'
    Shell: rm -rf build
    read program awk
> awk '$3 > 100' a.txt
    read file-tree a.txt
> awk 'length > 72 || /x>y/' a.txt
    read file-tree a.txt
> awk '{ x = $1 > 2 }' a.txt
    read file-tree a.txt
> awk -e '{print}' a.txt
    read file-tree a.txt
> awk --sandbox 'BEGIN { system("id") }'
    read program awk
> awk 'BEGIN { system("\162m -rf build") }'
    Shell: rm -rf build
    read program awk
> gawk -o out.awk '{print}' a.txt
    read file-tree {print} and 1 more @ /w/{print} /w/a.txt
> gawk -oout.awk '{print}' a.txt
    create file-tree out.awk
> awk '{print}' FS=: a.txt
    read file-tree a.txt
> awk
    read program awk
> ed
    read program ed
> ed -s a.txt
    modify file-tree a.txt
> vi a.txt +10
    modify file-tree a.txt
> nano -v a.txt
    read file-tree a.txt
"##,
    );
}
