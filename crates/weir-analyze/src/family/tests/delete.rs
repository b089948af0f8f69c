use super::check;

#[test]
fn what_deletes() {
    check(
        r##"
> rm
    read program rm
> rm --help
    read program rm
> rm --version
    read program rm
> rm -rf --help
    read program rm
> rm -rf build --help
    delete file-tree build
> rm a.txt
    delete file-tree a.txt | files
> rm -f a.txt b.txt
    delete file-tree a.txt | files
    delete file-tree b.txt | files
> rm -rf build
    delete file-tree build
> rm -fr build/
    delete file-tree build/
> rm -r -f build src
    delete file-tree build
    delete file-tree src
> rm --recursive build
    delete file-tree build
> rm --rec --fo build
    delete file-tree build
> rm build -rf
    delete file-tree build
> rm -- -rf
    delete file-tree -rf | files
> rm -rf .
    delete file-tree . @ /w
> rm -rf ..
    delete file-tree .. @ /
> rm -rf /
    delete file-tree / @ /
> rm -rf --no-preserve-root /
    delete file-tree / @ /
> rm -rf ~me/x
    delete file-tree ~me/x
> rm -d build a.txt
    delete file-tree a.txt | files
    delete file-tree build | empty
> rm -rf $X
    ?delete unknown $X
> rm -rf build/$X
    delete file-tree build | filtered build/$X
> rm -rf /$X
    delete file-tree / | filtered /$X @ /
> rm -rf build$X
    delete file-tree . | filtered build$X @ /w
> rm $F build
    ?delete unknown $F
    delete file-tree build
> rm -rf {build,src}
    delete file-tree {build,src} @ /w/build /w/src
> rm {-rf,-f} build
    delete file-tree build
> rm -rf ''
> rm /dev/sda
    delete device /dev/sda
> rm -i a.txt
    delete file-tree a.txt | files
> /bin/rm -rf build
    delete file-tree build
> grm -rf build
    delete file-tree build
> srm -r build
    modify file-tree build | content
    delete file-tree build
> rmdir build
    delete file-tree build | empty
> rmdir -p a/b/c
    delete file-tree a/b/c | empty @ /w/a/b/c /w/a/b /w/a
> rmdir --help
    read program rmdir
> unlink a.txt
    delete file-tree a.txt | files
> shred a.txt
    modify file-tree a.txt | content
    delete file-tree a.txt | files
> shred -u a.txt
    modify file-tree a.txt | content
    delete file-tree a.txt | files
> shred -uz -n 3 a.txt b.txt
    modify file-tree a.txt | content
    modify file-tree b.txt | content
    delete file-tree a.txt | files
    delete file-tree b.txt | files
> shred --remove=wipe a.txt
    modify file-tree a.txt | content
    delete file-tree a.txt | files
> shred /dev/sda
    modify device /dev/sda
    delete device /dev/sda
> wipe -rf build
    modify file-tree build | content
    delete file-tree build
> wipe -k /dev/sdb
    modify device /dev/sdb
> trash a.txt
    modify file-tree a.txt | moved /home/me/.local/share/Trash/files/a.txt
> trash-put a.txt b.txt
    modify file-tree a.txt | moved /home/me/.local/share/Trash/files/a.txt
    modify file-tree b.txt | moved /home/me/.local/share/Trash/files/b.txt
> gio trash a.txt
    modify file-tree a.txt | moved /home/me/.local/share/Trash/files/a.txt
> gio trash --empty
    delete file-tree ~/.local/share/Trash/files @ /home/me/.local/share/Trash/files
> gio info a.txt
    read program gio
> gio remove a.txt
    delete file-tree a.txt | files
> trash-empty
    delete file-tree ~/.local/share/Trash/files @ /home/me/.local/share/Trash/files
> trash-empty 30
    delete file-tree ~/.local/share/Trash/files | filtered older than 30 days @ /home/me/.local/share/Trash/files
> trash-rm '*.o'
    delete file-tree ~/.local/share/Trash/files | filtered *.o @ /home/me/.local/share/Trash/files
> trash-list
    read program trash-list
> rimraf
    read program rimraf
> rimraf build
    delete file-tree build
> rimraf --help
    read program rimraf
> rimraf 'build/*.o' dist
    delete file-tree build | filtered build/*.o
    delete file-tree dist
> rimraf -g '**/*.js'
    delete file-tree . | filtered **/*.js @ /w
> del-cli 'dist/**' '!dist/keep'
    delete file-tree dist | filtered dist/**
> del-cli --dry-run dist
    read program del-cli
> shx rm -rf build 'tmp/*'
    delete file-tree build
    delete file-tree tmp | filtered tmp/*
> shx rm a.txt
    delete file-tree a.txt | files
> shx cp a.txt z.txt
    create file-tree z.txt
> shx mkdir -p q
    create file-tree q
> rm -rfv build
    delete file-tree build
> rm -v -- a.txt
    delete file-tree a.txt | files
> rm --dir build
    delete file-tree build | empty
> rm -rf build/.
    delete file-tree build/. @ /w/build
> rm -rf ./build
    delete file-tree ./build @ /w/build
> rm -rf /w/build/../src
    delete file-tree /w/build/../src @ /w/src
> rm -Rf build
    delete file-tree build
> rm --force
    read program rm
> rm --interactive=never -r build
    delete file-tree build
> rm -I a.txt
    delete file-tree a.txt | files
> rm -rf --one-file-system build
    delete file-tree build
> rm -rf $UNKNOWN/
    ?delete unknown $UNKNOWN/
> rm -rf /tmp/x-$ID
    delete file-tree /tmp | filtered /tmp/x-$ID
> rm -rf "$X"
    ?delete unknown "$X"
> rm {a.txt,b.txt} src
    delete file-tree {a.txt,b.txt} | files @ /w/a.txt /w/b.txt
    delete file-tree src | files
> rm -rf /dev/shm/x
    delete file-tree /dev/shm/x
> rm /dev/null
    delete file-tree /dev/null | files
> rmdir -v a b
    delete file-tree a | empty
    delete file-tree b | empty
> rmdir $X
    ?delete unknown $X
> unlink --help
    read program unlink
> shred --help
    read program shred
> shred -
    read program shred
> shred -n1 $F
    ?modify unknown $F
    ?delete unknown $F
> trash --help
    read program trash
> trash $F
    ?modify unknown $F
> rimraf $X
    ?delete unknown $X
> rimraf dist/$X
    delete file-tree dist | filtered dist/$X
> rimraf --glob 'x*' y
    delete file-tree . | filtered x* @ /w
    delete file-tree y
> shx
    read program shx
> shx --version
    read program shx
> shx rm -r 'a/**'
    delete file-tree a | filtered a/**
> shx mv a.txt z
    modify file-tree a.txt | moved /w/z
> wipe
    read program wipe
> rm -rf /dev/sdb
    delete device /dev/sdb
> rm -rf /dev
    delete file-tree /dev
"##,
    );
}
