//! Layers: who may replace what, and how mistakes are told.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use weir_decide::{Engine, Facts, Layer, Layers, Means, PolicyError, compile, run_tests};
use weir_model::{Effect, Target, TargetKind, Verb, Verdict};

/// The directories of three layers.
struct House(tempfile::TempDir);

impl House {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for layer in ["organization", "user", "repository"] {
            std::fs::create_dir(dir.path().join(layer)).unwrap();
        }
        Self(dir)
    }

    fn with(self, path: &str, text: &str) -> Self {
        std::fs::write(self.0.path().join(path), text).unwrap();
        self
    }

    fn layers(&self) -> Layers {
        let dir = |name: &str| Some(self.0.path().join(name));
        Layers { organization: dir("organization"), user: dir("user"), repository: dir("repository") }
    }

    fn engine(&self) -> Engine {
        compile(&self.layers()).unwrap().into_engine()
    }

    fn error(&self) -> PolicyError {
        let mut errors = compile(&self.layers()).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors.remove(0)
    }
}

fn forbid(id: &str, rest: &str) -> String {
    format!("@id(\"{id}\")\n@reason(\"No.\")\n@advice(\"Do not.\")\nforbid {rest};\n")
}

fn verdict(engine: &Engine, verb: Verb, kind: TargetKind) -> Verdict {
    let effect = Effect::new(verb, Target::new(kind, "x"));
    let means = Means { restore_point: false, preview: false, approvals: true };
    engine.decide(&Facts { agent: "claude", effect: &effect, approvals: 0 }, &means).unwrap().verdict
}

#[test]
fn organization_and_user_may_replace_built_in_policies() {
    for layer in ["organization", "user"] {
        let house = House::new().with(
            &format!("{layer}/own.cedar"),
            &forbid("files-only-copy", "(principal, action == Action::\"delete\", resource is FileTree)"),
        );
        let engine = house.engine();
        assert_eq!(verdict(&engine, Verb::Delete, TargetKind::FileTree), Verdict::Deny);
        let policy = engine.policies().into_iter().find(|policy| policy.id == "files-only-copy").unwrap();
        assert_ne!(policy.layer, Layer::BuiltIn);
        assert!(policy.file.ends_with("own.cedar"), "{}", policy.file);
    }
}

#[test]
fn a_user_may_not_replace_what_the_organization_says() {
    let own = forbid("own", "(principal, action, resource is Package)");
    let house = House::new().with("organization/a.cedar", &own).with("user/b.cedar", &own);
    let error = house.error();
    assert!(error.message.contains("`own` is the id of a policy in"), "{error}");
    assert!(error.message.contains("(organization)"), "{error}");

    let replaced = forbid("files-only-copy", "(principal, action, resource is Package)");
    let house = House::new().with("organization/a.cedar", &replaced).with("user/b.cedar", &replaced);
    assert!(house.error().message.contains("(organization)"));
}

#[test]
fn a_repository_may_only_tighten() {
    let house = House::new().with(
        "repository/own.cedar",
        &forbid(
            "no-installs",
            "(principal, action == Action::\"install\", resource) unless { context.approvals >= 1 }",
        ),
    );
    assert_eq!(verdict(&house.engine(), Verb::Install, TargetKind::Package), Verdict::Hold);

    let house = House::new().with("repository/own.cedar", "@id(\"mine\")\npermit (principal, action, resource);");
    let error = house.error();
    assert!(error.message.contains("a repository may only forbid"), "{error}");
    assert_eq!((error.line, error.column), (1, 1));

    // Replacing a forbid by a narrower one would loosen.
    let house = House::new().with(
        "repository/own.cedar",
        &forbid("files-only-copy", "(principal, action, resource is Image) when { false }"),
    );
    assert!(house.error().help.contains("a repository may add policies, and replace none"));

    for layer in ["organization", "user"] {
        let house = House::new()
            .with(&format!("{layer}/a.cedar"), &forbid("taken", "(principal, action, resource is Image)"))
            .with("repository/own.cedar", &forbid("taken", "(principal, action, resource is Image)"));
        assert!(house.error().message.contains("`taken` is the id"), "{layer}");
    }
}

#[test]
fn an_id_is_used_once_in_a_layer() {
    let own = forbid("own", "(principal, action, resource is Package)");
    let house = House::new().with("user/a.cedar", &own).with("user/b.cedar", &own);
    assert!(house.error().message.contains("`own` is the id of a policy in"));
    let house = House::new().with("user/a.cedar", &format!("{own}{own}"));
    assert_eq!(house.error().line, 5);
}

#[test]
fn policies_say_who_they_are_and_why() {
    let house = House::new().with("user/a.cedar", "permit (principal, action, resource);");
    assert!(house.error().message.contains("has no `@id`"));
    let house = House::new().with("user/a.cedar", "@id(\"a\") @reason(\"r\") forbid (principal, action, resource);");
    assert!(house.error().message.contains("without saying why"));
    let house = House::new().with(
        "user/a.cedar",
        "@id(\"a\") @reason(\"{filez} go\") @advice(\"b\") forbid (principal, action, resource);",
    );
    assert!(house.error().message.contains("{filez}"));
    let house = House::new().with(
        "user/a.cedar",
        "@id(\"a\") @reason(\"r\") @advice(\"b\") forbid (principal == ?principal, action, resource);",
    );
    assert!(house.error().message.contains("template"));
}

#[test]
fn a_syntax_error_is_shown_with_its_place() {
    let house = House::new().with(
        "user/a.cedar",
        &format!(
            "{}\nforbid (principal, action, resource) oops;\n",
            forbid("a", "(principal, action, resource is Image)")
        ),
    );
    let error = house.error();
    assert!(error.file.ends_with("user/a.cedar"), "{error}");
    assert_eq!(error.line, 6);
    assert_eq!(error.excerpt, "forbid (principal, action, resource) oops;");
    let shown = error.to_string();
    let caret = shown.lines().find(|line| line.contains('^')).unwrap();
    let marked = shown.lines().find(|line| line.contains("oops;")).unwrap();
    assert_eq!(marked.rfind(';'), caret.find('^'), "{shown}");
    assert!(shown.contains("help: "), "{shown}");
}

#[test]
fn a_name_outside_the_schema_is_shown_with_its_place() {
    let house = House::new().with(
        "user/a.cedar",
        &forbid("a", "(principal, action == Action::\"delete\", resource is FileTree)\nwhen { context.filez > 3 }"),
    );
    let error = house.error();
    assert_eq!((error.line, error.column), (5, 8), "{error}");
    let house = House::new().with("user/a.cedar", &forbid("a", "(principal, action == Action::\"burn\", resource)"));
    assert!(house.error().line == 4);
    let house = House::new().with("user/a.cedar", &forbid("a", "(principal, action, resource is FileTee)"));
    assert!(house.error().line == 4);
    let house = House::new().with(
        "user/a.cedar",
        &forbid("a", "(principal, action, resource) when { resource.environment == Environment::\"prod\" }"),
    );
    assert!(house.error().line == 4);
}

#[test]
fn every_mistake_of_every_file_is_told() {
    let house = House::new()
        .with("user/a.cedar", "permit (principal, action, resource);\nforbid (principal, action, resource);")
        .with("user/b.cedar", "oops")
        .with("repository/c.cedar", "@id(\"c\") permit (principal, action, resource);");
    assert_eq!(compile(&house.layers()).unwrap_err().len(), 4);
}

#[test]
fn traps_are_warned_of() {
    let warnings = |condition: &str| {
        let house =
            House::new().with("user/a.cedar", &forbid("a", &format!("(principal, action, resource) {condition}")));
        compile(&house.layers()).unwrap().warnings().to_vec()
    };
    let trap = warnings("when { context.impact.files > 100 }");
    assert!(trap.len() == 1 && trap[0].contains("`a`") && trap[0].contains("context.uncertain"), "{trap:?}");
    assert_eq!(warnings("unless { 3 >= context.impact.rows }").len(), 1);
    assert_eq!(warnings("when { context.impact.files > 100 || context.uncertain }"), Vec::<String>::new());
    assert_eq!(warnings("when { context.protected }"), Vec::<String>::new());
    assert!(warnings("when { resource is Table && resource is Image }")[0].contains("impossible"));
    assert!(warnings("unless { context.approvals >= 4 }")[0].contains("more than 3 approvals"));
    assert_eq!(warnings("unless { context.approvals >= 3 }"), Vec::<String>::new());
}

#[test]
fn bad_files_are_mistakes_and_never_a_hang() {
    let house = House::new();
    let fifo = house.0.path().join("user/pipe.cedar");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    assert!(house.error().message.contains("not a regular file"));

    let house = House::new().with("user/big.cedar", &"// x\n".repeat(300_000));
    assert!(house.error().message.contains("more than 1048576 bytes"));

    let house = House::new();
    std::fs::write(house.0.path().join("user/latin.cedar"), [0xff, 0xfe]).unwrap();
    assert!(house.error().message.contains("cannot be read"));

    for text in
        ["(".repeat(200_000), format!("forbid (principal, action, resource) when {{ {}true }};", "!".repeat(100_000))]
    {
        let house = House::new().with("user/deep.cedar", &text);
        assert!(compile(&house.layers()).is_err());
    }
}

#[test]
fn layers_that_do_not_exist_are_empty() {
    let none = Some(Path::new("/nonexistent/weir").to_owned());
    let layers = Layers { organization: none.clone(), user: none, repository: None };
    let engine = compile(&layers).unwrap().into_engine();
    assert_eq!(engine.policies().len(), Engine::builtin().policies().len());
}

#[test]
fn a_failing_forbid_is_never_skipped() {
    let house = House::new().with(
        "user/a.cedar",
        &forbid("a", "(principal, action == Action::\"install\", resource) when { context.impact.files * 2 > 100 }"),
    );
    let mut effect = Effect::new(Verb::Install, Target::new(TargetKind::Package, "x"));
    effect.impact.files = Some(weir_model::Figure::Exact(u64::MAX));
    let facts = Facts { agent: "claude", effect: &effect, approvals: 0 };
    let error = house.engine().decide(&facts, &Means::default()).unwrap_err();
    assert!(error.to_string().contains("policy `a` could not be asked"), "{error}");
}

#[test]
fn without_any_permit_nothing_is_allowed() {
    let house = House::new().with(
        "organization/a.cedar",
        "@id(\"baseline-permit\")\npermit (principal, action == Action::\"read\", resource);",
    );
    let engine = house.engine();
    assert!(engine.is_constant_allow(Verb::Read, TargetKind::FileTree));
    assert_eq!(verdict(&engine, Verb::Create, TargetKind::FileTree), Verdict::Deny);
}

#[test]
fn cases_beside_the_policies_of_a_layer_run() {
    let house = House::new()
        .with("user/a.cedar", &forbid("a", "(principal, action == Action::\"install\", resource)"))
        .with(
            "user/a.policytest.toml",
            "[[case]]\nname = \"good\"\nverb = \"install\"\nkind = \"package\"\nverdict = \"deny\"\npolicies = [\"a\"]\n\
             [[case]]\nname = \"bad\"\nverb = \"install\"\nkind = \"package\"\nverdict = \"hold\"\n",
        );
    let report = run_tests(&house.engine(), &house.layers(), &[]).unwrap();
    // The built-in case that installs a package is about the default pack, and passes.
    assert_eq!(report.failures.len(), 1, "{:?}", report.failures);
    assert!(report.failures[0].ends_with("bad: the verdict is deny, expected hold"), "{:?}", report.failures);
    assert!(report.covered.contains("a"));

    let house = House::new().with("user/a.policytest.toml", "[[case]]\nname = 3\n");
    let error = run_tests(&house.engine(), &house.layers(), &[]).unwrap_err().to_string();
    assert!(error.contains("a.policytest.toml"), "{error}");
}
