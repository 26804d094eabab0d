//! What a curator is warned of.

use affiant::finding::Code;
use affiant::model::digest::Digest;

use super::{AGENTS, CLAIMS, Case, DATASET, EVENTS, SOURCES, case};

/// A warning that nobody gives.
const IN_VAIN: &str = r#"{"code":"orphan-agent","id":"gazette","why":"to show it"}"#;

/// The harbour with one more record in front of another.
fn beside(case: Case, file: &str, record: &str, more: &str) -> Case {
    case.swap(file, record, &format!("{more}\n{record}"))
}

fn watch(spot: &str) -> String {
    format!(r#"{{"id":{spot}"night-watch","kind":"org","names":["Night watch"],"privacy":"open"}}"#)
}

/// An edition of the gazette on which no claim stands.
fn edition() -> String {
    let rights = r#""rights":{"holder":"gazette","text":"withheld"}"#;
    let capture = format!(r#"{{"n":1,"sha256":"{}","bytes":1,"by":"maintainers","parts":[]}}"#, Digest::of(b"x"));
    format!(r#"{{"id":‸"late-gazette","publisher":"gazette","lang":"en",{rights},"captures":[{capture}]}}"#)
}

pub fn cases() -> Vec<Case> {
    let reader = r#","note":"a reader who wrote a comment""#;
    let of_summary = r#",{"capture":"gazette-summary.1","span":[85,118],"sha256":"0df05d4d5e7c0d1571a2a13c8e31ff0a4c3e539a81c31c6c47736bfcf14b284d","quote":"A reader counts five dead or more"}"#;
    let place = r#""reading":{"fix":"translation","basis":"the name stands in Kazakh"}"#;
    let backing = format!(r#""links":[{{"rel":"supports","to":‸"pf-0002"}}],{place}"#);
    vec![
        case(Code::TollWithoutOffice)
            .swap(AGENTS, r#"{"id":"harbour-office","kind":"office""#, r#"{"id":"harbour-office","kind":"org""#)
            .swap(EVENTS, r#"{"id":"pier-fire""#, r#"{"id":‸"pier-fire""#)
            .record("pier-fire", "/id"),
        case(Code::YearWithoutBasis)
            .swap(CLAIMS, r#""when":"1999-05-05","basis":"stated""#, r#""when":‸"1999-05-05""#)
            .record("pf-0001", "/when"),
        case(Code::YearWithoutBasis)
            .swap(CLAIMS, r#""edtf":"1999-05-05""#, r#""edtf":‸"1998-05-05""#)
            .record("pf-0005", "/value/edtf"),
        beside(case(Code::RootUnknown), AGENTS, r#"{"id":"person-01""#, &watch(""))
            .swap(
                CLAIMS,
                r#""by":["gazette",{"agent":"harbour-office","basis":"implied"}]"#,
                r#""by":‸["gazette",{"agent":"night-watch","basis":"implied"}]"#,
            )
            .record("pf-0003", "/by"),
        case(Code::RootUnknown)
            .swap(AGENTS, reader, "")
            .swap(CLAIMS, r#""by":["gazette","person-01"]"#, r#""by":‸["gazette","person-01"]"#)
            .record("pf-0002", "/by"),
        beside(case(Code::OrphanAgent), AGENTS, r#"{"id":"person-01""#, &watch("‸")).record("night-watch", "/id"),
        beside(case(Code::OrphanEvent), EVENTS, r#"{"id":"pier-fire""#, r#"{"id":‸"flood","label":"A flood"}"#)
            .record("flood", "/id"),
        beside(case(Code::OrphanSource), SOURCES, r#"{"id":"gazette-summary""#, &edition())
            .record("late-gazette", "/id"),
        case(Code::CopyAsVoice)
            .swap(CLAIMS, of_summary, "")
            .swap(CLAIMS, place, &backing)
            .record("pf-0004", "/links/0/to"),
        case(Code::AcceptedInVain)
            .swap(DATASET, r#""threshold": 1,"#, &format!(r#""threshold": 1, "accepted": [‸{IN_VAIN}],"#))
            .record("harbour", "/accepted/0"),
    ]
}
