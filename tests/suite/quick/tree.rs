//! JSON as it is spelled: what a value cannot hold (a key twice, `1.0`, an escape) can stand here.

use serde_json::Value;

/// A JSON text.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// A scalar, as it is written.
    Scalar(String),
    /// The items.
    Array(Vec<Tree>),
    /// The members: each key, as it is written, and its value.
    Object(Vec<(String, Tree)>),
}

/// The way to a part of a tree: the number of the item or member at each step.
pub type Way = Vec<usize>;

impl Tree {
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Array(items) => Tree::Array(items.iter().map(Tree::of).collect()),
            Value::Object(members) => {
                Tree::Object(members.iter().map(|(key, member)| (quoted(key), Tree::of(member))).collect())
            }
            scalar => Tree::Scalar(scalar.to_string()),
        }
    }

    /// The text, with `space` wherever white space may stand.
    pub fn print(&self, space: &str) -> String {
        let list = |items: Vec<String>| items.join(&format!("{space},{space}"));
        match self {
            Tree::Scalar(text) => text.clone(),
            Tree::Array(items) => {
                format!("[{space}{}{space}]", list(items.iter().map(|item| item.print(space)).collect()))
            }
            Tree::Object(members) => {
                let member = |(key, value): &(String, Tree)| format!("{key}{space}:{space}{}", value.print(space));
                format!("{{{space}{}{space}}}", list(members.iter().map(member).collect()))
            }
        }
    }

    /// The ways to all parts, the whole first.
    pub fn ways(&self) -> Vec<Way> {
        let children: Vec<&Tree> = match self {
            Tree::Scalar(_) => Vec::new(),
            Tree::Array(items) => items.iter().collect(),
            Tree::Object(members) => members.iter().map(|(_, member)| member).collect(),
        };
        let below = |(i, child): (usize, &Tree)| {
            child.ways().into_iter().map(move |way| [vec![i], way].concat()).collect::<Vec<Way>>()
        };
        [vec![Way::new()], children.into_iter().enumerate().flat_map(below).collect()].concat()
    }

    pub fn at(&mut self, way: &[usize]) -> Option<&mut Tree> {
        let Some((step, rest)) = way.split_first() else { return Some(self) };
        let child = match self {
            Tree::Scalar(_) => None,
            Tree::Array(items) => items.get_mut(*step),
            Tree::Object(members) => members.get_mut(*step).map(|(_, member)| member),
        };
        child?.at(rest)
    }

    /// Everything that can be done to this part as a whole, leaving the rest alone.
    pub fn spoiled(&self) -> Vec<Tree> {
        match self {
            Tree::Scalar(text) => text
                .strip_prefix('"')
                .map(|_| vec![Tree::Scalar(escaped(text)), Tree::Object(vec![(text.clone(), null())])])
                .unwrap_or_default(),
            Tree::Array(items) => spoiled_list(items),
            Tree::Object(members) => spoiled_members(members),
        }
    }
}

fn null() -> Tree {
    Tree::Scalar("null".to_owned())
}

/// A text as a JSON string.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A JSON string with every character escaped; what is none, as it is.
fn escaped(string: &str) -> String {
    let Ok(text) = serde_json::from_str::<String>(string) else { return string.to_owned() };
    let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("\"{units}\"")
}

fn spoiled_list(items: &[Tree]) -> Vec<Tree> {
    let Some(first) = items.first() else { return vec![Tree::Array(vec![null()])] };
    let repeated = |count| Tree::Array(vec![first.clone(); count]);
    let numbered = |count| {
        let named = |number: usize| match first {
            Tree::Scalar(text) if text.starts_with('"') => Tree::Scalar(quoted(&format!("n{number}"))),
            other => other.clone(),
        };
        Tree::Array((0..count).map(named).collect())
    };
    let most = if items.len() == 1 { 10_001 } else { 1001 };
    let counts = [0, 2, 3, 16, 17, 50, 51, 64, 65, 256, 257, 1000, 1001, most];
    let mut spoiled: Vec<Tree> = counts.into_iter().flat_map(|count| [repeated(count), numbered(count)]).collect();
    spoiled
        .push(Tree::Object(items.iter().enumerate().map(|(i, item)| (quoted(&i.to_string()), item.clone())).collect()));
    spoiled
}

fn spoiled_members(members: &[(String, Tree)]) -> Vec<Tree> {
    let mut spoiled = vec![Tree::Array(members.iter().map(|(_, member)| member.clone()).collect())];
    let with = |members: Vec<(String, Tree)>| Tree::Object(members);
    spoiled.push(with(members.iter().rev().cloned().collect()));
    for extra in ["unheard-of", "ext", ""] {
        for value in [Tree::Object(Vec::new()), null()] {
            spoiled.push(with([members.to_vec(), vec![(quoted(extra), value)]].concat()));
        }
    }
    for (i, (key, member)) in members.iter().enumerate() {
        let others = [&members[..i], &members[i + 1..]].concat();
        let and = |more: &[(String, Tree)]| with([others.clone(), more.to_vec()].concat());
        spoiled.push(and(&[]));
        spoiled.push(and(&[(escaped(key), member.clone())]));
        spoiled.push(and(&[(key.to_uppercase(), member.clone())]));
        spoiled.push(and(&[(key.clone(), member.clone()), (key.clone(), member.clone())]));
        spoiled.push(and(&[(key.clone(), null()), (escaped(key), member.clone())]));
    }
    spoiled
}
