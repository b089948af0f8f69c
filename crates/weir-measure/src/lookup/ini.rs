//! Files in sections (`[name]`) of `key = value`: AWS, gcloud, git, MySQL, PostgreSQL services, Alembic.

/// Sections in order, each with its pairs.
#[derive(Debug, Default)]
pub(super) struct Ini(Vec<(String, Vec<(String, String)>)>);

impl Ini {
    /// Reads everything that has the form; other lines are left out.
    pub(super) fn parse(text: &str) -> Self {
        let mut sections = vec![(String::new(), Vec::new())];
        for line in text.lines() {
            // What is indented belongs to the key above (AWS), except in git's files, where keys themselves are.
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name) {
                let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
                sections.push((name, Vec::new()));
                continue;
            }
            let Some((key, value)) = line.split_once('=') else { continue };
            if let Some((_, pairs)) = sections.last_mut() {
                pairs.push((key.trim().to_ascii_lowercase(), unquoted(value).to_owned()));
            }
        }
        Self(sections)
    }

    pub(super) fn has(&self, section: &str) -> bool {
        self.0.iter().any(|(name, _)| name == section)
    }

    /// The value of a key; the last one wins. The key is in lower case.
    pub(super) fn get(&self, section: &str, key: &str) -> Option<&str> {
        let mut pairs = self.0.iter().filter(|(name, _)| name == section).flat_map(|(_, pairs)| pairs);
        let (_, value) = pairs.rfind(|(name, _)| name == key)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    pub(super) fn sections(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// Without the quotes around it and the remark behind it.
pub(super) fn unquoted(value: &str) -> &str {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some((inside, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inside;
        }
    }
    let end = [" #", " ;", "\t#"].iter().filter_map(|mark| value.find(mark)).min().unwrap_or(value.len());
    value.get(..end).unwrap_or(value).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_pairs_are_read() {
        let ini = Ini::parse(
            "a=0\n[ profile  x ]\nRegion = eu # c\ns3 =\n  max = 3\n# [no]\n[remote \"o\"] # x\n\turl = \"u;v\" ; z\nbad\n[x\n",
        );
        assert_eq!(ini.get("", "a"), Some("0"));
        assert_eq!(ini.get("profile x", "region"), Some("eu"));
        assert_eq!(ini.get("profile x", "s3"), None);
        assert_eq!(ini.get("remote \"o\"", "url"), Some("u;v"));
        assert!(!ini.has("no") && ini.has("profile x"));
    }
}
