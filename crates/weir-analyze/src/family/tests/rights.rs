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
    grant file-tree a.txt
> chmod 4755 a.txt
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
"##,
    );
}
