//! What people do all day works as it does without the guard.

use std::process::Command;

use crate::cage::{Cage, as_each_user, as_each_user_and_way, have, output, stdout, succeeded};

/// Runs a script under the guard; it must succeed.
fn works(cage: &Cage, script: &str) -> String {
    let ran = output(
        cage.guard_with(&["--creations", if cage.is_strict() { "yes" } else { "no" }])
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(["bash", "-euc", script]),
    );
    succeeded(&ran);
    assert!(!String::from_utf8_lossy(&ran.stderr).contains("guard:"), "{ran:?}");
    stdout(&ran)
}

#[test]
fn git() {
    as_each_user_and_way(|cage| {
        let script = "git init -q -b main . && git config user.email a@example.org && git config user.name A
            for i in 1 2 3; do echo $i > f$i; git add .; git commit -qm $i; done
            git checkout -qb other HEAD~1 && echo x > f1 && git commit -qam x && git checkout -q main
            git merge -q --no-edit other && git status --porcelain && git gc -q && git fsck --no-progress 2>&1
            git stash list && git reset -q --hard HEAD~1 && git clean -qfd && git rebase -q main other && git log --format=%s";
        assert_eq!(works(cage, script), "x\n3\n2\n1\n");
    });
}

#[test]
fn compilers_and_make() {
    as_each_user_and_way(|cage| {
        cage.write("work/hello.c", "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n");
        cage.write("work/Makefile", "hello: hello.o\n\tcc -o $@ $^\nhello.o: hello.c\n\tcc -c -g $<\n");
        assert_eq!(
            works(cage, "make -s && ./hello && touch hello.c && make -s && ./hello && rm *.o"),
            "hello\nhello\n"
        );
    });
}

#[test]
fn files_are_copied_packed_and_edited() {
    as_each_user_and_way(|cage| {
        cage.fill();
        let script = "cp -a photos copy && tar cf all.tar photos && mkdir out && tar xf all.tar -C out && diff -r photos out/photos
            cp -r copy copy2 && sed -i 's/0/zero/' copy/0/0.jpg && mv copy copy3 && ln copy3/0/1.jpg hard && ln -s hard soft
            gzip -k all.tar && rm all.tar && gunzip all.tar.gz && touch new && chmod 600 new && install -m 755 new installed
            sort -o new hard && tee a b < hard > /dev/null && dd if=hard of=c status=none && truncate -s 5 c && wc -c < c";
        assert_eq!(works(cage, script).trim(), "5");
    });
}

#[test]
fn shells_pipelines_and_their_files() {
    as_each_user(|cage| {
        let script = "echo a > f; echo b >> f; cat f | tr a-z A-Z > g; cat g > /dev/stdout; echo e > /dev/stderr; echo n > /dev/null
            exec 3<> f; read -u 3 x; echo $x; exec 3>&-; diff <(cat f) <(cat f); set -C; echo y > h; (echo z > h) 2>/dev/null || echo kept
            set +C; mkfifo p; cat p & echo through > p; wait; cat <<< here; (sleep 5 & kill $!; wait $! || echo killed)
            echo tmp > /dev/fd/1; ulimit -n 100; umask 077; : > private; stat -c %a private; kill -0 $$";
        let expected = "A\nB\na\nkept\nthrough\nhere\nkilled\ntmp\n600\n";
        // Pipes of the user's own: those of the tests are another user's, whom the kernel does not let open them again.
        let script = format!("{{ {{ {script}; }} 2>&3 | cat; }} 3>&1 >&4 | cat >&2");
        let ran = output(cage.guard().args(["bash", "-euc", &format!("exec 4>&1; {script}")]));
        succeeded(&ran);
        assert_eq!(stdout(&ran), expected);
        assert_eq!(String::from_utf8_lossy(&ran.stderr), "e\n");
    });
}

#[test]
fn a_terminal_of_its_own() {
    if !have("script") {
        return;
    }
    as_each_user(|cage| {
        let ran = output(cage.guard().args(["script", "-qec", "echo hello > /dev/tty; tty > name", "/dev/null"]));
        succeeded(&ran);
        assert!(stdout(&ran).contains("hello"), "{ran:?}");
        assert!(std::fs::read_to_string(cage.path("work/name")).unwrap().starts_with("/dev/pts/"));
    });
}

#[test]
fn python_and_databases() {
    if !have("python3") {
        return;
    }
    as_each_user(|cage| {
        let script = r#"
import os, socket, sqlite3, subprocess, tempfile, threading, multiprocessing
db = sqlite3.connect('data.sqlite')
db.execute('create table t (a)')
for i in range(50):
    with db: db.execute('insert into t values (?)', (i,))
db.execute('pragma journal_mode=wal'); db.execute('delete from t where a > 9'); db.commit(); db.execute('vacuum'); db.close()
with tempfile.TemporaryDirectory() as d:
    open(os.path.join(d, 'x'), 'w').write('x')
with tempfile.NamedTemporaryFile() as f:
    f.write(b'x'); f.flush(); f.truncate(0)
server = socket.socket(); server.bind(('127.0.0.1', 0)); server.listen()
threading.Thread(target=lambda: server.accept()[0].sendall(b'hi')).start()
client = socket.create_connection(server.getsockname()); assert client.recv(2) == b'hi'
unix = socket.socket(socket.AF_UNIX); unix.bind('s'); unix.listen()
peer = socket.socket(socket.AF_UNIX); peer.connect('s')
os.rename('s', 's2'); os.unlink('s2')
assert subprocess.check_output(['echo', 'x']) == b'x\n'
lock = multiprocessing.Lock(); lock.acquire(); lock.release()
print(sqlite3.connect('data.sqlite').execute('select count(*) from t').fetchone()[0])
"#;
        cage.write("work/all.py", script);
        let ran = output(cage.guard_with(&["--floor", "/dev/shm"]).args(["python3", "all.py"]));
        succeeded(&ran);
        assert_eq!(stdout(&ran), "10\n");
    });
}

#[test]
fn node_programs() {
    if !have("node") {
        return;
    }
    as_each_user_and_way(|cage| {
        let script = "const fs = require('fs'); fs.mkdirSync('a/b', {recursive: true}); fs.writeFileSync('a/b/c', 'x');
            fs.appendFileSync('a/b/c', 'y'); fs.renameSync('a/b/c', 'a/c'); fs.copyFileSync('a/c', 'd'); fs.rmSync('a', {recursive: true});
            fs.promises.readFile('d', 'utf8').then(text => console.log(text));";
        cage.write("work/all.js", script);
        assert_eq!(works(cage, "node all.js"), "xy\n");
    });
}

#[test]
fn cargo() {
    // Needs the toolchain that runs the tests, which an ordinary user may not read.
    let cage = Cage::new(crate::cage::User::Same);
    cage.write(
        "work/Cargo.toml",
        "[package]\nname = \"hello\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
    );
    cage.write("work/src/main.rs", "fn main() { println!(\"hello\"); }\n");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = |words: &[&str]| {
        let mut guard = cage.guard();
        guard
            .arg(&cargo)
            .args(words)
            .env_remove("CARGO_TARGET_DIR")
            .env("HOME", std::env::var_os("HOME").unwrap_or_default());
        output(&mut guard)
    };
    if !Command::new(&cargo).arg("-V").output().is_ok_and(|found| found.status.success()) {
        return;
    }
    let ran = run(&["run", "-q", "--offline"]);
    succeeded(&ran);
    assert_eq!(stdout(&ran), "hello\n");
    std::fs::write(cage.path("work/src/main.rs"), "fn main() { println!(\"again\"); }\n").unwrap();
    assert_eq!(stdout(&run(&["run", "-q", "--offline"])), "again\n");
    succeeded(&run(&["clean", "-q"]));
    assert!(!cage.path("work/target/debug").exists());
}

/// The supervisor remembers masks, and must never use an old one.
#[test]
fn new_files_get_the_mask_of_the_moment() {
    as_each_user_and_way(|cage| {
        let program = cage.compile(
            r#"
            #include <fcntl.h>
            #include <pthread.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <sys/stat.h>
            #include <sys/wait.h>
            #include <unistd.h>
            static void expect(const char *name, int mode, const char *when) {
                struct stat status;
                int file = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0666);
                if (file < 0 || fstat(file, &status)) exit(3);
                if ((status.st_mode & 0777) != mode) { printf("%s: %o, not %o\n", when, status.st_mode & 0777, mode); exit(4); }
                close(file);
                unlink(name);
            }
            static void *change(void *mask) { umask((long)mask); return 0; }
            int main(void) {
                for (long i = 0; i < 200; i++) {
                    umask(i % 2 ? 077 : 02);
                    expect("own", i % 2 ? 0600 : 0664, "own change");
                    expect("own", i % 2 ? 0600 : 0664, "again");
                    pthread_t thread;
                    pthread_create(&thread, 0, change, (void *)(i % 3 ? 027L : 0L));
                    pthread_join(thread, 0);
                    expect("shared", i % 3 ? 0640 : 0666, "change by another thread");
                    if (i % 10 == 0) {
                        pid_t child = fork();
                        if (child == 0) { umask(0777); expect("child", 0, "change by a child"); _exit(0); }
                        int status;
                        waitpid(child, &status, 0);
                        if (status) exit(5);
                        expect("parent", i % 3 ? 0640 : 0666, "after a child");
                    }
                }
                puts("right");
                return 0;
            }"#,
            &[],
        );
        let ran = output(cage.guard().arg(program));
        assert_eq!(stdout(&ran).trim(), "right", "{ran:?}");
    });
}
