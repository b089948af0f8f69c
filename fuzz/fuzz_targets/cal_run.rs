//! Programs in CAL over entities in memory run to an end, whatever they say.
#![no_main]

#[path = "../../crates/weir-cal/tests/generated/program.rs"]
mod program;

use libfuzzer_sys::fuzz_target;
use program::Choices;
use weir_cal::{
    report::{Document, Format, write},
    run::{Environment, Publisher, run},
    source::Memory,
    syntax::parse,
};

struct Desk;

impl Publisher for Desk {
    fn publish(&mut self, document: &Document<'_>, format: Format, _: Option<&str>) -> Result<Option<String>, String> {
        write(document, format, &mut Vec::new()).map(|()| None).map_err(|error| error.to_string())
    }
}

fuzz_target!(|choices: &[u8]| {
    let mut choices = Choices(choices);
    let text = program::program(&mut choices);
    let source = Memory::new()
        .with("t", program::entities(&mut choices))
        .with("u", program::entities(&mut choices))
        .with("empty", Vec::new());
    let mut environment = Environment {
        source: &source,
        now: jiff::Timestamp::UNIX_EPOCH,
        sinks: &mut [],
        publisher: &mut Desk,
        deadline: None,
        script_name: None,
    };
    let _ = run(&parse(&text).script, &text, &mut environment);
});
