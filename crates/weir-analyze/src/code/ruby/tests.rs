use crate::call::Language;
use crate::code::lab::hear_program;
use crate::lab::Machine;

fn hear(text: &str) -> Vec<String> {
    hear_program(Language::Ruby, &Machine::default(), "tools/clean uploads", text)
}

fn check(table: &[(&str, &[&str])]) {
    let wrong: Vec<String> = table
        .iter()
        .filter(|(text, want)| hear(text) != *want)
        .map(|(text, want)| format!("{text}\n  heard {:?}\n  wanted {want:?}", hear(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_destroyed() {
    let uploads: &[&str] = &["delete file-tree uploads"];
    let a: &[&str] = &["delete file-tree a | files"];
    check(&[
        ("require 'fileutils'; FileUtils.rm_rf('uploads')", uploads),
        ("FileUtils.rm_rf 'uploads'", uploads),
        ("FileUtils.rm_r(%w[uploads])", uploads),
        ("FileUtils.rm_rf(['a', 'b'], secure: true)", &["delete file-tree a", "delete file-tree b"]),
        ("FileUtils.rm_rf(\"up#{'loads'}\")", uploads),
        ("base = 'uploads'\nFileUtils.rm_rf(File.join('.', base))", uploads),
        ("FileUtils.rm_rf(Dir.glob('logs/*'))", &["delete file-tree logs | filtered logs/*"]),
        (
            "Dir['logs/*.log'].each { |f| File.delete(f) }",
            &["delete file-tree logs | filtered -name '*.log' -maxdepth 1"],
        ),
        (
            "Dir.glob('logs/*.log') do |f|\n  File.delete f\nend",
            &["delete file-tree logs | filtered -name '*.log' -maxdepth 1"],
        ),
        ("File.delete('a') if File.exist?('a')", a),
        ("File.unlink 'a'", a),
        ("Dir.rmdir('a')", &["delete file-tree a | empty"]),
        ("Pathname.new('uploads').rmtree", uploads),
        ("(Pathname.new('x') / 'y').delete", &["delete file-tree x/y | files"]),
        ("FileUtils.rm_rf(ENV['DATA'])", &["delete file-tree /srv/data"]),
        ("FileUtils.rm_rf(ARGV[0])", uploads),
        ("FileUtils.rm_rf(where)", &["?delete unknown where"]),
        ("def clean(d)\n  FileUtils.rm_rf(d)\nend\nclean('uploads')", uploads),
        ("%w[a b].each do |f|\n  File.delete(f)\nend", &["delete file-tree a | files", "delete file-tree b | files"]),
        ("FileUtils.mv('a', 'b')", &["modify file-tree a | moved /work/b"]),
        ("FileUtils.cp 'a', 'b'", &["read file-tree a", "modify file-tree b | content"]),
        ("File.write('a', 'x')", &["modify file-tree a | content"]),
        ("File.open('a', 'w') { |f| f.puts 'x' }", &["modify file-tree a | content"]),
        ("File.open('a').each_line { |l| puts l }", &["read file-tree a"]),
        ("system('rm -rf uploads')", &["Shell: rm -rf uploads"]),
        ("system 'rm', '-rf', 'uploads'", &["run rm -rf uploads"]),
        ("`rm -rf uploads`", &["Shell: rm -rf uploads"]),
        ("x = %x(rm -rf uploads)", &["Shell: rm -rf uploads"]),
        ("exec \"rm -rf #{dir}\"", &["run sh -c rm -rf ${unknown_dir}"]),
        ("Open3.capture2e('git', 'status')", &["run git status"]),
        ("eval(\"File.delete('a')\")", a),
        ("eval(code)", &["?execute unknown code"]),
        ("Dir.chdir('/srv') { File.delete('a') }", a),
        ("Dir.mktmpdir { |d| File.write(File.join(d, 'x'), '') }", &["modify file-tree /tmp/tmpXXXXXXXX/x | content"]),
        ("db.execute('DROP TABLE t')", &["delete table t"]),
        // Nothing happens.
        ("puts 'rm -rf /'", &[]),
        ("# FileUtils.rm_rf('x')\n=begin\nFileUtils.rm_rf('x')\n=end\nputs 1", &[]),
        ("h = {a: 1}; h.delete(:a); [1].delete(1); 'x'.delete('y')", &[]),
        ("def unused\n  FileUtils.rm_rf('x')\nend", &[]),
        ("text = <<~EOS\n  FileUtils.rm_rf('x')\nEOS\nputs text", &[]),
        ("x = a ? b : c; puts x if x =~ /rm -rf/", &[]),
        ("user.delete", &[]),
    ]);
}

#[test]
fn objects_of_classes_are_followed() {
    let uploads: &[&str] = &["delete file-tree uploads"];
    let class = "class C\n  def initialize(d)\n    @d = d\n  end\n  def go\n    wipe\n  end\n  def wipe\n    \
                 FileUtils.rm_rf(@d)\n  end\nend\n";
    check(&[
        (&format!("{class}C.new('uploads').go"), uploads),
        (class, &[]),
        ("def go\n  FileUtils.rm_rf('uploads')\nend\ngo", uploads),
        ("@d = 'uploads'\nFileUtils.rm_rf(@d)", uploads),
    ]);
}

#[test]
fn the_language_is_followed() {
    let uploads: &[&str] = &["delete file-tree uploads"];
    check(&[
        (
            "module A\n  class B\n    D = {x: 'uploads'}.freeze\n    attr_reader :root\n    def initialize(root: '.')\n      \
             @root = root\n    end\n    def call\n      D.each_value do |d|\n        next unless d\n        \
             FileUtils.rm_rf(File.join(root, d))\n      end\n    end\n  end\nend\nA::B.new.call if $0 == __FILE__",
            uploads,
        ),
        (
            "x = if a then 'uploads' else 'b' end\nFileUtils.rm_rf(x)",
            &["delete file-tree uploads", "delete file-tree b"],
        ),
        ("def d = 'uploads'\nFileUtils.rm_rf(d)", uploads),
        ("def f(dir:, force: true) = FileUtils.rm_rf(dir)\nf(dir: 'uploads')", uploads),
        ("def f\n  yield 'uploads'\nend\nf { |d| FileUtils.rm_rf(d) }", uploads),
        ("def f(&b)\n  b.call('uploads')\nend\nf { |d| FileUtils.rm_rf(d) }", uploads),
        ("%w[uploads].each(&FileUtils.method(:rm_rf))", uploads),
        ("Pathname.new('logs').children.each(&:rmtree)", &["delete file-tree logs | filtered logs/*"]),
        ("x = []\nx << 'uploads'\nFileUtils.rm_rf(x)", uploads),
        (
            "f = ->(d) { FileUtils.rm_rf(d) }\nf.call('uploads')\nf.('b')",
            &["delete file-tree uploads", "delete file-tree b"],
        ),
        ("dir = ARGV[1] || abort('usage')\nFileUtils.rm_rf(dir)", &[]),
        ("dir = ARGV[0] || abort('usage')\nFileUtils.rm_rf(dir)", uploads),
        ("send(:system, 'rm -rf uploads')", &["Shell: rm -rf uploads"]),
        ("db.execute(<<~SQL.squish)\n  DELETE FROM t\nSQL", &["delete table t"]),
        ("DRY = true\nFileUtils.rm_rf('uploads') unless DRY", &[]),
        ("User.delete_all", &["delete table User"]),
        ("User.where(id: 1).delete_all", &["delete table User | filtered a condition"]),
        ("Aws::S3::Client.new.delete_bucket(bucket: 'b')", &["delete cloud-resource cloud delete_bucket b"]),
        ("Net::HTTP.post(URI('https://h/x'), 'a')", &["send host h"]),
        ("task :clean do\n  rm_rf 'uploads'\nend", &[]),
    ]);
}

#[test]
fn any_text_is_survived() {
    let text = "def f(a)\n x = %w[a b].each { |y| File.delete(\"#{y}/z\") } if a =~ /x/\nend\nfoo(<<~A, <<-B)\n q\nA\n r\n B\n";
    for end in 0..text.len() {
        hear(text.get(..end).unwrap_or_default());
        hear(text.get(end..).unwrap_or_default());
    }
    for piece in
        ["(", "{", "[", "a(", "x.y", "if ", "do ", "\"#{", "<<A\n", "->{", "a ? ", "%w(", "=>", "module A\n", "x << "]
    {
        hear(&piece.repeat(3_000));
    }
}

#[test]
fn files_beside_the_program_are_read() {
    let machine = Machine::new([
        ("/work/tools/lib/a.rb", "require_relative 'b'\nmodule A\n  def self.wipe(d) = B.gone(d)\nend\n"),
        ("/work/tools/lib/b.rb", "module B\n  def self.gone(d)\n    FileUtils.rm_rf(d)\n  end\nend\n"),
        ("/work/side.rb", "File.delete('a')"),
    ]);
    let hear = |text: &str| hear_program(Language::Ruby, &machine, "tools/clean", text);
    assert_eq!(hear("require_relative 'lib/a'\nA.wipe('uploads')"), ["delete file-tree uploads"]);
    assert_eq!(hear("require_relative 'lib/a'"), [""; 0]);
    assert_eq!(hear("load 'side.rb'"), ["delete file-tree a | files"]);
    assert_eq!(hear("require 'json'"), [""; 0]);
}
