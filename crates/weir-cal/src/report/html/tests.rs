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
