//! AWS profiles of Sealkeep, in people's words.

use super::ways;
use crate::worker::ProfileEntry;

/// A kind of profile.
pub fn kind(kind: &str) -> &'static str {
    match kind {
        "static" => "access key",
        "assume-role" => "role",
        "identity-center" => "Identity Center",
        "machine" => "this machine's role",
        _ => "made by a newer Sealkeep",
    }
}

/// What a profile is and whose, as far as that is known, in one line: profiles of one region are told apart by it.
pub fn about(profile: &ProfileEntry) -> String {
    let mut words = kind(&profile.kind).to_owned();
    if let Some(principal) = &profile.principal {
        let joined = match profile.kind.as_str() {
            "static" => " of ",
            "identity-center" => " role ",
            _ => " ",
        };
        words = format!("{words}{joined}{principal}");
    }
    let account = profile.account.as_deref().map(ways::grouped);
    let protected = profile.protected.then(|| "protected".to_owned());
    let parts = [Some(profile.region.clone()), Some(words), account, protected];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_profiles_of_one_region_are_told_apart() {
        let one = |kind: &str| ProfileEntry::new("one", "eu-west-1", kind);
        let of = |kind: &str, principal: &str| {
            let (account, principal) = (Some("111122223333".to_owned()), Some(principal.to_owned()));
            about(&ProfileEntry { account, principal, ..one(kind) })
        };
        assert_eq!(about(&one("static")), "eu-west-1 · access key");
        assert_eq!(about(&ProfileEntry { protected: true, ..one("static") }), "eu-west-1 · access key · protected");
        assert_eq!(of("static", "anna"), "eu-west-1 · access key of anna · 1111-2222-3333");
        assert_eq!(of("assume-role", "reader"), "eu-west-1 · role reader · 1111-2222-3333");
        assert_eq!(of("identity-center", "Editor"), "eu-west-1 · Identity Center role Editor · 1111-2222-3333");
        assert_eq!(of("machine", "server"), "eu-west-1 · this machine's role server · 1111-2222-3333");
    }
}
