//! Dates: calendar days, and EDTF (ISO 8601-2:2019, level 0 and the parts of level 1 that sources use).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A calendar day, `YYYY-MM-DD`, in the proleptic Gregorian calendar, years 0000 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

/// The text is not a date of the form asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not `YYYY-MM-DD`, or no such day.
    #[error("not a day of the calendar, written YYYY-MM-DD")]
    Day,
    /// Not an EDTF expression this tool knows.
    #[error("not EDTF: expected YYYY, YYYY-MM, YYYY-MM-DD, a season, a date with time, or an interval a/b")]
    Edtf,
    /// The month, day or hour does not exist.
    #[error("no such date in the calendar")]
    NoSuchDate,
    /// The interval ends before it begins, or is open on both sides.
    #[error("the interval ends before it begins, or has no end at all")]
    Interval,
}

impl Day {
    /// The day, if the calendar has it.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, DateError> {
        if year <= 9999 && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day) {
            Ok(Self { year, month, day })
        } else {
            Err(DateError::NoSuchDate)
        }
    }

    /// Year, month and day.
    pub fn parts(self) -> (u16, u8, u8) {
        (self.year, self.month, self.day)
    }

    /// Seconds from 1970-01-01T00:00:00Z to the day's first second in UTC.
    pub fn unix_seconds(self) -> i64 {
        self.unix_days() * 86_400
    }

    /// Days from 1970-01-01 to this one.
    pub fn unix_days(self) -> i64 {
        // Days before the year, with the year beginning in March so that the leap day comes last.
        let (year, month) = (i64::from(self.year), i64::from(self.month));
        let year = if month <= 2 { year - 1 } else { year };
        let month = (month + 9) % 12;
        let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        days + (month * 153 + 2) / 5 + i64::from(self.day) - 1 - 719_468
    }

    /// The UTC day that contains this second of Unix time; `None` outside the years 0000 to 9999.
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        let days = seconds.div_euclid(86_400) + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn number(digits: &str) -> Option<u16> {
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

impl FromStr for Day {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let field = |from, to| text.get(from..to).and_then(number).ok_or(DateError::Day);
        if text.len() != 10 || text.as_bytes()[4] != b'-' || text.as_bytes()[7] != b'-' {
            return Err(DateError::Day);
        }
        let small = |n: u16| u8::try_from(n).map_err(|_| DateError::Day);
        Self::new(field(0, 4)?, small(field(5, 7)?)?, small(field(8, 10)?)?)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl TryFrom<String> for Day {
    type Error = DateError;

    fn try_from(text: String) -> Result<Self, DateError> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

/// A second, in UTC: a day, or `YYYY-MM-DDThh:mm:ssZ` (RFC 3339).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

impl Moment {
    /// Seconds from 1970-01-01T00:00:00Z.
    pub fn unix_seconds(self) -> i64 {
        self.0
    }
}

impl FromStr for Moment {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let Some((day, time)) = text.split_once('T') else { return Ok(Self(text.parse::<Day>()?.unix_seconds())) };
        let time = time.strip_suffix('Z').filter(|time| time.len() == 8).ok_or(DateError::Day)?;
        let mut fields = time.split(':').zip([23, 59, 59]).map(|(field, most)| {
            let digits = Some(field).filter(|field| field.len() == 2).and_then(number);
            digits.filter(|number| *number <= most).ok_or(DateError::Day)
        });
        let mut next = || fields.next().unwrap_or(Err(DateError::Day)).map(i64::from);
        let seconds = (next()? * 60 + next()?) * 60 + next()?;
        Ok(Self(day.parse::<Day>()?.unix_seconds() + seconds))
    }
}

/// An EDTF expression, kept as written, with the first and last day it can mean.
#[derive(Clone, PartialEq, Eq)]
pub struct Edtf {
    text: Box<str>,
    first: Option<Day>,
    last: Option<Day>,
}

impl Edtf {
    /// The expression as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first day it can mean; `None` when open or unknown towards the past.
    pub fn first(&self) -> Option<Day> {
        self.first
    }

    /// The last day it can mean; `None` when open or unknown towards the future.
    pub fn last(&self) -> Option<Day> {
        self.last
    }
}

impl FromStr for Edtf {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let (first, last) = match text.split_once('/') {
            None => {
                let (first, last) = single(text)?;
                (Some(first), Some(last))
            }
            Some((from, to)) => {
                let end = |part: &str| if matches!(part, "" | "..") { Ok(None) } else { single(part).map(Some) };
                let (from, to) = (end(from)?, end(to)?);
                match (from, to) {
                    (None, None) => return Err(DateError::Interval),
                    (Some((a, _)), Some((_, b))) if a > b => return Err(DateError::Interval),
                    _ => (from.map(|d| d.0), to.map(|d| d.1)),
                }
            }
        };
        Ok(Self { text: text.into(), first, last })
    }
}

impl fmt::Display for Edtf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Edtf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// First and last day of one date: level 0 dates and times, level 1 qualifiers, seasons and unspecified digits.
fn single(text: &str) -> Result<(Day, Day), DateError> {
    if let Some((day, time)) = text.split_once('T') {
        let day: Day = day.parse().map_err(|_| DateError::Edtf)?;
        clock(time)?;
        return Ok((day, day));
    }
    let date = text.strip_suffix(['?', '~', '%']).unwrap_or(text);
    let mut fields = date.split('-');
    let (low, high) = year(fields.next().unwrap_or_default())?;
    let month = fields.next();
    let day = fields.next();
    if fields.next().is_some() {
        return Err(DateError::Edtf);
    }
    let two = |field: &str| -> Result<Option<u8>, DateError> {
        match field {
            "XX" => Ok(None),
            _ if field.len() == 2 => number(field).map(|n| Some(n as u8)).ok_or(DateError::Edtf),
            _ => Err(DateError::Edtf),
        }
    };
    let (month, day) = (month.map(two).transpose()?, day.map(two).transpose()?);
    let whole = |first_month: u8, last_month: u8| {
        Ok((Day::new(low, first_month, 1)?, Day::new(high, last_month, days_in(high, last_month))?))
    };
    if low != high && matches!(month, Some(Some(_))) {
        return Err(DateError::Edtf);
    }
    match (month, day) {
        (None, None) | (Some(None), None | Some(None)) => whole(1, 12),
        (Some(Some(season @ 21..=24)), None) => {
            // Spring, summer, autumn, winter of either hemisphere: only the year is certain.
            debug_assert!((21..=24).contains(&season));
            whole(1, 12)
        }
        (Some(Some(month)), None | Some(None)) if (1..=12).contains(&month) => whole(month, month),
        (Some(Some(month)), Some(Some(day))) => {
            let day = Day::new(low, month, day)?;
            Ok((day, day))
        }
        (Some(Some(_)), _) => Err(DateError::NoSuchDate),
        (None, Some(_)) | (Some(None), Some(Some(_))) => Err(DateError::Edtf),
    }
}

/// Four digits, the last one or two of which may be `X`: the first and last year meant.
fn year(text: &str) -> Result<(u16, u16), DateError> {
    let known = text.trim_end_matches('X');
    if text.len() != 4 || text.len() - known.len() > 2 {
        return Err(DateError::Edtf);
    }
    let unit = 10_u16.pow((4 - known.len()) as u32);
    let first = number(known).ok_or(DateError::Edtf)? * unit;
    Ok((first, first + unit - 1))
}

/// `hh:mm:ss` with nothing, `Z`, or `+hh:mm` / `-hh:mm` behind it.
fn clock(text: &str) -> Result<(), DateError> {
    let pair = |text: &str, from: usize, most: u16| -> Result<(), DateError> {
        let n = text.get(from..from + 2).and_then(number).ok_or(DateError::Edtf)?;
        if n <= most { Ok(()) } else { Err(DateError::NoSuchDate) }
    };
    let (time, zone) = text.split_at_checked(8).ok_or(DateError::Edtf)?;
    let colons = |text: &str, at: &[usize]| at.iter().all(|&i| text.as_bytes().get(i) == Some(&b':'));
    if !colons(time, &[2, 5]) {
        return Err(DateError::Edtf);
    }
    pair(time, 0, 23)?;
    pair(time, 3, 59)?;
    pair(time, 6, 59)?;
    match zone.strip_prefix(['+', '-']) {
        _ if zone.is_empty() || zone == "Z" => Ok(()),
        Some(offset) if offset.len() == 5 && colons(offset, &[2]) => {
            pair(offset, 0, 14)?;
            pair(offset, 3, 59)
        }
        _ => Err(DateError::Edtf),
    }
}

impl Serialize for Edtf {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Edtf {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_and_the_days_they_span() {
        for (text, first, last) in [
            ("2011-12-16", Some("2011-12-16"), Some("2011-12-16")),
            ("2022-01~", Some("2022-01-01"), Some("2022-01-31")),
            ("2021?", Some("2021-01-01"), Some("2021-12-31")),
            ("1986-12-16/1986-12-19", Some("1986-12-16"), Some("1986-12-19")),
            ("2022-01-05/..", Some("2022-01-05"), None),
            ("/2012-01-05", None, Some("2012-01-05")),
            ("202X", Some("2020-01-01"), Some("2029-12-31")),
            ("2022-02-XX", Some("2022-02-01"), Some("2022-02-28")),
            ("2022-XX-XX", Some("2022-01-01"), Some("2022-12-31")),
            ("2022-21", Some("2022-01-01"), Some("2022-12-31")),
            ("2011-12-21T17:15:00", Some("2011-12-21"), Some("2011-12-21")),
            ("2011-12-21T17:15:00+06:00", Some("2011-12-21"), Some("2011-12-21")),
        ] {
            let date: Edtf = text.parse().expect(text);
            let days = (date.first().map(String::from), date.last().map(String::from));
            assert_eq!((days.0.as_deref(), days.1.as_deref(), date.as_str()), (first, last, text));
        }
    }

    #[test]
    fn refuses_what_no_calendar_has() {
        for bad in [
            "",
            "22",
            "2022-13",
            "2022-1",
            "2022-02-30",
            "2023-02-29",
            "2022-00",
            "2022-01-00",
            "2022-01-32",
            "2022-25",
            "..",
            "../..",
            "/",
            "2022-02/2022-01",
            "2022/2021",
            "20XX-01",
            "2XXX",
            "2022-01-05T",
            "2022-01-05T25:00:00",
            "2022-01-05T10:00",
            "2022-01-05T10:00:00+1",
            "yesterday",
            "2022-01-05 ",
            "２０２２",
            "2022-01-05??",
            "2022-XX-01",
        ] {
            assert!(bad.parse::<Edtf>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn days_count_from_the_epoch_and_back() {
        for (text, seconds) in
            [("1970-01-01", 0), ("2000-03-01", 951_868_800), ("2026-11-21", 1_795_219_200), ("1969-12-31", -86_400)]
        {
            let day: Day = text.parse().expect(text);
            assert_eq!(day.unix_seconds(), seconds);
            assert_eq!(Day::from_unix_seconds(seconds), Some(day));
            assert_eq!(Day::from_unix_seconds(seconds + 86_399), Some(day));
        }
        let mut seconds = "1599-12-30".parse::<Day>().expect("a day").unix_seconds();
        for _ in 0..200_000 {
            assert_eq!(Day::from_unix_seconds(seconds).expect("in range").unix_seconds(), seconds);
            seconds += 86_400;
        }
    }
}
