//! The kinds of tokens and nodes, and the words of the language.

macro_rules! kinds {
    (
        statements { $($statement:ident $statement_text:literal,)* }
        reserved { $($reserved:ident $reserved_text:literal,)* }
        contextual { $($contextual:ident $contextual_text:literal,)* }
        others { $($other:ident,)* }
    ) => {
        /// What a token or a node of a script is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        #[expect(missing_docs, reason = "the names say it")]
        pub enum SyntaxKind { $($statement,)* $($reserved,)* $($contextual,)* $($other,)* }

        use SyntaxKind::*;

        /// In the order of their numbers.
        const ALL: &[SyntaxKind] = &[$($statement,)* $($reserved,)* $($contextual,)* $($other,)*];
        const STATEMENTS: &[SyntaxKind] = &[$($statement,)*];
        const RESERVED: &[SyntaxKind] = &[$($reserved,)*];
        const KEYWORDS: &[(SyntaxKind, &str)] = &[
            $(($statement, $statement_text),)* $(($reserved, $reserved_text),)* $(($contextual, $contextual_text),)*
        ];
    };
}

kinds! {
    statements {
        Forage "FORAGE", Dive "DIVE", Drift "DRIFT", Fetch "FETCH", Perch "PERCH", Listen "LISTEN", Wake "WAKE",
        Chirp "CHIRP", Trace "TRACE", Watch "WATCH", Recall "RECALL", Surface "SURFACE",
    }
    reserved {
        Into "INTO", Where "WHERE", When "WHEN", Across "ACROSS", Depth "DEPTH", Emit "EMIT",
        Methodology "METHODOLOGY", Threshold "THRESHOLD", On "ON", Then "THEN", From "FROM", For "FOR", After "AFTER",
        As "AS", To "TO", And "AND", Or "OR", Not "NOT", In "IN", Is "IS", Between "BETWEEN",
    }
    contextual {
        Cascade "CASCADE", Performance "PERFORMANCE", Gap "GAP", Confidence "CONFIDENCE", Min "MIN", Bands "BANDS",
        Aggregate "AGGREGATE", Execute "EXECUTE", Confirm "CONFIRM", Queue "QUEUE", Wait "WAIT", Signals "SIGNALS",
        Status "STATUS", FiredDate "FIRED_DATE", Evidence "EVIDENCE", Triggers "TRIGGERS",
        ConfidenceStated "CONFIDENCE_STATED", ConfidenceActual "CONFIDENCE_ACTUAL", Calibration "CALIBRATION",
        DriftAfter "DRIFT_AFTER", Contains "CONTAINS", Exists "EXISTS", All "ALL",
    }
    others {
        // Words that are no keywords, and what stands for a word.
        Word, QuotedName, UnclosedName,
        // A word, a quoted name or a keyword of another context where it is a name.
        Name,
        DimensionId, Constant, UnitWord,
        Number, Measure, Text, UnclosedText,
        LeftParen, RightParen, Comma, Dot, Colon, Slash, Plus, Arrow,
        Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual,
        Unknown, Whitespace, Comment, End,
        // Nodes.
        Root, Statement, Clause, Action, Condition, AndCondition, OrCondition, NotCondition, Group, Path, Value, Junk,
    }
}

const BUCKETS: usize = 128;
const WIDTH: usize = 4;
const EMPTY: u8 = u8::MAX;

/// Where a word is looked up. All three inputs are cheap to have.
const fn bucket(first: u8, last: u8, len: usize) -> usize {
    ((first | 0x20) as usize * 7 + (last | 0x20) as usize * 3 + len * 11) % BUCKETS
}

/// For each bucket the indices into `KEYWORDS`.
#[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "evaluated when compiled")]
const TABLE: [[u8; WIDTH]; BUCKETS] = {
    let mut table = [[EMPTY; WIDTH]; BUCKETS];
    let mut index = 0;
    while index < KEYWORDS.len() {
        let text = KEYWORDS[index].1.as_bytes();
        let slots = &mut table[bucket(text[0], text[text.len() - 1], text.len())];
        let mut slot = 0;
        while slots[slot] != EMPTY {
            slot += 1;
        }
        slots[slot] = index as u8;
        index += 1;
    }
    table
};

impl SyntaxKind {
    /// The keyword that `word` is, in any case; `Word` if none.
    pub(crate) fn of_word(word: &str) -> Self {
        let (Some(&first), Some(&last)) = (word.as_bytes().first(), word.as_bytes().last()) else { return Word };
        let Some(slots) = TABLE.get(bucket(first, last, word.len())) else { return Word };
        for &slot in slots {
            let Some((kind, text)) = KEYWORDS.get(usize::from(slot)) else { return Word };
            if text.eq_ignore_ascii_case(word) {
                return *kind;
            }
        }
        Word
    }

    /// The keyword as it is written; empty for what is none.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        KEYWORDS.get(self as usize).map_or("", |(_, text)| text)
    }

    /// The kind of this number; `Junk` for a number that no kind has.
    pub(crate) fn from_number(number: u16) -> Self {
        ALL.get(usize::from(number)).copied().unwrap_or(Junk)
    }

    /// A statement begins with it.
    pub(crate) fn is_statement(self) -> bool {
        (self as usize) < STATEMENTS.len()
    }

    /// A word that is a name only in backquotes.
    pub(crate) fn is_reserved(self) -> bool {
        (self as usize) < STATEMENTS.len() + RESERVED.len()
    }

    /// A word with a meaning somewhere.
    pub(crate) fn is_keyword(self) -> bool {
        (self as usize) < KEYWORDS.len()
    }

    /// Can be a name without backquotes.
    pub(crate) fn is_bare_name(self) -> bool {
        self == Word || self.is_keyword() && !self.is_reserved()
    }

    /// The bit of a keyword in a set.
    pub(crate) fn bit(self) -> u64 {
        1u64.checked_shl(u32::from(self as u16)).unwrap_or(0)
    }

    /// All statement keywords.
    pub(crate) fn statements() -> &'static [Self] {
        STATEMENTS
    }

    /// The clauses that a statement takes, in the order in which they are usually written.
    pub(crate) fn clauses(self) -> &'static [Self] {
        match self {
            Forage => &[Where, Across, Depth, Cascade, Surface],
            Dive => &[When, Trace, Across, Depth, Cascade, Emit],
            Drift => &[Methodology, Performance, Gap],
            Fetch => &[Threshold, Confidence, Bands, Aggregate, On],
            Perch => &[Listen, Wake, Chirp],
            Wake => &[Then],
            Trace => &[From, Cascade],
            Watch => &[In, When, For],
            Recall => &[On, Watch, Triggers, ConfidenceStated, ConfidenceActual, Calibration, DriftAfter, Surface],
            Surface => &[As, To, On],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_found_in_any_case() {
        for (kind, text) in KEYWORDS {
            assert_eq!(SyntaxKind::of_word(text), *kind);
            assert_eq!(SyntaxKind::of_word(&text.to_lowercase()), *kind);
            assert_eq!(SyntaxKind::of_word(&format!("{text}X")), Word);
            assert_eq!(kind.keyword(), *text);
            assert_ne!(kind.bit(), 0, "{text} has no bit");
        }
        for (number, kind) in ALL.iter().enumerate() {
            assert_eq!(*kind as usize, number);
        }
    }
}
