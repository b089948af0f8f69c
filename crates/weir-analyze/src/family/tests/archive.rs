use super::check;

#[test]
fn what_packs_and_sends() {
    check(
        r##"
> rsync -a src/ out/
    modify file-tree out/
> rsync -av --delete src/ out/
    modify file-tree out/
    delete file-tree out/ | filtered not in src/
> rsync -a --delete src out
    modify file-tree out
    delete file-tree out/src | filtered not in src
> rsync -n -a --delete src/ out/
    read file-tree src/
> rsync --dry-run --delete-after -a src/ out/
    read file-tree src/
> rsync -a src/ host:/srv/app/
    send host host
    read file-tree src/
> rsync -a --delete src/ me@host:/srv/app/
    send host host
    read file-tree src/
    delete file-tree me@host:/srv/app/ | filtered not in src/
> rsync -az host:/etc/ out/
    read host host
    modify file-tree out/
> rsync a.txt b.txt
    modify file-tree b.txt | content
> rsync a.txt out/
    modify file-tree out/a.txt | content
> rsync -a --remove-source-files src/ out/
    modify file-tree out/
    modify file-tree src/ | moved /w/out
> rsync -a --remove-source-files src/ host:x
    send host host
    read file-tree src/
    delete file-tree src/ | filtered files that were sent
> rsync --list-only src/
    read file-tree src/
> rsync -e 'ssh -p 22' -a src/ host:x
    send host host
    read file-tree src/
> rsync -e 'sh -c "touch x"' -a src/ host:x
    Shell: sh -c "touch x"
    send host host
    read file-tree src/
> rsync --rsync-path='rm -rf /srv; rsync' -a src/ host:x
    ?execute unknown rm -rf /srv; rsync
    send host host
    read file-tree src/
> rsync --rsync-path='sudo rsync' -a src/ host:x
    send host host
    read file-tree src/
> rsync -a --del --exclude=.git src/ $D
    ?modify unknown $D
    ?delete unknown $D
> rsync -a --delete --backup src/ out/
    modify file-tree out/
    modify file-tree out/ | filtered not in src/
> rsync -a rsync://mirror/x/ out/
    read host mirror
    modify file-tree out/
> tar tf d.tar
    read file-tree d.tar
> tar -tzf d.tar
    read file-tree d.tar
> tar xf d.tar
    modify file-tree . @ /w
> tar -xzf d.tar -C out
    modify file-tree out
> tar -xf d.tar -C nowhere
    create file-tree nowhere
> tar czf new.tgz src
    create file-tree new.tgz
> tar czf a.txt src
    modify file-tree a.txt | content
> tar -cf - src
    read file-tree src
> tar --create --file=new.tar src
    create file-tree new.tar
> tar cf new.tar --remove-files src
    create file-tree new.tar
    delete file-tree src
> tar -C out -cf new.tar --remove-files src
    create file-tree new.tar
    delete file-tree out/src
> tar rf a.txt src
    modify file-tree a.txt
> tar --delete -f a.txt src
    modify file-tree a.txt | content
> tar xf d.tar -k
    create file-tree . @ /w
> tar xOf d.tar
    read file-tree d.tar
> tar xPf d.tar
    ?modify unknown d.tar
    modify file-tree . @ /w
> tar xf d.tar --to-command='sh -c cat'
    Shell: sh -c cat
    read file-tree d.tar
> tar cf /dev/null src --checkpoint=1 --checkpoint-action=exec=id
    Shell: id
    read file-tree src
> tar -I zstd -cf new.tar src
    Shell: zstd
    create file-tree new.tar
> tar cf host:x.tar src
    send host host
> tar --help
    read program tar
> tar x --recursive-unlink -f d.tar -C out
    delete file-tree out | filtered directories that the archive has too
    modify file-tree out
> unzip d.zip
    modify file-tree . @ /w
> unzip -o d.zip -d out
    modify file-tree out
> unzip -l d.zip
    read file-tree d.zip
> unzip -n d.zip -d new
    create file-tree new
> zip -r new.zip src
    create file-tree new.zip
> zip -r new src
    create file-tree new.zip
> zip d.zip a.txt
    modify file-tree d.zip
> zip -m new.zip a.txt
    create file-tree new.zip
    delete file-tree a.txt | files
> zip -rm new.zip src -x '*.rs'
    create file-tree new.zip
    delete file-tree src
> zip -d d.zip a.txt
    modify file-tree d.zip | content
> zip -r - src
    read file-tree src
> zip new.zip a.txt -T -TT 'sh -c id'
    Shell: sh -c id
    create file-tree new.zip
> 7z x d.7z
    modify file-tree . @ /w
> 7z x d.7z -oout -y
    modify file-tree out
> 7z a new.7z src
    create file-tree new.7z
> 7z a new.7z src -sdel
    create file-tree new.7z
    delete file-tree src
> 7z l d.7z
    read file-tree d.7z
> 7z d d.zip a.txt
    modify file-tree d.zip | content
> gzip a.txt
    modify file-tree a.txt | moved /w/a.txt.gz
> gzip -k a.txt
    create file-tree a.txt.gz
> gzip -c a.txt
    read file-tree a.txt
> gzip -r src
    modify file-tree src
> gunzip c.gz
    modify file-tree c.gz | moved /w/c
> gzip -d c.gz
    modify file-tree c.gz | moved /w/c
> gzip -t c.gz
    read file-tree c.gz
> bzip2 a.txt b.txt
    modify file-tree a.txt | moved /w/a.txt.bz2
    modify file-tree b.txt | moved /w/b.txt.bz2
> xz -T0 a.txt
    modify file-tree a.txt | moved /w/a.txt.xz
> zstd a.txt
    create file-tree a.txt.zst
> zstd --rm a.txt
    modify file-tree a.txt | moved /w/a.txt.zst
> zstd a.txt -o b.txt
    modify file-tree b.txt | content
> zstd -d x.zst -o new
    create file-tree new
> cpio -idmv
    modify file-tree . @ /w
> cpio -it
    read program cpio
> cpio -o -F new.cpio
    create file-tree new.cpio
> cpio -pdm out
    modify file-tree out
> rsync --help
    read program rsync
> rsync --version
    read program rsync
> rsync
    read program rsync
> rsync -avzn --delete src/ out/
    read file-tree src/
> rsync -r --delete --max-delete=0 src/ out/
    modify file-tree out/
> rsync -a --delete src/ build/ out
    modify file-tree out
    delete file-tree out | filtered not in src/
    delete file-tree out | filtered not in build/
> rsync -a --delete src/ new/
    create file-tree new/
    delete file-tree new/ | filtered not in src/
> rsync -aR --delete src/sub out
    modify file-tree out
    delete file-tree out | filtered not in src/sub
> rsync -a --ignore-existing src/ out/
    create file-tree out/
> rsync -a --log-file=log src/ out/
    modify file-tree log
    modify file-tree out/
> rsync -a src/ host::mod/
    send host host
    read file-tree src/
> rsync -a 'h:x y' out/
    read host h
    modify file-tree out/
> rsync -a --delete $X out/
    modify file-tree out/
    delete file-tree out/ | filtered not in $X
> rsync -a src/ $H:x
    send host $H
    read file-tree src/
> rsync --delete-excluded -a src/ out/
    modify file-tree out/
    delete file-tree out/ | filtered not in src/
> tar --list --file d.tar
    read file-tree d.tar
> tar -cvf new.tar -C src .
    create file-tree new.tar
> tar xvf d.tar --strip-components=1
    modify file-tree . @ /w
> tar xf d.tar --one-top-level=new
    create file-tree new
> tar cf $T src
    ?modify unknown $T
> tar xf d.tar -C $D
    ?modify unknown $D
> tar -xf d.tar lib.rs
    modify file-tree . @ /w
> tar cfz new.tgz src
    create file-tree new.tgz
> tar cf - src --remove-files
    delete file-tree src
> tar -xzf - -C out
    modify file-tree out
> tar --version
    read program tar
> tar -df d.tar
    read file-tree d.tar
> unzip
    read program unzip
> unzip -p d.zip a.txt
    read file-tree d.zip
> unzip d.zip -x foo -d out
    modify file-tree out
> unzip --help
    read program unzip
> zip
    read program zip
> zip -q -r new.zip . -x '*.git*'
    create file-tree new.zip
> zip -T d.zip
    read file-tree d.zip
> zip --help
    read program zip
> 7z
    read program 7z
> 7z t d.7z
    read file-tree d.7z
> 7z x d.7z -so
    read file-tree d.7z
> gzip
    read program gzip
> gzip -l c.gz
    read file-tree c.gz
> gzip -kd c.gz
    create file-tree c
> gzip -f a.txt
    modify file-tree a.txt | moved /w/a.txt.gz
> gzip -9 a.txt
    modify file-tree a.txt | moved /w/a.txt.gz
> gzip -cd c.gz
    read file-tree c.gz
> gzip --help
    read program gzip
> gzip $F
    ?modify unknown $F
> gunzip -c c.gz
    read file-tree c.gz
> xz -k a.txt
    create file-tree a.txt.xz
> xz -d a.txt.xz
    modify file-tree a.txt.xz | moved /w/a.txt
> bunzip2 x.bz2
    modify file-tree x.bz2 | moved /w/x
> unzstd a.zst
    create file-tree a
> lz4 a.txt
    create file-tree a.txt.lz4
> cpio --help
    read program cpio
> cpio -i --to-stdout x
    read program cpio
> rsync -a dist/ $USER@$HOST:/var/www
    send host $HOST
    read file-tree dist/
> rsync -a --delete dist/ $HOST:/var/www
    send host $HOST
    read file-tree dist/
    delete file-tree $HOST:/var/www | filtered not in dist/
> rsync -a dist/ ${DIR:-/srv}
    ?modify unknown ${DIR:-/srv}
> rsync -a dist/ $DIR/x:y
    ?modify unknown $DIR/x:y
"##,
    );
}
