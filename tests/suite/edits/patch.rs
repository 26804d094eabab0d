//! JSON patches (RFC 6902) as far as diffs write them: members of objects, tested, added, replaced and removed.

use affiant::format::canonical;
use affiant::format::pointer::unescape;
use affiant::model::patch::Operation;
use serde_json::{Map, Value};

/// Applies a patch. Every operation must find what it expects.
pub fn apply(document: &mut Value, patch: &[Operation]) {
    for operation in patch {
        one(document, operation).unwrap_or_else(|| panic!("{operation:?} does not hold"));
    }
}

fn one(document: &mut Value, operation: &Operation) -> Option<()> {
    match operation {
        Operation::Test { path, value } => {
            let (object, name) = member(document, path)?;
            is_equal(object.get(&name)?, value).then_some(())
        }
        Operation::Add { path, value } => {
            let (object, name) = member(document, path)?;
            object.insert(name, value.clone()).is_none().then_some(())
        }
        Operation::Replace { path, value } => {
            let (object, name) = member(document, path)?;
            object.insert(name, value.clone()).map(drop)
        }
        Operation::Remove { path } => {
            let (object, name) = member(document, path)?;
            object.remove(&name).map(drop)
        }
    }
}

/// The object that a pointer's last name is of, and that name.
fn member<'a>(document: &'a mut Value, path: &str) -> Option<(&'a mut Map<String, Value>, String)> {
    let (parents, name) = path.rsplit_once('/')?;
    let mut object = document.as_object_mut()?;
    for parent in parents.split('/').skip(1) {
        object = object.get_mut(unescape(parent).as_ref())?.as_object_mut()?;
    }
    Some((object, unescape(name).into_owned()))
}

/// Whether two values are one, however their numbers are written.
pub fn is_equal(one: &Value, other: &Value) -> bool {
    canonical::value_to_vec(one) == canonical::value_to_vec(other)
}

/// The patch that undoes another one, which says of each value that goes what it was.
pub fn backwards(patch: &[Operation]) -> Vec<Operation> {
    let mut undone: Vec<Operation> = Vec::new();
    let mut operations = patch.iter().peekable();
    while let Some(operation) = operations.next() {
        match (operation, operations.peek()) {
            (Operation::Add { path, value }, _) => {
                undone.push(Operation::Remove { path: path.clone() });
                undone.push(Operation::Test { path: path.clone(), value: value.clone() });
            }
            (Operation::Test { path: here, value: old }, Some(Operation::Replace { path, value: new })) => {
                assert_eq!(path, here);
                undone.push(Operation::Replace { path: path.clone(), value: old.clone() });
                undone.push(Operation::Test { path: path.clone(), value: new.clone() });
                operations.next();
            }
            (Operation::Test { path: here, value: old }, Some(Operation::Remove { path })) => {
                assert_eq!(path, here);
                undone.push(Operation::Add { path: path.clone(), value: old.clone() });
                operations.next();
            }
            _ => panic!("{operation:?} cannot be undone"),
        }
    }
    undone.reverse();
    undone
}
