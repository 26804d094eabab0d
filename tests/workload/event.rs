//! What claims are about.

use crate::date;
use crate::json::object;
use crate::random::{Random, Stream};
use crate::words::PLACES;

/// Claims of one event.
pub const CLAIMS: usize = 20;

/// The id of the `n`th event.
pub fn id(n: usize) -> String {
    format!("event-{:06}", n + 1)
}

/// The record of the `n`th event. It may lie within an earlier one, so never within itself.
pub fn line(seed: u64, n: usize) -> Vec<u8> {
    let random = &mut Random::new(seed, Stream::Event, n);
    let &(place, country, region) = random.pick(&PLACES);
    let precision = *random.pick(&["site", "city", "region"]);
    let mut out = Vec::new();
    object(&mut out, |event| {
        event.text("id", &id(n));
        event.text("label", &format!("Strike no. {} at {place}", n + 1));
        event.text("when", &date::edtf(random));
        event.object("where", |site| {
            site.text("name", place);
            site.text("country", country);
            site.text("region", region);
            site.text("precision", precision);
        });
        if n > 0 && random.percent(10) {
            event.text("within", &id(random.below(n)));
        }
    });
    out.push(b'\n');
    out
}
