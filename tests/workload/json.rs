//! JSON as it is written here: members in the order given, no white space; and one change to a value.

use serde_json::Value;

/// Writes the members of one JSON object.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

/// Writes an object, with what `members` puts into it.
pub fn object(out: &mut Vec<u8>, members: impl FnOnce(&mut Object)) {
    out.push(b'{');
    members(&mut Object { out, empty: true });
    out.push(b'}');
}

/// Writes a string.
pub fn text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("memory takes every byte");
}

/// Writes an integer, or null.
pub fn integer(out: &mut Vec<u8>, integer: Option<i64>) {
    serde_json::to_writer(out, &integer).expect("memory takes every byte");
}

impl Object<'_> {
    /// Adds a member whose value `write` writes.
    pub fn member(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        write(self.out);
    }

    /// Adds a string.
    pub fn text(&mut self, name: &str, value: &str) {
        self.member(name, |out| text(out, value));
    }

    /// Adds a string if there is one.
    pub fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Adds an integer, or null.
    pub fn integer(&mut self, name: &str, value: Option<i64>) {
        self.member(name, |out| integer(out, value));
    }

    /// Adds a span of bytes, `[start, end)`.
    pub fn span(&mut self, name: &str, (start, end): (usize, usize)) {
        self.array(name, [start, end], |out, offset| integer(out, Some(offset as i64)));
    }

    /// Adds an object.
    pub fn object(&mut self, name: &str, members: impl FnOnce(&mut Object)) {
        self.member(name, |out| object(out, members));
    }

    /// Adds an array whose items `write` writes.
    pub fn array<T>(&mut self, name: &str, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
        self.member(name, |out| {
            out.push(b'[');
            for (at, item) in items.into_iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(out, item);
            }
            out.push(b']');
        });
    }
}

/// `record` with the value at `pointer` (RFC 6901) set, or added to the object it names.
pub fn with(mut record: Value, pointer: &str, value: Value) -> Value {
    if let Some(old) = record.pointer_mut(pointer) {
        *old = value;
    } else if let Some((parent, name)) = pointer.rsplit_once('/')
        && let Some(Value::Object(members)) = record.pointer_mut(parent)
    {
        members.insert(name.to_owned(), value);
    }
    record
}

/// `record` without the member at `pointer`.
pub fn without(mut record: Value, pointer: &str) -> Value {
    if let Some((parent, name)) = pointer.rsplit_once('/')
        && let Some(Value::Object(members)) = record.pointer_mut(parent)
    {
        members.remove(name);
    }
    record
}
