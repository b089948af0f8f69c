use super::check;

#[test]
fn what_searches_and_runs() {
    check(
        r##"
> find
    read file-tree . @ /w
> find . -name foo
    read file-tree . @ /w
> find . -type f -print0
    read file-tree . @ /w
> find build -delete
    delete file-tree build
> find . -name '*.pyc' -delete
    delete file-tree . | filtered -name *.pyc @ /w
> find . -type d -name __pycache__ -exec rm -rf {} +
    delete file-tree . | filtered -type d -name __pycache__ @ /w
> find . -name '*.o' -exec rm {} ';'
    delete file-tree . | filtered -name *.o @ /w
> find build src -mtime +7 -delete
    delete file-tree build | filtered -mtime +7
    delete file-tree src | filtered -mtime +7
> find -L . -name x -delete
    delete file-tree . | filtered -name x @ /w
> find . -delete -name x
    delete file-tree . @ /w
> find . ( -name a -o -name b ) -delete
    delete file-tree . | filtered ( -name a -o -name b ) @ /w
> find . -name x -prune -o -delete
    delete file-tree . | filtered -name x -prune -o @ /w
> find $D -delete
    ?delete unknown $D
> find $D -name x
    read file-tree $D
> find build/$X -delete
    delete file-tree build | filtered build/$X
> find {build,src} -delete
    delete file-tree build
    delete file-tree src
> find . $X
    ?delete unknown $X
    read file-tree . @ /w
> find a.txt -exec rm {} ';'
    delete file-tree a.txt | files
> find build -maxdepth 0 -exec rm -rf {} ';'
    delete file-tree build
> find . -exec chmod 777 {} +
    grant file-tree . | filtered {} @ /w
> find . -name '*.sh' -exec chmod +x {} ';'
    modify file-tree . | filtered -name *.sh @ /w
> find . -type f -exec grep -l foo {} +
    read program grep
> find . -type f -exec mv {} {}.bak ';'
    modify file-tree . | filtered -type f @ /w
    modify file-tree . | filtered {}.bak @ /w
> find . -name '*.pyc' -exec rm '{}' ';'
    delete file-tree . | filtered -name *.pyc @ /w
> find . -type f -exec truncate -s 0 {} ';'
    modify file-tree . | filtered -type f @ /w
> find . -type f -exec sh -c 'rm "$@"' sh {} +
    Shell: rm "$@"
> find . -name x -execdir rm {} ';'
    delete file-tree /w | filtered -name x
> find . -ok rm {} ';'
    delete file-tree . | filtered {} @ /w
> find . -exec {} ';'
    run {}
> find . -fprint log
    create file-tree log
> find . -fprintf a.txt %p -name x
    modify file-tree a.txt | content
> find . -exec echo {} ';' -delete
    read program echo
    delete file-tree . @ /w
> find . -type f -newermt 2020-01-01 -delete
    delete file-tree . | filtered -type f -newermt 2020-01-01 @ /w
> find / -name x
    read file-tree / @ /
> find . -name -delete
    read file-tree . @ /w
> find . --help
    read program find
> find -files0-from list0 -delete
    delete file-tree build
    delete file-tree src
> find -files0-from - -delete
    ?delete unknown the list in `-`
> find . -size -1k -a -not -name y -delete
    delete file-tree . | filtered -size -1k -not -name y @ /w
> find /dev -name sda -delete
    delete file-tree /dev | filtered -name sda
> fd foo
    read file-tree . @ /w
> fd -e o -x rm
    delete file-tree . | filtered {} @ /w
> fd foo build -X rm -rf {}
    delete file-tree build | filtered {}
> fdfind -H . src --exec rm -f {} ';'
    delete file-tree src | filtered {}
> fd --help
    read program fd
> fd -tf -x chmod 777
    grant file-tree . | filtered {} @ /w
> a b\nc ||| xargs rm -rf
    delete file-tree a
    delete file-tree b
    delete file-tree c
> ? ||| xargs rm
    ?delete unknown input from `curl`
> ? ||| xargs -0 rm -rf
    ?delete unknown input from `curl`
> P:build ||| xargs rm -rf
    delete file-tree build | filtered input from `find`
> P:build a.txt ||| xargs -r rm
    delete file-tree build | filtered input from `find`
    delete file-tree a.txt | files
> P:build ||| xargs -I{} mv {} /tmp
    modify file-tree build | filtered input from `find`
    modify file-tree /tmp | filtered /tmp/input from `find`
> P:build ||| xargs -I {} sh -c 'rm {}'
    Shell: rm build/…
> a.txt\nb.txt ||| xargs -I{} cp {} {}.bak
    create file-tree a.txt.bak
    create file-tree b.txt.bak
> a.txt\nb.txt ||| xargs -i mv {} out
    modify file-tree a.txt | moved /w/out/a.txt
    modify file-tree out/a.txt | content
    modify file-tree b.txt | moved /w/out/b.txt
> a\0b c ||| xargs -0 rm
    delete file-tree a | files
    delete file-tree b c | files
> 'a b' c\\ d ||| xargs rm
    delete file-tree a b | files
    delete file-tree c\ | files
    delete file-tree d | files
> a,b ||| xargs -d , rm
    delete file-tree a | files
    delete file-tree b | files
> a.txt z b.txt y ||| xargs -n2 mv
    modify file-tree a.txt | moved /w/z
    modify file-tree b.txt | moved /w/y
> a b\nc d ||| xargs -L1 rm
    delete file-tree a | files
    delete file-tree b | files
    delete file-tree c | files
    delete file-tree d | files
>  ||| xargs -r rm -rf build
> xargs
    read program echo
> xargs rm -rf build
    delete file-tree build
> xargs -a list rm
    delete file-tree build/x.o | files
    delete file-tree build/y.o | files
> xargs -a nothere rm
    ?delete unknown input from `nothere`
> xargs --arg-file=list -n 1 rm
    delete file-tree build/x.o | files
    delete file-tree build/y.o | files
> xargs --help
    read program xargs
> ? ||| xargs
    read program echo
> ? ||| xargs grep foo
    read program grep
> ? ||| xargs -P4 -n1 gzip
    ?modify unknown input from `curl`
> a\nEND\nb ||| xargs -E END rm
    delete file-tree a | files
> ? ||| xargs -I{} rm -rf build/{}
    delete file-tree build | filtered build/{}
> ? ||| xargs -J % cp % out
    modify file-tree out | filtered out/input from `curl`
> find . -type d -name x -exec rm -rf {} + -o -name y -delete
    delete file-tree . | filtered -type d -name x @ /w
    delete file-tree . | filtered -type d -name x -o -name y @ /w
> find . -exec sh -c 'rm {}' ';'
    Shell: rm ./…
> find src out -name '*.o' -exec rm -f {} +
    delete file-tree src | filtered -name *.o
    delete file-tree out | filtered -name *.o
> find build -exec rm {} + -exec chmod 777 {} +
    delete file-tree build | filtered {}
    grant file-tree build | filtered {}
> find -X build -delete
    delete file-tree build
> find build $A -name x
    ?delete unknown $A
    read file-tree build
> find '' -delete
> gfind build -delete
    delete file-tree build
> find out/src -name '*.rs' -exec cp {} /w/out ';'
    modify file-tree /w/out | filtered /w/out/-name *.rs
> find . -depth -delete
    delete file-tree . @ /w
> find ./build -type f -delete
    delete file-tree ./build | filtered -type f @ /w/build
> find . -maxdepth 1 -type d -exec rm -rf {} ';'
    delete file-tree . | filtered -maxdepth 1 -type d @ /w
> find . -name '*.tmp' -print -delete
    delete file-tree . | filtered -name *.tmp @ /w
> find . -type f -exec cp {} out ';'
    modify file-tree out | filtered out/-type f
> find . -exec mv -t /tmp {} +
    modify file-tree . | filtered {} @ /w
    modify file-tree /tmp | filtered /tmp/{}
> find . -type f -exec sed -i s/a/b/ {} +
    modify file-tree . | filtered -type f @ /w
> find . -name x -exec echo {} + -o -name y -exec rm {} +
    read program echo
    delete file-tree . | filtered -name x -o -name y @ /w
> find . -exec
> find -H -L build -delete
    delete file-tree build
> find -- build -delete
    delete file-tree build
> find -O3 build -delete
    delete file-tree build
> find -D tree build -name x
    read file-tree build
> find build -delete -maxdepth 1
    delete file-tree build | filtered -maxdepth 1
> find . -regextype posix-extended -regex '.*' -delete
    delete file-tree . | filtered -regextype posix-extended -regex .* @ /w
> find . ! -name keep -delete
    delete file-tree . | filtered ! -name keep @ /w
> find . -size +1M -ls
    read file-tree . @ /w
> find . -printf '%p\n'
    read file-tree . @ /w
> find . -fls $F
    ?modify unknown $F
> find . -okdir rm {} ';'
    delete file-tree /w | filtered {}
> find . -exec rm -rf {}/sub ';'
    delete file-tree . | filtered {}/sub @ /w
> find . -exec tee {} ';'
    modify file-tree . | filtered {} @ /w
> find . -exec dd of={} ';'
    modify file-tree . | filtered {} @ /w
> find /dev -exec dd if=/dev/zero of={} ';'
    modify device {}
> find . -exec env A=b rm {} ';'
    delete file-tree . | filtered {} @ /w
> find $X -exec rm {} ';'
    ?delete unknown {}
> find build -exec chmod o+w {} ';'
    grant file-tree build | filtered {}
> find . -exec xargs -a list rm ';'
    delete file-tree build/x.o | files
    delete file-tree build/y.o | files
> find . -type l -exec unlink {} ';'
    delete file-tree . | filtered -type l @ /w
> find build -exec touch {} ';'
    create file-tree build | filtered {}
> find build -exec shred -u {} +
    modify file-tree build | filtered {}
    delete file-tree build | filtered {}
> find . -quit
    read file-tree . @ /w
> find a.txt b.txt -delete
    delete file-tree a.txt
    delete file-tree b.txt
> fd -x rm -rf
    delete file-tree . | filtered {} @ /w
> fd . build --exec-batch rm
    delete file-tree build | filtered {}
> fd -HI node_modules -t d -x rm -rf {}
    delete file-tree . | filtered {} @ /w
> fd -e txt -x mv {} {.}.md
    modify file-tree . | filtered {} @ /w
    modify file-tree . | filtered {.}.md @ /w
> fd --search-path build -x rm
    delete file-tree build | filtered {}
> fd -x {} foo
    run {} foo
> fd -l
    read file-tree . @ /w
> fd foo $X -x rm
    ?delete unknown {}
> build\nsrc ||| xargs -d '\n' rm -rf
    delete file-tree build
    delete file-tree src
> build\nsrc\n ||| xargs --delimiter='\n' rm -rf
    delete file-tree build
    delete file-tree src
> a b ||| xargs -n 1 echo
    read program echo
    read program echo
> a\nb\n ||| xargs -I % mv % %.bak
    modify file-tree a | moved /w/a.bak
    modify file-tree b | moved /w/b.bak
> a b\n ||| xargs -I{} rm {}
    delete file-tree a b | files
> a.txt ||| xargs cat
    read program cat
> a ||| xargs -t -p rm
    delete file-tree a | files
> a ||| xargs --no-run-if-empty --max-args=1 rm
    delete file-tree a | files
> -rf build ||| xargs rm
    delete file-tree build
> P:. ||| xargs rm -f
    delete file-tree . | filtered input from `find` @ /w
> P:. ||| xargs -0 -n 50 rm
    delete file-tree . | filtered input from `find` @ /w
> P:nothere ||| xargs rm
    delete file-tree nothere | files
    delete file-tree nothere | filtered input from `find`
> P:build ||| xargs -I{} cp {} out
    modify file-tree out | filtered out/input from `find`
> P:build ||| xargs -n1 sed -i s/a/b/
    modify file-tree build | filtered input from `find`
> P:build ||| xargs chmod 777
    grant file-tree build | filtered input from `find`
> P:build ||| xargs cat
    read program cat
> P:build src ||| xargs -P4 -I{} rm -rf {}
    delete file-tree build | filtered input from `find`
    delete file-tree src | filtered input from `find`
> ? ||| xargs -I{} echo {}
    read program echo
> ? ||| xargs -I{} mv {} out
    ?modify unknown input from `curl`
    modify file-tree out | filtered out/input from `curl`
> ? ||| xargs -I{} cp a.txt {}
    ?modify unknown input from `curl`
> ? ||| xargs kill
    modify process input from `curl`
> ? ||| xargs xargs rm
    ?delete unknown input from `curl`
> a ||| xargs xargs rm
    delete file-tree a | files
> a b ||| xargs -J % mv % out
    modify file-tree a | moved /w/out/a
    modify file-tree b | moved /w/out/b
> a b ||| xargs -i{} rm {}
    delete file-tree a b | files
> a,b, ||| xargs -d, rm
    delete file-tree a | files
    delete file-tree b | files
> "unclosed a ||| xargs rm
    delete file-tree unclosed a | files
> x ||| xargs -E x rm
    read program rm
> a b c ||| xargs -L 2 rm
    delete file-tree a | files
    delete file-tree b | files
    delete file-tree c | files
> ? ||| xargs $CMD
    run $CMD input from `curl`
> ? ||| gxargs rm
    ?delete unknown input from `curl`
"##,
    );
}
