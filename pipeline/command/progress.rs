//! A bar on the terminal for work that takes longer than a second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::stage::folder::Progress;

/// Work shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows nothing unless standard error is a terminal.
#[derive(Default)]
pub struct Bar(Mutex<Option<Shown>>);

struct Shown {
    bar: ProgressBar,
    is_drawn: bool,
}

impl Bar {
    /// No bar yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Progress for Bar {
    fn begin(&self, what: &str, total: u64) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = shown.take() {
            before.bar.finish_and_clear();
        }
        let style = ProgressStyle::with_template("{msg:>16} {wide_bar} {percent:>3} % {eta}");
        let bar =
            ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden()).with_message(what.to_owned());
        let bar = match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        *shown = Some(Shown { bar, is_drawn: false });
    }

    fn advance(&self, amount: u64) {
        if let Some(shown) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            if !shown.is_drawn && shown.bar.elapsed() > PATIENCE {
                shown.bar.set_draw_target(ProgressDrawTarget::stderr());
                shown.is_drawn = true;
            }
            shown.bar.inc(amount);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(shown) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            shown.bar.finish_and_clear();
        }
    }
}
