//! The page: what is on it, and what can never be on it.

use std::fs;

use crate::{
    ast::Dimension,
    outcome::{Alert, Output},
    report::{Document, Format, sample, write},
    value::Truth,
};

fn page(document: &Document<'_>) -> String {
    let mut out = Vec::new();
    write(document, Format::Html, &mut out).unwrap();
    let page = String::from_utf8(out).unwrap();
    // To look at it: the directory that this names gets every page of the tests.
    if let Ok(directory) = std::env::var("WEIR_PAGES") {
        let name = document.name;
        fs::write(format!("{directory}/{name}.html"), &page).unwrap();
    }
    page
}

#[test]
fn the_page_has_everything_about_the_decision() {
    let page = sample::founding().with_document(page);
    let (_, body) = page.split_once("<main>").unwrap();
    insta::assert_snapshot!(body);
}

const HARM: &str =
    "</script></title><img src=x onerror=alert(1)>\" onload='x'<!-- ]]>\u{202e}\u{1b}[2J http://example.com/x";

/// Every text that can come from data or a script wants to break out.
fn hostile() -> sample::Sample {
    let mut sample = sample::founding();
    let outcome = &mut sample.outcome;
    for output in outcome.outputs.values_mut() {
        match output {
            Output::Foraged(foraged) => {
                foraged.target = HARM.to_owned();
                foraged.missing = [(HARM.to_owned(), 2)].into();
                let all = foraged.summary.total_impact.clone();
                foraged.summary.total_impact = all.into_values().map(|range| (HARM.to_owned(), range)).collect();
                for entity in &mut foraged.entities {
                    entity.entity = HARM.to_owned();
                    entity.name = Some(HARM.to_owned());
                    entity.summary.estimated_impact.as_mut().unwrap().currency = HARM.to_owned();
                    for dimension in entity.dimensions.values_mut() {
                        dimension.evidence.inputs = [(HARM.to_owned(), sample::decimal(1.0))].into();
                    }
                }
                if let Some(check) = &mut foraged.cascade {
                    check.declared = HARM.to_owned();
                    for entry in &mut check.dimensions {
                        entry.reason = format!("`{HARM}`");
                        entry.holds = Truth::Unknown;
                    }
                }
            }
            Output::Drift(drift) => drift.gap_type = HARM.to_owned(),
            Output::Fetch(fetch) => fetch.recommendation = HARM.to_owned(),
            Output::Recall(recall) => {
                recall.target = HARM.to_owned();
                recall.date = HARM.to_owned();
                recall.interpretation = HARM.to_owned();
                recall.mismatches = vec![HARM.to_owned()];
                for watch in &mut recall.watches {
                    watch.trigger_id = HARM.to_owned();
                    watch.status = HARM.to_owned();
                    watch.fired_date = Some(HARM.to_owned());
                    watch.evidence = Some(HARM.to_owned());
                }
            }
            Output::Trace(_) => {}
        }
    }
    for action in &mut outcome.actions {
        action.summary = HARM.to_owned();
        action.error = Some(HARM.to_owned());
    }
    for Alert { r#type, message, cause, deliveries, .. } in &mut outcome.alerts {
        *r#type = HARM.to_owned();
        *message = HARM.to_owned();
        *cause = Some(HARM.to_owned());
        for delivery in deliveries {
            delivery.sink = HARM.to_owned();
            delivery.error = Some(HARM.to_owned());
        }
    }
    for watcher in &mut outcome.watchers {
        watcher.target = HARM.to_owned();
        watcher.condition = HARM.to_owned();
        watcher.duration = Some(HARM.to_owned());
        watcher.status = HARM.to_owned();
        watcher.since = Some(HARM.to_owned());
    }
    for task in &mut outcome.scheduled_tasks {
        task.due = HARM.to_owned();
        task.action = Some(HARM.to_owned());
        task.status = HARM.to_owned();
    }
    outcome.notes = vec![HARM.to_owned()];
    outcome.success = false;
    outcome.error = Some(HARM.to_owned());
    outcome.started = HARM.to_owned();
    sample.script = format!("-- {HARM}\nCHIRP info \"</pre>{HARM}\"\nFORAGE `{HARM}`\n");
    sample.script_name = Some(HARM.to_owned());
    sample.sources = vec![HARM.to_owned()];
    sample
}

/// The tags of a page and their attributes, as a browser finds them; fails where one is not closed.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut tags = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = page;
    while let Some((text, tag)) = rest.split_once('<') {
        assert!(!text.contains('>') || open.last().is_some_and(|name| name == "style"), "{text}");
        let (tag, after) = tag.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut list = Vec::new();
        while let Some((attribute, value)) = attributes.split_once("=\"") {
            let (value, after) = value.split_once('"').unwrap();
            list.push((attribute.trim().to_owned(), value.to_owned()));
            attributes = after;
        }
        assert!(matches!(attributes, "" | "/" | "html"), "{tag}");
        let name = name.trim_end_matches('/').to_owned();
        if !attributes.ends_with('/') && !matches!(name.as_str(), "meta" | "!doctype") {
            open.push(name.clone());
        }
        tags.push((name, list));
    }
    assert_eq!(open, Vec::<String>::new());
    tags
}

#[test]
fn nothing_from_data_becomes_markup() {
    let known = [
        "!doctype",
        "a",
        "b",
        "body",
        "caption",
        "code",
        "dd",
        "desc",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "g",
        "h1",
        "h2",
        "h3",
        "head",
        "header",
        "html",
        "li",
        "line",
        "main",
        "meta",
        "p",
        "path",
        "pre",
        "rect",
        "section",
        "small",
        "span",
        "strong",
        "style",
        "svg",
        "table",
        "tbody",
        "td",
        "text",
        "th",
        "thead",
        "time",
        "title",
        "tr",
        "ul",
    ];
    let sample = hostile();
    let names: Vec<_> = sample.outcome.outputs.keys().cloned().collect();
    let mut pages = vec![sample.with_document(page)];
    pages.extend(names.iter().map(|name| sample.with_result(name, page)));
    for page in pages {
        for (name, attributes) in tags(&page) {
            assert!(known.contains(&name.as_str()), "<{name}>");
            for (attribute, value) in attributes {
                assert!(!attribute.starts_with("on") && !matches!(attribute.as_str(), "src" | "style"), "{attribute}");
                assert!(attribute != "href" || value.starts_with("#L"), "{value}");
            }
        }
        assert!(!page.contains(['\u{202e}', '\u{1b}']));
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
    }
}

#[test]
fn a_page_loads_nothing_and_says_so() {
    for page in [sample::founding().with_document(page), sample::empty().with_document(page)] {
        // The one address in the sample is the shown name of a receiver, which is text.
        let page = page.replace("slack https://hooks.example.com/\u{2026}", "");
        for address in ["http:", "https:", "url(", "@import", "src=", "<link", "<script", "javascript:"] {
            assert!(!page.contains(address), "{address}");
        }
        assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline';"));
    }
}

#[test]
fn every_part_has_a_heading_and_every_picture_a_name() {
    let page = sample::founding().with_document(page);
    let tags = tags(&page);
    let has = |attributes: &[(String, String)], name: &str| attributes.iter().any(|(attribute, _)| attribute == name);
    let ids: Vec<_> =
        tags.iter().flat_map(|(_, list)| list).filter(|(name, _)| name == "id").map(|(_, id)| id).collect();
    for (place, (name, attributes)) in tags.iter().enumerate() {
        match name.as_str() {
            "section" => assert_eq!(tags[place + 1].0, "h2"),
            "th" => assert!(has(attributes, "scope")),
            "svg" if has(attributes, "role") => {
                let named = attributes.iter().find(|(name, _)| name == "aria-labelledby").unwrap();
                assert!(named.1.split(' ').all(|id| ids.iter().filter(|other| *other == &id).count() == 1));
            }
            _ => {}
        }
    }
    assert_eq!(tags.iter().filter(|(name, _)| name == "h1").count(), 1);
    let lines = page.matches("<span class=\"l\" id=\"L").count();
    assert_eq!(lines, sample::founding().script.trim_end().lines().count());
}

/// The contrast of two colors after WCAG 2.
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |color: &str| {
        let digits = color.trim_start_matches('#');
        let digits = if digits.len() == 3 { digits.chars().flat_map(|c| [c, c]).collect() } else { digits.to_owned() };
        let channel = |place: usize| {
            let value = f64::from(u8::from_str_radix(digits.get(place..place + 2).unwrap(), 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4) + 0.05
    };
    let (one, other) = (luminance(one), luminance(other));
    one.max(other) / one.min(other)
}

#[test]
fn every_color_of_a_text_can_be_read() {
    let palettes: Vec<&str> =
        super::STYLE.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    assert_eq!(palettes.len(), 3, "light, dark and print");
    for palette in palettes {
        let colors: Vec<(&str, &str)> =
            palette.split(';').filter_map(|line| line.trim().strip_prefix("--")?.split_once(": ")).collect();
        let paper = colors.iter().find(|(name, _)| *name == "paper").unwrap().1;
        let texts = colors.iter().filter(|(name, _)| !matches!(*name, "paper" | "rule" | "faint" | "track"));
        assert!(texts.clone().count() >= 12);
        for (name, color) in texts {
            assert!(contrast(paper, color) >= 4.5, "{name} {color} on {paper}: {}", contrast(paper, color));
        }
    }
}

#[test]
fn other_shapes_are_drawn_as_well() {
    use Dimension::{D1, D2, D3, D4, D5, D6};
    let mut sample = sample::founding();
    let scores = |seed: u32| {
        Dimension::ALL.map(|id| {
            let score = (seed * 37 + id as u32 * 53) % 101;
            (id, (!score.is_multiple_of(7)).then(|| f64::from(score)), (score > 20).then_some(score % 4))
        })
    };
    let mut many: Vec<_> = (0..64).map(|seed| sample::entity(&format!("service-{seed}"), &scores(seed))).collect();
    many[7].entity = "w".repeat(300);
    let mut foraged = sample::foraged("services", many);
    foraged.across = Dimension::ALL.to_vec();
    let mut fetch = sample::fetch("services", (48.5, -3.0, 0.4), 1000.0);
    fetch.entities.clear();
    fetch.recommendation = "Wait".to_owned();
    sample.outcome.outputs.insert("services".to_owned(), Output::Foraged(Box::new(foraged)));
    sample.outcome.outputs.insert("services_fetch".to_owned(), Output::Fetch(Box::new(fetch)));
    if let Some(Output::Drift(mut drift)) = sample.outcome.outputs.get("guardrail_gap_drift").cloned() {
        (drift.methodology, drift.performance, drift.drift) =
            (sample::decimal(97.0), sample::decimal(100.0), sample::decimal(-3.0));
        sample.outcome.outputs.insert("services_drift".to_owned(), Output::Drift(drift));
    }
    if let Some(Output::Foraged(dive)) = sample.outcome.outputs.get_mut("velocity_governance_cascade") {
        let check = dive.cascade.as_mut().unwrap();
        for (level, (entry, dimension)) in (0u32..).zip(check.dimensions.iter_mut().zip([D1, D2, D3, D4, D5, D6])) {
            (entry.dimension, entry.declared_level) = (dimension, level);
            if level == 2 {
                (entry.holds, entry.score) = (Truth::Unknown, None);
            }
        }
        let mut wide = check.clone();
        for (place, entry) in wide.dimensions.iter_mut().enumerate() {
            entry.declared_level = u32::from(place > 0);
        }
        let output = Output::Foraged(dive.clone());
        let chain = sample.document("chain", crate::report::Subject::Result("velocity_governance_cascade", &output));
        let chain = page(&chain);
        assert_eq!(chain.matches("class=\"level\"").count(), 12, "six levels, drawn twice");
        if let Output::Foraged(mut dive) = output {
            dive.cascade = Some(wide);
            let output = Output::Foraged(dive);
            let fan = sample.document("fan", crate::report::Subject::Result("velocity_governance_cascade", &output));
            let fan = page(&fan);
            // Five arrows and one between the two rows.
            assert_eq!(fan.matches("class=\"arrow\"").count(), 6);
        }
    }
    let services = sample.with_result("services", page);
    assert_eq!(services.matches("<tr><th scope=\"row\" class=\"free\">").count(), 50);
    assert!(services.contains("14 more, with no higher chirp") && services.contains("class=\"WAIT\">WAIT<"));
    assert!(sample.with_document(page).contains("All decisions of the script"));
    hostile().with_result("guardrail_gap", page);
}
