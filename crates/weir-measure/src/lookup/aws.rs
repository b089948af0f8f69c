//! Which AWS account and region a command acts in: options, `AWS_*` variables, `~/.aws/config`, `~/.aws/credentials`.

use super::Place;
use super::ini::Ini;

/// Profiles that are followed from one to the next.
const MOST_PROFILES: usize = 4;

pub(super) fn find(place: &mut Place<'_>) {
    let explicit = place.given(&["profile", "p"]).is_some();
    let open = place.is_open(&["profile", "p", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"]);
    let named = place.known(&["profile", "p", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"]);
    if let Some(endpoint) = place.known(&["endpoint-url", "AWS_ENDPOINT_URL"]) {
        place.found.say(format!("endpoint {endpoint}"));
        place.found.place(&endpoint);
    }
    for variable in ["AWS_VAULT", "AWS_ACCOUNT_ID"] {
        if let Some(value) = place.known(&[variable]) {
            place.found.say(format!("{variable} {value}"));
            place.found.place(&value);
        }
    }
    let mut region = place.known(&["region", "r", "AWS_REGION", "AWS_DEFAULT_REGION"]);
    // Keys in the environment go before a profile that only the environment names.
    let key = if explicit { None } else { place.known(&["AWS_ACCESS_KEY_ID"]) };
    if let Some(key) = &key {
        said_account(place, account_of_key(key), "AWS_ACCESS_KEY_ID");
    }
    if let Some(role) = place.known(&["AWS_ROLE_ARN"]) {
        said_account(place, account_of_role(&role), "AWS_ROLE_ARN");
        place.found.hint(&role);
    }
    if !open {
        let name = named.as_deref().unwrap_or("default");
        profile(place, name, named.is_some(), key.is_none(), &mut region);
    }
    if let Some(region) = region {
        place.found.say(format!("region {region}"));
        place.found.hint(&region);
    }
}

fn said_account(place: &mut Place<'_>, account: Option<String>, by: &str) {
    if let Some(account) = account {
        place.found.say(format!("account {account} by {by}"));
        place.found.place(&account);
    }
}

/// What the files say of a profile. `keys`: its credentials are those that count.
pub(super) fn profile(place: &mut Place<'_>, name: &str, named: bool, keys: bool, region: &mut Option<String>) {
    let mut read = |variable: &'static str, default: &str| {
        let open = place.is_open(&[variable]);
        let path = match place.known(&[variable]) {
            Some(path) => place.files.path(&path),
            None if open => None,
            None => place.files.home(default),
        }?;
        let text = place.files.text(&path)?;
        Some((place.files.shown(&path), Ini::parse(&text)))
    };
    let config = read("AWS_CONFIG_FILE", ".aws/config");
    let credentials = read("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials");
    if named {
        place.found.place(name);
    }
    let mut name = name.to_owned();
    let mut seen = false;
    let mut details: Vec<String> = Vec::new();
    let mut files: Vec<String> = Vec::new();
    for step in 0..MOST_PROFILES {
        let section = if name == "default" { name.clone() } else { format!("profile {name}") };
        let config = config.as_ref().filter(|(_, ini)| ini.has(&section));
        let credentials = credentials.as_ref().filter(|(_, ini)| ini.has(&name));
        let of_config = |key: &str| config.and_then(|(_, ini)| ini.get(&section, key)).map(str::to_owned);
        let of_credentials = |key: &str| credentials.and_then(|(_, ini)| ini.get(&name, key)).map(str::to_owned);
        seen |= config.is_some() || credentials.is_some();
        for (file, _) in [config, credentials].into_iter().flatten() {
            if !files.contains(file) {
                files.push(file.clone());
            }
        }
        if step == 0 && region.is_none() {
            *region = of_config("region").or_else(|| of_credentials("region"));
        }
        if let Some(endpoint) = of_config("endpoint_url").filter(|_| step == 0) {
            details.push(format!("endpoint {endpoint}"));
            place.found.place(&endpoint);
        }
        if !keys {
            break;
        }
        let role = of_config("role_arn").or_else(|| of_credentials("role_arn"));
        if let Some(role) = &role {
            place.found.hint(role);
        }
        let account = role.as_deref().and_then(account_of_role);
        let account = account.or_else(|| of_config("sso_account_id"));
        let account = account.or_else(|| {
            let key = of_credentials("aws_access_key_id").or_else(|| of_config("aws_access_key_id"))?;
            account_of_key(&key)
        });
        if let Some(role) = of_config("sso_role_name") {
            place.found.hint(&role);
        }
        if let Some(account) = account {
            details.push(format!("account {account}"));
            place.found.place(&account);
            break;
        }
        // The role's own account counts; only without one the profile behind it does.
        match of_config("source_profile").or_else(|| of_credentials("source_profile")) {
            Some(source) if source != name => name = source,
            _ => break,
        }
    }
    let shown = if named { format!("profile {name}") } else { "the default profile".to_owned() };
    if seen {
        let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
        place.found.say(format!("{shown}{details} in {}", files.join(" and ")));
    } else if named {
        place.found.say(shown);
    }
}

/// `arn:aws:iam::123456789012:role/x`.
pub(super) fn account_of_role(arn: &str) -> Option<String> {
    let account = arn.strip_prefix("arn:")?.split(':').nth(3)?;
    (account.len() == 12 && account.chars().all(|c| c.is_ascii_digit())).then(|| account.to_owned())
}

/// The account that newer access key ids carry.
fn account_of_key(key: &str) -> Option<String> {
    let rest = key.strip_prefix("AKIA").or_else(|| key.strip_prefix("ASIA"))?;
    // Ids from before 2019 carry none.
    if rest.len() != 16 || rest.starts_with(['I', 'J']) {
        return None;
    }
    let mut bits: u128 = 0;
    for c in rest.bytes() {
        let five = match c {
            b'A'..=b'Z' => c - b'A',
            b'2'..=b'7' => c - b'2' + 26,
            _ => return None,
        };
        bits = (bits << 5) | u128::from(five);
    }
    // The first six of ten bytes.
    let head = u64::try_from(bits >> 32).ok()?;
    Some(format!("{:012}", (head & 0x7fff_ffff_ff80) >> 7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_from_arns_and_keys() {
        assert_eq!(account_of_key("ASIAQNZGKIQY56JQ7WML").as_deref(), Some("029608264753"));
        assert_eq!(account_of_key("AKIAIOSFODNN7EXAMPLE"), None);
        assert_eq!(account_of_key("AKIAQ"), None);
        assert_eq!(account_of_role("arn:aws:iam::123456789012:role/x").as_deref(), Some("123456789012"));
        assert_eq!(account_of_role("arn:aws:s3:::bucket"), None);
    }
}
