//! What stands between the names and values of a script of the first edition: keywords, which need no space around them,
//! comments, and clauses that a later one replaces.

/// A place in a text that the first edition accepts, from which on it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gaps<'s> {
    pub(super) source: &'s str,
}

/// The keywords and signs of a gap, with their places.
pub(super) type Found = Vec<(usize, usize)>;

impl<'s> Gaps<'s> {
    fn rest(self, at: usize) -> &'s [u8] {
        self.source.as_bytes().get(at..).unwrap_or_default()
    }

    pub(super) fn byte(self, at: usize) -> u8 {
        self.source.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// The end of the comment that begins here, if one does. Only a line feed ends one.
    pub(super) fn comment_end(self, at: usize) -> Option<usize> {
        let rest = self.rest(at);
        let is_comment = rest.starts_with(b"--") || rest.starts_with(b"//");
        is_comment.then(|| at + memchr::memchr(b'\n', rest).unwrap_or(rest.len()))
    }

    /// The end of the white space and the comments that begin here.
    pub(super) fn trivia(self, mut at: usize) -> usize {
        loop {
            match self.byte(at) {
                b' ' | b'\t' | b'\r' | b'\n' => at += 1,
                _ => match self.comment_end(at) {
                    Some(end) => at = end,
                    None => return at,
                },
            }
        }
    }

    /// The comments between two places.
    pub(super) fn comments(self, mut at: usize, end: usize) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        while at < end {
            match self.comment_end(at) {
                Some(after) => {
                    found.push((at, after.min(end)));
                    at = after;
                }
                None => at += 1,
            }
        }
        found
    }

    pub(super) fn is_word(self, at: usize) -> bool {
        self.byte(at).is_ascii_alphanumeric() || self.byte(at) == b'_'
    }

    fn starts_with(self, at: usize, word: &str) -> bool {
        self.rest(at).get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// The places of `words`, which follow each other from `at` on up to `end`, with nothing but trivia around them.
    pub(super) fn words(self, at: usize, words: &[&str], end: usize) -> Option<Found> {
        let mut found = Vec::with_capacity(words.len());
        let mut at = at;
        for word in words {
            at = self.trivia(at);
            if !self.starts_with(at, word) {
                return None;
            }
            found.push((at, at + word.len()));
            at += word.len();
        }
        (self.trivia(at) == end).then_some(found)
    }

    /// As [`Gaps::words`], after clauses that are left out: where these end, and their comments.
    pub(super) fn words_later(self, mut at: usize, words: &[&str], end: usize) -> Option<(Found, Found)> {
        let first = words.first()?;
        let mut comments = Vec::new();
        while at < end {
            if self.starts_with(at, first)
                && let Some(found) = self.words(at, words, end)
            {
                return Some((found, comments));
            }
            if let Some(after) = self.comment_end(at).filter(|_| !self.goes_on(at)) {
                comments.push((at, after));
                at = after;
            } else if self.byte(at) == b'"' {
                let rest = self.rest(at + 1);
                at += 2 + memchr::memchr(b'"', rest).unwrap_or(rest.len());
            } else {
                at += 1;
            }
        }
        None
    }

    /// The hyphens at `at` belong to the name before them: only after a keyword or a number they begin a comment.
    fn goes_on(self, at: usize) -> bool {
        let before = self.source.as_bytes().get(..at).unwrap_or_default();
        let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let length = before.iter().rev().take(256).take_while(is_word).count();
        let word = self.source.get(at - length..at).unwrap_or_default();
        let is_name = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        is_name && !crate::syntax::SyntaxKind::of_word(word).is_keyword()
    }
}
