use crate::call::Language;
use crate::code::lab::hear_program;
use crate::lab::Machine;

fn hear_on(machine: &Machine, text: &str) -> Vec<String> {
    hear_program(Language::JavaScript, machine, "tools/clean.js --force uploads", text)
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
    let file: &[&str] = &["delete file-tree a | files"];
    check(&[
        ("require('fs').rmSync('uploads', {recursive: true, force: true})", uploads),
        ("fs.rmSync('uploads', {recursive: true})", uploads),
        ("const fs = require('node:fs'); const o = {recursive: true}; fs.rmSync('uploads', o)", uploads),
        ("fs.rmSync('a')", file),
        ("fs.rmSync('a', {recursive: false})", file),
        ("fs.rmSync('uploads', options())", uploads),
        ("const { rmSync: r } = require('fs'); r('uploads', {recursive: true})", uploads),
        ("import { rm } from 'fs/promises'; await rm('uploads', { recursive: true })", uploads),
        ("import fs from 'node:fs'; fs.rmSync('uploads', { recursive: true });", uploads),
        ("import * as fs from 'fs'; fs.promises.rm('uploads', { recursive: true }).then(() => {});", uploads),
        ("fs.rmdirSync('uploads', {recursive: true})", uploads),
        ("fs.rmdirSync('a')", &["delete file-tree a | empty"]),
        ("fs.unlinkSync('a')", file),
        ("fs.unlink('a', err => { if (err) throw err; })", file),
        ("fs['unlink' + 'Sync']('a')", file),
        ("const fs = require('fs').promises; (async () => { await fs.unlink('a') })()", file),
        ("require('fs-extra').removeSync('uploads')", uploads),
        ("const fse = require('fs-extra'); fse.rmSync('uploads', {recursive: true})", uploads),
        (
            "const fse = require('fs-extra'); fse.emptyDirSync('uploads')",
            &["delete file-tree uploads | filtered uploads/*"],
        ),
        ("const rimraf = require('rimraf'); rimraf.sync('uploads')", uploads),
        ("const { rimraf } = require('rimraf'); await rimraf('uploads')", uploads),
        ("import { rimrafSync } from 'rimraf'; rimrafSync(['uploads'])", uploads),
        (
            "import { deleteSync } from 'del'; deleteSync(['logs/**', '!logs/keep'])",
            &["delete file-tree logs | filtered logs/**"],
        ),
        ("const shell = require('shelljs'); shell.rm('-rf', 'uploads')", uploads),
        (
            "const path = require('path'); fs.rmSync(path.join('.', 'x', '..', 'uploads'), {recursive: true})",
            &["delete file-tree x/../uploads"],
        ),
        ("const base = 'up'; fs.unlinkSync(`${base}/x`)", &["delete file-tree up/x | files"]),
        ("fs.unlinkSync('u' + 'p')", &["delete file-tree up | files"]),
        ("fs.unlinkSync(process.env.DATA)", &["delete file-tree /srv/data | files"]),
        ("fs.unlinkSync(process.env.NOPE || 'a')", &["?delete unknown process.env.NOPE || 'a'", file[0]]),
        ("fs.unlinkSync(process.argv[3])", &["delete file-tree uploads | files"]),
        (
            "const [,, a, b] = process.argv; fs.unlinkSync(process.argv.slice(2)[1])",
            &["delete file-tree uploads | files"],
        ),
        (
            "const os = require('os'); fs.rmSync(os.homedir() + '/photos', {recursive: true})",
            &["delete file-tree /home/me/photos"],
        ),
        ("fs.rmSync(path.resolve(__dirname, '../x'), {recursive: true})", &["delete file-tree /work/x"]),
        ("process.chdir('/srv'); fs.unlinkSync('a')", file),
        ("for (const f of ['a', 'b']) fs.unlinkSync(f)", &[file[0], "delete file-tree b | files"]),
        ("['a'].forEach(f => fs.unlinkSync(f))", file),
        ("['a'].forEach(fs.unlinkSync)", file),
        (
            "for (const f of fs.readdirSync('logs')) { fs.unlinkSync(path.join('logs', f)) }",
            &["delete file-tree logs | filtered logs/*"],
        ),
        (
            "fs.readdir('logs', (e, files) => { for (const f of files) fs.unlink('logs/' + f, () => {}) })",
            &["delete file-tree logs | filtered logs/*"],
        ),
        (
            "fs.readdirSync('logs').filter(f => f.endsWith('.log')).map(f => fs.unlinkSync(`logs/${f}`))",
            &["delete file-tree logs | filtered logs/*"],
        ),
        ("function clean(d) { fs.rmSync(d, {recursive: true}) } clean('uploads')", uploads),
        ("clean('uploads'); function clean(d) { fs.rmSync(d, {recursive: true}) }", uploads),
        ("const clean = (d = 'uploads') => fs.rmSync(d, {recursive: true}); clean()", uploads),
        (
            "class C { constructor(d) { this.d = d } go() { fs.rmSync(this.d, {recursive: true}) } } new C('uploads').go()",
            uploads,
        ),
        ("const t = { go() { fs.unlinkSync('a') } }; t.go()", file),
        ("setTimeout(() => fs.unlinkSync('a'), 10)", file),
        ("Promise.all(['a'].map(f => fs.promises.unlink(f)))", file),
        ("fs.rmSync(where(), {recursive: true})", &["?delete unknown where()"]),
        ("Deno.removeSync('uploads', {recursive: true})", uploads),
        ("eval(\"fs.unlinkSync('a')\")", file),
        ("new Function(\"fs.unlinkSync('a')\")", file),
        ("const u = util.promisify(fs.unlink); u('a')", file),
        ("try { fs.unlinkSync('a') } catch {}", file),
        ("const f = cond ? 'a' : 'b'; fs.unlinkSync(f)", &[file[0], "delete file-tree b | files"]),
    ]);
}

#[test]
fn types_are_passed_over() {
    let uploads: &[&str] = &["delete file-tree uploads"];
    check(&[
        ("const x: string = 'uploads';\nfs.rmSync(x, { recursive: true } as any);", uploads),
        (
            "function clean(d: string, o?: Map<string, number>): void {\n  fs.rmSync(d, { recursive: true });\n}\nclean('uploads');",
            uploads,
        ),
        (
            "const clean = async (d: string): Promise<void> => { await fs.promises.rm(d, { recursive: true }); };\nclean('uploads');",
            uploads,
        ),
        (
            "interface A { a: string }\nlet b: A[] = [];\nfs.rmSync(b ? ('uploads') : 'uploads', { recursive: true });",
            uploads,
        ),
    ]);
}

#[test]
fn writes_moves_runs() {
    check(&[
        ("fs.writeFileSync('a', 'x')", &["modify file-tree a | content"]),
        ("fs.writeFileSync('a', 'x', {flag: 'a'})", &["modify file-tree a"]),
        ("fs.appendFileSync('a', 'x')", &["modify file-tree a"]),
        ("fs.truncateSync('a')", &["modify file-tree a | content"]),
        ("fs.renameSync('a', 'b')", &["modify file-tree a | moved /work/b"]),
        ("fs.copyFileSync('a', 'b')", &["read file-tree a", "modify file-tree b | content"]),
        ("fs.createWriteStream('a')", &["modify file-tree a | content"]),
        ("fs.mkdirSync('a/b', {recursive: true})", &["create file-tree a/b"]),
        ("fs.chmodSync('a', 0o777)", &["grant file-tree a | files"]),
        ("fs.chmodSync('a', '755')", &["modify file-tree a"]),
        ("fs.writeFileSync(name(), 'x')", &["?create unknown name()"]),
        ("require('child_process').execSync('rm -rf x')", &["Shell: rm -rf x"]),
        ("const cp = require('child_process'); cp.exec('ls', (e, out) => console.log(out))", &["Shell: ls"]),
        ("const { spawnSync } = require('child_process'); spawnSync('rm', ['-rf', 'x'])", &["run rm -rf x"]),
        ("import { spawn } from 'node:child_process'; spawn('rm -rf x', { shell: true })", &["Shell: rm -rf x"]),
        (
            "require('child_process').execFileSync('git', ['clean', '-fd'], {cwd: '/srv'})",
            &["run in /srv: git clean -fd"],
        ),
        ("require('child_process').execSync('rm -rf x', {cwd: '/srv'})", &["run in /srv: sh -c rm -rf x"]),
        ("require('child_process').execSync(`rm -rf ${dir()}`)", &["run sh -c rm -rf ${unknown_0}"]),
        ("require('child_process').execSync(cmd())", &["?execute unknown cmd()"]),
        ("require('child_process').fork('x.js')", &["file /work/x.js"]),
        ("import { execa } from 'execa'; await execa('rm', ['-rf', 'x'])", &["run rm -rf x"]),
        ("import { $ } from 'zx'; await $`rm -rf ${x()}`", &["run sh -c rm -rf ${unknown_0}"]),
        ("await Bun.$`rm -rf x`", &["Shell: rm -rf x"]),
        ("new Deno.Command('rm', {args: ['-rf', 'x']}).outputSync()", &["run rm -rf x"]),
        ("eval(atob('ZnMudW5saW5rU3luYygneCcp'))", &["delete file-tree x | files"]),
        ("eval(atob(x))", &["?execute unknown atob(x)"]),
        ("eval(fs.readFileSync('x.js', 'utf8'))", &["read file-tree x.js", "file /work/x.js"]),
        ("fetch('https://api.example.com/x', {method: 'DELETE'})", &["send host api.example.com"]),
        ("fetch('https://api.example.com/x')", &["read host api.example.com"]),
        ("const axios = require('axios'); axios.delete('https://api.example.com/x')", &["send host api.example.com"]),
        ("const { Pool } = require('pg'); new Pool().query('DROP TABLE users')", &["delete table users"]),
        ("const db = new Database('x.db'); db.exec('DELETE FROM t')", &["delete table t"]),
    ]);
}

#[test]
fn everyday() {
    for text in [
        "console.log('drop table')",
        "console.log('rm -rf /')",
        "// fs.rmSync('x')\n/* fs.unlinkSync('y') */",
        "const m = new Map(); m.set('a', 1); m.delete('a'); m.clear()",
        "[1, 2, 3].splice(1, 1)",
        "'abc'.replace('a', 'b')",
        "const s = new Set(); s.delete(1)",
        "const r = /rm/.exec(text); r.exec('x')",
        "function unused() { fs.unlinkSync('x') }",
        "const unused = () => fs.unlinkSync('x')",
        "if (false) { fs.unlinkSync('x') }",
        "process.exit(0); fs.unlinkSync('x')",
        "const app = require('express')(); app.delete('/x', (req, res) => { fs.unlinkSync(req.params.p); res.end() }); app.listen(80)",
        "delete obj.x",
        "element.remove(); document.querySelector('x').remove()",
        "$('#x').remove()",
        "const x = JSON.parse(text).rm; console.log(x)",
        "router.get('/a', async (req, res) => { await db.query('SELECT 1') })",
        "cache.del('k'); client.del('k')",
        "export const rm = 1; export default { rm }",
        "const q = db.query('SELECT * FROM users')",
        "Object.entries({a: 1}).map(([k, v]) => k + v)",
        "describe('x', () => { it('y', () => { fs.unlinkSync(tmp()) }) })",
        "import React from 'react'; const A = () => <div onClick={() => remove(1)}>x</div>;",
        "const { execSync } = require('child_process')",
    ] {
        assert_eq!(hear(text), [] as [&str; 0], "{text}");
    }
    check(&[
        ("const { execSync } = require('child_process'); execSync('git status')", &["Shell: git status"]),
        ("const d = fs.mkdtempSync('/tmp/x'); fs.rmSync(d, {recursive: true})", &["delete file-tree /tmp/tmpXXXXXXXX"]),
        (
            "const d = JSON.parse(fs.readFileSync('in.json')); fs.writeFileSync('out.md', d.x)",
            &["read file-tree in.json", "modify file-tree out.md | content"],
        ),
    ]);
}

#[test]
fn modules_beside_the_program_are_read() {
    let machine = Machine::new([
        ("/work/tools/a.js", "const fs = require('fs'); module.exports = { clean(d) { fs.unlinkSync(d) } }"),
        (
            "/work/tools/b.mjs",
            "import fs from 'fs'; export function clean(d) { fs.unlinkSync(d) } export default clean;",
        ),
        ("/work/tools/c.js", "exports.clean = d => require('fs').unlinkSync(d)"),
    ]);
    let file = ["delete file-tree a | files"];
    assert_eq!(hear_on(&machine, "require('./a').clean('a')"), file);
    assert_eq!(hear_on(&machine, "const { clean } = require('./a.js'); clean('a')"), file);
    assert_eq!(hear_on(&machine, "import { clean } from './b.mjs'; clean('a')"), file);
    assert_eq!(hear_on(&machine, "import clean from './b.mjs'; clean('a')"), file);
    assert_eq!(hear_on(&machine, "require('./c').clean('a')"), file);
}

#[test]
fn hostile_text_is_survived() {
    hear(&"(".repeat(20_000));
    hear(&"a(".repeat(20_000));
    hear(&"[".repeat(20_000));
    hear(&format!("x = {}1", "a => ".repeat(5_000)));
    let chain = format!("x{}", ".a()".repeat(20_000));
    assert!(hear(&chain).iter().all(|line| line.starts_with("?execute unknown")));
    let text = "const {a: b, c = 1} = require('fs'); for (const x of [`${a}`]) fs.rmSync(x, {recursive: !0}); class A { b = () => 1 }";
    for end in 0..text.len() {
        hear(text.get(..end).unwrap_or_default());
        hear(text.get(end..).unwrap_or_default());
    }
}

#[test]
fn promises_fields_and_spread_options() {
    let tree: &[&str] = &["delete file-tree uploads"];
    check(&[
        ("import('fs').then(fs => fs.rmSync('uploads', {recursive: true}))", tree),
        ("import('node:fs').then(({default: fs}) => fs.rmSync('uploads', {recursive: true}))", tree),
        ("import('fs').then(fs => console.log(fs.existsSync('uploads')))", &[]),
        ("const base = {recursive: true}; require('fs').rmSync('uploads', {...base, force: true})", tree),
        ("require('fs').rmSync('uploads', {...load(), force: true})", tree),
        ("const [, , d] = ['a', 'b', 'uploads']; require('fs').rmSync(d, {recursive: true})", tree),
        ("class C { d = 'uploads'; go() { require('fs').rmSync(this.d, {recursive: true}) } } new C().go()", tree),
        (
            "const {PrismaClient} = require('@prisma/client'); const db = new PrismaClient(); db.user.deleteMany({})",
            &["delete table user"],
        ),
    ]);
}
