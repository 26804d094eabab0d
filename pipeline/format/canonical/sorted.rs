//! Members are written as they come and put in order where their object ends: what is already in memory as a value of
//! some type need not become one of `serde_json` first.

use std::cell::RefCell;
use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};

use super::MAX_INTEGER;

/// The canonical form of `value`, unless it holds a number or a key that takes more than this way knows of.
pub(super) fn to_vec(value: &impl Serialize) -> Option<Vec<u8>> {
    let page = RefCell::new(Page::default());
    value.serialize(&mut Serializer::with_formatter(Pen(&page), Sorting(&page))).ok()?;
    let Page { bytes, is_doubtful, .. } = page.into_inner();
    (!is_doubtful).then_some(bytes)
}

/// What is written so far.
#[derive(Default)]
struct Page {
    bytes: Vec<u8>,
    /// The members of all objects that have not ended, those of the innermost last.
    members: Vec<Member>,
    /// How many members there were when each of these objects began.
    objects: Vec<usize>,
    is_doubtful: bool,
}

/// Where a member stands, its key with its quotes.
struct Member {
    key: Range<usize>,
    end: usize,
}

impl Page {
    fn begin_key(&mut self) {
        let start = self.bytes.len();
        self.members.push(Member { key: start..start, end: start });
    }

    /// Keys without escapes are sorted by their bytes, up to U+E000.
    fn end_key(&mut self) {
        let Some(member) = self.members.last_mut() else { return };
        member.key.end = self.bytes.len();
        self.is_doubtful |= self.bytes[member.key.clone()].iter().any(|&byte| byte == b'\\' || byte >= 0xee);
    }

    fn end_value(&mut self) {
        if let Some(member) = self.members.last_mut() {
            member.end = self.bytes.len();
        }
    }

    fn end_object(&mut self) {
        let first = self.objects.pop().unwrap_or_default();
        let key = |member: &Member| &self.bytes[member.key.start + 1..member.key.end - 1];
        let are_sorted = |members: &[Member]| members.is_sorted_by(|one, next| key(one) < key(next));
        let members = &mut self.members[first..];
        if !are_sorted(members) {
            let start = members[0].key.start;
            members.sort_unstable_by(|one, next| key(one).cmp(key(next)));
            self.is_doubtful |= !are_sorted(members);
            let members: Vec<&[u8]> = members.iter().map(|member| &self.bytes[member.key.start..member.end]).collect();
            let sorted = members.join(&b',');
            self.bytes[start..].copy_from_slice(&sorted);
        }
        self.members.truncate(first);
    }
}

/// Writes on the page.
struct Pen<'p>(&'p RefCell<Page>);

impl Write for Pen<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sees to the order of what is written.
struct Sorting<'p>(&'p RefCell<Page>);

macro_rules! doubted {
    ($($method:ident $value:ty: $is_doubtful:expr),*) => {
        $(fn $method<W: ?Sized + Write>(&mut self, writer: &mut W, value: $value) -> io::Result<()> {
            self.0.borrow_mut().is_doubtful |= $is_doubtful(value);
            CompactFormatter.$method(writer, value)
        })*
    };
}

impl Formatter for Sorting<'_> {
    doubted! {
        write_i64 i64: |value: i64| value.unsigned_abs() > MAX_INTEGER,
        write_u64 u64: |value| value > MAX_INTEGER,
        write_i128 i128: |_| true,
        write_u128 u128: |_| true,
        write_f32 f32: |_| true,
        write_f64 f64: |_| true,
        write_number_str &str: |_| true,
        write_raw_fragment &str: |_| true
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let mut page = self.0.borrow_mut();
        let members = page.members.len();
        page.objects.push(members);
        drop(page);
        CompactFormatter.begin_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        CompactFormatter.begin_object_key(writer, first)?;
        self.0.borrow_mut().begin_key();
        Ok(())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.borrow_mut().end_key();
        Ok(())
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.borrow_mut().end_value();
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.borrow_mut().end_object();
        CompactFormatter.end_object(writer)
    }
}
