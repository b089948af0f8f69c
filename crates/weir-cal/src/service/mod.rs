//! What editors and the interactive prompt ask about a text: completion, hover, definition, symbols.
