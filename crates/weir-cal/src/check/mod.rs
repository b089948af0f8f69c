//! What can be said about a script before it runs: names, types, ranges, dates, branches that nothing reaches.
