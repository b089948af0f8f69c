use super::check;

#[test]
fn what_changes_rights() {
    check(
        r##"
> chmod +x a.txt
    modify file-tree a.txt
> chmod 755 a.txt
    modify file-tree a.txt
> chmod 777 a.txt
    grant file-tree a.txt
> chmod -R 777 .
    grant file-tree . @ /w
> chmod a+rwx a.txt
    grant file-tree a.txt
> chmod o+w a.txt
    grant file-tree a.txt
> chmod -x a.txt
    modify file-tree a.txt
> chmod -R u+rwX,go-w build
    modify file-tree build
> chmod u+s a.txt
    grant host who runs a.txt as its owner
    grant file-tree a.txt
> chmod 4755 a.txt
    grant host who runs a.txt as its owner
    grant file-tree a.txt
> chmod 1777 build
    modify file-tree build | files
> chmod +w a.txt
    modify file-tree a.txt
> chmod o=u a.txt
    grant file-tree a.txt
> chmod --reference=a.txt b.txt
    grant file-tree b.txt
> chmod $M a.txt
    grant file-tree a.txt
> chmod 600 $F
    ?modify unknown $F
> chmod 755 build
    modify file-tree build | files
> chmod --help
    read program chmod
> chown me a.txt
    modify file-tree a.txt
> chown -R me:me build
    modify file-tree build
> chown --reference=a.txt b.txt
    modify file-tree b.txt
> chgrp -R staff src
    modify file-tree src
> setfacl -m u:bob:rw a.txt
    modify file-tree a.txt
> setfacl -R -m o::rwx src
    grant file-tree src
> setfacl -b a.txt
    modify file-tree a.txt
> chattr +i a.txt
    modify file-tree a.txt
> chattr -R -i src
    modify file-tree src
> chflags uchg a.txt
    modify file-tree a.txt
> chmod u=rwx,go=rwx a.txt
    grant file-tree a.txt
> chmod 666 a.txt
    grant file-tree a.txt
> chmod 0644 a.txt
    modify file-tree a.txt
> chmod -R go-rwx src
    modify file-tree src
> chmod a=rX a.txt
    modify file-tree a.txt
> chmod g+w a.txt
    modify file-tree a.txt
> chmod +s a.txt
    grant host who runs a.txt as its owner
    grant file-tree a.txt
> chmod 2775 build
    modify file-tree build | files
> chmod -rwx a.txt
    modify file-tree a.txt
> chmod -- -w a.txt
    modify file-tree a.txt
> chmod --recursive 777 src
    grant file-tree src
> chmod a.txt
    read program chmod
> chmod 777 $X
    ?grant unknown $X
> chmod 777 build/$X
    grant file-tree build | filtered build/$X
> chmod +a 'everyone allow write' a.txt
    grant file-tree a.txt
> chmod +a 'user:bob allow read' a.txt
    modify file-tree a.txt
> chmod -RN src
    modify file-tree src
> chmod 755 /dev/sda
    modify device /dev/sda
> chown --help
    read program chown
> chown -R me $X
    ?modify unknown $X
> chown --from=a b a.txt
    modify file-tree a.txt
> chgrp staff {a.txt,b.txt}
    modify file-tree {a.txt,b.txt} @ /w/a.txt /w/b.txt
> setfacl --test -m o::rwx a.txt
    read program setfacl
> setfacl -m d:o::w src
    grant file-tree src | files
> setfacl --help
    read program setfacl
> chattr -i a.txt b.txt
    modify file-tree a.txt
    modify file-tree b.txt
> chflags -R nouchg src
    modify file-tree src
"##,
    );
}
