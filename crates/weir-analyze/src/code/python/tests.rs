use crate::call::Language;
use crate::code::lab::hear_program;
use crate::lab::Machine;

fn hear_on(machine: &Machine, text: &str) -> Vec<String> {
    hear_program(Language::Python, machine, "tools/clean.py --force uploads", text)
}

fn hear(text: &str) -> Vec<String> {
    hear_on(&Machine::default(), text)
}

fn check(table: &[(&str, &[&str])]) {
    for (text, want) in table {
        assert_eq!(hear(text), *want, "{text}");
    }
}

#[test]
fn deletes() {
    let uploads: &[&str] = &["delete file-tree uploads"];
    check(&[
        ("import shutil; shutil.rmtree('uploads')", uploads),
        ("import os, shutil\nbase = 'uploads'\nshutil.rmtree(os.path.join('.', base))", uploads),
        ("import shutil as s\ns.rmtree('uploads', ignore_errors=True)", uploads),
        ("from shutil import rmtree as r\nr('uploads')", uploads),
        ("from shutil import *\nrmtree('uploads')", uploads),
        ("__import__('shutil').rmtree('uploads')", uploads),
        ("import importlib\nimportlib.import_module('shutil').rmtree('uploads')", uploads),
        ("import shutil\ngetattr(shutil, 'rm' + 'tree')('uploads')", uploads),
        ("import shutil\nf = shutil.rmtree\nf(path='uploads')", uploads),
        ("from functools import partial\nimport shutil\npartial(shutil.rmtree, 'uploads')()", uploads),
        (
            "import shutil\nfrom pathlib import Path\nshutil.rmtree(Path('a') / '..' / 'uploads')",
            &["delete file-tree a/../uploads"],
        ),
        ("import shutil\nshutil.rmtree(f'{\"up\"}loads')", uploads),
        ("import shutil\nshutil.rmtree('%s%s' % ('up', 'loads'))", uploads),
        ("import shutil\nshutil.rmtree('{}/{x}'.format('a', x='b'))", &["delete file-tree a/b"]),
        ("import shutil, os\nshutil.rmtree(os.environ['DATA'])", &["delete file-tree /srv/data"]),
        ("import shutil, os\nshutil.rmtree(os.environ.get('NOPE', 'uploads'))", uploads),
        (
            "import shutil, os\nshutil.rmtree(os.environ.get('NOPE') or 'uploads')",
            &["?delete unknown os.environ.get('NOPE') or 'uploads'", uploads[0]],
        ),
        ("import shutil, sys\nshutil.rmtree(sys.argv[2])", uploads),
        ("import shutil, sys\nfor d in sys.argv[2:]:\n  shutil.rmtree(d)", uploads),
        ("import shutil, os\nshutil.rmtree(os.path.expanduser('~/photos'))", &["delete file-tree /home/me/photos"]),
        (
            "import shutil\nfrom pathlib import Path\nshutil.rmtree(Path.home() / 'photos')",
            &["delete file-tree /home/me/photos"],
        ),
        ("import os\nos.chdir('/srv')\nos.remove('x')", &["delete file-tree x | files"]),
        (
            "import os\nos.remove('a'); os.unlink('b'); os.rmdir('c')",
            &["delete file-tree a | files", "delete file-tree b | files", "delete file-tree c | empty"],
        ),
        ("import os\nos.removedirs('a/b')", &["delete file-tree a/b | empty"]),
        ("from pathlib import Path\nPath('x').unlink(missing_ok=True)", &["delete file-tree x | files"]),
        (
            "import pathlib\np = pathlib.Path('d')\n(p / 'f').unlink()\np.rmdir()",
            &["delete file-tree d/f | files", "delete file-tree d | empty"],
        ),
        (
            "import os\nfor f in ['a', 'b']:\n    os.remove(f)",
            &["delete file-tree a | files", "delete file-tree b | files"],
        ),
        (
            "import os\n[os.remove(f) for f in ('a', 'b')]",
            &["delete file-tree a | files", "delete file-tree b | files"],
        ),
        (
            "import os, glob\nfor f in glob.glob('logs/*.log'):\n    os.remove(f)",
            &["delete file-tree logs | filtered -name '*.log' -maxdepth 1"],
        ),
        (
            "from pathlib import Path\nfor f in Path('logs').rglob('*.log'):\n    f.unlink()",
            &["delete file-tree logs | filtered -name '*.log'"],
        ),
        (
            "import os\nfor n in os.listdir('logs'):\n    os.remove(os.path.join('logs', n))",
            &["delete file-tree logs | filtered logs/*"],
        ),
        (
            "import os\nfor root, dirs, files in os.walk('logs'):\n  for f in files:\n    os.unlink(os.path.join(root, f))",
            &["delete file-tree logs | filtered logs/**/*"],
        ),
        (
            "import os, shutil\nwith os.scandir('d') as it:\n  for e in it:\n    if e.is_dir():\n      shutil.rmtree(e.path)\n    else:\n      os.remove(e.path)",
            &["delete file-tree d | filtered d/*"],
        ),
        ("import os\nlist(map(os.remove, ['a']))", &["delete file-tree a | files"]),
        ("import shutil\ndef clean(d):\n    shutil.rmtree(d)\nclean('uploads')", uploads),
        (
            "import shutil\ndef clean(d='uploads'):\n    shutil.rmtree(d)\nif __name__ == '__main__':\n    clean()",
            uploads,
        ),
        (
            "import shutil\nclass C:\n  def __init__(self, d):\n    self.d = d\n  def go(self):\n    shutil.rmtree(self.d)\nC('uploads').go()",
            uploads,
        ),
        ("import shutil\ndef where():\n    return 'uploads'\nshutil.rmtree(where())", uploads),
        (
            "import shutil, random\nx = 'a'\nif random.random() > 1:\n    x = 'b'\nshutil.rmtree(x)",
            &["delete file-tree a", "delete file-tree b"],
        ),
        ("import shutil\ntry:\n    shutil.rmtree('uploads')\nexcept OSError as e:\n    print(e)", uploads),
        ("import shutil\nshutil.rmtree(load_config()['dir'])", &["?delete unknown load_config()['dir']"]),
        ("import shutil\nshutil.rmtree(x := 'uploads')", uploads),
        ("tool.rmtree('uploads')", uploads),
        ("from send2trash import send2trash\nsend2trash('uploads')", uploads),
        ("import shutil\nexec(\"shutil.rmtree('uploads')\")", uploads),
        ("exec(compile(\"import os; os.remove('a')\", 'x', 'exec'))", &["delete file-tree a | files"]),
        ("import threading, shutil\nthreading.Thread(target=shutil.rmtree, args=('uploads',)).start()", uploads),
        ("import shutil\ndef f(:\nshutil.rmtree('uploads')", uploads),
        ("import shutil; shutil.rmtree('/dev/sda')", &["delete device /dev/sda"]),
    ]);
}

#[test]
fn writes_moves_runs() {
    check(&[
        ("open('out.txt', 'w').write('x')", &["modify file-tree out.txt | content"]),
        ("with open('out.txt', mode='a') as f:\n    f.write('x')", &["modify file-tree out.txt"]),
        ("open('out.txt')", &["read file-tree out.txt"]),
        (
            "with open('out.txt', 'r+') as f:\n    f.truncate(0)",
            &["modify file-tree out.txt", "modify file-tree out.txt | content"],
        ),
        ("open(name(), 'w')", &["?create unknown name()"]),
        ("from pathlib import Path\nPath('a').write_text('')", &["modify file-tree a | content"]),
        ("from pathlib import Path\nPath('a/b').mkdir(parents=True)", &["create file-tree a/b"]),
        ("import os\nos.rename('a', 'b')", &["modify file-tree a | moved /work/b"]),
        ("import shutil\nshutil.move('a', '/srv/b')", &["modify file-tree a | moved /srv/b"]),
        ("from pathlib import Path\nPath('a').replace('b')", &["modify file-tree a | moved /work/b"]),
        ("import shutil\nshutil.copy('a', 'b')", &["read file-tree a", "modify file-tree b | content"]),
        ("import os\nos.truncate('db', 0)", &["modify file-tree db | content"]),
        ("import os\nos.chmod('x', 0o755)", &["modify file-tree x"]),
        ("import os\nos.chmod('x', 0o777)", &["grant file-tree x | files"]),
        ("import os\nos.system('rm -rf uploads')", &["Shell: rm -rf uploads"]),
        ("import os\nos.popen('ls').read()", &["Shell: ls"]),
        ("import subprocess\nsubprocess.run(['rm', '-rf', 'uploads'])", &["run rm -rf uploads"]),
        ("import subprocess as sp\nsp.check_call('rm -rf x'.split())", &["run rm -rf x"]),
        ("import subprocess, shlex\nsubprocess.run(shlex.split(\"rm -rf 'a b'\"))", &["run rm -rf a b"]),
        ("import subprocess\nsubprocess.run('rm -rf x', shell=True)", &["Shell: rm -rf x"]),
        ("import subprocess\nsubprocess.run('reboot')", &["run reboot"]),
        ("import subprocess\ncmd = ['rm']\ncmd.append('-rf')\ncmd += ['x']\nsubprocess.run(cmd)", &["run rm -rf x"]),
        ("import subprocess\nsubprocess.run(['git', 'clean'], cwd='/srv')", &["run in /srv: git clean"]),
        (
            "import subprocess\ndef f(path):\n  subprocess.run(f'rm -rf {path}', shell=True)\nf(q())",
            &["run sh -c rm -rf ${unknown_path}"],
        ),
        ("import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'x'])", &["run python3 -m x"]),
        ("import subprocess, shutil\nsubprocess.run([shutil.which('rm'), 'x'])", &["run rm x"]),
        ("import subprocess\nsubprocess.run(cmd(), shell=True)", &["?execute unknown cmd()"]),
        ("import os\nos.execvp('rm', ['rm', '-rf', 'x'])", &["run rm -rf x"]),
        ("import os\nos.spawnlp(os.P_WAIT, 'rm', 'rm', 'x')", &["run rm x"]),
        ("import os\nos.chdir('/srv')\nos.system('rm -rf x')", &["run in /srv: sh -c rm -rf x"]),
        ("import runpy\nrunpy.run_path('x.py')", &["file /work/x.py"]),
        ("exec(open('x.py').read())", &["read file-tree x.py", "file /work/x.py"]),
        ("import base64\nexec(base64.b64decode('aW1wb3J0IG9zOyBvcy5zeXN0ZW0oJ3JtIHgnKQ=='))", &["Shell: rm x"]),
        ("import base64\nexec(base64.b64decode(x))", &["?execute unknown base64.b64decode(x)"]),
        ("eval(input())", &["?execute unknown input()"]),
        ("import ctypes\nctypes.CDLL(None).unlink(b'x')", &["?execute unknown ctypes.CDLL().unlink"]),
        (
            "import boto3\nboto3.client('s3').delete_bucket(Bucket='data')",
            &["delete cloud-resource s3 delete_bucket data"],
        ),
        (
            "import boto3\nec2 = boto3.client('ec2')\nec2.terminate_instances(InstanceIds=['i-1'])",
            &["delete cloud-resource ec2 terminate_instances i-1"],
        ),
        ("import boto3\nboto3.resource('s3').Bucket('b').objects.all().delete()", &["delete cloud-resource s3 delete"]),
        ("import requests\nrequests.delete('https://api.example.com/v1/x')", &["send host api.example.com"]),
        ("import requests\nrequests.get('https://api.example.com/v1/x')", &["read host api.example.com"]),
        ("import socket\nsocket.create_connection(('evil.example', 80))", &["send host evil.example"]),
    ]);
}

#[test]
fn everyday() {
    for text in [
        "import json; print(json.load(stream)['rm'])",
        "print('rm -rf /')",
        "# shutil.rmtree('x')",
        "\"\"\"shutil.rmtree('x')\"\"\"",
        "def f():\n    '''os.remove(x)'''\n    return 1\nf()",
        "xs = [1, 2]\nxs.remove(1)\ndel xs[0]\nd = {}\nd.pop('a', None)",
        "s = set()\ns.discard(1); s.remove(2)",
        "import pandas as pd\ndf = pd.DataFrame()\ndf = df.drop(columns=['a'])\ndf.replace(1, 2)\ndf.rename(columns={})",
        "cache.clear()\ncache.delete('k')\nsession.delete(user)\nq.remove(item)",
        "'abc'.replace('a', 'b')",
        "import re\nre.compile('rm').sub('', 'x')",
        "model.eval()\nmodel.train()",
        "import shutil\ndef unused():\n    shutil.rmtree('x')",
        "import shutil\nif False:\n    shutil.rmtree('x')",
        "import sys, shutil\nsys.exit(0)\nshutil.rmtree('x')",
        "from flask import Flask\nimport os\napp = Flask(__name__)\n@app.route('/d')\ndef d():\n    os.remove(request.args['p'])\napp.run()",
        "def f(a):\n    return a.remove(1)\nf(load())",
        "x = {'shutil.rmtree': 1}\nprint(x)",
        "import logging\nlogging.info('deleting %s', 'x')",
        "import os\nprint(os.path.exists('x'), os.listdir('.'), os.getcwd())",
        "import ast\nast.literal_eval(text)",
        "import tarfile\ntarfile.open('x.tar').getmembers()",
        "import unittest\nfrom unittest import mock\nmock.patch('os.remove')",
        "import time\ntime.sleep(1)",
        "assert 1 == 1\nraise SystemExit('rm -rf /')",
    ] {
        assert_eq!(hear(text), [] as [&str; 0], "{text}");
    }
    check(&[
        ("import subprocess\nsubprocess.run(['git', 'status'], check=True)", &["run git status"]),
        ("import tempfile, shutil\nd = tempfile.mkdtemp()\nshutil.rmtree(d)", &["delete file-tree /tmp/tmpXXXXXXXX"]),
        (
            "import tempfile, os\nwith tempfile.TemporaryDirectory() as d:\n    open(os.path.join(d, 'x'), 'w')",
            &["modify file-tree /tmp/tmpXXXXXXXX/x | content"],
        ),
        (
            "import json\nwith open('in.json') as f:\n    data = json.load(f)\nwith open('report.md', 'w') as out:\n    out.write(str(data))",
            &["read file-tree in.json", "modify file-tree report.md | content"],
        ),
    ]);
}

#[test]
fn modules_beside_the_program_are_read() {
    let machine = Machine::new([("/work/tools/helper.py", "import shutil\ndef clean(d):\n    shutil.rmtree(d)\n")]);
    assert_eq!(hear_on(&machine, "import helper\nhelper.clean('uploads')"), ["delete file-tree uploads"]);
    assert_eq!(hear_on(&machine, "from helper import clean as c\nc('uploads')"), ["delete file-tree uploads"]);
    assert_eq!(hear_on(&machine, "import helper\nprint(helper)"), [] as [&str; 0]);
}

#[test]
fn limits_are_said() {
    let deep = format!("x = {}1{}\n", "(".repeat(5_000), ")".repeat(5_000));
    assert!(hear(&deep).iter().any(|line| line.starts_with("?execute unknown")), "deep");
    let long = "x = 1\n".repeat(300_000);
    assert!(hear(&long).iter().any(|line| line.starts_with("?execute unknown")), "long");
    let calls: String = (0..60).map(|at| format!("def f{at}(x):\n    f{}(x); f{}(x)\n", at + 1, at + 1)).collect();
    assert!(hear(&format!("{calls}\nf0(1)")).iter().any(|line| line.starts_with("?execute unknown")), "calls");
    let doubled = format!("x = 'a'\n{}import os\nos.remove(x)", "x = x + x\n".repeat(100));
    assert_eq!(hear(&doubled).len(), 1);
    let nested = format!("x = []\n{}", "x = [x, x]\n".repeat(20_000));
    hear(&nested);
    assert!(hear("%%% ??? ]] )) ((").iter().all(|line| line.starts_with("?execute unknown")));
}

#[test]
fn any_text_is_survived() {
    let text = "import os\nwith open(f'{x}', 'w') as f:\n    for a, b in [(1, 2)]:\n        os.remove('x' % a) if a else lambda *q: q\n";
    for end in 0..text.len() {
        hear(text.get(..end).unwrap_or_default());
        hear(text.get(end..).unwrap_or_default());
    }
}

#[test]
fn what_stands_at_the_new_name_is_lost() {
    let machine = Machine::new([("/work/a", "1"), ("/work/kept", "2"), ("/work/d/a", "3")]);
    for (text, want) in [
        (
            "import os\nos.replace('a', 'kept')",
            &["modify file-tree kept | content", "modify file-tree a | moved /work/kept"] as &[&str],
        ),
        (
            "import shutil\nshutil.move('a', 'd')",
            &["modify file-tree /work/d/a | content", "modify file-tree a | moved /work/d/a"],
        ),
        ("import os\nos.rename('a', 'new')", &["modify file-tree a | moved /work/new"]),
        ("import shutil\nshutil.move('a', '/dev/null')", &["modify file-tree a | content"]),
    ] {
        assert_eq!(hear_on(&machine, text), want, "{text}");
    }
}

#[test]
fn files_that_are_found_and_written_are_replaced() {
    let machine = Machine::new([("/work/docs/a.md", "1"), ("/work/docs/b.txt", "2"), ("/work/docs/in/c.md", "3")]);
    let dir = "modify file-tree docs | filtered";
    for (text, want) in [
        ("for p in Path('docs').glob('*.md'):\n    p.write_text('')", "modify file-tree docs/*.md | content"),
        ("for p in Path('docs').rglob('*.md'):\n    p.write_text('')", "modify file-tree docs/**/*.md | content"),
        ("for n in os.listdir('docs'):\n    open(os.path.join('docs', n), 'w')", "modify file-tree docs/* | content"),
        // What is read first is changed in place.
        (
            "for p in Path('docs').glob('*.md'):\n    t = p.read_text()\n    p.write_text(t.upper())",
            "modify file-tree docs/*.md",
        ),
        // A new name beside what is found.
        ("for p in Path('docs').glob('*.md'):\n    p.with_suffix('.html').write_text('')", "docs/{*.html}"),
        ("for n in os.listdir('docs'):\n    open(os.path.join('out', n), 'w')", "modify file-tree out | filtered"),
    ] {
        let heard = hear_on(&machine, &format!("import os\nfrom pathlib import Path\n{text}"));
        let only = heard.first().map(String::as_str).unwrap_or_default();
        assert!(heard.len() == 1 && (only == want || only.contains(want)), "{text}: {heard:?}");
        assert!(want.contains(" | content") || !only.contains("content"), "{text}: {heard:?} {dir}");
    }
}

#[test]
fn parts_of_packages_and_classes_are_followed() {
    let machine = Machine::new([
        ("/work/tools/pk/__init__.py", ""),
        ("/work/tools/pk/clean.py", "import shutil\ndef go():\n    shutil.rmtree('uploads')\n"),
    ]);
    for text in [
        "from pk import clean\nclean.go()",
        "import pk.clean\npk.clean.go()",
        "import pk.clean as c\nc.go()",
        "import shutil\nclass C:\n    d = 'uploads'\n    def go(self):\n        shutil.rmtree(self.d)\nC().go()",
        "import shutil\nclass C:\n    d = 'uploads'\nshutil.rmtree(C.d)",
        "import shutil\nshutil.rmtree(**{**{'path': 'uploads'}, 'ignore_errors': True})",
    ] {
        assert_eq!(hear_on(&machine, text), ["delete file-tree uploads"], "{text}");
    }
}

#[test]
fn a_program_of_many_modules_is_read() {
    let names: Vec<String> = (0..20).map(|at| format!("part{at}")).collect();
    let files: Vec<(String, String)> =
        names.iter().map(|name| (format!("/work/tools/{name}.py"), "X = 1\n".to_owned())).collect();
    let machine = Machine::new(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    assert_eq!(hear_on(&machine, &format!("from . import {}", names.join(", "))), [] as [&str; 0]);
    // Names that are no files are not counted.
    let many: Vec<String> = (0..60).map(|at| format!("Name{at}")).collect();
    assert_eq!(hear_on(&machine, &format!("from package import {}", many.join(", "))), [] as [&str; 0]);
}

#[test]
fn archives_and_open_flags() {
    check(&[
        ("import zipfile\nzipfile.ZipFile('a.zip').extractall('/srv')", &["modify file-tree /srv"]),
        ("import tarfile\nwith tarfile.open('a') as t:\n    t.extractall()", &["modify file-tree ."]),
        ("import shutil\nshutil.unpack_archive('a.zip', 'out')", &["modify file-tree out"]),
        ("import os\nos.open('db', os.O_WRONLY | os.O_TRUNC)", &["modify file-tree db | content"]),
        ("import os\nos.open('db', os.O_RDWR)", &["modify file-tree db"]),
        ("import fileinput\nfor l in fileinput.input('db', inplace=True):\n    pass", &["modify file-tree db"]),
        ("import fileinput\nfor l in fileinput.input('db'):\n    pass", &[]),
    ]);
}
