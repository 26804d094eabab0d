//! The change classes as `affiant explain` teaches them.

use std::fmt::Write;

use super::text::{STRONG, styled};
use crate::model::change_class::{Bump, ChangeClass};
use crate::model::dataset::Law;

/// A class as `affiant explain` teaches it.
pub fn explanation(class: ChangeClass) -> String {
    let (meaning, step) = class.explanation().split_once('\n').unwrap_or((class.explanation(), ""));
    format!(
        "{} (a change of {}): {}\n\n{meaning}\n\nWhat to look at: {step}\n\n{}",
        styled(STRONG, &class.to_string()),
        class.group().words(),
        class.title(),
        verdicts(class)
    )
}

/// All classes, a line each, under what they are about: what each law asks of the version, and a title.
pub fn classes() -> String {
    let mut text = "\nkinds of change, and the version that the strict and the living law ask for\n".to_owned();
    let mut group = None;
    for class in ChangeClass::ALL {
        if group.replace(class.group()) != Some(class.group()) {
            let heading = format!("{:<33}", class.group().words());
            _ = writeln!(text, "\n{}strict   living", styled(STRONG, &heading));
        }
        let [strict, living] = [Law::Strict, Law::Living].map(|law| class.bump(law).word());
        _ = writeln!(text, "  {:<31}{strict:<9}{living:<9}{}", class.to_string(), class.title());
    }
    text
}

/// What both laws say of it, in one line or two.
fn verdicts(class: ChangeClass) -> String {
    let [strict, living] = [Law::Strict, Law::Living].map(|law| asked(class, class.bump(law)));
    if strict == living {
        return format!("Under either law: {strict}.\n");
    }
    format!("Under the strict law: {strict}.\nUnder the living law: {living}.\n")
}

fn asked(class: ChangeClass, bump: Bump) -> String {
    match bump {
        Bump::Patch | Bump::Minor | Bump::Major if class.needs_leave() => {
            format!(
                "a {} version or a higher one, and leave by name (`affiant release --allow {}`)",
                bump.word(),
                class.code()
            )
        }
        Bump::Patch | Bump::Minor | Bump::Major => format!("a {} version or a higher one", bump.word()),
        Bump::Refused => "refused; no release may hold it".to_owned(),
    }
}
