use std::collections::BTreeMap;

use super::*;
use crate::{
    source::{Field, Query, Receiver, Scanned, Schema, SourceError},
    syntax,
    value::Type,
};

/// Two collections whose fields are known.
struct Two(BTreeMap<&'static str, Vec<(&'static str, Type)>>);

impl Two {
    fn new() -> Self {
        let services = vec![("id", Type::Text), ("tier", Type::Integer), ("team", Type::Text), ("where", Type::Bool)];
        Self(BTreeMap::from([("services", services), ("signals", vec![("at", Type::Time)])]))
    }
}

impl Source for Two {
    fn place(&self) -> String {
        "memory".into()
    }

    fn collections(&self) -> Result<Vec<String>, SourceError> {
        Ok(self.0.keys().map(|name| (*name).to_owned()).collect())
    }

    fn schema(&self, collection: &str) -> Result<Schema, SourceError> {
        let Some(fields) = self.0.get(collection) else {
            return Err(SourceError::UnknownCollection {
                name: collection.into(),
                place: self.place(),
                near: vec!["services".into()],
            });
        };
        let fields = fields.iter().map(|(path, one)| Field { path: (*path).into(), types: vec![*one] }).collect();
        Ok(Schema { fields, complete: true })
    }

    fn scan(&self, _: &str, _: &Query, _: &mut Receiver<'_>) -> Result<Scanned, SourceError> {
        Err(SourceError::Stopped("not read".into()))
    }

    fn entities(
        &self,
        _: &str,
        _: &mut dyn FnMut(serde_json::Value) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        Err(SourceError::Stopped("not read".into()))
    }
}

const SCRIPT: &str = "FORAGE services WHERE tier = 1 SURFACE exposed\n\
    DRIFT exposed METHODOLOGY 85 PERFORMANCE 35\n\
    FORAGE services SURFACE exposed\n\
    FETCH exposed ON EXECUTE SURFACE exposed_drift\n\
    FORAGE other\n\
    TRACE spread FROM results\n";

/// The place of the nth `word`.
fn nth(word: &str, n: usize) -> usize {
    SCRIPT.match_indices(word).nth(n).unwrap().0
}

#[test]
fn a_name_leads_to_the_result_that_it_means() {
    let cases = [
        ("the one before, not the one after", nth("exposed", 1), Some(nth("exposed", 0))),
        ("the last one before", nth("exposed", 3), Some(nth("exposed", 2))),
        ("the gap is named at its DRIFT", nth("exposed_drift", 0) + 3, Some(nth("exposed", 1))),
        ("without a name the FORAGE itself", nth("results", 0), Some(nth("other", 0))),
        ("at its end too", nth("exposed", 1) + "exposed".len(), Some(nth("exposed", 0))),
        ("a keyword is no name", nth("DRIFT", 0), None),
        ("past the end", SCRIPT.len() + 9, None),
    ];
    for (what, offset, expected) in cases {
        assert_eq!(definition(SCRIPT, offset).map(|span| span.start as usize), expected, "{what}");
    }
}

/// What is offered at the `|` of a script.
fn offered(script: &str) -> Vec<String> {
    let offset = script.find('|').unwrap();
    let source = Two::new();
    let known = Known { source: Some(&source), outcome: None };
    let found = complete(&script.replace('|', ""), offset, known);
    found.into_iter().map(|one| one.label).collect()
}

#[test]
fn what_can_stand_at_a_place_is_offered_and_nothing_else() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("|", &["FORAGE", "SURFACE"], &["WHERE", "services"]),
        ("FO|", &["FORAGE"], &["FETCH", "DRIFT"]),
        ("FORAGE |", &["services", "signals"], &["WHERE", "FORAGE"]),
        ("forage se|", &["services"], &["signals"]),
        ("DIVE |", &["INTO"], &["services"]),
        ("DIVE INTO |", &["services"], &["INTO"]),
        ("FORAGE services |", &["WHERE", "ACROSS", "SURFACE", "FETCH"], &["services", "WHEN", "METHODOLOGY"]),
        ("FORAGE services WHERE |", &["tier", "team", "`where`", "NOT"], &["WHERE", "at", "AND"]),
        ("FORAGE services WHERE te|", &["team"], &["tier"]),
        ("FORAGE services WHERE tier |", &["=", "IN", "BETWEEN"], &["tier", "true"]),
        ("FORAGE services WHERE tier = |", &["true", "null"], &["AND", "tier"]),
        ("FORAGE services WHERE tier = 1 |", &["AND", "OR", "ACROSS", "DRIFT"], &["WHERE", "tier", "="]),
        ("FORAGE services WHERE tier = 1 AND (|", &["team"], &["AND"]),
        ("FORAGE services WHERE tier BETWEEN 1 |", &["AND"], &["OR", "ACROSS"]),
        ("FORAGE services WHERE tier BETWEEN 1 AND 2 |", &["AND", "OR"], &["tier"]),
        ("FORAGE services ACROSS |", &["D1", "D6", "ALL"], &["WHERE"]),
        ("FORAGE services ACROSS D1, D|", &["D2"], &["ALL", "DRIFT"]),
        ("FORAGE services ACROSS D1 |", &["DEPTH", "WHERE"], &["D2", "ACROSS"]),
        ("FORAGE services CASCADE D5 -> |", &["D6"], &["ALL"]),
        ("FORAGE services SURFACE x\nDRIFT |", &["x"], &["x_drift", "services"]),
        ("FORAGE services SURFACE x\nDRIFT x METHODOLOGY 85 |", &["PERFORMANCE", "GAP"], &["METHODOLOGY", "WHERE"]),
        (
            "FORAGE services SURFACE x\nDRIFT x METHODOLOGY 85 PERFORMANCE 35 SURFACE |",
            &["x", "x_drift", "analysis"],
            &[],
        ),
        ("FETCH x |", &["THRESHOLD", "CONFIDENCE", "ON"], &["WHERE"]),
        ("FETCH x BANDS |", &["relative", "docs"], &["ON"]),
        ("FETCH x ON |", &["EXECUTE", "WAIT"], &["CHIRP"]),
        ("FETCH x ON EXECUTE |", &["CHIRP", "FORAGE"], &["EXECUTE", "THRESHOLD"]),
        ("FETCH x ON EXECUTE CHIRP |", &["critical", "info"], &["ON"]),
        ("FETCH x ON EXECUTE CHIRP critical \"a\" |", &["ON", "THRESHOLD", "DRIFT"], &["critical"]),
        ("FETCH x ON EXECUTE CHIRP critical \"a\" ON |", &["CONFIRM"], &["CHIRP"]),
        ("SURFACE x AS |", &["json", "html"], &["AS", "TO"]),
        ("SURFACE x AS json |", &["TO", "ON"], &["AS", "csv"]),
        ("WATCH w IN |", &["signals"], &["WHEN"]),
        ("WATCH w IN services WHEN |", &["tier"], &["IN"]),
        ("WAKE AFTER 3d THEN |", &["CHIRP"], &["THEN"]),
        ("RECALL c ON \"2026-01-01\" WATCH w STATUS |", &["fired", "partial"], &["WATCH"]),
        ("FORAGE services WHERE `te|", &["team"], &["tier"]),
        ("-- FOR|", &[], &["FORAGE"]),
        ("CHIRP info \"FOR|", &[], &["FORAGE"]),
        ("DRIFT x METHODOLOGY 8|", &[], &["PERFORMANCE"]),
    ];
    for (script, wanted, unwanted) in cases {
        let offered = offered(script);
        for name in *wanted {
            assert!(offered.iter().any(|one| one == name), "{script}: no {name} in {offered:?}");
        }
        for name in *unwanted {
            assert!(!offered.iter().any(|one| one == name), "{script}: {name} in {offered:?}");
        }
    }
}

#[test]
fn every_place_of_a_broken_script_is_answered() {
    let source = Two::new();
    let known = Known { source: Some(&source), outcome: None };
    let script = "FORAGE é WHERE (a = \"x\" AND NOT ` 6mo D5 -> \u{1F600}\nFETCH x ON EXECUTE FETCH y ON WAKE AFTER THEN RECALL WATCH";
    for offset in 0..script.len() + 3 {
        for one in complete(script, offset, known) {
            assert!(one.replaces.end as usize == offset && one.replaces.start <= one.replaces.end);
        }
        let _ = hover(script, offset, known);
        let _ = definition(script, offset);
    }
}

#[test]
fn a_word_tells_its_meaning_and_what_is_known_of_it() {
    let source = Two::new();
    let known = Known { source: Some(&source), outcome: None };
    let at = |word: &str, n| hover(SCRIPT, nth(word, n) + 1, known).unwrap();
    let cases = [
        ("services", 0, "`tier`: whole number"),
        ("services", 0, "memory"),
        ("tier", 0, "field of `services`, whole number"),
        ("other", 0, "did you mean `services`?"),
        ("exposed", 1, "result of FORAGE"),
        ("exposed_drift", 0, "result of DRIFT"),
        ("DRIFT", 0, "methodology - performance"),
        ("FETCH", 0, "chirp x |drift| x confidence"),
        ("WHERE", 0, "unknown: neither in nor out"),
        ("SURFACE", 0, "The name of the result"),
        ("SURFACE", 2, "Publishes a result"),
        ("EXECUTE", 0, "From the threshold on"),
    ];
    for (word, n, expected) in cases {
        let found = at(word, n);
        assert!(found.markdown.contains(expected), "{word}: {}", found.markdown);
        assert_eq!(found.span.text(SCRIPT), word);
    }
    assert_eq!(hover(SCRIPT, nth("85", 0), known), None);
    assert_eq!(hover("", 0, known), None);
}

#[test]
fn the_grammar_for_editors_has_every_keyword() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../editors/");
    let read = |name: &str| -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(format!("{dir}{name}")).unwrap()).unwrap()
    };
    let grammar = read("cal.tmLanguage.json");
    let words = |group: &str| -> Vec<String> {
        let patterns = grammar["repository"][group]["patterns"].as_array().unwrap();
        let lists = patterns.iter().filter_map(|pattern| pattern["match"].as_str());
        let lists = lists.filter_map(|list| list.split_once("(?:").and_then(|(_, rest)| rest.split(')').next()));
        lists.flat_map(|list| list.split('|').map(str::to_owned).collect::<Vec<_>>()).collect()
    };
    let colored = words("keywords");
    let keywords: Vec<_> = (0..)
        .map(syntax::SyntaxKind::from_number)
        .take_while(|kind| kind.is_keyword())
        .map(|kind| kind.keyword())
        .collect();
    assert!(keywords.len() > 50);
    for keyword in &keywords {
        let times = colored.iter().filter(|word| word == keyword).count();
        assert_eq!(times, 1, "{keyword}");
    }
    assert_eq!(colored.len(), keywords.len(), "no word that is not one");
    for name in ["true", "false", "null"] {
        assert!(words("values").iter().any(|word| word == name));
    }
    // Every part that is included is there.
    for include in grammar["patterns"].as_array().unwrap() {
        let name = include["include"].as_str().unwrap().trim_start_matches('#');
        assert!(grammar["repository"][name]["patterns"].is_array(), "{name}");
    }
    let package = read("package.json");
    assert_eq!(package["contributes"]["grammars"][0]["path"], "./cal.tmLanguage.json");
    assert_eq!(package["contributes"]["grammars"][0]["scopeName"], grammar["scopeName"]);
    let configuration = package["contributes"]["languages"][0]["configuration"].as_str().unwrap();
    assert_eq!(read(configuration)["comments"]["lineComment"], "--");
}
