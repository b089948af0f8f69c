//! The same makefiles, read here and by the real make.

use std::process::Command;

use super::record;

/// A makefile, the words of the call, and files that stand beside it.
struct Case {
    makefile: &'static str,
    args: &'static [&'static str],
    files: &'static [(&'static str, &'static str)],
}

const fn case(makefile: &'static str, args: &'static [&'static str]) -> Case {
    Case { makefile, args, files: &[] }
}

const fn with(
    makefile: &'static str,
    args: &'static [&'static str],
    files: &'static [(&'static str, &'static str)],
) -> Case {
    Case { makefile, args, files }
}

const CASES: &[Case] = &[
    case("all:\n\techo hello\n", &[]),
    case("all: a b\n\techo all\na:\n\techo a\nb: a\n\techo b\n", &[]),
    case("a:\n\techo a\nb:\n\techo b\n", &["b", "a"]),
    case(".PHONY: clean all\n.DEFAULT_GOAL := clean\nall:\n\techo all\nclean:\n\trm -rf build\n", &[]),
    case("X = 1\nY := $(X)2\nX = 3\nall:\n\techo $(X) $(Y) ${X}$X\n", &[]),
    case("X ?= a\nX ?= b\nX += c\nY += d\nall:\n\techo $(X) $(Y)\n", &[]),
    case("X := a\nX += $(Y)\nY := late\nZ = a\nZ += $(Y)\nall:\n\techo $(X) $(Z)\n", &[]),
    case("X ::= a\nall:\n\techo $(X)\n", &[]),
    case("X = a\nall:\n\techo $(X)\n", &["X=b"]),
    case("override X = a\nall:\n\techo $(X)\n", &["X=b"]),
    case("override X += a\nall:\n\techo $(X)\n", &["X=b"]),
    case("all:\n\t@echo quiet\n\t-echo dash\n\t@-echo both\n\t- @echo apart\n", &[]),
    case("all:\n\techo a \\\n\t  b \\\n\t  c\n\techo d\n", &[]),
    case("SRC = a.c b.c \\\n  c.c\nall:\n\techo $(SRC)\n", &[]),
    case("all:\n\tfor i in 1 2; do echo $$i; done; echo $$$$ $${HOME}\n", &[]),
    case("all: ; echo inline\n\techo second\n", &[]),
    case("all: a ; @echo $^\na: ; echo a # no comment\n", &[]),
    case("# comment\nX = a # comment\nY = a\\#b\nall: # comment\n\techo [$(X)] $(Y) # stays\n", &[]),
    case("SRC := a.c dir/b.c\nOBJ := $(SRC:.c=.o) $(SRC:%.c=%.d)\nall:\n\techo $(OBJ)\n", &[]),
    case("X := $(patsubst %.c,out/%.o,a.c b.c d.h)\nall:\n\techo $(X) $(subst a,b,banana) $(strip  a   b )\n", &[]),
    case(
        "all:\n\techo $(filter %.c %.h,a.c b.o c.h) $(filter-out %.o,a.c b.o) $(findstring b,abc)$(findstring x,abc)\n",
        &[],
    ),
    case(
        "all:\n\techo $(sort c a b a) $(word 2,x y z) $(wordlist 2,3,a b c d) $(words a b c) $(firstword a b) $(lastword a b)\n",
        &[],
    ),
    case(
        "all:\n\techo $(dir src/a.c b.c) $(notdir src/a.c b.c) $(suffix src/a.c b) $(basename src/a.c b.x.y d.e/f)\n",
        &[],
    ),
    case("all:\n\techo $(addprefix -I,a b) $(addsuffix .o,a b) $(join a b,.c .d) $(abspath /a/../b ./c)\n", &[]),
    case(
        "all:\n\techo $(foreach d,a b c,-L$(d)/lib) $(if x,yes,no) $(if ,yes,no) $(or ,b,c) $(and a,b) $(and a,,b)\n",
        &[],
    ),
    case("rev = $(2) $(1)\nall:\n\techo $(call rev,a,b) $(call rev,x)\n", &[]),
    case(
        "define rule\n$(1):\n\techo make $(1) $$@\nendef\n$(foreach t,a b,$(eval $(call rule,$(t))))\nall: a b\n",
        &["all"],
    ),
    case("define cmds\necho one\n@echo two\necho three\nendef\nall:\n\t$(cmds)\n", &[]),
    case("define X =\na\nb\nendef\nall:\n\techo '$(firstword $(X))'\n", &[]),
    case("%.o: %.c\n\tcc -c $< -o $@ $*\nall: a.o b.o\n\tld $^\na.c b.c:\n\ttouch $@\n", &["all"]),
    with(
        "%.o: %.c\n\tcc -c $< -o $@\nall: a.o sub/b.o\n\tld $^ $(@) $(<D) $(<F) $(^D)\n",
        &["all"],
        &[("a.c", ""), ("sub/b.c", "")],
    ),
    with(
        "OBJ = a.o b.o\n$(OBJ): %.o: %.c common.h\n\tcc -c $< $* $^\nall: $(OBJ)\n",
        &["all"],
        &[("a.c", ""), ("b.c", ""), ("common.h", "")],
    ),
    with(
        "build/%.o: src/%.c | build\n\tcc $< -o $@ $| $*\nbuild:\n\tmkdir -p $@\nall: build/x.o build/d/y.o\n",
        &["all"],
        &[("src/x.c", ""), ("src/d/y.c", "")],
    ),
    case("all:: a\n\techo one\nall:: b\n\techo two\na b:\n\techo $@\n", &[]),
    case("all: x\nall: y\nall: z\n\techo $^ $<\nx y z:\n\techo $@\n", &[]),
    case("ifeq ($(A),1)\nX = one\nelse ifeq ($(A),2)\nX = two\nelse\nX = other\nendif\nall:\n\techo $(X)\n", &["A=2"]),
    case("ifdef A\nX = set\nelse\nX = unset\nendif\nifndef B\nX += nob\nendif\nall:\n\techo $(X)\n", &["A=1"]),
    case(
        "ifneq \"$(A)\" 'b'\nX = 1\nendif\nall:\n\techo $(X)\nifeq ($(X),1)\n\techo inner\nelse\n\techo other\nendif\n\techo end\n",
        &[],
    ),
    case("ifeq ($(A),)\n  ifeq (a,b)\nX=1\n  else\nX=2\n  endif\nendif\nall: ; echo $(X)\n", &[]),
    case("debug: FLAGS = -g\nrelease: FLAGS = -O2\ndebug release: app\napp:\n\tcc $(FLAGS) -o $@\n", &["debug"]),
    case("FLAGS = -W\na: FLAGS += -g\na: b\n\techo a $(FLAGS)\nb:\n\techo b $(FLAGS)\n", &["a"]),
    case("%.x: V = pat\nf.x: ; echo $(V) $@\n", &["f.x"]),
    with(
        "include conf.mk\n-include none.mk\nall:\n\techo $(V) $(MAKEFILE_LIST)\n",
        &[],
        &[("conf.mk", "V = included\n")],
    ),
    with("include *.mk\nall:\n\techo $(A) $(B)\n", &[], &[("a.mk", "A = 1\n"), ("b.mk", "B = 2\n")]),
    with(
        "all:\n\techo $(wildcard *.c src/*.c none) $(sort $(wildcard *))\n",
        &[],
        &[("a.c", ""), ("b.c", ""), ("src/x.c", "")],
    ),
    with("all: *.c\n\techo $^\n", &[], &[("a.c", ""), ("b.c", "")]),
    case(".SUFFIXES: .in .out\n.in.out:\n\tcp $< $@ $*\nx.in:\n\ttouch $@\nall: x.out\n", &["all"]),
    case(".RECIPEPREFIX = >\nall:\n> echo prefix\n>echo second\n", &[]),
    case("export A = 1\nall: B = 2\nall:\n\techo $(A) $(B)\n", &[]),
    case("a = $($(b))\nb = c\nc = deep\n$(b)_x = y\nall:\n\techo $(a) $(c_x) $($(b)_x)\n", &[]),
    case(
        "all:\n\techo $(origin X) $(origin CC) $(origin Y) $(flavor X) $(flavor Y) $(value X)\nX = $(Z)\nY := 1\n",
        &[],
    ),
    case("all: check\n\techo never\ncheck:\n\techo checked\n\t$(error stop)\n", &[]),
    case("$(info reading)$(warning warn)\nall:\n\techo $(CC) $(RM) x $(MAKE_VERSION)\n", &[]),
    case("MODE ?= $(if $(CI),ci,local)\nall:\n\techo $(MODE)\n", &["CI=1"]),
    case(
        "all: ; echo $(COMMA)$(subst $(SPACE),$(COMMA),a b c)\nCOMMA := ,\nEMPTY :=\nSPACE := $(EMPTY) $(EMPTY)\n",
        &[],
    ),
    case("T := a b\n$(T): ; echo $@ of $(T)\nall: $(addsuffix -x,$(T))\n%-x: %\n\techo $* from $<\n", &["all"]),
    case(".SECONDEXPANSION:\nf_src = one two\nall: f\nf: $$($$@_src)\n\techo $^\none two:\n\techo $@\n", &["all"]),
    case("%:\n\techo any $@\n", &["x", "y"]),
    case(".DEFAULT:\n\techo default $@\nall:\n\techo all\n", &["zzz"]),
    case("a b &: c\n\techo $@ group\nc:\n\techo c\nall: a b\n", &["all"]),
    case("all: a\na: b\nb: a\n\techo b\n", &["all"]),
    case("undefine CC\nX = 1\nundefine X\nall:\n\techo [$(X)][$(CC)]\n", &[]),
    case("space-target :  dep   other\n\techo $@ $^\ndep other  :\n\techo $@\n", &[]),
    case("all:\n\n# comment between\n\techo after blank\n\n\techo more\n", &[]),
    case("VAR = $(1)-$(2)\nall:\n\techo $(call VAR,a b,c,d) $(subst x,y,$(call VAR,x))\n", &[]),
    case("all:\n\techo $(patsubst %,<%>,a b) $(A:x=y) $(patsubst a%z,%,abz)\n", &["A=fox box"]),
    case("X = a\nall: X := b$(X)\nall:\n\techo $(X)\n", &[]),
    case("all:\n\techo $@ $(@F) $(@D) $(notdir $(CURDIR:/tmp/%=/tmp/x))\n", &[]),
    with(
        "all:\n\techo $(realpath a.c none) | sed 's|.*/||'\n",
        &["-f", "other.mk"],
        &[("other.mk", "o:\n\techo other\n")],
    ),
    with("sub:\n\techo here\n", &["-C", "d"], &[("d/Makefile", "d:\n\techo in $(notdir $(CURDIR))\n")]),
    case("all:\n\techo one; \\\n\techo two\n\t@if true; then \\\n\t\techo three; \\\n\tfi\n", &[]),
    case(
        "A := 1\nifeq ($(A), 1)\nB := yes\nendif\nifneq (,$(findstring y,$(B)))\nC := also\nendif\nall: ; echo $(B) $(C)\n",
        &[],
    ),
    case("define helptext\nusage: $(X)\n  more\nendef\nX = x\nexport helptext\nall:\n\techo \"$$helptext\"\n", &[]),
    case("all: $(patsubst %,do-%,x y)\ndo-%:\n\techo doing $*\n.PHONY: all do-x\n", &["all"]),
    case("do-%:\n\techo doing $*\nall: do-x do-y\n", &["all"]),
    case("x := $(eval y := 5)$(y)\nall:\n\techo $(x) $(y)\n", &[]),
    case("unexport A\nP = 1\nall:\n\techo $(P)\n", &[]),
    case("lib.a: a.o b.o\n\tar rcs $@ $?\n%.o:\n\techo obj $@\n", &["lib.a"]),
];

#[test]
fn makefiles_run_what_make_says_that_they_run() {
    let mut wrong = Vec::new();
    for case in CASES {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("Makefile"), case.makefile).expect("written");
        for (name, text) in case.files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        let output = Command::new("make")
            .args(["-n", "--no-print-directory"])
            .args(case.args)
            .current_dir(dir.path())
            .env("LC_ALL", "C")
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .output()
            .expect("make runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let expected: Vec<&str> =
            said.lines().filter(|line| !line.starts_with("make: ") && *line != "reading").collect();
        let found = record(dir.path(), case.args);
        let found_lines: Vec<&str> = found.lines.iter().flat_map(|text| text.lines()).collect();
        if expected != found_lines || !found.opaque.is_empty() {
            wrong.push(format!(
                "--- {:?}\n{}\nmake says:\n{}\nfound:\n{}\nnot understood: {:?}\n{}",
                case.args,
                case.makefile,
                expected.join("\n"),
                found_lines.join("\n"),
                found.opaque,
                String::from_utf8_lossy(&output.stderr),
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}
