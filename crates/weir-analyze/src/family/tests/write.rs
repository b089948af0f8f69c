use super::check;

#[test]
fn what_writes() {
    check(
        r##"
> dd if=a.txt
    read file-tree a.txt
> dd if=/dev/zero of=/dev/sda bs=1M
    modify device /dev/sda
> dd if=a.txt of=b.txt
    modify file-tree b.txt | content
> dd if=a.txt of=new.img
    create file-tree new.img
> dd if=/dev/zero of=a.txt conv=notrunc
    modify file-tree a.txt | content
> dd if=x of=a.txt oflag=append conv=notrunc
    modify file-tree a.txt
> dd if=a.txt of=/dev/null
    read program dd
> dd if=a.txt of=$O
    ?modify unknown $O
> dd if=a.txt of=/dev/$D
    modify device /dev/$D
> dd if=a.txt $O
    ?modify unknown $O
> dd --help
    read program dd
> truncate -s 0 a.txt
    modify file-tree a.txt | content
> truncate -s +1G a.txt
    modify file-tree a.txt
> truncate --size=0 a.txt b.txt
    modify file-tree a.txt | content
    modify file-tree b.txt | content
> truncate a.txt
    read program truncate
> truncate -s 0 build/$X
    modify file-tree build | filtered build/$X
> tee
    read program tee
> tee a.txt
    modify file-tree a.txt | content
> tee new.txt
    create file-tree new.txt
> tee -a a.txt
    modify file-tree a.txt
> tee /dev/null
    read program tee
> tee a.txt b.txt
    modify file-tree a.txt | content
    modify file-tree b.txt | content
> tee /dev/sda
    modify device /dev/sda
> tee $F
    ?modify unknown $F
> touch new.txt
    create file-tree new.txt
> touch a.txt
    modify file-tree a.txt
> touch -c nothere
    read program touch
> touch build
    modify file-tree build | files
> touch $F
    ?create unknown $F
> mkdir -p q/r/s
    create file-tree q/r/s
> mkdir q
    create file-tree q
> mkfifo pipe
    create file-tree pipe
> mknod pipe p
    create file-tree pipe
> mktemp
    create file-tree /tmp/tmp.XXXXXXXXXX
> mktemp -d
    create file-tree /tmp/tmp.XXXXXXXXXX
> mktemp -d out.XXXX
    create file-tree out.XXXX
> mktemp -p out
    create file-tree out/tmp.XXXXXXXXXX
> mktemp -u
    read program mktemp
> sort a.txt
    read file-tree a.txt
> sort -o a.txt a.txt
    modify file-tree a.txt | content
> sort --output=new a.txt
    create file-tree new
> sort -k 2 -t , a.txt
    read file-tree a.txt
> sort -u a.txt --compress-program=gzip
    read program gzip
    read file-tree a.txt
> sort -c -o a.txt a.txt
    read file-tree a.txt
> uniq a.txt
    read file-tree a.txt
> uniq a.txt b.txt
    modify file-tree b.txt | content
> uniq -c
    read program uniq
> iconv -f utf8 -t latin1 a.txt
    read file-tree a.txt
> iconv -f utf8 a.txt -o b.txt
    modify file-tree b.txt | content
> split a.txt
    create file-tree xaa
> split -l 10 a.txt part-
    create file-tree part-aa
> split --filter='gzip > $FILE.gz' a.txt
    Shell: gzip > $FILE.gz
> csplit a.txt /x/
    create file-tree xx00
> fallocate -l 1G new
    create file-tree new
> fallocate -p -o 0 -l 4096 a.txt
    modify file-tree a.txt | content
> patch -p1 -i fix.patch
    modify file-tree a.txt
> patch -p1 --dry-run -i fix.patch
    read program patch
> patch a.txt fix.patch
    modify file-tree a.txt
> patch
    modify file-tree . @ /w
> --- a/a.txt\n+++ b/a.txt\n ||| patch -p1
    modify file-tree a.txt
> ? ||| patch -p1 -d src
    modify file-tree src
> patch -o new a.txt fix.patch
    create file-tree new
> truncate --help
    read program truncate
> truncate -c -s 0 a.txt
    modify file-tree a.txt | content
> truncate -r a.txt b.txt
    modify file-tree b.txt | content
> truncate -s '>10' a.txt
    modify file-tree a.txt
> truncate -s -5 a.txt
    modify file-tree a.txt | content
> tee -i a.txt
    modify file-tree a.txt | content
> tee --append a.txt new
    modify file-tree a.txt
    modify file-tree new
> tee --app $F
    ?modify unknown $F
> tee --help
    read program tee
> tee -
    create file-tree -
> touch -d yesterday a.txt
    modify file-tree a.txt
> touch -r a.txt new
    create file-tree new
> touch --help
    read program touch
> touch {a.txt,new}
    modify file-tree {a.txt,new} @ /w/a.txt
    create file-tree {a.txt,new} @ /w/new
> mkdir --help
    read program mkdir
> mkdir -m 777 q
    create file-tree q
> mkdir {a,b}
    create file-tree {a,b} @ /w/a /w/b
> mkdir $X
    ?create unknown $X
> mktemp -t foo.XXX
    create file-tree /tmp/foo.XXX
> mktemp --tmpdir=/var/tmp x.XXX
    create file-tree /var/tmp/x.XXX
> mktemp --help
    read program mktemp
> sort -uo b.txt a.txt
    modify file-tree b.txt | content
> sort --out=b.txt a.txt
    modify file-tree b.txt | content
> sort -m -o new a.txt b.txt
    create file-tree new
> sort $X
    read file-tree $X
> uniq a.txt -
    read file-tree a.txt
> uniq -d a.txt new
    create file-tree new
> iconv -l
    read program iconv
> split -b 1M a.txt out/x
    create file-tree out/xaa
> split --help
    read program split
> csplit -f p a.txt 1
    create file-tree p00
> dd of=b.txt
    modify file-tree b.txt | content
> dd if=/dev/sda of=disk.img
    create file-tree disk.img
> dd if=a.txt of=new conv=excl
    create file-tree new
> dd of=/dev/null if=/dev/zero
    read program dd
> fallocate -d a.txt
    modify file-tree a.txt
> fallocate --help
    read program fallocate
> patch --help
    read program patch
> patch -R -p1 -i nothere.patch
    modify file-tree . @ /w
> patch -i fix.patch
    modify file-tree a.txt
"##,
    );
}
