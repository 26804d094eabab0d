//! Licences as SPDX names them (SPDX 3.0.1, Annex B, "SPDX license expressions").

/// Where SPDX describes the licence of an expression: only one that is a single id of its list, without exceptions.
///
/// Whether the list has such an id is not looked up.
pub(super) fn url(expression: &str) -> Option<String> {
    is_listed(expression).then(|| format!("https://spdx.org/licenses/{expression}"))
}

/// Whether an expression is no more than one id, and not one of the author's own.
fn is_listed(expression: &str) -> bool {
    let is_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let is_own = expression.starts_with("LicenseRef-") || expression.starts_with("DocumentRef-");
    expression.starts_with(|c: char| c.is_ascii_alphanumeric()) && expression.chars().all(is_id) && !is_own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_listed_licence_has_a_page() {
        assert_eq!(url("CC-BY-4.0").as_deref(), Some("https://spdx.org/licenses/CC-BY-4.0"));
        for own in ["CC-BY-4.0 OR MIT", "LicenseRef-ours", "(MIT)", "", "../x", "MIT\n", "CC-BY-4.0/../x", "<b>"] {
            assert_eq!(url(own), None, "{own}");
        }
    }
}
