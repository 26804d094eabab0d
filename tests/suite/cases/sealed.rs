//! What the record of a sealed source may not tell.

use affiant::finding::Code;
use affiant::model::digest::Digest;

use super::{CLAIMS, Case, SOURCES, case};

/// The harbour with one more source, of which `told` stands in its record besides what must.
fn letter(code: Code, told: &str) -> Case {
    let rights = r#""rights":{"holder":"person-01","text":"sealed"},"captures":[]"#;
    let letter = format!(r#"{{"id":"letter-01","publisher":"person-01","lang":"und",{told}{rights}}}"#);
    case(code).swap(SOURCES, r#"{"id":"gazette-summary""#, &format!("{letter}\n{{\"id\":\"gazette-summary\""))
}

pub fn cases() -> Vec<Case> {
    let commitment = format!(r#""text":"withheld"}},"commitment":‸"{}","captures":"#, Digest::of(b"a commitment"));
    let details = [
        ("title", r#""title":‸"A letter","#),
        ("authors", r#""authors":‸["person-01"],"#),
        ("url", r#""url":‸"https://example.org/letter","#),
        ("published", r#""published":‸"1999-05-07","published_basis":"stated","#),
        ("from", r#""from":‸[{"how":"quotes","what":"gazette-1999","basis":"it says so"}],"#),
    ];
    let detail =
        |(field, told): (&str, &str)| letter(Code::SealedDetail, told).record("letter-01", &format!("/{field}"));
    let mut cases: Vec<Case> = details.map(detail).into();
    cases.extend([
        case(Code::SealedText)
            .swap(SOURCES, r#""authors":["gazette"],"#, "")
            .swap(
                SOURCES,
                r#""url":"https://example.org/fire","published":"1999-05-06","published_basis":"stated","#,
                "",
            )
            .swap(SOURCES, r#""text":"withheld"},"captures":"#, r#""text":"sealed"},"captures":‸"#)
            .record("gazette-1999", "/captures"),
        case(Code::CommitmentNotSealed)
            .swap(SOURCES, r#""text":"withheld"},"captures":"#, &commitment)
            .record("gazette-1999", "/commitment"),
        letter(Code::UnknownCapture, "")
            .swap(
                CLAIMS,
                r#""capture":"gazette-1999.1","span":[173,193]"#,
                r#""capture":‸"letter-01.1","span":[173,193]"#,
            )
            .record("pf-0002", "/at/0/capture"),
    ]);
    cases
}
