//! Text as a word that a shell reads back as the same text.

/// The text in single quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The text as it stands where no shell would see more in it, else in single quotes.
#[must_use]
pub fn word(text: &str) -> String {
    let plain =
        !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./:=@%+,".contains(letter));
    if plain { text.to_owned() } else { quoted(text) }
}
