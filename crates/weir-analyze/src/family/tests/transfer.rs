use super::check;

#[test]
fn what_moves_and_copies() {
    check(
        r##"
> mv a.txt z.txt
    modify file-tree a.txt | moved /w/z.txt
> mv a.txt b.txt
    modify file-tree a.txt | moved /w/b.txt
    modify file-tree b.txt | content
> mv -n a.txt b.txt
    modify file-tree a.txt | moved /w/b.txt
> mv -nf a.txt b.txt
    modify file-tree a.txt | moved /w/b.txt
    modify file-tree b.txt | content
> mv -b a.txt b.txt
    modify file-tree a.txt | moved /w/b.txt
    modify file-tree b.txt | moved /w/b.txt~
> mv --backup=none a.txt b.txt
    modify file-tree a.txt | moved /w/b.txt
    modify file-tree b.txt | content
> mv a.txt out
    modify file-tree a.txt | moved /w/out/a.txt
    modify file-tree out/a.txt | content
> mv a.txt out/
    modify file-tree a.txt | moved /w/out/a.txt
    modify file-tree out/a.txt | content
> mv b.txt out
    modify file-tree b.txt | moved /w/out/b.txt
> mv a.txt b.txt out
    modify file-tree a.txt | moved /w/out/a.txt
    modify file-tree b.txt | moved /w/out/b.txt
    modify file-tree out/a.txt | content
> mv -t out a.txt
    modify file-tree a.txt | moved /w/out/a.txt
    modify file-tree out/a.txt | content
> mv --target-directory=out b.txt
    modify file-tree b.txt | moved /w/out/b.txt
> mv -T src new
    modify file-tree src | moved /w/new
> mv src out
    modify file-tree src | moved /w/out/src
> mv a.txt /dev/null
    delete file-tree a.txt | files
    delete file-tree /dev/null | files
> mv a.txt /tmp
    modify file-tree a.txt | moved /tmp/a.txt
> mv a.txt $D
    modify file-tree a.txt
    ?modify unknown $D
> mv $X out
    ?modify unknown $X
    modify file-tree out | filtered out/$X
> mv build/$X /tmp
    modify file-tree build | filtered build/$X
    modify file-tree /tmp | filtered /tmp/$X
> mv a.txt out/$N
    modify file-tree a.txt | moved /w/out
    modify file-tree out | filtered out/$N
> mv {a.txt,b.txt} out
    modify file-tree a.txt | moved /w/out/a.txt
    modify file-tree out/a.txt | content
    modify file-tree b.txt | moved /w/out/b.txt
> mv a.txt
    read program mv
> mv --help
    read program mv
> cp a.txt z.txt
    create file-tree z.txt
> cp a.txt b.txt
    modify file-tree b.txt | content
> cp -n a.txt b.txt
    read file-tree a.txt
> cp -b a.txt b.txt
    modify file-tree b.txt | moved /w/b.txt~
> cp --backup=numbered -S .orig a.txt b.txt
    modify file-tree b.txt | moved /w/b.txt.~1~
> cp a.txt out
    modify file-tree out/a.txt | content
> cp b.txt out
    create file-tree out/b.txt
> cp -r src new
    create file-tree new
> cp -r src out
    modify file-tree out/src
    modify file-tree out/src | content @ /w/out/src/lib.rs
> cp -a src/. out
    modify file-tree out
    modify file-tree out | content @ /w/out/lib.rs
> cp -a src/. src
    modify file-tree src
> cp src new
    read file-tree src
> cp /dev/null a.txt
    modify file-tree a.txt | content
> cp a.txt /dev/null
    read file-tree a.txt
> cp img.iso /dev/sdb
    modify device /dev/sdb
> cp $X out
    modify file-tree out | filtered out/$X
> cp $X b.txt
    modify file-tree b.txt | content
> cp a.txt $D
    ?modify unknown $D
> cp -t out a.txt b.txt
    modify file-tree out/a.txt | content
    create file-tree out/b.txt
> cp --parents src/lib.rs out
    modify file-tree out/src/lib.rs | content
> ln -s a.txt z
    create file-tree z
> ln -sf a.txt b.txt
    modify file-tree b.txt | content
> ln -s a.txt b.txt
    read program ln
> ln -s /x/y
    create file-tree y
> ln -sfn build cur
    create file-tree cur
> install -m 755 a.txt /usr/local/bin/tool
    create file-tree /usr/local/bin/tool
> install -d q/r
    create file-tree q/r
> install a.txt b.txt
    modify file-tree b.txt | content
> rename foo bar a.txt
    read program rename
> rename a b a.txt
    modify file-tree a.txt | moved /w/b.txt
    modify file-tree b.txt | content
> rename 's/a/c/' a.txt
    modify file-tree a.txt
> rename -n 's/a/c/' a.txt
    read program rename
> rename 's/(.*)/unlink $1/e' a.txt
    Perl: s/(.*)/unlink $1/e
    modify file-tree a.txt
> mv a.txt 'a b'
    modify file-tree a.txt | moved /w/a b
> cp ../a.txt .
    modify file-tree a.txt | content
> mv -f -n a.txt b.txt
    modify file-tree a.txt | moved /w/b.txt
> mv -- -x y
    modify file-tree -x | moved /w/y
> mv -i a.txt b.txt
    modify file-tree a.txt | moved /w/b.txt
    modify file-tree b.txt | content
> mv -S .bak a.txt b.txt
    modify file-tree a.txt | moved /w/b.txt
    modify file-tree b.txt | moved /w/b.txt.bak
> mv --no-target-directory a.txt b.txt
    modify file-tree a.txt | moved /w/b.txt
    modify file-tree b.txt | content
> mv build/ new
    modify file-tree build/ | moved /w/new
> mv /w/a.txt /w/b.txt
    modify file-tree /w/a.txt | moved /w/b.txt
    modify file-tree /w/b.txt | content
> mv a.txt ..
    modify file-tree a.txt | moved /a.txt
> mv -t $D a.txt
    modify file-tree a.txt
    ?modify unknown $D/a.txt
> cp -i -n a.txt b.txt
    read file-tree a.txt
> cp -n -i a.txt b.txt
    modify file-tree b.txt | content
> cp -f a.txt b.txt
    modify file-tree b.txt | content
> cp --update=none a.txt b.txt
    read file-tree a.txt
> cp -rT src out
    modify file-tree out
    modify file-tree out | content @ /w/out/lib.rs
> cp -R build/ out
    create file-tree out/build
> cp a.txt
    read program cp
> cp --help
    read program cp
> cp --version
    read program cp
> cp a.txt nowhere/
    create file-tree nowhere/a.txt
> cp -l a.txt b.txt
    modify file-tree b.txt | content
> ln a.txt hard
    create file-tree hard
> ln -sfn src build
    create file-tree build/src
> ln -f a.txt b.txt
    modify file-tree b.txt | content
> ln -t out a.txt b.txt
    create file-tree out/b.txt
> ln -st out /x/new
    create file-tree out/new
> ln --help
    read program ln
> ln -sb a.txt b.txt
    modify file-tree b.txt | moved /w/b.txt~
> install -D -m 644 a.txt new/place
    create file-tree new/place
> install -t out a.txt b.txt
    modify file-tree out/a.txt | content
    create file-tree out/b.txt
> install --help
    read program install
> rename -v foo bar
    read program rename
> rename .txt .md a.txt b.txt
    modify file-tree a.txt | moved /w/a.md
    modify file-tree b.txt | moved /w/b.md
> rename -o a b a.txt
    modify file-tree a.txt | moved /w/b.txt
> rename -e 's/a/c/' a.txt
    modify file-tree a.txt
> rename 's/a/c/; unlink "b"' a.txt
    Perl: s/a/c/; unlink "b"
    modify file-tree a.txt
> prename -f 'y/a/b/' a.txt
    modify file-tree a.txt | content
> cp a.txt /dev/shm/x
    create file-tree /dev/shm/x
> ln -sf a.txt new
    create file-tree new
"##,
    );
}
