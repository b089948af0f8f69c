//! Effects to impact: how large an effect is, inside a time budget
