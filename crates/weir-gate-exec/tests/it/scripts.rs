//! Destruction that hides in a script, in whatever language: afterwards everything can be put back.

use crate::cage::{Cage, as_each_user, have, output, succeeded};

fn nuke(cage: &Cage, words: &[&str], prepare: impl Fn(&Cage)) {
    cage.fill();
    prepare(cage);
    let before = cage.picture("work");
    let ran = output(cage.guard_with(&["--creations", "yes"]).args(words));
    succeeded(&ran);
    assert_ne!(cage.picture("work"), before, "{ran:?}");
    cage.undo();
    assert_eq!(cage.picture("work"), before, "{ran:?}");
}

#[test]
fn a_shell_script() {
    as_each_user(|cage| {
        nuke(cage, &["sh", "nuke.sh"], |cage| {
            let script = "rm -rf photos/0 empty
                mv .env photos/1/0.jpg
                : > photos/1/1.jpg
                echo more >> photos/1/2.jpg
                dd if=/dev/zero of=photos/1/3.jpg conv=notrunc bs=1 count=2 2>/dev/null
                truncate -s 1 photos/1/4.jpg
                sed -i s/2/x/ photos/2/*.jpg
                chmod 600 photos/3/*; chmod 711 photos/3
                touch -d 1999-01-01 photos/4 photos/4/*
                find photos/5 -delete
                cp script.sh src/main.c
                mv photos/2 photos/two; rmdir photos/two 2>/dev/null
                ln -sf /elsewhere dangling
                rm -f script.sh main-again.c src/env-link
                mkdir new && echo new > new/file";
            cage.write("work/nuke.sh", script);
        });
    });
}

#[test]
fn python() {
    if !have("python3") {
        return;
    }
    as_each_user(|cage| {
        nuke(cage, &["python3", "nuke.py"], |cage| {
            let script = "import os, shutil
shutil.rmtree('photos')
os.remove('.env')
os.replace('script.sh', 'src/main.c')
open('main-again.c', 'w').write('gone')
os.unlink('dangling')
os.removedirs('empty/inner')
with open('src/main.c', 'r+b') as file:
    file.seek(2); file.write(b'xx'); file.truncate()
os.utime('src', (0, 0))
";
            cage.write("work/nuke.py", script);
        });
    });
}

#[test]
fn make() {
    as_each_user(|cage| {
        nuke(cage, &["make", "-s", "clean"], |cage| {
            cage.write("work/Makefile", "clean:\n\trm -rf photos src .env\n\t@printf x > script.sh\n");
        });
    });
}

#[test]
fn node() {
    if !have("node") || !have("npm") {
        return;
    }
    as_each_user(|cage| {
        nuke(cage, &["node", "run-script.js"], |cage| {
            cage.write("work/nuke.js", "const fs = require('fs');\nfs.rmSync('photos', {recursive: true});\nfs.writeFileSync('.env', '');\nfs.renameSync('script.sh', 'main-again.c');\nfs.truncateSync('src/main.c', 3);\n");
            cage.write("work/run-script.js", "const r = require('child_process').spawnSync('sh', ['-c', 'node nuke.js'], {stdio: 'inherit'}); process.exit(r.status);\n");
        });
    });
}

#[test]
fn a_static_program_with_calls_of_its_own() {
    let source = r#"
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdio.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        int main(void) {
            char path[64];
            for (int d = 0; d < 6; d++) {
                for (int f = 0; f < 8; f++) {
                    sprintf(path, "photos/%d/%d.jpg", d, f);
                    syscall(SYS_unlinkat, AT_FDCWD, path, 0);
                }
                sprintf(path, "photos/%d", d);
                syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
            }
            syscall(SYS_truncate, ".env", 2);
            int fd = syscall(SYS_openat, AT_FDCWD, "src/main.c", O_WRONLY | O_TRUNC);
            return write(fd, "x", 1) != 1;
        }"#;
    as_each_user(|cage| {
        let program = cage.compile(source, &["-static"]);
        nuke(cage, &[program.to_str().unwrap()], |_| {});
    });
}

#[test]
fn perl() {
    if !have("perl") {
        return;
    }
    as_each_user(|cage| {
        let script = "unlink glob('photos/*/*'); rmdir $_ for glob('photos/*'); unlink '.env'; open(F, '>', 'script.sh'); print F 'x'";
        nuke(cage, &["perl", "-e", script], |_| {});
    });
}
