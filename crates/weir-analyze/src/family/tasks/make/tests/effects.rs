//! What calls of make come to, through the shell and the commands that recipes run.

use std::path::Path;

use crate::Analysis;
use crate::lab::Machine;

fn analyze(makefile: &str, command: &str) -> Analysis {
    let machine = Machine::new([
        ("/w/Makefile", makefile),
        ("/w/sub/Makefile", "all:\n\trm -rf $(X)\nnuke:\n\trm -rf inner $$Y\n"),
        ("/w/other.mk", "all:\n\trm -rf other\n"),
        ("/w/loop/Makefile", "all:\n\t$(MAKE) all\n"),
        ("/w/build/x.o", ""),
        ("/w/a.tmp", ""),
        ("/w/src/a.c", ""),
        ("/w/wipe.sh", "rm -rf wiped\n"),
        ("/w/wipe.py", "import shutil\nshutil.rmtree('gone')\n"),
    ]);
    crate::shell::analyze(command, Path::new("/w"), &machine, false)
}

/// What it destroys, changes or does not understand, one line each.
fn lines(makefile: &str, command: &str) -> Vec<String> {
    analyze(makefile, command)
        .effects
        .iter()
        .filter(|effect| effect.opaque || !matches!(effect.verb.name(), "read" | "execute"))
        .map(|effect| {
            let paths: Vec<String> = effect.target.paths.iter().map(|path| path.display().to_string()).collect();
            let what = if paths.is_empty() { format!("[{}]", effect.target.name) } else { paths.join(" ") };
            format!("{}{} {what}", if effect.opaque { "?" } else { "" }, effect.verb.name())
        })
        .collect()
}

#[test]
fn recipes_do_what_their_text_says() {
    let unsure = "ifeq ($(shell uname),Darwin)\nD = mac\nelse\nD = other\nendif\nall:\n\trm -rf $(D)\n";
    let guarded = "ifndef SURE\n$(error no)\nendif\nall:\n\trm -rf x\n";
    let mut wrong = Vec::new();
    for (makefile, command, expected) in [
        ("clean:\n\trm -rf build *.tmp\n", "make clean", vec!["delete /w/build", "delete /w/a.tmp"]),
        ("clean:\n\trm -rf build *.tmp\n", "make", vec!["delete /w/build", "delete /w/a.tmp"]),
        ("a:\n\trm -rf a\nb: a\n\t-@rm -rf b\n", "make b", vec!["delete /w/a", "delete /w/b"]),
        ("a:\n\trm -rf a\nb: a\n\trm -rf b\n", "make a", vec!["delete /w/a"]),
        ("a:\n\trm -rf a\nb:\n\trm -rf b\n", "for t in a b; do make $t; done", vec!["delete /w/a", "delete /w/b"]),
        ("a:\n\trm -rf $(D)\n", "make a D=src", vec!["delete /w/src"]),
        ("a:\n\trm -rf $(D)\n", "D=src make a", vec!["delete /w/src"]),
        ("a:\n\trm -rf $(D)\n", "export D=src; make a", vec!["delete /w/src"]),
        ("a:\n\trm -rf $$D\n", "make a D=src", vec!["delete /w/src"]),
        ("export D = src\na:\n\trm -rf $$D\n", "make a", vec!["delete /w/src"]),
        ("D = src\na:\n\trm -rf \"$(CURDIR)/$(D)\"\n", "make a", vec!["delete /w/src"]),
        ("a:\n\trm -rf $(D)\n", "make a", vec![]),
        ("a:\n\tcd src && rm -rf a.c\n\trm -rf b\n", "make a", vec!["delete /w/src/a.c", "delete /w/b"]),
        ("X := $(shell rm -rf photos)\na:\n\techo\n", "make a", vec!["delete /w/photos"]),
        ("X := $(shell rm -rf photos)\na:\n\techo\n", "make -n a", vec!["delete /w/photos"]),
        ("X != rm -rf photos\na:\n\techo\n", "make a", vec!["delete /w/photos"]),
        ("X = $(shell rm -rf photos)\na:\n\techo\n", "make a", vec![]),
        ("a:\n\trm -rf src\n", "make -n a", vec![]),
        ("a:\n\trm -rf src\n", "make --dry-run a", vec![]),
        ("a:\n\t+rm -rf src\n", "make -n a", vec!["delete /w/src"]),
        ("a:\n\trm -rf src\n", "make --help", vec![]),
        ("a:\n\trm -rf $(shell cat other.mk | head -0)src\n", "make -h", vec![]),
        ("a:\n\trm -rf $(shell basename /x/src)\n", "make a", vec!["delete /w/src"]),
        ("a:\n\t./wipe.sh\n\tpython3 wipe.py\n", "make a", vec!["delete /w/wiped", "delete /w/gone"]),
        ("SHELL = /bin/bash\n.SHELLFLAGS = -eu -o pipefail -c\na:\n\trm -rf src\n", "make a", vec!["delete /w/src"]),
        ("SHELL = python3\na:\n\timport shutil; shutil.rmtree('src')\n", "make a", vec!["delete /w/src"]),
        (".ONESHELL:\na:\n\tcd src\n\trm -rf a.c\n", "make a", vec!["delete /w/src/a.c"]),
        ("a:\n\t$(MAKE) -C sub nuke X=1 Y=z\n", "make a", vec!["delete /w/sub/inner", "delete /w/sub/z"]),
        ("a:\n\t$(MAKE) -C sub\n", "make a X=src", vec!["delete /w/sub/src"]),
        ("a:\n\tmake -f other.mk\n", "make a", vec!["delete /w/other"]),
        ("include other.mk\n", "make", vec!["delete /w/other"]),
        ("all:\n", "make -f other.mk", vec!["delete /w/other"]),
        ("all:\n", "make --file=other.mk -j4", vec!["delete /w/other"]),
        ("all:\n", "make -C sub nuke Y=y", vec!["delete /w/sub/inner", "delete /w/sub/y"]),
        ("all:\n", "cd sub && make X=q", vec!["delete /w/sub/q"]),
        ("all:\n", "make -f - <<'E'\nx:\n\trm -rf heredoc\nE", vec!["delete /w/heredoc"]),
        ("all:\n", "printf 'x:\\n\\trm -rf new\\n' > n.mk && make -f n.mk", vec!["modify /w/n.mk", "delete /w/new"]),
        ("all:\n", "MAKEFILES=other.mk make", vec!["delete /w/other"]),
        ("all:\n", "make --eval='$(shell rm -rf e)'", vec!["delete /w/e", "?execute [make]"]),
        ("$(file >out.txt,text)\nall:\n", "make", vec!["modify /w/out.txt"]),
        (unsure, "make", vec!["delete /w/mac", "delete /w/other"]),
        (guarded, "make", vec![]),
        (guarded, "make SURE=1", vec!["delete /w/x"]),
        ("a:\n\trm -rf \"$(D)\"/*\n", "make a D=src", vec!["delete /w/src/a.c"]),
        ("a:\n\trm -rf src\n", "MAKEFLAGS=n make a", vec![]),
        ("a:\n\trm -rf src\n", "sudo make a", vec!["delete /w/src"]),
        ("$(shell gen):\n\trm -rf src\n", "make", vec!["?execute [gen]", "delete /w/src", "?execute [make]"]),
        ("a:\n\trm -rf src/$(shell gen)\n", "make a D=1", vec!["?execute [gen]", "?execute [gen]", "delete /w/src"]),
        ("a:\n\trm -rf $(D)\n", "make a D=$UNKNOWN_HERE", vec!["?execute [sh -c]", "?delete […]"]),
        ("a:\n\trm -rf src\n", "make $UNKNOWN_HERE", vec!["?execute [make $UNKNOWN_HERE]"]),
        ("a:\n\trm -rf src\n", "make -f none.mk", vec!["?execute [make]"]),
        ("a:\n\trm -rf src\n", "cd src && make a", vec!["?execute [make a]"]),
        ("a:\n\trm -rf src\n", "curl -s https://x.example/Makefile | make -f -", vec!["?execute [make]"]),
    ] {
        let found = lines(makefile, command);
        if found != expected {
            wrong.push(format!("{command}\n{makefile}expected {expected:?}\nfound {found:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_was_read_is_pinned() {
    let analysis = analyze("include other.mk\nall:\n\t./wipe.sh\n", "make all");
    let pinned: Vec<String> = analysis.pins.iter().map(|pin| pin.path.display().to_string()).collect();
    assert_eq!(pinned, ["/w/Makefile", "/w/other.mk", "/w/wipe.sh"]);
}

#[test]
fn what_is_too_much_is_never_silent() {
    let deep: String = (0..200).map(|n| format!("a{n}: a{}\n\techo\n", n + 1)).collect();
    let wide: String = (0..4_000).map(|n| format!("\techo {n}\n")).collect();
    let bomb = "x = $(y)$(y)$(y)$(y)\ny = $(z)$(z)$(z)$(z)\nz = $(a)$(a)$(a)$(a)\na = $(b)$(b)$(b)$(b)\nb = $(c)$(c)$(c)$(c)\n\
                c = $(d)$(d)$(d)$(d)\nd = $(e)$(e)$(e)$(e)\ne = $(f)$(f)$(f)$(f)\nf = $(g)$(g)$(g)$(g)$(g)\ng = 12345678\n\
                all:\n\techo $(x)\n";
    for makefile in [
        deep,
        format!("all:\n{wide}"),
        bomb.to_owned(),
        "x = $(call x)\nall:\n\techo $(x)\n".to_owned(),
        "x = $(eval $(x))\nall:\n\techo $(x)\n".to_owned(),
        "include Makefile\nall:\n".to_owned(),
        format!("all:\n\techo {}\n", "$(foreach a,".repeat(100)),
    ] {
        let analysis = analyze(&makefile, "make");
        let start: String = makefile.chars().take(40).collect();
        assert!(!analysis.complete, "{start}");
    }
    let analysis = analyze("", "make -C loop");
    assert!(!analysis.complete);
}

#[test]
fn broken_makefiles_do_no_harm() {
    let parts = [
        "all:",
        "\t",
        "$(",
        ")",
        "${",
        "}",
        "$",
        "ifeq (",
        "ifdef X",
        "else",
        "endif",
        "define X",
        "endef",
        "\n",
        "\\\n",
        ":",
        "::",
        "=",
        "+=",
        "?=",
        "!=",
        "%",
        "|",
        ";",
        "#",
        "$(eval ",
        "$(call X,",
        "$(foreach a,b c,",
        "$(if ",
        ",",
        "include ",
        "é",
        "\u{F0000}",
        "\u{FFFC}",
        "-",
        "@",
        "export ",
        "override ",
        " ",
        "x",
        ".PHONY: all\n",
        "$(shell ls",
        "$(patsubst %,",
        "$(wordlist 2,1,",
    ];
    let mut seed = 7_u64;
    for _ in 0..3_000 {
        let mut text = String::new();
        for _ in 0..25 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(parts[usize::try_from(seed >> 33).unwrap_or(0) % parts.len()]);
        }
        let _ = analyze(&text, "make -n all x");
        let _ = analyze(&text, "make");
    }
}
