use crate::call::Language;
use crate::code::lab::hear_program;
use crate::lab::Machine;

fn hear(language: Language, text: &str) -> Vec<String> {
    hear_program(language, &Machine::default(), "tools/clean uploads", text)
}

fn check(language: Language, table: &[(&str, &[&str])]) {
    let wrong: Vec<String> = table
        .iter()
        .filter(|(text, want)| hear(language, text) != *want)
        .map(|(text, want)| format!("{text}\n  heard {:?}\n  wanted {want:?}", hear(language, text)))
        .collect();
    assert!(wrong.is_empty(), "{language:?}\n{}", wrong.join("\n"));
}

#[test]
fn perl() {
    let a: &[&str] = &["delete file-tree a | files"];
    check(
        Language::Perl,
        &[
            ("unlink 'a'", a),
            ("unlink('a') or die \"no: $!\";", a),
            ("unlink $_ for qw(a);", a),
            ("my $f = 'a'; unlink $f;", a),
            ("my @l = ('a', 'b'); unlink @l;", &["delete file-tree a | files", "delete file-tree b | files"]),
            ("unlink glob('logs/*.log');", &["delete file-tree logs | filtered -name '*.log' -maxdepth 1"]),
            ("unlink <*.log>;", &["delete file-tree . | filtered -name '*.log' -maxdepth 1"]),
            ("foreach my $f (glob 'logs/*') { unlink $f; }", &["delete file-tree logs | filtered logs/*"]),
            ("use File::Path qw(rmtree); rmtree('uploads');", &["delete file-tree uploads"]),
            (
                "use File::Path; File::Path::remove_tree(\"up$x\", 'b');",
                &["delete file-tree up{$x}", "delete file-tree b"],
            ),
            ("my $base = 'up'; rmtree(\"$base/x\");", &["delete file-tree up/x"]),
            ("rmtree($ENV{DATA});", &["delete file-tree /srv/data"]),
            ("rmtree($ARGV[0]);", &["delete file-tree uploads"]),
            ("rmtree(shift);", &["delete file-tree uploads"]),
            ("rmtree(where());", &["?delete unknown where()"]),
            ("sub clean { my ($d) = @_; rmtree($d); } clean('uploads');", &["delete file-tree uploads"]),
            ("rmdir 'a';", &["delete file-tree a | empty"]),
            ("rename 'a', 'b';", &["modify file-tree a | moved /work/b"]),
            ("truncate 'a', 0;", &["modify file-tree a | content"]),
            ("open(my $f, '>', 'a') or die; print $f 'x';", &["modify file-tree a | content"]),
            ("open(F, '>>a');", &["modify file-tree a"]),
            ("open(my $f, '<', 'a');", &["read file-tree a"]),
            ("system('rm -rf uploads');", &["Shell: rm -rf uploads"]),
            ("system 'rm', '-rf', 'uploads';", &["run rm -rf uploads"]),
            ("my $o = `rm -rf uploads`;", &["Shell: rm -rf uploads"]),
            ("qx{rm -rf uploads};", &["Shell: rm -rf uploads"]),
            ("exec(\"rm -rf $dir\");", &["run sh -c rm -rf ${unknown_0}"]),
            ("eval \"unlink 'a'\";", a),
            ("$dbh->do('DELETE FROM t');", &["delete table t"]),
            // Nothing happens.
            ("print 'rm -rf /';", &[]),
            ("# unlink 'a'\n\n=pod\n\nunlink 'a';\n\n=cut\n\nprint 1;", &[]),
            ("my %h = (a => 1); delete $h{a}; s/rm/x/g; tr/a/b/;", &[]),
            ("sub unused { unlink 'a' }", &[]),
            ("print \"x\" if $x =~ m/unlink 'a'/;", &[]),
            ("while (<STDIN>) { print; }", &[]),
        ],
    );
}

#[test]
fn php() {
    let a: &[&str] = &["delete file-tree a | files"];
    check(
        Language::Php,
        &[
            ("unlink('a');", a),
            ("<?php unlink('a'); ?> unlink('b');", a),
            ("<html>unlink('b')<?php\n// x\n@unlink('a');\n", a),
            ("$f = 'a'; unlink($f);", a),
            ("unlink(__DIR__ . '/../a');", &["delete file-tree /work/tools/../a | files"]),
            (
                "$d = 'up'; unlink(\"$d/x\"); unlink(\"{$d}/y\");",
                &["delete file-tree up/x | files", "delete file-tree up/y | files"],
            ),
            (
                "array_map('unlink', glob('logs/*.log'));",
                &["delete file-tree logs | filtered -name '*.log' -maxdepth 1"],
            ),
            ("foreach (glob('logs/*') as $f) { unlink($f); }", &["delete file-tree logs | filtered logs/*"]),
            (
                "foreach (scandir('logs') as $i => $f) unlink(\"logs/$f\");",
                &["delete file-tree logs | filtered logs/{$f}"],
            ),
            ("function clean($d) { rmdir($d); } clean('a');", &["delete file-tree a | empty"]),
            ("unlink($argv[1]);", &["delete file-tree uploads | files"]),
            ("unlink(getenv('DATA'));", &["delete file-tree /srv/data | files"]),
            ("unlink(where());", &["?delete unknown where()"]),
            ("rename('a', 'b');", &["modify file-tree a | moved /work/b"]),
            ("file_put_contents('a', 'x');", &["modify file-tree a | content"]),
            ("file_put_contents('a', 'x', FILE_APPEND);", &["modify file-tree a"]),
            ("$h = fopen('a', 'w');", &["modify file-tree a | content"]),
            ("fopen('a', 'r');", &["read file-tree a"]),
            ("system('rm -rf uploads');", &["Shell: rm -rf uploads"]),
            ("echo shell_exec('rm -rf uploads');", &["Shell: rm -rf uploads"]),
            ("echo `rm -rf uploads`;", &["Shell: rm -rf uploads"]),
            ("exec('rm -rf ' . $x, $out);", &["run sh -c rm -rf ${unknown_0}"]),
            ("passthru(\"rm -rf $x\");", &["run sh -c rm -rf ${unknown_0}"]),
            ("eval(\"unlink('a');\");", a),
            ("eval(base64_decode('dW5saW5rKCdhJyk7'));", &["delete file-tree a | files"]),
            ("$pdo->exec('DROP TABLE t');", &["delete table t"]),
            ("mysqli_query($c, 'TRUNCATE t');", &["delete table t"]),
            ("include 'x.php';", &["file /work/x.php"]),
            // Nothing happens.
            ("echo 'rm -rf /';", &[]),
            ("// unlink('a');\n# unlink('a');\n/* unlink('a'); */", &[]),
            ("unset($x['unlink']); $x->delete(); $m->remove('a');", &[]),
            ("function unused() { unlink('a'); }", &[]),
            ("$t = <<<EOS\nunlink('a');\nEOS;\necho $t;", &[]),
            ("class A { public function b() { unlink('a'); } }", &[]),
        ],
    );
}

#[test]
fn any_text_is_survived() {
    let text = "def f(a)\n x = %w[a b].each { |y| File.delete(\"#{y}/$z{q}\") } if a =~ /x/\nend\nmy ($a) = @_; foreach my $x (<*.a>) { s{a}{b}; } <<EOS . `x`\nEOS\nfn($x) => [1, 'a' => $x->y(...)]; <?php";
    for language in [Language::Perl, Language::Php] {
        for end in 0..text.len() {
            hear(language, text.get(..end).unwrap_or_default());
            hear(language, text.get(end..).unwrap_or_default());
        }
        for piece in
            ["(", "{", "[", "a(", "x.y", "if ", "do ", "\"#{", "$", "<<A\n", "->", "a ? ", "%w(", "=>", ", ", "sub {"]
        {
            hear(language, &piece.repeat(3_000));
        }
    }
}

#[test]
fn objects_of_classes_are_followed() {
    check(
        Language::Php,
        &[
            (
                "class C { private $d = 'a'; function go() { unlink($this->d); } } $c = new C(); $c->go();",
                &["delete file-tree a | files"],
            ),
            (
                "class C { function __construct($d) { $this->d = $d; } function go() { unlink($this->d); } } \
                 (new C('a'))->go();",
                &["delete file-tree a | files"],
            ),
        ],
    );
    check(
        Language::Perl,
        &[("finddepth(sub { unlink $_ }, 'uploads')", &["delete file-tree uploads | filtered uploads/**"])],
    );
}
