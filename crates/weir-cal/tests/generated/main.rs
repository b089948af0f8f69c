//! Generated programs over generated data run to an end, and say the same each time.

mod program;

use program::Choices;
use proptest::prelude::*;
use weir_cal::{
    outcome::{Alert, Delivery, Outcome},
    report::{Document, Format, write},
    run::{Environment, Publisher, RunError, explain, run},
    sink::Sink,
    source::Memory,
    syntax::parse,
};

struct Ear;

impl Sink for Ear {
    fn name(&self) -> String {
        "ear".to_owned()
    }

    fn send(&mut self, alert: &Alert) -> Delivery {
        Delivery { sink: self.name(), delivered: alert.message != "lost", attempts: 1, error: None }
    }
}

struct Desk;

impl Publisher for Desk {
    fn publish(&mut self, document: &Document<'_>, format: Format, _: Option<&str>) -> Result<Option<String>, String> {
        write(document, format, &mut Vec::new()).map(|()| None).map_err(|error| error.to_string())
    }
}

fn ran(text: &str, source: &Memory) -> Result<Outcome, RunError> {
    let parsed = parse(text);
    let mut sinks: [Box<dyn Sink>; 1] = [Box::new(Ear)];
    let mut environment = Environment {
        source,
        now: jiff::Timestamp::UNIX_EPOCH,
        sinks: &mut sinks,
        publisher: &mut Desk,
        deadline: None,
        script_name: None,
    };
    for what in ["D5", "chirp", "drift", "fetch", "m", "zz"] {
        if let Ok(explanation) = explain(&parsed.script, text, &environment, what) {
            assert!(!explanation.to_string().is_empty());
        }
    }
    run(&parsed.script, text, &mut environment)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn programs_run_to_an_end(choices in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut choices = Choices(&choices);
        let text = program::program(&mut choices);
        let source = Memory::new()
            .with("t", program::entities(&mut choices))
            .with("u", program::entities(&mut choices))
            .with("empty", Vec::new());
        let outcome = ran(&text, &source).unwrap();
        let again = ran(&text, &source).unwrap();
        prop_assert_eq!(
            serde_json::to_string(&outcome).unwrap(),
            serde_json::to_string(&again).unwrap()
        );
        prop_assert_eq!(outcome.success, outcome.error.is_none());
        prop_assert_eq!(outcome.success, outcome.actions.iter().all(|action| action.error.is_none()));
    }
}
