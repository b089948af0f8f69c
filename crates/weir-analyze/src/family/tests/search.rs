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
    delete file-tree . | filtered {} @ /w
> find . -name '*.o' -exec rm {} ';'
    delete file-tree . | filtered {} @ /w
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
    modify file-tree . | filtered {} @ /w
> find . -type f -exec grep -l foo {} +
    read program grep
> find . -type f -exec mv {} {}.bak ';'
    modify file-tree . | filtered {} @ /w
    modify file-tree . | filtered {}.bak @ /w
> find . -type f -exec truncate -s 0 {} ';'
    modify file-tree . | content @ /w
> find . -type f -exec sh -c 'rm "$@"' sh {} +
    Shell: rm "$@"
> find . -name x -execdir rm {} ';'
    delete file-tree /w | filtered {}
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
    delete file-tree . | filtered {} @ /w
    delete file-tree . | filtered -type d -name x -o -name y @ /w
> find . -exec sh -c 'rm {}' ';'
    Shell: rm ./…
> find src out -name '*.o' -exec rm -f {} +
    delete file-tree src | filtered {}
    delete file-tree out | filtered {}
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
    modify file-tree /w/out | filtered /w/out/{}
"##,
    );
}
